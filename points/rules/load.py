"""Reads a rule set: all findings at once, or a frozen, compiled, hashed rule set."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

from points.kernel.canonical import digest
from points.kernel.findings import Finding
from points.rules.activity_types import ActivityTypes
from points.rules.expressions import Expressions, LetBinding
from points.rules.load_limits import read_caps, read_groups, read_multipliers
from points.rules.load_rule import Surroundings, read_rule
from points.rules.model import Rule, RuleSet, Star
from points.rules.reading import Reader, known_zones
from points.rules.windows import midnight
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Scalar, plain, read_yaml
from points.rules.yaml_positions import Sequence as SequenceNode

SEMANTICS = 1
"""The version of what rule files mean; part of every hash, because it decides awards too."""

RULESET_KEYS = (
    "ruleset", "version", "effective", "timezone", "title", "measures", "base", "stars", "let",
    "caps", "groups", "multipliers", "stacking", "rules", "note", "lint", "budget",
)  # fmt: skip
REQUIRED = ("ruleset", "version", "effective", "timezone", "measures", "rules")
MEASURES = ("rating", "wallet")
STACKING = ("highest", "multiply")
RULES_MAX = 500
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")


def read_file(path: Path) -> str:
    """Return the text of an authored file, which is UTF-8 with or without a byte order mark."""
    return path.read_text(encoding="utf-8-sig")


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """What reading a file gave, sound or not, for whoever looks closer than the engine does.

    Attributes:
        root: The tree of the file, if it is YAML at all.
        ruleset: The rule set, if there is no error.
        findings: Everything that is wrong, in the order of the file.
        around: Caps, groups, multipliers and measures, as far as they could be read.
        rules: The rules that could be read.
        lets: The bindings that could be read, by name.
    """

    root: Node | None
    ruleset: RuleSet | None
    findings: list[Finding]
    around: Surroundings
    rules: tuple[Rule, ...] = ()
    lets: Mapping[str, LetBinding] = field(default_factory=dict)


def load_ruleset(
    text: str, *, file: str, types: ActivityTypes
) -> tuple[RuleSet | None, list[Finding]]:
    """Return the rule set of a file, or nothing when it has errors, and every finding."""
    loaded = load_all(text, file=file, types=types)
    return loaded.ruleset, loaded.findings


def load_all(text: str, *, file: str, types: ActivityTypes) -> Loaded:
    """Return all that could be read of a file, sound or not."""
    root, findings = read_yaml(text, file=file)
    reader = Reader(file)
    reader.findings.extend(findings)
    loading = _Loading(reader, text, types)
    ruleset = loading.ruleset(root) if root is not None else None
    return Loaded(
        root=root,
        ruleset=None if reader.failed else ruleset,
        findings=sorted(reader.findings, key=in_order),
        around=loading.around,
        rules=tuple(loading.rules),
        lets=loading.expressions.lets,
    )


def in_order(finding: Finding) -> tuple[int, int]:
    """Return what sorts findings by their place."""
    return finding.line or 0, finding.column if isinstance(finding.column, int) else 0


class _Loading:
    """The reading of one rule set."""

    def __init__(self, reader: Reader, text: str, types: ActivityTypes) -> None:
        self.reader, self.types = reader, types
        self.expressions = Expressions(reader, text, frozenset(types.types))
        self.around = Surroundings(
            types=types, measures=(), caps={}, groups={}, multipliers={}, used=set()
        )
        self.rules: list[Rule] = []

    def ruleset(self, root: Node) -> RuleSet | None:
        """Return the rule set of a tree, as far as its head can be read."""
        reader = self.reader
        fields = reader.fields(root, RULESET_KEYS, REQUIRED)
        programme = self._name(fields.get("ruleset"))
        version = reader.integer(fields.get("version"), at_least=1)
        effective = self._effective(fields.get("effective"))
        zone = self._zone(fields.get("timezone"))
        measures = self._measures(fields.get("measures"))
        # Nothing of another programme is asked for: it is scored apart, and would be again.
        self.expressions.histories = frozenset(
            name for name, kind in self.types.types.items() if programme in kind.programmes
        )
        self.expressions.rules = self._rule_ids(fields.get("rules"))
        for key, node in reader.entries(fields.get("let")):
            self.expressions.bind(key.text, node)
        around = self.around = Surroundings(
            types=self.types,
            measures=measures,
            caps=read_caps(reader, fields.get("caps")),
            groups=read_groups(reader, fields.get("groups")),
            multipliers=read_multipliers(reader, fields.get("multipliers")),
            used=set(),
        )
        rules = self.rules = self._rules(fields.get("rules"), around)
        base = self._base(fields.get("base"), measures)
        stars = self._stars(fields.get("stars"))
        self._unused(fields, around)
        stacking = reader.choice(fields.get("stacking"), STACKING) or "highest"
        if reader.failed or version is None or effective is None or zone is None:
            return None
        by_type: dict[str, tuple[Rule, ...]] = {}
        for rule in rules:
            by_type[rule.type.name] = (*by_type.get(rule.type.name, ()), rule)
        return RuleSet(
            programme=programme,
            version=version,
            effective_from=effective[0],
            effective_until=effective[1],
            starts_at=midnight(effective[0], zone),
            ends_at=midnight(effective[1], zone),
            zone=zone,
            title=reader.title(fields.get("title"), programme),
            measures=measures,
            base=base,
            stars=stars,
            rules=tuple(rules),
            caps=around.caps,
            groups=around.groups,
            multipliers=tuple(around.multipliers),
            stacking=stacking,
            sha256=digest({"semantics": SEMANTICS, "ruleset": plain(root)}),
            types=self.types,
            by_type=by_type,
            lets={name: let.tree for name, let in self.expressions.lets.items()},
        )

    def _name(self, node: Node | None) -> str:
        name = self.reader.text(node) or ""
        if node is not None and not _NAME.fullmatch(name):
            zh, en = "名称用小写英文", "a name is lower-case letters, digits and _"
            self.reader.error("file.bad_value", node, zh, en)
        return name

    def _effective(self, node: Node | None) -> tuple[date, date] | None:
        fields = self.reader.fields(node, ("from", "until"), ("from", "until"))
        begin, end = self.reader.day(fields.get("from")), self.reader.day(fields.get("until"))
        if begin is None or end is None:
            return None
        if begin >= end:
            zh, en = "from 应早于 until", "'from' must be before 'until'"
            self.reader.error("ruleset.effective", fields["until"], zh, en)
        return begin, end

    def _zone(self, node: Node | None) -> ZoneInfo | None:
        name = self.reader.choice(node, known_zones())
        return ZoneInfo(name) if name else None

    def _measures(self, node: Node | None) -> tuple[str, ...]:
        chosen = [self.reader.choice(item, MEASURES) for item in self.reader.items(node)]
        return tuple(dict.fromkeys(name for name in chosen if name))

    def _base(self, node: Node | None, measures: tuple[str, ...]) -> dict[str, int]:
        fields = self.reader.fields(node, measures)
        read = {measure: self.reader.integer(value) for measure, value in fields.items()}
        return {measure: points for measure, points in read.items() if points is not None}

    def _stars(self, node: Node | None) -> tuple[Star, ...]:
        stars: list[Star] = []
        for item in self.reader.items(node):
            fields = self.reader.fields(item, ("at_least", "stars"), ("at_least", "stars"))
            at_least = self.reader.integer(fields.get("at_least")) or 0
            count = self.reader.integer(fields.get("stars"), at_most=5) or 0
            if stars and at_least >= stars[-1].at_least:
                zh, en = "at_least 应从高到低", "'at_least' must descend"
                self.reader.error("ruleset.stars", item, zh, en)
            stars.append(Star(at_least=at_least, stars=count))
        return tuple(stars)

    def _rule_ids(self, node: Node | None) -> frozenset[str]:
        """Return the ids of all rules, so that any may ask what another granted."""
        ids = [
            item.values.get("id")
            for item in (self.reader.items(node) if isinstance(node, SequenceNode) else ())
            if isinstance(item, MappingNode)
        ]
        return frozenset(each.text for each in ids if isinstance(each, Scalar))

    def _rules(self, node: Node | None, around: Surroundings) -> list[Rule]:
        nodes = self.reader.items(node)
        if len(nodes) > RULES_MAX:
            zh, en = f"至多 {RULES_MAX} 条规则", f"over {RULES_MAX} rules"
            self.reader.error("ruleset.too_many", nodes[-1], zh, en)
        rules: dict[str, Rule] = {}
        for item in nodes[:RULES_MAX]:
            rule = read_rule(self.expressions, item, around)
            if rule is not None and rule.id in rules:
                zh, en = f"规则编号“{rule.id}”重复；请换一个", f"rule id '{rule.id}' is used twice"
                self.reader.error("rule.duplicate_id", item, zh, en)
            if rule is not None:
                rules.setdefault(rule.id, rule)
        return list(rules.values())

    def _unused(self, fields: Mapping[str, Node], around: Surroundings) -> None:
        for key in ("caps", "groups"):
            for name, _ in self.reader.entries(fields.get(key)):
                if (key, name.text) not in around.used:
                    self._warn_unused(name, name.text)
        for item in self.reader.items(fields.get("multipliers")):
            named = item.values.get("id") if isinstance(item, MappingNode) else None
            if isinstance(named, Scalar) and ("multipliers", named.text) not in around.used:
                self._warn_unused(named, named.text)
        for name, _ in self.reader.entries(fields.get("let")):
            if name.text in self.expressions.lets and name.text not in self.expressions.used:
                self._warn_unused(name, f"let.{name.text}")

    def _warn_unused(self, node: Node, name: str) -> None:
        self.reader.warn("ruleset.unused", node, f"“{name}”没有被用到", f"'{name}' is not used")
