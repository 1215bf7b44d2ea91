"""Turns a checked expression into a Python function, built from ``ast`` nodes only.

The function sees three arguments and a short list of helpers; it has no builtins. Numbers are ints
and Decimals, and the caller sets the arithmetic context (see ``ARITHMETIC``).
"""

import ast
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import (
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    Context,
    Decimal,
    DivisionByZero,
    InvalidOperation,
    Overflow,
)
from typing import Any, Protocol

from points.rules.durations import parse_duration
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
    children,
)

ARITHMETIC = Context(
    prec=34, rounding=ROUND_HALF_EVEN, traps=[DivisionByZero, InvalidOperation, Overflow]
)
"""Thirty-four digits, whatever the thread's own context is; errors raise."""


class Past(Protocol):
    """Answers what expressions ask of what happened before."""

    def count(self, activity_type: str, back: timedelta) -> int:
        """Return how many scored activities of a type happened in the time before."""
        ...

    def streak(self, activity_type: str, window: str) -> int:
        """Return in how many windows in a row before this one a type happened."""
        ...

    def awarded(self, rule_id: str, external_id: str) -> int:
        """Return what a rule granted for the activity that a source's number names."""
        ...


class _NoPast:
    """The past of whoever has none, where expressions have no say in it."""

    def count(self, _activity_type: str, _back: timedelta) -> int:
        return 0

    def streak(self, _activity_type: str, _window: str) -> int:
        return 0

    def awarded(self, _rule_id: str, _external_id: str) -> int:
        return 0


NO_PAST: Past = _NoPast()
"""Nothing happened before."""

Function = Callable[[Mapping[str, Any], Mapping[str, Any], Past], Any]
"""Called with the activity's fields, the member's snapshot, and what happened before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiled:
    """An expression ready to run.

    Attributes:
        text: As written.
        tree: What it was parsed to.
        run: The function.
        reads: Dotted paths of all the fields that it may read, lets included, sorted.
        histories: What it asks of the member's history: activity type and how far back.
        streaks: Of which types and windows it asks how long a streak is.
        references: Whose awards it asks for: rule, and the activity's field with the number.
        lets: Trees of the bindings that it may name.
    """

    text: str
    tree: Tree
    run: Function
    reads: tuple[str, ...]
    histories: frozenset[tuple[str, timedelta]]
    streaks: frozenset[tuple[str, str]] = frozenset()
    references: frozenset[tuple[str, str]] = frozenset()
    lets: Mapping[str, Tree] = field(default_factory=dict, repr=False, compare=False)


def _divide(left: int | Decimal, right: int | Decimal) -> Decimal:
    if not right:
        raise ZeroDivisionError
    return Decimal(left) / Decimal(right)


def _remainder(left: int | Decimal, right: int | Decimal) -> Decimal:
    if not right:
        raise ZeroDivisionError
    return Decimal(left) % Decimal(right)


def _round(number: int | Decimal) -> int:
    return int(Decimal(number).to_integral_value(ROUND_HALF_UP))


HELPERS: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "size": len,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": _round,
    "divide": _divide,
    "remainder": _remainder,
}
_COMPARE: Mapping[str, type[ast.cmpop]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
    "in": ast.In,
}
_ARITHMETIC: Mapping[str, type[ast.operator]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}


def compile_expression(text: str, tree: Tree, lets: Mapping[str, Tree]) -> Compiled:
    """Return an expression as a function; it must have passed ``check``."""
    writer = _Writer(lets)
    body = ast.Expression(
        ast.Lambda(
            args=ast.arguments(
                posonlyargs=[ast.arg(name) for name in ("event", "member", "history")],
                args=[],
                kwonlyargs=[],
                kw_defaults=[],
                defaults=[],
            ),
            body=writer.write(tree),
        )
    )
    code = compile(ast.fix_missing_locations(body), "<rule>", "eval")
    # The text was parsed by our own grammar; only whitelisted nodes and names reach this code.
    run = eval(code, {"__builtins__": {}, **HELPERS, **writer.constants})  # noqa: S307
    return Compiled(
        text=text,
        tree=tree,
        run=run,
        reads=tuple(sorted(writer.reads)),
        histories=frozenset(writer.histories),
        streaks=frozenset(writer.streaks),
        references=frozenset(writer.references),
        lets=lets,
    )


class _Writer:
    """Writes one tree as a Python expression."""

    def __init__(self, lets: Mapping[str, Tree]) -> None:
        self.lets = lets
        self.constants: dict[str, object] = {}
        self.reads: set[str] = set()
        self.histories: set[tuple[str, timedelta]] = set()
        self.streaks: set[tuple[str, str]] = set()
        self.references: set[tuple[str, str]] = set()

    def write(self, tree: Tree) -> ast.expr:
        """Return a part of the tree as Python."""
        writers: dict[type, Callable[[Any], ast.expr]] = {
            Literal: self._literal,
            Field: self._field,
            Let: lambda let: self.write(self.lets[let.name]),
            Unary: self._unary,
            Binary: self._binary,
            Conditional: lambda node: ast.IfExp(*(self.write(part) for part in children(node))),
            Listing: lambda node: ast.Tuple([self.write(i) for i in node.items], ast.Load()),
            Call: self._call,
        }
        return writers[type(tree)](tree)

    def _constant(self, value: object) -> ast.expr:
        # A code object holds no Decimal, date or timedelta, so these are names of its globals.
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        return ast.Name(name, ast.Load())

    def _literal(self, tree: Literal) -> ast.expr:
        if isinstance(tree.value, Decimal):
            return self._constant(tree.value)
        return ast.Constant(tree.value)

    def _field(self, tree: Field) -> ast.expr:
        self.reads.add(tree.path)
        return ast.Subscript(ast.Name(tree.root, ast.Load()), ast.Constant(tree.name), ast.Load())

    def _unary(self, tree: Unary) -> ast.expr:
        op: ast.unaryop = ast.Not() if tree.op == "!" else ast.USub()
        return ast.UnaryOp(op, self.write(tree.operand))

    def _binary(self, tree: Binary) -> ast.expr:
        left, right = self.write(tree.left), self.write(tree.right)
        if tree.op in ("&&", "||"):
            return ast.BoolOp(ast.And() if tree.op == "&&" else ast.Or(), [left, right])
        if tree.op in _COMPARE:
            return ast.Compare(left, [_COMPARE[tree.op]()], [right])
        if tree.op in _ARITHMETIC:
            return ast.BinOp(left, _ARITHMETIC[tree.op](), right)
        return _called("divide" if tree.op == "/" else "remainder", left, right)

    def _call(self, tree: Call) -> ast.expr:
        if tree.function == "has":
            return self._has(tree.arguments[0])
        if tree.function == "date":
            return self._constant(date.fromisoformat(_text(tree.arguments[0])))
        if tree.function == "history.count":
            return self._count(*(_text(argument) for argument in tree.arguments))
        if tree.function == "history.streak":
            return self._streak(*(_text(argument) for argument in tree.arguments))
        if tree.function == "history.awarded":
            return self._awarded(*tree.arguments)
        arguments = [self.write(argument) for argument in tree.arguments]
        if tree.function in ("min", "max") and len(arguments) == 1:
            return arguments[0]
        return _called(tree.function, *arguments)

    def _has(self, tree: Any) -> ast.expr:  # noqa: ANN401 - ``check`` allows a Field only
        self.reads.add(tree.path)
        return ast.Compare(ast.Constant(tree.name), [ast.In()], [ast.Name(tree.root, ast.Load())])

    def _count(self, name: str, span: str) -> ast.expr:
        duration = parse_duration(span)
        back = duration.elapsed if duration else timedelta(0)
        self.histories.add((name, back))
        return _asked("count", ast.Constant(name), self._constant(back))

    def _streak(self, name: str, window: str) -> ast.expr:
        self.streaks.add((name, window))
        return _asked("streak", ast.Constant(name), ast.Constant(window))

    def _awarded(self, rule: Tree, reference: Any) -> ast.expr:  # noqa: ANN401 - a Field, by ``check``
        self.references.add((_text(rule), reference.name))
        return _asked("awarded", ast.Constant(_text(rule)), self.write(reference))


def _called(name: str, *arguments: ast.expr) -> ast.expr:
    return ast.Call(ast.Name(name, ast.Load()), list(arguments), [])


def _asked(name: str, *arguments: ast.expr) -> ast.expr:
    past = ast.Attribute(ast.Name("history", ast.Load()), name, ast.Load())
    return ast.Call(past, list(arguments), [])


def _text(tree: Tree) -> str:
    return str(tree.value) if isinstance(tree, Literal) else ""
