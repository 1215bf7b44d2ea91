"""What a new activity is worth a look for: who has to review it, and what they should know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points.activities.model import BACKFILL_AFTER
from points.flows.context import RuleBook
from points.members.model import Member
from points.rules import (
    ActivityType,
    EvaluationError,
    Facts,
    Rule,
    RuleSet,
    Tally,
    evaluate,
    member_snapshot,
)

FALLBACK = "association"
"""Who looks where no rule says who."""

SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Screening:
    """What was found.

    Attributes:
        reviewers: Who may look first; empty where nobody has to.
        second_needed: Whether two people have to approve.
        flags: ``late``, ``backfill``, ``batch``, ``no_rules``, ``no_award``, ``rule_failed``.
    """

    reviewers: tuple[str, ...] = ()
    second_needed: bool = False
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An activity as it comes in.

    Attributes:
        fields: As ``ActivityType.normalise`` returns them.
        trusted: Whether the source proved that it is the source; rules say which they trust.
        batch: Whether it came with a sheet.
    """

    activity_id: str
    kind: ActivityType
    member: Member
    source: str
    occurred_at: datetime
    received_at: datetime
    fields: Mapping[str, Any]
    trusted: bool
    batch: bool


def screen(arrival: Arrival, rules: RuleBook) -> Screening:
    """Return who has to review an activity before it is scored.

    It is scored for a try with nothing granted before, which is the most that it can be worth: a
    second review is never missed because a cap happened to be full.
    """
    reviewers: list[str] = []
    flags: list[str] = []
    second = False
    for programme in sorted(arrival.member.programmes.intersection(arrival.kind.programmes)):
        ruleset = rules.in_force(programme, arrival.occurred_at)
        found = _NO_RULES if ruleset is None else _screen_one(arrival, ruleset)
        reviewers.extend(found.reviewers)
        flags.extend(found.flags)
        second = second or found.second_needed
    if reviewers:
        # Sheets and backfills are where hours were invented elsewhere: two people look.
        if arrival.batch:
            flags.append("batch")
        if arrival.received_at - arrival.occurred_at > BACKFILL_AFTER:
            flags.append("backfill")
        second = second or not {"batch", "backfill"}.isdisjoint(flags)
    return Screening(
        reviewers=tuple(dict.fromkeys(reviewers)),
        second_needed=second,
        flags=tuple(dict.fromkeys(flags)),
    )


_NO_RULES = Screening(reviewers=(FALLBACK,), flags=("no_rules",))
_RULE_FAILED = Screening(reviewers=(FALLBACK,), flags=("rule_failed",))


def _screen_one(arrival: Arrival, ruleset: RuleSet) -> Screening:
    facts = Facts(
        activity_id=arrival.activity_id,
        type=arrival.kind.name,
        occurred_at=arrival.occurred_at,
        received_at=arrival.received_at,
        source=arrival.source,
        fields=arrival.fields,
        member=member_snapshot(arrival.member.profile.facts()),
    )
    try:
        found = evaluate(facts, ruleset, Tally(), trace=False)
    except EvaluationError:
        return _RULE_FAILED
    awarded = {award.rule_id for award in found.awards}
    # A rule that looks at history may grant later what it does not grant now.
    involved = [
        rule
        for rule in ruleset.by_type.get(arrival.kind.name, ())
        if rule.id in awarded or rule.histories
    ]
    reviewers = [
        FALLBACK if rule.review.first == SYSTEM else rule.review.first
        for rule in involved
        if found.review.late or not _vouched(rule, arrival)
    ]
    if not involved and not arrival.trusted:
        return Screening(reviewers=(FALLBACK,), flags=("no_award",))
    second = found.review.level == "second"
    return Screening(
        reviewers=tuple(reviewers) or ((FALLBACK,) if second else ()),
        second_needed=second,
        flags=("late",) if found.review.late else (),
    )


def _vouched(rule: Rule, arrival: Arrival) -> bool:
    """Return whether a rule takes the source's word, or asks nobody at all."""
    if arrival.trusted and arrival.source in rule.review.trusted:
        return True
    return rule.review.first == SYSTEM and not rule.review.trusted
