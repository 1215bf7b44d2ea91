"""Numbers with unit words, durations in words, ticks, and words from a list."""

import re
from collections.abc import Collection, Mapping
from datetime import time, timedelta
from decimal import Decimal

from points.flows.import_.cells.text import BadCell, folded

TICKS = frozenset(("√", "✓", "✔", "☑", "v", "1", "是", "有", "y", "yes", "true", "对", "已"))
NO_TICKS = frozenset(
    ("", "×", "✗", "✘", "x", "0", "否", "无", "n", "no", "false", "-", "—", "/", "未")
)
MINUTES_AN_HOUR = 60

_NUMBER = re.compile(r"[-+]?(?:\d{1,18}|\d{1,3}(?:,\d{3}){1,5})(?:\.\d{1,9})?")
_HOURS_MINUTES = re.compile(
    r"(?:(\d{1,4}(?:\.\d{1,4})?)\s*(?:个?小时|个?钟头|时|h|hours?))?"
    r"\s*(?:(半)|(\d{1,5}(?:\.\d{1,4})?)\s*(?:分钟?|min|minutes?))?",
    re.IGNORECASE,
)
_CLOCK = re.compile(r"(\d{1,4}):([0-5]\d)(?::00)?")
_HALF_HOUR = re.compile(r"半个?小时")


def number(cell: object, *, units: Collection[str] = ()) -> Decimal:
    """Return an exact number; one of the unit words may follow it.

    Raises:
        BadCell: Not a number, or another unit.
    """
    if isinstance(cell, bool):
        raise BadCell("sheet.bad_number")
    words = folded(cell)
    for unit in units:
        if words.endswith(unit):
            words = words.removesuffix(unit).rstrip()
            break
    if not _NUMBER.fullmatch(words):
        raise BadCell("sheet.bad_number")
    return Decimal(words.replace(",", ""))


def integer(cell: object, *, units: Collection[str] = ()) -> int:
    """Return a whole number; ``2人次``, ``２`` and ``2.0`` are two.

    Raises:
        BadCell: Not a number, or not a whole one.
    """
    found = number(cell, units=units)
    if found != found.to_integral_value():
        raise BadCell("sheet.bad_integer")
    return int(found)


def within(found: Decimal | int, least: Decimal | None, most: Decimal | None) -> None:
    """Refuse a number outside its bounds, either of which may be open.

    Raises:
        BadCell: It is outside.
    """
    if (least is not None and found < least) or (most is not None and found > most):
        raise BadCell(
            "sheet.out_of_range",
            least="…" if least is None else least,
            most="…" if most is None else most,
        )


def minutes(cell: object, *, bare: Decimal) -> Decimal:
    """Return a duration in minutes: 2小时30分, 120分钟, 2:30, 半小时, or a bare number.

    Args:
        cell: What stands there.
        bare: How many minutes a bare number counts: 60 where the column means hours.

    Raises:
        BadCell: Another spelling.
    """
    if isinstance(cell, timedelta):
        return Decimal(round(cell.total_seconds())) / MINUTES_AN_HOUR
    if isinstance(cell, time):
        return Decimal(cell.hour * MINUTES_AN_HOUR + cell.minute)
    words = folded(cell)
    if _HALF_HOUR.fullmatch(words):
        return Decimal(30)
    if match := _CLOCK.fullmatch(words):
        return Decimal(int(match[1]) * MINUTES_AN_HOUR + int(match[2]))
    match = _HOURS_MINUTES.fullmatch(words)
    if match and (match[1] or match[3]):
        return _in_words(match)
    try:
        return number(cell) * bare
    except BadCell:
        raise BadCell("sheet.bad_duration") from None


def _in_words(match: re.Match[str]) -> Decimal:
    half = Decimal(30) if match[2] else Decimal(0)
    return Decimal(match[1] or 0) * MINUTES_AN_HOUR + half + Decimal(match[3] or 0)


def tick(cell: object) -> bool:
    """Return whether a box is ticked; an empty one is not.

    Raises:
        BadCell: Neither a tick nor its absence.
    """
    words = folded(cell).lower()
    if words in TICKS:
        return True
    if words in NO_TICKS:
        return False
    raise BadCell("sheet.bad_tick")


def one_of(cell: object, words: Mapping[str, str]) -> str:
    """Return the value that a word stands for.

    Args:
        cell: What stands there.
        words: Folded, lower-case spelling to value.

    Raises:
        BadCell: A word that is not in the list.
    """
    found = words.get("".join(folded(cell).lower().split()))
    if found is None:
        raise BadCell("sheet.unknown_value", allowed="、".join(words))
    return found
