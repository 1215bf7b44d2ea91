"""Ranges of numbers, and what arithmetic makes of them; always too wide rather than too narrow.

Bounds are rounded outwards, so that they hold for exact whole numbers and for Decimals of 34 digits
alike.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from itertools import product

INFINITY = Decimal("Infinity")
ZERO = Decimal(0)
_DOWN = Context(prec=34, rounding=ROUND_FLOOR, traps=[])
_UP = Context(prec=34, rounding=ROUND_CEILING, traps=[])
_WHOLE_SPAN_MAX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbers:
    """The numbers that something may be.

    Attributes:
        low: No number is below it.
        high: No number is above it.
        open_low: Nor is any number equal to it.
        open_high: The same at the upper end.
        whole: All of them are whole numbers.
        only: The only candidates, where they are few.
        never: Numbers in between that it cannot be.
    """

    low: Decimal = -INFINITY
    high: Decimal = INFINITY
    open_low: bool = False
    open_high: bool = False
    whole: bool = False
    only: frozenset[Decimal] | None = None
    never: frozenset[Decimal] = frozenset()

    def holds(self, number: Decimal) -> bool:
        """Return whether a number lies within."""
        if number < self.low or number > self.high or number in self.never:
            return False
        if (self.open_low and number == self.low) or (self.open_high and number == self.high):
            return False
        if self.whole and number.is_finite() and number != number.to_integral_value():
            return False
        return self.only is None or number in self.only

    @property
    def single(self) -> Decimal | None:
        """Return the one number that it can be, if there is only one."""
        return self.low if self.low == self.high else None

    @property
    def ends(self) -> tuple[Decimal, Decimal]:
        """Return the lower and the upper end."""
        return self.low, self.high


ANY = Numbers()


def exactly(number: Decimal) -> Numbers:
    """Return the range of one number."""
    return Numbers(low=number, high=number, whole=number == number.to_integral_value())


def settled(numbers: Numbers) -> Numbers | None:
    """Return a range in its tightest form, or nothing when no number is left."""
    if numbers.only is not None:
        left = frozenset(number for number in numbers.only if numbers.holds(number))
        if not left:
            return None
        low, high = min(left), max(left)
        return replace(
            numbers,
            low=low,
            high=high,
            open_low=False,
            open_high=False,
            only=left,
            never=frozenset(),
        )
    numbers = _whole_ends(numbers) if numbers.whole else numbers
    if numbers.low > numbers.high:
        return None
    if numbers.low == numbers.high and not numbers.holds(numbers.low):
        return None
    if numbers.whole and numbers.never and numbers.high - numbers.low <= _WHOLE_SPAN_MAX:
        every = {Decimal(n) for n in range(int(numbers.low), int(numbers.high) + 1)}
        return settled(replace(numbers, only=frozenset(every)))
    return numbers


def _whole_ends(numbers: Numbers) -> Numbers:
    low, high = numbers.low, numbers.high
    if low.is_finite():
        up = low.to_integral_value(ROUND_CEILING)
        low = up + 1 if numbers.open_low and up == low else up
    if high.is_finite():
        down = high.to_integral_value(ROUND_FLOOR)
        high = down - 1 if numbers.open_high and down == high else down
    if not (numbers.open_low or numbers.open_high) and numbers.ends == (low, high):
        return numbers
    return replace(
        numbers,
        low=low,
        high=high,
        open_low=numbers.open_low and not low.is_finite(),
        open_high=numbers.open_high and not high.is_finite(),
    )


def meet(one: Numbers, other: Numbers) -> Numbers | None:
    """Return the numbers that lie in both ranges."""
    low, open_low = max((one.low, one.open_low), (other.low, other.open_low))
    high, closed = min((one.high, not one.open_high), (other.high, not other.open_high))
    only = one.only if other.only is None else other.only
    if one.only is not None and other.only is not None:
        only = one.only & other.only
    return settled(
        Numbers(
            low=low,
            high=high,
            open_low=open_low,
            open_high=not closed,
            whole=one.whole or other.whole,
            only=only,
            never=one.never | other.never,
        )
    )


def join(one: Numbers, other: Numbers) -> Numbers:
    """Return a range that has all the numbers of both."""
    low, open_low = min((one.low, one.open_low), (other.low, other.open_low))
    high, closed = max((one.high, not one.open_high), (other.high, not other.open_high))
    few = one.only is not None and other.only is not None
    return Numbers(
        low=low,
        high=high,
        open_low=open_low,
        open_high=not closed,
        whole=one.whole and other.whole,
        only=(one.only or frozenset()) | (other.only or frozenset()) if few else None,
        never=frozenset(
            number
            for number in one.never | other.never
            if not one.holds(number) and not other.holds(number)
        ),
    )


def narrowed(one: Numbers, op: str, other: Numbers) -> Numbers | None:
    """Return the numbers of a range that may compare so with some number of another."""
    match op:
        case "==":
            return meet(one, other)
        case "!=":
            point = other.single
            return one if point is None else settled(replace(one, never=one.never | {point}))
        case "<" | "<=":
            closed = op == "<=" and not other.open_high
            return meet(one, Numbers(high=other.high, open_high=not closed))
        case _:
            closed = op == ">=" and not other.open_low
            return meet(one, Numbers(low=other.low, open_low=not closed))


def negative(one: Numbers) -> Numbers:
    """Return minus a range."""
    return Numbers(low=-one.high, high=-one.low, whole=one.whole)


def calculated(op: str, one: Numbers, other: Numbers) -> Numbers:
    """Return the range of a sum, difference, product, quotient or remainder."""
    whole = one.whole and other.whole
    match op:
        case "+":
            low, high = _DOWN.add(one.low, other.low), _UP.add(one.high, other.high)
            return Numbers(low=low, high=high, whole=whole)
        case "-":
            return calculated("+", one, negative(other))
        case "*":
            found = _corners(one, other, Context.multiply)
            return replace(found, whole=whole)
        case "/":
            return _quotient(one, other)
        case _:
            return _remainder(one, other)


def _corners(
    one: Numbers, other: Numbers, work: Callable[[Context, Decimal, Decimal], Decimal]
) -> Numbers:
    if not all(end.is_finite() for end in (*one.ends, *other.ends)):
        nothing_below = one.low >= 0 and other.low >= 0
        return Numbers(low=ZERO) if nothing_below else ANY
    pairs = list(product(one.ends, other.ends))
    return Numbers(
        low=min(work(_DOWN, *pair) for pair in pairs),
        high=max(work(_UP, *pair) for pair in pairs),
    )


def _quotient(one: Numbers, other: Numbers) -> Numbers:
    """A divisor near zero makes any size possible, but not any sign."""
    if not other.low <= 0 <= other.high:
        return _corners(one, other, Context.divide)
    return Numbers(low=ZERO) if one.low >= 0 and other.low >= 0 else ANY


def _remainder(one: Numbers, other: Numbers) -> Numbers:
    """The remainder has the sign of what is divided, and is smaller than what divides."""
    most = max(abs(other.low), abs(other.high))
    return Numbers(
        low=ZERO if one.low >= 0 else max(-most, one.low),
        high=ZERO if one.high <= 0 else min(most, one.high),
        open_low=one.low < 0 and -most >= one.low and most.is_finite(),
        open_high=one.high > 0 and most <= one.high and most.is_finite(),
        whole=one.whole and other.whole,
    )


def magnitude(one: Numbers) -> Numbers:
    """Return the range of the absolute value."""
    far = max(abs(one.low), abs(one.high))
    near = ZERO if one.low <= 0 <= one.high else min(abs(one.low), abs(one.high))
    return Numbers(low=near, high=far, whole=one.whole)


_ROUNDINGS = {"floor": ROUND_FLOOR, "ceil": ROUND_CEILING, "round": ROUND_HALF_UP}


def rounded(function: str, one: Numbers) -> Numbers:
    """Return the range of ``floor``, ``ceil`` or ``round``."""

    def whole(number: Decimal) -> Decimal:
        return number.to_integral_value(_ROUNDINGS[function]) if number.is_finite() else number

    return Numbers(low=whole(one.low), high=whole(one.high), whole=True)


def chosen(function: str, all_of: list[Numbers]) -> Numbers:
    """Return the range of the smallest or the greatest of several."""
    pick = min if function == "min" else max
    return Numbers(
        low=pick(one.low for one in all_of),
        high=pick(one.high for one in all_of),
        whole=all(one.whole for one in all_of),
    )
