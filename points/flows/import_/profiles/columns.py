"""Columns of a sheet and how a cell of each type is read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import partial
from zoneinfo import ZoneInfo

from points.flows.import_.cells import amounts, dates, people, text
from points.kernel.errors import BrokenInvariant

Values = Mapping[str, object]
Parse = Callable[[object], object]

TEXT_LENGTH_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column.

    Attributes:
        name: What the profile calls it.
        headers: How the header may be written, the first being the usual one.
        type: A key of ``TYPES``.
        required: Whether a blank cell is a mistake.
        words: For ``enum``: folded spelling to value.
        units: For numbers: unit words that may follow.
        least: For numbers: lower bound.
        most: For numbers: upper bound.
        longest: For ``text``: how many characters.
        bare_minutes: For ``duration``: how many minutes a bare number counts.
        year: For dates: the fact that gives the year where the cell has none.
        on: For ``time``: the fact that gives the day; the value is then an instant.
    """

    name: str
    headers: tuple[str, ...]
    type: str
    required: bool = False
    words: Mapping[str, str] = field(default_factory=dict)
    units: tuple[str, ...] = ()
    least: Decimal | None = None
    most: Decimal | None = None
    longest: int = 100
    bare_minutes: Decimal = Decimal(60)
    year: str | None = None
    on: str | None = None

    def parser(self, facts: Values, zone: ZoneInfo) -> Parse:
        """Return what reads this column's cells on a sheet with these facts."""
        return TYPES[self.type](self, facts, zone)


def _text(column: Column, _facts: Values, _zone: ZoneInfo) -> Parse:
    return partial(text.text, longest=column.longest)


def _number(column: Column, _facts: Values, _zone: ZoneInfo) -> Parse:
    def parse(cell: object) -> Decimal:
        found = amounts.number(cell, units=column.units)
        amounts.within(found, column.least, column.most)
        return found

    return parse


def _integer(column: Column, _facts: Values, _zone: ZoneInfo) -> Parse:
    def parse(cell: object) -> int:
        found = amounts.integer(cell, units=column.units)
        amounts.within(found, column.least, column.most)
        return found

    return parse


def _duration(column: Column, _facts: Values, _zone: ZoneInfo) -> Parse:
    return partial(amounts.minutes, bare=column.bare_minutes)


def _enum(column: Column, _facts: Values, _zone: ZoneInfo) -> Parse:
    return partial(amounts.one_of, words=column.words)


def _date(column: Column, facts: Values, _zone: ZoneInfo) -> Parse:
    return partial(dates.day, year=_year(column, facts))


def _datetime(column: Column, facts: Values, zone: ZoneInfo) -> Parse:
    return partial(dates.instant, zone=zone, year=_year(column, facts))


def _time(column: Column, facts: Values, zone: ZoneInfo) -> Parse:
    if column.on is None:
        return dates.clock_time
    held_on = facts.get(column.on)
    if not isinstance(held_on, date):
        raise BrokenInvariant("a sheet without its day is not read")
    return partial(dates.on_day, held_on=held_on, zone=zone)


def _year(column: Column, facts: Values) -> int | None:
    year = facts.get(column.year) if column.year else None
    return year if isinstance(year, int) else None


TYPES: Mapping[str, Callable[[Column, Values, ZoneInfo], Parse]] = {
    "text": _text,
    "name": lambda *_: people.name,
    "phone": lambda *_: people.phone,
    "identity_number": lambda *_: people.identity_number,
    "date": _date,
    "datetime": _datetime,
    "time": _time,
    "duration": _duration,
    "number": _number,
    "integer": _integer,
    "enum": _enum,
    "tick": lambda *_: amounts.tick,
    "yes_no": lambda *_: amounts.tick,
}
"""Every column type. A blank ``tick`` is false; a blank of any other type is nothing."""
