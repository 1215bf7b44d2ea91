"""Scores many activities one after another, each on what those before it left.

The one way in which anything is scored again: back-tests, corrections and proofs all come here, and
it calls the very ``evaluate`` that scores live. Pure: what to score, in which order, and by which
version is the caller's.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple

from points.rules.evaluate import evaluate
from points.rules.facts import Facts, Tally
from points.rules.model import RuleSet
from points.rules.outcome import Evaluation, EvaluationError

Choose = Callable[[str, datetime], RuleSet | None]
"""Returns the version of a programme that holds for what happened at an instant, if any."""


class Entry(NamedTuple):
    """An activity and the member whose usage it counts against.

    Attributes:
        programmes: In which programmes its type counts.
        measures: In which measures of each programme the member is enrolled; in all when not said.
    """

    member_id: str
    facts: Facts
    programmes: tuple[str, ...]
    measures: Mapping[str, AbstractSet[str]] | None = None

    def facts_in(self, programme: str) -> Facts | None:
        """Return the facts with the programme's measures, or None where the member has none."""
        if self.measures is None:
            return self.facts
        known = frozenset(self.measures.get(programme, ()))
        return replace(self.facts, measures=known) if known else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """What one programme's rules made of an entry.

    Attributes:
        result: The evaluation, or why the whole activity was set aside.
    """

    entry: Entry
    ruleset: RuleSet
    result: Evaluation | EvaluationError


@dataclass(slots=True)
class Tallies:
    """What each member was granted so far, in each programme."""

    kept: dict[tuple[str, str], Tally] = field(default_factory=dict)

    def of(self, programme: str, member_id: str) -> Tally:
        """Return the tally of a member in a programme; a new one begins empty."""
        key = (programme, member_id)
        tally = self.kept.get(key)
        if tally is None:
            tally = self.kept[key] = Tally()
        return tally


def replay(
    entries: Iterable[Entry],
    choose: Choose,
    tallies: Tallies | None = None,
    *,
    trace: bool = False,
) -> Iterator[Replayed]:
    """Yield what the rules make of each entry in turn, for every programme that its type counts in.

    Args:
        entries: In the order in which they count, which is the order in which they were scored.
        choose: Chooses the version by when the activity happened.
        tallies: What was granted before, and where to add what is granted now.
        trace: Whether evaluations carry their trace.
    """
    counted = Tallies() if tallies is None else tallies
    for entry in entries:
        yield from _score(entry, choose, counted, trace=trace)


def _score(entry: Entry, choose: Choose, tallies: Tallies, *, trace: bool) -> Iterator[Replayed]:
    found = []
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
            result = error
        found.append(Replayed(entry=entry, ruleset=ruleset, result=result))
    # One failure sets the whole activity aside, in every programme.
    failed = any(isinstance(each.result, EvaluationError) for each in found)
    if not failed:
        for each in found:
            if isinstance(each.result, Evaluation):
                tallies.of(each.ruleset.programme, entry.member_id).record(entry.facts, each.result)
    yield from found
