"""What bodies, queries and answers have in common on the wire."""

import base64
import binascii
import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Annotated, Generic, TypeVar

from fastapi import Query
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
)

from points.api.problems import Problem

PAGE_MAX = 200
PAGE_DEFAULT = 50
CURSOR_LENGTH_MAX = 200
IN_QUERY = Query()
"""Marks the parameter ``query`` of an endpoint, for the description."""

_NUMBER = re.compile(r"[0-9]{1,18}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class Body(BaseModel):
    """A request's body: nothing unknown, nothing converted."""

    model_config = ConfigDict(
        extra="forbid", strict=True, frozen=True, hide_input_in_errors=True, str_max_length=2000
    )


class Asked(BaseModel):
    """A request's query: nothing unknown."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Answer(BaseModel):
    """What is answered; read off the engine's own facts by name."""

    model_config = ConfigDict(frozen=True, from_attributes=True)


class PageQuery(Asked):
    """Which page of a list.

    Attributes:
        cursor: ``next`` of the page before; opaque.
    """

    cursor: str | None = Field(default=None, max_length=CURSOR_LENGTH_MAX)
    limit: int = Field(default=PAGE_DEFAULT, ge=1, le=PAGE_MAX)

    @property
    def key(self) -> str:
        """The last key of the page before; empty for the first page.

        Raises:
            Problem: It is no cursor of ours.
        """
        return "" if self.cursor is None else read_cursor(self.cursor)


Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~@-]{1,80}$")]
"""A code, ours or a partner's."""

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._~@-]{1,26}$")]
"""An id of something that is kept here."""

Name = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]
"""A name or a code in any script."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=500)]
"""Words of a person; the flows say what may not stand in them."""

Plain = str | int | bool | list[str]
"""A field of an activity: numbers with a fraction travel as strings, so that none is rounded."""

YEARS = range(1900, 2200)
"""Beyond these a calendar's arithmetic overflows, and nothing that is kept here happens."""


D = TypeVar("D", bound=date)


def _spelled(value: object) -> object:
    """Refuse a number: in a query pydantic takes it for seconds since 1970."""
    if isinstance(value, str) and _DATE.match(value) is None:
        raise ValueError("no date")
    return value


def _in_time(moment: D) -> D:
    if moment.year not in YEARS:
        raise ValueError("no time of ours")
    return moment


Instant = Annotated[AwareDatetime, AfterValidator(_in_time)]
Day = Annotated[date, AfterValidator(_in_time)]
AskedInstant = Annotated[Instant, BeforeValidator(_spelled)]
AskedDay = Annotated[Day, BeforeValidator(_spelled)]
T = TypeVar("T")
F = TypeVar("F")


class Page(Answer, Generic[T]):
    """A page of a list; there are no totals.

    Attributes:
        next: The cursor of the next page; missing on the last.
    """

    items: list[T]
    next: str | None = None


def page_of(
    rows: Sequence[F], limit: int, key: Callable[[F], object], show: Callable[[F], T]
) -> Page[T]:
    """Return a page of rows that were read one beyond the limit."""
    shown = rows[:limit]
    more = write_cursor(str(key(shown[-1]))) if len(rows) > limit else None
    return Page(items=[show(row) for row in shown], next=more)


def write_cursor(key: str) -> str:
    """Return the cursor that stands for a key."""
    return base64.urlsafe_b64encode(f"1:{key}".encode()).decode().rstrip("=")


def read_cursor(cursor: str) -> str:
    """Return the key that a cursor stands for.

    Raises:
        Problem: It is no cursor of ours.
    """
    try:
        spelled = base64.b64decode(cursor + "=" * (-len(cursor) % 4), b"-_", validate=True)
        version, _, key = spelled.decode("ascii").partition(":")
    except (binascii.Error, ValueError):
        raise bad_cursor() from None
    if version != "1" or not key.isprintable():
        raise bad_cursor()
    return key


def read_number(key: str) -> int | None:
    """Return the number that the key of a cursor is; None on the first page.

    Raises:
        Problem: It is no number that a database could hold.
    """
    if not key:
        return None
    if _NUMBER.fullmatch(key) is None:
        raise bad_cursor()
    return int(key)


def bad_cursor() -> Problem:
    """Return the problem of a cursor that is none of ours."""
    return Problem(422, "cursor_invalid", "翻页标记无效", "the cursor is not valid")
