"""Correct what a partner is owed, agreed after the day of a capture; the open period takes it."""

from dataclasses import dataclass

from points.catalogue.errors import PoolExhausted, PoolUnknown
from points.catalogue.model import PROGRAMMES
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.errors import CorrectionEmpty, PartnerUnknown
from points.partners.model import Correction
from points.unit_of_work import Keys, WorkingSet
from points.vouchers.model import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectStatement:
    """Pay a partner more, or with a negative amount less, than its captures come to.

    Attributes:
        programme: Whose pool it is spent from or given back to.
        reason: A stable code or the number of the decision; never personal.
        corrects: The capture, void or line that it is about, if one.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    programme: str
    outlet_id: OutletId | None = None
    amount_fen: Fen
    reason: str
    corrects: str | None = None


def needs(command: CorrectStatement, keys: Keys) -> None:
    """Lock the pool and the partner's account."""
    keys.catalogue.pools.add(command.programme)
    keys.partners.partners.add(command.partner_id)


def decide(command: CorrectStatement, on: WorkingSet) -> Decision:
    """Book the correction into the open period, and the money with it."""
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    if command.amount_fen == 0:
        return CorrectionEmpty()
    correction = Correction(
        correction_id=on.ids.next(),
        partner_id=command.partner_id,
        programme=command.programme,
        outlet_id=command.outlet_id,
        amount_fen=command.amount_fen,
        reason=command.reason,
        corrects=command.corrects,
        booked_at=on.contracts.accounts[command.partner_id].books_at(on.now),
    )
    if refusal := refuse_money(command.programme, command.amount_fen, on):
        return refusal
    book(correction, command.operation_id, command.actor, on)
    on.trail.note(
        "correct_statement",
        command.partner_id,
        after={
            "correction_id": correction.correction_id,
            "programme": command.programme,
            "amount_fen": command.amount_fen,
            "outlet_id": command.outlet_id,
            "corrects": command.corrects,
        },
        reason=command.reason,
    )
    return {"correction_id": correction.correction_id}


def comes_to(capture: Event, on: WorkingSet) -> int:
    """Return what a capture still comes to: less its void, and with all that it was corrected by.

    Whoever asks for its corrections holds the partner's account, where all of them are booked.
    """
    taken_back = capture.cost_fen if capture.event_id in on.drawer.voided else 0
    corrected = on.contracts.corrected.get(capture.event_id, 0)
    return max(0, capture.cost_fen - taken_back + corrected)


def refuse_money(programme: str, amount_fen: int, on: WorkingSet) -> Refusal | None:
    """Return why a pool cannot pay a correction, or get so much back; its lock is held."""
    if programme not in PROGRAMMES:
        return PoolUnknown()
    pool = on.shelf.pool(programme)
    if pool.free < amount_fen or pool.spent < -amount_fen:
        return PoolExhausted()
    return None


def book(correction: Correction, operation_id: OperationId, actor: Actor, on: WorkingSet) -> None:
    """Book a correction, and the money with it; fees are the association's own: no pool's."""
    on.contracts.correct(correction)
    if not correction.of_fees:
        Booking(on.shelf, on.ids, operation_id, actor).correct(
            correction.programme, correction.correction_id, correction.amount_fen
        )


FLOW = Flow("correct_statement", needs, decide)
