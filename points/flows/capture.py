"""Capture a voucher: the partner hands the thing over and is owed the tariff.

The row of the voucher is locked and its events are numbered without a gap, so of any number of
captures at once exactly one takes the last part.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

from points.engine import Decision, Flow
from points.flows import desk
from points.kernel.canonical import UNSPELLED
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.ledger.model import Kind as LedgerKind
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.errors import AuthorisationEnded
from points.vouchers.model import Counter, EventKind, Kind, Links, State
from points.vouchers.standing import Portion, Standing


def capture_operation(partner: PartnerId, request_no: str) -> OperationId:
    """Return the operation id of a capture: the partner's own request number, for ever."""
    return OperationId(f"partner:{partner}:{request_no}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """Use a voucher, or a part of it.

    Attributes:
        operation_id: As :func:`capture_operation` spells it.
        operator_proven: Whether the operator logged in; outlets that registered some ask for it.
        device_proven: Whether the till's own key speaks. It is no part of what is asked: who asks
            again with the key that the till was given meanwhile hears the same answer.
        guarded: Whether a code was presented, so that a device that guesses is refused.
        request_no: The partner's own number of this capture; unique for ever.
        amount_fen: For amount vouchers, the part to take; None for others, which take one use.
        authorisation_id: The authorisation that it goes on with, if it names one; it must still
            be in hand at this outlet, at whichever of its tills.
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
    request_no: str
    links: Links
    amount_fen: int | None = None
    authorisation_id: str | None = None

    def __post_init__(self) -> None:
        named = capture_operation(self.partner_id, self.request_no)
        ensure(self.operation_id == named, "a capture is named by the partner's request number")


class Taking(desk.AtCounter, Protocol):
    """A command that captures: at a counter, or brought back by a till that had no network."""

    @property
    def request_no(self) -> str:
        """The partner's own number of the capture."""
        ...

    @property
    def authorisation_id(self) -> str | None:
        """The authorisation that it goes on with, if it names one."""
        ...


def needs(command: Capture, keys: Keys) -> None:
    """Lock voucher, wallet, stock, pool and the partner's account, in that order."""
    desk.needs_voucher(command.links, keys)
    desk.needs_counter(command, keys)
    desk.needs_guard(command, keys)


def decide(command: Capture, on: WorkingSet) -> Decision:
    """Spend the points of the part and book the tariff, or refuse."""
    standing, counter = desk.standing_of(command.links, on), desk.serving(command, on)
    if isinstance(counter, Refusal):
        return counter
    if isinstance(standing, Refusal):
        return standing
    if refusal := standing.refuses(counter, on.now):
        return refusal
    named = command.authorisation_id
    if named is not None and not standing.in_hand(named, counter.outlet_id, on.now):
        return AuthorisationEnded()
    portion = standing.portion(counter, command.amount_fen)
    if isinstance(portion, Refusal):
        return portion
    return take(command, standing, counter, portion, on)


def take(
    command: Taking, standing: Standing, counter: Counter, portion: Portion, on: WorkingSet
) -> dict[str, Any]:
    """Capture a portion that is there: points, money and stock follow."""
    event = desk.event(
        EventKind.CAPTURED,
        command,
        standing,
        on,
        counter=counter,
        request_no=command.request_no,
        parts=portion.parts,
        points=portion.points,
        cost_fen=portion.cost_fen,
        authorisation_id=command.authorisation_id,
    )
    left_fen = standing.reserved_fen - portion.cost_fen
    on.drawer.record(standing, event, counter.outlet_name)
    _spend(command, portion, on)
    _settle(command, standing, portion, left_fen, on)
    return _result(standing, event.event_id, portion)


def _spend(command: Taking, portion: Portion, on: WorkingSet) -> None:
    hold = desk.hold_of(command.links, on)
    if hold is None or not portion.points:
        return
    draft = desk.draft(LedgerKind.CAPTURE, "voucher_captured", command, on)
    draft.capture(hold, portion.points)
    desk.posted(draft)


def _settle(
    command: Taking, standing: Standing, portion: Portion, left_fen: int, on: WorkingSet
) -> None:
    """Book the tariff; the last capture frees what was promised and not needed."""
    voucher, booking = standing.voucher, desk.booking(command, on)
    booking.spend(voucher.programme, voucher.voucher_id, portion.cost_fen)
    if standing.state is State.CAPTURED:
        booking.release(voucher.programme, voucher.voucher_id, left_fen)
        desk.move_stock(command, standing, on, reserved=-1, issued=1)


def _result(standing: Standing, event_id: str, portion: Portion) -> dict[str, object]:
    terms, amount = standing.voucher.terms, standing.voucher.terms.kind is Kind.AMOUNT
    return {
        "capture_id": event_id,
        "voucher_id": standing.voucher.voucher_id,
        "reward_id": standing.voucher.reward_id,
        "title": {"zh": terms.title_zh, "en": terms.title_en},
        "state": standing.state.value,
        "amount_fen": portion.parts if amount else None,
        "remaining_fen": standing.remaining_parts if amount else None,
        "remaining_uses": None if amount else standing.remaining_parts,
        "points": int(portion.points),
        "owed_fen": int(portion.cost_fen),
    }


FLOW = Flow("capture", needs, decide, at_outlet=True)
