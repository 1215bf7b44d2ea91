"""Correct what a partner is owed, agreed after the day of a capture; the open period takes it."""

from dataclasses import dataclass

from points.catalogue.errors import PoolExhausted, PoolUnknown
from points.catalogue.model import PROGRAMMES
from points.catalogue.shelf import Booking
from points.engine import Decision, Flow
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.errors import CorrectionEmpty, PartnerUnknown
from points.partners.model import Correction
from points.unit_of_work import Keys, WorkingSet


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
    if command.programme not in PROGRAMMES:
        return PoolUnknown()
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    if command.amount_fen == 0:
        return CorrectionEmpty()
    pool = on.shelf.pool(command.programme)
    if pool.free < command.amount_fen or pool.spent < -command.amount_fen:
        return PoolExhausted()
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
    on.contracts.correct(correction)
    Booking(on.shelf, on.ids, command.operation_id, command.actor).correct(
        command.programme, correction.correction_id, command.amount_fen
    )
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


FLOW = Flow("correct_statement", needs, decide)
