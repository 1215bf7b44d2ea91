"""Exact decimal arithmetic in SQL: whole numbers of ten-thousandths, with bounds known beforehand.

A number is an integer column and a scale: 2.5 is 25 at scale 1. Because the bounds of every field
are known, so are those of every sum and product, and what might need more digits than the exact
engine keeps (34) is refused instead of being rounded another way.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

DIGITS = 34
"""How many digits the exact engine keeps."""
_EXACT = 10**DIGITS
_ROOM = 10**38
_NARROW = 2**63 - 1
TEXT_MAX = 60_000
"""Characters of one expression: what is written out more than once grows."""


class NotInSql(Exception):
    """SQL cannot say this exactly; carries a stable code of why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Number:
    """An exact number as SQL text.

    Attributes:
        text: SQL of a whole number, in brackets where it has to be.
        low: It is never below, in units of the scale.
        high: It is never above, in units of the scale.
        scale: How many of its digits stand behind the point.
        nullable: Whether it may have no value, which means that computing it fails.
    """

    text: str
    low: int
    high: int
    scale: int = 0
    nullable: bool = False

    def __post_init__(self) -> None:
        if self.size >= _EXACT:
            raise NotInSql("digits")
        if len(self.text) > TEXT_MAX:
            raise NotInSql("length")

    @property
    def size(self) -> int:
        """Return how large its whole number may be."""
        return max(abs(self.low), abs(self.high))

    def at(self, scale: int) -> str:
        """Return its text at a scale that is not below its own."""
        factor = 10 ** (scale - self.scale)
        if factor == 1:
            return self.text
        if self.size * factor >= _ROOM:
            raise NotInSql("digits")
        return f"({widened(self.text, self.size * factor)} * {factor})"


@dataclass(frozen=True, slots=True)
class Quotient:
    """A division that may not end: the exact engine cuts it, so only its rounding is used here."""

    above: Number
    below: Number

    @property
    def nullable(self) -> bool:
        """Return whether it may have no value: always, for what divides it may be zero."""
        return True

    def whole(self, room: int = 1) -> tuple[Number, str, int]:
        """Return numerator and denominator as whole numbers, and how large the latter may be.

        The exact engine's quotient is off by less than one part in 10 to the 33rd. With fewer
        digits than that in numerator times denominator, no rounding or comparison can come out
        otherwise.

        Args:
            room: How much finer than whole numbers the quotient is going to be looked at.
        """
        scale = max(self.above.scale, self.below.scale)
        one, other = 10 ** (scale - self.above.scale), 10 ** (scale - self.below.scale)
        most = self.below.size * other
        if self.above.size * one * most * room >= 10 ** (DIGITS - 1):
            raise NotInSql("division")
        above = Number(self.above.at(scale), self.above.low * one, self.above.high * one)
        return above, f"nullif({self.below.at(scale)}, 0)", most


def widened(text: str, size: int) -> str:
    """Return text of a type that holds a whole number so large."""
    return text if size <= _NARROW else f"CAST({text} AS HUGEINT)"


def constant(value: int | Decimal) -> Number:
    """Return a literal."""
    written = format(Decimal(value), "f")
    scale = len(written.partition(".")[2])
    whole = int(written.replace(".", ""))
    while scale and whole % 10 == 0:
        whole, scale = whole // 10, scale - 1
    return Number(f"CAST({whole} AS {kind_of(abs(whole))})", whole, whole, scale)


def kind_of(size: int) -> str:
    """Return the type of column that holds whole numbers so large."""
    return "BIGINT" if size <= _NARROW else "HUGEINT"


def negated(number: Number) -> Number:
    """Return ``-a``."""
    return Number(f"(-{number.text})", -number.high, -number.low, number.scale, number.nullable)


def added(left: Number, right: Number, op: str = "+") -> Number:
    """Return ``a + b`` or ``a - b``."""
    scale = max(left.scale, right.scale)
    one, other = 10 ** (scale - left.scale), 10 ** (scale - right.scale)
    ends = (right.low, right.high) if op == "+" else (-right.high, -right.low)
    low, high = left.low * one + ends[0] * other, left.high * one + ends[1] * other
    size = max(abs(low), abs(high))
    text = f"({widened(left.at(scale), size)} {op} {right.at(scale)})"
    return Number(text, low, high, scale, left.nullable or right.nullable)


def multiplied(left: Number, right: Number) -> Number:
    """Return ``a * b``."""
    corners = [a * b for a in (left.low, left.high) for b in (right.low, right.high)]
    size = left.size * right.size
    text = f"({widened(left.text, size)} * {right.text})"
    scale = left.scale + right.scale
    return Number(text, min(corners), max(corners), scale, left.nullable or right.nullable)


def divided(left: Number, right: Number) -> Number | Quotient:
    """Return ``a / b``: exact where the divisor is a constant whose quotients end."""
    if right.low != right.high or right.low == 0:
        if right.low < 0:
            raise NotInSql("division")
        return Quotient(left, right)
    inverse = _inverse(right)
    if inverse is not None:
        return multiplied(left, inverse)
    if right.low < 0:
        left, right = negated(left), negated(right)
    return Quotient(left, right)


def _inverse(number: Number) -> Number | None:
    """Return one over a constant, if that ends within a few digits."""
    for scale in range(_INVERSE_DIGITS_MAX):
        whole, left = divmod(10 ** (scale + number.scale), number.low)
        if not left:
            return constant(Decimal(whole).scaleb(-scale))
    return None


_INVERSE_DIGITS_MAX = 20


def remainder(left: Number, right: Number) -> Number:
    """Return ``a % b``, which has the sign of ``a``; no value where ``b`` is zero."""
    scale = max(left.scale, right.scale)
    above, below = left.at(scale), right.at(scale)
    top, most = left.size * 10 ** (scale - left.scale), right.size * 10 ** (scale - right.scale)
    if top >= _EXACT:
        raise NotInSql("digits")
    size = min(top, max(most - 1, 0))
    text = f"({above} % nullif({below}, 0))"
    low, high = (-size if left.low < 0 else 0), (size if left.high > 0 else 0)
    return Number(text, low, high, scale, nullable=True)


@dataclass(frozen=True, slots=True)
class _Fraction:
    """Numerator and denominator as whole numbers; the latter is above zero or without value."""

    above: str
    low: int
    high: int
    below: str
    most: int
    least: int

    @property
    def size(self) -> int:
        return max(abs(self.low), abs(self.high))

    @property
    def wide(self) -> tuple[str, str]:
        """Return both in a type in which three times their size has room."""
        size = 3 * max(self.size, self.most)
        return widened(self.above, size), widened(self.below, size)

    def result(self, text: str, nullable: bool) -> Number:  # noqa: FBT001 - private
        """Return a rounding of it, which lies within its bounds."""
        low = -(-self.low // self.least) - 1 if self.low < 0 else 0
        high = self.high // self.least + 1 if self.high > 0 else 0
        return Number(text, low, high, 0, nullable)


def _fraction(number: Number | Quotient, room: int = 1) -> _Fraction:
    if isinstance(number, Number):
        unit = 10**number.scale
        above = number.text
        return _Fraction(above, number.low, number.high, str(unit), unit, unit)
    top, below, most = number.whole(room)
    return _Fraction(top.text, top.low, top.high, below, most, 1)


def floored(number: Number | Quotient) -> Number:
    """Return the largest whole number that is not above."""
    if isinstance(number, Number) and not number.scale:
        return number
    part = _fraction(number)
    text = f"{part.above} // {part.below}"
    if part.low < 0:
        # SQL cuts towards zero.
        text += f" - CASE WHEN {part.above} % {part.below} < 0 THEN 1 ELSE 0 END"
    return part.result(f"({text})", number.nullable)


def ceiled(number: Number | Quotient) -> Number:
    """Return the smallest whole number that is not below."""
    if isinstance(number, Number) and not number.scale:
        return number
    part = _fraction(number)
    text = f"{part.above} // {part.below}"
    if part.high > 0:
        text += f" + CASE WHEN {part.above} % {part.below} > 0 THEN 1 ELSE 0 END"
    return part.result(f"({text})", number.nullable)


def rounded(number: Number | Quotient) -> Number:
    """Return the nearest whole number; what lies half way goes away from zero."""
    if isinstance(number, Number) and not number.scale:
        return number
    part = _fraction(number, room=2)
    above, below = part.wide
    half = f"CASE WHEN {above} < 0 THEN -{below} ELSE {below} END" if part.low < 0 else below
    return part.result(f"((2 * {above} + {half}) // (2 * {below}))", number.nullable)


def evened(number: Number | Quotient) -> Number:
    """Return the whole number nearest to one not negative; half way goes to the even one."""
    if isinstance(number, Number) and not number.scale:
        return number
    part = _fraction(number, room=2)
    above, below = part.wide
    up = (
        f"CASE WHEN 2 * ({above} % {below}) > {below} "
        f"OR (2 * ({above} % {below}) = {below} AND {above} // {below} % 2 = 1) "
        "THEN 1 ELSE 0 END"
    )
    return part.result(f"({above} // {below} + {up})", number.nullable)


def compared(left: Number | Quotient, op: str, right: Number | Quotient) -> str:
    """Return SQL that compares two numbers."""
    if isinstance(right, Quotient):
        if isinstance(left, Quotient):
            raise NotInSql("division")
        return compared(right, _MIRRORED[op], left)
    if isinstance(left, Quotient):
        return _compared_quotient(left, op, right)
    scale = max(left.scale, right.scale)
    return f"({left.at(scale)} {op} {right.at(scale)})"


_MIRRORED = {"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}


def _compared_quotient(left: Quotient, op: str, right: Number) -> str:
    above, below, most = left.whole(10**right.scale)
    return compared(above, op, multiplied(Number(below, 0, most), right))


def extreme(numbers: list[Number], function: str) -> Number:
    """Return the ``least`` or ``greatest`` of some numbers; no value where one of them has none."""
    scale = max(each.scale for each in numbers)
    texts = [each.at(scale) for each in numbers]
    units = [10 ** (scale - each.scale) for each in numbers]
    lows = [each.low * unit for each, unit in zip(numbers, units, strict=True)]
    highs = [each.high * unit for each, unit in zip(numbers, units, strict=True)]
    pick = min if function == "least" else max
    text = f"{function}({', '.join(texts)})"
    missing = [each.text for each in numbers if each.nullable]
    if missing:
        # SQL passes over what has no value.
        tests = " OR ".join(f"{each} IS NULL" for each in missing)
        text = f"CASE WHEN {tests} THEN NULL ELSE {text} END"
    return Number(f"({text})", pick(lows), pick(highs), scale, bool(missing))


def absolute(number: Number) -> Number:
    """Return ``abs(a)``."""
    if number.low >= 0:
        return number
    low = 0 if number.high >= 0 else -number.high
    return Number(f"abs({number.text})", low, number.size, number.scale, number.nullable)


def chosen(write: Callable[..., str], yes: Number, no: Number, *, nullable: bool) -> Number:
    """Return one of two numbers, given what writes the choice from ``yes`` and ``no``."""
    scale = max(yes.scale, no.scale)
    ones = 10 ** (scale - yes.scale), 10 ** (scale - no.scale)
    return Number(
        write(yes=yes.at(scale), no=no.at(scale)),
        min(yes.low * ones[0], no.low * ones[1]),
        max(yes.high * ones[0], no.high * ones[1]),
        scale,
        nullable or yes.nullable or no.nullable,
    )
