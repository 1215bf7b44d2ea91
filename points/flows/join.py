"""Let a member take part in one more programme, or in one that they had left."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import attest, refuse_joining
from points.flows.context import context
from points.flows.enrol import open_accounts
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.model import Measure, account_id
from points.members.errors import AlreadyEnrolled, ProgrammeUnknown
from points.privacy.errors import MemberErased
from points.unit_of_work import Keys, WorkingSet

MEASURES = ("rating", "wallet")
"""Every measure that a programme can have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Join:
    """Enrol a known member in a programme."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str


def needs(command: Join, keys: Keys) -> None:
    """Lock the member, and the accounts that they may have from an earlier time."""
    keys.members.members.add(command.member_id)
    keys.privacy.consents.add(command.member_id)
    keys.ledger.accounts.update(
        account_id(command.member_id, Measure(command.programme, name)) for name in MEASURES
    )


def decide(command: Join, on: WorkingSet) -> Decision:
    """Enrol; accounts from an earlier time are as they were left."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    if command.programme not in context(on).rules.programmes():
        return ProgrammeUnknown()
    if member.enrolled(command.programme):
        return AlreadyEnrolled()
    if refusal := refuse_joining(member.member_id, command.programme, command.actor, on):
        return refusal
    before = sorted(member.programmes)
    attest(member.member_id, command.programme, command.actor, on)
    on.register.enrol(member, command.programme, command.actor, on.now)
    open_accounts(on, member.member_id, command.programme)
    after = sorted(member.programmes)
    on.trail.note(
        "join", member.member_id, before={"programmes": before}, after={"programmes": after}
    )
    return {"member_id": member.member_id, "programmes": after}


FLOW = Flow("join", needs, decide)
