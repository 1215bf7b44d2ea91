"""Object to a claim while it is public: its clock stops until the objection is answered."""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong, PublicityOver
from points.activities.model import Step
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, note_state, zone_of
from points.flows.context import context
from points.flows.wording import refuse_wording
from points.kernel.ids import ActivityId, Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectTo:
    """Object to a claim.

    Attributes:
        reason: In words; kept for ever, so nothing personal may stand in it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    reason: str


def needs(command: ObjectTo, keys: Keys) -> None:
    """Lock the claim; working days say how much of the publicity is left."""
    keys.activities.claims.add(command.activity_id)
    keys.activities.calendar = True


def decide(command: ObjectTo, on: WorkingSet) -> Decision:
    """Stop the clock and keep the reason."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if not claim.allows(Step.OBJECTED) or claim.publicity_until is None:
        return ClaimStateWrong(state=str(claim.state))
    if claim.publicity_until <= on.now:
        return PublicityOver()
    if refusal := refuse_wording(command.reason):
        return refusal
    zone = zone_of(context(on), claim.type)
    claim.days_left = on.docket.calendar.left(on.now, claim.publicity_until, zone)
    claim.objected_by, before = command.actor, str(claim.state)
    on.docket.take(claim, Step.OBJECTED, command.actor, on.now, reason=command.reason.strip())
    note_state(on, "object", claim, before, command.reason.strip())
    return {"activity_id": claim.activity_id, "state": str(claim.state)}


FLOW = Flow("object", needs, decide)
