"""Who has to look at the awards of an activity."""

from collections.abc import Sequence
from functools import lru_cache

from points.rules.facts import Facts
from points.rules.model import ReviewPolicy, Rule
from points.rules.outcome import Award, Review

LEVELS = ("none", "first", "second")
SYSTEM = "system"
FALLBACK = "association"
"""Who looks when the system decides but may not: a late or untrusted activity."""


def review_of(
    facts: Facts, awards: Sequence[tuple[Rule, Award]], effects: Sequence[Rule] = ()
) -> Review:
    """Return the strictest review that any of the awards or effects asks for.

    A veto or a freeze always takes two people, whatever its rule says. What happened in a year that
    is closed already takes one, so that it never goes away in silence.
    """
    level, days, late = 0, 0, False
    reviewers: list[str] = []
    for rule, award in awards:
        overdue = _late(rule, facts)
        asked = _level(rule.review, facts, award, overdue=overdue)
        level, late = max(level, asked), late or overdue
        days = max(days, rule.review.publicity_days)
        if asked:
            reviewers.append(_first(rule))
    for rule in effects:
        level, late = 2, late or _late(rule, facts)
        days = max(days, rule.review.publicity_days)
        reviewers.append(_first(rule))
    if facts.closed:
        level = max(level, 1)
        reviewers = reviewers or [FALLBACK]
    return _review(level, tuple(reviewers), days, late=late, closed=bool(facts.closed))


def _first(rule: Rule) -> str:
    return FALLBACK if rule.review.first == SYSTEM else rule.review.first


@lru_cache(maxsize=1024)
def _review(
    level: int, reviewers: tuple[str, ...], days: int, *, late: bool, closed: bool
) -> Review:
    return Review(
        level=LEVELS[level],
        reviewers=tuple(dict.fromkeys(reviewers)),
        publicity_days=days,
        late=late,
        closed=closed,
    )


def _late(rule: Rule, facts: Facts) -> bool:
    if rule.late_after is None:
        return False
    return rule.late_after.passed(facts.occurred_at, facts.received_at)


def _level(policy: ReviewPolicy, facts: Facts, award: Award, *, overdue: bool) -> int:
    above = policy.second_above
    if above is not None and max(award.points.values()) > above:
        return 2
    if overdue:
        return 1
    if facts.source in policy.trusted:
        return 0
    # The system can vouch only for the sources that it trusts; without a list it vouches for all.
    return 0 if policy.first == SYSTEM and not policy.trusted else 1
