"""Decide a correction batch: another person approves it, or rejects it.

Approving publishes the version that the batch brings in for the past, or takes it back; from then
on it holds for what is scored. What was scored before is corrected member by member, by the worker.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.corrections.errors import (
    CorrectionExpired,
    CorrectionOutdated,
    CorrectionStateWrong,
    OwnCorrection,
)
from points.corrections.model import Correction, Kind, State, Step
from points.engine import Decision, Flow
from points.flows.casework import refuse_involved
from points.flows.correcting import NO_CORRECTION
from points.flows.drafting import need_people, refuse_own
from points.flows.propose_correction import refuse_undoing
from points.flows.publishing import publish
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, CorrectionId, MemberId, OperationId
from points.rulebook.errors import VersionRetired
from points.rulebook.model import Retirement
from points.unit_of_work import Keys, WorkingSet


class Verdict(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideCorrection:
    """Approve or reject a batch of somebody else.

    Attributes:
        correction: The fact itself.
        owners: Who had a hand in it: who proposed it, and who wrote and submitted its draft.
        only: The one member whom it concerns, if there is but one.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    correction: Correction
    owners: tuple[Actor, ...]
    verdict: Verdict
    only: MemberId | None = None
    reason: str = ""
    person: MemberId | None = None

    @property
    def correction_id(self) -> CorrectionId:
        """What it is about."""
        return self.correction.correction_id


def needs(command: DecideCorrection, keys: Keys) -> None:
    """Lock the batch, and what its approval publishes or takes back."""
    keys.corrections.corrections.add(command.correction_id)
    need_people(keys, (command.actor, command.correction.proposed_by, *command.owners))
    if command.correction.undoes is not None:
        keys.corrections.corrections.add(command.correction.undoes)
    if command.correction.draft_id is not None:
        keys.rulebook.drafts.add(command.correction.draft_id)
    keys.rulebook.book = command.correction.kind is not Kind.CATCH_UP or keys.rulebook.book


def decide(command: DecideCorrection, on: WorkingSet) -> Decision:
    """Carry the verdict out."""
    if refusal := _refuse(command, on):
        return refusal
    step = State.REJECTED
    if command.verdict is Verdict.APPROVE:
        step = State.APPROVED
        if refusal := _carry_out(command, on):
            return refusal
    correction = command.correction
    on.batches.take(
        Step(
            correction=correction,
            step=step,
            actor=command.actor,
            reason=command.reason.strip(),
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        f"correction_{step.value}",
        correction.correction_id,
        before={"state": State.PROPOSED.value},
        after={
            "state": step.value,
            "lines": correction.lines,
            "lines_sha256": correction.lines_sha256,
        },
        reason=command.reason.strip(),
    )
    return {"correction_id": correction.correction_id, "state": step.value}


def _refuse(command: DecideCorrection, on: WorkingSet) -> Refusal | None:
    standing = on.batches.standings.get(command.correction_id)
    if standing is None or standing.correction != command.correction:
        return NO_CORRECTION
    proposer = command.correction.proposed_by
    if command.actor == proposer:
        return OwnCorrection()
    if refuse_own(on, command.actor, command.person, (proposer, *command.owners)):
        return OwnCorrection()
    if command.only is not None and (
        refusal := refuse_involved(on, command.actor, command.person, command.only)
    ):
        return refusal
    return refuse_ended(standing.state(on.now)) or refuse_wording(
        command.reason, needed=command.verdict is Verdict.REJECT
    )


def refuse_ended(state: State) -> Refusal | None:
    """Return why a batch can no longer be decided, or None."""
    if state is State.EXPIRED:
        return CorrectionExpired()
    return None if state is State.PROPOSED else CorrectionStateWrong(state=state.value)


def _carry_out(command: DecideCorrection, on: WorkingSet) -> Refusal | None:
    kind = command.correction.kind
    if kind is Kind.REPLACE:
        return _publish(command, on)
    return _take_back(command, on) if kind is Kind.UNDO else None


def _publish(command: DecideCorrection, on: WorkingSet) -> Refusal | None:
    """Publish the draft for the past; nothing is changed when that is refused."""
    correction = command.correction
    standing = None if correction.draft_id is None else on.press.drafts.get(correction.draft_id)
    if standing is None or standing.draft.revision != correction.revision:
        return CorrectionOutdated()
    if not standing.owners <= set(command.owners):
        return CorrectionOutdated()  # looked at before somebody else had a hand in it
    seen = standing.submission.detail.get("sha256") if standing.submission else None
    if seen != correction.sha256:
        return CorrectionOutdated()
    version = publish(
        standing,
        command.actor,
        command.operation_id,
        on,
        reason=command.reason.strip(),
        correction_id=correction.correction_id,
    )
    return version if isinstance(version, Refusal) else None


def _take_back(command: DecideCorrection, on: WorkingSet) -> Refusal | None:
    """Let the version never have held."""
    correction = command.correction
    if correction.undoes is not None and (refusal := refuse_undoing(correction.undoes, on)):
        return refusal
    found = on.press.shelf.get((correction.programme, correction.version or 0))
    if found is None or found.version.sha256 != correction.sha256:
        return CorrectionOutdated()
    if found.retirement is not None:
        return VersionRetired()
    on.press.retire(
        Retirement(
            programme=correction.programme,
            version=found.version.version,
            ends_at=found.version.starts_at,
            actor=command.actor,
            reason=command.reason.strip(),
            operation_id=command.operation_id,
            recorded_at=on.now,
            correction_id=correction.correction_id,
        )
    )
    on.trail.note(
        "version_retired",
        f"{correction.programme}/{correction.version}",
        before={"ends_at": found.ends_at.isoformat()},
        after={
            "ends_at": found.version.starts_at.isoformat(),
            "correction_id": correction.correction_id,
        },
        reason=command.reason.strip(),
    )
    return None


FLOW = Flow("decide_correction", needs, decide)
