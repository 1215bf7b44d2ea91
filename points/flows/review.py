"""Review a claim: approve or reject it, first and, where needed, second."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from points.activities.errors import ClaimStateWrong, OutOfScope, OwnClaim, SamePerson
from points.activities.model import Claim, State, Step
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, handled, need_relations, own, refuse_involved
from points.flows.context import context
from points.flows.quotas import (
    counted,
    need_reviewer,
    outside_hours,
    refuse_beyond,
    review_asks,
)
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet

RANKS = {"branch": 1, "grid": 1, "provider": 1, "association": 2, "industry": 3}
"""Whoever stands higher may review what is asked of those below."""

SECOND_RANK_MIN = RANKS["association"]
OPEN = (State.SUBMITTED, State.SECOND_REVIEW)


class Verdict(StrEnum):
    """What a reviewer says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """Approve or reject a claim.

    Attributes:
        level: As whom: branch, grid, provider, association or industry.
        branches: The branches that a branch reviewer is responsible for.
        grids: The grids that a grid reviewer is responsible for.
        person: The member that the reviewer also is, if any.
        reason: Needed for a rejection; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    verdict: Verdict
    level: str
    branches: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    person: MemberId | None = None
    reason: str = ""


def needs(command: Review, keys: Keys) -> None:
    """Lock the claim and what the reviewer has done today; load whom they are related to."""
    keys.activities.claims.add(command.activity_id)
    need_relations(keys, command.actor)
    if command.verdict is Verdict.APPROVE:
        need_reviewer(keys, command.actor)


def decide(command: Review, on: WorkingSet) -> Decision:
    """Take the step; an approved claim is ready to be scored."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if refusal := _refuse(command, claim, on):
        return refusal
    step, before = _step(command, claim), str(claim.state)
    detail: dict[str, Any] = {"level": command.level}
    if command.verdict is Verdict.APPROVE:
        detail |= counted(review_asks(claim, command.actor, context(on).duties), on)
    if outside_hours(on):
        detail["outside_hours"] = True
    if step is Step.FIRST_APPROVED:
        claim.first_reviewer = command.actor
    elif step is Step.SECOND_APPROVED:
        claim.second_reviewer = command.actor
    on.docket.take(
        claim,
        step,
        command.actor,
        on.now,
        reason=command.reason.strip(),
        detail=detail,
    )
    on.trail.note(
        "review",
        claim.activity_id,
        before={"state": before},
        after={"state": str(claim.state)},
        reason=command.reason.strip(),
        detail={"verdict": command.verdict, "member_id": claim.member_id, **detail},
    )
    return {
        "activity_id": claim.activity_id,
        "member_id": claim.member_id,
        "type": claim.type,
        "state": str(claim.state),
        "ready_to_score": claim.state is State.APPROVED,
    }


def _refuse(command: Review, claim: Claim, on: WorkingSet) -> Refusal | None:
    # What no rule could score has been approved before; it can still be rejected.
    rejected = command.verdict is Verdict.REJECT and claim.state is State.QUARANTINED
    if claim.state not in OPEN and not rejected:
        return ClaimStateWrong(state=str(claim.state))
    if refusal := _refuse_person(command, claim, on):
        return refusal
    if not covers(command, claim):
        return OutOfScope()
    if command.verdict is Verdict.REJECT:
        return refuse_wording(command.reason)
    asks = review_asks(claim, command.actor, context(on).duties)
    return refuse_wording(command.reason, needed=False) or refuse_beyond(asks, on)


def _refuse_person(command: Review, claim: Claim, on: WorkingSet) -> Refusal | None:
    if own(claim, on, command.actor, command.person):
        return OwnClaim()
    if handled(claim, on, command.actor, command.person):
        return SamePerson()
    return refuse_involved(on, command.actor, command.person, claim.member_id)


def covers(command: Review, claim: Claim) -> bool:
    """Return whether the reviewer's level and responsibility cover a claim."""
    rank = RANKS.get(command.level, 0)
    asked = max((RANKS[level] for level in claim.reviewers), default=SECOND_RANK_MIN)
    if claim.state is State.SECOND_REVIEW:
        asked = max(asked, SECOND_RANK_MIN)
    if rank < asked or (rank == asked == 1 and command.level not in claim.reviewers):
        return False
    if command.level == "branch":
        return claim.branch is not None and claim.branch in command.branches
    if command.level == "grid":
        return claim.grid is not None and claim.grid in command.grids
    return True


def _step(command: Review, claim: Claim) -> Step:
    if command.verdict is Verdict.REJECT:
        return Step.REJECTED
    return Step.FIRST_APPROVED if claim.state is State.SUBMITTED else Step.SECOND_APPROVED


FLOW = Flow("review", needs, decide)
