"""Correction batches as facts: what is to be scored anew, by whom it was decided, what came of it.

A batch brings a version of the rules in for activities that have happened already, takes such a
version back, or brings those up to the rules in force whom an earlier batch left out. It says line
by line whose points change, by how much and why, before anybody decides; another person approves
it; then it is posted member by member.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from points.kernel.canonical import digest
from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, Actor, CorrectionId, DraftId, MemberId, OperationId

NOTE_LENGTH_MAX = 500
LINES_MAX = 200_000
"""More than this is no batch that a person can answer for; a shorter period makes a smaller one."""


class Kind(StrEnum):
    """What a batch does: bring a version in for the past, take it back, or catch up with it."""

    REPLACE = "replace"
    UNDO = "undo"
    CATCH_UP = "catch_up"


class State(StrEnum):
    """Where a batch stands; ``expired`` follows from the time alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    EXPIRED = "expired"


DECIDED = (State.APPROVED, State.REJECTED, State.WITHDRAWN)


class Result(StrEnum):
    """What posting a member's part came to.

    ``stale`` means that the member's activities have changed since the preview, so that something
    else would have been posted than what was approved: nothing was.
    """

    POSTED = "posted"
    STALE = "stale"
    FAILED = "failed"


class Line(NamedTuple):
    """What changes for one member, by one rule, in one measure (``party.wallet``).

    Attributes:
        reason: Why, as plain values; ``points.rules.recalculation.words`` says it.
    """

    member_id: MemberId
    activity_id: ActivityId
    rule_id: str
    measure: str
    occurred_at: datetime
    old: int
    new: int
    reason: Mapping[str, Any]

    @property
    def change(self) -> int:
        """Points given, or below zero, taken back."""
        return self.new - self.old

    @property
    def key(self) -> tuple[str, str, str, str, int, int]:
        """What makes two lines the same: who, what, which rule, from how much to how much."""
        return (
            *(self.member_id, self.activity_id, self.rule_id, self.measure),
            *(self.old, self.new),
        )


@dataclass(slots=True, kw_only=True)
class MeasureTotals:
    """What a batch comes to in one measure."""

    members_up: int = 0
    members_down: int = 0
    up: int = 0
    down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What one person asks another to approve; never changed.

    Attributes:
        programme: Whose rules.
        note: Why, in words; kept for ever.
        until: The first instant at which it can no longer be decided.
        starts: Activities that happened from this instant on are scored anew.
        ends: Up to which instant.
        version: Of the version that is brought in or taken back.
        sha256: And what stands in it.
        draft_id: The draft that is published with the batch.
        revision: Which revision of it.
        undoes: The batch that is taken back.
        members: How many members have lines.
        lines: How many lines there are.
        lines_sha256: The hash of all lines, in order, so that nobody exchanges them.
        totals: By measure; see :class:`MeasureTotals`.
    """

    correction_id: CorrectionId
    kind: Kind
    programme: str
    note: str
    proposed_by: Actor
    proposed_at: datetime
    until: datetime
    starts: datetime
    ends: datetime
    version: int | None = None
    sha256: str | None = None
    draft_id: DraftId | None = None
    revision: int | None = None
    undoes: CorrectionId | None = None
    members: int = 0
    lines: int = 0
    lines_sha256: str = ""
    totals: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(self.proposed_at < self.until, "a batch can be decided for a while")
        ensure(self.starts < self.ends, "a batch reaches over some time")
        ensure((self.undoes is not None) is (self.kind is Kind.UNDO), "an undoing says of what")
        ensure(
            (self.draft_id is not None) is (self.kind is Kind.REPLACE), "a version has its draft"
        )

    def covers(self, at: datetime) -> bool:
        """Return whether the version holds for what happened at an instant."""
        return self.starts <= at < self.ends


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a batch: it is decided once, and done once.

    Attributes:
        step: ``approved``, ``rejected``, ``withdrawn``, or ``done`` after ``approved``.
        reason: Why, in words; needed for a rejection.
    """

    correction: Correction
    step: State
    actor: Actor
    reason: str
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step in (*DECIDED, State.DONE), "a step leads somewhere")
        mine = self.actor == self.correction.proposed_by
        if self.step in DECIDED:
            right = mine is (self.step is State.WITHDRAWN)
            ensure(right, "another person decides, the same withdraws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """What posting one member's part came to; written once.

    Attributes:
        up: Points given.
        down: Points taken back, above zero.
    """

    correction_id: CorrectionId
    member_id: MemberId
    result: Result
    up: int
    down: int
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        moved = self.up or self.down
        ensure(self.result is Result.POSTED or not moved, "what is left out moves nothing")
        ensure(self.up >= 0 and self.down >= 0, "points are counted upwards on both sides")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A batch and where it stands, expiry left to whoever knows the time."""

    correction: Correction
    kept: State

    def state(self, now: datetime) -> State:
        """Return where it stands at an instant."""
        late = self.kept is State.PROPOSED and self.correction.until <= now
        return State.EXPIRED if late else self.kept


def lines_hash(lines: Iterable[Line]) -> str:
    """Return the hash of lines in their one order."""
    return digest([list(line.key) for line in sorted(lines, key=lambda line: line.key)])


def totals_of(lines: Iterable[Line]) -> dict[str, dict[str, int]]:
    """Return what lines come to, by measure: members up and down, points up and down."""
    by_member: dict[tuple[str, MemberId], int] = {}
    totals: dict[str, MeasureTotals] = {}
    for line in lines:
        key = (line.measure, line.member_id)
        by_member[key] = by_member.get(key, 0) + line.change
        found = totals.setdefault(line.measure, MeasureTotals())
        if line.change > 0:
            found.up += line.change
        else:
            found.down -= line.change
    for (measure, _), change in by_member.items():
        totals[measure].members_up += change > 0
        totals[measure].members_down += change < 0
    return {
        measure: {
            "members_up": found.members_up,
            "members_down": found.members_down,
            "up": found.up,
            "down": found.down,
        }
        for measure, found in sorted(totals.items())
    }


class Reach(NamedTuple):
    """A batch that has reached a member: since when, and for which activities."""

    programme: str
    starts: datetime
    ends: datetime
    at: datetime

    def covers(self, programme: str, at: datetime) -> bool:
        """Return whether it reached an activity."""
        return self.programme == programme and self.starts <= at < self.ends
