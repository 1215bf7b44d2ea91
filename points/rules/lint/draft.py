"""The file under the lamp: what was read of it, and where each part of it stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from points.kernel.findings import Finding, Related, Severity
from points.rules.activity_types import ActivityTypes
from points.rules.cases import CaseReport
from points.rules.expressions import spanned
from points.rules.lint.policy import Policy
from points.rules.lint.possible import Known
from points.rules.lint.reasoning import Reasoning
from points.rules.load import Loaded
from points.rules.model import Rule
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.syntax import Tree
from points.rules.yaml_positions import Mapping as MappingNode
from points.rules.yaml_positions import Node, Place, Scalar, Sequence, place_of

STEPS_A_FILE_MAX, STEPS_A_RULE_MIN = 400_000, 2_000
"""Reasoning over one file takes no more steps than this; beyond them everything is possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a programme may cost a year, for lint: never part of scoring.

    Attributes:
        fen: The most that a year may cost.
        members: How many take part.
        fen_per_point: What a spendable point is reckoned at.
        activities: How many of an activity type a year brings, where that is known.
    """

    fen: int
    members: int
    fen_per_point: int = 20
    activities: Mapping[str, int] = field(default_factory=dict)


@dataclass(slots=True)
class Site:
    """One rule, its place in the file, and how to reason about it."""

    rule: Rule
    node: MappingNode
    reasoning: Reasoning

    def part(self, *keys: str | int) -> Node | None:
        """Return a node of the rule by its path."""
        found: Node | None = self.node
        for key in keys:
            if isinstance(found, MappingNode) and isinstance(key, str):
                found = found.values.get(key)
            elif isinstance(found, Sequence) and isinstance(key, int):
                found = found.items[key] if key < len(found.items) else None
            else:
                return None
        return found

    @property
    def name(self) -> Node:
        """Return where the rule is named."""
        return self.part("id") or self.node

    def known(self) -> Known | None:
        """Return what is known of an activity that the rule scores; ``None`` if there is none."""
        known: Known | None = {}
        for condition in (self.rule.audience, self.rule.when):
            if condition is not None and known is not None:
                known = self.reasoning.holds(condition.tree, known)
        return known


@dataclass(kw_only=True)
class Draft:
    """A rule set file, with everything that the checks may ask about it."""

    text: str
    file: str
    types: ActivityTypes
    loaded: Loaded
    policy: Policy
    reports: tuple[CaseReport, ...] | None = None
    budget: Budget | None = None

    @cached_property
    def sites(self) -> tuple[Site, ...]:
        """The rules that could be read, in the order of the file."""
        rules = {rule.id: rule for rule in self.loaded.rules}
        lets = {name: binding.tree for name, binding in self.loaded.lets.items()}
        found = []
        for node in self.items("rules"):
            named = node.values.get("id") if isinstance(node, MappingNode) else None
            rule = rules.pop(named.text, None) if isinstance(named, Scalar) else None
            if rule is not None and isinstance(node, MappingNode):
                scope = Scope(
                    roots={"event": rule.type.scored, "member": MEMBER_FIELDS},
                    lets=lets,
                    histories=frozenset(self.types.types),
                )
                found.append(Site(rule, node, Reasoning(scope)))
        share = max(STEPS_A_FILE_MAX // max(len(found), 1), STEPS_A_RULE_MIN)
        for site in found:
            site.reasoning.steps = share
        return tuple(found)

    @property
    def complete(self) -> bool:
        """Whether every rule could be read: without that, nothing is said of all rules together."""
        return self.loaded.ruleset is not None

    @cached_property
    def knowns(self) -> dict[str, Known | None]:
        """What is known of an activity that each rule scores, by rule."""
        return {site.rule.id: site.known() for site in self.sites}

    def at(self, *keys: str) -> Node | None:
        """Return a node of the file by its path."""
        found = self.loaded.root
        for key in keys:
            found = found.values.get(key) if isinstance(found, MappingNode) else None
        return found

    def items(self, key: str) -> list[Node]:
        """Return the items of a list at the top of the file."""
        node = self.at(key)
        return node.items if isinstance(node, Sequence) else []

    def entries(self, key: str) -> Iterator[tuple[Scalar, Node]]:
        """Yield the keys and values of a mapping at the top of the file."""
        node = self.at(key)
        if isinstance(node, MappingNode):
            for name, value in node.values.items():
                yield node.keys[name], value

    def place(self, node: Node, tree: Tree | None = None) -> Place:
        """Return where a node stands, or a part of the expression that it holds."""
        if tree is None or not isinstance(node, Scalar):
            return place_of(node)
        return spanned(self.text, node, tree.start, tree.end)

    def found(
        self,
        code: str,
        place: Place,
        said: tuple[str, str],
        *,
        severity: Severity = Severity.WARNING,
        fix: str | None = None,
        related: tuple[Related, ...] = (),
    ) -> Finding:
        """Return a finding of this file."""
        return Finding(
            code=code,
            zh=said[0],
            en=said[1],
            file=self.file,
            line=place.line,
            column=place.column,
            end_line=place.end_line,
            end_column=place.end_column,
            severity=severity,
            fix=fix,
            related=related,
        )


def related(place: Place, zh: str, en: str) -> Related:
    """Return another place that a finding speaks of."""
    return Related(
        zh=zh,
        en=en,
        line=place.line,
        column=place.column,
        end_line=place.end_line,
        end_column=place.end_column,
    )
