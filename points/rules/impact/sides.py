"""One activity scored two ways."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from points.rules.facts import Facts
from points.rules.outcome import Evaluation, EvaluationError, NotAwarded
from points.rules.replay import Replayed

BEFORE, AFTER = 0, 1
UNKNOWN = "-"
"""Stands for a branch or a kind that nobody knows."""


class Cut(NamedTuple):
    """What one cap took for good."""

    cap: str
    points: int


class Line(NamedTuple):
    """What one rule granted for one activity in one measure, or would have but for its caps.

    Attributes:
        points: Granted.
        forgone: What caps took for good.
        cuts: Which caps took it; a cap that only put points off took nothing.
        member_id: Who got it, where that is not the activity's member.
    """

    rule_id: str
    measure: str
    points: int
    forgone: int = 0
    cuts: tuple[Cut, ...] = ()
    member_id: str = ""


class Side(NamedTuple):
    """What one way of scoring made of an activity, in one programme.

    Attributes:
        lines: Sorted by rule and measure.
        refused: Rules that gave nothing, and why; empty where only awards are known.
        failed: The rule and the code of the error that set the whole activity aside.
        version: Of the rule set; zero where none held, or where only awards are known.
        trace: How it came about, where it was asked for.
    """

    lines: tuple[Line, ...] = ()
    refused: tuple[NotAwarded, ...] = ()
    failed: tuple[str, str] | None = None
    version: int = 0
    trace: Mapping[str, Any] | None = None

    def points(self, measure: str) -> int:
        """Return the points of all lines in a measure."""
        return sum(line.points for line in self.lines if line.measure == measure)


NOTHING = Side()
"""What no rule set makes of anything."""


class Subject(NamedTuple):
    """The activity itself, as far as reports tell it apart.

    Attributes:
        month: In the programme's zone, as ``2026-03``.
        branch: Of the member when it happened, as ``kind`` is.
    """

    activity_id: str
    member_id: str
    type: str
    occurred_at: datetime
    month: str
    branch: str
    kind: str


class Pair(NamedTuple):
    """One activity, scored before and after a change."""

    subject: Subject
    before: Side
    after: Side

    @property
    def changed(self) -> bool:
        """Return whether anybody gets anything else, or it is set aside on one side only."""
        return _granted(self.before) != _granted(self.after) or (
            (self.before.failed is None) != (self.after.failed is None)
        )


def _granted(side: Side) -> list[tuple[str, str, str, int]]:
    return [
        (line.rule_id, line.measure, line.member_id, line.points)
        for line in side.lines
        if line.points
    ]


def subject_of(member_id: str, facts: Facts, zone: ZoneInfo) -> Subject:
    """Return an activity as reports tell it apart."""
    local = facts.occurred_at.astimezone(zone)
    return Subject(
        activity_id=facts.activity_id,
        member_id=member_id,
        type=facts.type,
        occurred_at=facts.occurred_at,
        month=f"{local.year:04}-{local.month:02}",
        branch=str(facts.member.get("branch") or UNKNOWN),
        kind=str(facts.member.get("kind") or UNKNOWN),
    )


def side_of(found: Iterable[Replayed], programme: str) -> Side:
    """Return what a programme's rules made of an activity.

    Args:
        found: What every programme's rules made of it: one that fails sets it aside in all.
        programme: Which one is asked about.
    """
    mine: Replayed | None = None
    failed: tuple[str, str] | None = None
    for each in found:
        if isinstance(each.result, EvaluationError):
            failed = failed or (each.result.rule_id, each.result.code)
        if each.ruleset.programme == programme:
            mine = each
    if mine is None:
        return NOTHING
    version = mine.ruleset.version
    if failed or isinstance(mine.result, EvaluationError):
        return Side(failed=failed, version=version)
    result = mine.result
    return Side(
        lines=tuple(sorted(_lines(result))),
        refused=result.refused,
        version=version,
        trace=result.trace,
    )


def _lines(result: Evaluation) -> Iterator[Line]:
    for award in result.awards:
        for measure, points in award.points.items():
            forgone = award.forgone.get(measure, 0)
            yield Line(award.rule_id, measure, points, forgone, shared_out(award.capped, forgone))


def shared_out(capped: tuple[str, ...], forgone: int) -> tuple[Cut, ...]:
    """Return which cap took how much, where only the sum is known: the innermost took it."""
    return tuple(Cut(cap, forgone if first == 0 else 0) for first, cap in enumerate(capped))
