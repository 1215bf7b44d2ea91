"""End a member's part in a programme; points and history stay."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.errors import NotInProgramme
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Leave a programme.

    Attributes:
        reason: In words, or nothing; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str
    reason: str = ""


def needs(command: Leave, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)


def decide(command: Leave, on: WorkingSet) -> Decision:
    """End the enrolment."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if not member.enrolled(command.programme):
        return NotInProgramme()
    if refusal := refuse_wording(command.reason, needed=False):
        return refusal
    before, reason = sorted(member.programmes), command.reason.strip()
    on.register.leave(member, command.programme, command.actor, on.now, reason)
    after = sorted(member.programmes)
    on.trail.note(
        "leave",
        member.member_id,
        before={"programmes": before},
        after={"programmes": after},
        reason=reason,
    )
    return {"member_id": member.member_id, "programmes": after}


FLOW = Flow("leave", needs, decide)
