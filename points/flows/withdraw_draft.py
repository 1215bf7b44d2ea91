"""Withdraw a draft of one's own, before or after it was submitted; saving opens it again."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.drafting import NO_DRAFT, step_of
from points.kernel.ids import Actor, AssociationId, DraftId, OperationId
from points.rulebook.errors import DraftStateWrong, NotDraftOwner
from points.rulebook.model import DraftState, Step
from points.unit_of_work import Keys, WorkingSet

_OPEN = (DraftState.DRAFT, DraftState.SUBMITTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawDraft:
    """Take a draft back."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    draft_id: DraftId


def needs(command: WithdrawDraft, keys: Keys) -> None:
    """Lock the draft."""
    keys.rulebook.drafts.add(command.draft_id)


def decide(command: WithdrawDraft, on: WorkingSet) -> Decision:
    """End the draft; nothing is published."""
    standing = on.press.drafts.get(command.draft_id)
    if standing is None:
        return NO_DRAFT
    if command.actor not in standing.owners:
        return NotDraftOwner()
    if standing.state not in _OPEN:
        return DraftStateWrong(state=standing.state.value)
    on.press.take(step_of(standing, Step.WITHDRAWN, command.actor, command.operation_id, on.now))
    state = DraftState.WITHDRAWN.value
    on.trail.note(
        "draft_withdrawn",
        command.draft_id,
        before={"state": standing.state.value},
        after={"state": state},
    )
    return {"draft_id": command.draft_id, "state": state}


FLOW = Flow("withdraw_draft", needs, decide)
