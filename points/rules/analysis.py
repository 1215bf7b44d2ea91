"""What can be said about an expression without running it: its size, and what it proves."""

from datetime import date

from points.rules.scope import Scope
from points.rules.syntax import Binary, Call, Field, Let, Literal, Tree, Unary, children

NOTHING: frozenset[str] = frozenset()


def proven(tree: Tree, scope: Scope, *, truth: bool = True) -> frozenset[str]:
    """Return the optional fields that are certainly there once a condition is true (or false)."""
    match tree:
        case Call(function="has", arguments=(Field() as name,)):
            return frozenset((name.path,)) if truth else NOTHING
        case Unary(op="!", operand=operand):
            return proven(operand, scope, truth=not truth)
        case Binary(op="&&" | "||" as op, left=left, right=right):
            sides = proven(left, scope, truth=truth), proven(right, scope, truth=truth)
            return sides[0] | sides[1] if truth == (op == "&&") else sides[0] & sides[1]
        case Let(name=name) if name in scope.lets:
            return proven(scope.lets[name], scope, truth=truth)
        case _:
            return NOTHING


def size(tree: Tree, sizes: dict[str, tuple[int, int]]) -> tuple[int, int]:
    """Return how many nodes an expression has and how deep it is, with its lets written out."""
    if isinstance(tree, Let):
        nodes, depth = sizes.get(tree.name, (1, 1))
        return nodes, depth + 1
    parts = [size(part, sizes) for part in children(tree)]
    return 1 + sum(part[0] for part in parts), 1 + max((part[1] for part in parts), default=0)


def literal_text(tree: Tree) -> str | None:
    """Return the text of a literal that is one."""
    return tree.value if isinstance(tree, Literal) and isinstance(tree.value, str) else None


def literal_day(tree: Tree) -> date | None:
    """Return the day that a literal spells, if it spells one."""
    try:
        return date.fromisoformat(literal_text(tree) or "")
    except ValueError:
        return None
