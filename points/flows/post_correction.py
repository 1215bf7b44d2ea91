"""Post one member's part of an approved correction batch, once; or say why it is left out.

What is posted is worked out anew under the member's lock, and only posted where it is exactly what
was approved: somebody whose activities have changed since the preview is left out and reported.
"""

from dataclasses import dataclass

from points.corrections.errors import CorrectionStateWrong
from points.corrections.model import Correction, Kind, Posting, Result, State, Step
from points.engine import Decision, Flow
from points.flows.context import RuleBook, context
from points.flows.correcting import NO_CORRECTION, lines_of, override_of
from points.flows.recalculating import (
    By,
    Posted,
    missing_grants,
    need_recalculation,
    post,
    recalculated,
)
from points.kernel.ids import (
    Actor,
    AssociationId,
    CorrectionId,
    MemberId,
    OperationId,
    TransactionId,
)
from points.rules.recalculation import Recalculation
from points.unit_of_work import Keys, WorkingSet

REASON = "correction"
AGAIN = "again"
"""What is answered when the rules or what is to be taken back were not yet as they have to be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostCorrection:
    """Post one member's part.

    Attributes:
        grants: Transactions of the awards of which points are to be taken back, as seen before.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    correction_id: CorrectionId
    member_id: MemberId
    grants: tuple[TransactionId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishCorrection:
    """End a batch of which every part has come to something."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    correction_id: CorrectionId


def needs(command: PostCorrection, keys: Keys) -> None:
    """Lock the member with everything that counts, and read their part."""
    need_recalculation(keys, command.member_id, command.grants)
    keys.corrections.parts.add((command.correction_id, command.member_id))


def decide(command: PostCorrection, on: WorkingSet) -> Decision:
    """Post the part, or leave it out."""
    part = (command.correction_id, command.member_id)
    standing = on.batches.standings.get(command.correction_id)
    if standing is None:
        return NO_CORRECTION
    if standing.kept is not State.APPROVED:
        return CorrectionStateWrong(state=standing.kept.value)
    if part in on.batches.postings or not on.batches.lines.get(part):
        return {"member_id": command.member_id, "result": "nothing"}
    correction, book = standing.correction, context(on).rules
    if not _carried_out(correction, book):
        return {"member_id": command.member_id, "result": AGAIN}
    found = recalculated(
        on,
        command.member_id,
        override_of(correction, book),
        frozenset({correction.programme}),
    )
    result = _result(command, found, on)
    if result is Result.POSTED and missing_grants(on, found.changed):
        return {"member_id": command.member_id, "result": AGAIN}
    by = By(
        operation_id=command.operation_id,
        actor=command.actor,
        reason=REASON,
        origin={"correction": command.correction_id},
    )
    posted = post(on, found.changed, by) if result is Result.POSTED else Posted()
    on.batches.post(
        Posting(
            correction_id=command.correction_id,
            member_id=command.member_id,
            result=result,
            up=posted.up,
            down=posted.down,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    return {
        "member_id": command.member_id,
        "result": result.value,
        "up": posted.up,
        "down": posted.down,
        "transactions": list(posted.transactions),
    }


def _carried_out(correction: Correction, book: RuleBook) -> bool:
    """Return whether this batch's rules know of the approval; it may have begun before it."""
    if correction.kind is Kind.CATCH_UP:
        return True
    known = [each for each in book.published if each.ruleset.sha256 == correction.sha256]
    if correction.kind is Kind.REPLACE:
        return bool(known)
    return all(each.retired_at is not None for each in known)


def _result(command: PostCorrection, found: Recalculation, on: WorkingSet) -> Result:
    if found.failed:
        return Result.FAILED
    approved = {line.key for line in on.batches.lines[command.correction_id, command.member_id]}
    now = {line.key for line in lines_of(command.member_id, found)}
    return Result.POSTED if now == approved else Result.STALE


def needs_finish(command: FinishCorrection, keys: Keys) -> None:
    """Lock the batch, and count its parts."""
    keys.corrections.corrections.add(command.correction_id)


def decide_finish(command: FinishCorrection, on: WorkingSet) -> Decision:
    """End the batch, if nothing is left of it."""
    standing = on.batches.standings.get(command.correction_id)
    if standing is None:
        return NO_CORRECTION
    left = standing.correction.members - on.batches.posted.get(command.correction_id, 0)
    if standing.kept is not State.APPROVED or left:
        return CorrectionStateWrong(state=standing.kept.value)
    on.batches.take(
        Step(
            correction=standing.correction,
            step=State.DONE,
            actor=command.actor,
            reason="",
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        "correction_done",
        command.correction_id,
        before={"state": State.APPROVED.value},
        after={"state": State.DONE.value},
    )
    return {"correction_id": command.correction_id, "state": State.DONE.value}


FLOW = Flow("post_correction", needs, decide)
FINISH = Flow("finish_correction", needs_finish, decide_finish, audited=True)
