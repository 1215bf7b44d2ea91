"""I3 and I4 under ``kill -9``: what was acknowledged stays, and nothing happens twice."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from points.db.engines import open_database
from points.ledger.tables import operation, transaction
from points.ledger.verify import verify_ledger
from points.unit_of_work import reading
from tests.faults.nursery import Child, Nursery, nursery
from tests.faults.poster import ASSOCIATION, read_journal

POSTER = "tests.faults.poster"
STARTING_SECONDS_MAX = 60.0


@pytest.fixture(scope="module")
def posters() -> Iterator[Nursery]:
    with nursery(POSTER) as here:
        yield here


def size(journal: Path) -> int:
    """Return how long the journal is by now."""
    return journal.stat().st_size if journal.exists() else 0


def kill_in_the_middle(posting: Child, journal: Path, wait: float) -> None:
    """Let it write a little, wait a moment, and kill it."""
    before, until = size(journal), time.monotonic() + STARTING_SECONDS_MAX
    while size(journal) == before and time.monotonic() < until:
        assert posting.poll() is None, "it stopped by itself"
        time.sleep(0.002)
    time.sleep(wait)
    posting.kill()


def torment(posters: Nursery, url: str, journal: Path, kills: int, *mode: str) -> None:
    """Kill it so many times at random moments, and let it finish what it began."""
    chance = random.Random(kills)
    for number in range(kills):
        posting = posters.start(POSTER, url, str(journal), str(number), *mode)
        kill_in_the_middle(posting, journal, chance.uniform(0, 0.06))
    last = posters.start(POSTER, url, str(journal), str(kills), "once")
    assert last.wait(STARTING_SECONDS_MAX) == 0


def judge(url: str, journal: Path) -> tuple[int, int]:
    """Return how many acknowledged commands are lost, and how many effects are one too many."""
    intended, acknowledged = read_journal(journal)
    assert sorted(acknowledged) == intended, "every command was answered in the end"
    database = open_database(url, pool_size=1)
    with reading(database, ASSOCIATION) as connection:
        t = transaction.c
        stored = connection.execute(
            select(t.transaction_id, t.operation_id).where(t.association_id == ASSOCIATION)
        ).all()
        operations = set(connection.scalars(select(operation.c.operation_id)))
        broken = [c.difference for c in verify_ledger(connection, ASSOCIATION) if c.difference]
    database.dispose()
    assert not broken
    effects = Counter(int(row[1].split(":")[1]) for row in stored)
    present = {row[0] for row in stored} | {"refused"}
    lost = [n for n, done in acknowledged.items() if done not in present]
    assert len(operations) >= len(intended)
    assert set(effects) <= set(intended)
    return len(lost), sum(effects.values()) - len(effects)


def test_nothing_is_lost_and_nothing_doubled(
    posters: Nursery, database_url: str, tmp_path: Path
) -> None:
    torment(posters, database_url, tmp_path / "journal", 6)
    assert judge(database_url, tmp_path / "journal") == (0, 0)


@pytest.mark.nightly
def test_nothing_is_lost_and_nothing_doubled_ever(
    posters: Nursery, database_url: str, tmp_path: Path
) -> None:
    torment(posters, database_url, tmp_path / "journal", 1000)
    assert judge(database_url, tmp_path / "journal") == (0, 0)


def test_without_ids_there_are_duplicates(
    posters: Nursery, database_url: str, tmp_path: Path
) -> None:
    """The control: a client that names each attempt anew posts some commands twice."""
    journal = tmp_path / "journal"
    doubled = 0
    for _ in range(10):  # until a kill falls between a commit and its acknowledgement
        torment(posters, database_url, journal, 2, "no-ids")
        lost, doubled = judge(database_url, journal)
        assert lost == 0
        if doubled:
            break
    assert doubled > 0
