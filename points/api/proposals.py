"""Proposals: one person asks for an adjustment by hand, another decides it."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator
from starlette.concurrency import run_in_threadpool

from points.activities import reads
from points.activities.model import Activity
from points.api.caller import NO_PROPOSAL, Asking, Caller
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
    Text,
    page_of,
)
from points.flows.casework import NO_CLAIM
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.propose import ProposeGrant, ProposeReversal
from points.flows.set_right import ProposeCorrection, said_right
from points.flows.withdraw_proposal import WithdrawProposal
from points.identity.policy import Action
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, MemberId, ProposalId
from points.ledger.model import Measure
from points.proposals.model import Replacement, State
from points.proposals.store import Filed, find_proposal, list_proposals

MeasureName = Literal["party.wallet", "party.rating", "health.wallet", "health.rating"]


class Right(Body):
    """What an activity should have said; what is left out stays as it was reported."""

    type: str | None = Field(default=None, max_length=60, description="then every field is said")
    occurred_at: Instant | None = None
    ended_at: Instant | None = None
    fields: dict[str, Any] = Field(
        default_factory=dict, description="those that were wrong; null leaves one out"
    )


class NewProposal(Body):
    """What is asked for.

    ``grant`` points outside the rules, ``reverse`` an activity's, or ``correct`` an activity.
    """

    kind: Literal["grant", "reverse", "correct"]
    reason: Code = Field(
        description="hardship_grant, missed_award or goodwill; error or falsified; "
        "misrecorded or misreported"
    )
    note: Text = Field(description="why, in words; kept for ever, nothing personal")
    member_id: Id | None = Field(default=None, description="of a grant")
    measure: MeasureName | None = Field(default=None, description="of a grant")
    points: int | None = Field(default=None, ge=1, le=10**9, description="of a grant")
    expires_at: Instant | None = Field(default=None, description="of a grant; never, if missing")
    activity_id: Id | None = Field(default=None, description="of a reversal or a correction")
    right: Right | None = Field(default=None, description="of a correction")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        grants = (self.member_id, self.measure, self.points)
        given = [each is not None for each in (*grants, self.activity_id)]
        if given != [self.kind == "grant"] * 3 + [self.kind != "grant"]:
            raise ValueError("kind")
        if (self.right is not None) is not (self.kind == "correct"):
            raise ValueError("right")
        if self.expires_at is not None and self.kind != "grant":
            raise ValueError("expires_at")
        return self


class Proposed(Answer):
    """A proposal that waits for another person."""

    proposal_id: str
    state: str
    until: datetime


class NewDecision(Body):
    """Why; a rejection needs it."""

    reason: str = Field(default="", max_length=500)


class NoWords(Body):
    """Nothing is to be said."""


class Ended(Answer):
    """A proposal that has ended; an approved one was carried out at once."""

    proposal_id: str
    state: str
    transactions: list[str] | None = None
    activity_id: str | None = Field(default=None, description="what took the corrected one's place")


class RightOut(Answer):
    """What an activity should have said, all of it."""

    type: str
    occurred_at: datetime
    ended_at: datetime | None = None
    fields: dict[str, Any]


class ProposalOut(Answer):
    """A proposal and what became of it."""

    proposal_id: str
    kind: str
    state: str
    member_id: str
    measure: str | None = None
    points: int | None = None
    expires_at: datetime | None = None
    activity_id: str | None = None
    donation_id: str | None = None
    right: RightOut | None = None
    transactions: list[str]
    reason: str
    note: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None
    decided_reason: str | None = None


class ProposalQuery(PageQuery):
    """Which proposals."""

    state: State = State.PROPOSED


async def propose(caller: Asking, body: NewProposal) -> Proposed:
    """Propose an adjustment; another person has to approve it."""
    said: dict[str, Any] = {
        "association_id": caller.association,
        "operation_id": caller.operation,
        "actor": caller.actor,
        "reason": body.reason,
        "note": body.note,
        "person": caller.principal.person,
    }
    command: ProposeGrant | ProposeReversal | ProposeCorrection
    if body.right is not None:
        activity = await run_in_threadpool(_activity, caller, body.activity_id or "")
        command = ProposeCorrection(
            **said,
            activity=activity,
            replacement=said_right(
                activity,
                body.right.fields,
                type=body.right.type,
                occurred_at=body.right.occurred_at,
                ended_at=body.right.ended_at,
            ),
        )
    elif body.activity_id is not None:
        command = ProposeReversal(**said, activity_id=ActivityId(body.activity_id))
    else:
        command = ProposeGrant(
            **said,
            member_id=MemberId(body.member_id or ""),
            measure=Measure.parse(body.measure or ""),
            points=Points(body.points or 0),
            expires_at=body.expires_at,
        )
    return Proposed.model_validate(await caller.carry_out(command))


def _activity(caller: Caller, activity_id: str) -> Activity:
    with caller.engine.reading(caller.association) as connection:
        filed = reads.one(connection, caller.association, ActivityId(activity_id))
    if filed is None:
        raise Problem.of(NO_CLAIM)
    return filed.activity


def list_proposals_in(
    caller: Asking, query: Annotated[ProposalQuery, IN_QUERY]
) -> Page[ProposalOut]:
    """List proposals in a state, newest first."""
    with caller.engine.reading(caller.association) as connection:
        rows = list_proposals(
            connection,
            caller.association,
            query.state,
            caller.installation.clock.now(),
            before=query.key,
            limit=query.limit + 1,
        )
    return page_of(
        rows,
        query.limit,
        lambda filed: filed.standing.proposal.proposal_id,
        lambda filed: _shown(filed, caller.installation.clock.now()),
    )


def get_proposal(caller: Asking, proposal_id: str) -> ProposalOut:
    """Return a proposal."""
    return _shown(_found(caller, proposal_id), caller.installation.clock.now())


async def approve_proposal(caller: Asking, proposal_id: str, body: NewDecision) -> Ended:
    """Approve a proposal of somebody else; it is carried out at once."""
    return await _decide(caller, proposal_id, Verdict.APPROVE, body.reason)


async def reject_proposal(caller: Asking, proposal_id: str, body: NewDecision) -> Ended:
    """Reject a proposal of somebody else, with a reason."""
    return await _decide(caller, proposal_id, Verdict.REJECT, body.reason)


async def withdraw_proposal(caller: Asking, proposal_id: str, body: NoWords) -> Ended:  # noqa: ARG001 - the route takes one
    """Withdraw one's own proposal."""
    done = await caller.carry_out(
        WithdrawProposal(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            proposal_id=ProposalId(proposal_id),
        )
    )
    return Ended.model_validate(done)


async def _decide(caller: Caller, proposal_id: str, verdict: Verdict, reason: str) -> Ended:
    filed = await run_in_threadpool(_found, caller, proposal_id)
    done = await caller.carry_out(
        DecideProposal(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            proposal=filed.standing.proposal,
            verdict=verdict,
            reason=reason,
            person=caller.principal.person,
        )
    )
    return Ended.model_validate(done)


def _found(caller: Caller, proposal_id: str) -> Filed:
    with caller.engine.reading(caller.association) as connection:
        filed = find_proposal(connection, caller.association, ProposalId(proposal_id))
    if filed is None:
        raise Problem.of(NO_PROPOSAL)
    return filed


def _shown(filed: Filed, now: datetime) -> ProposalOut:
    proposal, settled = filed.standing.proposal, filed.settled
    return ProposalOut(
        proposal_id=proposal.proposal_id,
        kind=proposal.kind.value,
        state=filed.standing.state(now).value,
        member_id=proposal.member_id,
        measure=proposal.measure,
        points=proposal.points,
        expires_at=proposal.expires_at,
        activity_id=proposal.activity_id,
        donation_id=proposal.donation_id,
        right=_right(proposal.replacement),
        transactions=list(proposal.transactions),
        reason=proposal.reason,
        note=proposal.note,
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        until=proposal.until,
        decided_by=settled.actor if settled else None,
        decided_at=settled.recorded_at if settled else None,
        decided_reason=settled.reason if settled else None,
    )


def _right(right: Replacement | None) -> RightOut | None:
    if right is None:
        return None
    return RightOut(
        type=right.type,
        occurred_at=right.occurred_at,
        ended_at=right.ended_at,
        fields=dict(right.fields),
    )


ROUTES = (
    post("/v1/proposals", propose, allows=Action.PROPOSE, zh="提出人工调整", status=201),
    get("/v1/proposals", list_proposals_in, allows=Action.READ_PROPOSALS, zh="人工调整清单"),
    get(
        "/v1/proposals/{proposal_id}",
        get_proposal,
        allows=Action.READ_PROPOSALS,
        zh="人工调整详情",
    ),
    post(
        "/v1/proposals/{proposal_id}:approve",
        approve_proposal,
        allows=Action.DECIDE,
        zh="批准人工调整并即时执行",
    ),
    post(
        "/v1/proposals/{proposal_id}:reject",
        reject_proposal,
        allows=Action.DECIDE,
        zh="驳回人工调整",
    ),
    post(
        "/v1/proposals/{proposal_id}:withdraw",
        withdraw_proposal,
        allows=Action.PROPOSE,
        zh="撤回人工调整",
    ),
)
