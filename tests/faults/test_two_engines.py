"""I2 where processes meet: two engines, eight threads, two accounts, one PostgreSQL.

The row locks alone must do it: with them no statement ever fails. Without them versions collide
(the unique index then stops what the lock should have), and without the index as well updates are
lost, which the verifier sees.
"""

import random
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import Select

from points.db.engines import open_database
from points.engine import Engine, Outcome
from points.kernel.clock import SystemClock
from points.kernel.errors import PointsError
from points.kernel.ids import AccountId, AssociationId, HoldId, Ids, OperationId
from points.ledger.store import _accounts_locked
from points.ledger.tables import account, entry
from points.ledger.verify import verify_ledger
from points.unit_of_work import reading
from tests.properties.ledger_flows import FLOWS, Earn, OnHold, Open, SetAside

A = AssociationId("A")
ACCOUNTS = (AccountId("M1.party.wallet"), AccountId("M2.party.wallet"))
THREADS = 8
ROUNDS = 25


class Watched(Engine):
    """An engine that notes each batch that the database did not take."""

    failures: list[str]

    def _commit(self, asked: list[Any]) -> list[Outcome]:
        try:
            return super()._commit(asked)
        except DBAPIError as error:
            self.failures.append(str(getattr(error.orig, "sqlstate", "?")))
            raise


class Storm:
    """Two engines on one database, and what happened to them."""

    def __init__(self, engines: list[Watched], failures: list[str]) -> None:
        self.engines, self.failures = engines, failures
        self.sums = dict.fromkeys(ACCOUNTS, 0)
        self.holds: list[tuple[AccountId, HoldId]] = []
        self.lock = threading.Lock()

    def run(self) -> None:
        """Let all threads begin at once."""
        gate = threading.Barrier(THREADS)
        threads = [threading.Thread(target=self.post, args=(n, gate)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def post(self, thread: int, gate: threading.Barrier) -> None:
        """Earn, set aside and spend, as one of many."""
        chance, engine = random.Random(thread), self.engines[thread % 2]
        gate.wait()
        for number in range(ROUNDS):
            account_id = chance.choice(ACCOUNTS)
            base: dict[str, Any] = {
                "association_id": A,
                "operation_id": OperationId(f"{thread}:{number}"),
                "account_id": account_id,
            }
            try:
                self.one(engine, base, chance)
            except PointsError as error:
                self.failures.append(error.code)

    def one(self, engine: Engine, base: dict[str, Any], chance: random.Random) -> None:
        """Do one of three things, and note what it changed."""
        account_id = base["account_id"]
        what = chance.random()
        if what < 0.5:
            outcome = engine.submit(Earn(**base, points=2))
            self.note(account_id, 2)
        elif what < 0.8:
            outcome = engine.submit(SetAside(**base, points=3))
            if outcome.refusal is None:
                with self.lock:
                    self.holds.append((account_id, outcome.result["hold_id"]))
        else:
            with self.lock:
                held = self.holds[-1] if self.holds else None
            if held is None:
                return
            base["account_id"] = held[0]
            # Several threads may spend the same hold: each gets a point of it, or a refusal.
            outcome = engine.submit(OnHold(**base, verb="capture", hold_id=held[1], points=1))
            if outcome.refusal is None:
                self.note(held[0], -1)

    def note(self, account_id: AccountId, points: int) -> None:
        """Count what an acknowledged command changed."""
        with self.lock:
            self.sums[account_id] += points


@contextmanager
def storming(url: str) -> Iterator[Storm]:
    """Yield a storm over a database with two open accounts."""
    with ExitStack() as stack:
        databases = [open_database(url, pool_size=2) for _ in range(2)]
        for database in databases:
            stack.callback(database.dispose)
        clock = SystemClock()
        engines = [
            stack.enter_context(Watched(database, FLOWS, clock=clock, ids=Ids(clock)))
            for database in databases
        ]
        failures: list[str] = []
        for engine in engines:
            engine.failures = failures
        engines[0].submit_many(
            Open(association_id=A, operation_id=OperationId(f"open:{a}"), account_id=a)
            for a in ACCOUNTS
        )
        storm = Storm(engines, failures)
        yield storm


def judge(storm: Storm) -> list[str]:
    """Return what is wrong afterwards."""
    wrong: list[str] = []
    with reading(storm.engines[0].database, A) as connection:
        wrong += [each.check for each in verify_ledger(connection, A) if each.difference]
        for row in connection.execute(select(account)).mappings():
            kept = row["pending"] + row["available"] + row["held"]
            if kept != storm.sums[row["account_id"]]:
                wrong.append(f"{row['account_id']} lost an update")
            if min(row["pending"], row["available"], row["held"]) < 0:
                wrong.append(f"{row['account_id']} is below zero")
        for name in ACCOUNTS:
            versions = sorted(
                connection.scalars(select(entry.c.version).where(entry.c.account_id == name))
            )
            if versions != list(range(1, len(versions) + 1)):
                wrong.append(f"{name} has gaps")
    return wrong


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let nothing be locked when it is read."""
    _accounts_locked.cache_clear()
    monkeypatch.setattr(Select, "with_for_update", lambda self, **_: self)
    yield
    _accounts_locked.cache_clear()


@pytest.mark.postgres
def test_two_engines_never_collide(postgres_url: str) -> None:
    with storming(postgres_url) as storm:
        storm.run()
        assert judge(storm) == []
        assert storm.failures == []


@pytest.mark.postgres
@pytest.mark.usefixtures("unlocked")
def test_without_row_locks_they_collide(postgres_url: str) -> None:
    with storming(postgres_url) as storm:
        storm.run()
        assert "23505" in storm.failures


@pytest.mark.postgres
@pytest.mark.usefixtures("unlocked")
def test_without_locks_and_versions_updates_are_lost(postgres_url: str) -> None:
    with storming(postgres_url) as storm:
        with storm.engines[0].database.begin() as connection:
            connection.execute(text("DROP INDEX uq_entry_account_version"))
        storm.run()
        assert judge(storm) != []
