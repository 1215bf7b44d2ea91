"""Group commit: one effect and one answer a command, whatever happens to its batch."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest
from sqlalchemy import Connection, func, select
from sqlalchemy import Engine as Database
from sqlalchemy.exc import DBAPIError

from points import engine as module
from points import unit_of_work
from points.db.engines import open_database
from points.engine import ATTEMPTS_MAX, Engine, Flow
from points.kernel.errors import BrokenInvariant, Conflict, Unavailable
from points.kernel.ids import AccountId, Actor, AssociationId, OperationId
from points.ledger.errors import InsufficientPoints, NoAccount
from points.ledger.tables import account, operation, transaction
from points.unit_of_work import Keys, WorkingSet
from tests.properties.ledger_flows import (
    FLOWS,
    CountingIds,
    Earn,
    OnAccount,
    Open,
    SetAside,
    manual_clock,
    need_account,
)

WALLET = AccountId("M1.party.wallet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Odd(OnAccount):
    """A command whose flow does something that no flow should."""

    how: str


def odd(command: Odd, on: WorkingSet) -> Any:
    """Misbehave."""
    if command.how == "refuse_after_changing":
        on.books.open_account(AccountId("M9.party.wallet"))
        return NoAccount()
    if command.how == "exit":
        raise SystemExit
    raise BrokenInvariant(command.how)


ALL = FLOWS | {Odd: Flow("test_odd", need_account, odd)}


def base(number: int, association: str = "A") -> dict[str, Any]:
    """Return what every command carries."""
    return {
        "association_id": AssociationId(association),
        "operation_id": OperationId(f"test:{number}"),
        "account_id": WALLET,
    }


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Database]:
    opened = open_database(sqlite_url, pool_size=2)
    yield opened
    opened.dispose()


def started(database: Database, **named: Any) -> Engine:
    """Return an engine with one open account in each of two associations."""
    engine = Engine(database, ALL, clock=manual_clock(), ids=CountingIds(), **named)
    engine.submit_many([Open(**base(0)), Open(**base(0, "B"))])
    return engine


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    with started(database) as running:
        yield running


def count(engine: Engine, table: Any, association: str = "A") -> int:
    """Return how many rows an association has."""
    wanted = select(func.count()).select_from(table).where(table.c.association_id == association)
    with engine.reading(AssociationId(association)) as connection:
        return int(connection.execute(wanted).scalar_one())


def available(engine: Engine, association: str = "A") -> int:
    """Return what lies in the wallet."""
    wanted = select(account.c.available).where(account.c.association_id == association)
    with engine.reading(AssociationId(association)) as connection:
        return int(connection.execute(wanted).scalar_one())


class Lost(Exception):
    """What a driver raises."""

    def __init__(self, sqlstate: str | None, text: str = "") -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


def failing(times: int, error: Callable[[], BaseException], right: Any) -> Any:
    """Return a function that fails so many times before it does what the right one does."""
    left = iter(range(times))

    def wrong(*arguments: Any, **named: Any) -> Any:
        for _ in left:
            raise error()
        return right(*arguments, **named)

    return wrong


def database_error(sqlstate: str | None, text: str = "", *, lost: bool = False) -> DBAPIError:
    """Return an error as SQLAlchemy wraps it."""
    return DBAPIError("INSERT", None, Lost(sqlstate, text), connection_invalidated=lost)


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.random, "uniform", lambda *_: 0)


def test_a_command_is_answered_with_what_was_done(engine: Engine) -> None:
    outcome = engine.submit(Earn(**base(1), points=5))
    assert outcome.operation_id == "test:1"
    assert (outcome.refusal, outcome.replayed) == (None, False)
    assert list(outcome.result) == ["transaction_id"]
    assert available(engine) == 5


def test_an_answer_is_given_again_for_ever(engine: Engine, database: Database) -> None:
    commands = [Earn(**base(1), points=5), SetAside(**base(2), points=9)]
    first = engine.submit_many(commands)
    assert first[1].refusal == InsufficientPoints(asked=9, available=5)
    engine.submit(Earn(**base(3), points=50))  # the refused one could be carried out now
    engine.close()
    with Engine(database, ALL, clock=manual_clock(), ids=CountingIds()) as restarted:
        again = restarted.submit_many(commands)
        assert available(restarted) == 55
    assert again == [replace(each, replayed=True) for each in first]


def test_the_same_id_with_another_body_is_refused_and_forgotten(engine: Engine) -> None:
    first = engine.submit(Earn(**base(1), points=5))
    for other in (
        Earn(**base(1), points=6),
        Earn(**base(1), points=5, actor=Actor("staff:li")),
        SetAside(**base(1), points=5),
    ):
        outcome = engine.submit(other)
        assert (outcome.refusal, outcome.result, outcome.replayed) == (Conflict(), {}, False)
    assert engine.submit(Earn(**base(1), points=5)) == replace(first, replayed=True)
    assert count(engine, operation) == 2


def test_the_same_id_twice_in_one_batch(engine: Engine) -> None:
    outcomes = engine.submit_many(
        [
            Earn(**base(1), points=5),
            Earn(**base(1), points=5),
            Earn(**base(1), points=6),
            SetAside(**base(2), points=9),
            SetAside(**base(2), points=9),
        ]
    )
    assert [each.replayed for each in outcomes] == [False, True, False, False, True]
    assert outcomes[1].result == outcomes[0].result
    assert outcomes[2].refusal == Conflict()
    assert outcomes[4].refusal == outcomes[3].refusal == InsufficientPoints(asked=9, available=5)
    assert available(engine) == 5


def test_the_same_id_in_two_associations_is_two_operations(engine: Engine) -> None:
    ours, theirs = engine.submit_many([Earn(**base(1), points=5), Earn(**base(1, "B"), points=7)])
    assert not ours.replayed
    assert not theirs.replayed
    assert (available(engine), available(engine, "B")) == (5, 7)


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (Odd(**base(2), how="broken"), BrokenInvariant),
        (Odd(**base(2), how="refuse_after_changing"), BrokenInvariant),
        (Earn(**base(2), points=-1), BrokenInvariant),
        (OnAccount(**base(2)), KeyError),
    ],
    ids=["raises", "changes_and_refuses", "breaks_a_fact", "unknown"],
)
def test_a_command_that_breaks_its_batch_fails_alone(
    engine: Engine, bad: OnAccount, error: type[Exception]
) -> None:
    futures = engine.enqueue_many([Earn(**base(1), points=5), bad, Earn(**base(3), points=6)])
    assert futures[0].result().refusal is None
    with pytest.raises(error):
        futures[1].result()
    assert futures[2].result().refusal is None
    assert available(engine) == 11
    assert count(engine, operation) == 3


def test_the_writer_outlives_whatever_a_flow_raises(engine: Engine) -> None:
    with pytest.raises(SystemExit):
        engine.submit(Odd(**base(1), how="exit"))
    assert engine.submit(Earn(**base(2), points=5)).refusal is None


@pytest.mark.parametrize(
    "error",
    [
        database_error("40001"),
        database_error("40P01"),
        database_error("55P03"),
        database_error("23505"),
        database_error(None, "database is locked"),
        database_error(None, lost=True),
    ],
    ids=["serialisation", "deadlock", "lock", "key", "locked", "connection"],
)
def test_a_passing_failure_is_tried_again(
    engine: Engine, error: DBAPIError, monkeypatch: pytest.MonkeyPatch
) -> None:
    save = failing(ATTEMPTS_MAX - 1, lambda: error, unit_of_work.save)
    monkeypatch.setattr(unit_of_work, "save", save)
    outcomes = engine.submit_many([Earn(**base(1), points=5), Earn(**base(2), points=6)])
    assert [each.replayed for each in outcomes] == [False, False]
    assert available(engine) == 11
    assert count(engine, transaction) == 2


def test_a_failure_that_does_not_pass_is_told_and_leaves_nothing(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        save = failing(99, lambda: database_error("40001"), unit_of_work.save)
        broken.setattr(unit_of_work, "save", save)
        futures = engine.enqueue_many([Earn(**base(n), points=5) for n in (1, 2)])
        for future in futures:
            with pytest.raises(Unavailable, match="Lost"):
                future.result()
    assert available(engine) == 0
    assert engine.submit(Earn(**base(1), points=5)).replayed is False


def test_a_failure_that_trying_again_cannot_mend_is_not_tried_again(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        unit_of_work, "save", failing(1, lambda: database_error("22001"), unit_of_work.save)
    )
    with pytest.raises(Unavailable):
        engine.submit(Earn(**base(1), points=5))
    assert available(engine) == 0


def test_a_commit_whose_answer_was_lost_has_one_effect(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = unit_of_work.writing
    losses = iter([True])

    @contextmanager
    def wrong(database: Database, association: AssociationId) -> Iterator[Connection]:
        with right(database, association) as connection:
            yield connection
        if next(losses, False):
            raise database_error(None, lost=True)

    monkeypatch.setattr(unit_of_work, "writing", wrong)
    outcome = engine.submit(Earn(**base(1), points=5))
    assert outcome.refusal is None
    assert available(engine) == 5
    assert count(engine, transaction) == 1


def test_batches_are_of_one_association_and_keep_the_order(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[str]] = []
    right = Engine._commit

    def watched(self: Engine, asked: Any) -> Any:
        named = [each.command for each in asked]
        batches.append([f"{c.association_id}{c.operation_id}" for c in named])
        return right(self, asked)

    monkeypatch.setattr(Engine, "_commit", watched)
    names = "AABABBA"
    commands = [Earn(**base(n, name), points=n) for n, name in enumerate(names, 1)]
    outcomes = engine.submit_many(commands)
    assert [each.operation_id for each in outcomes] == [c.operation_id for c in commands]
    assert batches == [
        [f"{name}test:{n}" for n, name in enumerate(names, 1) if name == which] for which in "AB"
    ]


def test_more_commands_than_a_batch_holds(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with started(database, batch_max=3) as engine:
        sizes: list[int] = []
        right = Engine._commit

        def watched(self: Engine, commands: Any) -> Any:
            sizes.append(len(commands))
            return right(self, commands)

        monkeypatch.setattr(Engine, "_commit", watched)
        outcomes = engine.submit_many(Earn(**base(n), points=1) for n in range(1, 11))
        assert sizes == [3, 3, 3, 1]
        ids = [each.result["transaction_id"] for each in outcomes]
        assert ids == sorted(ids)
        assert available(engine) == 10


def test_closing_answers_what_waits_and_takes_nothing_more(database: Database) -> None:
    engine = started(database, batch_max=2)
    futures = engine.enqueue_many(Earn(**base(n), points=1) for n in range(1, 8))
    engine.close()
    assert all(future.result(timeout=0).refusal is None for future in futures)
    with pytest.raises(Unavailable):
        engine.submit(Earn(**base(9), points=1))
    engine.close()


def test_many_threads_may_ask_at_once(engine: Engine) -> None:
    def ask(first: int) -> None:
        for number in range(first, first + 10):
            assert engine.submit(Earn(**base(number), points=1)).refusal is None

    threads = [threading.Thread(target=ask, args=(100 * n,)) for n in range(1, 5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert available(engine) == 40


def test_needs_are_asked_of_new_commands_only(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.submit(Earn(**base(1), points=5))
    seen: list[Keys] = []
    right = unit_of_work.load

    def watched(connection: Any, association: Any, keys: Keys, **named: Any) -> WorkingSet:
        seen.append(keys)
        return right(connection, association, keys, **named)

    monkeypatch.setattr(unit_of_work, "load", watched)
    engine.submit(Earn(**base(1), points=5))
    engine.submit(Earn(**base(2), points=5))
    assert [sorted(keys.ledger.accounts) for keys in seen] == [[], [WALLET]]


def test_a_caller_that_gives_up_harms_nobody_else(engine: Engine) -> None:
    with engine._arrived:  # the writer cannot take them yet
        futures = engine.enqueue_many([Earn(**base(n), points=1) for n in (1, 2, 3)])
        futures[0].cancel()
    assert futures[1].result(timeout=5).refusal is None
    assert futures[2].result(timeout=5).refusal is None


def test_an_engine_whose_callers_all_gave_up_goes_on(engine: Engine) -> None:
    with engine._arrived:
        (given_up,) = engine.enqueue_many([Earn(**base(1), points=1)])
        given_up.cancel()
    assert engine.submit(Earn(**base(2), points=1)).refusal is None
