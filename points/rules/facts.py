"""What scoring looks at: one activity with its member's snapshot, and what was granted before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol

from points.kernel.ensure import ensure
from points.rules.days import DAY_KINDS, WEEKEND, WORKDAY
from points.rules.history import REFERENCE_BACK, streak_span
from points.rules.model import Cap, Group, Rule, RuleSet
from points.rules.outcome import Spent, UsageKey
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
        member_id: Who did it, so that nobody is their own peer.
        external_id: The source's own number, by which later activities may refer to this one.
        day_kind: What the working calendar called its local day (``DAY_KINDS``), kept with the
            activity; by the weekday when not said.
        proved: Whether the source proved that it is the source.
        peers: In which measures each member that the activity names is enrolled; all when not said.
        closed: Measures whose year is closed already.
    """

    activity_id: str
    type: str
    occurred_at: datetime
    received_at: datetime
    source: str
    fields: Mapping[str, Any]
    member: Mapping[str, Any]
    measures: frozenset[str] | None = None
    member_id: str = ""
    external_id: str = ""
    day_kind: str | None = None
    proved: bool = True
    peers: Mapping[str, frozenset[str]] | None = None
    closed: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        ensure(self.occurred_at.tzinfo and self.received_at.tzinfo, "instants carry their zone")
        ensure(self.day_kind is None or self.day_kind in DAY_KINDS, "a day is of a known kind")

    def kind_of_day(self, local: date) -> str:
        """Return what kind of day it was, where its local day is known."""
        if self.day_kind is not None:
            return self.day_kind
        return WORKDAY if local.isoweekday() < _SATURDAY else WEEKEND

    def peer(self, rule: Rule) -> str:
        """Return the peer who gets a rule's points; empty where it names none, or oneself."""
        named = self.fields.get(rule.to, "") if rule.to else ""
        return "" if named == self.member_id else str(named)


_SATURDAY = 6


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
    """What was granted and what happened before, as one member's scoring sees it."""

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key; its holder says whose count that is."""
        ...

    def granted_between(
        self, rule_id: str, after: datetime, before: datetime, peer: str = ""
    ) -> bool:
        """Return whether a rule granted something for an activity strictly between two instants.

        It is asked of the member, or of the peer who would get the points.
        """
        ...

    def happened(self, activity_type: str, since: datetime, until: datetime) -> Iterable[datetime]:
        """Return when scored activities of a type happened, from an instant up to another."""
        ...

    def awarded(self, rule_id: str, external_id: str, since: datetime, until: datetime) -> int:
        """Return what a rule granted the member for activities under a source's number.

        Of several measures it is the largest. They happened from an instant up to another.
        """
        ...


class Reference(NamedTuple):
    """What a rule granted for an activity that later ones may refer to by its number."""

    occurred_at: datetime
    measure: str
    points: int


def referred(found: Iterable[Reference], since: datetime, until: datetime) -> int:
    """Return what was granted for activities of a span, in the measure that got most."""
    sums: dict[str, int] = {}
    for each in found:
        if since <= each.occurred_at < until:
            sums[each.measure] = sums.get(each.measure, 0) + each.points
    return max(sums.values(), default=0)


PEER = "member:"
BRANCH = "branch:"
PROGRAMME = "programme"


class GrantQuery(NamedTuple):
    """Asks whether a rule granted something strictly between two instants; to a peer, if named."""

    rule_id: str
    after: datetime
    before: datetime
    peer: str = ""


class HistoryQuery(NamedTuple):
    """Asks when activities of a type happened, from an instant up to another."""

    activity_type: str
    since: datetime
    until: datetime


class ReferenceQuery(NamedTuple):
    """Asks what a rule granted for the activity of a number, from an instant up to another."""

    rule_id: str
    external_id: str
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What has to be loaded before an activity can be scored.

    Attributes:
        peers: Members whom the activity names, and who may get points.
    """

    keys: frozenset[UsageKey] = frozenset()
    grants: frozenset[GrantQuery] = frozenset()
    histories: frozenset[HistoryQuery] = frozenset()
    references: frozenset[ReferenceQuery] = frozenset()
    peers: frozenset[str] = frozenset()


def usage_keys(facts: Facts, ruleset: RuleSet) -> Needs:
    """Return what scoring an activity may ask of its member's usage."""
    at = facts.occurred_at
    local = at.astimezone(ruleset.zone)
    rules = ruleset.by_type.get(facts.type, ())
    return Needs(
        keys=frozenset(key for rule in rules for key in rule_keys(rule, facts, local.date())),
        grants=frozenset(
            GrantQuery(rule.id, at - rule.cooldown, at + rule.cooldown, facts.peer(rule))
            for rule in rules
            if rule.cooldown
        ),
        histories=frozenset(
            (
                *(
                    HistoryQuery(name, at - back, at)
                    for rule in rules
                    for name, back in rule.histories
                ),
                *(
                    HistoryQuery(name, *streak_span(window, local, ruleset.zone))
                    for rule in rules
                    for name, window in rule.streaks
                ),
            )
        ),
        references=frozenset(
            ReferenceQuery(name, str(facts.fields[path]), at - REFERENCE_BACK, at)
            for rule in rules
            for name, path in rule.references
            if path in facts.fields
        ),
        peers=frozenset(peer for rule in rules if (peer := facts.peer(rule))),
    )


def rule_keys(rule: Rule, facts: Facts, local: date) -> Iterable[UsageKey]:
    """Yield the keys under which a rule counts what it grants on a local day."""
    counting = rule.group is not None and rule.group.mode != "stack"
    peer = facts.peer(rule)
    for limit in (*rule.caps, *((rule.group,) if rule.group and counting else ())):
        name = limit.key if isinstance(limit, Group) else limit.id
        window = window_of(limit, facts, local)
        holder = holder_of(limit, facts, peer)
        for measure in rule.measures:
            yield UsageKey(name, measure, window, holder)


def holder_of(limit: Cap | Group, facts: Facts, peer: str) -> str:
    """Return whose count a cap or group is: the member's, a peer's, a branch's, the programme's."""
    scope = limit.scope if isinstance(limit, Cap) else "member"
    if scope == "programme":
        return PROGRAMME
    if scope == "branch":
        return f"{BRANCH}{facts.member.get('branch', '')}"
    return f"{PEER}{peer}" if peer else ""


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
