"""Put claims on a published list: the time for objections runs from the list, not before it."""

from dataclasses import dataclass

from points.activities.errors import (
    AlreadyListed,
    ClaimStateWrong,
    ListLength,
    PublicityLength,
)
from points.activities.model import Claim, Step
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, zone_of
from points.flows.context import context
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

WORKING_DAYS_MAX = 60
CLAIMS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Publish:
    """Publish a list of claims that are in publicity.

    Attributes:
        batch: The list's name, as ``2026-03``.
        working_days: For how many working days, today not counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_ids: tuple[ActivityId, ...]
    batch: str
    working_days: int


def needs(command: Publish, keys: Keys) -> None:
    """Lock the claims; working days decide when it ends."""
    keys.activities.claims.update(command.activity_ids)
    keys.activities.calendar = True


def decide(command: Publish, on: WorkingSet) -> Decision:
    """List every claim, or none; no publicity becomes shorter than it was."""
    if not 1 <= command.working_days <= WORKING_DAYS_MAX:
        return PublicityLength(days_max=WORKING_DAYS_MAX)
    listed = list(dict.fromkeys(command.activity_ids))
    if not 1 <= len(listed) <= CLAIMS_MAX:
        return ListLength(claims_max=CLAIMS_MAX)
    claims = [on.docket.claim(activity) for activity in listed]
    for claim in claims:
        if refusal := _refuse(claim):
            return refusal
    known = context(on)
    ends = []
    for claim in filter(None, claims):
        until = on.docket.calendar.end_of(on.now, command.working_days, zone_of(known, claim.type))
        claim.publicity_until = max(claim.publicity_until or until, until)
        claim.publicity_batch = command.batch
        ends.append(claim.publicity_until)
        detail = {"batch": command.batch, "until": claim.publicity_until.isoformat()}
        on.docket.take(claim, Step.LISTED, command.actor, on.now, detail=detail)
    last = max(ends).isoformat()
    on.trail.note("publish", command.batch, after={"claims": listed, "until": last})
    return {"batch": command.batch, "claims": len(listed), "until": last}


def _refuse(claim: Claim | None) -> Refusal | None:
    if claim is None:
        return NO_CLAIM
    if not claim.allows(Step.LISTED):
        return ClaimStateWrong(state=str(claim.state))
    return AlreadyListed() if claim.publicity_batch else None


FLOW = Flow("publish", needs, decide)
