"""Reads one rule: binds its expressions to its activity type and its names to what they name."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, TypeVar

from points.rules.activity_types import ActivityType, ActivityTypes
from points.rules.analysis import NOTHING
from points.rules.bands import as_expression
from points.rules.compile import Compiled
from points.rules.expressions import Expressions, Typed
from points.rules.load_effects import (
    BANDS_KEYS,
    read_bands,
    read_effect,
    read_once,
    read_peer,
)
from points.rules.load_limits import (
    RawMultiplier,
    cap_chain,
    read_expiry,
    read_review,
    read_rounding,
    read_schedule,
)
from points.rules.load_table import read_table
from points.rules.model import Bands, Cap, Effect, Group, Multiplier, ReviewPolicy, Rule, Table
from points.rules.rule_sentence import bands_said
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.sentence import Speaker
from points.rules.syntax import conjuncts
from points.rules.texts import Title, did_you_mean
from points.rules.types import BOOLEAN, NUMBER
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node

if TYPE_CHECKING:
    from points.rules.reading import Reader

T = TypeVar("T")

RULE_KEYS = (
    "id", "title", "category", "on", "audience", "when", "points", "table", "bands", "effect",
    "measures", "round", "to", "once",
    "multipliers", "caps", "group", "review", "evidence", "late_after", "expires", "cooldown",
    "schedule", "sources", "note", "lint",
)  # fmt: skip
WORTHS = ("points", "table", "bands", "effect")
UNWORTHY = ("measures", "round", "to", "once", "multipliers", "caps", "group", "expires")
EVIDENCE = (
    "check_in", "check_out", "photo", "place", "roster", "ticket", "certificate", "quiz", "order",
    "receipt", "note", "consent", "provider", "venue_qr", "device", "referral", "contract",
    "voucher", "log", "text", "checklist", "reply", "beneficiary", "ledger",
)  # fmt: skip


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What the rules of one file may refer to, and what has been referred to."""

    types: ActivityTypes
    measures: tuple[str, ...]
    caps: dict[str, Cap]
    groups: dict[str, Group]
    multipliers: dict[str, RawMultiplier]
    used: set[tuple[str, str]]

    @property
    def default_measure(self) -> str:
        """Return the measure that points feed unless a rule says otherwise."""
        return "wallet" if "wallet" in self.measures or not self.measures else self.measures[0]


def read_rule(expressions: Expressions, node: Node, around: Surroundings) -> Rule | None:
    """Return the rule of a node, or nothing once an error was recorded."""
    return _RuleReading(expressions, node, around).rule()


class _RuleReading:
    """The reading of one rule; what is known of optional fields grows from step to step."""

    def __init__(self, expressions: Expressions, node: Node, around: Surroundings) -> None:
        self.expressions, self.node, self.around = expressions, node, around
        self.reader: Reader = expressions.reader
        self.fields = self.reader.fields(node, RULE_KEYS, ("id", "title", "on"))
        self.known: frozenset[str] = NOTHING
        self.seen: list[Compiled] = []

    def rule(self) -> Rule | None:
        """Return the rule."""
        reader, fields = self.reader, self.fields
        before = len(reader.findings)
        rule_id = reader.text(fields.get("id")) or ""
        kind = self._type()
        if kind is None:
            return None
        member = self.expressions.scope({"member": MEMBER_FIELDS})
        scope = self.expressions.scope({"event": kind.scored, "member": MEMBER_FIELDS})
        audience = self._condition("audience", member)
        when = self._condition("when", scope)
        measures = self._measures()
        effect = read_effect(reader, fields.get("effect"), self.around.measures)
        if effect is not None:
            measures = ()
        self._one_worth()
        table = self._table(scope)
        bands = self._bands(scope)
        points = self._points(scope, measures)
        if bands is not None:
            points = self._marginal(bands, scope, measures)
        group = self._group(kind)
        caps = self._caps(kind, rule_id, group)
        rule = Rule(
            id=rule_id,
            title=reader.title(fields.get("title"), rule_id),
            type=kind,
            category=reader.text(fields.get("category")) or "",
            audience=audience.compiled if audience else None,
            when=when.compiled if when else None,
            conditions=self._parts(when, scope),
            points=points,
            table=table,
            measures=tuple(points) or measures,
            rounding=read_rounding(reader, fields.get("round")),
            multipliers=self._multipliers(scope),
            caps=caps,
            group=group,
            bands=bands,
            effect=effect,
            to=read_peer(reader, fields.get("to"), kind),
            review=self._review(effect),
            evidence=self._evidence(),
            expires=read_expiry(reader, fields.get("expires"), tuple(points) or measures),
            late_after=reader.duration(fields.get("late_after")),
            cooldown=self._cooldown(),
            schedule=read_schedule(reader, fields.get("schedule")),
            sources=frozenset(reader.texts(fields.get("sources"))),
            reads=tuple(sorted({path for seen in self.seen for path in seen.reads})),
            formulas=self._formulas(scope, points, bands, table, measures),
            conditions_said={
                key: self._said(scope, typed.compiled)
                for key, typed in (("audience", audience), ("when", when))
                if typed
            },
            histories=frozenset(pair for seen in self.seen for pair in seen.histories),
            streaks=frozenset(pair for seen in self.seen for pair in seen.streaks),
            references=frozenset(pair for seen in self.seen for pair in seen.references),
        )
        return None if self._errors_since(before) else rule

    def _said(self, scope: Scope, compiled: Compiled) -> Title:
        types = {name: kind.title for name, kind in self.around.types.types.items()}
        zh, en = (
            Speaker(scope.roots, scope.lets, types, language).say(compiled.tree)
            for language in ("zh", "en")
        )
        return Title(zh, en)

    def _formulas(
        self,
        scope: Scope,
        points: Mapping[str, Compiled],
        bands: Bands | None,
        table: Table | None,
        measures: tuple[str, ...],
    ) -> dict[str, Title]:
        if bands is not None:
            return dict.fromkeys(measures, bands_said(bands))
        if table is not None:
            return dict.fromkeys(measures, Title("按表", "as the table says"))
        return {measure: self._said(scope, compiled) for measure, compiled in points.items()}

    def _errors_since(self, before: int) -> bool:
        return any(finding.severity == "error" for finding in self.reader.findings[before:])

    def _type(self) -> ActivityType | None:
        node = self.fields.get("on")
        name = self.reader.text(node)
        if name is None or node is None or name in self.around.types.types:
            return self.around.types.types.get(name or "")
        hint = did_you_mean(name, self.around.types.types)
        zh, en = f"没有活动类型“{name}”{hint.zh}", f"no activity type '{name}'{hint.en}"
        self.reader.error("rule.unknown_type", node, zh, en)
        return None

    def _read(self, node: Node | None, scope: Scope, kind: str) -> Typed | None:
        wanted = BOOLEAN if kind == "boolean" else NUMBER
        typed = self.expressions.read(node, scope, known=self.known, expected=wanted)
        if typed:
            self.seen.append(typed.compiled)
        return typed

    def _condition(self, key: str, scope: Scope) -> Typed | None:
        typed = self._read(self.fields.get(key), scope, "boolean")
        self.known |= self.expressions.proven(typed, scope)
        return typed

    def _parts(self, when: Typed | None, scope: Scope) -> tuple[Compiled, ...]:
        if when is None:
            return ()
        whole = when.compiled
        return tuple(
            self.expressions.part(each, scope, whole.text) for each in conjuncts(whole.tree)
        )

    def _measures(self) -> tuple[str, ...]:
        nodes = self.reader.items(self.fields.get("measures"))
        chosen = [self.reader.choice(node, self.around.measures) for node in nodes]
        return tuple(dict.fromkeys(name for name in chosen if name)) or (
            self.around.default_measure,
        )

    def _table(self, scope: Scope) -> Table | None:
        node = self.fields.get("table")
        if node is None:
            return None
        return read_table(self.expressions, node, scope, self.known, self.seen)

    def _one_worth(self) -> None:
        """Record an error unless a rule says in exactly one way what it does."""
        said = [key for key in WORTHS if key in self.fields]
        if len(said) != 1:
            zh = "points、table、bands、effect 须写且只写一个"
            en = "write exactly one of 'points', 'table', 'bands' and 'effect'"
            self.reader.error("rule.points", self.node, zh, en)
        elif said == ["effect"]:
            for key in UNWORTHY:
                if key in self.fields:
                    zh, en = f"effect 规则没有 {key}", f"a rule with an effect has no '{key}'"
                    self.reader.error("rule.effect", self.fields[key], zh, en)

    def _review(self, effect: Effect | None) -> ReviewPolicy:
        policy = read_review(self.reader, self.fields.get("review"))
        # Nobody is vetoed or frozen by one person alone, nor on a source's word.
        return replace(policy, second_above=0, trusted=frozenset()) if effect else policy

    def _bands(self, scope: Scope) -> Bands | None:
        node = self.fields.get("bands")
        fields = self.reader.fields(node, BANDS_KEYS, BANDS_KEYS) if node is not None else {}
        steps = read_bands(self.reader, fields.get("steps"))
        typed = self._read(fields.get("of"), scope, "number")
        if typed is None or not steps:
            return None
        return Bands(of=typed.compiled, said=self._said(scope, typed.compiled), steps=steps)

    def _marginal(
        self, bands: Bands, scope: Scope, measures: tuple[str, ...]
    ) -> dict[str, Compiled]:
        tree = as_expression(bands.of.tree, bands.steps)
        return dict.fromkeys(measures, self.expressions.part(tree, scope))

    def _points(self, scope: Scope, measures: tuple[str, ...]) -> dict[str, Compiled]:
        node = self.fields.get("points")
        if isinstance(node, MappingNode):
            if "measures" in self.fields:
                zh, en = "points 已按计量分写，不再需要 measures", "'points' names its measures"
                self.reader.error("rule.measures", self.fields["measures"], zh, en)
            each = self.reader.fields(node, self.around.measures)
        else:
            each = dict.fromkeys(measures, node) if node is not None else {}
        # One expression for several measures is read once, so that it also runs once.
        read: dict[int, Typed | None] = {}
        found = {}
        for measure, value in each.items():
            if id(value) not in read:
                self._not_negative(value)
                read[id(value)] = self._read(value, scope, "number")
            if typed := read[id(value)]:
                found[measure] = typed.compiled
        return found

    def _not_negative(self, node: Node) -> None:
        scalar = self.reader.scalar(node)
        if scalar is not None and isinstance(scalar.value, int | Decimal) and scalar.value < 0:
            zh, en = "规则只给分，不扣分", "rules grant, they never charge"
            self.reader.error("rule.negative_points", node, zh, en)

    def _multipliers(self, scope: Scope) -> tuple[Multiplier, ...]:
        found = []
        for raw in self._named("multipliers", self.around.multipliers):
            typed = self._read(raw.when, scope, "boolean")
            if typed:
                found.append(
                    Multiplier(id=raw.id, title=raw.title, times=raw.times, when=typed.compiled)
                )
        return tuple(found)

    def _named(self, key: str, known: Mapping[str, T]) -> list[T]:
        found = []
        for node in self.reader.items(self.fields.get(key)):
            name = self.reader.text(node)
            if name is not None and name in known:
                self.around.used.add((key, name))
                found.append(known[name])
            elif name is not None:
                self._unknown(key, node, name, known)
        return found

    def _unknown(self, key: str, node: Node, name: str, known: Mapping[str, object]) -> None:
        hint = did_you_mean(name, known)
        zh, en = f"{key} 中没有“{name}”{hint.zh}", f"no '{name}' among the {key}{hint.en}"
        self.reader.error(f"rule.unknown_{key.rstrip('s')}", node, zh, en)

    def _caps(self, kind: ActivityType, rule_id: str, group: Group | None) -> tuple[Cap, ...]:
        chain: list[Cap] = []
        once = read_once(self.reader, self.fields.get("once"), rule_id)
        if once is not None:
            self.around.caps[once.id] = once
            chain.append(once)
            self._per(once.per, kind)
        for cap in self._named("caps", self.around.caps):
            for link in cap_chain(cap.id, self.around.caps):
                self.around.used.add(("caps", link.id))
                if link not in chain:
                    chain.append(link)
                    self._per(link.per, kind)
        if group and group.mode != "stack" and any(cap.mode == "defer" for cap in chain):
            zh = "同组择一的规则不能 defer：推迟的分会绕过组"
            en = "no defer in a group that chooses: what is put off would pass it by"
            self.reader.error("cap.defer", self.fields["group"], zh, en)
        return tuple(chain)

    def _per(self, path: str | None, kind: ActivityType) -> None:
        if path is None:
            return
        root, _, name = path.partition(".")
        spec = {"event": kind.scored, "member": MEMBER_FIELDS}.get(root, {}).get(name)
        if spec is None or spec.kind in ("list", "number"):
            zh = f"per 所写的“{path}”不是该活动的文字、选项或日期字段"
            en = f"'{path}' in 'per' is not a text, enum or date field of this activity"
            self.reader.error("cap.per", self.fields.get("caps", self.node), zh, en)

    def _group(self, kind: ActivityType) -> Group | None:
        node = self.fields.get("group")
        name = self.reader.text(node)
        if name is None or node is None:
            return None
        group = self.around.groups.get(name)
        if group is None:
            self._unknown("groups", node, name, self.around.groups)
            return None
        self.around.used.add(("groups", name))
        self._per(group.per, kind)
        return group

    def _evidence(self) -> tuple[str, ...]:
        nodes = self.reader.items(self.fields.get("evidence"))
        return tuple(name for node in nodes if (name := self.reader.choice(node, EVIDENCE)))

    def _cooldown(self) -> timedelta | None:
        node = self.fields.get("cooldown")
        duration = self.reader.duration(node)
        if duration is None or node is None:
            return None
        if duration.months:
            zh, en = "冷却时间用周、日、时", "a cooldown is in weeks, days or hours"
            self.reader.error("rule.cooldown", node, zh, en)
        return duration.elapsed
