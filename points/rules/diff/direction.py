"""Which way a change goes: whether members are given less than before, or more."""

from collections.abc import Callable
from typing import Any

from points.rules.compile import Compiled
from points.rules.diff.changes import Direction
from points.rules.durations import Duration
from points.rules.model import (
    END_OF_NEXT_YEAR,
    END_OF_YEAR,
    NEVER,
    Expiry,
    Rounding,
    Schedule,
    Star,
)
from points.rules.normal import spelled, whole
from points.rules.syntax import Binary, Literal, Tree

Compare = Callable[[Any, Any], Direction]
TIGHTEN, LOOSEN = Direction.TIGHTEN, Direction.LOOSEN
NEUTRAL, UNDECIDED = Direction.NEUTRAL, Direction.UNDECIDED
_WITHOUT_END = float("inf")
_ENDS = (END_OF_YEAR, END_OF_NEXT_YEAR, NEVER)
_OPPOSITE = {TIGHTEN: LOOSEN, LOOSEN: TIGHTEN}
_UPWARDS = {"down": 0, "up": 2}
_STRICT = {">": 1, ">=": 0, "<": 1, "<=": 0}
_LOWER_BOUNDS, _UPPER_BOUNDS = (">", ">="), ("<", "<=")


def undecided(_old: object, _new: object) -> Direction:
    """Leave it to whoever reads."""
    return UNDECIDED


def neutral(_old: object, _new: object) -> Direction:
    """Say that it changes no points."""
    return NEUTRAL


def more_loosens(old: Any, new: Any) -> Direction:  # noqa: ANN401 - anything ordered
    """Compare numbers of which a higher one gives more; None is without end."""
    before, after = (_WITHOUT_END if each is None else each for each in (old, new))
    return LOOSEN if after > before else TIGHTEN


def more_tightens(old: Any, new: Any) -> Direction:  # noqa: ANN401 - anything ordered
    """Compare numbers of which a higher one gives less; None is none at all."""
    before, after = ((0 if each is None else each) for each in (old, new))
    return TIGHTEN if after > before else LOOSEN


def threshold(old: int | None, new: int | None) -> Direction:
    """Compare what a second review begins above; None is never."""
    return more_loosens(old, new)


def shorter_tightens(old: Duration | None, new: Duration | None) -> Direction:
    """Compare how long something may take; None is without end."""
    before, after = (
        _WITHOUT_END if each is None else each.months * 30 + each.elapsed.days
        for each in (old, new)
    )
    return UNDECIDED if before == after else more_loosens(before, after)


def elapsed_tightens(old: Any, new: Any) -> Direction:  # noqa: ANN401 - timedelta or None
    """Compare times that must pass; None is none at all."""
    before, after = (each.total_seconds() if each else 0 for each in (old, new))
    return more_tightens(before, after)


def narrower_tightens(old: frozenset[Any], new: frozenset[Any]) -> Direction:
    """Compare sets of what is let through; an empty one lets everything through."""
    if not new or (old and old < new):
        return LOOSEN
    return TIGHTEN if not old or new < old else UNDECIDED


def fewer_tightens(old: Any, new: Any) -> Direction:  # noqa: ANN401 - any collection
    """Compare what is let off; nothing lets nothing off."""
    before, after = set(old), set(new)
    if before < after:
        return LOOSEN
    return TIGHTEN if after < before else UNDECIDED


def more_of_them_tightens(old: Any, new: Any) -> Direction:  # noqa: ANN401 - any collection
    """Compare what is asked for."""
    return _OPPOSITE.get(fewer_tightens(old, new), UNDECIDED)


def rounding(old: Rounding, new: Rounding) -> Direction:
    """Compare roundings of the same step."""
    before, after = (_UPWARDS.get(each.mode, 1) for each in (old, new))
    if old.step != new.step or before == after:
        return UNDECIDED
    return more_loosens(before, after)


def schedule(old: Schedule | None, new: Schedule | None) -> Direction:
    """Compare schedules of which one is none."""
    if old is None or new is None:
        return LOOSEN if new is None else TIGHTEN
    return UNDECIDED


def points(old: Compiled, new: Compiled) -> Direction:
    """Compare formulas that differ in one number which is the whole or a factor of it."""
    return _factor(whole(old), whole(new))


def _factor(old: Tree, new: Tree) -> Direction:
    if (one := _numbers(old, new)) is not None:
        return more_loosens(*one)
    if isinstance(old, Binary) and isinstance(new, Binary) and old.op == new.op == "*":
        # A result is never below zero, so the bigger factor gives the bigger result.
        if spelled(old.left) == spelled(new.left):
            return _factor(old.right, new.right)
        if spelled(old.right) == spelled(new.right):
            return _factor(old.left, new.left)
    return UNDECIDED


def _numbers(old: Tree, new: Tree) -> tuple[Any, Any] | None:
    if not (isinstance(old, Literal) and isinstance(new, Literal)):
        return None
    if any(isinstance(each.value, bool | str) for each in (old, new)):
        return None
    return old.value, new.value


def condition(old: Tree, new: Tree) -> Direction:
    """Compare two comparisons of the same thing with another number."""
    if not (isinstance(old, Binary) and isinstance(new, Binary)):
        return UNDECIDED
    numbers = _numbers(old.right, new.right)
    if numbers is None or spelled(old.left) != spelled(new.left):
        return UNDECIDED
    if numbers[0] == numbers[1]:
        same_way = {old.op, new.op} <= set(_STRICT) and old.op[0] == new.op[0]
        return more_tightens(_STRICT[old.op], _STRICT[new.op]) if same_way else UNDECIDED
    if old.op != new.op:
        return UNDECIDED
    if old.op in _LOWER_BOUNDS:
        return more_tightens(*numbers)
    return more_loosens(*numbers) if old.op in _UPPER_BOUNDS else UNDECIDED


def stars(old: tuple[Star, ...], new: tuple[Star, ...]) -> Direction:
    """Compare bands of the same stars."""
    if [each.stars for each in old] != [each.stars for each in new]:
        return UNDECIDED
    steps = {b.at_least - a.at_least > 0 for a, b in zip(old, new, strict=True) if a != b}
    return UNDECIDED if len(steps) > 1 else TIGHTEN if True in steps else LOOSEN


def expiry(old: Expiry, new: Expiry) -> Direction:
    """Compare expiry policies of one kind."""
    if isinstance(old, Duration) and isinstance(new, Duration):
        before, after = ((each.months * 30, each.elapsed.days) for each in (old, new))
        return more_loosens(before, after)
    if isinstance(old, str) and isinstance(new, str):
        return more_loosens(_ENDS.index(old), _ENDS.index(new))
    return UNDECIDED


def opposite(towards: Direction) -> Direction:
    """Return the other way."""
    return _OPPOSITE.get(towards, towards)
