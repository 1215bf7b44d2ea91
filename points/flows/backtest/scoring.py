"""Scores activities both ways and sums the difference up: the same for one process and for many."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from points.flows.backtest.source import Item, Source
from points.flows.backtest.trial import Trial
from points.rules import Tallies, replay
from points.rules.impact import Line, Pair, Partial, Side, side_of
from points.rules.impact.sides import subject_of


@dataclass(frozen=True, slots=True)
class Bench:
    """What is tried, and on which activities."""

    trial: Trial
    source: Source


def pairs(
    items: Iterable[Item], trial: Trial, *, explained: Collection[str] = ()
) -> Iterator[tuple[Pair, bool]]:
    """Yield every activity of the period, scored both ways, and whether it was posted otherwise.

    Args:
        items: All of what may bear on it, in the order in which it counted.
        trial: What is tried.
        explained: Ids of activities that come with traces.
    """
    before, after = Tallies(), Tallies()
    for item in items:
        entry = item.entry
        if trial.programme not in entry.programmes:
            continue
        trace = entry.facts.activity_id in explained
        old = list(replay([entry], trial.choose_before, before, trace=trace))
        new = list(replay([entry], trial.choose_after, after, trace=trace))
        if trial.compares(entry):
            side = side_of(old, trial.programme)
            posted = trial.stored and not _same(side.lines, item.stored or ())
            if posted:
                side = Side(lines=item.stored or ())
            subject = subject_of(entry.member_id, entry.facts, trial.zone)
            yield Pair(subject, side, side_of(new, trial.programme)), posted


def _same(scored: Sequence[Line], stored: Sequence[Line]) -> bool:
    # What is stored says how much was forgone, but not to which cap.
    return [line._replace(cuts=()) for line in scored if line.points] == [
        line for line in stored if line.points
    ]


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
    for pair, otherwise in pairs(items, bench.trial):
        part.add(pair)
        part.otherwise += otherwise
