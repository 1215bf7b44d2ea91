"""Put a claim that could not be scored back in the queue, once its rule is mended."""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong
from points.activities.model import Step
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, note_state
from points.kernel.ids import ActivityId, Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Requeue:
    """Let a quarantined claim be scored again."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId


def needs(command: Requeue, keys: Keys) -> None:
    """Lock the claim."""
    keys.activities.claims.add(command.activity_id)


def decide(command: Requeue, on: WorkingSet) -> Decision:
    """Make the claim ready to score."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if not claim.allows(Step.REQUEUED):
        return ClaimStateWrong(state=str(claim.state))
    before = str(claim.state)
    on.docket.take(claim, Step.REQUEUED, command.actor, on.now)
    note_state(on, "requeue", claim, before)
    return {"activity_id": claim.activity_id, "state": str(claim.state)}


FLOW = Flow("requeue", needs, decide)
