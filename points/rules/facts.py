"""What scoring looks at: one activity with its member's snapshot, and what was granted before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from points.kernel.ensure import ensure
from points.rules.model import Cap, Group, Rule, RuleSet
from points.rules.outcome import Evaluation, Spent, UsageKey
from points.rules.scope import MEMBER_FIELDS
from points.rules.windows import window_key


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One activity, ready to be scored.

    Attributes:
        activity_id: Its id; also the key of windows of one activity.
        type: Its activity type.
        occurred_at: When it happened; decides windows and versions.
        received_at: When it arrived; decides only whether it is late.
        source: Who says so.
        fields: As ``ActivityType.normalise`` returns them.
        member: As ``member_snapshot`` returns it: what the member was when it happened.
        measures: Which measures the member is enrolled in; all when not said.
    """

    activity_id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    source: str
    fields: Mapping[str, Any]
    member: Mapping[str, Any]
    measures: frozenset[str] | None = None

    def __post_init__(self) -> None:
        ensure(self.occurred_at.tzinfo and self.received_at.tzinfo, "instants carry their zone")


def member_snapshot(fields: Mapping[str, object]) -> dict[str, Any]:
    """Return a member's fields in their one form; what is not known is false, empty or left out.

    Raises:
        ValueError: A field is unknown, or its value does not fit.
    """
    if unknown := sorted(set(fields) - set(MEMBER_FIELDS)):
        raise ValueError(f"no member field {', '.join(unknown)}")
    snapshot: dict[str, Any] = {}
    for name, spec in MEMBER_FIELDS.items():
        value = fields.get(name)
        if value is None and spec.kind in _UNSAID:
            value = _UNSAID[spec.kind]
        if value is not None:
            snapshot[name] = spec.read(value)
    return snapshot


_UNSAID: Mapping[str, object] = {"boolean": False, "list": ()}


class Usage(Protocol):
    """What was granted and what happened before, for one member."""

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key."""
        ...

    def granted_between(self, rule_id: str, after: datetime, before: datetime) -> bool:
        """Return whether a rule granted something for an activity strictly between two instants."""
        ...

    def count(self, activity_type: str, since: datetime, until: datetime) -> int:
        """Return how many activities of a type happened from an instant up to another."""
        ...


@dataclass(slots=True)
class Tally:
    """Usage in memory, filled from a store or by what was scored before."""

    spendings: dict[UsageKey, Spent] = field(default_factory=dict)
    grants: dict[str, list[datetime]] = field(default_factory=dict)
    happened: dict[str, list[datetime]] = field(default_factory=dict)

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key."""
        return self.spendings.get(key, _NOTHING)

    def granted_between(self, rule_id: str, after: datetime, before: datetime) -> bool:
        """Return whether a rule granted something strictly between two instants."""
        return any(after < at < before for at in self.grants.get(rule_id, ()))

    def count(self, activity_type: str, since: datetime, until: datetime) -> int:
        """Return how many activities of a type happened from an instant up to another."""
        return sum(since <= at < until for at in self.happened.get(activity_type, ()))

    def record(self, facts: Facts, evaluation: Evaluation) -> None:
        """Add what an evaluation granted, as posting it would."""
        self.happened.setdefault(facts.type, []).append(facts.occurred_at)
        for award in evaluation.awards:
            self.grants.setdefault(award.rule_id, []).append(facts.occurred_at)
            for use in award.uses:
                points, times = self.spent(use.key)
                self.spendings[use.key] = Spent(points + use.amount, times + use.times)


_NOTHING = Spent()


class GrantQuery(NamedTuple):
    """Asks whether a rule granted something strictly between two instants."""

    rule_id: str
    after: datetime
    before: datetime


class HistoryQuery(NamedTuple):
    """Asks how many activities of a type happened from an instant up to another."""

    activity_type: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What has to be loaded before an activity can be scored."""

    keys: frozenset[UsageKey] = frozenset()
    grants: frozenset[GrantQuery] = frozenset()
    histories: frozenset[HistoryQuery] = frozenset()


def usage_keys(facts: Facts, ruleset: RuleSet) -> Needs:
    """Return what scoring an activity may ask of its member's usage."""
    at = facts.occurred_at
    local = at.astimezone(ruleset.zone).date()
    rules = ruleset.by_type.get(facts.type, ())
    return Needs(
        keys=frozenset(key for rule in rules for key in _rule_keys(rule, facts, local)),
        grants=frozenset(
            GrantQuery(rule.id, at - rule.cooldown, at + rule.cooldown)
            for rule in rules
            if rule.cooldown
        ),
        histories=frozenset(
            HistoryQuery(name, at - back, at) for rule in rules for name, back in rule.histories
        ),
    )


def _rule_keys(rule: Rule, facts: Facts, local: date) -> Iterable[UsageKey]:
    counting = rule.group is not None and rule.group.mode != "stack"
    for limit in (*rule.caps, *((rule.group,) if rule.group and counting else ())):
        name = limit.key if isinstance(limit, Group) else limit.id
        window = window_of(limit, facts, local)
        for measure in rule.measures:
            yield UsageKey(name, measure, window)


def window_of(limit: Cap | Group, facts: Facts, local: date) -> str:
    """Return the key of the window in which a cap or group counts an activity."""
    if limit.window == "activity":
        return facts.activity_id
    key = window_key(limit.window, limit.years, local)
    if limit.per is None:
        return key
    root, _, name = limit.per.partition(".")
    value = (facts.fields if root == "event" else facts.member).get(name, "")
    return f"{key}/{value}"
