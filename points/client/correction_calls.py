"""Calls about corrections: preview, propose, decide, follow."""

from datetime import datetime
from typing import Any

from points.client import correction_answers as answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def preview_correction(
    *,
    draft_id: str | None = None,
    programme: str | None = None,
    starts: datetime | None = None,
    ends: datetime | None = None,
    key: str | None = None,
) -> Call[answers.CorrectionPreview]:
    """Ask who would get how much more or less by a draft, or by the rules in force."""
    body = _wish(draft_id, programme, starts, ends)
    return post("/v1/corrections:preview", answers.CorrectionPreview, body, key)


def propose_correction(
    note: str,
    *,
    draft_id: str | None = None,
    programme: str | None = None,
    starts: datetime | None = None,
    ends: datetime | None = None,
    lines_sha256: str | None = None,
    key: str | None = None,
) -> Call[answers.CorrectionProposed]:
    """Put a correction with all its lines before another person."""
    body = _wish(draft_id, programme, starts, ends)
    body |= {"note": note, "lines_sha256": lines_sha256}
    return post("/v1/corrections", answers.CorrectionProposed, body, key)


def _wish(
    draft_id: str | None, programme: str | None, starts: datetime | None, ends: datetime | None
) -> dict[str, Any]:
    return {"draft_id": draft_id, "programme": programme, "starts": starts, "ends": ends}


def corrections(
    *, state: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.Correction]]:
    """Ask for corrections, the newest first."""
    reads = Page[answers.Correction]
    return get("/v1/corrections", reads, state=state, cursor=cursor, limit=limit)


def correction(correction_id: str) -> Call[answers.Correction]:
    """Ask what became of a correction, and how far it has been posted."""
    return get(path_of("/v1/corrections/{}", correction_id), answers.Correction)


def correction_lines(
    correction_id: str, *, cursor: str | None = None, limit: int | None = None
) -> Call[Page[answers.CorrectionLine]]:
    """Ask for a page of a correction's lines."""
    path = path_of("/v1/corrections/{}/lines", correction_id)
    return get(path, Page[answers.CorrectionLine], cursor=cursor, limit=limit)


def correction_postings(
    correction_id: str,
    *,
    result: str | None = None,
    cursor: str | None = None,
    limit: int | None = None,
) -> Call[Page[answers.CorrectionPosting]]:
    """Ask what came of members' parts: posted, stale or failed."""
    path = path_of("/v1/corrections/{}/postings", correction_id)
    reads = Page[answers.CorrectionPosting]
    return get(path, reads, result=result, cursor=cursor, limit=limit)


def approve_correction(
    correction_id: str, *, reason: str = "", key: str | None = None
) -> Call[answers.CorrectionEnded]:
    """Approve somebody else's correction; the worker posts it."""
    path = path_of("/v1/corrections/{}:approve", correction_id)
    return post(path, answers.CorrectionEnded, {"reason": reason}, key)


def reject_correction(
    correction_id: str, reason: str, *, key: str | None = None
) -> Call[answers.CorrectionEnded]:
    """Reject somebody else's correction."""
    path = path_of("/v1/corrections/{}:reject", correction_id)
    return post(path, answers.CorrectionEnded, {"reason": reason}, key)


def withdraw_correction(
    correction_id: str, *, key: str | None = None
) -> Call[answers.CorrectionEnded]:
    """Withdraw one's own correction."""
    path = path_of("/v1/corrections/{}:withdraw", correction_id)
    return post(path, answers.CorrectionEnded, {}, key)


def reverse_correction(
    correction_id: str, note: str, *, key: str | None = None
) -> Call[answers.CorrectionProposed]:
    """Propose to take a finished correction back."""
    path = path_of("/v1/corrections/{}:reverse", correction_id)
    return post(path, answers.CorrectionProposed, {"note": note}, key)
