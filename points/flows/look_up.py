"""Look a presented code up, and count those that do not exist: guessing is throttled.

The counter stands in the database under a lock of its own, and every look-up passes it: five
invalid codes in ten minutes close the device, fifty in an hour the outlet. A code with a wrong
check character never comes here, and a QR that was genuine once is no guess.
"""

from dataclasses import asdict, dataclass

from points.engine import Decision, Flow
from points.flows.authorise import TTL
from points.flows.context import context
from points.flows.desk import refuse_device, refuse_guesser, refuse_operator
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.errors import OutletUnknown
from points.unit_of_work import Keys, WorkingSet
from points.vouchers import qr
from points.vouchers.model import Aliased, Failure
from points.vouchers.qr import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class LookUp:
    """Find the voucher of a code.

    Attributes:
        operation_id: Fresh for every try: each is counted.
        partner_id: Whose outlet it has to be: nobody's tries are counted against another's.
        device_id: The till or phone that it was typed or scanned on.
        code_hash: Of the code, as :meth:`CodeBook.hashed` returns it.
        ticket: Instead of it, where a QR was scanned: what it says.
        operator_id: Who asks.
        operator_proven: Whether they logged in; a till's key alone must not try codes where the
            outlet registered operators.
        device_proven: Whether the till's own key speaks; tries are counted for nobody else.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    device_id: str
    code_hash: str = ""
    ticket: Ticket | None = None
    operator_id: str = ""
    operator_proven: bool = False
    device_proven: bool = False


def needs(command: LookUp, keys: Keys) -> None:
    """Lock the outlet's counter and look the code up."""
    keys.vouchers.guards.add(command.outlet_id)
    keys.partners.outlets.add(command.outlet_id)
    if command.ticket is None:
        keys.vouchers.codes.add(command.code_hash)
    else:
        keys.vouchers.aliases.add(command.ticket.alias)


def decide(command: LookUp, on: WorkingSet) -> Decision:
    """Return the voucher's links, or that there is none, which is recorded.

    Of a QR that is genuine but no longer counts the links are returned all the same, with that:
    nobody guessed it, and the outlet may have the voucher in hand.
    """
    outlet = on.contracts.outlets.get(command.outlet_id)
    if outlet is None or outlet.partner_id != command.partner_id:
        return OutletUnknown()
    operator, proven = command.operator_id, command.operator_proven
    if refusal := refuse_operator(command.outlet_id, operator, on, proven=proven):
        return refusal
    device = command.device_id
    if refusal := refuse_device(command.outlet_id, device, on, proven=command.device_proven):
        return refusal
    if refusal := refuse_guesser(command.outlet_id, device, on):
        return refusal
    found = _found(command, on)
    if found is not None:
        return found
    on.drawer.fail(
        Failure(
            attempt_id=on.ids.next(),
            outlet_id=command.outlet_id,
            device_id=device,
            attempted_at=on.now,
        )
    )
    return {"found": False}


def _found(command: LookUp, on: WorkingSet) -> dict[str, object] | None:
    if command.ticket is None:
        links = on.drawer.found.get(command.code_hash)
        return None if links is None else {"found": True, "links": asdict(links)}
    aliased, ticket = on.drawer.aliased[command.ticket.alias], command.ticket
    known = qr.drawn_for(aliased, context(on).codes, on.association_id, ticket, on.now)
    if known is None:
        return None
    voucher, age = known
    shown = {"found": True, "links": asdict(voucher.links)}
    if age is qr.Age.OUTDATED:
        shown |= {"outdated": True, "in_hand": _in_hand(command, voucher, on)}
    return shown


def _in_hand(command: LookUp, known: Aliased, on: WorkingSet) -> bool:
    """Return whether this outlet authorised the voucher while the QR counted, and has time left.

    A clerk who counts out a purchase for two minutes need not scan again what they scanned.
    """
    until, ticket = known.authorised_until, command.ticket
    if until is None or ticket is None or known.authorised_outlet != command.outlet_id:
        return False
    counted_until = qr.ends_at(qr.whole_step(ticket.step, on.now))
    return on.now < until <= counted_until + TTL


FLOW = Flow("look_up", needs, decide)
