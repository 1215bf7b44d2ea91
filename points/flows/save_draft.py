"""Save a draft of rules, word for word: a new one, or the next revision of one that stands."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.drafting import refuse_revision
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, DraftId, OperationId
from points.members.errors import ProgrammeUnknown
from points.rulebook.errors import (
    CaseNameInvalid,
    DraftStateWrong,
    DraftTooLarge,
    DraftUnreadable,
)
from points.rulebook.model import (
    CASE_FILES_MAX,
    CASES_CHARACTERS_MAX,
    TEXT_CHARACTERS_MAX,
    Draft,
    DraftEvent,
    DraftState,
    Standing,
    Step,
    digest_of,
)
from points.unit_of_work import Keys, WorkingSet

_CLOSED = (DraftState.SUBMITTED, DraftState.APPROVED)
_CASE_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,60}\.yaml")


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveDraft:
    """Save a draft; it may have mistakes, as long as nobody submits it.

    Attributes:
        programme: Whose rules it would change.
        text: The rule file.
        cases: Case files, by name.
        note: What it is for, in words.
        draft_id: Of the draft that goes on; None for a new one.
        revision: The one that was seen; somebody else may have saved meanwhile.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    programme: str
    text: str
    cases: Mapping[str, str]
    note: str = ""
    draft_id: DraftId | None = None
    revision: int = 0


def needs(command: SaveDraft, keys: Keys) -> None:
    """Lock the draft, if there is one."""
    if command.draft_id is not None:
        keys.rulebook.drafts.add(command.draft_id)


def decide(command: SaveDraft, on: WorkingSet) -> Decision:
    """Append a revision; the earlier ones stay."""
    before = None if command.draft_id is None else on.press.drafts.get(command.draft_id)
    if refusal := _refuse(command, before, on) or _refuse_content(command):
        return refusal
    draft = Draft(
        draft_id=command.draft_id or DraftId(on.ids.next()),
        revision=command.revision + 1,
        programme=command.programme,
        text=command.text,
        cases=dict(command.cases),
        note=command.note.strip(),
        digest=digest_of(command.text, command.cases),
        author=command.actor,
        saved_at=on.now,
    )
    event = DraftEvent(
        draft_id=draft.draft_id,
        sequence=1 if before is None else before.sequence + 1,
        step=Step.SAVED,
        revision=draft.revision,
        actor=command.actor,
        operation_id=command.operation_id,
        recorded_at=on.now,
    )
    on.press.save(draft, event)
    on.trail.note(
        "draft_saved",
        draft.draft_id,
        before=None if before is None else {"digest": before.draft.digest},
        after={"programme": draft.programme, "revision": draft.revision, "digest": draft.digest},
        reason=draft.note,
    )
    return {
        "draft_id": draft.draft_id,
        "revision": draft.revision,
        "digest": draft.digest,
        "state": DraftState.DRAFT.value,
    }


def _refuse(command: SaveDraft, before: Standing | None, on: WorkingSet) -> Refusal | None:
    if command.programme not in context(on).rules.programmes():
        return ProgrammeUnknown()
    if command.draft_id is None:
        return None
    if refusal := refuse_revision(before, command.revision):
        return refusal
    if before is not None and before.state in _CLOSED:
        return DraftStateWrong(state=before.state.value)
    return None


def _refuse_content(command: SaveDraft) -> Refusal | None:
    cases = command.cases
    if (
        len(command.text) > TEXT_CHARACTERS_MAX
        or len(cases) > CASE_FILES_MAX
        or sum(map(len, cases.values())) > CASES_CHARACTERS_MAX
    ):
        return DraftTooLarge(
            text_max=TEXT_CHARACTERS_MAX, files_max=CASE_FILES_MAX, cases_max=CASES_CHARACTERS_MAX
        )
    if not all(_CASE_NAME.fullmatch(name) for name in cases):
        return CaseNameInvalid()
    # PostgreSQL's texts cannot hold it, so it is refused before it can break a batch.
    if any("\0" in each for each in (command.text, *cases.values())):
        return DraftUnreadable()
    return refuse_wording(command.note, needed=False)


FLOW = Flow("save_draft", needs, decide)
