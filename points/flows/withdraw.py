"""Take a claim back before it is decided."""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong, NotYours
from points.activities.model import Step
from points.engine import Decision, Flow
from points.flows.casework import NO_CLAIM, note_state, own
from points.kernel.ids import ActivityId, Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdraw:
    """Take a claim back; the member and whoever filed it may."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId


def needs(command: Withdraw, keys: Keys) -> None:
    """Lock the claim."""
    keys.activities.claims.add(command.activity_id)


def decide(command: Withdraw, on: WorkingSet) -> Decision:
    """End the claim; the activity stays on record."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if not own(claim, on, command.actor, None):
        return NotYours()
    if not claim.allows(Step.WITHDRAWN):
        return ClaimStateWrong(state=str(claim.state))
    before = str(claim.state)
    on.docket.take(claim, Step.WITHDRAWN, command.actor, on.now)
    note_state(on, "withdraw", claim, before)
    return {"activity_id": claim.activity_id, "state": str(claim.state)}


FLOW = Flow("withdraw", needs, decide)
