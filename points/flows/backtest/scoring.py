"""Scores activities both ways and sums the difference up: the same for one process and for many."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from points.flows.backtest.source import Item, Source
from points.flows.backtest.trial import Trial
from points.rules import Choose, Entry, Evaluation, Replayed, Tallies, replay
from points.rules.impact import Line, Pair, Partial, Side, Subject, side_of
from points.rules.impact.sides import AFTER, BEFORE, subject_of


@dataclass(frozen=True, slots=True)
class Bench:
    """What is tried, and on which activities."""

    trial: Trial
    source: Source


@dataclass(slots=True)
class _Way:
    """One of the two ways of scoring.

    Attributes:
        later: What came of points that had been put off, by activity, until somebody takes it.
    """

    programme: str
    choose: Choose
    tallies: Tallies = field(default_factory=Tallies)
    later: list[tuple[str, Side]] = field(default_factory=list)

    def score(self, entry: Entry, *, trace: bool) -> tuple[Side, bool]:
        """Return what comes of an activity now, and whether a part of it is put off."""
        own = self._split(replay([entry], self.choose, self.tallies, trace=trace))
        put_off = any(isinstance(each.result, Evaluation) and each.result.deferred for each in own)
        return side_of(own, self.programme), put_off

    def settle(self, until: datetime | None) -> None:
        """Grant what had been put off until an instant."""
        self._split(replay([], self.choose, self.tallies, until=until))

    def _split(self, found: Iterable[Replayed]) -> list[Replayed]:
        own = []
        for each in found:
            if each.resumed is None:
                own.append(each)
            else:
                late = side_of([each], self.programme)
                self.later.append((each.entry.facts.activity_id, late))
        return own


@dataclass(slots=True)
class Scored:
    """An activity scored both ways, as far as anything came of it yet."""

    subject: Subject
    sides: list[Side]
    stored: tuple[Line, ...] | None

    def pair(self, *, stored: bool) -> tuple[Pair, bool]:
        """Return both sides, and whether something else was posted than the rules give."""
        before, after = self.sides
        otherwise = stored and _sums(before.lines) != _sums(self.stored or ())
        if otherwise:
            before = Side(lines=self.stored or ())
        return Pair(self.subject, before, after), otherwise


def pairs(
    items: Iterable[Item],
    trial: Trial,
    *,
    explained: Collection[str] = (),
    until: datetime | None = None,
) -> Iterator[tuple[Pair, bool]]:
    """Yield every activity of the period, scored both ways, and whether it was posted otherwise.

    Args:
        items: All of what may bear on it, in the order in which it counted.
        trial: What is tried.
        explained: Ids of members whose activities come with traces.
        until: Up to when points that were put off are granted after the last activity.
    """
    ways = (_Way(trial.programme, trial.choose_before), _Way(trial.programme, trial.choose_after))
    # Only those wait here of which a part was put off; the rest is counted and forgotten.
    waiting: dict[str, Scored] = {}
    for entry, stored in items:
        if trial.programme not in entry.programmes:
            continue
        trace = entry.member_id in explained
        (old, old_waits), (new, new_waits) = (way.score(entry, trace=trace) for way in ways)
        _take_later(ways, waiting)
        if trial.compares(entry):
            subject = subject_of(entry.member_id, entry.facts, trial.zone)
            scored = Scored(subject, [old, new], stored)
            if old_waits or new_waits:
                waiting[subject.activity_id] = scored
            else:
                yield scored.pair(stored=trial.stored)
    for way in ways:
        way.settle(until)
    _take_later(ways, waiting)
    for scored in waiting.values():
        yield scored.pair(stored=trial.stored)


def _take_later(ways: tuple[_Way, _Way], waiting: dict[str, Scored]) -> None:
    for side in (BEFORE, AFTER):
        for activity_id, late in ways[side].later:
            scored = waiting.get(activity_id)
            if scored is not None:
                scored.sides[side] = scored.sides[side].joined(late)
        ways[side].later.clear()


def _sums(lines: Sequence[Line]) -> dict[tuple[str, str, str], int]:
    sums: dict[tuple[str, str, str], int] = {}
    for line in lines:
        if line.points:
            key = (line.rule_id, line.measure, line.member_id)
            sums[key] = sums.get(key, 0) + line.points
    return sums


def sum_members(bench: Bench, shard: Sequence[str]) -> Partial:
    """Return the sums over a group of members."""
    part = Partial()
    for items in bench.source.members(shard):
        _sum(items, bench, part)
        part.close()
    return part


def sum_stream(bench: Bench) -> Partial:
    """Return the sums over all members at once, where they share what caps leave."""
    part = Partial()
    _sum(bench.source.stream(), bench, part)
    part.close()
    return part


def _sum(items: Iterable[Item], bench: Bench, part: Partial) -> None:
    for pair, otherwise in pairs(items, bench.trial, until=bench.source.as_of):
        part.add(pair)
        part.otherwise += otherwise
