"""Submit a draft of rules for approval; what the gate found is kept with it."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.drafting import refuse_revision, refuse_start, step_of
from points.flows.gate import Gate
from points.flows.publishing import least_version, read_draft
from points.flows.wording import refuse_wording
from points.kernel.canonical import digest
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, DraftId, OperationId
from points.rulebook.errors import (
    DraftStateWrong,
    GateFailed,
    GateOutdated,
    VersionNotHigher,
)
from points.rulebook.model import DraftState, Standing, Step
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitDraft:
    """Put a draft before another person.

    Attributes:
        revision: The one that was looked at.
        gate: What :func:`points.flows.gate.pass_gate` found about that revision.
        note: What is asked for, in words.
        correction: Whether it reaches back, and so goes with a correction batch.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    draft_id: DraftId
    revision: int
    gate: Gate
    note: str = ""
    correction: bool = False


def needs(command: SubmitDraft, keys: Keys) -> None:
    """Lock the draft and the book: numbers are compared with what is published."""
    keys.rulebook.drafts.add(command.draft_id)
    keys.rulebook.book = True


def decide(command: SubmitDraft, on: WorkingSet) -> Decision:
    """Submit it, if it passed the gate and is still what passed."""
    standing = on.press.drafts.get(command.draft_id)
    refusal = refuse_revision(standing, command.revision)
    if refusal is not None or standing is None:
        return refusal or GateOutdated()
    if refusal := _refuse(command, standing, on):
        return refusal
    on.press.take(
        step_of(
            standing,
            Step.SUBMITTED,
            command.actor,
            command.operation_id,
            on.now,
            reason=command.note.strip(),
            detail={**command.gate.as_json(), "correction": command.correction},
        )
    )
    gate = command.gate
    on.trail.note(
        "draft_submitted",
        command.draft_id,
        before={"state": standing.state.value},
        after={
            "programme": gate.programme,
            "version": gate.version,
            "sha256": gate.sha256,
            "digest": gate.digest,
            "backtest_sha256": gate.backtest_sha256,
            "warnings": len(gate.warnings),
        },
        reason=command.note.strip(),
    )
    return {
        "draft_id": command.draft_id,
        "revision": command.revision,
        "state": DraftState.SUBMITTED.value,
        "programme": gate.programme,
        "version": gate.version,
        "sha256": gate.sha256,
        "warnings": len(gate.warnings),
    }


def _refuse(command: SubmitDraft, standing: Standing, on: WorkingSet) -> Refusal | None:
    gate = command.gate
    if standing.state is not DraftState.DRAFT:
        return DraftStateWrong(state=standing.state.value)
    if gate.digest != standing.draft.digest or gate.types_sha256 != digest(context(on).types):
        return GateOutdated()
    if gate.reasons:
        return GateFailed(reasons=", ".join(gate.reasons))
    ruleset = read_draft(standing.draft, on)
    if ruleset is None:
        return GateOutdated()
    least = least_version(on, ruleset.programme)
    if ruleset.version < least:
        return VersionNotHigher(least=least)
    late = None if command.correction else refuse_start(ruleset, on.now)
    return late or refuse_wording(command.note, needed=False)


FLOW = Flow("submit_draft", needs, decide)
