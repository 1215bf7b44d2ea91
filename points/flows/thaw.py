"""Let a member spend again, with reason and notice."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER, need_relations, refuse_involved
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.errors import NotFrozen
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Thaw:
    """Thaw a member's points in a programme.

    Attributes:
        reason: Why, in words; kept for ever and shown to the member.
        notice: What the member is told.
        person: The member that the one who acts also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str
    reason: str
    notice: str
    person: MemberId | None = None


def needs(command: Thaw, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)
    need_relations(keys, command.actor)


def decide(command: Thaw, on: WorkingSet) -> Decision:
    """Thaw."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if refusal := refuse_involved(on, command.actor, command.person, command.member_id):
        return refusal
    if not member.frozen(command.programme):
        return NotFrozen()
    for text in (command.reason, command.notice):
        if refusal := refuse_wording(text):
            return refusal
    on.register.thaw(
        member,
        command.programme,
        command.actor,
        on.now,
        command.reason.strip(),
        command.notice.strip(),
    )
    on.trail.note(
        "thaw",
        member.member_id,
        before={"programme": command.programme, "frozen": True},
        after={"programme": command.programme, "frozen": False},
        reason=command.reason.strip(),
    )
    return {"member_id": member.member_id, "programme": command.programme, "frozen": False}


FLOW = Flow("thaw", needs, decide)
