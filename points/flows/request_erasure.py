"""Ask to be erased, take the request back, or decline it; carrying it out is ``Erase``."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.consenting import how
from points.flows.erase import Ground
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.privacy.errors import ErasureAsked, ErasureNotAsked, MemberErased
from points.privacy.model import ERASURE_WITHIN, How, Step
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestErasure:
    """Ask that a member be erased; staff write down what came on paper."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    ground: Ground = Ground.REQUEST


@dataclass(frozen=True, slots=True, kw_only=True)
class EndRequest:
    """Take a request back, by the member, or decline it, by staff.

    Attributes:
        reason: In words, needed to decline; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    reason: str = ""


def needs(command: RequestErasure | EndRequest, keys: Keys) -> None:
    """Lock the member."""
    keys.members.members.add(command.member_id)
    keys.privacy.requests.add(command.member_id)


def decide(command: RequestErasure, on: WorkingSet) -> Decision:
    """Note the request, and by when it is to be answered."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if member.erased_at is not None:
        return MemberErased()
    if on.dossier.open_request(member.member_id):
        return ErasureAsked()
    due_at = on.now + ERASURE_WITHIN
    ground = command.ground.value
    on.dossier.step(member.member_id, Step.REQUESTED, command.actor, ground, on.now, due_at=due_at)
    on.trail.note("request_erasure", member.member_id, after={"due_at": due_at.isoformat()})
    return {"member_id": member.member_id, "due_at": due_at.isoformat()}


def decide_end(command: EndRequest, on: WorkingSet) -> Decision:
    """Note that the request is off."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    if on.dossier.open_request(member.member_id) is None:
        return ErasureNotAsked()
    by_member = how(command.actor) is How.SELF
    if refusal := refuse_wording(command.reason, needed=not by_member):
        return refusal
    step = Step.WITHDRAWN if by_member else Step.DECLINED
    on.dossier.step(member.member_id, step, command.actor, command.reason.strip(), on.now)
    on.trail.note("end_erasure_request", member.member_id, reason=command.reason.strip())
    return {"member_id": member.member_id, "step": step.value}


FLOW = Flow("request_erasure", needs, decide)
END = Flow("end_erasure_request", needs, decide_end)
