"""Destroy the evidence of closed claims when nobody needs it any more; the claims stay."""

from dataclasses import dataclass

from points.activities.model import State
from points.engine import Decision, Flow
from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

PAGE = 500
CLOSED = (State.POSTED, State.REJECTED, State.WITHDRAWN, State.REVERSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DestroyEvidence:
    """Destroy what went with some claims.

    Attributes:
        activities: At most ``PAGE``; those whose claim is open again by now keep theirs.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activities: tuple[ActivityId, ...]

    def __post_init__(self) -> None:
        ensure(len(self.activities) <= PAGE, "evidence is destroyed a page at a time")


def needs(command: DestroyEvidence, keys: Keys) -> None:
    """Lock the claims, so that none is opened again meanwhile."""
    keys.activities.claims.update(command.activities)


def decide(command: DestroyEvidence, on: WorkingSet) -> Decision:
    """Destroy it."""
    claims = [on.docket.claim(each) for each in command.activities]
    closed = {claim.activity_id for claim in claims if claim and claim.state in CLOSED}
    on.docket.destroyed |= closed
    on.trail.note("destroy_evidence", detail={"claims": len(closed)})
    return {"destroyed": len(closed)}


FLOW = Flow("destroy_evidence", needs, decide, audited=True)
