"""What follows from a condition, by reasoning over ranges; never more than what truly follows.

``assume`` answers ``None`` only when no activity and no member at all can make the condition come
out so. Whatever it does not understand, it takes to be possible. Its work is bounded: when the
steps are used up, everything is possible.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from points.rules.analysis import literal_day
from points.rules.lint import ranges
from points.rules.lint.possible import (
    BOTH,
    Items,
    Known,
    Possible,
    Truth,
    Words,
    either,
    meet,
    of_field,
)
from points.rules.lint.ranges import ANY, Numbers, exactly, narrowed
from points.rules.scope import Scope
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
    unparse,
)

STEPS_MAX = 4_000
DEPTH_MAX = 60
KEY_LENGTH_MAX = 160
"""Longer calculations are not remembered by what they are."""

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_TURNED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}
NOTHING_KNOWN: Known = {}


@dataclass(slots=True)
class Reasoning:
    """Reasons about the expressions of one rule.

    Attributes:
        steps: How many are left.
        depth: How deep it is in an expression.
        exhausted: Whether it gave up; then everything is possible, and nothing is worth saying.
    """

    scope: Scope
    steps: int = STEPS_MAX
    depth: int = 0
    exhausted: bool = False
    _default: dict[str, Possible | None] = field(default_factory=dict)

    def holds(self, tree: Tree, known: Known = NOTHING_KNOWN) -> Known | None:
        """Return what is known once a condition holds; ``None`` when it never does."""
        once = self.assume(tree, known)
        # A second look lets what stands on the right bear on what stands on the left.
        return None if once is None else self.assume(tree, once)

    def assume(self, tree: Tree, known: Known, *, truth: bool = True) -> Known | None:
        """Return what is known once a condition is true (or false); ``None`` when it cannot be."""
        if self._spent():
            return known
        self.depth += 1
        found = self._assumed(tree, known, truth=truth)
        self.depth -= 1
        return found

    def _spent(self) -> bool:
        self.steps -= 1
        self.exhausted |= self.steps < 0 or self.depth > DEPTH_MAX
        return self.exhausted

    def _assumed(  # noqa: PLR0911 - one a node
        self, tree: Tree, known: Known, *, truth: bool
    ) -> Known | None:
        match tree:
            case Literal(value=bool() as value):
                return known if value is truth else None
            case Let(name=name):
                body = self.scope.lets.get(name)
                return known if body is None else self.assume(body, known, truth=truth)
            case Unary(op="!", operand=operand):
                return self.assume(operand, known, truth=not truth)
            case Binary(op="&&" | "||" as op, left=left, right=right):
                return self._joined(left, right, known, all_of=(op == "&&") == truth, truth=truth)
            case Conditional():
                return self._either_branch(tree, known, truth=truth)
            case Call(function="has", arguments=(Field() as name,)):
                return self._presence(name, known, truth=truth)
            case Field():
                return self._set(tree, known, Truth(frozenset((truth,))))
            case Binary(op="in", left=left, right=right):
                return self._membership(left, right, known, truth=truth)
            case Binary(op=op, left=left, right=right) if op in _OPPOSITE:
                return self._compared(left, op if truth else _OPPOSITE[op], right, known)
            case _:
                return known

    def _joined(
        self, left: Tree, right: Tree, known: Known, *, all_of: bool, truth: bool
    ) -> Known | None:
        first = self.assume(left, known, truth=truth)
        if all_of:
            return None if first is None else self.assume(right, first, truth=truth)
        return either(first, self.assume(right, known, truth=truth))

    def _either_branch(self, tree: Conditional, known: Known, *, truth: bool) -> Known | None:
        yes = self.assume(tree.test, known)
        no = self.assume(tree.test, known, truth=False)
        return either(
            None if yes is None else self.assume(tree.yes, yes, truth=truth),
            None if no is None else self.assume(tree.no, no, truth=truth),
        )

    def _presence(self, name: Field, known: Known, *, truth: bool) -> Known | None:
        spec = self.scope.spec(name.root, name.name)
        if spec is not None and spec.required:
            return known if truth else None
        return _put(known, f"has({name.path})", BOTH, Truth(frozenset((truth,))))

    def _set(self, tree: Field, known: Known, wanted: Possible) -> Known | None:
        found = self.value(tree, known)
        return known if found is None else _put(known, tree.path, found, wanted)

    def _membership(self, left: Tree, right: Tree, known: Known, *, truth: bool) -> Known | None:
        found = self.value(left, known)
        if isinstance(right, Listing):
            values = {item.value for item in right.items if isinstance(item, Literal)}
            return self._among(left, found, values, known, truth=truth)
        if isinstance(found, Words) and found.single and isinstance(right, Field):
            word = frozenset((found.single,))
            wanted = Items(holds=word) if truth else Items(lacks=word)
            return self._set(right, known, wanted)
        return known

    def _among(
        self, tree: Tree, found: Possible | None, values: set[Any], known: Known, *, truth: bool
    ) -> Known | None:
        wanted: Possible
        if isinstance(found, Words):
            words = frozenset(str(value) for value in values)
            wanted = Words(words) if truth else Words(None, words)
            if truth and not words:
                return None
        elif isinstance(found, Numbers):
            numbers = frozenset(Decimal(value) for value in values if not isinstance(value, str))
            wanted = Numbers(only=numbers) if truth else Numbers(never=numbers)
            if truth and not numbers:
                return None
        else:
            return known
        return self._remember(tree, known, meet(found, wanted))

    def _compared(self, left: Tree, op: str, right: Tree, known: Known) -> Known | None:
        one, other = self.value(left, known), self.value(right, known)
        if one is None or other is None:
            return known
        mine = _narrowed(one, op, other)
        theirs = _narrowed(other, _TURNED[op], one)
        after = self._remember(left, known, mine)
        return None if after is None else self._remember(right, after, theirs)

    def _remember(self, tree: Tree, known: Known, found: Possible | None) -> Known | None:
        if found is None:
            return None
        key = _key(tree)
        return known if key is None else {**known, key: found}

    def value(self, tree: Tree, known: Known) -> Possible | None:
        """Return what an expression may come to, or nothing where that is not understood."""
        if self._spent():
            return None
        self.depth += 1
        found = _VALUES[type(tree)](self, tree, known)
        self.depth -= 1
        key = None if found is None or isinstance(tree, Field) else _key(tree, known)
        if key is not None and key in known and found is not None:
            return meet(found, known[key]) or found
        return found

    def numbers(self, tree: Tree, known: Known) -> Numbers:
        """Return the range of a number."""
        found = self.value(tree, known)
        return found if isinstance(found, Numbers) else ANY

    def _literal(self, tree: Literal, _known: Known) -> Possible:
        if isinstance(tree.value, bool):
            return Truth(frozenset((tree.value,)))
        if isinstance(tree.value, str):
            return Words(frozenset((tree.value,)))
        return exactly(Decimal(tree.value))

    def _field(self, tree: Field, known: Known) -> Possible | None:
        path = tree.path
        if path in known:
            return known[path]
        if path not in self._default:
            spec = self.scope.spec(tree.root, tree.name)
            self._default[path] = None if spec is None else of_field(spec)
        return self._default[path]

    def _let(self, tree: Let, known: Known) -> Possible | None:
        body = self.scope.lets.get(tree.name)
        return None if body is None else self.value(body, known)

    def _truth(self, tree: Tree, known: Known) -> Possible:
        may = frozenset(t for t in (True, False) if self.assume(tree, known, truth=t) is not None)
        return Truth(may) if may else BOTH

    def _unary(self, tree: Unary, known: Known) -> Possible:
        if tree.op == "!":
            return self._truth(tree, known)
        return ranges.negative(self.numbers(tree.operand, known))

    def _binary(self, tree: Binary, known: Known) -> Possible:
        if tree.op not in ("+", "-", "*", "/", "%"):
            return self._truth(tree, known)
        one, other = self.numbers(tree.left, known), self.numbers(tree.right, known)
        return ranges.calculated(tree.op, one, other)

    def _conditional(self, tree: Conditional, known: Known) -> Possible | None:
        yes = self.assume(tree.test, known)
        no = self.assume(tree.test, known, truth=False)
        found = [
            self.value(branch, after)
            for branch, after in ((tree.yes, yes), (tree.no, no))
            if after is not None
        ]
        if not found or None in found:
            return None
        joined = either({"": found[0]}, {"": found[-1]})  # type: ignore[dict-item]
        return (joined or {}).get("")

    def _call(self, tree: Call, known: Known) -> Possible | None:
        match tree.function:
            case "min" | "max":
                each = [self.numbers(argument, known) for argument in tree.arguments]
                return ranges.chosen(tree.function, each)
            case "abs":
                return ranges.magnitude(self.numbers(tree.arguments[0], known))
            case "floor" | "ceil" | "round":
                return ranges.rounded(tree.function, self.numbers(tree.arguments[0], known))
            case "date":
                day = literal_day(tree.arguments[0])
                return None if day is None else exactly(Decimal(day.toordinal()))
            case "has":
                return self._truth(tree, known)
            case _:
                # Sizes, and whatever is counted of the past.
                return Numbers(low=Decimal(0), whole=tree.function != "history.awarded")

    def _unknown(self, _tree: Tree, _known: Known) -> None:
        return None


def _put(known: Known, key: str, found: Possible, wanted: Possible) -> Known | None:
    both = meet(known.get(key, found), wanted)
    return None if both is None else {**known, key: both}


def _narrowed(one: Possible, op: str, other: Possible) -> Possible | None:
    """Return what is left of one thing when it compares so with another."""
    if isinstance(one, Numbers) and isinstance(other, Numbers):
        return narrowed(one, op, other)
    if op == "==":
        return meet(one, other)
    if op == "!=" and isinstance(one, Words) and isinstance(other, Words):
        return one if other.single is None else meet(one, Words(None, frozenset((other.single,))))
    if op == "!=" and isinstance(one, Truth) and isinstance(other, Truth) and len(other.may) == 1:
        return meet(one, Truth(BOTH.may - other.may))
    return one


def _key(tree: Tree, known: Known | None = None) -> str | None:
    """Return the name under which something is remembered, where that is worth it."""
    match tree:
        case Field():
            return tree.path
        case Let(name=name):
            return f"let.{name}"
        case Unary(op="-") | Binary(op="+" | "-" | "*" | "/" | "%") | Call():
            if known is not None and not known:
                return None
            short = 0 <= tree.end - tree.start <= KEY_LENGTH_MAX
            return unparse(tree) if short else None
        case _:
            return None


_VALUES: dict[type, Callable[[Reasoning, Any, Known], Possible | None]] = {
    Literal: Reasoning._literal,  # noqa: SLF001
    Field: Reasoning._field,  # noqa: SLF001
    Let: Reasoning._let,  # noqa: SLF001
    Unary: Reasoning._unary,  # noqa: SLF001
    Binary: Reasoning._binary,  # noqa: SLF001
    Conditional: Reasoning._conditional,  # noqa: SLF001
    Listing: Reasoning._unknown,  # noqa: SLF001
    Call: Reasoning._call,  # noqa: SLF001
}
