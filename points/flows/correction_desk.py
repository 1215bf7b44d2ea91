"""Looking correction batches up and saying what they are, for whichever channel asks."""

from dataclasses import asdict
from datetime import datetime
from typing import Any

from points.corrections.model import Correction, Line
from points.corrections.reads import Filed, find_correction, page_of_lines
from points.engine import Engine
from points.flows.backtest.trial import FEN_A_POINT
from points.flows.correcting import NO_CORRECTION, Preview
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, CorrectionId, MemberId
from points.rulebook.reads import find_draft
from points.rules.recalculation import failure_words, words

LINES_A_PAGE = 1000
SPENDABLE = "wallet"


def find(
    engine: Engine, association: AssociationId, correction_id: CorrectionId
) -> Filed | Refusal:
    """Return a batch with what became of it, or that there is none."""
    with engine.reading(association) as connection:
        return find_correction(connection, association, correction_id) or NO_CORRECTION


def owners_of(
    engine: Engine, association: AssociationId, correction: Correction
) -> tuple[Actor, ...]:
    """Return who had a hand in a batch's draft, and so may not decide on it."""
    if correction.draft_id is None:
        return ()
    with engine.reading(association) as connection:
        draft = find_draft(connection, association, correction.draft_id)
    return () if draft is None else tuple(sorted(draft.owners))


def only_member(
    engine: Engine, association: AssociationId, correction: Correction
) -> MemberId | None:
    """Return the one member whom a batch concerns, if there is but one."""
    if correction.members != 1:
        return None
    with engine.reading(association) as connection:
        lines = page_of_lines(connection, association, correction.correction_id, limit=1)
    return lines[0].member_id if lines else None


def lines_in(engine: Engine, association: AssociationId, correction: Correction) -> list[Line]:
    """Return every line of a batch, in order."""
    found: list[Line] = []
    after = ("", "", "", "")
    while len(found) < correction.lines:
        with engine.reading(association) as connection:
            page = page_of_lines(
                connection, association, correction.correction_id, after=after, limit=LINES_A_PAGE
            )
        if not page:
            break
        found.extend(page)
        last = page[-1]
        after = (last.member_id, last.activity_id, last.rule_id, last.measure)
    return found


def fen_of(totals: dict[str, dict[str, int]] | Any) -> int:  # noqa: ANN401 - as it was kept
    """Return what a batch's spendable points are reckoned at; below zero, what is saved."""
    change = sum(
        found["up"] - found["down"]
        for measure, found in totals.items()
        if measure.endswith(f".{SPENDABLE}")
    )
    return change * FEN_A_POINT


def line_shown(line: Line) -> dict[str, Any]:
    """Return a line with its reason in words."""
    why = words(line.reason)
    return {
        "member_id": line.member_id,
        "activity_id": line.activity_id,
        "rule_id": line.rule_id,
        "measure": line.measure,
        "occurred_at": line.occurred_at,
        "old": line.old,
        "new": line.new,
        "change": line.change,
        "zh": why.zh,
        "en": why.en,
    }


def preview_shown(found: Preview) -> dict[str, Any]:
    """Return what a preview says, without its lines."""
    wish = found.wish
    return {
        "kind": wish.kind.value,
        "programme": wish.programme,
        "starts": wish.starts,
        "ends": wish.ends,
        "version": wish.version,
        "sha256": wish.sha256,
        "members_looked_at": found.members_looked_at,
        "members": found.members,
        "lines": len(found.lines),
        "lines_sha256": found.lines_sha256,
        "totals": found.totals,
        "fen": fen_of(found.totals),
        "failed": [
            {
                "activity_id": each.activity_id,
                "rule_id": each.rule_id,
                "code": each.code,
                "zh": failure_words(each).zh,
                "en": failure_words(each).en,
            }
            for each in found.failed
        ],
    }


def correction_shown(filed: Filed, now: datetime) -> dict[str, Any]:
    """Return a batch with everything that became of it, without its lines."""
    correction = filed.standing.correction
    return {
        "correction_id": correction.correction_id,
        "kind": correction.kind.value,
        "state": filed.standing.state(now).value,
        "programme": correction.programme,
        "note": correction.note,
        "proposed_by": correction.proposed_by,
        "proposed_at": correction.proposed_at,
        "until": correction.until,
        "starts": correction.starts,
        "ends": correction.ends,
        "version": correction.version,
        "sha256": correction.sha256,
        "draft_id": correction.draft_id,
        "undoes": correction.undoes,
        "members": correction.members,
        "lines": correction.lines,
        "lines_sha256": correction.lines_sha256,
        "totals": {measure: dict(found) for measure, found in correction.totals.items()},
        "fen": fen_of(correction.totals),
        "progress": asdict(filed.progress),
        "steps": [
            {
                "step": each.step.value,
                "actor": each.actor,
                "reason": each.reason,
                "recorded_at": each.recorded_at,
            }
            for each in filed.steps
        ],
    }
