"""Authorise a voucher at a counter: is it good here, and what is to be handed over?

An optional step before the capture. For three minutes no other outlet can use the voucher.
"""

from dataclasses import dataclass, field
from datetime import timedelta

from points.engine import Decision, Flow
from points.flows import desk
from points.kernel.canonical import UNSPELLED
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.model import EventKind, Kind, Links

TTL = timedelta(minutes=3)


def authorise_operation(partner: PartnerId, key: str) -> OperationId:
    """Return the operation id of an authorisation: the till's own key for the request."""
    return OperationId(f"partner:{partner}:authorise:{key}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Authorise:
    """Take a voucher in hand.

    Attributes:
        guarded: Whether a code was presented, so that a device that guesses is refused.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    operator_id: str = ""
    operator_proven: bool = False
    device_id: str = ""
    device_proven: bool = field(default=False, metadata=UNSPELLED)
    guarded: bool = False
    links: Links


def needs(command: Authorise, keys: Keys) -> None:
    """Lock the voucher; neither points nor money move."""
    keys.vouchers.vouchers.add(command.links.voucher_id)
    desk.needs_counter(command, keys)
    desk.needs_guard(command, keys)


def decide(command: Authorise, on: WorkingSet) -> Decision:
    """Reserve the voucher for this outlet and say what it is good for."""
    standing, counter = desk.standing_of(command.links, on), desk.serving(command, on)
    if isinstance(counter, Refusal):
        return counter
    if isinstance(standing, Refusal):
        return standing
    if refusal := standing.refuses(counter, on.now):
        return refusal
    until = min(on.now + TTL, standing.voucher.valid_until)
    event = desk.event(EventKind.AUTHORISED, command, standing, on, counter=counter)
    on.drawer.authorise(standing, event, until)
    terms, amount = standing.voucher.terms, standing.voucher.terms.kind is Kind.AMOUNT
    return {
        "authorisation_id": event.event_id,
        "voucher_id": standing.voucher.voucher_id,
        "reward_id": standing.voucher.reward_id,
        "title": {"zh": terms.title_zh, "en": terms.title_en},
        "kind": terms.kind.value,
        "remaining_fen": standing.remaining_parts if amount else None,
        "remaining_uses": None if amount else standing.remaining_parts,
        "valid_until": standing.voucher.valid_until.isoformat(),
        "authorised_until": until.isoformat(),
    }


FLOW = Flow("authorise", needs, decide, at_outlet=True)
