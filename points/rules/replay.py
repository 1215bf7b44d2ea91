"""Scores many activities one after another, each on what those before it left.

The one way in which anything is scored again: back-tests, corrections and proofs all come here, and
it calls the very ``evaluate`` that scores live. Pure: what to score, in which order, and by which
version is the caller's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from points.rules.evaluate import evaluate, evaluate_deferred
from points.rules.facts import Facts
from points.rules.model import RuleSet
from points.rules.outcome import Deferred, Evaluation, EvaluationError, Spent, UsageKey
from points.rules.tally import Tally

Choose = Callable[[str, datetime], RuleSet | None]
"""Returns the version of a programme that holds for what happened at an instant, if any."""


class Entry(NamedTuple):
    """An activity and the member whose usage it counts against.

    Attributes:
        programmes: In which programmes its type counts.
        scored_at: When it was scored, where points may have been put off until before then.
        peers: In which measures of each programme members whom it names are enrolled.
        resumed: When what it had put off was granted in life, by programme and number.
        measures: In which measures of each programme the member is enrolled; in all when not said.
        closed: Of which measures of each programme the year was closed when it was scored.
    """

    member_id: str
    facts: Facts
    programmes: tuple[str, ...]
    measures: Mapping[str, AbstractSet[str]] | None = None
    scored_at: datetime | None = None
    peers: Mapping[str, Mapping[str, frozenset[str]]] | None = None
    resumed: Mapping[tuple[str, str], datetime] | None = None
    closed: Mapping[str, frozenset[str]] | None = None

    def facts_in(self, programme: str) -> Facts | None:
        """Return the facts with the programme's measures, or None where the member has none."""
        facts = self.facts
        if self.closed is not None:
            facts = replace(facts, closed=facts.closed | self.closed.get(programme, frozenset()))
        if self.measures is None and self.peers is None and facts.member_id:
            return facts
        if not facts.member_id:
            facts = replace(facts, member_id=self.member_id)
        if self.peers is not None:
            facts = replace(facts, peers=self.peers.get(programme, {}))
        if self.measures is None:
            return facts
        known = frozenset(self.measures.get(programme, ()))
        return replace(facts, measures=known) if known else None


class Replayed(NamedTuple):
    """What one programme's rules made of an entry.

    Attributes:
        result: The evaluation, or why the whole activity was set aside.
        resumed: What had been put off until its window opened, if that is what was scored.
    """

    entry: Entry
    ruleset: RuleSet
    result: Evaluation | EvaluationError
    resumed: Deferred | None = None


class PutOff(NamedTuple):
    """Points that wait for their window; in the order in which they are granted.

    Attributes:
        at: When they are granted: as they were in life, where that is known, else as soon as the
            window is open and what was scored together with theirs has been.
    """

    at: datetime
    until: datetime
    activity_id: str
    programme: str
    number: str
    put_off: Deferred
    entry: Entry


@dataclass(slots=True)
class Tallies:
    """What each member was granted so far, in each programme, and what members share."""

    kept: dict[tuple[str, str], Tally] = field(default_factory=dict)
    shared: dict[str, dict[UsageKey, Spent]] = field(default_factory=dict)
    waiting: list[PutOff] = field(default_factory=list)

    def of(self, programme: str, member_id: str) -> Tally:
        """Return the tally of a member in a programme; a new one begins empty."""
        key = (programme, member_id)
        tally = self.kept.get(key)
        if tally is None:
            shared = self.shared.setdefault(programme, {})
            tally = Tally(shared=shared, peers=partial(self.of, programme))
            self.kept[key] = tally
        return tally

    def put_off(self, entry: Entry, programme: str, found: Evaluation, before: str = "") -> None:
        """Keep what an evaluation put off until its window opens, numbered as it is stored."""
        scored_at = entry.scored_at or entry.facts.received_at
        lived = entry.resumed or {}
        for number, each in zip(numbers(before), found.deferred, strict=False):
            soon = max(each.until, scored_at + _MOMENT)
            at = lived.get((programme, number), soon)
            activity = entry.facts.activity_id
            heappush(self.waiting, PutOff(at, each.until, activity, programme, number, each, entry))


_MOMENT = timedelta(microseconds=1)


def numbers(before: str = "") -> Iterator[str]:
    """Yield names that sort in the order in which an evaluation puts points off.

    What is put off again counts on behind the name that it had before.
    """
    return (f"{before}.{each:02}" if before else f"{each:02}" for each in count(1))


def replay(
    entries: Iterable[Entry],
    choose: Choose,
    tallies: Tallies | None = None,
    *,
    trace: bool = False,
    until: datetime | None = None,
) -> Iterator[Replayed]:
    """Yield what the rules make of each entry in turn, for every programme that its type counts in.

    Points that a cap put off are granted as soon as their window is open, before what is scored
    then; in life a worker did that when it came round, and an entry may say when. An entry was
    scored at its ``scored_at``, or else when it was received.

    Args:
        entries: In the order in which they count, which is the order in which they were scored.
        choose: Chooses the version by when the activity happened.
        tallies: What was granted before, and where to add what is granted now.
        trace: Whether evaluations carry their trace.
        until: Up to when points that were put off are granted after the last entry, if at all.
    """
    counted = Tallies() if tallies is None else tallies
    for entry in entries:
        if counted.waiting:
            now = entry.scored_at or entry.facts.received_at
            yield from _resume(choose, counted, now, trace=trace)
        yield from _score(entry, choose, counted, trace=trace)
    if until is not None:
        yield from _resume(choose, counted, until, trace=trace)


def _resume(choose: Choose, tallies: Tallies, now: datetime, *, trace: bool) -> Iterator[Replayed]:
    while tallies.waiting and tallies.waiting[0].at <= now:
        waited = heappop(tallies.waiting)
        entry, programme = waited.entry, waited.programme
        ruleset = choose(programme, entry.facts.occurred_at)
        facts = entry.facts_in(programme)
        if ruleset is None or facts is None:
            continue
        tally = tallies.of(programme, entry.member_id)
        result: Evaluation | EvaluationError
        try:
            result = evaluate_deferred(facts, ruleset, tally, waited.put_off, trace=trace)
        except EvaluationError as error:
            result = error
        else:
            tally.grant(facts, result)
            tallies.put_off(entry, programme, result, waited.number)
        yield Replayed(entry=entry, ruleset=ruleset, result=result, resumed=waited.put_off)


def _score(entry: Entry, choose: Choose, tallies: Tallies, *, trace: bool) -> list[Replayed]:
    found: list[Replayed] = []
    counting: list[tuple[Tally, Evaluation]] | None = []
    for programme in entry.programmes:
        facts = entry.facts_in(programme)
        ruleset = choose(programme, entry.facts.occurred_at)
        if facts is None or ruleset is None:
            continue
        tally = tallies.of(programme, entry.member_id)
        result: Evaluation | EvaluationError
        try:
            result = evaluate(facts, ruleset, tally, trace=trace)
        except EvaluationError as error:
            # One failure sets the whole activity aside, in every programme.
            result, counting = error, None
        else:
            if counting is not None:
                counting.append((tally, result))
        found.append(Replayed(entry=entry, ruleset=ruleset, result=result))
    for each, (tally, evaluation) in zip(found, counting or (), strict=False):
        tally.record(entry.facts, evaluation)
        if evaluation.deferred:
            tallies.put_off(entry, each.ruleset.programme, evaluation)
    return found
