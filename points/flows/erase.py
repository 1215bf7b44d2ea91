"""Erase a person: destroy what says who they were; the books stay whole.

Destroyed are name, telephone and identity number, the person's key, and the evidence of their
claims. Kept is every fact about points, under an id that means nobody any more.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.activities.model import Step as Claimed
from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import how
from points.identity.roles import Kind
from points.identity.sessions import Ended
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.members.model import Member
from points.privacy.errors import ErasureNeedsStaff, MemberErased, VoucherAtCounter
from points.privacy.model import How, Purpose, Step
from points.unit_of_work import Keys, WorkingSet


class Ground(StrEnum):
    """Why a person is erased."""

    REQUEST = "request"
    RETENTION = "retention"
    COURT = "court"
    ENROLLED_BY_MISTAKE = "enrolled_by_mistake"
    RESTORED = "restored"


@dataclass(frozen=True, slots=True, kw_only=True)
class Erase:
    """Erase a member, for ever.

    Attributes:
        actor: A member of staff, who confirms it; the member asks with ``RequestErasure``.
        again: Whether this repeats an erasure that a restored backup undid: nothing stands in its
            way then.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    ground: Ground
    again: bool = False


def needs(command: Erase, keys: Keys) -> None:
    """Lock the member; see whether a counter is handling one of their vouchers."""
    keys.members.members.add(command.member_id)
    keys.privacy.consents.add(command.member_id)
    keys.privacy.requests.add(command.member_id)
    keys.vouchers.at_counter.add(command.member_id)
    keys.activities.open_of.add(command.member_id)


def decide(command: Erase, on: WorkingSet) -> Decision:
    """Destroy the person's key and everything that it sealed, and end their part in everything.

    Vouchers that were issued stay good until they are used or expire: they are paid for, and using
    one needs its code and nobody's name.
    """
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if refusal := _refuse(command, member, on):
        return refusal
    for purpose in Purpose:
        if on.dossier.given(member.member_id, purpose):
            on.dossier.take_back(member.member_id, purpose, How.PAPER, command.actor, on.now)
    if on.dossier.open_request(member.member_id):
        ground = command.ground.value
        on.dossier.step(member.member_id, Step.CARRIED_OUT, command.actor, ground, on.now)
    for claim in on.docket.undecided(member.member_id):
        # Nobody could review it any more: what it tells of is destroyed with its evidence.
        on.docket.take(claim, Claimed.WITHDRAWN, command.actor, on.now, reason="member_erased")
    on.docket.forgotten.add(member.member_id)
    on.register.list_publicly(member, command.actor, on.now, listed=False)
    on.sessions.end_all(Kind.MEMBER, member.member_id, Ended.ERASED)
    on.register.erase(member, command.actor, on.now, command.ground.value)
    on.reception.end_all(member.member_id, Ended.ERASED)
    on.trail.note("erase", member.member_id, reason=command.ground.value)
    return {"member_id": member.member_id, "erased_at": on.now.isoformat()}


def _refuse(command: Erase, member: Member, on: WorkingSet) -> Refusal | None:
    if how(command.actor) is How.SELF:
        return ErasureNeedsStaff()
    if member.erased_at is not None:
        return MemberErased()
    at_counter = sum(until > on.now for until in on.drawer.at_counter.get(member.member_id, []))
    return VoucherAtCounter(count=at_counter) if at_counter and not command.again else None


FLOW = Flow("erase", needs, decide, audited=True)
