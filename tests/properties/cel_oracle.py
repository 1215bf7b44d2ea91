"""CEL itself, by Google's implementation, as a second opinion on what expressions mean.

Ours is a subset of its syntax with one number type, so every number is written as a double here, and
contexts hold only numbers that doubles hold exactly. The other differences are listed, each with its
reason, in ``docs/explanation/expression-language.md``.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cel_expr_python import cel
from cel_expr_python.ext.ext_math import ExtMath

from points.rules.scope import MEMBER_FIELDS
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
from tests.properties.expressions import FIELDS, LETS

FAILED = "failed"
"""Stands for an expression that fails; CEL gives an error back as a value."""
SIGNIFICANT_BITS = 53
_KINDS = {
    "number": cel.Type.DOUBLE,
    "integer": cel.Type.DOUBLE,
    "boolean": cel.Type.BOOL,
    "enum": cel.Type.STRING,
    "text": cel.Type.STRING,
    "date": cel.Type.TIMESTAMP,
    "list": cel.Type.List(cel.Type.STRING),
}
_SPECS = {
    **{f"event.{name}": spec for name, spec in FIELDS.items()},
    **{f"member.{name}": spec for name, spec in MEMBER_FIELDS.items()},
}
_CALLS = {
    "min": "math.least", "max": "math.greatest", "abs": "math.abs",
    "floor": "math.floor", "ceil": "math.ceil", "round": "math.round",
}  # fmt: skip


def environment() -> Any:
    """Return an environment that knows the fields, flat and typed, and whether each is there."""
    variables = {path: _KINDS[spec.kind] for path, spec in _SPECS.items()}
    variables |= {_presence(path): cel.Type.BOOL for path in _SPECS}
    return cel.NewEnv(variables=variables, extensions=[ExtMath()])


def activation(environment: Any, event: Mapping[str, Any], member: Mapping[str, Any]) -> Any:
    """Return a context as CEL takes it."""
    data: dict[str, Any] = {}
    for root, fields in (("event", event), ("member", member)):
        data |= {f"{root}.{name}": _value(value) for name, value in fields.items()}
    data |= {_presence(path): path in data for path in _SPECS}
    return environment.Activation(data)


def _presence(path: str) -> str:
    return "there." + path


def _value(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, date, tuple)):
        return value
    if isinstance(value, date):
        return datetime.combine(value, time(), tzinfo=UTC)
    return list(value) if isinstance(value, tuple) else float(value)


def asked(expression: Any, context: Any) -> Any:
    """Return what CEL makes of an expression in a context."""
    found = expression.eval(context)
    return FAILED if found.type() == cel.Type.ERROR else found.value()


@dataclass(frozen=True, slots=True)
class Translation:
    """Writes trees as CEL.

    Attributes:
        strict: Write ``&&`` and ``||`` so that a left side that fails fails the whole.
    """

    strict: bool = False

    def write(self, tree: Tree) -> str:  # noqa: C901, PLR0911 - one a node
        """Return the tree as CEL."""
        match tree:
            case Literal(value=bool() as value):
                return "true" if value else "false"
            case Literal(value=str() as value):
                return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
            case Literal(value=value):
                return repr(float(value))
            case Field():
                return tree.path
            case Let(name=name):
                return f"({self.write(LETS[name])})"
            case Unary(op=op, operand=operand):
                return f"{op}({self.write(operand)})"
            case Conditional():
                parts = (self.write(part) for part in (tree.test, tree.yes, tree.no))
                return "(({}) ? ({}) : ({}))".format(*parts)
            case Listing(items=items):
                return f"[{', '.join(self.write(item) for item in items)}]"
            case Binary():
                return self._binary(tree)
            case Call():
                return self._call(tree)

    def _binary(self, tree: Binary) -> str:
        left, right = self.write(tree.left), self.write(tree.right)
        if self.strict and tree.op == "&&":
            return f"(({left}) ? ({right}) : false)"
        if self.strict and tree.op == "||":
            return f"(({left}) ? true : ({right}))"
        if tree.op == "/":
            # A double divided by zero is infinite; only whole numbers fail.
            return f"(({right}) == 0.0 ? double(1 / 0) : ({left}) / ({right}))"
        return f"(({left}) {tree.op} ({right}))"

    def _call(self, tree: Call) -> str:
        argument = tree.arguments[0]
        if tree.function == "has":
            return _presence(argument.path) if isinstance(argument, Field) else ""
        if tree.function == "date":
            day = argument.value if isinstance(argument, Literal) else ""
            return f'timestamp("{day}T00:00:00Z")'
        arguments = ", ".join(self.write(each) for each in tree.arguments)
        if tree.function == "size":
            return f"double(size({arguments}))"
        return f"{_CALLS[tree.function]}({arguments})"


def beyond_doubles(number: Fraction) -> bool:
    """Return whether a double cannot hold a number exactly."""
    bottom = number.denominator
    return bool(bottom & (bottom - 1)) or number.numerator.bit_length() > SIGNIFICANT_BITS
