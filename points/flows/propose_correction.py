"""Propose a correction batch with every line of its preview; another person decides it."""

from dataclasses import dataclass
from datetime import timedelta

from points.corrections.errors import (
    CorrectionChangesNothing,
    CorrectionNotUndoable,
    CorrectionOutdated,
    CorrectionPeriod,
    CorrectionTooLarge,
)
from points.corrections.model import (
    LINES_MAX,
    Correction,
    Kind,
    Line,
    State,
    lines_hash,
    totals_of,
)
from points.engine import Decision, Flow
from points.flows.context import context
from points.flows.correcting import NO_CORRECTION, Preview, Wish
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, CorrectionId, DraftId, OperationId
from points.rulebook.model import DraftState
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeCorrection:
    """Put a batch before another person.

    Attributes:
        wish: What is to be done, without the rules themselves.
        lines: What its preview said.
        note: Why, in words; kept for ever.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    wish: Wish
    lines: tuple[Line, ...]
    note: str

    @property
    def programme(self) -> str:
        """What it is about."""
        return self.wish.programme


def proposing(
    association: AssociationId, operation: OperationId, actor: Actor, found: Preview, note: str
) -> ProposeCorrection:
    """Return the command that proposes what was previewed."""
    wish = found.wish
    plain = Wish(
        kind=wish.kind,
        programme=wish.programme,
        starts=wish.starts,
        ends=wish.ends,
        version=wish.version,
        sha256=wish.sha256,
        draft_id=wish.draft_id,
        revision=wish.revision,
        undoes=wish.undoes,
    )
    return ProposeCorrection(
        association_id=association,
        operation_id=operation,
        actor=actor,
        wish=plain,
        lines=found.lines,
        note=note,
    )


def needs(command: ProposeCorrection, keys: Keys) -> None:
    """Lock the draft that is to be published, or the batch that is to be undone."""
    if command.wish.draft_id is not None:
        keys.rulebook.drafts.add(command.wish.draft_id)
    if command.wish.undoes is not None:
        keys.corrections.corrections.add(command.wish.undoes)


def decide(command: ProposeCorrection, on: WorkingSet) -> Decision:
    """Open the batch with its lines."""
    wish = command.wish
    if refusal := _refuse(command, on):
        return refusal
    members = {line.member_id for line in command.lines}
    correction = Correction(
        correction_id=CorrectionId(on.ids.next()),
        kind=wish.kind,
        programme=wish.programme,
        note=command.note.strip(),
        proposed_by=command.actor,
        proposed_at=on.now,
        until=on.now + timedelta(days=context(on).duties.proposal_days),
        starts=wish.starts,
        ends=wish.ends,
        version=wish.version,
        sha256=wish.sha256,
        draft_id=wish.draft_id,
        revision=wish.revision,
        undoes=wish.undoes,
        members=len(members),
        lines=len(command.lines),
        lines_sha256=lines_hash(command.lines),
        totals=totals_of(command.lines),
    )
    on.batches.open(correction, command.lines)
    on.trail.note(
        "correction_proposed",
        correction.correction_id,
        after={
            "kind": correction.kind.value,
            "programme": correction.programme,
            "version": correction.version,
            "sha256": correction.sha256,
            "members": correction.members,
            "lines": correction.lines,
            "lines_sha256": correction.lines_sha256,
            "totals": {measure: dict(found) for measure, found in correction.totals.items()},
        },
        reason=correction.note,
    )
    return {
        "correction_id": correction.correction_id,
        "state": State.PROPOSED.value,
        "until": correction.until.isoformat(),
        "members": correction.members,
        "lines": correction.lines,
        "lines_sha256": correction.lines_sha256,
    }


def _refuse(command: ProposeCorrection, on: WorkingSet) -> Refusal | None:
    wish = command.wish
    if len(command.lines) > LINES_MAX:
        return CorrectionTooLarge(lines_max=LINES_MAX)
    if not wish.starts < min(wish.ends, on.now):
        return CorrectionPeriod()
    if wish.kind is Kind.CATCH_UP and not command.lines:
        return CorrectionChangesNothing()
    if wish.draft_id is not None and (refusal := _refuse_draft(wish, wish.draft_id, on)):
        return refusal
    if wish.undoes is not None and (refusal := refuse_undoing(wish.undoes, on)):
        return refusal
    return refuse_wording(command.note)


def _refuse_draft(wish: Wish, draft_id: DraftId, on: WorkingSet) -> Refusal | None:
    standing = on.press.drafts.get(draft_id)
    if standing is None or standing.submission is None:
        return CorrectionOutdated()
    same = (
        standing.state is DraftState.SUBMITTED
        and standing.draft.revision == wish.revision
        and standing.submission.detail.get("sha256") == wish.sha256
    )
    return None if same else CorrectionOutdated()


def refuse_undoing(undoes: CorrectionId, on: WorkingSet) -> Refusal | None:
    """Return why a batch cannot be undone, or None."""
    found = on.batches.standings.get(undoes)
    if found is None:
        return NO_CORRECTION
    brought_in = found.correction.kind is Kind.REPLACE and found.kept is State.DONE
    return CorrectionNotUndoable() if not brought_in or undoes in on.batches.undone else None


FLOW = Flow("propose_correction", needs, decide)
