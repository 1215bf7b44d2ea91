"""Marginal bands: each unit is worth what the band says that it falls in, as of an income tax."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from points.rules.model import Band
from points.rules.syntax import Binary, Call, Literal, Tree


def shares(steps: Sequence[Band], value: Decimal) -> Iterator[tuple[Decimal, Decimal, Band]]:
    """Yield each band that a value reaches: where it begins, how much lies in it, and the band."""
    low = Decimal(0)
    for band in steps:
        top = value if band.up_to is None else min(value, band.up_to)
        if top > low:
            yield low, top - low, band
        if band.up_to is not None:
            low = band.up_to


def as_expression(of: Tree, steps: Sequence[Band]) -> Tree:
    """Return what bands come to as an expression, so that whatever reads expressions reads them.

    It is the sum over the bands of ``each * max(0, min(of, up_to) - low)``; the spans of its parts
    are those of the expression that the bands are taken of.
    """
    start, end = of.start, of.end

    def number(value: Decimal) -> Tree:
        whole = value == value.to_integral_value()
        return Literal(start, end, int(value) if whole else value)

    total: Tree | None = None
    low = Decimal(0)
    for band in steps:
        top = of if band.up_to is None else Call(start, end, "min", (of, number(band.up_to)))
        units = Binary(start, end, "-", top, number(low)) if low else top
        some = Call(start, end, "max", (number(Decimal(0)), units))
        part = Binary(start, end, "*", some, number(band.each))
        total = part if total is None else Binary(start, end, "+", total, part)
        low = band.up_to if band.up_to is not None else low
    return total if total is not None else number(Decimal(0))
