"""Writes a case from what really happened: the event, what of the past mattered, what came of it.

Nothing personal is in it: no ids, no texts that somebody typed, of the member only what rules see.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from points.rules.activity_types import FieldSpec
from points.rules.cases.activities import ME
from points.rules.cases.comparison import forgone_of, points_of
from points.rules.covering.branches import expressions_of
from points.rules.facts import Facts
from points.rules.model import Rule, RuleSet
from points.rules.outcome import Evaluation, EvaluationError
from points.rules.replay import Entry, Tallies, replay
from points.rules.scope import MEMBER_FIELDS
from points.rules.syntax import Literal, Tree, walk

TRIES_MAX = 400
"""So many parts of a past are tried to be left out, one after another; a longer one stays long."""

Outcome = Evaluation | EvaluationError


def scaffold(
    name: str, past: Iterable[Facts], facts: Facts, ruleset: RuleSet
) -> Mapping[str, Any] | None:
    """Return a case as plain values, ready to be written, or None where it cannot be one.

    It cannot where leaving out what is personal changes what comes of it.

    Args:
        name: What to call it.
        past: The member's earlier activities in the order in which they counted.
        facts: The activity.
        ruleset: By which rules the case will be run; those that scored the activity.
    """
    clean = _Cleaning(ruleset)
    kept = [clean.facts(each) for each in past if ruleset.in_force(each.occurred_at)]
    event = clean.facts(facts)
    expected = _signature(_outcome(kept, event, ruleset))
    if expected != _signature(_outcome(list(past), facts, ruleset)):
        return None
    kept = _reduced(kept, lambda some: _signature(_outcome(some, event, ruleset)) == expected)
    outcome = _outcome(kept, event, ruleset)
    return {
        "name": name,
        "member": _member(event.member),
        **({"history": [_activity(each, event, ruleset) for each in kept]} if kept else {}),
        "event": _activity(event, event, ruleset),
        "expect": _expectation(outcome, ruleset),
    }


def _outcome(past: Iterable[Facts], facts: Facts, ruleset: RuleSet) -> Outcome:
    tallies, programmes = Tallies(), (ruleset.programme,)
    entries = [
        Entry(each.member_id or ME, each, programmes, scored_at=each.received_at)
        for each in (*past, facts)
    ]
    found = [
        each
        for each in replay(entries, lambda _, __: ruleset, tallies)
        if each.entry is entries[-1] and each.resumed is None
    ]
    return found[-1].result


def _signature(outcome: Outcome) -> Any:  # noqa: ANN401 - anything that can be compared
    """Return what a case says of an outcome."""
    if isinstance(outcome, EvaluationError):
        return outcome.code
    return (
        points_of([outcome]),
        sorted(outcome.capped),
        {each.rule_id: each.reason for each in outcome.refused},
        forgone_of(outcome),
        outcome.effects,
        outcome.review.level,
        outcome.review.late,
    )


def _reduced(past: list[Facts], enough: Callable[[list[Facts]], bool]) -> list[Facts]:
    """Return the entries that matter: what can be left out without a difference, is."""
    step = max(1, len(past) // 2)
    while step and len(past) <= TRIES_MAX * step:
        start = 0
        while start < len(past):
            fewer = past[:start] + past[start + step :]
            if enough(fewer):
                past = fewer
            else:
                start += step
        step //= 2
    return past


class _Cleaning:
    """Renames what could tell who somebody is; the same name becomes the same again."""

    def __init__(self, ruleset: RuleSet) -> None:
        self.names: dict[tuple[str, str], str] = {}
        self.types, self.spoken = ruleset.types.types, _spoken(ruleset)

    def facts(self, facts: Facts) -> Facts:
        """Return the same activity as one of nobody in particular."""
        kind, me = self.types[facts.type].fields, facts.member_id
        fields = {name: self._value(kind[name], value, me) for name, value in facts.fields.items()}
        member = {n: self._value(MEMBER_FIELDS[n], v, me) for n, v in facts.member.items()}
        return Facts(
            activity_id=self._named("a", facts.activity_id),
            type=facts.type,
            occurred_at=facts.occurred_at,
            received_at=facts.received_at,
            source=facts.source,
            fields=fields,
            member=member,
            measures=facts.measures,
            member_id=ME,
            external_id=self._named("n", facts.external_id) if facts.external_id else "",
            day_kind=facts.day_kind,
            proved=facts.proved,
            closed=facts.closed,
        )

    def _value(self, spec: FieldSpec, value: Any, me: str) -> Any:  # noqa: ANN401 - a field's value
        if spec.kind not in ("text", "member") or value in self.spoken:
            return value
        if value == me:
            return ME
        return self._named("n", value)

    def _named(self, kind: str, value: str) -> str:
        known = self.names.get((kind, value))
        if known is None:
            count = sum(1 for each, _ in self.names if each == kind)
            known = self.names[kind, value] = f"{kind}{count + 1}"
        return known


def _spoken(ruleset: RuleSet) -> set[object]:
    """Return the texts that the rules themselves name; they are nobody's secret."""
    trees = [tree for rule in ruleset.rules for tree in _trees(rule)] + [*ruleset.lets.values()]
    parts = (part for tree in trees for part in walk(tree))
    return {part.value for part in parts if isinstance(part, Literal)}


def _trees(rule: Rule) -> Iterable[Tree]:
    for _, compiled, _ in expressions_of(rule):
        yield compiled.tree
    for multiplier in rule.multipliers:
        yield multiplier.when.tree
    for row in rule.table.rows if rule.table else ():
        yield from (cell.tree for cell in row.when)


def _member(member: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _plain(value) for name, value in member.items() if value not in (False, (), [])}


def _activity(facts: Facts, event: Facts, ruleset: RuleSet) -> dict[str, Any]:
    said: dict[str, Any] = {"at": _local(facts.occurred_at, ruleset.zone)}
    if facts.received_at != facts.occurred_at:
        said["received"] = _local(facts.received_at, ruleset.zone)
    said |= {"type": facts.type, "source": facts.source}
    if facts.external_id:
        said["number"] = facts.external_id
    if facts.day_kind:
        said["day"] = facts.day_kind
    if not facts.proved:
        said["proved"] = False
    if facts.member != event.member:
        said["member"] = _member(facts.member)
    return said | {"fields": {name: _plain(value) for name, value in facts.fields.items()}}


def _expectation(outcome: Outcome, ruleset: RuleSet) -> dict[str, Any]:
    said: dict[str, Any] = {"version": ruleset.version}
    if isinstance(outcome, EvaluationError):
        return said | {"error": outcome.code}
    said["awards"] = points_of([outcome])
    if outcome.capped:
        said["capped"] = sorted(outcome.capped)
    if outcome.refused:
        said["refused"] = {each.rule_id: each.reason for each in outcome.refused}
    if forgone := forgone_of(outcome):
        said["forgone"] = forgone
    if outcome.effects:
        said["effects"] = {each.rule_id: each.kind for each in outcome.effects}
    return said | {"review": outcome.review.level}


def _local(moment: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone).replace(tzinfo=None)
    return local.isoformat(timespec="auto" if local.second or local.microsecond else "minutes")


def _plain(value: Any) -> Any:  # noqa: ANN401 - a field's value
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value()
        return int(value) if whole else float(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
