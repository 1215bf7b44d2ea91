"""Says an expression, and a whole rule, in Chinese or English, from the tree that is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from points.kernel.canonical import decimal_text
from points.rules.activity_types import FieldSpec
from points.rules.analysis import literal_text
from points.rules.parser import PRECEDENCE
from points.rules.syntax import (
    Binary,
    Call,
    Conditional,
    Field,
    Let,
    Listing,
    Literal,
    Tree,
    Unary,
)
from points.rules.texts import Title

_HIGHEST = 9
_TERNARY = 0
_OPERATORS: Mapping[str, Title] = {
    "||": Title("或", " or "),
    "&&": Title("且", " and "),
    "==": Title("为", " is "),
    "!=": Title("不为", " is not "),
    "<": Title("＜", " < "),
    "<=": Title("≤", " ≤ "),
    ">": Title("＞", " > "),
    ">=": Title("≥", " ≥ "),
    "in": Title("属于", " is one of "),
    "+": Title("＋", " + "),
    "-": Title("－", " − "),
    "*": Title("×", " × "),
    "/": Title("÷", " ÷ "),
    "%": Title("除余", " mod "),
}
_FUNCTIONS: Mapping[str, Title] = {
    "min": Title("取小", "the least of "),
    "max": Title("取大", "the greatest of "),
    "abs": Title("绝对值", "the size of "),
    "floor": Title("向下取整", "rounded down "),
    "ceil": Title("向上取整", "rounded up "),
    "round": Title("四舍五入", "rounded "),
    "size": Title("个数", "the number of "),
    "date": Title("日期", "the day "),
}


@dataclass(frozen=True, slots=True)
class Speaker:
    """Says expressions in one language.

    Attributes:
        fields: Specs by root and name, for their titles.
        lets: The bindings, which are said in full.
        types: Titles of activity types.
        language: ``zh`` or ``en``.
    """

    fields: Mapping[str, Mapping[str, FieldSpec]]
    lets: Mapping[str, Tree]
    types: Mapping[str, Title]
    language: str

    def say(self, tree: Tree) -> str:
        """Return an expression as words."""
        return self._said(tree)[0]

    def _said(self, tree: Tree) -> tuple[str, int]:
        return _SAYINGS[type(tree)](self, tree)

    def _within(self, tree: Tree, level: int) -> str:
        text, own = self._said(tree)
        return text if own >= level else self._pick("（{}）", "({})").format(text)

    def _pick(self, zh: str, en: str) -> str:
        return en if self.language == "en" else zh

    def _literal(self, tree: Literal) -> tuple[str, int]:
        if isinstance(tree.value, bool):
            return self._pick("是" if tree.value else "否", "yes" if tree.value else "no"), _HIGHEST
        if isinstance(tree.value, str):
            return self._pick("“{}”", "'{}'").format(tree.value), _HIGHEST
        return decimal_text(Decimal(tree.value)), _HIGHEST

    def _field(self, tree: Field) -> tuple[str, int]:
        spec = self.fields.get(tree.root, {}).get(tree.name)
        return (spec.title.of(self.language) if spec else tree.path), _HIGHEST

    def _let(self, tree: Let) -> tuple[str, int]:
        return self._said(self.lets[tree.name])

    def _unary(self, tree: Unary) -> tuple[str, int]:
        if tree.op == "-":
            return self._pick("－", "−") + self._within(tree.operand, _HIGHEST), _HIGHEST
        return self._pick("非", "not ") + self._within(tree.operand, _HIGHEST), _HIGHEST

    def _binary(self, tree: Binary) -> tuple[str, int]:
        level = PRECEDENCE[tree.op]
        left, right = self._within(tree.left, level), self._within(tree.right, level + 1)
        word = _OPERATORS[tree.op].of(self.language)
        spaced = f" {word} " if self.language == "zh" and tree.op in "+-*/" else word
        return f"{left}{spaced}{right}", level

    def _conditional(self, tree: Conditional) -> tuple[str, int]:
        words = self._pick("若{}则{}，否则{}", "{1} if {0}, otherwise {2}")
        parts = [self._within(part, 1) for part in (tree.test, tree.yes, tree.no)]
        return words.format(*parts), _TERNARY

    def _listing(self, tree: Listing) -> tuple[str, int]:
        return self._pick("、", ", ").join(self.say(item) for item in tree.items), _HIGHEST

    def _call(self, tree: Call) -> tuple[str, int]:
        if tree.function == "has":
            said = self.say(tree.arguments[0])
            return self._pick("有“{}”", "'{}' is given").format(said), _HIGHEST
        if tree.function == "history.count":
            return self._history(tree), _HIGHEST
        if tree.function == "history.streak":
            return self._streak(tree), _HIGHEST
        if tree.function == "history.awarded":
            return self._awarded(tree), _HIGHEST
        inside = self._pick("，", ", ").join(self.say(argument) for argument in tree.arguments)
        name = _FUNCTIONS[tree.function].of(self.language)
        return self._pick(f"{name}（{inside}）", f"{name}({inside})"), _HIGHEST

    def _history(self, tree: Call) -> str:
        name, span = (str(part.value) for part in tree.arguments if isinstance(part, Literal))
        title = self.types.get(name, Title(name, name)).of(self.language)
        words = self._pick("此前 {1} 内“{0}”的次数", "the number of '{0}' in the {1} before")
        return words.format(title, span)

    def _streak(self, tree: Call) -> str:
        name, window = (str(part.value) for part in tree.arguments if isinstance(part, Literal))
        title = self.types.get(name, Title(name, name)).of(self.language)
        words = self._pick(
            "此前连续有“{0}”的{1}数", "the number of {1}s in a row before with '{0}'"
        )
        return words.format(title, _STREAKS[window].of(self.language))

    def _awarded(self, tree: Call) -> str:
        rule, reference = tree.arguments
        words = self._pick(
            "“{1}”所指活动按 {0} 所得的分", "the points of {0} for the activity that '{1}' names"
        )
        return words.format(literal_text(rule) or "", self.say(reference))


_STREAKS: Mapping[str, Title] = {
    "day": Title("天", "day"),
    "week": Title("周", "week"),
    "month": Title("月", "month"),
}
_SAYINGS: Mapping[type, Callable[[Speaker, Any], tuple[str, int]]] = {
    Literal: Speaker._literal,  # noqa: SLF001
    Field: Speaker._field,  # noqa: SLF001
    Let: Speaker._let,  # noqa: SLF001
    Unary: Speaker._unary,  # noqa: SLF001
    Binary: Speaker._binary,  # noqa: SLF001
    Conditional: Speaker._conditional,  # noqa: SLF001
    Listing: Speaker._listing,  # noqa: SLF001
    Call: Speaker._call,  # noqa: SLF001
}
