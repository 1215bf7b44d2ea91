"""Captures and voids under ``kill -9``: what a till was told stays, and nothing happens twice."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from tests.faults.capturer import FEN
from tests.faults.nursery import Nursery, nursery
from tests.faults.poster import read_journal
from tests.faults.racetrack import Track, track
from tests.faults.test_kill import STARTING_SECONDS_MAX, kill_in_the_middle
from tests.flows.market import republish

CAPTURER = "tests.faults.capturer"
VOUCHERS = 60


@pytest.fixture(scope="module")
def tills() -> Iterator[Nursery]:
    with nursery(CAPTURER) as here:
        yield here


def torment(tills: Nursery, on: Track, url: str, folder: Path, kills: int, *mode: str) -> None:
    """Kill it so many times at random moments, and let it finish what it began."""
    republish(on.here, C12={"stock": None, "limits": ()})
    on.agree_on_voids()
    (folder / "links").write_text(json.dumps([asdict(each) for each in on.drawn(VOUCHERS)]))
    chance = random.Random(kills)
    files = [str(folder / "journal"), str(folder / "links")]
    for number in range(kills):
        posting = tills.start(CAPTURER, url, *files, str(number), *mode)
        kill_in_the_middle(posting, folder / "journal", chance.uniform(0, 0.1))
    last = tills.start(CAPTURER, url, *files, str(kills), *(mode or ("once",)))
    if mode:
        kill_in_the_middle(last, folder / "journal", 0)
    else:
        assert last.wait(STARTING_SECONDS_MAX) == 0


def judge(on: Track, folder: Path) -> tuple[int, int]:
    """Return how many acknowledged commands are lost, and how many effects are one too many."""
    intended, acknowledged = read_journal(folder / "journal")
    events = on.rows(
        "SELECT event_id, kind, cost_fen FROM voucher_event WHERE association_id = :a"
        " AND kind IN ('captured', 'voided')"
    )
    assert list(on.differences()) == []
    spent = sum(fen if kind == "captured" else -fen for _, kind, fen in events)
    assert on.here.pool().spent == spent
    assert {fen for _, _, fen in events} == {FEN}
    present = {event for event, _, _ in events} | {"refused"}
    lost = [number for number, done in acknowledged.items() if done not in present]
    return len(lost), max(0, len(events) - len(intended))


def proved(tills: Nursery, url: str, folder: Path, kills: int) -> None:
    with track(url) as on:
        torment(tills, on, url, folder, kills)
        intended, acknowledged = read_journal(folder / "journal")
        assert sorted(acknowledged) == intended, "every command was answered in the end"
        done = len(set(acknowledged.values()) - {"refused"})
        assert judge(on, folder) == (0, 0)
        facts = on.number(
            "SELECT count(*) FROM voucher_event WHERE association_id = :a"
            " AND kind IN ('captured', 'voided')"
        )
        assert facts == done


def test_no_capture_is_lost_and_none_doubled(
    tills: Nursery, sqlite_url: str, tmp_path: Path
) -> None:
    proved(tills, sqlite_url, tmp_path, 2)


@pytest.mark.nightly
def test_no_capture_is_lost_and_none_doubled_ever(
    tills: Nursery, database_url: str, tmp_path: Path
) -> None:
    proved(tills, database_url, tmp_path, 100)


@pytest.mark.nightly
def test_without_request_numbers_there_are_more(
    tills: Nursery, postgres_url: str, tmp_path: Path
) -> None:
    """The control: a till that names each attempt anew captures some things twice."""
    with track(postgres_url) as on:
        torment(tills, on, postgres_url, tmp_path, 30, "no-ids")
        intended, acknowledged = read_journal(tmp_path / "journal")
        facts = on.number("SELECT count(*) FROM voucher_event WHERE association_id = :a")
        assert facts > len([each for each in acknowledged.values() if each != "refused"])
        assert intended
