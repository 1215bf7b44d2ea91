"""When a pool runs out, said with a range, by what it used of late. Whole numbers only.

A week's use is what could be promised less at its end than at its beginning, funding aside. The
middle week says when the pool is used up; a quarter of the weeks used more, a quarter less, and
they give the range. Where a whole year is known, the same months of last year say it once more,
so that a season is seen that the last weeks do not show.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

WEEKS = 26
"""How many past weeks count."""

WEEKS_MIN = 8
"""With fewer nothing is said."""

HORIZON_DAYS = 3653
"""Beyond ten years a forecast says that the end is not in sight."""

YEAR_MONTHS, WEEK_DAYS = 12, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """When a pool is expected to run out.

    Attributes:
        weeks: How many weeks it rests on.
        known: Whether there were enough of them.
        week_fen: What the middle week used.
        week_low_fen: What a quarter of the weeks used less than.
        week_high_fen: What a quarter of the weeks used more than.
        runs_out: At the middle week's pace; None where the end is not in sight, or not known.
        earliest: At the pace of the high week.
        latest: At the pace of the low week.
        by_last_year: By the months of last year; None where no whole year is known either.
    """

    weeks: int
    known: bool
    week_fen: int = 0
    week_low_fen: int = 0
    week_high_fen: int = 0
    runs_out: date | None = None
    earliest: date | None = None
    latest: date | None = None
    by_last_year: date | None = None

    def warns(self, today: date, warn_days: int) -> bool:
        """Return whether the end may come within so many days, at the earliest."""
        ends = [each for each in (self.earliest, self.runs_out, self.by_last_year) if each]
        return bool(ends) and min(ends) <= today + timedelta(days=warn_days)


def forecast(left_fen: int, weekly: Sequence[int], monthly: Sequence[int], today: date) -> Forecast:
    """Return when what is left is used up.

    Args:
        left_fen: What may still be promised: given, less promised, spent and kept back.
        weekly: The use of past weeks, the newest first; only weeks that are over and after the
            pool's first use.
        monthly: The use of the last twelve whole months, the newest first; fewer say nothing.
        today: The local day from which it is counted.
    """
    weeks = sorted(weekly[:WEEKS])
    seasonal = _by_months(left_fen, monthly, today)
    if len(weeks) < WEEKS_MIN:
        return Forecast(weeks=len(weeks), known=False, by_last_year=seasonal)
    quarter = (len(weeks) - 1) // 4
    low, middle, high = weeks[quarter], _middle(weeks), weeks[-1 - quarter]
    return Forecast(
        weeks=len(weeks),
        known=True,
        week_fen=middle,
        week_low_fen=low,
        week_high_fen=high,
        runs_out=_ends(left_fen, middle, today),
        earliest=_ends(left_fen, high, today),
        latest=_ends(left_fen, low, today),
        by_last_year=seasonal,
    )


def _middle(ordered: Sequence[int]) -> int:
    """Return the middle; of two, what lies between, rounded up, so that it errs early."""
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half] + 1) // 2


def _ends(left_fen: int, week_fen: int, today: date) -> date | None:
    if left_fen <= 0:
        return today
    if week_fen <= 0:
        return None
    days = left_fen * WEEK_DAYS // week_fen
    return today + timedelta(days=days) if days <= HORIZON_DAYS else None


def _by_months(left_fen: int, monthly: Sequence[int], today: date) -> date | None:
    if len(monthly) < YEAR_MONTHS:
        return None
    day, left, number = today, left_fen, 0
    # The oldest of twelve whole months bears the name of the month that runs now.
    uses = list(reversed(monthly[:YEAR_MONTHS]))
    while (day - today).days <= HORIZON_DAYS:
        if left <= 0:
            return day
        length = monthrange(day.year, day.month)[1]
        rest, use = length - day.day + 1, uses[number % YEAR_MONTHS]
        part = use * rest // length
        if use > 0 and left < part:
            return day + timedelta(days=left * length // use)
        left, number, day = left - part, number + 1, day + timedelta(days=rest)
    return None
