"""Handouts: one reward for many members, approved by another, followed to the last fen."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import Route, get, post
from points.api.wire import IN_QUERY, Answer, Body, Code, Id, Page, PageQuery, Text, page_of
from points.catalogue.model import Window
from points.flows.choosing_members import conditioned, listed
from points.flows.decide_handout import DecideHandout, Verdict
from points.flows.hand_out import PrintHandout
from points.flows.handout_desk import find, handout_shown, standing_shown
from points.flows.handout_export import (
    codes_as_xlsx,
    results_as_csv,
    results_as_xlsx,
    results_of,
)
from points.flows.propose_handout import ProposeHandout, WithdrawHandout
from points.handouts.model import Given, Mode, Result, State
from points.handouts.reads import Filed, list_handouts
from points.handouts.reads import results_of as page_of_results
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import HandoutId, MemberId, OutletId, RewardId

CSV, XLSX = "text/csv", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTED_MAX = 20_000
HANDOUTS_MAX = 50


class NewHandout(Body):
    """What is given to whom, and why: a list of members, or a condition on them."""

    reward_id: Id
    programme: Code
    outlet_id: Id | None = Field(default=None, description="of rewards had at chosen outlets")
    mode: Mode = Field(default=Mode.PHONE, description="paper: codes are printed, once")
    members: list[Code] | None = Field(
        default=None, max_length=LISTED_MAX, description="member ids or telephone numbers"
    )
    where: str | None = Field(
        default=None, max_length=500, description="a condition on members, as rules put it"
    )
    note: Text = Field(description="why, in words; kept for ever, nothing personal")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        if (self.members is None) is (self.where is None):
            raise ValueError("members")
        return self


class HandoutReason(Body):
    """Why; a rejection needs it."""

    reason: str = Field(default="", max_length=500)


class NothingMore(Body):
    """Nothing is to be said."""


class HandoutProposed(Answer):
    """A handout that waits for another person."""

    handout_id: str
    state: str
    until: datetime
    members: int
    members_sha256: str
    reserved_fen: int = Field(description="what will be set aside when it is approved")


class HandoutEnded(Answer):
    """Where a handout stands after a step."""

    handout_id: str
    state: str


class ReconciliationOut(Answer):
    """What was asked and what became of it: asked = issued + refused + left, and so the money."""

    asked: int
    issued: int
    refused: dict[str, int] = Field(description="how many, by stable code of the reason")
    left: int
    reserved_fen: int
    passed_fen: int = Field(description="what went to its vouchers")
    freed_fen: int = Field(description="what went back to the pool at the end")
    held_fen: int = Field(description="what is still set aside for those who are left")
    adds_up: bool


class HandoutStep(Answer):
    """One step of a handout."""

    step: str
    actor: str
    reason: str
    recorded_at: datetime


class HandoutWait(Answer):
    """Why nothing more is given out for the moment, and until when."""

    window: Window = Field(description="whose pieces are gone: day, week or month")
    most: int = Field(description="how many there are in such a window")
    until: datetime = Field(description="the first instant at which there are more")


class HandoutOut(Answer):
    """A handout, who decided, how far it is, and what adds up to what."""

    handout_id: str
    state: str
    reward_id: str
    programme: str
    outlet_id: str | None
    mode: str
    note: str
    source: str
    members: int
    members_sha256: str
    cost_fen: int
    proposed_by: str
    proposed_at: datetime
    until: datetime
    printed: bool
    waits: HandoutWait | None = Field(
        default=None, description="what it waits for; left out where it waits for nothing"
    )
    steps: list[HandoutStep]
    reconciliation: ReconciliationOut


class HandoutSummary(Answer):
    """A handout in a list: what it is and how far."""

    handout_id: str
    state: str
    reward_id: str
    programme: str
    mode: str
    note: str
    members: int
    issued: int
    refused: int
    left: int
    held_fen: int
    proposed_by: str
    proposed_at: datetime


class GivenOut(Answer):
    """What one member's part came to; no code is in it."""

    member_id: str
    result: str
    code: str
    voucher_id: str | None
    recorded_at: datetime


class HandoutQuery(PageQuery):
    """Which handouts."""

    state: Literal["proposed", "approved", "rejected", "withdrawn", "done"] | None = None


class GivenQuery(PageQuery):
    """Which results."""

    result: Result | None = None


async def propose_handout(caller: Asking, body: NewHandout) -> HandoutProposed:
    """Propose to give a reward to many members, free of points; another person decides."""
    members = await run_in_threadpool(_chosen, caller, body)
    command = ProposeHandout(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        reward_id=RewardId(body.reward_id),
        programme=body.programme,
        outlet_id=None if body.outlet_id is None else OutletId(body.outlet_id),
        mode=body.mode,
        members=members,
        source=body.where or "",
        note=body.note,
    )
    return HandoutProposed.model_validate(await caller.carry_out(command))


def _chosen(caller: Caller, body: NewHandout) -> tuple[MemberId, ...]:
    engine, association = caller.engine, caller.association
    if body.where is not None:
        found = conditioned(engine, association, body.programme, body.where)
    else:
        found = listed(engine, association, body.members or [])
    if isinstance(found, Refusal):
        raise Problem.of(found)
    return found


def list_handouts_in(
    caller: Asking, query: Annotated[HandoutQuery, IN_QUERY]
) -> Page[HandoutSummary]:
    """List handouts, newest first, each with how far it is."""
    state, limit = None if query.state is None else State(query.state), query.limit
    limit = min(limit, HANDOUTS_MAX)
    with caller.engine.reading(caller.association) as connection:
        rows = list_handouts(
            connection, caller.association, state, before=query.key, limit=limit + 1
        )
    now = caller.installation.clock.now()
    return page_of(
        rows,
        limit,
        lambda each: each.handout.handout_id,
        lambda each: HandoutSummary.model_validate(standing_shown(each, now)),
    )


def get_handout(caller: Asking, handout_id: str) -> HandoutOut:
    """Return a handout, its progress and its reconciliation."""
    return _shown(caller, _found(caller, handout_id))


def get_handout_results(
    caller: Asking, handout_id: str, query: Annotated[GivenQuery, IN_QUERY]
) -> Page[GivenOut]:
    """Return what members' parts came to, by member."""
    fact = _found(caller, handout_id).standing.handout
    with caller.engine.reading(caller.association) as connection:
        rows = page_of_results(
            connection,
            caller.association,
            fact.handout_id,
            result=query.result,
            after=query.key,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, lambda each: each.member_id, _given)


def get_handout_csv(caller: Asking, handout_id: str) -> Response:
    """Return every result of a handout as CSV, without codes."""
    return _file(caller, handout_id, results_as_csv, CSV, "csv")


def get_handout_xlsx(caller: Asking, handout_id: str) -> Response:
    """Return every result of a handout as a workbook, without codes."""
    return _file(caller, handout_id, results_as_xlsx, XLSX, "xlsx")


async def approve_handout(caller: Asking, handout_id: str, body: HandoutReason) -> HandoutEnded:
    """Approve somebody else's handout: its money is set aside, the worker gives it out."""
    return await _decide(caller, handout_id, Verdict.APPROVE, body.reason)


async def reject_handout(caller: Asking, handout_id: str, body: HandoutReason) -> HandoutEnded:
    """Reject somebody else's handout, with a reason."""
    return await _decide(caller, handout_id, Verdict.REJECT, body.reason)


async def withdraw_handout(caller: Asking, handout_id: str, body: NothingMore) -> HandoutEnded:  # noqa: ARG001 - the route takes one
    """Withdraw one's own handout before somebody decides it."""
    done = await caller.carry_out(
        WithdrawHandout(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            handout_id=HandoutId(handout_id),
        )
    )
    return HandoutEnded.model_validate(done)


async def print_handout(caller: Asking, handout_id: str, body: NothingMore) -> Response:  # noqa: ARG001 - the route takes one
    """Return the sheet of a paper handout's codes, once; the same request again, the same sheet."""
    filed = await run_in_threadpool(_found, caller, handout_id)
    await caller.carry_out(
        PrintHandout(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            handout_id=HandoutId(handout_id),
        )
    )
    fact = filed.standing.handout
    text = await run_in_threadpool(codes_as_xlsx, caller.engine, caller.association, fact)
    return Response(text, 200, _attached(f"codes-{fact.handout_id}.xlsx"), XLSX)


async def _decide(caller: Caller, handout_id: str, verdict: Verdict, reason: str) -> HandoutEnded:
    command = await run_in_threadpool(_deciding, caller, handout_id, verdict, reason)
    return HandoutEnded.model_validate(await caller.carry_out(command))


def _deciding(caller: Caller, handout_id: str, verdict: Verdict, reason: str) -> DecideHandout:
    fact = _found(caller, handout_id).standing.handout
    return DecideHandout(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        handout_id=fact.handout_id,
        programme=fact.programme,
        proposed_by=fact.proposed_by,
        verdict=verdict,
        reason=reason,
        person=caller.principal.person,
    )


def _found(caller: Caller, handout_id: str) -> Filed:
    filed = find(caller.engine, caller.association, HandoutId(handout_id))
    if isinstance(filed, Refusal):
        raise Problem.of(filed)
    return filed


def _shown(caller: Caller, filed: Filed) -> HandoutOut:
    return HandoutOut.model_validate(handout_shown(caller.engine, caller.association, filed))


def _given(each: Given) -> GivenOut:
    return GivenOut(
        member_id=each.member_id,
        result=each.result.value,
        code=each.code,
        voucher_id=each.voucher_id,
        recorded_at=each.recorded_at,
    )


def _file(
    caller: Caller,
    handout_id: str,
    write: Callable[[Iterable[Given]], bytes],
    media_type: str,
    ending: str,
) -> Response:
    fact = _found(caller, handout_id).standing.handout
    text = write(results_of(caller.engine, caller.association, fact))
    return Response(text, 200, _attached(f"handout-{fact.handout_id}.{ending}"), media_type)


def _attached(name: str) -> dict[str, Any]:
    disposition = f'attachment; filename="{name}"'
    return {"Content-Disposition": disposition, "Cache-Control": "no-store"}


_ALL, _ONE = "/v1/handouts", "/v1/handouts/{handout_id}"
_ASK, _DECIDE, _READ = Action.HAND_OUT, Action.DECIDE_HANDOUT, Action.READ_HANDOUTS
ROUTES = (
    post(_ALL, propose_handout, allows=_ASK, zh="提出批量发券", status=201),
    get(_ALL, list_handouts_in, allows=_READ, zh="批量发券清单"),
    get(_ONE, get_handout, allows=_READ, zh="批量发券进度与对账"),
    get(f"{_ONE}/results", get_handout_results, allows=_READ, zh="批量发券逐人结果"),
    get(
        f"{_ONE}/results.csv",
        get_handout_csv,
        allows=_READ,
        zh="批量发券结果 CSV",
        media_type=CSV,
    ),
    get(
        f"{_ONE}/results.xlsx",
        get_handout_xlsx,
        allows=_READ,
        zh="批量发券结果 Excel",
        media_type=XLSX,
    ),
    post(f"{_ONE}:approve", approve_handout, allows=_DECIDE, zh="批准批量发券"),
    post(f"{_ONE}:reject", reject_handout, allows=_DECIDE, zh="驳回批量发券"),
    post(f"{_ONE}:withdraw", withdraw_handout, allows=_ASK, zh="撤回批量发券"),
    Route(
        "POST",
        f"{_ONE}:print",
        print_handout,
        allows=Action.PRINT_CODES,
        zh="打印纸质券码（一次）",
        media_type=XLSX,
    ),
)
