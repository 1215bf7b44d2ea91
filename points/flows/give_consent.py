"""Agree to one purpose; what was left when it was withdrawn is taken up again."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import PROGRAMMES, how, notice_of
from points.flows.context import context
from points.flows.enrol import open_accounts
from points.flows.join import MEASURES
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.model import Measure, account_id
from points.members.model import Member
from points.privacy.errors import (
    ConsentUnchanged,
    MemberErased,
    NoticeMissing,
    NoticeOutdated,
)
from points.privacy.model import Consent, Purpose
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveConsent:
    """Agree to what a notice says.

    Attributes:
        actor: ``member:<id>`` for oneself; staff attest a form that the association keeps.
        notice: The version that was read; it has to be the one in force.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    purpose: Purpose
    notice: int


def needs(command: GiveConsent, keys: Keys) -> None:
    """Lock the member, and the accounts that they may have from an earlier time."""
    keys.members.members.add(command.member_id)
    keys.privacy.consents.add(command.member_id)
    keys.ledger.accounts.update(
        account_id(command.member_id, Measure(programme, name))
        for programme, purpose in PROGRAMMES.items()
        if purpose is command.purpose
        for name in MEASURES
    )


def decide(command: GiveConsent, on: WorkingSet) -> Decision:
    """Note the consent; a programme that was left by withdrawing it goes on as it was left."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    notice = notice_of(command.purpose, on)
    if notice is None:
        return NoticeMissing(purpose=command.purpose.value)
    if command.notice != notice.version:
        return NoticeOutdated(in_force=notice.version)
    before = on.dossier.agreed(member.member_id, command.purpose)
    if before is not None and before.given and before.notice == notice.version:
        return ConsentUnchanged()
    on.dossier.say(member.member_id, notice, how(command.actor), command.actor, on.now)
    _resume(command, member, before, on)
    on.trail.note(
        "give_consent",
        member.member_id,
        after={"purpose": command.purpose.value, "notice": notice.version},
    )
    return {
        "member_id": member.member_id,
        "purpose": command.purpose.value,
        "notice": notice.version,
        "programmes": sorted(member.programmes),
    }


def _resume(command: GiveConsent, member: Member, before: Consent | None, on: WorkingSet) -> None:
    if before is None or before.given:
        return
    if command.purpose is Purpose.LEADERBOARD:
        on.register.list_publicly(member, command.actor, on.now, listed=True)
    known = context(on).rules.programmes()
    for programme, purpose in PROGRAMMES.items():
        enrolment = member.enrolments.get(programme)
        left = enrolment is not None and not enrolment.active
        if purpose is command.purpose and left and programme in known:
            on.register.enrol(member, programme, command.actor, on.now)
            open_accounts(on, member.member_id, programme)


FLOW = Flow("give_consent", needs, decide)
