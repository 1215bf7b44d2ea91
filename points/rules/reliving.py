"""Scores a member's activities once more as life went: reversals give room back when they came.

Where :func:`points.rules.replay.replay` answers what would stand, this answers what was seen then.
Pure, and it scores by the same ``replay``.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from datetime import datetime
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from points.rules.facts import Facts, Tally
from points.rules.outcome import Evaluation, EvaluationError, Spent
from points.rules.replay import Choose, Entry, Replayed, Tallies, replay


class Life(NamedTuple):
    """An entry with how long it counted.

    Attributes:
        since: When it was scored.
        until: When it was reversed; None while it stands.
    """

    entry: Entry
    since: datetime
    until: datetime | None = None


class Relived(NamedTuple):
    """What an entry came to, and the usage that was there when it was scored."""

    life: Life
    found: tuple[Replayed, ...]


Choosing = Callable[[Entry], Choose]
"""Returns how an entry's versions are chosen."""


def relive(
    lives: Iterable[Life],
    choosing: Choosing,
    *,
    traced: Container[str] = (),
    tallies: Tallies | None = None,
) -> Iterator[Relived]:
    """Yield what each entry came to when it was scored.

    Args:
        lives: In the order in which they were scored.
        choosing: Chooses the versions for each entry.
        traced: Ids of the activities whose evaluations carry their trace.
        tallies: Where to add what is granted; what stands at last is found here.
    """
    counted = Tallies() if tallies is None else tallies
    ending: list[tuple[datetime, int, Relived]] = []
    numbers = count()
    for life in lives:
        while ending and ending[0][0] <= life.since:
            _take_back(heappop(ending)[2], counted)
        entry = life.entry
        trace = entry.facts.activity_id in traced
        relived = Relived(life, tuple(replay([entry], choosing(entry), counted, trace=trace)))
        if life.until is not None:
            heappush(ending, (life.until, next(numbers), relived))
        yield relived
    while ending:
        _take_back(heappop(ending)[2], counted)


def _take_back(relived: Relived, tallies: Tallies) -> None:
    entry = relived.life.entry
    if any(isinstance(each.result, EvaluationError) for each in relived.found):
        return
    for each in relived.found:
        if isinstance(each.result, Evaluation):
            tally = tallies.of(each.ruleset.programme, entry.member_id)
            forget(tally, entry.facts, each.result)


def forget(tally: Tally, facts: Facts, evaluation: Evaluation) -> None:
    """Take an evaluation out of a tally again, as reversing it does."""
    tally.happened[facts.type].remove(facts.occurred_at)
    for award in evaluation.awards:
        tally.grants[award.rule_id].remove(facts.occurred_at)
        for use in award.uses:
            points, times = tally.spent(use.key)
            tally.spendings[use.key] = Spent(points - use.amount, times - use.times)
