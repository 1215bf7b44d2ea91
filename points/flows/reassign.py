"""Pass a voucher on by staff, with a reason: what was drawn for the wrong person, for example."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import need_relations, refuse_involved
from points.flows.passing import carry_out, needs_passing, owned, refuse_passing
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    RewardId,
    VoucherId,
)
from points.rules.vouchers import STAFF
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.passing import OfferEnd, OfferStep


@dataclass(frozen=True, slots=True, kw_only=True)
class Reassign:
    """Give a voucher another owner.

    Attributes:
        reason: Why, in words; kept for ever.
        person: The member that the acting person of staff also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    voucher_id: VoucherId
    reward_id: RewardId
    owner: MemberId
    receiver: MemberId
    reason: str
    person: MemberId | None = None


def needs(command: Reassign, keys: Keys) -> None:
    """Lock both members and the voucher; know to whom the acting person is related."""
    needs_passing(command, keys)
    need_relations(keys, command.actor)


def decide(command: Reassign, on: WorkingSet) -> Decision:
    """Pass the voucher on; an offer that was open is withdrawn with it."""
    standing = owned(command, on)
    if isinstance(standing, Refusal):
        return standing
    for member in (command.owner, command.receiver):
        if refusal := refuse_involved(on, command.actor, command.person, member):
            return refusal
    if refusal := refuse_passing(command, standing, STAFF, on) or refuse_wording(command.reason):
        return refusal
    offer = on.drawer.open_offer(command.voucher_id, on.now)
    if offer is not None:
        on.drawer.end_offer(
            OfferEnd(
                offer=offer,
                step=OfferStep.WITHDRAWN,
                operation_id=command.operation_id,
                actor=command.actor,
                recorded_at=on.now,
            )
        )
    return carry_out(command, standing, on, offer_id=None, reason=command.reason.strip())


FLOW = Flow("reassign", needs, decide)
