"""Mark a payment of a statement: bank's number, day and amount, by another person of staff."""

import re
from dataclasses import dataclass
from datetime import date

from points.engine import Decision, Flow
from points.flows.statement_steps import (
    need_two,
    needs_statement,
    refuse_same,
    standing_of,
    take,
)
from points.kernel.errors import Refusal
from points.kernel.ids import (
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    PartnerId,
    StatementId,
)
from points.partners.errors import NotPayable, PaymentInvalid, PaymentMarked
from points.partners.standing import Step
from points.unit_of_work import Keys, WorkingSet

_REFERENCE = re.compile(r"[A-Za-z0-9-]{4,40}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PayStatement:
    """Say that a transfer was made; several add up.

    Attributes:
        amount_fen: At most what can be paid; below zero where the partner paid back.
        countersigned_by: Who agreed for the association; that person marks no payment.
        person: The member that the one who marks it also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId
    amount_fen: int
    reference: str
    paid_on: date
    countersigned_by: str
    person: MemberId | None = None


def needs(command: PayStatement, keys: Keys) -> None:
    """Lock the partner's account, and read who the two people are."""
    needs_statement(command, keys)
    need_two(command, keys, command.countersigned_by)


def decide(command: PayStatement, on: WorkingSet) -> Decision:
    """Mark the payment, within what both sides agreed to."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    owners = (standing.countersigned_by, command.countersigned_by)
    if refusal := refuse_same(on, command.actor, command.person, owners):
        return refusal
    today = on.contracts.partners[command.partner_id].day(on.now)
    if not _REFERENCE.fullmatch(command.reference) or command.paid_on > today:
        return PaymentInvalid()
    if command.reference in standing.references:
        return PaymentMarked()
    payable = standing.payable_fen
    if not _within(command.amount_fen, payable):
        return NotPayable(payable_fen=payable)
    return take(
        Step.PAID,
        command,
        standing,
        on,
        amount_fen=command.amount_fen,
        reference=command.reference,
        paid_on=command.paid_on,
    )


def _within(amount: int, payable: int) -> bool:
    """Return whether an amount is something, of the same sign, and no more than can be paid."""
    return 0 < amount <= payable or payable <= amount < 0


FLOW = Flow("pay_statement", needs, decide)
