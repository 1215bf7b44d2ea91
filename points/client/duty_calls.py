"""Calls of staff that two people are needed for: proposals and sheets as a whole."""

from collections.abc import Mapping
from datetime import datetime

from points.client import duty_answers
from points.client.answers import Page
from points.client.calls import Call, get, path_of, post


def propose_grant(
    member_id: str,
    measure: str,
    points: int,
    reason: str,
    note: str,
    *,
    expires_at: datetime | None = None,
    key: str | None = None,
) -> Call[duty_answers.Proposed]:
    """Propose to give a member points outside the rules."""
    body = {
        "kind": "grant",
        "member_id": member_id,
        "measure": measure,
        "points": points,
        "reason": reason,
        "note": note,
        "expires_at": expires_at,
    }
    return post("/v1/proposals", duty_answers.Proposed, body, key)


def propose_reversal(
    activity_id: str, reason: str, note: str, *, key: str | None = None
) -> Call[duty_answers.Proposed]:
    """Propose to take back what an activity was granted."""
    body = {"kind": "reverse", "activity_id": activity_id, "reason": reason, "note": note}
    return post("/v1/proposals", duty_answers.Proposed, body, key)


def propose_correction_of(
    activity_id: str,
    right: Mapping[str, object],
    reason: str,
    note: str,
    *,
    key: str | None = None,
) -> Call[duty_answers.Proposed]:
    """Propose what an activity should have said.

    Args:
        activity_id: Which one.
        right: ``type``, ``occurred_at``, ``ended_at`` and ``fields``, as far as they were wrong.
        reason: ``misrecorded`` or ``misreported``.
        note: Why, in words; kept for ever.
        key: Names the request.
    """
    said = {
        name: value.isoformat() if isinstance(value, datetime) else value
        for name, value in right.items()
    }
    body = {
        "kind": "correct",
        "activity_id": activity_id,
        "right": said,
        "reason": reason,
        "note": note,
    }
    return post("/v1/proposals", duty_answers.Proposed, body, key)


def proposals(
    *, state: str | None = None, cursor: str | None = None, limit: int | None = None
) -> Call[Page[duty_answers.Proposal]]:
    """Ask which proposals stand in a state, the newest first."""
    reads = Page[duty_answers.Proposal]
    return get("/v1/proposals", reads, state=state, cursor=cursor, limit=limit)


def proposal(proposal_id: str) -> Call[duty_answers.Proposal]:
    """Ask what became of a proposal."""
    return get(path_of("/v1/proposals/{}", proposal_id), duty_answers.Proposal)


def approve_proposal(
    proposal_id: str, *, reason: str = "", key: str | None = None
) -> Call[duty_answers.Ended]:
    """Approve somebody else's proposal; it is carried out at once."""
    path = path_of("/v1/proposals/{}:approve", proposal_id)
    return post(path, duty_answers.Ended, {"reason": reason}, key)


def reject_proposal(
    proposal_id: str, reason: str, *, key: str | None = None
) -> Call[duty_answers.Ended]:
    """Reject somebody else's proposal."""
    path = path_of("/v1/proposals/{}:reject", proposal_id)
    return post(path, duty_answers.Ended, {"reason": reason}, key)


def withdraw_proposal(proposal_id: str, *, key: str | None = None) -> Call[duty_answers.Ended]:
    """Withdraw one's own proposal."""
    path = path_of("/v1/proposals/{}:withdraw", proposal_id)
    return post(path, duty_answers.Ended, {}, key)


def batch(batch_id: str) -> Call[duty_answers.Batch]:
    """Ask what a sheet comes to and what looks odd in it."""
    return get(path_of("/v1/batches/{}", batch_id), duty_answers.Batch)


def approve_batch(
    batch_id: str, seen: str, *, cursor: str | None = None, key: str | None = None
) -> Call[duty_answers.BatchApproved]:
    """Approve a page of a sheet; ``seen`` is what :func:`batch` said."""
    path = path_of("/v1/batches/{}:approve", batch_id)
    return post(path, duty_answers.BatchApproved, {"seen": seen, "cursor": cursor}, key)
