"""What is answered of corrections. Fields that a newer server adds are left alone."""

from datetime import datetime
from typing import Any

from points.client.answers import Read


class CorrectionLine(Read):
    """What changes for one member, by one rule, in one measure, and why."""

    member_id: str
    activity_id: str
    rule_id: str
    measure: str
    occurred_at: datetime
    old: int
    new: int
    change: int
    zh: str
    en: str


class CorrectionPreview(Read):
    """What a correction would do; nothing was written."""

    kind: str
    programme: str
    starts: datetime
    ends: datetime
    version: int | None = None
    members: int
    lines: int
    lines_sha256: str
    totals: dict[str, dict[str, int]]
    fen: int
    failed: list[dict[str, Any]]
    first_lines: list[CorrectionLine]


class CorrectionProposed(Read):
    """A correction that waits for another person."""

    correction_id: str
    state: str
    until: datetime
    members: int
    lines: int
    lines_sha256: str


class Correction(Read):
    """A correction and what became of it, without its lines."""

    correction_id: str
    kind: str
    state: str
    programme: str
    note: str
    proposed_by: str
    proposed_at: datetime
    until: datetime
    starts: datetime
    ends: datetime
    version: int | None = None
    undoes: str | None = None
    members: int
    lines: int
    lines_sha256: str
    totals: dict[str, dict[str, int]]
    fen: int
    progress: dict[str, int]
    steps: list[dict[str, Any]]


class CorrectionEnded(Read):
    """Where a correction stands after a step."""

    correction_id: str
    state: str


class CorrectionPosting(Read):
    """What came of one member's part."""

    member_id: str
    result: str
    up: int
    down: int
    recorded_at: datetime
