"""``kill -9`` in the midst of posting a correction, again and again: each member's part once."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from points.corrections.model import State
from points.flows.posting_corrections import post_due
from points.flows.table import FLOWS
from points.ledger.tables import transaction
from tests.faults.nursery import Nursery, nursery
from tests.faults.test_kill import kill_in_the_middle
from tests.flows.corrections import approved, filed
from tests.flows.drafts import cases, rules
from tests.flows.test_corrections import worked
from tests.flows.test_rescore import balance, is_sound
from tests.flows.town import HERE, Town, town

CORRECTOR = "tests.faults.corrector"


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS) as it:
        yield it


@pytest.fixture(scope="module")
def workers() -> Iterator[Nursery]:
    with nursery(CORRECTOR) as there:
        yield there


def test_each_part_is_posted_once_though_it_is_killed(
    workers: Nursery, here: Town, tmp_path: Path
) -> None:
    torment(workers, here, tmp_path / "journal", members_max=4, kills=1)


@pytest.mark.nightly
def test_each_part_is_posted_once_however_often(
    workers: Nursery, here: Town, tmp_path: Path
) -> None:
    torment(workers, here, tmp_path / "journal", members_max=30, kills=8)


def torment(workers: Nursery, here: Town, journal: Path, *, members_max: int, kills: int) -> None:
    """Kill whoever posts so many times, then let the worker finish."""
    members = [here.person() for _ in range(members_max)]
    for member in members:
        worked(here, member)
    correction = approved(here, rules(2, "2026-01-01", points=10), cases=cases(10))
    here.clock.advance(timedelta(seconds=1))
    url = here.engine.database.url.render_as_string(hide_password=False)
    for _ in range(kills):
        # It has done somebody by then, and is killed at once.
        posting = workers.start(CORRECTOR, url, str(journal), str(here.clock.now()))
        kill_in_the_middle(posting, journal, 0)
    done = filed(here, correction)
    assert 0 < done.progress.posted < members_max
    post_due(here.engine, HERE)
    done = filed(here, correction)
    assert (done.standing.kept, done.progress.posted) == (State.DONE, members_max)
    assert [balance(here, member) for member in members] == [10] * members_max
    with here.engine.reading(HERE) as connection:
        corrections = connection.execute(
            select(func.count()).where(transaction.c.kind == "correct")
        ).scalar_one()
    assert corrections == members_max
    is_sound(here)
