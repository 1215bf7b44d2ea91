"""Staff are told that a pool runs low: those who may see it, once a week, and again the next."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.flows import warn_of_pool
from points.flows.add_staff import AddStaff
from points.flows.retention_file import Schedule
from points.flows.table import FLOWS
from points.flows.warn_of_pool import warn_of_pools
from points.identity.roles import Grant, Role
from points.identity.sealing import Seal
from points.identity.staff import CONSOLE
from points.identity.staff_reads import list_notices
from points.rules import BudgetPolicy, Margin
from points.unit_of_work import reading
from points.webhooks.model import FOR_PARTNERS
from points.worker.rounds import rounds
from tests.flows.market import Market, market
from tests.flows.test_webhooks import Receiver, Switchboard
from tests.flows.town import HERE, civic_context

MARGIN = 100_000_000
"""All that the market's pools were given."""

LOW = BudgetPolicy(pools={"health": Margin(reserve_fen=MARGIN)})
STAFF = {"wu": Role.TREASURER, "lin": Role.APPROVER, "he": Role.AUDITOR, "qi": Role.OFFICER}


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    known = replace(civic_context(), budget=LOW, feed_seal=Seal(b"s" * 32))
    with market(sqlite_url, FLOWS, known) as it:
        for name, role in STAFF.items():
            named = it.named(staff_id=name, grants=(Grant(role=role),), set_up_hash=name)
            it.town.done(AddStaff(**named | {"actor": CONSOLE}))
        yield it


def told(here: Market, name: str) -> list[dict[str, Any]]:
    with reading(here.engine.database, HERE) as connection:
        found = list_notices(connection, HERE, name)
    return [
        {"subject": each.subject, **each.said}
        for each in reversed(found)
        if each.code == "pool_low"
    ]


def test_whoever_may_see_budgets_is_told_once_a_week(here: Market) -> None:
    assert warn_of_pools(here.engine, HERE) == 1
    assert [warn_of_pools(here.engine, HERE) for _ in range(2)] == [0, 0]
    first = {"subject": "health", "week": "2026-W10", "sellable_fen": 0}
    for name in ("wu", "lin", "he"):
        assert told(here, name) == [first]
    assert told(here, "qi") == []
    here.clock.advance(timedelta(days=6))  # Sunday
    assert warn_of_pools(here.engine, HERE) == 0
    here.clock.advance(timedelta(days=1))
    assert warn_of_pools(here.engine, HERE) == 1
    assert [each["week"] for each in told(here, "wu")] == ["2026-W10", "2026-W11"]


def test_the_associations_own_programs_are_told_with_it(here: Market) -> None:
    board, receiver = Switchboard(here), Receiver()
    ours = board.register(None, "pool.low")
    assert warn_of_pools(here.engine, HERE) == 1
    assert board.deliver(receiver).delivered == 1
    message = board.read(receiver, ours)
    assert (message.type, message.data) == (
        "pool.low",
        {"programme": "health", "week": "2026-W10", "sellable_fen": 0},
    )
    assert "pool.low" not in FOR_PARTNERS


def test_a_pool_with_money_is_no_news(sqlite_url: str) -> None:
    with market(sqlite_url, FLOWS) as plenty:
        assert warn_of_pools(plenty.engine, HERE) == 0


def test_the_worker_looks_every_hour(here: Market) -> None:
    stop, schedule = threading.Event(), Schedule(())
    for _ in rounds(here.engine, HERE, stop, schedule=schedule, pause_seconds=0, once=True):
        assert len(told(here, "wu")) == 1


def test_the_control_without_its_name_it_is_told_every_hour(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(warn_of_pool, "_operation", lambda *_: here.town.operation())
    assert [warn_of_pools(here.engine, HERE) for _ in range(3)] == [1, 1, 1]
    assert len(told(here, "wu")) == 3


def test_figures_that_move_between_two_workers_tell_nothing_twice(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Both looked before either had told.
    monkeypatch.setattr(warn_of_pool, "find_operations", lambda *_: {})
    assert warn_of_pools(here.engine, HERE) == 1
    assert warn_of_pools(here.engine, HERE) == 0
    right = warn_of_pool.pools_now

    def moved(*asked: Any) -> Any:
        today, pools = right(*asked)
        return today, {name: replace(pool, sellable_fen=1) for name, pool in pools.items()}

    monkeypatch.setattr(warn_of_pool, "pools_now", moved)
    assert warn_of_pools(here.engine, HERE) == 0
    assert len(told(here, "wu")) == 1
