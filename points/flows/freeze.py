"""Stop a member's spending in a programme, with notice; nothing is taken away."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER, need_relations, refuse_involved
from points.flows.wording import refuse_wording
from points.identity.roles import Kind
from points.identity.sessions import Ended
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.errors import AlreadyFrozen, NotInProgramme
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """Freeze a member's points in a programme.

    Attributes:
        reason: Why, in words; kept for ever and shown to the member.
        notice: What the member is told: until when, and where to appeal.
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


def needs(command: Freeze, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)
    need_relations(keys, command.actor)


def decide(command: Freeze, on: WorkingSet) -> Decision:
    """Freeze; earning goes on."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if refusal := refuse_involved(on, command.actor, command.person, command.member_id):
        return refusal
    if command.programme not in member.enrolments:
        return NotInProgramme()
    if member.frozen(command.programme):
        return AlreadyFrozen()
    for text in (command.reason, command.notice):
        if refusal := refuse_wording(text):
            return refusal
    on.register.freeze(
        member,
        command.programme,
        command.actor,
        on.now,
        command.reason.strip(),
        command.notice.strip(),
    )
    end_sessions(on, member.member_id)
    on.trail.note(
        "freeze",
        member.member_id,
        before={"programme": command.programme, "frozen": False},
        after={"programme": command.programme, "frozen": True},
        reason=command.reason.strip(),
    )
    return {"member_id": member.member_id, "programme": command.programme, "frozen": True}


def end_sessions(on: WorkingSet, member: MemberId) -> None:
    """End a frozen member's sessions.

    Whoever froze them may have seen somebody else at work: they prove again that it is they.
    """
    on.sessions.end_all(Kind.MEMBER, member, Ended.FROZEN)
    on.reception.end_all(member, Ended.FROZEN)


FLOW = Flow("freeze", needs, decide)
