"""Adjustments of what partners are owed: one person proposes, another decides."""

from datetime import datetime
from typing import Annotated

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.adjustments.model import Adjustment, Reason
from points.adjustments.store import find_adjustment, list_adjustments
from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.proposals import NoWords
from points.api.route import get, post
from points.api.statement_steps import Money
from points.api.wire import IN_QUERY, Answer, Body, Id, Page, PageQuery, page_of, read_number
from points.flows.adjust_settlement import (
    NO_ADJUSTMENT,
    About,
    DecideAdjustment,
    ProposeAdjustment,
    WithdrawAdjustment,
    look_up,
)
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import AdjustmentId, OutletId, PartnerId
from points.kernel.two_people import Standing, State, Verdict
from points.partners.errors import PartnerUnknown


class NewAdjustment(Body):
    """By how much another person is asked to change what a partner is owed, and why."""

    amount_fen: Money = Field(
        description="above zero pays the partner more, below takes back; never zero"
    )
    programme: str = Field(
        default="", max_length=40, description="whose pool, where no capture says so"
    )
    outlet_id: Id | None = Field(default=None, description="where no capture says so")
    capture: str = Field(
        default="", max_length=80, description="the request number of a capture, or its id"
    )
    reason: Reason
    note: str = Field(min_length=1, max_length=500, description="why; the partner reads it")
    document: str = Field(default="", max_length=80, description="the number of the resolution")


class NewDecision(Body):
    """What the second person says; a rejection says why."""

    verdict: Verdict
    reason: str = Field(default="", max_length=500)


class AdjustmentOut(Answer):
    """An adjustment, and what became of it; who decided is the association's own business."""

    adjustment_id: str = Field(description="also the source of its line in the statement")
    partner_id: str
    number: int
    reference: str = Field(description="as its line in the statement says")
    programme: str | None = Field(default=None, description="for the association alone")
    outlet_id: str | None = None
    amount_fen: int
    capture_id: str | None = None
    request_no: str
    reason: str
    note: str
    document: str
    state: str
    proposed_by: str | None = None
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None


class AdjustmentProposed(Answer):
    """An adjustment that waits for another person."""

    adjustment_id: str
    number: int
    state: str
    until: datetime


class AdjustmentEnded(Answer):
    """An adjustment that has ended; what was approved is a correction of the open period."""

    adjustment_id: str
    state: str
    correction_id: str | None = None


class AdjustmentsQuery(PageQuery):
    """Which adjustments of a partner."""


async def propose_adjustment(
    caller: Asking, partner_id: str, body: NewAdjustment
) -> AdjustmentProposed:
    """Ask another person to change what a partner is owed."""
    about = await run_in_threadpool(_about, caller, PartnerId(partner_id), body)
    done = await caller.carry_out(
        ProposeAdjustment(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            partner_id=PartnerId(partner_id),
            about=about,
            amount_fen=Fen(body.amount_fen),
            reason=body.reason,
            note=body.note,
            document=body.document,
        )
    )
    return AdjustmentProposed.model_validate(done)


def _about(caller: Caller, partner_id: PartnerId, body: NewAdjustment) -> About:
    found = look_up(
        caller.engine,
        caller.association,
        partner_id,
        programme=body.programme,
        outlet_id=OutletId(body.outlet_id) if body.outlet_id is not None else None,
        capture=body.capture,
    )
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return found


def list_of_adjustments(
    caller: Asking, partner_id: str, query: Annotated[AdjustmentsQuery, IN_QUERY]
) -> Page[AdjustmentOut]:
    """List a partner's adjustments, newest first; the partner sees those that were approved."""
    caller.owns(partner_id, PartnerUnknown())
    with caller.engine.reading(caller.association) as connection:
        rows = list_adjustments(
            connection,
            caller.association,
            PartnerId(partner_id),
            approved_only=not caller.may(""),
            before=read_number(query.key),
            limit=query.limit + 1,
        )
    now = caller.installation.clock.now()
    return page_of(
        rows, query.limit, lambda each: each.fact.number, lambda each: _shown(caller, each, now)
    )


def get_adjustment(caller: Asking, partner_id: str, adjustment_id: str) -> AdjustmentOut:
    """Return one of a partner's adjustments; the partner sees those that were approved."""
    found = _found(caller, partner_id, adjustment_id)
    return _shown(caller, found, caller.installation.clock.now())


def _shown(caller: Caller, standing: Standing[Adjustment], now: datetime) -> AdjustmentOut:
    """Return an adjustment as a caller may see it: a partner learns nothing of who and whose."""
    fact, settled = standing.fact, standing.settled
    ours = caller.may("")
    return AdjustmentOut(
        adjustment_id=fact.adjustment_id,
        partner_id=fact.partner_id,
        number=fact.number,
        reference=fact.reference,
        programme=fact.programme if ours else None,
        outlet_id=fact.outlet_id,
        amount_fen=fact.amount_fen,
        capture_id=fact.capture_id,
        request_no=fact.request_no,
        reason=fact.reason.value,
        note=fact.note,
        document=fact.document,
        state=standing.state(now).value,
        proposed_by=fact.proposed_by if ours else None,
        proposed_at=fact.proposed_at,
        until=fact.until,
        decided_by=settled.actor if settled and ours else None,
        decided_at=settled.recorded_at if settled else None,
        decided_reason=settled.reason if settled and ours else None,
    )


async def decide_adjustment(
    caller: Asking, partner_id: str, adjustment_id: str, body: NewDecision
) -> AdjustmentEnded:
    """Approve an adjustment of somebody else, which books it at once, or reject it."""
    found = await run_in_threadpool(_found, caller, partner_id, adjustment_id)
    done = await caller.carry_out(
        DecideAdjustment(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            fact=found.fact,
            verdict=body.verdict,
            reason=body.reason,
            person=caller.principal.person,
        )
    )
    return AdjustmentEnded.model_validate(done)


async def withdraw_adjustment(
    caller: Asking,
    partner_id: str,
    adjustment_id: str,
    body: NoWords,  # noqa: ARG001 - the route takes one
) -> AdjustmentEnded:
    """Withdraw one's own adjustment."""
    found = await run_in_threadpool(_found, caller, partner_id, adjustment_id)
    done = await caller.carry_out(
        WithdrawAdjustment(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            fact=found.fact,
        )
    )
    return AdjustmentEnded.model_validate(done)


def _found(caller: Caller, partner_id: str, adjustment_id: str) -> Standing[Adjustment]:
    caller.owns(partner_id, PartnerUnknown())
    with caller.engine.reading(caller.association) as connection:
        found = find_adjustment(connection, caller.association, AdjustmentId(adjustment_id))
    now = caller.installation.clock.now()
    if (
        found is None
        or found.fact.partner_id != partner_id
        or not (caller.may("") or found.state(now) is State.APPROVED)
    ):
        raise Problem.of(NO_ADJUSTMENT)
    return found


ALL = "/v1/partners/{partner_id}/adjustments"
ONE = f"{ALL}/{{adjustment_id}}"
_READ, _PROPOSE, _DECIDE = (
    Action.READ_STATEMENT,
    Action.ADJUST_SETTLEMENT,
    Action.DECIDE_ADJUSTMENT,
)
ROUTES = (
    get(ALL, list_of_adjustments, allows=_READ, zh="结算调整"),
    post(ALL, propose_adjustment, allows=_PROPOSE, zh="提出结算调整", status=201),
    get(ONE, get_adjustment, allows=_READ, zh="一项结算调整"),
    post(f"{ONE}:decide", decide_adjustment, allows=_DECIDE, zh="审批结算调整"),
    post(f"{ONE}:withdraw", withdraw_adjustment, allows=_PROPOSE, zh="撤回结算调整"),
)
