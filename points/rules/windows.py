"""Calendar windows: which day, week, month, quarter or year a moment falls in, where it happened.

Windows are half-open and follow the programme's zone, never UTC and never the time of arrival.
"""

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from points.kernel.errors import BrokenInvariant

WINDOWS = ("activity", "day", "week", "month", "quarter", "year", "lifetime")
_CHAIN = ("activity", "day", "month", "quarter", "year", "lifetime")
_WEEKLY = ("activity", "day", "week", "lifetime")
_MONTHS_A_QUARTER = 3


@lru_cache(maxsize=4096)
def window_key(window: str, years: int, local: date) -> str:
    """Return the key of the calendar window that a local day falls in.

    ``2026-03-01``, ``2026-W09``, ``2026-03``, ``2026-Q1``, ``2026``, ``2026-2027`` or ``life``.
    Blocks of several years are counted from the year 0. An activity is a window of its own, whose
    key is its id.
    """
    if window == "day":
        return local.isoformat()
    if window == "month":
        return f"{local.year:04}-{local.month:02}"
    if window == "year":
        return _year_key(years, local.year)
    if window == "quarter":
        return f"{local.year:04}-Q{(local.month - 1) // _MONTHS_A_QUARTER + 1}"
    if window == "week":
        year, week, _ = local.isocalendar()
        return f"{year:04}-W{week:02}"
    return "life"


def _year_key(years: int, year: int) -> str:
    if years == 1:
        return f"{year:04}"
    first = year - year % years
    return f"{first:04}-{first + years - 1:04}"


def first_day(window: str, local: date) -> date:
    """Return the first day of the day, week or month that a local day falls in."""
    if window == "week":
        return local - timedelta(days=local.isoweekday() - 1)
    return local.replace(day=1) if window == "month" else local


def window_end(window: str, years: int, local: datetime) -> datetime:
    """Return the instant at which the calendar window of a local moment ends.

    Raises:
        BrokenInvariant: The window is an activity or a lifetime, which no calendar ends.
    """
    end = _first_day_after(window, years, local.date())
    return datetime.combine(end, time(), tzinfo=local.tzinfo).astimezone(UTC)


def _first_day_after(window: str, years: int, local: date) -> date:
    match window:
        case "day":
            return local + timedelta(days=1)
        case "week":
            return local + timedelta(days=8 - local.isoweekday())
        case "month":
            return _months_on(local, 1)
        case "quarter":
            months = _MONTHS_A_QUARTER - (local.month - 1) % _MONTHS_A_QUARTER
            return _months_on(local, months)
        case "year":
            return date(local.year - local.year % years + years, 1, 1)
        case _:
            raise BrokenInvariant("only a calendar window ends")


def _months_on(local: date, months: int) -> date:
    years, month = divmod(local.month - 1 + months, 12)
    return date(local.year + years, month + 1, 1)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which a local day begins, or the first instant there is."""
    try:
        return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
    except OverflowError:
        # Somebody typed the first day of the calendar: east of Greenwich it has no such instant.
        return datetime.min.replace(tzinfo=UTC)


def nests(inner: str, inner_years: int, outer: str, outer_years: int) -> bool:
    """Return whether every inner window lies wholly within one outer window."""
    if inner == outer == "year":
        return outer_years % inner_years == 0
    for chain in (_CHAIN, _WEEKLY):
        if inner in chain and outer in chain:
            return chain.index(inner) <= chain.index(outer)
    return False
