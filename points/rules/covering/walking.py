"""A second reading of expressions: walks the tree, step by step, and tells what it saw.

Slower than the compiled function by far and independent of it: they share the parser and nothing
else, so each is the other's oracle.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

from points.rules.compile import NO_PAST, Past
from points.rules.durations import parse_duration
from points.rules.syntax import (
    Binary,
    Conditional,
    Field,
    Let,
    Listing,
    Literal,
    Tree,
    Unary,
)

Watch = Callable[[Tree, Any], None]
"""Told each part of a tree that was computed, and what it came to."""

_ROUNDINGS = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "round": ROUND_HALF_UP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Walker:
    """Computes checked expressions on one activity.

    Attributes:
        names: The activity's fields and the member's snapshot, by root.
        lets: Trees of the bindings by name.
        past: Answers what is asked of what happened before.
        watch: Told every part that is computed, the parts of lets included.
    """

    names: Mapping[str, Mapping[str, Any]]
    lets: Mapping[str, Tree]
    past: Past = NO_PAST
    watch: Watch = lambda _, __: None

    def value(self, tree: Tree) -> Any:  # noqa: ANN401 - any value
        """Return what an expression comes to: a Decimal for every number.

        Raises:
            ArithmeticError: It has no result.
            KeyError: A field that it reads is missing.
        """
        found = self._value(tree)
        self.watch(tree, found)
        return found

    def _value(self, tree: Tree) -> Any:  # noqa: ANN401 - any value
        match tree:
            case Literal(value=value):
                return _number(value)
            case Field(root=root, name=name):
                return _number(self.names[root][name])
            case Let(name=name):
                return self.value(self.lets[name])
            case Listing(items=items):
                return [self.value(item) for item in items]
            case Unary(op=op, operand=operand):
                inner = self.value(operand)
                return (not inner) if op == "!" else -inner
            case Conditional(test=test, yes=yes, no=no):
                return self.value(yes if self.value(test) else no)
            case Binary(op=op, left=left, right=right):
                return self._binary(op, left, right)
            case _:
                return self._call(tree.function, tree.arguments)

    def _binary(self, op: str, left: Tree, right: Tree) -> Any:  # noqa: ANN401 - any value
        first = self.value(left)
        if op == "&&":
            return self.value(right) if first else False
        if op == "||":
            return True if first else self.value(right)
        second = self.value(right)
        if op in ("/", "%") and not second:
            raise ZeroDivisionError
        return _OPERATORS[op](first, second)

    def _call(self, function: str, arguments: tuple[Tree, ...]) -> Any:  # noqa: ANN401 - any value
        if function == "has":
            (field,) = arguments
            return isinstance(field, Field) and field.name in self.names[field.root]
        if function == "date":
            return date.fromisoformat(_text(arguments[0]))
        if function.startswith("history."):
            return _number(self._history(function, *arguments))
        values = [self.value(each) for each in arguments]
        if function in _ROUNDINGS:
            return values[0].to_integral_value(_ROUNDINGS[function])
        return _FUNCTIONS[function](values)

    def _history(self, function: str, first: Tree, second: Tree) -> int:
        if function == "history.awarded":
            return self.past.awarded(_text(first), self.value(second))
        if function == "history.streak":
            return self.past.streak(_text(first), _text(second))
        duration = parse_duration(_text(second))
        return self.past.count(_text(first), duration.elapsed if duration else timedelta(0))


def _number(value: Any) -> Any:  # noqa: ANN401 - any value
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _text(tree: Tree) -> str:
    return str(tree.value) if isinstance(tree, Literal) else ""


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    "<=": lambda left, right: left <= right,
    ">": lambda left, right: left > right,
    ">=": lambda left, right: left >= right,
    "in": lambda left, right: left in right,
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left / right,
    "%": lambda left, right: left % right,
}
_FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "min": min,
    "max": max,
    "abs": lambda values: values[0] if values[0] >= 0 else -values[0],
    "size": lambda values: Decimal(len(values[0])),
}
