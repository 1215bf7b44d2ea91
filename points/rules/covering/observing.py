"""Says which branches scoring an activity took: afterwards, from what came out.

Scoring itself is not touched: what was asked follows from why each rule refused or granted, and the
conditions are walked once more.
"""

from collections.abc import Iterator
from decimal import getcontext, setcontext
from typing import Any

from points.kernel.ensure import ensure
from points.rules.bands import shares
from points.rules.compile import ARITHMETIC
from points.rules.covering.asking import Before
from points.rules.covering.branches import GATES, Branch, deciding_parts, expressions_of
from points.rules.covering.walking import Walker
from points.rules.facts import Facts, Usage
from points.rules.model import Bands, Rule, RuleSet, Table
from points.rules.outcome import REASONS, Evaluation
from points.rules.syntax import Conditional, Let, Tree, walk


def observe(
    facts: Facts, ruleset: RuleSet, usage: Usage, evaluation: Evaluation
) -> frozenset[Branch]:
    """Return the branches that an evaluation took.

    Args:
        facts: What was scored.
        ruleset: By which rules.
        usage: As it was then.
        evaluation: What came of it.
    """
    outer = getcontext()
    setcontext(ARITHMETIC)
    try:
        return frozenset(_Observer(facts, ruleset, usage, evaluation).branches())
    finally:
        setcontext(outer)


class _Observer:
    """The second look at one evaluation."""

    def __init__(
        self, facts: Facts, ruleset: RuleSet, usage: Usage, evaluation: Evaluation
    ) -> None:
        self.ruleset, self.facts = ruleset, facts
        self.reasons = {each.rule_id: each.reason for each in evaluation.refused}
        self.cut = {cap for each in evaluation.awards for cap in each.capped}
        self.cut |= {cap for each in evaluation.refused for cap in each.capped}
        self.granted = {award.rule_id for award in evaluation.awards}
        self.granted |= {effect.rule_id for effect in evaluation.effects}
        self.came_to: dict[int, Any] = {}
        self.walker = Walker(
            names={"event": facts.fields, "member": facts.member},
            lets=ruleset.lets,
            past=Before(facts, ruleset, usage),
            watch=self._watch,
        )

    def _watch(self, tree: Tree, value: Any) -> None:  # noqa: ANN401 - any value
        self.came_to[id(tree)] = value

    def branches(self) -> Iterator[Branch]:
        """Yield what was taken; some of it more than once."""
        for cap in self.cut:
            yield Branch(f"cap:{cap}", "", 0, 0, "cut")
        for rule in self.ruleset.by_type.get(self.facts.type, ()):
            yield from self._of_rule(rule)

    def _of_rule(self, rule: Rule) -> Iterator[Branch]:
        owner, reason = f"rule:{rule.id}", self.reasons.get(rule.id)
        if rule.id in self.granted:
            yield Branch(owner, "", 0, 0, "hit")
        if reason in GATES:
            yield Branch(owner, str(reason), 0, 0, "refused")
        for part, compiled, decides in expressions_of(rule):
            if part.startswith("row.") or not self._reached(part, reason):
                continue
            value = self._walk(compiled.tree)
            if part in _REASON:
                ensure(bool(value) is (reason != _REASON[part]), "two readings of a rule agree")
            yield from self._walked(owner, part, compiled.tree, decides=decides)
        if rule.bands and self._reached("points", reason):
            yield from self._of_bands(owner, rule.bands)
        if rule.table and self._reached("points", reason):
            yield from self._of_table(owner, rule.table)
        if rule.multipliers and self._reached("multipliers", reason):
            yield from self._of_multipliers(owner, rule)

    def _walk(self, tree: Tree) -> Any:  # noqa: ANN401 - any value
        self.came_to.clear()
        return self.walker.value(tree)

    def _walked(self, owner: str, part: str, tree: Tree, *, decides: bool) -> Iterator[Branch]:
        """Yield what the last walk took, of its expression and of the lets in it."""
        yield from self._taken(owner, part, tree, decides=decides)
        for name, binding in self.ruleset.lets.items():
            if id(binding) in self.came_to:
                truth = isinstance(self.came_to[id(binding)], bool)
                yield from self._taken(f"let:{name}", "", binding, decides=truth)

    def _taken(self, owner: str, part: str, tree: Tree, *, decides: bool) -> Iterator[Branch]:
        for atom in deciding_parts(tree, decides=decides):
            if id(atom) in self.came_to and not isinstance(atom, Let):
                outcome = "true" if self.came_to[id(atom)] else "false"
                yield Branch(owner, part, atom.start, atom.end, outcome)
        for node in walk(tree):
            if isinstance(node, Conditional):
                for arm, outcome in ((node.yes, "yes"), (node.no, "no")):
                    if id(arm) in self.came_to:
                        yield Branch(owner, part, arm.start, arm.end, outcome)

    def _of_table(self, owner: str, table: Table) -> Iterator[Branch]:
        for row in table.rows:
            if all(self.walker.value(cell.tree) for cell in row.when):
                part = f"row.{row.number}"
                yield Branch(owner, part, 0, 0, "hit")
                self._walk(row.points.tree)
                yield from self._walked(owner, part, row.points.tree, decides=False)
                if table.hit != "sum":
                    return

    def _of_bands(self, owner: str, bands: Bands) -> Iterator[Branch]:
        reached = {id(band) for *_, band in shares(bands.steps, self._walk(bands.of.tree))}
        for number, band in enumerate(bands.steps, 1):
            if id(band) in reached:
                yield Branch(owner, f"band.{number}", 0, 0, "hit")

    def _of_multipliers(self, owner: str, rule: Rule) -> Iterator[Branch]:
        for each in rule.multipliers:
            outcome = "on" if self._walk(each.when.tree) else "off"
            yield Branch(owner, f"multiplier.{each.id}", 0, 0, outcome)
            yield from self._walked(f"multiplier:{each.id}", "when", each.when.tree, decides=True)

    def _reached(self, part: str, reason: str | None) -> bool:
        """Return whether a rule that refused for a reason came as far as a part of it."""
        if reason is None:
            return True
        asked = {**_REASON, "multipliers": "zero"}.get(part, "table")
        return REASONS.index(reason) >= REASONS.index(asked)


_REASON = {"audience": "audience", "when": "condition"}
"""The reason that a condition which does not hold is."""
