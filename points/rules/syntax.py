"""The tree of an expression, as written: a subset of CEL.

Every node knows the half-open span of characters that it was read from.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

LENGTH_MAX = 2_000
NODES_MAX = 300
DEPTH_MAX = 30
EXPANDED_NODES_MAX = 2_000
EXPANDED_DEPTH_MAX = 200


@dataclass(frozen=True, slots=True)
class Fault:
    """One mistake in an expression.

    Attributes:
        let: The binding in whose text it lies, if any.
        fix: What to write instead of the span, where that is certain.
    """

    code: str
    start: int
    end: int
    zh: str
    en: str
    let: str | None = None
    fix: str | None = None


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, text, or truth value."""

    start: int
    end: int
    value: int | Decimal | str | bool


@dataclass(frozen=True, slots=True)
class Field:
    """``event.hours`` or ``member.kind``."""

    start: int
    end: int
    root: str
    name: str

    @property
    def path(self) -> str:
        """Return the whole dotted name."""
        return f"{self.root}.{self.name}"


@dataclass(frozen=True, slots=True)
class Let:
    """``let.counted``: another expression of the same file, by name."""

    start: int
    end: int
    name: str


@dataclass(frozen=True, slots=True)
class Unary:
    """``!a`` or ``-a``."""

    start: int
    end: int
    op: str
    operand: "Tree"


@dataclass(frozen=True, slots=True)
class Binary:
    """``a op b``, for every operator with two sides."""

    start: int
    end: int
    op: str
    left: "Tree"
    right: "Tree"


@dataclass(frozen=True, slots=True)
class Conditional:
    """``test ? yes : no``."""

    start: int
    end: int
    test: "Tree"
    yes: "Tree"
    no: "Tree"


@dataclass(frozen=True, slots=True)
class Listing:
    """``[a, b]``."""

    start: int
    end: int
    items: tuple["Tree", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """``function(a, b)``."""

    start: int
    end: int
    function: str
    arguments: tuple["Tree", ...]


Tree = Literal | Field | Let | Unary | Binary | Conditional | Listing | Call


def children(tree: Tree) -> tuple[Tree, ...]:
    """Return what a node is made of, from left to right."""
    match tree:
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case Conditional(test=test, yes=yes, no=no):
            return (test, yes, no)
        case Listing(items=parts) | Call(arguments=parts):
            return parts
        case _:
            return ()


def walk(tree: Tree) -> Iterator[Tree]:
    """Yield a node and everything below it."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(children(node)))


def conjuncts(tree: Tree) -> tuple[Tree, ...]:
    """Return the parts that ``&&`` joins at the top, in order."""
    if isinstance(tree, Binary) and tree.op == "&&":
        return conjuncts(tree.left) + conjuncts(tree.right)
    return (tree,)


def unparse(tree: Tree) -> str:
    """Return text that parses to the same tree; everything compound stands in brackets."""
    match tree:
        case Literal(value=bool() as value):
            return "true" if value else "false"
        case Literal(value=str() as value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case Literal(value=value):
            return format(value, "f") if isinstance(value, Decimal) else str(value)
        case Field() as name:
            return name.path
        case Let(name=name):
            return f"let.{name}"
        case Unary(op=op, operand=operand):
            return f"{op}({unparse(operand)})"
        case Binary(op=op, left=left, right=right):
            return f"({unparse(left)}) {op} ({unparse(right)})"
        case _:
            return _unparse_parts(tree)


def _unparse_parts(tree: Tree) -> str:
    parts = [unparse(part) for part in children(tree)]
    if isinstance(tree, Conditional):
        return "({}) ? ({}) : ({})".format(*parts)
    inside = ", ".join(parts)
    return f"{tree.function}({inside})" if isinstance(tree, Call) else f"[{inside}]"
