"""Pools, money that goes in and back, and the budget report."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.proposals import NoWords
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, AskedInstant, Body, Page, PageQuery, page_of
from points.catalogue.errors import PoolUnknown
from points.catalogue.model import PROGRAMMES, Source
from points.catalogue.money import Listed, list_entries
from points.catalogue.shelf import Pool
from points.catalogue.store import find_pools
from points.flows.budget import budget_report
from points.flows.fund import Fund
from points.flows.return_funds import (
    NO_RETURN,
    DecideReturn,
    ProposeReturn,
    WithdrawReturn,
)
from points.funds.model import Return
from points.funds.store import find_return, list_returns
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.ids import ReturnId
from points.kernel.two_people import Standing, Verdict

FEN_MAX = 1_000_000_000_000


class NewFunding(Body):
    """Money that somebody puts into a pool."""

    amount_fen: int = Field(ge=1, le=FEN_MAX)
    source: Source = Field(strict=False)
    note: str = Field(default="", max_length=500)
    document: str = Field(default="", max_length=80)


class NewReturn(NewFunding):
    """Unspent money that another person is asked to give back."""

    note: str = Field(min_length=1, max_length=500)


class NewVerdict(Body):
    """What the second person says; a rejection says why."""

    reason: str = Field(default="", max_length=500)


class PoolOut(Answer):
    """A programme's money, in fen."""

    programme: str
    funded_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int
    margin_fen: int = Field(description="kept back: no new voucher is promised from it")


class Pools(Answer):
    """Every programme's pool."""

    items: list[PoolOut]


class PoolEntryOut(Answer):
    """One change of a pool."""

    entry_id: str
    kind: str
    funded_fen: int
    reserved_fen: int
    spent_fen: int
    source: str | None = None
    note: str
    document: str
    about: str | None = Field(default=None, description="the voucher, correction or return")
    actor: str
    recorded_at: datetime


class EntriesQuery(PageQuery):
    """Which entries."""

    only: Literal["funding"] | None = None


class FundedOut(Answer):
    """What the pool holds now."""

    funded_fen: int
    free_fen: int


class ReturnOut(Answer):
    """Money that goes back, and what became of it."""

    return_id: str
    programme: str
    amount_fen: int
    source: str
    note: str
    document: str
    state: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None


class ReturnProposed(Answer):
    """A return that waits for another person."""

    return_id: str
    state: str
    until: datetime


class ReturnEnded(Answer):
    """A return that has ended."""

    return_id: str
    state: str


class BudgetQuery(Asked):
    """As recorded by when; now if nothing is said."""

    at: AskedInstant | None = None


class ForecastOut(Answer):
    """When a pool is expected to run out; dates are missing where the end is not in sight."""

    known: bool
    weeks: int
    week_fen: int
    week_low_fen: int
    week_high_fen: int
    runs_out: date | None = None
    earliest: date | None = None
    latest: date | None = None
    by_last_year: date | None = None


class PoolReport(Answer):
    """A pool with its sources and its forecast."""

    funded_fen: int
    reserved_fen: int
    spent_fen: int
    free_fen: int
    margin_fen: int
    sellable_fen: int
    warn_days: int
    warns: bool
    sources: dict[str, int]
    weekly: list[int] = Field(description="use by week, the newest first")
    forecast: ForecastOut


class ShareOut(Answer):
    """A share that is known within a range, in parts per million."""

    low_ppm: int
    high_ppm: int


class ExpiringOut(Answer):
    """Open points that go in one month."""

    month: str
    lots: int
    pending: int
    available: int
    held: int
    value_fen: int
    expected_fen: int


class CohortOut(Answer):
    """What became of what was issued in one month."""

    month: str
    issued: int
    redeemed: int
    expired: int
    lost: int
    donated: int
    open: int
    breakage_ppm: int


class LiabilityOut(Answer):
    """What open points may cost."""

    pending: int
    available: int
    held: int
    debt: int
    share: ShareOut | None = None
    value_fen: int
    fund: int
    fund_fen: int
    expected_low_fen: int
    expected_fen: int
    months: list[ExpiringOut]
    cohorts: list[CohortOut]


class ProgrammeBudgetOut(Answer):
    """One programme."""

    programme: str
    pool: PoolReport
    liability: LiabilityOut


class OwedOut(Answer):
    """What partners are owed for captures."""

    spent_fen: int
    statements_fen: int
    fees_fen: int
    paid_fen: int
    unpaid_fen: int
    open_fen: int


class BudgetOut(Answer):
    """The budget report: a management report, no liability under IFRS 15."""

    at: datetime
    zone: str
    value_fen_per_point: int
    programmes: list[ProgrammeBudgetOut]
    owed: OwedOut


def list_pools(caller: Asking) -> Pools:
    """Return every programme's pool."""
    with caller.engine.reading(caller.association) as connection:
        found = find_pools(connection, caller.association)
    return Pools(items=[_pool(caller, found[each]) for each in PROGRAMMES])


def get_pool(caller: Asking, programme: str) -> PoolOut:
    """Return a programme's pool."""
    _known(programme)
    with caller.engine.reading(caller.association) as connection:
        found = find_pools(connection, caller.association)
    return _pool(caller, found[programme])


def _known(programme: str) -> None:
    if programme not in PROGRAMMES:
        raise Problem.of(PoolUnknown())


def _pool(caller: Caller, pool: Pool) -> PoolOut:
    return PoolOut(
        programme=pool.programme,
        funded_fen=pool.funded,
        reserved_fen=pool.reserved,
        spent_fen=pool.spent,
        free_fen=pool.free,
        margin_fen=caller.context.budget.of(pool.programme).reserve_fen,
    )


def list_pool_entries(
    caller: Asking, programme: str, query: Annotated[EntriesQuery, IN_QUERY]
) -> Page[PoolEntryOut]:
    """List a pool's entries, the newest first."""
    _known(programme)
    with caller.engine.reading(caller.association) as connection:
        rows = list_entries(
            connection,
            caller.association,
            programme,
            before=query.key,
            funding_only=query.only is not None,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, lambda each: each.entry.entry_id, _entry)


def _entry(listed: Listed) -> PoolEntryOut:
    entry = listed.entry
    return PoolEntryOut(
        entry_id=entry.entry_id,
        kind=entry.kind.value,
        funded_fen=entry.moved.funded,
        reserved_fen=entry.moved.reserved,
        spent_fen=entry.moved.spent,
        source=entry.source.value if entry.source else None,
        note=entry.note,
        document=entry.document,
        about=entry.about,
        actor=entry.actor,
        recorded_at=listed.recorded_at,
    )


async def fund_pool(caller: Asking, programme: str, body: NewFunding) -> FundedOut:
    """Put money into a pool."""
    done = await caller.carry_out(
        Fund(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            programme=programme,
            amount_fen=Fen(body.amount_fen),
            source=body.source,
            note=body.note,
            document=body.document,
        )
    )
    return FundedOut.model_validate(done)


async def propose_return(caller: Asking, programme: str, body: NewReturn) -> ReturnProposed:
    """Ask another person to give unspent money back."""
    done = await caller.carry_out(
        ProposeReturn(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            programme=programme,
            amount_fen=Fen(body.amount_fen),
            source=body.source,
            note=body.note,
            document=body.document,
        )
    )
    return ReturnProposed.model_validate(done)


def list_pool_returns(
    caller: Asking, programme: str, query: Annotated[PageQuery, IN_QUERY]
) -> Page[ReturnOut]:
    """List a pool's returns, the newest first."""
    _known(programme)
    with caller.engine.reading(caller.association) as connection:
        rows = list_returns(
            connection,
            caller.association,
            programme,
            before=query.key,
            limit=query.limit + 1,
        )
    now = caller.installation.clock.now()
    return page_of(
        rows, query.limit, lambda each: each.fact.return_id, lambda each: _return(each, now)
    )


def _return(standing: Standing[Return], now: datetime) -> ReturnOut:
    fact, settled = standing.fact, standing.settled
    return ReturnOut(
        return_id=fact.return_id,
        programme=fact.programme,
        amount_fen=fact.amount_fen,
        source=fact.source,
        note=fact.note,
        document=fact.document,
        state=standing.state(now).value,
        proposed_by=fact.proposed_by,
        proposed_at=fact.proposed_at,
        until=fact.until,
        decided_by=settled.actor if settled else None,
        decided_at=settled.recorded_at if settled else None,
        decided_reason=settled.reason if settled else None,
    )


async def approve_return(caller: Asking, return_id: str, body: NewVerdict) -> ReturnEnded:
    """Approve a return of somebody else; the money leaves the pool at once."""
    return await _decide(caller, return_id, Verdict.APPROVE, body.reason)


async def reject_return(caller: Asking, return_id: str, body: NewVerdict) -> ReturnEnded:
    """Reject a return of somebody else, with a reason."""
    return await _decide(caller, return_id, Verdict.REJECT, body.reason)


async def withdraw_return(caller: Asking, return_id: str, body: NoWords) -> ReturnEnded:  # noqa: ARG001 - the route takes one
    """Withdraw one's own return."""
    fact = await run_in_threadpool(_found, caller, return_id)
    done = await caller.carry_out(
        WithdrawReturn(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            fact=fact,
        )
    )
    return ReturnEnded.model_validate(done)


async def _decide(caller: Caller, return_id: str, verdict: Verdict, reason: str) -> ReturnEnded:
    fact = await run_in_threadpool(_found, caller, return_id)
    done = await caller.carry_out(
        DecideReturn(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            fact=fact,
            verdict=verdict,
            reason=reason,
            person=caller.principal.person,
        )
    )
    return ReturnEnded.model_validate(done)


def _found(caller: Caller, return_id: str) -> Return:
    with caller.engine.reading(caller.association) as connection:
        found = find_return(connection, caller.association, ReturnId(return_id))
    if found is None:
        raise Problem.of(NO_RETURN)
    return found.fact


def report_budget(caller: Asking, query: Annotated[BudgetQuery, IN_QUERY]) -> BudgetOut:
    """Return what pools hold and what open points may cost, as recorded by an instant."""
    return BudgetOut.model_validate(budget_report(caller.engine, caller.association, query.at))


_READ, _MOVE, _DECIDE = Action.READ_BUDGET, Action.FUND, Action.DECIDE_FUNDS
ROUTES = (
    get("/v1/pools", list_pools, allows=_READ, zh="经费池"),
    get("/v1/pools/{programme}", get_pool, allows=_READ, zh="一个项目的经费池"),
    get("/v1/pools/{programme}/entries", list_pool_entries, allows=_READ, zh="经费池流水"),
    post("/v1/pools/{programme}/fundings", fund_pool, allows=_MOVE, zh="资金入池", status=201),
    get("/v1/pools/{programme}/returns", list_pool_returns, allows=_READ, zh="经费退款申请"),
    post(
        "/v1/pools/{programme}/returns",
        propose_return,
        allows=_MOVE,
        zh="申请退回结余",
        status=201,
    ),
    post("/v1/returns/{return_id}:approve", approve_return, allows=_DECIDE, zh="批准退款"),
    post("/v1/returns/{return_id}:reject", reject_return, allows=_DECIDE, zh="驳回退款"),
    post("/v1/returns/{return_id}:withdraw", withdraw_return, allows=_MOVE, zh="撤回退款申请"),
    get("/v1/reports/budget", report_budget, allows=_READ, zh="经费与积分负债报告"),
)
