"""One spelling for expressions that mean the same whatever way they were written.

White space, brackets that change nothing, ``let`` bindings and the spelling of numbers do not
count. Order does: the left side of ``&&`` guards the right.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal

from points.kernel.canonical import decimal_text
from points.rules.compile import Compiled
from points.rules.syntax import (
    Binary,
    Call,
    Conditional,
    Let,
    Listing,
    Literal,
    Tree,
    Unary,
    unparse,
)

_ASSOCIATIVE = ("&&", "||")


def inlined(tree: Tree, lets: Mapping[str, Tree]) -> Tree:
    """Return an expression with every ``let`` written out."""
    match tree:
        case Let(name=name):
            return inlined(lets[name], lets)
        case Unary():
            return replace(tree, operand=inlined(tree.operand, lets))
        case Binary():
            return replace(tree, left=inlined(tree.left, lets), right=inlined(tree.right, lets))
        case Conditional():
            parts = (inlined(part, lets) for part in (tree.test, tree.yes, tree.no))
            return Conditional(tree.start, tree.end, *parts)
        case Listing():
            return replace(tree, items=tuple(inlined(item, lets) for item in tree.items))
        case Call():
            return replace(tree, arguments=tuple(inlined(each, lets) for each in tree.arguments))
        case _:
            return tree


def whole(compiled: Compiled) -> Tree:
    """Return what an expression is, with its bindings written out."""
    return inlined(compiled.tree, compiled.lets)


def spelled(tree: Tree) -> str:
    """Return the one spelling of an expression without bindings."""
    match tree:
        case Literal(value=number) if not isinstance(number, bool | str):
            return decimal_text(Decimal(number))
        case Unary(op=op, operand=operand):
            return f"{op}({spelled(operand)})"
        case Binary(op=op) if op in _ASSOCIATIVE:
            return f" {op} ".join(f"({spelled(part)})" for part in _chain(tree, op))
        case Binary(op=op, left=left, right=right):
            return f"({spelled(left)}) {op} ({spelled(right)})"
        case Conditional(test=test, yes=yes, no=no):
            return f"({spelled(test)}) ? ({spelled(yes)}) : ({spelled(no)})"
        case Listing(items=parts):
            return f"[{', '.join(spelled(part) for part in parts)}]"
        case Call(function=function, arguments=parts):
            return f"{function}({', '.join(spelled(part) for part in parts)})"
        case _:
            return unparse(tree)


def _chain(tree: Tree, op: str) -> Iterator[Tree]:
    if isinstance(tree, Binary) and tree.op == op:
        yield from _chain(tree.left, op)
        yield from _chain(tree.right, op)
    else:
        yield tree
