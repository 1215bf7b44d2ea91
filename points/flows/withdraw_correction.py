"""Withdraw one's own correction batch before somebody decides it."""

from dataclasses import dataclass

from points.corrections.errors import NotCorrector
from points.corrections.model import State, Step
from points.engine import Decision, Flow
from points.flows.correcting import NO_CORRECTION
from points.flows.decide_correction import refuse_ended
from points.kernel.ids import Actor, AssociationId, CorrectionId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawCorrection:
    """Take a batch back that nobody has decided yet."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    correction_id: CorrectionId


def needs(command: WithdrawCorrection, keys: Keys) -> None:
    """Lock the batch."""
    keys.corrections.corrections.add(command.correction_id)


def decide(command: WithdrawCorrection, on: WorkingSet) -> Decision:
    """End the batch; nothing is carried out."""
    standing = on.batches.standings.get(command.correction_id)
    if standing is None:
        return NO_CORRECTION
    if standing.correction.proposed_by != command.actor:
        return NotCorrector()
    if refusal := refuse_ended(standing.state(on.now)):
        return refusal
    on.batches.take(
        Step(
            correction=standing.correction,
            step=State.WITHDRAWN,
            actor=command.actor,
            reason="",
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        "correction_withdrawn",
        command.correction_id,
        before={"state": State.PROPOSED.value},
        after={"state": State.WITHDRAWN.value},
    )
    return {"correction_id": command.correction_id, "state": State.WITHDRAWN.value}


FLOW = Flow("withdraw_correction", needs, decide)
