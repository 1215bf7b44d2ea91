"""Claims: file one, see where it stands, review it, take it back."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from points.activities import reads
from points.activities.errors import OutOfScope
from points.activities.evidence import find_evidence
from points.activities.model import ClaimEvent, State
from points.api.activities import Recorded, find_filed
from points.api.caller import NO_CLAIM, NO_MEMBER, Asking
from points.api.members import sees_member
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import (
    IN_QUERY,
    Answer,
    Body,
    Code,
    Id,
    Instant,
    Page,
    PageQuery,
    Plain,
    page_of,
)
from points.flows.casework import decides_on
from points.flows.claim import FileClaim
from points.flows.review import Review, Verdict
from points.flows.withdraw import Withdraw
from points.identity.model import Principal
from points.identity.policy import Action, reviewer_level
from points.identity.roles import Kind, Level
from points.kernel.ids import ActivityId, MemberId
from points.members.store import wrapped_keys
from points.vault.keychain import Keychain

Open = Literal["submitted", "second_review", "quarantined", "publicity", "objected", "upheld"]


class NewClaim(Body):
    """What was done; for oneself, or by staff for a member."""

    type: Code
    member_id: Id | None = Field(default=None, description="oneself, where it is missing")
    occurred_at: Instant
    ended_at: Instant | None = None
    fields: dict[Code, Plain] = Field(max_length=60)
    evidence: list[Code] = Field(default_factory=list, max_length=10)
    note: str = Field(default="", max_length=500)


class ClaimOut(Answer):
    """A claim; its id is its activity's."""

    activity_id: str
    member_id: str
    type: str
    state: str
    occurred_at: datetime
    ends_at: datetime | None = None
    recorded_at: datetime
    fields: dict[str, Any]
    branch: str | None = None
    grid: str | None = None
    reviewers: list[str]
    second_needed: bool
    flags: list[str]
    publicity_until: datetime | None = None
    transactions: list[str]
    peers: list[str]


class ClaimEvidence(Answer):
    """What went with a claim."""

    note: str
    fields: dict[str, Any]


class StepOut(Answer):
    """One step of a claim; members do not see who took it."""

    step: str
    recorded_at: datetime
    actor: str | None = None
    reason: str


class ClaimHistory(ClaimOut):
    """A claim with everything that happened to it.

    Attributes:
        evidence: What was written for the reviewer, and fields that may tell who somebody is: for
            the member, and for staff while the claim is open. Later it takes an unmasking.
    """

    steps: list[StepOut]
    evidence: ClaimEvidence | None = None


class QueueQuery(PageQuery):
    """Which claims wait for a reviewer."""

    state: Open = "submitted"


class NewReview(Body):
    """What a reviewer says; a rejection needs its reason."""

    verdict: Literal["approve", "reject"]
    reason: str = Field(default="", max_length=500)
    level: Level | None = Field(
        default=None, description="as whom, of what the reviewer is; the highest otherwise"
    )


class Reviewed(Answer):
    """Where a claim stands after a review."""

    activity_id: str
    state: str
    ready_to_score: bool


class Withdrawn(Answer):
    """A claim that was taken back."""

    activity_id: str
    state: str


async def file_claim(caller: Asking, body: NewClaim) -> Recorded:
    """File a claim."""
    member = body.member_id or caller.member
    if member is None:
        raise Problem.of(NO_MEMBER)
    caller.owns(member, NO_MEMBER)
    if caller.limited:
        await run_in_threadpool(sees_member, caller, member)
    done = await caller.carry_out(
        FileClaim(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            type=body.type,
            member_id=MemberId(member),
            occurred_at=body.occurred_at,
            ended_at=body.ended_at,
            fields=body.fields,
            evidence=tuple(body.evidence),
            note=body.note,
        )
    )
    return Recorded.model_validate(done)


def list_claims(caller: Asking, query: Annotated[QueueQuery, IN_QUERY]) -> Page[ClaimOut]:
    """List the claims that a reviewer may see, oldest first."""
    caller.needs_all()
    seen = caller.areas
    scope = reads.Scope(everything=seen.everything, branches=seen.branches, grids=seen.grids)
    with caller.engine.reading(caller.association) as connection:
        rows = reads.queue(
            connection,
            caller.association,
            [State(query.state)],
            scope,
            after=query.key,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, _key, _shown)


def list_member_claims(
    caller: Asking, member_id: str, query: Annotated[PageQuery, IN_QUERY]
) -> Page[ClaimOut]:
    """List a member's claims, newest first."""
    sees_member(caller, member_id)
    with caller.engine.reading(caller.association) as connection:
        rows = reads.of_member(
            connection,
            caller.association,
            MemberId(member_id),
            before=query.key,
            limit=query.limit + 1,
        )
    return page_of(rows, query.limit, _key, _shown)


def get_claim(caller: Asking, activity_id: str) -> ClaimHistory:
    """Return a claim with its steps."""
    filed = find_filed(caller, ActivityId(activity_id))
    if filed is None:
        raise Problem.of(NO_CLAIM)
    with caller.engine.reading(caller.association) as connection:
        steps = reads.history(connection, caller.association, filed.claim.activity_id)
        evidence = _evidence(caller, connection, filed)
    shown = [_step(each, named=caller.principal.kind is Kind.STAFF) for each in steps]
    return ClaimHistory(**_shown(filed).model_dump(), steps=shown, evidence=evidence)


def _evidence(caller: Asking, connection: Connection, filed: reads.Filed) -> ClaimEvidence | None:
    claim, own = filed.claim, caller.member == filed.claim.member_id
    if not own and not decides_on(caller.principal, claim):
        return None
    wrapped = wrapped_keys(connection, caller.association, [claim.member_id])
    keychain = Keychain(caller.installation.context, caller.association, wrapped)
    ids = [claim.activity_id]
    found = find_evidence(connection, caller.association, ids, keychain).get(claim.activity_id)
    return None if found is None else ClaimEvidence(note=found.note, fields=dict(found.fields))


async def review_claim(caller: Asking, activity_id: str, body: NewReview) -> Reviewed:
    """Approve or reject a claim."""
    seen = caller.areas
    if not seen.everything:
        await run_in_threadpool(_seen_claim, caller, ActivityId(activity_id))
    done = await caller.carry_out(
        Review(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            activity_id=ActivityId(activity_id),
            verdict=Verdict(body.verdict),
            level=level_of(caller.principal, body.level),
            branches=seen.branches,
            grids=seen.grids,
            person=caller.principal.person,
            reason=body.reason,
        )
    )
    return Reviewed.model_validate(done)


def level_of(principal: Principal, wanted: Level | None) -> str:
    """Return as whom a reviewer acts.

    Raises:
        Problem: It is none of what the reviewer is.
    """
    level = reviewer_level(principal, wanted)
    if level is None:
        raise Problem.of(OutOfScope())
    return level.value


async def withdraw_claim(caller: Asking, activity_id: str) -> Withdrawn:
    """Take a claim back before it is decided."""
    await run_in_threadpool(_seen_claim, caller, ActivityId(activity_id))
    done = await caller.carry_out(
        Withdraw(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            activity_id=ActivityId(activity_id),
        )
    )
    return Withdrawn.model_validate(done)


def _seen_claim(caller: Asking, activity_id: ActivityId) -> None:
    """Let the caller at a claim; one that it may not see is answered like one that is not there."""
    if find_filed(caller, activity_id) is None:
        raise Problem.of(NO_CLAIM)


def _key(filed: reads.Filed) -> str:
    return filed.claim.activity_id


def _shown(filed: reads.Filed) -> ClaimOut:
    claim, activity = filed.claim, filed.activity
    return ClaimOut(
        activity_id=claim.activity_id,
        member_id=claim.member_id,
        type=claim.type,
        state=str(claim.state),
        occurred_at=claim.occurred_at,
        ends_at=activity.ends_at,
        recorded_at=activity.recorded_at,
        fields=dict(activity.fields),
        branch=claim.branch,
        grid=claim.grid,
        reviewers=list(claim.reviewers),
        second_needed=claim.second_needed,
        flags=list(claim.flags),
        publicity_until=claim.publicity_until,
        transactions=list(claim.transactions),
        peers=list(claim.peers),
    )


def _step(event: ClaimEvent, *, named: bool) -> StepOut:
    return StepOut(
        step=event.step.value,
        recorded_at=event.recorded_at,
        actor=event.actor if named else None,
        reason=event.reason,
    )


ROUTES = (
    post("/v1/claims", file_claim, allows=Action.FILE_CLAIM, zh="申报活动", status=201),
    get("/v1/claims", list_claims, allows=Action.REVIEW_CLAIM, zh="待审核申报"),
    get("/v1/claims/{activity_id}", get_claim, allows=Action.READ_MEMBER, zh="申报进度"),
    get(
        "/v1/members/{member_id}/claims",
        list_member_claims,
        allows=Action.READ_MEMBER,
        zh="会员的申报",
    ),
    post(
        "/v1/claims/{activity_id}/reviews", review_claim, allows=Action.REVIEW_CLAIM, zh="审核申报"
    ),
    post(
        "/v1/claims/{activity_id}/withdrawal",
        withdraw_claim,
        allows=Action.FILE_CLAIM,
        zh="撤回申报",
    ),
)
