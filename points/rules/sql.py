"""Writes a checked expression as SQL for DuckDB: the third back end of the one tree.

Text only: names come from the schema, literals are quoted in one place, and what SQL cannot say
with the very same result is refused, so that whoever asks falls back to the exact engine. A result
of NULL means that the expression fails, as dividing by zero does.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any

from points.rules import sql_numbers as numbers
from points.rules.activity_types import NUMBER_LIMIT, FieldSpec
from points.rules.compile import Compiled
from points.rules.scope import MEMBER_FIELDS
from points.rules.sql_numbers import TEXT_MAX, NotInSql, Number, Quotient
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

NUMBER_DIGITS = 9
"""Digits behind the point that a number of an activity may have."""
SQL_TYPES = {"boolean": "BOOLEAN", "date": "DATE", "list": "VARCHAR[]"}
_COMPARISONS = {"==": "=", "!=": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


@dataclass(frozen=True, slots=True)
class Plain:
    """Anything but a number, as SQL text.

    Attributes:
        kind: boolean, text, date or list.
        nullable: Whether it may have no value, which means that computing it fails.
    """

    text: str
    kind: str
    nullable: bool = False

    def __post_init__(self) -> None:
        if len(self.text) > TEXT_MAX:
            raise NotInSql("length")


Sql = Number | Quotient | Plain


@dataclass(frozen=True, slots=True)
class Names:
    """The fields that an expression may read, and the lets that it may use.

    Attributes:
        event: The activity type's fields; columns of the struct ``event``.
        lets: Trees of the bindings by name.
    """

    event: Mapping[str, FieldSpec]
    lets: Mapping[str, Tree]

    def spec(self, root: str, name: str) -> FieldSpec:
        """Return the field that a name means.

        Raises:
            NotInSql: There is none.
        """
        found = (self.event if root == "event" else MEMBER_FIELDS).get(name)
        if found is None:
            raise NotInSql("unknown_name")
        return found


def quoted(text: str) -> str:
    """Return text as a literal.

    Raises:
        NotInSql: It holds what no database stores as text.
    """
    if "\x00" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise NotInSql("text")
    return "'" + text.replace("'", "''") + "'"


def named(name: str) -> str:
    """Return a column's name, quoted."""
    return '"' + name.replace('"', '""') + '"'


def column_type(spec: FieldSpec) -> str:
    """Return the type of column that holds a field exactly."""
    if spec.kind == "integer":
        return "BIGINT"
    if spec.kind == "number":
        whole = len(str(int(max(abs(bound) for bound in limits(spec)))))
        return f"DECIMAL({whole + NUMBER_DIGITS},{NUMBER_DIGITS})"
    return SQL_TYPES.get(spec.kind, "VARCHAR")


def limits(spec: FieldSpec) -> tuple[Decimal, Decimal]:
    """Return the smallest and the largest value of a number."""
    low = -NUMBER_LIMIT if spec.minimum is None else spec.minimum
    return low, NUMBER_LIMIT if spec.maximum is None else spec.maximum


def sql_of(tree: Tree, names: Names) -> Sql:
    """Return a checked expression as SQL.

    Raises:
        NotInSql: SQL cannot say it exactly; carries why.
    """
    return _Writer(names).write(tree)


def condition(compiled: Compiled, event: Mapping[str, FieldSpec]) -> Plain:
    """Return a checked condition as SQL.

    Raises:
        NotInSql: SQL cannot say it exactly.
    """
    found = sql_of(compiled.tree, Names(event, compiled.lets))
    if not isinstance(found, Plain):
        raise NotInSql("type")
    return found


def quantity(compiled: Compiled, event: Mapping[str, FieldSpec]) -> Number | Quotient:
    """Return a checked expression for a number as SQL.

    Raises:
        NotInSql: SQL cannot say it exactly.
    """
    found = sql_of(compiled.tree, Names(event, compiled.lets))
    if isinstance(found, Plain):
        raise NotInSql("type")
    return found


class _Writer:
    """Writes one tree."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def write(self, tree: Tree) -> Sql:
        """Return a part of the tree as SQL."""
        writers: dict[type, Callable[[Any], Sql]] = {
            Literal: _literal,
            Field: self._field,
            Let: lambda let: self.write(self.names.lets[let.name]),
            Unary: self._unary,
            Binary: self._binary,
            Conditional: self._conditional,
            Listing: self._listing,
            Call: self._call,
        }
        return writers[type(tree)](tree)

    def _plain(self, tree: Tree) -> Plain:
        found = self.write(tree)
        if not isinstance(found, Plain):
            raise NotInSql("type")
        return found

    def _number(self, tree: Tree) -> Number:
        found = self.write(tree)
        if isinstance(found, Quotient):
            # The exact engine computes on with thirty-four digits of it; SQL would not.
            raise NotInSql("division")
        if isinstance(found, Plain):
            raise NotInSql("type")
        return found

    def _field(self, tree: Field) -> Sql:
        spec = self.names.spec(tree.root, tree.name)
        column = f"{tree.root}.{named(tree.name)}"
        nullable = not spec.required
        if spec.kind not in ("number", "integer"):
            kind = "text" if spec.kind in ("enum", "text") else spec.kind
            return Plain(column, kind, nullable)
        scale = NUMBER_DIGITS if spec.kind == "number" else 0
        low, high = (int(bound * 10**scale) for bound in limits(spec))
        if scale:
            kind = numbers.kind_of(max(abs(low), abs(high)))
            column = f"CAST(CAST({column} AS DECIMAL(38,{scale})) * {10**scale} AS {kind})"
        return Number(column, low, high, scale, nullable)

    def _unary(self, tree: Unary) -> Sql:
        if tree.op == "-":
            return numbers.negated(self._number(tree.operand))
        operand = self._plain(tree.operand)
        return Plain(f"(NOT {operand.text})", "boolean", operand.nullable)

    def _binary(self, tree: Binary) -> Sql:
        if tree.op in ("&&", "||"):
            return self._joined(tree)
        if tree.op == "in":
            return self._member(tree)
        if tree.op in _COMPARISONS:
            return self._compared(tree)
        if tree.op == "/":
            return numbers.divided(self._number(tree.left), self._number(tree.right))
        left, right = self._number(tree.left), self._number(tree.right)
        if tree.op == "*":
            return numbers.multiplied(left, right)
        if tree.op == "%":
            return numbers.remainder(left, right)
        return numbers.added(left, right, tree.op)

    def _joined(self, tree: Binary) -> Plain:
        left, right = self._plain(tree.left), self._plain(tree.right)
        nullable = left.nullable or right.nullable
        both = tree.op == "&&"
        if not left.nullable:
            word = "AND" if both else "OR"
            return Plain(f"({left.text} {word} {right.text})", "boolean", nullable)
        # NULL AND FALSE is FALSE in SQL; here a left side that fails must fail the whole.
        ends = f"WHEN TRUE THEN {right.text} WHEN FALSE THEN FALSE"
        if not both:
            ends = f"WHEN TRUE THEN TRUE WHEN FALSE THEN {right.text}"
        return Plain(f"(CASE {left.text} {ends} END)", "boolean", nullable)

    def _compared(self, tree: Binary) -> Plain:
        op = _COMPARISONS[tree.op]
        left, right = self.write(tree.left), self.write(tree.right)
        nullable = left.nullable or right.nullable
        if isinstance(left, Plain) and isinstance(right, Plain):
            return Plain(f"({left.text} {op} {right.text})", "boolean", nullable)
        if isinstance(left, Plain) or isinstance(right, Plain):
            raise NotInSql("type")
        return Plain(numbers.compared(left, op, right), "boolean", nullable)

    def _member(self, tree: Binary) -> Plain:
        left = self.write(tree.left)
        if isinstance(tree.right, Listing):
            return self._one_of(left, tree.right.items)
        right = self._plain(tree.right)
        if not isinstance(left, Plain):
            raise NotInSql("type")
        text = f"list_contains({right.text}, {left.text})"
        nullable = left.nullable or right.nullable
        if left.nullable:
            text = f"CASE WHEN {left.text} IS NULL THEN NULL ELSE {text} END"
        return Plain(f"({text})", "boolean", nullable)

    def _one_of(self, left: Sql, items: Sequence[Tree]) -> Plain:
        if not items:
            raise NotInSql("list")
        if isinstance(left, Plain):
            listed = ", ".join(self._plain(item).text for item in items)
            return Plain(f"({left.text} IN ({listed}))", "boolean", left.nullable)
        tests = [numbers.compared(left, "=", self._number(item)) for item in items]
        return Plain(f"({' OR '.join(tests)})", "boolean", left.nullable)

    def _conditional(self, tree: Conditional) -> Sql:
        test, yes, no = (self.write(part) for part in (tree.test, tree.yes, tree.no))
        if not isinstance(test, Plain):
            raise NotInSql("type")
        form = "(CASE WHEN {test} THEN {yes} ELSE {no} END)"
        if test.nullable:
            form = "(CASE {test} WHEN TRUE THEN {yes} WHEN FALSE THEN {no} END)"
        if isinstance(yes, Number) and isinstance(no, Number):
            write = partial(form.format, test=test.text)
            return numbers.chosen(write, yes, no, nullable=test.nullable)
        if not isinstance(yes, Plain) or not isinstance(no, Plain) or yes.kind != no.kind:
            raise NotInSql("division" if Quotient in (type(yes), type(no)) else "type")
        nullable = test.nullable or yes.nullable or no.nullable
        text = form.format(test=test.text, yes=yes.text, no=no.text)
        return Plain(text, yes.kind, nullable)

    def _listing(self, _tree: Listing) -> Sql:
        # Lists stand to the right of ``in``, and ``size`` counts them; elsewhere they mean nothing.
        raise NotInSql("list")

    def _call(self, tree: Call) -> Sql:
        if tree.function == "has":
            return self._has(tree)
        if tree.function == "date":
            return _dated(tree)
        if tree.function == "size":
            return self._sized(tree.arguments[0])
        rounding = _ROUNDINGS.get(tree.function)
        if rounding is not None:
            argument = self.write(tree.arguments[0])
            if isinstance(argument, Plain):
                raise NotInSql("type")
            return rounding(argument)
        return self._numeric(tree)

    def _numeric(self, tree: Call) -> Sql:
        if tree.function == "abs":
            return numbers.absolute(self._number(tree.arguments[0]))
        if tree.function in _EXTREMES:
            if len(tree.arguments) == 1:
                return self.write(tree.arguments[0])
            found = [self._number(argument) for argument in tree.arguments]
            return numbers.extreme(found, _EXTREMES[tree.function])
        # What happened before is not in the row.
        raise NotInSql("history")

    def _has(self, tree: Call) -> Plain:
        field = tree.arguments[0]
        if not isinstance(field, Field):
            raise NotInSql("type")
        self.names.spec(field.root, field.name)
        return Plain(f"({field.root}.{named(field.name)} IS NOT NULL)", "boolean")

    def _sized(self, tree: Tree) -> Number:
        if isinstance(tree, Listing):
            return numbers.constant(len(tree.items))
        found = self._plain(tree)
        # Characters, not bytes and not what is seen as one.
        counted = "len" if found.kind == "list" else "length"
        return Number(f"{counted}({found.text})", 0, _SIZE_MAX, 0, found.nullable)


_SIZE_MAX = 10_000
_ROUNDINGS: Mapping[str, Callable[[Number | Quotient], Number]] = {
    "floor": numbers.floored,
    "ceil": numbers.ceiled,
    "round": numbers.rounded,
}
_EXTREMES = {"min": "least", "max": "greatest"}


def _literal(tree: Literal) -> Sql:
    if isinstance(tree.value, bool):
        return Plain("TRUE" if tree.value else "FALSE", "boolean")
    if isinstance(tree.value, str):
        return Plain(quoted(tree.value), "text")
    return numbers.constant(tree.value)


def _dated(tree: Call) -> Plain:
    argument = tree.arguments[0]
    text = str(argument.value) if isinstance(argument, Literal) else ""
    return Plain(f"DATE {quoted(date.fromisoformat(text).isoformat())}", "date")
