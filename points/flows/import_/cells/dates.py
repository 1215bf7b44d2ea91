"""Days, times and instants in all the spellings that spreadsheets hold."""

import math
import re
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from points.flows.import_.cells.text import EXACT_MAX, BadCell, folded

YEARS = range(1900, 2101)
SERIAL_EPOCH = date(1899, 12, 30)
SERIALS = range(10_000, 75_000)
"""Day numbers of Excel taken for dates: 1927 to 2105. Smaller ones are more likely a count."""
SECONDS_A_DAY = 86_400

_DATE = re.compile(r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?")
_COMPACT = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
_NO_YEAR = re.compile(r"(\d{1,2})\s*月\s*(\d{1,2})\s*日?")
_TIME = re.compile(r"(\d{1,2})\s*(?:[::]|[时点])\s*(\d{1,2})\s*(?:(?:[::]|分)\s*(\d{1,2})?\s*秒?)?")
_ZONED = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?(Z|[+-]\d\d:?\d\d)")


def day(cell: object, *, year: int | None = None) -> date:
    """Return a day.

    Args:
        cell: 2024/08/22, 2020年3月3日, 2019.09.13, 2024-08-10, 20240810, an Excel date or its
            serial; 6月7日 only when the year is known.
        year: The year for dates without one.

    Raises:
        BadCell: Another spelling, or a day that does not exist. Two-digit years and 3/4/2024 are
            refused: nobody knows which is which.
    """
    if isinstance(cell, datetime):
        return cell.date()
    if isinstance(cell, date):
        return cell
    if isinstance(cell, (int, float, Decimal)) and not isinstance(cell, bool):
        return _numbered(cell)
    words = _without_midnight(folded(cell))
    for pattern in (_DATE, _COMPACT):
        if match := pattern.fullmatch(words):
            return _day(int(match[1]), int(match[2]), int(match[3]))
    if year is not None and (match := _NO_YEAR.fullmatch(words)):
        return _day(year, int(match[1]), int(match[2]))
    raise BadCell("sheet.bad_date")


def clock_time(cell: object) -> time:
    """Return a time of day: 08:32, ０８：３２, 8时5分, an Excel time or a fraction of a day.

    Raises:
        BadCell: Anything else.
    """
    if isinstance(cell, datetime):
        return cell.time()
    if isinstance(cell, time):
        return cell
    if isinstance(cell, timedelta):
        cell = cell.total_seconds() / SECONDS_A_DAY
    if isinstance(cell, float) and 0 <= cell < 1:
        return _fraction(cell)
    match = _TIME.fullmatch(folded(cell))
    if match is None:
        raise BadCell("sheet.bad_time")
    try:
        return time(int(match[1]), int(match[2]), int(match[3] or 0))
    except ValueError:
        raise BadCell("sheet.bad_time") from None


def instant(cell: object, zone: ZoneInfo, *, year: int | None = None) -> datetime:
    """Return an instant in a zone; one that carries a zone (``Z``, ``+08:00``) is moved there.

    Raises:
        BadCell: No day, no time, or neither readable.
    """
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone) if cell.tzinfo is None else cell.astimezone(zone)
    words = folded(cell)
    if isinstance(cell, float) and math.isfinite(cell) and int(cell) in SERIALS:
        return datetime.combine(_numbered(int(cell)), _fraction(cell % 1), zone)
    if _ZONED.fullmatch(words):
        return _zoned(words, zone)
    parts = re.fullmatch(r"(.+?(?:日|\d))(?:\s+|(?<=日)|T)(\d{1,2}\s*[:时点].*)", words)
    if parts is None:
        raise BadCell("sheet.bad_datetime")
    try:
        return datetime.combine(day(parts[1], year=year), clock_time(parts[2]), zone)
    except BadCell:
        raise BadCell("sheet.bad_datetime") from None


def on_day(cell: object, held_on: date, zone: ZoneInfo) -> datetime:
    """Return the instant of a time of day on a known day; a cell with its own day must agree.

    Raises:
        BadCell: No time, or another day.
    """
    if isinstance(cell, datetime):
        if cell.date() != held_on:
            raise BadCell("sheet.wrong_day")
        return cell.replace(tzinfo=zone)
    return datetime.combine(held_on, clock_time(cell), zone)


def _zoned(words: str, zone: ZoneInfo) -> datetime:
    try:
        return datetime.fromisoformat(words).astimezone(zone)
    except (ValueError, OverflowError):
        raise BadCell("sheet.bad_datetime") from None


def _without_midnight(words: str) -> str:
    return re.sub(r"[T ]0{1,2}:00(:00)?$", "", words)


def _numbered(number: float | Decimal) -> date:
    exact = Decimal(number)
    if not exact.is_finite() or abs(exact) > EXACT_MAX or exact != int(exact):
        raise BadCell("sheet.bad_date")
    serial = int(exact)
    if serial in SERIALS:
        return SERIAL_EPOCH + timedelta(days=serial)
    match = _COMPACT.fullmatch(str(serial))
    if match is None:
        raise BadCell("sheet.bad_date")
    return _day(int(match[1]), int(match[2]), int(match[3]))


def _fraction(of_a_day: float) -> time:
    seconds = round(of_a_day * SECONDS_A_DAY) % SECONDS_A_DAY
    return time(seconds // 3600, seconds // 60 % 60, seconds % 60)


def _day(year: int, month: int, dayth: int) -> date:
    try:
        found = date(year, month, dayth)
    except ValueError:
        raise BadCell("sheet.bad_date") from None
    if found.year not in YEARS:
        raise BadCell("sheet.bad_date")
    return found
