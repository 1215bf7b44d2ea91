"""A second, slow reading of expressions: walks the tree and computes in exact fractions' stead.

It shares the parser with the engine and nothing else.
"""

from collections.abc import Mapping
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from typing import Any

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

Names = Mapping[str, Mapping[str, Any]]


def number(value: Any) -> Any:
    return Decimal(value) if isinstance(value, int) and not isinstance(value, bool) else value


def interpret(tree: Tree, names: Names, lets: Mapping[str, Tree]) -> Any:  # noqa: PLR0911 - one a node
    match tree:
        case Literal(value=value):
            return number(value)
        case Field(root=root, name=name):
            return number(names[root][name])
        case Let(name=name):
            return interpret(lets[name], names, lets)
        case Listing(items=items):
            return [interpret(item, names, lets) for item in items]
        case Unary(op=op, operand=operand):
            value = interpret(operand, names, lets)
            return (not value) if op == "!" else -value
        case Conditional(test=test, yes=yes, no=no):
            return interpret(yes if interpret(test, names, lets) else no, names, lets)
        case Binary():
            return binary(tree, names, lets)
        case Call(function="has", arguments=(Field(root=root, name=name),)):
            return name in names[root]
        case Call(function=function, arguments=arguments):
            return call(function, [interpret(each, names, lets) for each in arguments])


def binary(tree: Binary, names: Names, lets: Mapping[str, Tree]) -> Any:
    left = interpret(tree.left, names, lets)
    if tree.op == "&&":
        return interpret(tree.right, names, lets) if left else False
    if tree.op == "||":
        return True if left else interpret(tree.right, names, lets)
    right = interpret(tree.right, names, lets)
    if tree.op in "/%":
        if right == 0:
            raise ZeroDivisionError
        return left / right if tree.op == "/" else left % right
    return {
        "==": lambda: left == right,
        "!=": lambda: left != right,
        "<": lambda: left < right,
        "<=": lambda: left <= right,
        ">": lambda: left > right,
        ">=": lambda: left >= right,
        "in": lambda: left in right,
        "+": lambda: left + right,
        "-": lambda: left - right,
        "*": lambda: left * right,
    }[tree.op]()


def call(function: str, values: list[Any]) -> Any:
    roundings = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "round": ROUND_HALF_UP}
    if function in roundings:
        return values[0].to_integral_value(roundings[function])
    if function == "abs":
        return values[0] if values[0] >= 0 else -values[0]
    if function == "size":
        return Decimal(len(values[0]))
    return sorted(values)[0 if function == "min" else -1]
