"""I3 and I4 under ``kill -9``: what was acknowledged stays, and nothing happens twice."""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from points.db.engines import open_database
from points.ledger.tables import operation, transaction
from points.ledger.verify import verify_ledger
from points.unit_of_work import reading
from tests.faults.poster import ASSOCIATION, read_journal

ROOT = Path(__file__).parent.parent.parent
STARTING_SECONDS_MAX = 60.0


def start(url: str, journal: Path, seed: int, *mode: str) -> subprocess.Popen[bytes]:
    """Start the process that posts."""
    # Not measured: a process that is killed writes no coverage, and measuring slows it down.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("COV")}
    return subprocess.Popen(  # noqa: S603 - this interpreter and our own module
        [sys.executable, "-m", "tests.faults.poster", url, str(journal), str(seed), *mode],
        cwd=ROOT,
        env=environment,
    )


def size(journal: Path) -> int:
    """Return how long the journal is by now."""
    return journal.stat().st_size if journal.exists() else 0


def kill_in_the_middle(posting: subprocess.Popen[bytes], journal: Path, wait: float) -> None:
    """Let it write a little, wait a moment, and kill it."""
    before, until = size(journal), time.monotonic() + STARTING_SECONDS_MAX
    while size(journal) == before and time.monotonic() < until:
        assert posting.poll() is None, "it stopped by itself"
        time.sleep(0.002)
    time.sleep(wait)
    posting.send_signal(signal.SIGKILL)
    posting.wait()


def torment(url: str, journal: Path, kills: int, *mode: str) -> None:
    """Kill it so many times at random moments, and let it finish what it began."""
    chance = random.Random(kills)
    for number in range(kills):
        kill_in_the_middle(start(url, journal, number, *mode), journal, chance.uniform(0, 0.06))
    last = start(url, journal, kills, "once")
    assert last.wait(timeout=STARTING_SECONDS_MAX) == 0


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


def test_nothing_is_lost_and_nothing_doubled(database_url: str, tmp_path: Path) -> None:
    torment(database_url, tmp_path / "journal", 6)
    assert judge(database_url, tmp_path / "journal") == (0, 0)


@pytest.mark.nightly
def test_nothing_is_lost_and_nothing_doubled_ever(database_url: str, tmp_path: Path) -> None:
    torment(database_url, tmp_path / "journal", 1000)
    assert judge(database_url, tmp_path / "journal") == (0, 0)


def test_without_ids_there_are_duplicates(database_url: str, tmp_path: Path) -> None:
    """The control: a client that names each attempt anew posts some commands twice."""
    journal = tmp_path / "journal"
    doubled = 0
    for _ in range(10):  # until a kill falls between a commit and its acknowledgement
        torment(database_url, journal, 2, "no-ids")
        lost, doubled = judge(database_url, journal)
        assert lost == 0
        if doubled:
            break
    assert doubled > 0
