"""Scores activities both ways and sums the difference up: the same for one process and for many."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from points.flows.backtest.source import Item, Source
from points.flows.backtest.trial import Trial
from points.rules import Tallies, replay
from points.rules.impact import Pair, Partial, Side, side_of
from points.rules.impact.sides import subject_of


@dataclass(frozen=True, slots=True)
class Bench:
    """What is tried, and on which activities."""

    trial: Trial
    source: Source


def pairs(
    items: Iterable[Item], trial: Trial, *, explained: Collection[str] = ()
) -> Iterator[Pair]:
    """Yield every activity of the period, scored both ways.

    Args:
        items: All of what may bear on it, in the order in which it counted.
        trial: What is tried.
        explained: Ids of activities that come with traces; then what was posted is scored again
            as well, because what is stored does not say why a rule gave nothing.
    """
    before, after = Tallies(), Tallies()
    for item in items:
        entry = item.entry
        if trial.programme not in entry.programmes:
            continue
        trace = entry.facts.activity_id in explained
        new = list(replay([entry], trial.choose_after, after, trace=trace))
        old = Side()
        if explained or not trial.stored:
            found = list(replay([entry], trial.choose_before, before, trace=trace))
            old = side_of(found, trial.programme)
        if trial.stored:
            old = old._replace(lines=item.stored or ())
        if trial.compares(entry):
            subject = subject_of(entry.member_id, entry.facts, trial.zone)
            yield Pair(subject, old, side_of(new, trial.programme))


def sum_members(bench: Bench, shard: Sequence[str]) -> Partial:
    """Return the sums over a group of members."""
    part = Partial()
    for items in bench.source.members(shard):
        for pair in pairs(items, bench.trial):
            part.add(pair)
        part.close()
    return part


def sum_stream(bench: Bench) -> Partial:
    """Return the sums over all members at once, where they share what caps leave."""
    part = Partial()
    for pair in pairs(bench.source.stream(), bench.trial):
        part.add(pair)
    part.close()
    return part
