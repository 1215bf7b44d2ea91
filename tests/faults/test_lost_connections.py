"""A server that hangs up costs a retry: the command has its one effect, and its caller hears so."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from sqlalchemy import Connection, func, select, text

from points import unit_of_work
from points.db import engines
from points.kernel.ids import AccountId, AssociationId, OperationId
from points.ledger.tables import account, transaction
from points.ledger.verify import verify_ledger
from tests.properties.ledger_flows import Earn, Open
from tests.properties.ledger_world import World

A, WALLET = AssociationId("A1"), AccountId("M1.party.wallet")

pytestmark = pytest.mark.postgres


def base(number: int) -> dict[str, Any]:
    return {
        "association_id": A,
        "operation_id": OperationId(f"test:{number}"),
        "account_id": WALLET,
    }


@pytest.fixture
def world(postgres_url: str) -> Iterator[World]:
    with closing(World(postgres_url)) as opened:
        opened.engine.submit(Open(**base(0)))
        yield opened


def hang_up(connection: Connection) -> None:
    """Let the server end every other connection to this database, as a restart does."""
    connection.execute(
        text(
            "SELECT pg_terminate_backend(pid, 1000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    )


def hang_up_elsewhere(url: str) -> None:
    """Do so from a connection of its own."""
    database = engines.open_database(url, pool_size=1)
    with database.begin() as connection:
        hang_up(connection)
    database.dispose()


def judge(world: World, points: int, transactions: int) -> None:
    """Check that the wallet holds so much, from so many transactions, and that all adds up."""
    with world.database.connect() as connection:
        assert connection.scalar(select(account.c.available)) == points
        assert connection.scalar(select(func.count()).select_from(transaction)) == transactions
        assert not any(each.difference for each in verify_ledger(connection, A))


@pytest.mark.parametrize("resting_seconds_max", [0.0, 3600.0], ids=["rested", "busy"])
def test_between_two_batches(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch, resting_seconds_max: float
) -> None:
    monkeypatch.setattr(engines, "RESTING_SECONDS_MAX", resting_seconds_max)
    world.engine.submit(Earn(**base(1), points=5))
    hang_up_elsewhere(postgres_url)
    assert world.engine.submit(Earn(**base(2), points=6)).refusal is None
    judge(world, 11, 2)


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "together"])
@pytest.mark.parametrize("moment", ["load", "save"])
def test_in_the_middle_of_a_batch(
    world: World,
    postgres_url: str,
    monkeypatch: pytest.MonkeyPatch,
    moment: str,
    alone: bool,  # noqa: FBT001
) -> None:
    right, hangs = getattr(unit_of_work, moment), iter([True])

    def wrong(*arguments: Any, **named: Any) -> Any:
        if next(hangs, False):
            hang_up_elsewhere(postgres_url)
        return right(*arguments, **named)

    monkeypatch.setattr(unit_of_work, moment, wrong)
    commands = [Earn(**base(1), points=5), Earn(**base(2), points=6)]
    if alone:
        # Nobody else is in its batch: no second try, command by command, hides what went wrong.
        outcomes = [world.engine.submit(each) for each in commands]
    else:
        outcomes = world.engine.submit_many(commands)
    assert [each.refusal for each in outcomes] == [None, None]
    judge(world, 11, 2)


def test_after_the_commit_and_before_its_answer(
    world: World, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, hangs = unit_of_work.save, iter([True])

    def wrong(connection: Connection, on: unit_of_work.WorkingSet) -> None:
        if next(hangs, False):
            # What another attempt of the same batch committed, while this one's answer was lost.
            monkeypatch.setattr(unit_of_work, "save", right)
            with closing(World(postgres_url)) as other:
                connection.rollback()
                other.engine.submit(Earn(**base(1), points=5))
            hang_up_elsewhere(postgres_url)
        right(connection, on)

    monkeypatch.setattr(unit_of_work, "save", wrong)
    outcome = world.engine.submit(Earn(**base(1), points=5))
    assert (outcome.refusal, outcome.replayed) == (None, True)
    judge(world, 5, 1)
