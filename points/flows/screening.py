"""What a new activity is worth a look for: who has to review it, and what they should know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

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
        flags: ``late``, ``backfill``, ``batch``, ``over_quota``, ``no_rules``, ``no_award``,
            ``rule_failed``, ``closed_year``.
        worth: The most points that it can come to: the largest measure of each programme.
    """

    reviewers: tuple[str, ...] = ()
    second_needed: bool = False
    flags: tuple[str, ...] = ()
    worth: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An activity as it comes in.

    Attributes:
        fields: As ``ActivityType.normalise`` returns them.
        trusted: Whether the source proved that it is the source; rules say which they trust.
        batch: Whether it came with a sheet.
        backfill: Whether it was filed long after it happened.
        over_quota: Whether there is more of its kind than a day's quota holds.
        day_kind: What the working calendar calls its day.
        closed: Whether it happened in a year that is closed for the member.
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
    backfill: bool = False
    over_quota: bool = False
    day_kind: str | None = None
    closed: bool = False


def screen(arrival: Arrival, rules: RuleBook) -> Screening:
    """Return who has to review an activity before it is scored.

    It is scored for a try with nothing granted before, which is the most that it can be worth: a
    second review is never missed because a cap happened to be full.
    """
    reviewers: list[str] = []
    flags: list[str] = []
    second, worth = False, 0
    for programme in sorted(arrival.member.programmes.intersection(arrival.kind.programmes)):
        ruleset = rules.in_force(programme, arrival.occurred_at)
        found = _NO_RULES if ruleset is None else _screen_one(arrival, ruleset)
        reviewers.extend(found.reviewers)
        flags.extend(found.flags)
        second, worth = second or found.second_needed, worth + found.worth
    # Sheets and backfills are where hours were invented elsewhere: two people look. Nobody vouches
    # for a sheet, whatever a rule says of its source: whoever hands it in may have typed it.
    # Nor does anything that comes after its year was closed go by without somebody looking.
    if arrival.batch or arrival.over_quota or arrival.closed:
        reviewers = reviewers or [FALLBACK]
    if arrival.batch:
        flags.append("batch")
    if arrival.over_quota:
        flags.append("over_quota")
    if arrival.closed:
        flags.append("closed_year")
    if reviewers and arrival.backfill:
        flags.append("backfill")
    second = second or not {"batch", "backfill", "over_quota"}.isdisjoint(flags)
    return Screening(
        reviewers=tuple(dict.fromkeys(reviewers)),
        second_needed=second,
        flags=tuple(dict.fromkeys(flags)),
        worth=worth,
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
        member_id=arrival.member.member_id,
        day_kind=arrival.day_kind,
        proved=arrival.trusted,
    )
    try:
        found = evaluate(facts, ruleset, Tally(), trace=False)
    except EvaluationError:
        return _RULE_FAILED
    awarded = {award.rule_id for award in found.awards}
    awarded |= {effect.rule_id for effect in found.effects}
    # A rule that looks at the past may grant later what it does not grant now.
    involved = [
        rule
        for rule in ruleset.by_type.get(arrival.kind.name, ())
        if rule.id in awarded or rule.histories or rule.streaks or rule.references
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
        worth=max(found.totals.values(), default=0),
    )


def _vouched(rule: Rule, arrival: Arrival) -> bool:
    """Return whether a rule takes the source's word, or asks nobody at all."""
    if rule.effect is not None:
        return False
    if arrival.trusted and arrival.source in rule.review.trusted:
        return True
    return rule.review.first == SYSTEM and not rule.review.trusted
