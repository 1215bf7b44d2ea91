"""Says values of a rule set in words, so that one can see what was and what is."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from points.kernel.canonical import canonical_json, decimal_text
from points.rules import phrases
from points.rules.compile import Compiled
from points.rules.diff.content import content
from points.rules.durations import Duration
from points.rules.model import Row, Rule, RuleSet
from points.rules.normal import whole
from points.rules.phrases import expression, listed
from points.rules.syntax import Tree
from points.rules.texts import Title
from points.rules.titles import duration

CHOICES: Mapping[str, Title] = {
    "points": Title("计分数", "in points"),
    "times": Title("计次数", "in times"),
    "trim": Title("超出部分不计", "what exceeds it is cut"),
    "reject": Title("超出则整条不计", "what does not fit whole is refused"),
    "defer": Title("超出部分留到下一周期", "what exceeds it waits for the next window"),
    "stack": Title("都计", "all count"),
    "first": Title("只计最先的一条", "the first counts"),
    "best_one": Title("只计最高的一条", "the best counts"),
    "unique": Title("只能有一行符合", "exactly one row fits"),
    "sum": Title("符合的各行相加", "all rows that fit are added"),
    "highest": Title("取最高的一个倍数", "the highest multiplier counts"),
    "multiply": Title("各倍数连乘", "all multipliers are multiplied"),
}


def plain_title(value: object) -> Title:
    """Return a value that is its own name."""
    return Title(str(value), str(value))


@dataclass(frozen=True, slots=True)
class Wording:
    """Says the values of one rule set; expressions as the fields of one rule's activity read."""

    ruleset: RuleSet
    rule: Rule | None = None

    def tree(self, tree: Tree) -> Title:
        """Return an expression as words."""
        types = {name: kind.title for name, kind in self.ruleset.types.types.items()}
        return expression(self.rule, tree, types)

    def any(self, value: object) -> Title:
        """Return whatever a field may hold as words."""
        match value:
            case None:
                return Title("无", "none")
            case Title():
                return Title(f"“{value.zh}”/“{value.en}”", f"'{value.zh}' / '{value.en}'")
            case bool():
                return Title("是", "yes") if value else Title("否", "no")
            case Compiled():
                return self.tree(whole(value))
            case Decimal():
                return plain_title(decimal_text(value))
            case Duration():
                return duration(value)
            case _:
                return self._other(value)

    def _other(self, value: object) -> Title:
        if isinstance(value, tuple | frozenset):
            return self.many(value)
        if isinstance(value, str):
            return CHOICES.get(value) or plain_title(value)
        if hasattr(value, "title") and hasattr(value, "id"):
            return Title(f"“{value.title.zh}”", f"'{value.title.en}'")
        if isinstance(value, Mapping):
            return listed([self.entry(str(key), item) for key, item in value.items()])
        spelled = content(value)
        return plain_title(spelled if isinstance(spelled, str | int) else canonical_json(spelled))

    def entry(self, key: str, item: object) -> Title:
        """Return one entry of a mapping."""
        said = self.any(item)
        return Title(f"{key} {said.zh}", f"{key} {said.en}")

    def many(self, values: tuple[object, ...] | frozenset[Any]) -> Title:
        """Return several values; a set in one order."""
        items = sorted(values, key=str) if isinstance(values, frozenset) else list(values)
        return listed([self.any(item) for item in items])

    def row(self, row: Row) -> Title:
        """Return a row's condition."""
        types = {name: kind.title for name, kind in self.ruleset.types.types.items()}
        return phrases.row(self.rule, row, types)

    def cap(self, name: str | None) -> Title:
        """Return a cap by its id."""
        cap = self.ruleset.caps.get(name or "")
        return Title(f"“{cap.title.zh}”", f"'{cap.title.en}'") if cap else self.any(name)
