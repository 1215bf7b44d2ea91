"""Says an expression, and a whole rule, in Chinese or English, from the tree that is run."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from points.kernel.canonical import decimal_text
from points.rules.activity_types import FieldSpec
from points.rules.analysis import literal_text
from points.rules.durations import parse_duration
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
    conjuncts,
    walk,
)
from points.rules.texts import Title
from points.rules.titles import UNITS, duration, spaced

_HIGHEST = 9
_TERNARY = 0
_OPERATORS: Mapping[str, Title] = {
    "||": Title("或", " or "),
    "&&": Title("，且", " and "),
    "==": Title("为", " is "),
    "!=": Title("不为", " is not "),
    "<": Title(" ＜ ", " < "),
    "<=": Title(" ≤ ", " ≤ "),
    ">": Title(" ＞ ", " > "),
    ">=": Title(" ≥ ", " ≥ "),
    "in": Title("属于", " is one of "),
    "+": Title(" ＋ ", " + "),
    "-": Title(" － ", " − "),
    "*": Title(" × ", " × "),
    "/": Title(" ÷ ", " ÷ "),
    "%": Title(" 除余 ", " mod "),
}
_MEASURED: Mapping[str, Title] = {
    "<": Title("不到 ", " under "),
    "<=": Title("不超过 ", " at most "),
    ">": Title("超过 ", " more than "),
    ">=": Title("不少于 ", " at least "),
    "==": Title("为 ", " is "),
    "!=": Title("不为 ", " is not "),
}
_DATED: Mapping[str, Title] = {
    "<": Title("早于 ", " before "),
    "<=": Title("不晚于 ", " on or before "),
    ">": Title("晚于 ", " after "),
    ">=": Title("不早于 ", " on or after "),
    "==": Title("为 ", " is "),
    "!=": Title("不为 ", " is not "),
}
_FUNCTIONS: Mapping[str, Title] = {
    "min": Title("（{} 中的最小值）", "the least of ({})"),
    "max": Title("（{} 中的最大值）", "the greatest of ({})"),
    "abs": Title("（{} 的绝对值）", "the size of ({})"),
    "floor": Title("（{}，向下取整）", "({}, rounded down)"),
    "ceil": Title("（{}，向上取整）", "({}, rounded up)"),
    "round": Title("（{}，四舍五入）", "({}, rounded)"),
    "size": Title("“{}”的个数", "the number of '{}'"),
}
_BOUNDS: Mapping[str, Title] = {
    "min": Title("（{}，最多按 {} 计）", "({}, at most {})"),
    "max": Title("（{}，至少按 {} 计）", "({}, at least {})"),
}
_TWO = 2


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

    def _spec(self, tree: Tree) -> FieldSpec | None:
        return self.fields.get(tree.root, {}).get(tree.name) if isinstance(tree, Field) else None

    def _literal(self, tree: Literal, spec: FieldSpec | None = None) -> tuple[str, int]:
        if isinstance(tree.value, bool):
            return self._pick("是" if tree.value else "否", "yes" if tree.value else "no"), _HIGHEST
        if isinstance(tree.value, str):
            called = spec.label(tree.value).of(self.language) if spec else tree.value
            return self._pick("“{}”", "'{}'").format(called), _HIGHEST
        return decimal_text(Decimal(tree.value)), _HIGHEST

    def _field(self, tree: Field) -> tuple[str, int]:
        spec = self._spec(tree)
        if spec is None:
            return tree.path, _HIGHEST
        return (lowered(spec.title.en) if self.language == "en" else spec.title.zh), _HIGHEST

    def _let(self, tree: Let) -> tuple[str, int]:
        return self._said(self.lets[tree.name])

    def _unary(self, tree: Unary) -> tuple[str, int]:
        if tree.op == "-":
            return self._pick("－", "−") + self._within(tree.operand, _HIGHEST), _HIGHEST
        if isinstance(tree.operand, Field):
            return self._pick("“{}”为否", "not {}").format(self.say(tree.operand)), _HIGHEST
        return self._pick("并非", "not ") + self._within(tree.operand, _HIGHEST), _HIGHEST

    def _binary(self, tree: Binary) -> tuple[str, int]:
        level = PRECEDENCE[tree.op]
        if tree.op == "&&":
            return self._all(tree), level
        if (said := self._about_field(tree)) is not None:
            return said, level
        left, right = self._within(tree.left, level), self._within(tree.right, level + 1)
        word = _OPERATORS[tree.op].of(self.language)
        # A full-width bracket brings its own space.
        return f"{left}{word}{right}".replace("） ", "）").replace(" （", "（"), level

    def _all(self, tree: Tree) -> str:
        """Return what ``&&`` joins; that a field is given goes without saying where it is used."""
        parts = conjuncts(tree)
        level = PRECEDENCE["&&"]
        said = [
            self._within(part, level)
            for part in parts
            if not any(_asks_whether(part, other) for other in parts)
        ]
        return _OPERATORS["&&"].of(self.language).join(said)

    def _about_field(self, tree: Binary) -> str | None:
        """Return a comparison of a field with what it may hold, as people say it; or nothing."""
        left, right = tree.left, tree.right
        if tree.op == "in":
            return self._among(left, right)
        spec = self._spec(left)
        if isinstance(left, Field) and isinstance(right, Literal) and spec:
            return self._compared(tree.op, left, right, spec)
        if _day(right) is not None and tree.op in _DATED:
            return f"{self.say(left)}{_DATED[tree.op].of(self.language)}{_day(right)}"
        if isinstance(left, Call) and isinstance(right, Literal) and tree.op in _MEASURED:
            return f"{self.say(left)}{_MEASURED[tree.op].of(self.language)}{self.say(right)}"
        return None

    def _compared(self, op: str, left: Field, right: Literal, spec: FieldSpec) -> str | None:
        if isinstance(right.value, bool) or op not in _MEASURED:
            return None
        if isinstance(right.value, str):
            word = _OPERATORS[op].of(self.language)
            return f"{self.say(left)}{word}{self._literal(right, spec)[0]}"
        one = Title(spec.unit, spec.unit)
        unit = UNITS.get(spec.unit, one).of(self.language)
        if self.language == "en" and right.value == 1:
            unit = one.en
        said = f"{self.say(left)}{_MEASURED[op].of(self.language)}{self.say(right)}"
        return f"{said} {unit}".rstrip()

    def _among(self, left: Tree, right: Tree) -> str | None:
        if isinstance(left, Literal) and (spec := self._spec(right)):
            words = self._pick("{}包括{}", "{} include {}")
            return words.format(self.say(right), self._literal(left, spec)[0])
        if not isinstance(right, Listing):
            return None
        spec = self._spec(left)
        items = [self._literal(item, spec)[0] for item in right.items if isinstance(item, Literal)]
        if len(items) == 1:
            return spaced(self._pick("{}为{}", "{} is {}").format(self.say(left), items[0]))
        listed = self._pick("、", ", ").join(items)
        words = self._pick("{}为{}之一", "{} is one of {}")
        return spaced(words.format(self.say(left), listed))

    def _conditional(self, tree: Conditional) -> tuple[str, int]:
        words = self._pick("若{}，则{}，否则{}", "{1} if {0}, otherwise {2}")
        parts = [self._within(part, 1) for part in (tree.test, tree.yes, tree.no)]
        return spaced(words.format(*parts)), _TERNARY

    def _listing(self, tree: Listing) -> tuple[str, int]:
        return self._pick("、", ", ").join(self.say(item) for item in tree.items), _HIGHEST

    def _call(self, tree: Call) -> tuple[str, int]:
        if tree.function == "has":
            said = self.say(tree.arguments[0])
            return self._pick("已填写“{}”", "'{}' is given").format(said), _HIGHEST
        if tree.function == "history.count":
            return self._history(tree), _HIGHEST
        if tree.function == "history.streak":
            return self._streak(tree), _HIGHEST
        if tree.function == "history.awarded":
            return self._awarded(tree), _HIGHEST
        if (day := _day(tree)) is not None:
            return day, _HIGHEST
        if (bounded := self._bounded(tree)) is not None:
            return bounded, _HIGHEST
        inside = self._pick("、", ", ").join(self.say(argument) for argument in tree.arguments)
        return _FUNCTIONS[tree.function].of(self.language).format(inside), _HIGHEST

    def _bounded(self, tree: Call) -> str | None:
        """Return ``min`` or ``max`` of something and a number as a bound."""
        if tree.function not in _BOUNDS or len(tree.arguments) != _TWO:
            return None
        first, second = tree.arguments
        if isinstance(first, Literal):
            first, second = second, first
        if isinstance(first, Literal) or not isinstance(second, Literal):
            return None
        words = _BOUNDS[tree.function].of(self.language)
        return words.format(self.say(first), self.say(second))

    def _history(self, tree: Call) -> str:
        name, span = (str(part.value) for part in tree.arguments if isinstance(part, Literal))
        title = self.types.get(name, Title(name, name)).of(self.language)
        parsed = parse_duration(span)
        time = duration(parsed).of(self.language) if parsed else span
        words = self._pick("此前 {1}内“{0}”的次数", "the number of '{0}' in the {1} before")
        return words.format(title, time)

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


def lowered(title: str) -> str:
    """Return an English title as it stands within a sentence."""
    return title if title[1:2].isupper() else title[:1].lower() + title[1:]


def _asks_whether(part: Tree, other: Tree) -> bool:
    """Return whether a part only asks for a field that another part makes use of."""
    if part is other or not (isinstance(part, Call) and part.function == "has"):
        return False
    (field,) = part.arguments
    if not isinstance(field, Field) or (isinstance(other, Call) and other.function == "has"):
        return False
    return any(isinstance(node, Field) and node.path == field.path for node in walk(other))


def _day(tree: Tree) -> str | None:
    """Return the day that ``date("…")`` names."""
    if isinstance(tree, Call) and tree.function == "date" and tree.arguments:
        first = tree.arguments[0]
        return str(first.value) if isinstance(first, Literal) else None
    return None


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
