"""Decision tables: what a cell accepts, which rows can never be reached, which overlap."""

import re
from dataclasses import dataclass
from decimal import Decimal

from points.rules.reading import NUMBER
from points.rules.syntax import Binary, Listing, Literal, Tree, Unary
from points.rules.texts import Title, did_you_mean
from points.rules.types import Type
from points.rules.yaml_positions import Node, Scalar, Sequence

_COMPARISON = re.compile(r"(<=|>=|<|>)\s*(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)")
_RANGE = re.compile(r"(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)\s*\.\.\s*(-?[0-9]{1,30}(?:\.[0-9]{1,30})?)")
_INFINITY = Decimal("Infinity")


class BadCell(Exception):
    """A cell does not fit its column; carries the node and the texts."""

    def __init__(self, node: Node, zh: str, en: str) -> None:
        """Keep what the finding needs."""
        super().__init__(en)
        self.node, self.zh, self.en = node, zh, en


@dataclass(frozen=True, slots=True)
class Span:
    """A range of numbers; each end is its value and whether the range stops short of it."""

    low: Decimal
    after_low: bool
    high: Decimal
    before_high: bool

    def covers(self, other: "Span") -> bool:
        """Return whether every number of the other lies in this one."""
        low = (self.low, self.after_low) <= (other.low, other.after_low)
        return low and (other.high, not other.before_high) <= (self.high, not self.before_high)

    def meets(self, other: "Span") -> bool:
        """Return whether the two have a number in common."""
        low = max((self.low, self.after_low), (other.low, other.after_low))
        high = min((self.high, not self.before_high), (other.high, not other.before_high))
        return low[0] < high[0] or (low[0] == high[0] and not low[1] and high[1])


@dataclass(frozen=True, slots=True)
class Cell:
    """What one cell accepts: everything, some values, or some ranges."""

    accepts: tuple[Span, ...] | frozenset[str | bool] | None
    condition: Tree | None

    def covers(self, other: "Cell", column: Type) -> bool:
        """Return whether this cell accepts all that the other does."""
        if self.accepts is None:
            return True
        if isinstance(self.accepts, frozenset):
            theirs = _everything(column) if other.accepts is None else other.accepts
            return isinstance(theirs, frozenset) and bool(theirs) and theirs <= self.accepts
        spans = other.accepts if isinstance(other.accepts, tuple) else (_ALL,)
        return all(any(mine.covers(span) for mine in self.accepts) for span in spans)

    def meets(self, other: "Cell") -> bool:
        """Return whether some value is accepted by both."""
        if self.accepts is None or other.accepts is None:
            return True
        if isinstance(self.accepts, frozenset) or isinstance(other.accepts, frozenset):
            return bool(frozenset(self.accepts) & frozenset(other.accepts))
        return any(mine.meets(theirs) for mine in self.accepts for theirs in other.accepts)


_ALL = Span(-_INFINITY, after_low=False, high=_INFINITY, before_high=False)


def _everything(column: Type) -> frozenset[str | bool]:
    return frozenset((True, False)) if column.kind == "boolean" else frozenset(column.values)


def read_cell(node: Node, subject: Tree, column: Type) -> Cell:
    """Return what a cell accepts and its condition on the column's expression.

    Raises:
        BadCell: It does not fit the column's type.
    """
    if isinstance(node, Sequence):
        return _one_of(node, subject, column)
    if not isinstance(node, Scalar):
        raise BadCell(node, "单元格应为值或列表", "a cell is a value or a list")
    if node.text == "any":
        return Cell(None, None)
    if column.kind == "number":
        return _numeric(node, subject)
    value = _value(node, column)
    if isinstance(value, bool):
        condition = subject if value else Unary(0, 0, "!", subject)
        return Cell(frozenset((value,)), condition)
    return Cell(frozenset((value,)), Binary(0, 0, "==", subject, Literal(0, 0, value)))


def _value(node: Scalar, column: Type) -> str | bool:
    if column.kind == "boolean":
        if isinstance(node.value, bool):
            return node.value
        raise BadCell(node, "应为 true、false 或 any", "expected true, false or any")
    if column.kind == "enum" and node.text not in column.values:
        hint: Title = did_you_mean(node.text, column.values)
        raise BadCell(
            node, f"没有选项“{node.text}”{hint.zh}", f"'{node.text}' is never a value{hint.en}"
        )
    return node.text


def _numeric(node: Scalar, subject: Tree) -> Cell:
    if match := _COMPARISON.fullmatch(node.text):
        op, number = match.group(1), Decimal(match.group(2))
        below = op.startswith("<")
        open_end = not op.endswith("=")
        span = Span(
            -_INFINITY if below else number,
            after_low=open_end and not below,
            high=number if below else _INFINITY,
            before_high=open_end and below,
        )
        return Cell((span,), Binary(0, 0, op, subject, Literal(0, 0, number)))
    if match := _RANGE.fullmatch(node.text):
        low, high = (Decimal(part) for part in match.groups())
        if low > high:
            raise BadCell(node, "范围的下限大于上限", "the range is upside down")
        at_least = Binary(0, 0, ">=", subject, Literal(0, 0, low))
        at_most = Binary(0, 0, "<=", subject, Literal(0, 0, high))
        span = Span(low, after_low=False, high=high, before_high=False)
        return Cell((span,), Binary(0, 0, "&&", at_least, at_most))
    number = _plain_number(node)
    return Cell((_only(number),), Binary(0, 0, "==", subject, Literal(0, 0, number)))


def _plain_number(node: Node) -> Decimal:
    text = node.text if isinstance(node, Scalar) else ""
    if not NUMBER.fullmatch(text):
        zh, en = "应为数字、“>= 4”、“2..3”或 any", "expected a number, '>= 4', '2..3' or any"
        raise BadCell(node, zh, en)
    return Decimal(text)


def _only(number: Decimal) -> Span:
    return Span(number, after_low=False, high=number, before_high=False)


def _one_of(node: Sequence, subject: Tree, column: Type) -> Cell:
    if not node.items:
        raise BadCell(node, "列表为空", "the list is empty")
    if column.kind == "number":
        numbers = [_plain_number(item) for item in node.items]
        items = tuple(Literal(0, 0, number) for number in numbers)
        spans = tuple(_only(number) for number in numbers)
        return Cell(spans, Binary(0, 0, "in", subject, Listing(0, 0, items)))
    values = [_value(item, column) for item in node.items if isinstance(item, Scalar)]
    if len(values) != len(node.items):
        raise BadCell(node, "列表中只能写固定值", "a list holds fixed values only")
    listed = Listing(0, 0, tuple(Literal(0, 0, value) for value in values))
    return Cell(frozenset(values), Binary(0, 0, "in", subject, listed))


def shadowing(rows: list[list[Cell]], columns: list[Type], number: int) -> int | None:
    """Return the index of an earlier row that accepts all that a row accepts, if any."""
    for earlier in range(number):
        pairs = zip(rows[earlier], rows[number], columns, strict=True)
        if all(mine.covers(theirs, column) for mine, theirs, column in pairs):
            return earlier
    return None


def overlapping(rows: list[list[Cell]], number: int) -> int | None:
    """Return the index of an earlier row that shares some case with a row, if any."""
    for earlier in range(number):
        if all(a.meets(b) for a, b in zip(rows[earlier], rows[number], strict=True)):
            return earlier
    return None
