"""Answer a dispute: accept it, which adjusts the next statement, or reject it with a reason.

The statement itself never changes: what is accepted is booked as a correction into the open period.
A pool pays or gets back what a capture's line is adjusted by; fees are the association's own money.
What is taken back of a capture is no more than it still comes to, as with an adjustment.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.catalogue.model import PROGRAMMES
from points.engine import Decision, Flow
from points.flows.correct_statement import book, comes_to, refuse_money
from points.flows.statement_steps import needs_statement, standing_of, take
from points.flows.wording import refuse_wording
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId, StatementId
from points.partners.errors import DisputeUnknown, NothingLeft
from points.partners.model import Correction, Line, LineKind
from points.partners.standing import Dispute, DisputeState, Standing, Step
from points.unit_of_work import Keys, WorkingSet


class Verdict(StrEnum):
    """What the association says."""

    ACCEPT = "accept"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerDispute:
    """Accept or reject what a partner claims of a line.

    Attributes:
        text: Needed for a rejection; the partner reads it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId
    line: int
    verdict: Verdict
    text: str = ""


def needs(command: AnswerDispute, keys: Keys) -> None:
    """Lock the partner's account, and the pools, which may have to pay or get back."""
    needs_statement(command, keys)
    if command.verdict is Verdict.ACCEPT:
        keys.catalogue.pools.update(PROGRAMMES)
        keys.partners.traced.add((command.statement_id, command.line))


def decide(command: AnswerDispute, on: WorkingSet) -> Decision:
    """Carry the verdict out."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    dispute = standing.disputes.get(command.line)
    if dispute is None or dispute.state is not DisputeState.OPEN:
        return DisputeUnknown()
    rejected = command.verdict is Verdict.REJECT
    if refusal := refuse_wording(command.text, needed=rejected):
        return refusal
    more: dict[str, object] = {"line": command.line, "text": command.text.strip()}
    if rejected:
        return take(Step.REJECTED, command, standing, on, **more)
    booked = _adjust(command, standing, dispute, on)
    if isinstance(booked, Refusal):
        return booked
    more |= {"amount_fen": int(booked.amount_fen), "correction_id": booked.correction_id}
    done = take(Step.ACCEPTED, command, standing, on, **more)
    return done | {"correction_id": booked.correction_id, "amount_fen": int(booked.amount_fen)}


def _adjust(
    command: AnswerDispute, standing: Standing, dispute: Dispute, on: WorkingSet
) -> Correction | Refusal:
    line = on.contracts.lines[command.statement_id, command.line]
    amount_fen = _still(dispute.claims_fen - dispute.line_fen, line, on)
    if not amount_fen:
        return NothingLeft()
    of_fees = line.kind is LineKind.FEE
    if not of_fees and (refusal := refuse_money(line.programme, amount_fen, on)):
        return refusal
    correction = Correction(
        correction_id=on.ids.next(),
        partner_id=command.partner_id,
        programme=line.programme,
        outlet_id=line.outlet_id,
        amount_fen=Fen(amount_fen),
        reason=f"dispute:{standing.number}/{command.line}",
        corrects=line.source_id,
        booked_at=on.contracts.accounts[command.partner_id].books_at(on.now),
    )
    book(correction, command.operation_id, command.actor, on)
    return correction


def _still(amount_fen: int, line: Line, on: WorkingSet) -> int:
    """Return what of an amount is still to be adjusted: of a capture, no more than there is of it.

    What an adjustment, a void or another dispute took back since is not taken once more.
    """
    capture = on.drawer.capture(on.contracts.about.get(line.source_id, ""))
    return amount_fen if capture is None else max(amount_fen, -comes_to(capture, on))


FLOW = Flow("answer_dispute", needs, decide)
