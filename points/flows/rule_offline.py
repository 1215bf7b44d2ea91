"""Decide a conflict that the association bears: pay the partner, or refuse with a reason.

What is paid becomes a correction of the partner's open period, as any agreed amount does.
"""

from dataclasses import dataclass

from points.engine import Decision as Decided
from points.engine import Engine, Flow
from points.flows import correct_statement
from points.flows.correct_statement import CorrectStatement
from points.flows.wording import refuse_wording
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.offline.errors import OfflineDecided, OfflineUseUnknown
from points.offline.model import Bearer, Decision, Ruling, Use
from points.offline.reads import find_conflict
from points.unit_of_work import Keys, WorkingSet

PAYS = "offline_loss"
"""The reason that stands in the statement."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleOffline:
    """Decide a conflict.

    Attributes:
        partner_id: The use's.
        programme: Whose pool pays: the use's, or where its token was lost the one that is named.
        reason: Why, in words for the trail; never personal.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    use_id: str
    partner_id: PartnerId
    outlet_id: OutletId
    programme: str
    decision: Decision
    reason: str


def prepare(
    engine: Engine, association: AssociationId, use_id: str, programme: str = ""
) -> tuple[Use, str] | OfflineUseUnknown:
    """Return a use and whose pool it concerns, or that there is no such conflict to decide."""
    with engine.reading(association) as connection:
        found = find_conflict(connection, association, use_id)
    if found is None or found.use.bearer is not Bearer.ASSOCIATION:
        return OfflineUseUnknown()
    return found.use, found.use.programme or programme


def needs(command: RuleOffline, keys: Keys) -> None:
    """Lock pool and partner's account, under which two who decide at once come in turn."""
    keys.tokens.uses.add(command.use_id)
    keys.partners.partners.add(command.partner_id)
    keys.catalogue.pools.add(command.programme)


def decide(command: RuleOffline, on: WorkingSet) -> Decided:
    """Pay or refuse, once."""
    use = on.tokens.uses.get(command.use_id)
    if use is None or use.bearer is not Bearer.ASSOCIATION or use.partner_id != command.partner_id:
        return OfflineUseUnknown()
    if command.use_id in on.tokens.rulings:
        return OfflineDecided()
    if refusal := refuse_wording(command.reason):
        return refusal
    paid = Fen(0)
    correction: str | None = None
    if command.decision is Decision.PAID:
        done = correct_statement.decide(_correction(command, use), on)
        if isinstance(done, Refusal):
            return done
        paid, correction = use.value_fen, done["correction_id"]
    on.tokens.rule(
        Ruling(
            use_id=use.use_id,
            decision=command.decision,
            amount_fen=paid,
            correction_id=correction,
            reason=command.reason,
            decided_at=on.now,
            operation_id=command.operation_id,
            actor=command.actor,
        )
    )
    result = {
        "use_id": use.use_id,
        "decision": command.decision.value,
        "amount_fen": int(paid),
        "correction_id": correction,
    }
    on.trail.note("rule_offline", use.use_id, after=result, reason=command.reason)
    return result


def _correction(command: RuleOffline, use: Use) -> CorrectStatement:
    return CorrectStatement(
        association_id=command.association_id,
        operation_id=command.operation_id,
        actor=command.actor,
        partner_id=use.partner_id,
        programme=use.programme or command.programme,
        outlet_id=use.outlet_id,
        amount_fen=use.value_fen,
        reason=PAYS,
        corrects=use.use_id,
    )


FLOW = Flow("rule_offline", needs, decide)
