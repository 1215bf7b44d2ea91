"""The budget report: what pools hold and when they run out, and what open points may still cost.

A management report. Points here come from no sale and are no performance obligation, so nothing in
it is revenue deferred under IFRS 15; it says what the association may have to pay, and how sure
that is. Every figure is as it had been recorded by one instant, and all see one snapshot.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

from points.catalogue import money
from points.catalogue.forecast import WEEKS, YEAR_MONTHS, Forecast, forecast
from points.catalogue.model import PROGRAMMES
from points.catalogue.shelf import Pool
from points.engine import Engine
from points.flows.context import Context
from points.flows.months import DEFAULT_ZONE, Months
from points.kernel.ids import AssociationId
from points.ledger import outstanding
from points.ledger.model import Place
from points.ledger.outstanding import Gone, Open
from points.ledger.runoff import MILLION, Left, RunOff, Share, run_off
from points.partners.owed import Settled, settled_at
from points.rules import Margin
from points.unit_of_work import snapshot

WEEK = timedelta(days=7)
LATER, NEVER = "later", "never"
EARLIER = "earlier"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFigures:
    """What a pool holds.

    Attributes:
        sellable_fen: What may still be promised: what is free beyond the margin.
        sources: What each source gave, what went back taken off.
        weekly: Its use of the past weeks that are over, the newest first.
        warns: Whether the end may come within the days that the association wants to know before.
    """

    funded_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int
    margin_fen: int
    sellable_fen: int
    warn_days: int
    sources: Mapping[str, int]
    weekly: tuple[int, ...]
    forecast: Forecast
    warns: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Expiring:
    """Open points that go in one month.

    Attributes:
        month: As ``2026-12``, ``later`` or ``never``.
        held: Set aside for vouchers; those cost what is promised from the pool, not this.
        value_fen: Of what is pending and available, if all of it were redeemed.
        expected_fen: At the expected share; the months add up to the programme's figure.
    """

    month: str
    lots: int
    pending: int
    available: int
    held: int
    value_fen: int
    expected_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """What became of the points that were issued in one month.

    Attributes:
        month: As ``2026-01``, or ``earlier``.
        expired: Gone by expiry, swept already or not.
        lost: Reversed, or taken to repay what was owed.
        donated: Given to the hardship fund; what it grants is issued anew, in another month.
        open: Pending, available and held.
        breakage_ppm: Expired of issued, in parts per million.
    """

    month: str
    issued: int
    redeemed: int
    expired: int
    lost: int
    donated: int
    open: int
    breakage_ppm: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Liability:
    """What a programme's open points may cost.

    Attributes:
        pending: In publicity, not expired.
        available: Spendable.
        held: Set aside for vouchers.
        debt: What members owe; zero or below.
        share: Which share of pending and available will be redeemed; None where none are open.
        value_fen: If all of it were redeemed.
        fund: What the hardship fund holds; it is nobody's yet, and in none of the months.
        fund_fen: What the fund may cost, if all of it were granted and redeemed.
        expected_low_fen: At the low end of the share.
        expected_fen: At its high end, for which money is kept.
    """

    pending: int
    available: int
    held: int
    debt: int
    share: Share | None
    value_fen: int
    fund: int
    fund_fen: int
    expected_low_fen: int
    expected_fen: int
    months: tuple[Expiring, ...]
    cohorts: tuple[Cohort, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgrammeBudget:
    """One programme's money and points."""

    programme: str
    pool: PoolFigures
    liability: Liability


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """What partners are owed for captures.

    Attributes:
        spent_fen: All captures and corrections, what was voided taken off.
        statements_fen: What statements come to, fees taken off.
        fees_fen: Those fees; below zero, unless more was given back.
        paid_fen: What was marked as paid.
        unpaid_fen: What statements still ask for.
        open_fen: What was spent in periods that have no statement yet.
    """

    spent_fen: int
    statements_fen: int
    fees_fen: int
    paid_fen: int
    unpaid_fen: int
    open_fen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetReport:
    """The whole report.

    Attributes:
        at: As recorded by then.
        zone: In whose months and days it counts.
        value_fen_per_point: Of the catalogue in force then; zero before the first.
    """

    at: datetime
    zone: str
    value_fen_per_point: int
    programmes: tuple[ProgrammeBudget, ...]
    owed: Owed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Points:
    """What the ledger says, for all programmes."""

    open: list[Open]
    issued: Mapping[tuple[str, int], int]
    gone: list[Gone]
    debts: Mapping[str, int]
    funds: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Money:
    """What the catalogue says, for all programmes."""

    pools: Mapping[str, Pool]
    sources: Mapping[str, Mapping[str, int]]
    weekly: Mapping[str, list[int]]
    monthly: Mapping[str, list[int]]


def budget_report(
    engine: Engine, association: AssociationId, at: datetime | None = None
) -> BudgetReport:
    """Return the report as it was recorded by an instant; now when none is given."""
    now = at or engine.clock.now()
    known: Context = engine.context
    with snapshot(engine.database, association) as connection:
        zone, value = money.value_at(connection, association, now) or (DEFAULT_ZONE, 0)
        months = Months(at=now, zone=zone)
        points = _points(connection, association, months)
        fen = _money(connection, association, months)
        settled = settled_at(connection, association, now)
    spent = sum(pool.spent for pool in fen.pools.values())
    return BudgetReport(
        at=now,
        zone=months.zone,
        value_fen_per_point=value,
        programmes=tuple(
            ProgrammeBudget(
                programme=programme,
                pool=pool_figures(programme, fen, known.budget.of(programme), months.today),
                liability=_liability(f"{programme}.wallet", points, months, value),
            )
            for programme in PROGRAMMES
        ),
        owed=_owed(spent, settled),
    )


def pools_now(engine: Engine, association: AssociationId) -> tuple[date, Mapping[str, PoolFigures]]:
    """Return the local day, and what each programme's pool holds on it; the report's figures."""
    now = engine.clock.now()
    known: Context = engine.context
    with snapshot(engine.database, association) as connection:
        zone, _ = money.value_at(connection, association, now) or (DEFAULT_ZONE, 0)
        months = Months(at=now, zone=zone)
        fen = _money(connection, association, months)
    return months.today, {
        programme: pool_figures(programme, fen, known.budget.of(programme), months.today)
        for programme in PROGRAMMES
    }


def _owed(spent_fen: int, settled: Settled) -> Owed:
    captured = settled.total_fen - settled.fees_fen
    return Owed(
        spent_fen=spent_fen,
        statements_fen=settled.total_fen,
        fees_fen=settled.fees_fen,
        paid_fen=settled.paid_fen,
        unpaid_fen=settled.total_fen - settled.paid_fen,
        open_fen=spent_fen - captured,
    )


def _points(connection: Any, association: AssociationId, months: Months) -> _Points:  # noqa: ANN401 - a connection
    wallets = [f"{programme}.wallet" for programme in PROGRAMMES]
    asked = connection, association, months.at, wallets
    return _Points(
        open=outstanding.open_points(*asked, months.past, months.ahead),
        issued=outstanding.issued_points(*asked, months.past),
        gone=outstanding.gone_points(*asked, months.past),
        debts=outstanding.owed_points(*asked),
        funds=outstanding.fund_points(*asked),
    )


def _money(connection: Any, association: AssociationId, months: Months) -> _Money:  # noqa: ANN401 - a connection
    asked = connection, association, months.at
    weeks = [months.at - WEEK * number for number in range(WEEKS, -1, -1)]
    since = money.first_uses(*asked)
    # The last bound is the instant itself: what was recorded then belongs to no week that is over.
    weekly = _spans(money.use_of_pools(*asked, weeks), weeks, since)
    monthly = _spans(money.use_of_pools(*asked, months.past), months.past, since)
    return _Money(
        pools=money.pools_at(*asked),
        sources=money.sources_at(*asked),
        weekly=weekly,
        monthly={name: uses[:YEAR_MONTHS] for name, uses in monthly.items()},
    )


def _spans(
    uses: list[money.Use], bounds: list[datetime], since: Mapping[str, datetime]
) -> dict[str, list[int]]:
    """Return each pool's use of whole spans after its first use, the newest first."""
    sums = {(each.programme, each.span): each.fen for each in uses}
    return {
        programme: [
            sums.get((programme, number), 0)
            for number in range(len(bounds) - 2, -1, -1)
            if first <= bounds[number]
        ]
        for programme, first in since.items()
    }


def pool_figures(programme: str, fen: _Money, margin: Margin, today: date) -> PoolFigures:
    """Return a pool's figures with its forecast."""
    pool = fen.pools[programme]
    sellable = max(pool.free - margin.reserve_fen, 0)
    ends = forecast(sellable, fen.weekly.get(programme, []), fen.monthly.get(programme, []), today)
    return PoolFigures(
        funded_fen=pool.funded,
        reserved_fen=pool.reserved,
        spent_fen=pool.spent,
        free_fen=pool.free,
        margin_fen=margin.reserve_fen,
        sellable_fen=sellable,
        warn_days=margin.warn_days,
        sources=fen.sources.get(programme, {}),
        weekly=tuple(fen.weekly.get(programme, [])),
        forecast=ends,
        warns=sellable == 0 < pool.funded or ends.warns(today, margin.warn_days),
    )


def _liability(measure: str, points: _Points, months: Months, value: int) -> Liability:
    lots = [each for each in points.open if each.measure == measure]
    good = [each for each in lots if each.expiry != -1]
    share = _share(measure, points, months, good)
    low, high = (share.low_ppm, share.high_ppm) if share else (0, 0)
    pending, available = sum(e.pending for e in good), sum(e.available for e in good)
    worth = (pending + available) * value
    return Liability(
        pending=pending,
        available=available,
        held=sum(each.held for each in lots),
        debt=points.debts.get(measure, 0),
        share=share,
        value_fen=worth,
        fund=(fund := points.funds.get(measure, 0)),
        fund_fen=fund * value,
        expected_low_fen=worth * low // MILLION,
        expected_fen=-(-worth * high // MILLION),
        months=_expiring(lots, months, value, high),
        cohorts=_cohorts(measure, points, lots, months),
    )


def _share(measure: str, points: _Points, months: Months, good: list[Open]) -> Share | None:
    runs = _run_off(measure, points, months)
    ages: dict[int, int] = {}
    for each in good:
        age = months.current - each.cohort
        ages[age] = ages.get(age, 0) + each.pending + each.available
    return runs.expected(ages)


def _run_off(measure: str, points: _Points, months: Months) -> RunOff:
    left = [
        Left(each.cohort, each.month, each.place is Place.REDEEMED, each.points)
        for each in points.gone
        if each.measure == measure
    ]
    issued = {cohort: n for (name, cohort), n in points.issued.items() if name == measure}
    return run_off(issued, left, months.current)


def _expiring(lots: list[Open], months: Months, value: int, high_ppm: int) -> tuple[Expiring, ...]:
    """Return open points by the month in which they go; held ones of expired lots go first."""
    found, before = [], 0
    for span in sorted({_span(each) for each in lots}, key=lambda e: (e is None, e or 0)):
        those = [each for each in lots if _span(each) == span]
        good = [each for each in those if each.expiry != -1]
        pending, available = sum(e.pending for e in good), sum(e.available for e in good)
        held = sum(each.held for each in those)
        if not pending + available + held:
            continue
        after = before + (pending + available) * value
        found.append(
            Expiring(
                month=months.name_ahead(span),
                lots=sum(each.lots for each in those),
                pending=pending,
                available=available,
                held=held,
                value_fen=after - before,
                # Rounded on the running sum, so that the months add up to the fen.
                expected_fen=_up(after, high_ppm) - _up(before, high_ppm),
            )
        )
        before = after
    return tuple(found)


def _span(lot: Open) -> int | None:
    return None if lot.expiry is None else max(lot.expiry, 0)


def _up(fen: int, ppm: int) -> int:
    return -(-fen * ppm // MILLION)


def _cohorts(measure: str, points: _Points, lots: list[Open], months: Months) -> tuple[Cohort, ...]:
    left: dict[tuple[int, Place], int] = {}
    for each in points.gone:
        if each.measure == measure:
            key = each.cohort, each.place
            left[key] = left.get(key, 0) + each.points
    stale, still = dict[int, int](), dict[int, int]()
    for lot in lots:
        # What lies in expired lots is lost, whether a sweeper has been there or not.
        unswept = lot.pending + lot.available if lot.expiry == -1 else 0
        stale[lot.cohort] = stale.get(lot.cohort, 0) + unswept
        whole = lot.pending + lot.available + lot.held
        still[lot.cohort] = still.get(lot.cohort, 0) + whole - unswept
    return tuple(
        Cohort(
            month=months.name_past(cohort),
            issued=issued,
            redeemed=left.get((cohort, Place.REDEEMED), 0),
            expired=(gone := left.get((cohort, Place.EXPIRED), 0) + stale.get(cohort, 0)),
            lost=left.get((cohort, Place.REVERSED), 0) + left.get((cohort, Place.REPAID), 0),
            donated=left.get((cohort, Place.DONATED), 0),
            open=still.get(cohort, 0),
            breakage_ppm=int(Fraction(gone * MILLION, issued)),
        )
        for (name, cohort), issued in sorted(points.issued.items())
        if name == measure
    )
