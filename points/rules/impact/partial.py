"""The summary of some members' activities; parts of other members merge with it in any order."""

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from points.kernel.ensure import ensure
from points.rules.impact.figures import Figures
from points.rules.impact.largest import Change, Largest
from points.rules.impact.sides import AFTER, BEFORE, Line, Pair, Side, Subject

DIMENSIONS = ("total", "rule", "type", "branch", "kind", "month")
"""By what points are summed: all, rule, activity type, branch and kind of member, month."""
STEPS = (1, 10, 20, 50, 100, 200, 500, 1000)
"""Where the bands of members' changes begin, in either direction."""

Key = tuple[str, str, str]


@dataclass(slots=True)
class Partial:
    """Sums over some members, each of whom is wholly in it.

    Attributes:
        activities: How many were compared.
        changed: For how many the result differs.
        members: How many members had any.
        otherwise: For how many something else was posted than the rules in force give.
        figures: By dimension, name and measure.
        caps: By cap and measure: how often it cut and what it took; before and after.
        failures: By rule and code: how many activities were set aside; before and after.
        bands: By measure and band: how many members, and their change in sum.
        members_most: By measure and direction: the members with the largest changes.
        activities_most: The same of activities.
        pending: What members got whose activities are still being added; before and after.
    """

    activities: int = 0
    changed: int = 0
    members: int = 0
    otherwise: int = 0
    figures: dict[Key, Figures] = field(default_factory=dict)
    caps: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    failures: dict[tuple[str, str], list[int]] = field(default_factory=dict)
    bands: dict[tuple[str, int], list[int]] = field(default_factory=dict)
    members_most: dict[tuple[str, str], Largest] = field(default_factory=dict)
    activities_most: dict[tuple[str, str], Largest] = field(default_factory=dict)
    pending: dict[str, dict[str, list[int]]] = field(default_factory=dict)

    def add(self, pair: Pair) -> None:
        """Count one activity; its member is counted when :meth:`close` is called."""
        subject = pair.subject
        self.activities += 1
        self.pending.setdefault(subject.member_id, {})
        moved: dict[str, list[int]] = {}
        for side, found in ((BEFORE, pair.before), (AFTER, pair.after)):
            self._count(subject, found, side, moved)
        if pair.changed:
            self.changed += 1
            self._keep(subject, moved)

    def close(self) -> None:
        """Count the members whose activities were added; none of them may come again."""
        for member, sums in self.pending.items():
            self.members += 1
            for measure, (before, after) in sums.items():
                band = self.bands.setdefault((measure, band_of(after - before)), [0, 0])
                band[0] += 1
                band[1] += after - before
                _note(self.members_most, measure, Change(member, member, before, after))
        self.pending.clear()

    def merge(self, other: "Partial") -> None:
        """Add the part of other members."""
        ensure(not (self.pending or other.pending), "parts are closed before they merge")
        self.activities += other.activities
        self.changed += other.changed
        self.members += other.members
        self.otherwise += other.otherwise
        for key, figures in other.figures.items():
            self.figures.setdefault(key, Figures.none()).merge(figures)
        _merge(self.caps, other.caps)
        _merge(self.failures, other.failures)
        _merge(self.bands, other.bands)
        _merge_most(self.members_most, other.members_most)
        _merge_most(self.activities_most, other.activities_most)

    def wanted(self) -> dict[str, set[str]]:
        """Return the members and activities whose changes ask for a reason."""
        found: dict[str, set[str]] = {}
        for most in self.members_most.values():
            for change in most.kept:
                found.setdefault(change.member_id, set())
        for most in self.activities_most.values():
            for change in most.kept:
                found.setdefault(change.member_id, set()).add(change.id)
        return found

    def as_json(self) -> dict[str, Any]:
        """Return plain values, from which :meth:`read` makes the same part."""
        return {
            "activities": self.activities,
            "changed": self.changed,
            "members": self.members,
            "otherwise": self.otherwise,
            "figures": _listed({key: list(each.parts) for key, each in self.figures.items()}),
            "caps": _listed(self.caps),
            "failures": _listed(self.failures),
            "bands": _listed(self.bands),
            "members_most": _listed({key: m.kept for key, m in self.members_most.items()}),
            "activities_most": _listed({key: m.kept for key, m in self.activities_most.items()}),
        }

    @classmethod
    def read(cls, found: Mapping[str, Any]) -> "Partial":
        """Return the part that plain values spell."""
        return cls(
            activities=found["activities"],
            changed=found["changed"],
            members=found["members"],
            otherwise=found["otherwise"],
            figures={
                (by, name, measure): Figures(*parts)
                for (by, name, measure), parts in found["figures"]
            },
            caps={(cap, measure): sums for (cap, measure), sums in found["caps"]},
            failures={(rule, code): sums for (rule, code), sums in found["failures"]},
            bands={(measure, band): sums for (measure, band), sums in found["bands"]},
            members_most=_read_most(found["members_most"]),
            activities_most=_read_most(found["activities_most"]),
        )

    def _count(self, subject: Subject, found: Side, side: int, moved: dict[str, list[int]]) -> None:
        if found.failed is not None:
            self.failures.setdefault(found.failed, [0, 0])[side] += 1
        for line in found.lines:
            self._line(subject, line, side)
            for cap, points in line.cuts:
                self._cut(cap, line.measure, points, side)
            moved.setdefault(line.measure, [0, 0])[side] += line.points

    def _line(self, subject: Subject, line: Line, side: int) -> None:
        names = ("", line.rule_id, subject.type, subject.branch, subject.kind, subject.month)
        for key in zip(DIMENSIONS, names, (line.measure,) * len(names), strict=True):
            figures = self.figures.get(key)
            if figures is None:
                figures = self.figures[key] = Figures.none()
            figures.add(line, side)
        sums = self.pending.setdefault(line.member_id or subject.member_id, {})
        sums.setdefault(line.measure, [0, 0])[side] += line.points

    def _cut(self, cap: str, measure: str, points: int, side: int) -> None:
        sums = self.caps.setdefault((cap, measure), [0, 0, 0, 0])
        sums[side] += 1
        sums[2 + side] += points

    def _keep(self, subject: Subject, moved: Mapping[str, list[int]]) -> None:
        at = subject.occurred_at.isoformat()
        for measure, (before, after) in moved.items():
            change = Change(subject.activity_id, subject.member_id, before, after, subject.type, at)
            _note(self.activities_most, measure, change)


def band_of(delta: int) -> int:
    """Return the band of a change: where it begins, nearest to zero; zero for no change."""
    size = abs(delta)
    start = STEPS[bisect_left(STEPS, size + 1) - 1] if size else 0
    return start if delta > 0 else -start


def _note(most: dict[tuple[str, str], Largest], measure: str, change: Change) -> None:
    if change.delta:
        direction = "up" if change.delta > 0 else "down"
        most.setdefault((measure, direction), Largest()).add(change)


def _merge(mine: dict[Any, list[int]], theirs: Mapping[Any, list[int]]) -> None:
    for key, sums in theirs.items():
        kept = mine.setdefault(key, [0] * len(sums))
        for place, number in enumerate(sums):
            kept[place] += number


def _merge_most(
    mine: dict[tuple[str, str], Largest], theirs: Mapping[tuple[str, str], Largest]
) -> None:
    for key, most in theirs.items():
        kept = mine.setdefault(key, Largest())
        for change in most.kept:
            kept.add(change)


def _listed(found: Mapping[Any, Any]) -> list[Any]:
    return [[list(key), found[key]] for key in sorted(found)]


def _read_most(found: Iterable[Any]) -> dict[tuple[str, str], Largest]:
    return {
        (measure, direction): Largest([Change(*each) for each in kept])
        for (measure, direction), kept in found
    }
