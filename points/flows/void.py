"""Void a capture on the partner's same local day: the voucher is good again, its points held."""

from dataclasses import dataclass, field

from points.catalogue.errors import PoolExhausted
from points.engine import Decision, Flow
from points.flows import desk
from points.kernel.canonical import UNSPELLED
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.ledger.model import Kind as LedgerKind
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import (
    AlreadyVoided,
    CaptureCorrected,
    CaptureUnknown,
    VoidAfterClose,
    VoidLimitReached,
    VoidsOfDayReached,
    VoidTooLate,
    VoucherExpired,
)
from points.vouchers.model import VOIDS_MAX, Event, EventKind, Links, State
from points.vouchers.standing import Standing


def void_operation(partner: PartnerId, void_no: str) -> OperationId:
    """Return the operation id of a void: the partner's own number of the void."""
    return OperationId(f"partner:{partner}:void:{void_no}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Void:
    """Take a capture back.

    Attributes:
        outlet_id: Where the capture was made; no other outlet takes it back.
        request_no: The request number of the capture.
        links: As :func:`points.vouchers.reads.find_captured` returns them.
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
    request_no: str
    links: Links


def needs(command: Void, keys: Keys) -> None:
    """Lock what the capture moved, and read the capture."""
    desk.needs_voucher(command.links, keys)
    desk.needs_counter(command, keys)
    keys.vouchers.requests.add((command.partner_id, command.request_no))
    keys.partners.corrected.add((command.partner_id, command.request_no))
    keys.vouchers.voids.add((command.partner_id, command.outlet_id))


def decide(command: Void, on: WorkingSet) -> Decision:
    """Give back to the hold, the pool and the stock what the capture took, or refuse."""
    standing, counter = desk.standing_of(command.links, on), desk.counter_of(command, on)
    if isinstance(counter, Refusal):
        return counter
    capture = on.drawer.captures.get((command.partner_id, command.request_no))
    if isinstance(standing, Refusal) or capture is None:
        return CaptureUnknown()
    if refusal := _why_not(command, standing, capture, on):
        return refusal
    event = desk.event(
        EventKind.VOIDED,
        command,
        standing,
        on,
        counter=counter,
        undoes=capture.event_id,
        parts=capture.parts,
        points=capture.points,
        cost_fen=capture.cost_fen,
    )
    was_finished = standing.state is State.CAPTURED
    on.drawer.record(standing, event)
    _hold_again(command, capture, on)
    _unsettle(command, standing, capture, on, was_finished=was_finished)
    return {
        "void_id": event.event_id,
        "capture_id": capture.event_id,
        "voucher_id": standing.voucher.voucher_id,
        "points": int(capture.points),
        "owed_fen": -int(capture.cost_fen),
    }


def _why_not(command: Void, standing: Standing, capture: Event, on: WorkingSet) -> Refusal | None:
    voucher = standing.voucher
    # Another outlet's is as good as none: it would be given back by whom it was not owed to, and
    # past that outlet's own operators and limits.
    if (capture.voucher_id, capture.outlet_id) != (voucher.voucher_id, command.outlet_id):
        return CaptureUnknown()
    if capture.event_id in on.drawer.voided:
        return AlreadyVoided()
    if refusal := _not_any_more(command, capture, on):
        return refusal
    if standing.state is State.EXPIRED:
        return VoucherExpired(valid_until=voucher.valid_until.isoformat(timespec="seconds"))
    if standing.voids >= VOIDS_MAX:
        return VoidLimitReached(most=VOIDS_MAX)
    return _too_many_today(command, on) or _refuse_money(standing, capture, on)


def _not_any_more(command: Void, capture: Event, on: WorkingSet) -> Refusal | None:
    """Return the refusal of a capture of another day, or a closed period, or one set right."""
    partner = on.contracts.partners[command.partner_id]
    if partner.day(capture.recorded_at) != partner.day(on.now):
        return VoidTooLate()
    closed_until = on.contracts.accounts[command.partner_id].closed_until
    if closed_until is not None and capture.booked_at < closed_until:
        return VoidAfterClose()
    return CaptureCorrected() if capture.event_id in on.contracts.corrected else None


def _too_many_today(command: Void, on: WorkingSet) -> Refusal | None:
    """Return the refusal of an operator or an outlet that took back enough since midnight.

    Read under the partner's lock, which every void holds: two at once cannot both be the last.
    """
    partner = on.contracts.partners[command.partner_id]
    policy, today = on.contracts.policy(command.partner_id), partner.day(on.now)
    voids = on.drawer.voids.get((command.partner_id, command.outlet_id), [])
    operators = [each.operator_id for each in voids if partner.day(each.recorded_at) == today]
    if len(operators) >= policy.outlet_voids_max:
        return VoidsOfDayReached(most=policy.outlet_voids_max)
    if command.operator_id and operators.count(command.operator_id) >= policy.operator_voids_max:
        return VoidsOfDayReached(most=policy.operator_voids_max)
    return None


def _refuse_money(standing: Standing, capture: Event, on: WorkingSet) -> Refusal | None:
    """Return the refusal where the pool lacks what the last capture freed, or what it spent.

    What is spent may be less than one capture: a correction took it back before.
    """
    pool = on.shelf.pool(standing.voucher.programme)
    lacks = pool.free < _freed(standing) or pool.spent < capture.cost_fen
    return PoolExhausted() if lacks else None


def _freed(standing: Standing) -> int:
    """Return what the last capture had freed of the money promised, and must be promised again."""
    if standing.state is not State.CAPTURED:
        return 0
    return standing.voucher.terms.reserved_fen - standing.cost_fen


def _hold_again(command: Void, capture: Event, on: WorkingSet) -> None:
    hold = desk.hold_of(command.links, on)
    if hold is None or not capture.points:
        return
    draft = desk.draft(LedgerKind.REFUND, "voucher_voided", command, on)
    draft.rehold(hold, capture.points)
    desk.posted(draft)


def _unsettle(
    command: Void, standing: Standing, capture: Event, on: WorkingSet, *, was_finished: bool
) -> None:
    voucher, booking = standing.voucher, desk.booking(command, on)
    booking.unspend(voucher.programme, voucher.voucher_id, capture.cost_fen)
    if was_finished:
        freed = standing.reserved_fen - capture.cost_fen
        booking.rereserve(voucher.programme, voucher.voucher_id, freed)
        desk.move_stock(command, standing, on, reserved=1, issued=-1)


FLOW = Flow("void", needs, decide, at_outlet=True)
