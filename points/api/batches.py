"""Batches: what a sheet comes to, and its approval page by page by people who looked at it."""

from datetime import datetime

from pydantic import Field
from starlette.concurrency import run_in_threadpool

from points.activities.batches import Summary, summary
from points.activities.model import Claim
from points.activities.reads import Scope
from points.api.activities import Refused
from points.api.caller import NO_BATCH, Asking, Caller
from points.api.claims import level_of
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import CURSOR_LENGTH_MAX, Answer, Body, read_cursor, write_cursor
from points.engine import Outcome
from points.flows.batch_review import PAGE_MAX, Reviewing, page_to_review, reviews
from points.identity.policy import Action
from points.identity.roles import Level
from points.kernel.errors import Refusal


class ShareOut(Answer):
    """What one member has of a batch."""

    member_id: str
    claims: int
    worth: int


class OutlierOut(Answer):
    """A claim that is worth more than most."""

    activity_id: str
    member_id: str
    type: str
    occurred_at: datetime
    worth: int
    flags: list[str]


class RepeatedOut(Answer):
    """Activities of one member, type and moment."""

    member_id: str
    type: str
    occurred_at: datetime
    claims: int


class OverlapOut(Answer):
    """Two activities of one member at the same time."""

    activity_id: str
    other_id: str
    member_id: str


class BatchOut(Answer):
    """A batch; ``seen`` is what its approval asks for."""

    batch: str
    seen: str
    claims: int
    members: int
    worth: int
    filed_by: list[str]
    states: dict[str, int]
    flags: dict[str, int]
    most: list[ShareOut]
    outliers: list[OutlierOut]
    repeated: list[RepeatedOut]
    overlaps: list[OverlapOut]


class NewApproval(Body):
    """The approval of a page of a batch."""

    seen: str = Field(min_length=1, max_length=40, description="of the batch, as it was shown")
    level: Level | None = Field(default=None, description="as whom, of what the reviewer is")
    cursor: str | None = Field(default=None, max_length=CURSOR_LENGTH_MAX)
    limit: int = Field(default=PAGE_MAX, ge=1, le=PAGE_MAX)


class Approval(Answer):
    """What became of one claim."""

    activity_id: str
    state: str | None = None
    refused: Refused | None = None


class BatchApproved(Answer):
    """What became of a page; ``next`` is the next page's cursor."""

    approved: int
    refused: int
    items: list[Approval]
    next: str | None = None


def get_batch(caller: Asking, batch: str) -> BatchOut:
    """Return what a sheet comes to and what looks odd in it."""
    with caller.engine.reading(caller.association) as connection:
        found = summary(connection, caller.association, batch, _scope(caller))
    if found is None:
        raise Problem.of(NO_BATCH)
    return _shown(batch, found)


async def approve_batch(caller: Asking, batch: str, body: NewApproval) -> BatchApproved:
    """Approve a page of a sheet; each claim is approved or refused by itself."""
    who = Reviewing(
        association_id=caller.association,
        operation_id=caller.operation,
        actor=caller.actor,
        batch=batch,
        seen=body.seen,
        level=level_of(caller.principal, body.level),
        scope=_scope(caller),
        person=caller.principal.person,
    )
    after = "" if body.cursor is None else read_cursor(body.cursor)
    page = await run_in_threadpool(
        page_to_review, caller.engine, who, after=after, limit=body.limit
    )
    if isinstance(page, Refusal):
        raise Problem.of(page)
    claims = page[: body.limit]
    outcomes = await caller.answers(reviews(who, claims))
    if outcomes and all(outcome.replayed for outcome in outcomes):
        caller.headers["Idempotent-Replayed"] = "true"
    items = [
        _answered(claim, outcome, caller.language)
        for claim, outcome in zip(claims, outcomes, strict=True)
    ]
    approved = sum(item.refused is None for item in items)
    return BatchApproved(
        approved=approved,
        refused=len(items) - approved,
        items=items,
        next=write_cursor(claims[-1].activity_id) if len(page) > body.limit else None,
    )


def _scope(caller: Caller) -> Scope:
    seen = caller.areas
    return Scope(everything=seen.everything, branches=seen.branches, grids=seen.grids)


def _answered(claim: Claim, outcome: Outcome, language: str) -> Approval:
    why = outcome.refusal
    if why is None:
        return Approval(activity_id=claim.activity_id, state=outcome.result["state"])
    said = Refused(code=why.code, detail=why.text(language), details=why.details())
    return Approval(activity_id=claim.activity_id, refused=said)


def _shown(batch: str, found: Summary) -> BatchOut:
    whole = found.totals
    return BatchOut(
        batch=batch,
        seen=whole.seen(batch),
        claims=whole.claims,
        members=whole.members,
        worth=whole.worth,
        filed_by=list(whole.filed_by),
        states=dict(found.states),
        flags=dict(found.flags),
        most=[ShareOut.model_validate(each) for each in found.members],
        outliers=[OutlierOut.model_validate(each) for each in found.outliers],
        repeated=[RepeatedOut.model_validate(each) for each in found.repeated],
        overlaps=[OverlapOut.model_validate(each) for each in found.overlaps],
    )


ROUTES = (
    get("/v1/batches/{batch}", get_batch, allows=Action.REVIEW_CLAIM, zh="批次汇总与疑点"),
    post(
        "/v1/batches/{batch}:approve",
        approve_batch,
        allows=Action.REVIEW_CLAIM,
        zh="分页批准一个批次，逐条答复",
    ),
)
