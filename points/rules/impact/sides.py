"""One activity scored two ways."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from points.rules.award_rows import AwardRow
from points.rules.facts import Facts
from points.rules.outcome import Award, Evaluation, EvaluationError, NotAwarded
from points.rules.replay import Replayed

BEFORE, AFTER = 0, 1
UNKNOWN = "-"
"""Stands for a branch or a kind that nobody knows."""

Cuts = tuple[tuple[str, int], ...]
"""Caps, and how much each took for good."""


class Line(NamedTuple):
    """What one rule granted for one activity in one measure, or would have but for its caps.

    Attributes:
        points: Granted.
        forgone: What was lost for good.
        cuts: Which caps took how much of it.
        member_id: Who got it, where that is not the activity's member.
    """

    rule_id: str
    measure: str
    points: int
    forgone: int = 0
    cuts: Cuts = ()
    member_id: str = ""


class Side(NamedTuple):
    """What one way of scoring made of an activity, in one programme.

    Attributes:
        lines: Sorted by rule and measure.
        refused: Rules that gave nothing, and why; empty where only awards are known.
        failed: The rule and the code of the error that set the whole activity aside.
        trace: How it came about, where it was asked for.
    """

    lines: tuple[Line, ...] = ()
    refused: tuple[NotAwarded, ...] = ()
    failed: tuple[str, str] | None = None
    trace: Mapping[str, Any] | None = None

    def points(self, measure: str) -> int:
        """Return the points of all lines in a measure."""
        return sum(line.points for line in self.lines if line.measure == measure)

    def joined(self, later: "Side") -> "Side":
        """Return this with what was granted later, when points that were put off came due."""
        return self._replace(lines=tuple(sorted((*self.lines, *later.lines))))


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
    mine: Evaluation | EvaluationError | None = None
    failed: tuple[str, str] | None = None
    for each in found:
        if isinstance(each.result, EvaluationError):
            failed = failed or (each.result.rule_id, each.result.code)
        if each.ruleset.programme == programme:
            mine = each.result
    if mine is None:
        return NOTHING
    if failed or isinstance(mine, EvaluationError):
        return Side(failed=failed)
    lines = tuple(sorted(_lines(mine)))
    return Side(lines=lines, refused=mine.refused, trace=mine.trace)


def _lines(result: Evaluation) -> Iterator[Line]:
    for award in result.awards:
        for measure, points in award.points.items():
            forgone = award.forgone.get(measure, 0)
            yield _line(result, award, measure, points, forgone)
        for measure, forgone in award.forgone.items():
            if measure not in award.points:
                yield _line(result, award, measure, 0, forgone)
    for refusal in result.refused:
        for measure, forgone in refusal.forgone.items():
            yield _line(result, refusal, measure, 0, forgone)


def _line(
    result: Evaluation, of: Award | NotAwarded, measure: str, points: int, forgone: int
) -> Line:
    cuts = tuple(
        (cut.cap, cut.points)
        for cut in result.cuts
        if cut.rule_id == of.rule_id and cut.measure == measure
    )
    return Line(of.rule_id, measure, points, forgone, cuts, of.to)


def side_of_rows(
    rows: Iterable[AwardRow], failed: tuple[str, str] | None = None, *, member_id: str = ""
) -> Side:
    """Return what award rows of one activity and programme say, from whatever engine they come.

    Args:
        rows: Everything that its rules granted, or caps took.
        failed: What set it aside, if anything did.
        member_id: Whose activity it is, where peers may have got something for it.
    """
    lines = (
        Line(
            row.rule_id,
            row.measure,
            row.points,
            row.forgone,
            row.cuts,
            row.member_id if member_id and row.member_id != member_id else "",
        )
        for row in rows
    )
    return Side(lines=tuple(sorted(lines)), failed=failed)
