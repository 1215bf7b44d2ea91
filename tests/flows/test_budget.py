"""The budget report says what a plain recount says, at any instant, and errs on the safe side."""

from collections.abc import Iterator
from datetime import timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import BigInteger, cast, func

from points.catalogue import money
from points.catalogue.tables import pool_entry
from points.flows import budget
from points.flows.budget import BudgetReport, budget_report
from points.flows.months import Months
from points.flows.work import expire_points_due
from points.kernel.ids import AssociationId
from tests.flows.budgets import Lot, invented, recount, said, write
from tests.flows.market import Market, market, republish
from tests.flows.town import HERE, NOON

LATER = NOON + timedelta(days=40)
WALLETS = ("party.wallet", "health.wallet")


@pytest.fixture(scope="module")
def shared(module_sqlite_url: str) -> Iterator[Market]:
    with market(module_sqlite_url) as it:
        yield it


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url) as it:
        yield it


_numbers = iter(range(10_000))


def agrees(where: Market, lots: list[Lot], days_ago: list[int]) -> None:
    """Hold the report against the recount at some instants, in an association of its own."""
    association = AssociationId(f"recount-{next(_numbers)}")
    write(where.engine.database, association, lots)
    instants = [NOON - timedelta(days=each) for each in days_ago]
    edges = [lot.expires_at for lot in lots[:3] if lot.expires_at and lot.expires_at < NOON]
    for at in (*instants, *edges):
        found = budget_report(where.engine, association, at)
        for programme, measure in zip(found.programmes, reversed(WALLETS), strict=True):
            assert said(programme.liability) == recount(lots, measure, at), (measure, at)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(random=st.randoms(use_true_random=False), days_ago=st.integers(0, 900))
def test_it_says_what_a_plain_recount_says(shared: Market, random: Random, days_ago: int) -> None:
    agrees(shared, invented(random, 12), [days_ago])


def test_it_says_so_on_postgresql_too(postgres_url: str) -> None:
    with market(postgres_url) as where:
        agrees(where, invented(Random(7), 300), [0, 31, 200, 555])


def test_liability_that_counts_expired_lots_is_caught(
    shared: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Months.__post_init__

    def never_expired(self: Months) -> None:
        right(self)
        object.__setattr__(self, "ahead", [NOON - timedelta(days=10_000), *self.ahead[1:]])

    monkeypatch.setattr(Months, "__post_init__", never_expired)
    with pytest.raises(AssertionError):
        agrees(shared, invented(Random(7), 60), [0])


def test_months_and_programme_add_up_to_the_fen(shared: Market) -> None:
    write(shared.engine.database, "sums", invented(Random(3), 200))
    valued = budget.Months(at=NOON, zone="Asia/Shanghai")
    assert valued.name_past(valued.current) == "2026-03"
    for programme in budget_report(shared.engine, AssociationId("sums"), NOON).programmes:
        found = programme.liability
        assert sum(each.expected_fen for each in found.months) == found.expected_fen
        assert sum(each.value_fen for each in found.months) == found.value_fen
        for cohort in found.cohorts:
            parts = cohort.redeemed + cohort.expired + cohort.lost + cohort.donated + cohort.open
            assert parts == cohort.issued


def busy_quarter(here: Market) -> BudgetReport:
    """Issue three vouchers a week for ten weeks, capture two of them, and report."""
    member = here.member(100_000)
    here.give(member, 500, expires_at=NOON + timedelta(days=60))
    here.give(member, 70, expires_at=NOON + timedelta(days=400))
    for week in range(10):
        for number in range(3):
            code = here.code(here.town.done(here.redemption(member, "C12")))
            if number:
                here.captured(code, f"r{week}-{number}", 700)
        here.clock.advance(timedelta(days=7))
    expire_points_due(here.engine, HERE)
    return budget_report(here.engine, HERE)


def figures(found: BudgetReport) -> dict[str, Any]:
    health = next(each for each in found.programmes if each.programme == "health")
    return {
        "week": health.pool.forecast.week_fen,
        "known": health.pool.forecast.known,
        "spent": found.owed.spent_fen,
        "open": found.owed.open_fen,
    }


@pytest.fixture
def unlimited(here: Market) -> Market:
    republish(here, C12={"limits": ()})
    return here


def test_the_forecast_counts_what_is_promised(unlimited: Market) -> None:
    found = figures(busy_quarter(unlimited))
    # Three vouchers of 20 yuan each are promised a week, whatever of them was captured.
    assert found == {"week": 6000, "known": True, "spent": 20 * 700, "open": 20 * 700}


def test_a_forecast_that_ignores_promises_is_caught(
    unlimited: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(money, "_sum", _only_spent)
    with pytest.raises(AssertionError):
        test_the_forecast_counts_what_is_promised(unlimited)


def _only_spent(column: Any) -> Any:
    plain = column is not pool_entry.c.funded and not hasattr(column, "table")
    return cast(func.sum(pool_entry.c.spent if plain else column), BigInteger)


def test_as_recorded_then_is_the_same_later(here: Market) -> None:
    member = here.member(1000)
    here.voucher()
    then = here.clock.now()
    before = budget_report(here.engine, HERE, then)
    here.clock.advance(timedelta(days=3))
    here.give(member, 5)
    here.voucher()
    assert budget_report(here.engine, HERE, then) == before
    assert budget_report(here.engine, HERE) != before
