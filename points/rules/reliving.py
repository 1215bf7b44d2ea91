"""Scores a member's activities once more as life went: reversals give room back when they came.

Where :func:`points.rules.replay.replay` answers what would stand, this answers what was seen then.
Pure, and it scores by the same ``replay``.
"""

from collections.abc import Callable, Container, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from heapq import heapify, heappop, heappush
from typing import NamedTuple

from points.rules.outcome import Evaluation
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
    """What an entry came to when it was scored.

    Attributes:
        before: What counted by then; only where its evaluations carry their trace.
    """

    life: Life
    found: tuple[Replayed, ...]
    before: Tallies | None = None


Choosing = Callable[[Entry], Choose]
"""Returns how an entry's versions are chosen."""


@dataclass(slots=True)
class _Course:
    """Life as it goes on: what counts, and what will be taken back when.

    Attributes:
        came_to: What each activity that is still to be reversed came to, later windows included.
    """

    choosing: Choosing
    tallies: Tallies
    traced: Container[str]
    ending: list[tuple[datetime, int, Life]] = field(default_factory=list)
    came_to: dict[str, list[Replayed]] = field(default_factory=dict)

    def score(self, life: Life) -> Relived:
        """Score an entry on what counts by then."""
        name = life.entry.facts.activity_id
        if life.until is not None:
            self.came_to[name] = []
            heappush(self.ending, (life.until, len(self.came_to), life))
        entry = life.entry._replace(scored_at=life.since)
        choose, trace = self.choosing(entry), name in self.traced
        before = deepcopy(self.tallies) if trace else None
        found = list(replay([entry], choose, self.tallies, trace=trace))
        for each in found:
            kept = self.came_to.get(each.entry.facts.activity_id)
            if kept is not None:
                kept.append(each)
        own = tuple(each for each in found if each.resumed is None)
        return Relived(life, own, before)

    def until(self, moment: datetime | None) -> None:
        """Take back what was reversed up to a moment, or ever."""
        while self.ending and (moment is None or self.ending[0][0] <= moment):
            self._take_back(heappop(self.ending)[2].entry)

    def _take_back(self, entry: Entry) -> None:
        name = entry.facts.activity_id
        found = self.came_to.pop(name)
        waiting = [each for each in self.tallies.waiting if each.activity_id != name]
        heapify(waiting)
        self.tallies.waiting[:] = waiting
        granted = [(each, each.result) for each in found if isinstance(each.result, Evaluation)]
        if len(granted) < len(found):
            return  # one failure set the whole activity aside: nothing was counted
        for each, result in granted:
            tally = self.tallies.of(each.ruleset.programme, entry.member_id)
            tally.forget(entry.facts, result, happened=each.resumed is None)


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
    course = _Course(choosing, Tallies() if tallies is None else tallies, traced)
    for life in lives:
        course.until(life.since)
        yield course.score(life)
    course.until(None)
