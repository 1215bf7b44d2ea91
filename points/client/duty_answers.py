"""What is answered of proposals and sheets. Fields that a newer server adds are left alone."""

from datetime import datetime
from typing import Any

from points.client.answers import Read


class Proposed(Read):
    """A proposal that waits for another person."""

    proposal_id: str
    state: str
    until: datetime


class Ended(Read):
    """A proposal that has ended."""

    proposal_id: str
    state: str
    transactions: list[str] | None = None
    activity_id: str | None = None


class Proposal(Read):
    """A proposal and what became of it."""

    proposal_id: str
    kind: str
    state: str
    member_id: str
    measure: str | None = None
    points: int | None = None
    activity_id: str | None = None
    right: dict[str, Any] | None = None
    reason: str
    note: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    decided_by: str | None = None
    decided_at: datetime | None = None


class Batch(Read):
    """What a sheet comes to; ``seen`` is what its approval asks for."""

    batch: str
    seen: str
    claims: int
    members: int
    worth: int
    states: dict[str, int]
    flags: dict[str, int]


class Approval(Read):
    """What became of one claim."""

    activity_id: str
    state: str | None = None
    refused: dict[str, Any] | None = None


class BatchApproved(Read):
    """What became of a page of a sheet."""

    approved: int
    refused: int
    items: list[Approval]
    next: str | None = None
