"""Dispute a line of a statement, for the partner; the association answers, a few times at most."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.statement_steps import needs_statement, standing_of, take
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, PartnerId, StatementId
from points.partners.errors import (
    ClaimUnchanged,
    DisputeOpen,
    DisputeSettled,
    DisputesTooMany,
    FeeNeverPaid,
    LineUnknown,
    StatementConfirmed,
)
from points.partners.standing import (
    DISPUTES_MAX,
    ROUNDS_MAX,
    DisputeState,
    Reason,
    Standing,
    Step,
)
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class DisputeLine:
    """Say that a line should say something else.

    Attributes:
        claims_fen: What it should say.
        text: Needed where the reason is another one than those that have a code.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId
    line: int
    claims_fen: int
    reason: Reason
    text: str = ""


def needs(command: DisputeLine, keys: Keys) -> None:
    """Lock the partner's account, and read the line."""
    needs_statement(command, keys)
    keys.partners.lines.add((command.statement_id, command.line))


def decide(command: DisputeLine, on: WorkingSet) -> Decision:
    """Put the line in dispute."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    line = on.contracts.lines.get((command.statement_id, command.line))
    if line is None:
        return LineUnknown(line=command.line)
    if refusal := _refuse(command, standing):
        return refusal
    if command.claims_fen == line.amount_fen:
        return ClaimUnchanged()
    if line.takes_fees and command.claims_fen > 0:
        return FeeNeverPaid()
    if refusal := refuse_wording(command.text, needed=command.reason is Reason.OTHER):
        return refusal
    said = {"line": command.line, "reason": command.reason.value}
    done = take(
        Step.DISPUTED,
        command,
        standing,
        on,
        line_fen=int(line.amount_fen),
        amount_fen=command.claims_fen,
        text=command.text.strip(),
        **said,
    )
    # Partners are not put on the trail: the answer is what tells of a claim that was changed.
    return done | said | {"claims_fen": command.claims_fen}


def _refuse(command: DisputeLine, standing: Standing) -> Refusal | None:
    before = standing.disputes.get(command.line)
    if before is None:
        if standing.confirmed_by is not None:
            return StatementConfirmed()
        full = len(standing.disputes) >= DISPUTES_MAX
        return DisputesTooMany(most=DISPUTES_MAX) if full else None
    if before.state is DisputeState.OPEN:
        return DisputeOpen()
    if before.state is DisputeState.REJECTED:
        return None
    return DisputeSettled(rounds_max=ROUNDS_MAX)


FLOW = Flow("dispute_line", needs, decide)
