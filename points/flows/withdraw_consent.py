"""Take one consent back: what depended on it ends, and nothing else does."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import PROGRAMMES, how
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.model import Member
from points.privacy.errors import ConsentUnchanged, MemberErased
from points.privacy.model import Purpose
from points.unit_of_work import Keys, WorkingSet

REASON = "consent_withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawConsent:
    """Take a consent back; whoever never gave one can object as well."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    purpose: Purpose


def needs(command: WithdrawConsent, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)
    keys.privacy.consents.add(command.member_id)


def decide(command: WithdrawConsent, on: WorkingSet) -> Decision:
    """Leave the programme of the purpose, or the leaderboards; points and vouchers stay."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    before = on.dossier.agreed(member.member_id, command.purpose)
    if before is not None and not before.given:
        return ConsentUnchanged()
    said = (member.member_id, command.purpose, how(command.actor), command.actor, on.now)
    on.dossier.take_back(*said)
    _end(command, member, on)
    on.trail.note(
        "withdraw_consent",
        member.member_id,
        before={"purpose": command.purpose.value, "given": before is not None},
    )
    return {
        "member_id": member.member_id,
        "purpose": command.purpose.value,
        "programmes": sorted(member.programmes),
    }


def _end(command: WithdrawConsent, member: Member, on: WorkingSet) -> None:
    if command.purpose is Purpose.LEADERBOARD:
        on.register.list_publicly(member, command.actor, on.now, listed=False)
    for programme, purpose in PROGRAMMES.items():
        if purpose is command.purpose and member.enrolled(programme):
            on.register.leave(member, programme, command.actor, on.now, REASON)


FLOW = Flow("withdraw_consent", needs, decide)
