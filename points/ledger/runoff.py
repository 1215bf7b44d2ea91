"""How much of what is open will be redeemed, by how earlier months ran off. Exact fractions.

Points of one month are a cohort. For each age in whole months it is known how much of what was
open at its beginning was redeemed during it, and how much was lost (expired, reversed, repaid):
summed over all cohorts that have that month behind them. What is open at an age is then expected
to be redeemed at the rate of that age, plus what is left at the next, and so on. Beyond the oldest
age that was seen nobody knows: the low figure takes it that nothing more is redeemed, the high one
that everything is. Money is kept for the high one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Left:
    """What left a cohort in one month."""

    cohort: int
    month: int
    redeemed: bool
    points: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share that is only known within a range, in parts per million."""

    low_ppm: int
    high_ppm: int


@dataclass(slots=True)
class _Age:
    """What happened at one age, over all cohorts that have it behind them."""

    open: int = 0
    redeemed: int = 0
    lost: int = 0

    def rates(self) -> tuple[Fraction, Fraction]:
        """Return which share was redeemed, and which stayed open."""
        if self.open <= 0:
            return Fraction(0), Fraction(1)
        # What came back from earlier months can be more than what left in this one.
        redeemed = min(max(Fraction(self.redeemed, self.open), Fraction(0)), Fraction(1))
        lost = min(max(Fraction(self.lost, self.open), Fraction(0)), 1 - redeemed)
        return redeemed, 1 - redeemed - lost


@dataclass(slots=True)
class RunOff:
    """The expected share by age.

    Attributes:
        low: If nothing were redeemed beyond the oldest age seen.
        high: If everything were.
    """

    low: list[Fraction] = field(default_factory=list)
    high: list[Fraction] = field(default_factory=list)

    def at(self, age: int) -> tuple[Fraction, Fraction]:
        """Return the expected share of what is open at an age."""
        if age < len(self.low):
            return self.low[age], self.high[age]
        return Fraction(0), Fraction(1)

    def expected(self, open_by_age: Mapping[int, int]) -> Share | None:
        """Return which share of some open points will be redeemed; None where none are open."""
        total = sum(open_by_age.values())
        if total <= 0:
            return None
        low = sum((self.at(age)[0] * points for age, points in open_by_age.items()), Fraction(0))
        high = sum((self.at(age)[1] * points for age, points in open_by_age.items()), Fraction(0))
        return Share(low_ppm=int(low * MILLION / total), high_ppm=-int(-(high * MILLION) // total))


def run_off(issued: Mapping[int, int], left: Iterable[Left], current: int) -> RunOff:
    """Return the expected shares, by what is over.

    Args:
        issued: Points by cohort.
        left: What left, by cohort and month; what came back is negative.
        current: The number of the month that is not over yet.
    """
    ages = _ages(issued, left, current)
    found, low, high = RunOff(), Fraction(0), Fraction(1)
    for age in reversed(ages):
        redeemed, stays = age.rates()
        low, high = redeemed + stays * low, redeemed + stays * high
        found.low.insert(0, low)
        found.high.insert(0, high)
    return found


def _ages(issued: Mapping[int, int], left: Iterable[Left], current: int) -> list[_Age]:
    cells: dict[tuple[int, int], list[int]] = {}
    for each in left:
        cell = cells.setdefault((each.cohort, each.month - each.cohort), [0, 0])
        cell[0 if each.redeemed else 1] += each.points
    oldest = max((current - cohort for cohort in issued if cohort >= 0), default=0)
    ages = [_Age() for _ in range(oldest)]
    for cohort, points in issued.items():
        still = points
        for number in range(current - cohort if cohort >= 0 else 0):
            redeemed, lost = cells.get((cohort, number), (0, 0))
            age = ages[number]
            age.open += still
            age.redeemed += redeemed
            age.lost += lost
            still -= redeemed + lost
    return ages
