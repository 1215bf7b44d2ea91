"""Decide on a submitted draft: another person approves it, which publishes it, or rejects it."""

from dataclasses import dataclass
from enum import StrEnum

from points.engine import Decision, Flow
from points.flows.drafting import (
    need_people,
    refuse_own,
    refuse_revision,
    step_of,
)
from points.flows.publishing import publish
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, DraftId, MemberId, OperationId
from points.rulebook.errors import DraftStateWrong, GateOutdated
from points.rulebook.model import DraftState, Standing, Step, Version
from points.unit_of_work import Keys, WorkingSet


class Verdict(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideDraft:
    """Approve or reject a draft that somebody else wrote and submitted.

    Attributes:
        revision: The one that was looked at.
        owners: Who wrote and who submitted it, as it was looked at; compared under the lock.
        verdict: What is said.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    draft_id: DraftId
    revision: int
    owners: tuple[Actor, ...]
    verdict: Verdict
    reason: str = ""
    person: MemberId | None = None


def needs(command: DecideDraft, keys: Keys) -> None:
    """Lock the draft and the book, and find out who everybody also is."""
    keys.rulebook.drafts.add(command.draft_id)
    keys.rulebook.book = True
    need_people(keys, (command.actor, *command.owners))


def decide(command: DecideDraft, on: WorkingSet) -> Decision:
    """Publish the draft and end it, or end it alone."""
    standing = on.press.drafts.get(command.draft_id)
    refusal = refuse_revision(standing, command.revision)
    if refusal is not None or standing is None:
        return refusal or GateOutdated()
    if refusal := _refuse(command, standing, on):
        return refusal
    if command.verdict is Verdict.REJECT:
        _end(command, standing, Step.REJECTED, on)
        return {"draft_id": command.draft_id, "state": DraftState.REJECTED.value}
    version = publish(standing, command.actor, command.operation_id, on)
    if isinstance(version, Refusal):
        return version
    _end(command, standing, Step.APPROVED, on)
    note_published(version, command.reason.strip(), on)
    return {
        "draft_id": command.draft_id,
        "state": DraftState.APPROVED.value,
        "programme": version.programme,
        "version": version.version,
        "sha256": version.sha256,
        "starts_at": version.starts_at.isoformat(),
        "ends_at": version.ends_at.isoformat(),
    }


def note_published(version: Version, reason: str, on: WorkingSet) -> None:
    """Note on the audit trail that a version was published."""
    on.trail.note(
        "version_published",
        f"{version.programme}/{version.version}",
        after={
            "sha256": version.sha256,
            "starts_at": version.starts_at.isoformat(),
            "ends_at": version.ends_at.isoformat(),
            "submitted_by": version.submitted_by,
            "correction_id": version.correction_id,
        },
        reason=reason,
    )


def _end(command: DecideDraft, standing: Standing, step: Step, on: WorkingSet) -> None:
    reason = command.reason.strip()
    on.press.take(
        step_of(standing, step, command.actor, command.operation_id, on.now, reason=reason)
    )
    on.trail.note(
        f"draft_{step.value}",
        command.draft_id,
        before={"state": standing.state.value},
        after={"state": step.value, "revision": command.revision, "digest": standing.draft.digest},
        reason=reason,
    )


def _refuse(command: DecideDraft, standing: Standing, on: WorkingSet) -> Refusal | None:
    if refusal := refuse_own(on, command.actor, command.person, standing.owners):
        return refusal
    if standing.state is not DraftState.SUBMITTED:
        return DraftStateWrong(state=standing.state.value)
    if not standing.owners <= set(command.owners):
        return GateOutdated()  # looked at before somebody else had a hand in it
    return refuse_wording(command.reason, needed=command.verdict is Verdict.REJECT)


FLOW = Flow("decide_draft", needs, decide)
