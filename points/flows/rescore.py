"""Score one member's activities again, after one of them has ceased to count.

Room that a reversal freed under a cap is filled, and what followed from the reversed activity is
taken back. Asking again changes nothing: where scoring again leads to what stands, there is nothing
to post. What is to be taken back was looked up before, as it has to be loaded; if it is no longer
that, nothing is posted and the member stays marked.
"""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.recalculating import By, missing_grants, need_recalculation, post, recalculated
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, TransactionId
from points.unit_of_work import Keys, WorkingSet

REASON = "rescored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rescore:
    """Score a member's activities again, and post what differs.

    Attributes:
        cause: Which activity ceased to count, and with which step of its claim.
        grants: Transactions of the awards of which points are to be taken back, as seen before.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    cause: str
    grants: tuple[TransactionId, ...] = ()


def needs(command: Rescore, keys: Keys) -> None:
    """Lock the member with everything that counts."""
    need_recalculation(keys, command.member_id, command.grants)


def decide(command: Rescore, on: WorkingSet) -> Decision:
    """Post what differs from what stands."""
    if on.register.member(command.member_id) is None:
        return NotFound(noun="member", noun_zh="会员")
    found = recalculated(on, command.member_id)
    if missing_grants(on, found.changed):
        return {"state": "again", "activities": 0}
    on.docket.unmark(command.member_id)
    if found.failed:
        return {
            "state": "failed",
            "activities": 0,
            "failed": [each._asdict() for each in found.failed],
        }
    by = By(
        operation_id=command.operation_id,
        actor=command.actor,
        reason=REASON,
        origin={"cause": command.cause},
    )
    posted = post(on, found.changed, by)
    return {
        "state": "done",
        "activities": posted.activities,
        "up": posted.up,
        "down": posted.down,
        "transactions": list(posted.transactions),
    }


FLOW = Flow("rescore", needs, decide)
