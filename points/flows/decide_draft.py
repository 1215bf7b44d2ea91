"""Decide on a submitted draft: another person approves it, which publishes it, or rejects it."""

from dataclasses import dataclass
from enum import StrEnum

from points.engine import Decision, Flow
from points.flows.drafting import (
    need_people,
    refuse_own,
    refuse_revision,
)
from points.flows.publishing import end_draft, publish
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, DraftId, MemberId, OperationId
from points.rulebook.errors import DraftStateWrong, GateOutdated
from points.rulebook.model import DraftState, Standing, Step
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
    reason = command.reason.strip()
    if command.verdict is Verdict.REJECT:
        end_draft(standing, Step.REJECTED, command.actor, command.operation_id, on, reason=reason)
        return {"draft_id": command.draft_id, "state": DraftState.REJECTED.value}
    version = publish(standing, command.actor, command.operation_id, on, reason=reason)
    if isinstance(version, Refusal):
        return version
    return {
        "draft_id": command.draft_id,
        "state": DraftState.APPROVED.value,
        "programme": version.programme,
        "version": version.version,
        "sha256": version.sha256,
        "starts_at": version.starts_at.isoformat(),
        "ends_at": version.ends_at.isoformat(),
    }


def _refuse(command: DecideDraft, standing: Standing, on: WorkingSet) -> Refusal | None:
    if refusal := refuse_own(on, command.actor, command.person, standing.owners):
        return refusal
    if standing.state is not DraftState.SUBMITTED:
        return DraftStateWrong(state=standing.state.value)
    if not standing.owners <= set(command.owners):
        return GateOutdated()  # looked at before somebody else had a hand in it
    return refuse_wording(command.reason, needed=command.verdict is Verdict.REJECT)


FLOW = Flow("decide_draft", needs, decide)
