"""What leaves with a file of activities: no more than rules ask about."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from points.flows.backtest.source import Item
from points.rules import Entry, RuleSet
from points.rules.windows import midnight


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What of an activity is written down besides what has no words of people in it.

    Attributes:
        texts: Fields of free text, as ``volunteer.shift.site``.
        numbers: Whether the sources' own numbers are, to which other activities may refer.
    """

    texts: frozenset[str] = frozenset()
    numbers: bool = False

    @classmethod
    def for_rules(cls, rulesets: Iterable[RuleSet]) -> "Kept":
        """Return what these rules ask about."""
        rules = [rule for ruleset in rulesets for rule in ruleset.rules]
        texts: set[str] = set()
        for rule in rules:
            limits = (*rule.caps, *((rule.group,) if rule.group else ()))
            paths = (*rule.reads, *(limit.per or "" for limit in limits))
            named = [path.removeprefix("event.") for path in paths if path.startswith("event.")]
            named += [name for _, name in rule.references]
            texts.update(f"{rule.type.name}.{name}" for name in named)
        return cls(texts=frozenset(texts), numbers=any(rule.references for rule in rules))


def entries_between(
    items: Iterable[Item],
    zone: ZoneInfo,
    since: date | None,
    until: date | None,
    *,
    tell: Callable[[], None] = lambda: None,
) -> Iterator[Entry]:
    """Yield what happened from a local day on and before another.

    Args:
        items: In the order in which they were scored, which stays.
        zone: Of the days.
        since: The first day, if there is one.
        until: The first day that is no longer in it, if there is one.
        tell: Called for each item.
    """
    begins = None if since is None else midnight(since, zone)
    ends = None if until is None else midnight(until, zone)
    for item in items:
        tell()
        at = item.entry.facts.occurred_at
        if (begins is None or begins <= at) and (ends is None or at < ends):
            yield item.entry
