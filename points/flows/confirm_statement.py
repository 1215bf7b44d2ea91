"""Agree to a statement: the partner confirms, the association countersigns, or silence speaks.

Disputes hold nothing back but themselves: whoever agrees does so to all that is not in dispute.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

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
from points.partners.agreement import Contract
from points.partners.errors import SilenceTooSoon, StatementConfirmed
from points.partners.standing import DisputeState, Standing, Step
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmStatement:
    """Agree for the partner, and with what was rejected of its disputes so far."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId


def decide_confirmation(command: ConfirmStatement, on: WorkingSet) -> Decision:
    """Confirm, unless there is nothing left to confirm."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.confirmed_by is not None and not standing.rejected:
        return StatementConfirmed()
    return take(Step.CONFIRMED, command, standing, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class CountersignStatement:
    """Agree for the association.

    Attributes:
        drawn_by: Who drew it up; that person does not countersign.
        person: The member that the one who countersigns also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId
    drawn_by: str
    person: MemberId | None = None


def needs_countersigning(command: CountersignStatement, keys: Keys) -> None:
    """Lock the partner's account, and read who the two people are."""
    needs_statement(command, keys)
    need_two(command, keys, command.drawn_by)


def decide_countersigning(command: CountersignStatement, on: WorkingSet) -> Decision:
    """Countersign, as another person than whoever drew up."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.countersigned_by is not None:
        return StatementConfirmed()
    owners = (standing.drawn_by, command.drawn_by)
    if refusal := refuse_same(on, command.actor, command.person, owners):
        return refusal
    return take(Step.COUNTERSIGNED, command, standing, on)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmBySilence:
    """Take a partner's silence for its confirmation, where the contract says so."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    statement_id: StatementId


def decide_silence(command: ConfirmBySilence, on: WorkingSet) -> Decision:
    """Confirm once the time is over in which the partner could have said something."""
    standing = standing_of(command, on)
    if isinstance(standing, Refusal):
        return standing
    if standing.confirmed_by is not None and not standing.rejected:
        return StatementConfirmed()
    versions = on.contracts.agreed.get(command.partner_id, ())
    due = silence_due(standing, versions)
    if due is None or on.now < due:
        return SilenceTooSoon()
    return take(Step.CONFIRMED, command, standing, on)


def silence_due(standing: Standing, versions: tuple[Contract, ...]) -> datetime | None:
    """Return when silence confirms a statement by the contract that it was drawn up under."""
    if not 0 < standing.contract <= len(versions) or standing.open:
        return None
    days = versions[standing.contract - 1].silence_days
    if days is None:
        return None
    rejected = [
        each.answered_at
        for each in standing.disputes.values()
        if each.state is DisputeState.REJECTED and each.answered_at is not None
    ]
    return max([standing.drawn_at, *rejected]) + timedelta(days=days)


CONFIRM = Flow("confirm_statement", needs_statement, decide_confirmation)
COUNTERSIGN = Flow("countersign_statement", needs_countersigning, decide_countersigning)
SILENCE = Flow("confirm_by_silence", needs_statement, decide_silence)
