"""A sheet's profile: where the table is, what its columns hold, what each row yields."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from zoneinfo import ZoneInfo

from points.flows.import_.cells.text import folded
from points.flows.import_.model import Kind
from points.flows.import_.profiles.checks import Check
from points.flows.import_.profiles.columns import Column
from points.flows.import_.profiles.expressions import Expression
from points.rules.texts import Title

FORMATS = ("xlsx", "csv", "jsonl")
ENCODINGS = ("utf-8-sig", "gb18030")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """Something that a sheet's title rows say about all of its rows.

    Attributes:
        name: What the profile calls it.
        title: What people call it.
        where: ``title`` (the rows above the header), ``sheet`` (its name) or ``file`` (its name).
        pattern: What to look for; its first group is the value. Or nothing, with ``choices``.
        choices: Value to pattern; exactly one of them must be found.
        type: ``text``, ``integer`` or ``date``; choices are always text.
        required: Whether a sheet without it is refused.
    """

    name: str
    title: Title
    where: str
    pattern: re.Pattern[str] | None
    choices: Mapping[str, re.Pattern[str]]
    type: str
    required: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """One record that a row may give.

    Attributes:
        kind: Member, outlet or activity.
        type: The activity's type, or the kind again.
        suffix: Tells the records of one row apart: ``<row id>/<suffix>``.
        when: Whether this row gives it; nothing means always.
        occurred_at: When it happened.
        ended_at: When it ended.
        received_at: When the source took it down.
        exclusive: Whether the member can be in only one such place at a time.
        fields: The record's data; a field whose expression gives nothing is left out.
    """

    kind: Kind
    type: str
    suffix: str | None
    when: Expression | None
    occurred_at: Expression | None
    ended_at: Expression | None
    received_at: Expression | None
    exclusive: bool
    fields: Mapping[str, Expression]


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Everything that is known about one kind of sheet.

    Attributes:
        name: Its own name, unique in its folder.
        title: For people.
        names: File name patterns (``志愿服务签到*``), without the ending.
        formats: Which of ``FORMATS`` the content may have; told by content, not by name.
        encodings: Which of ``ENCODINGS`` a text file may have.
        zone: Where the sheet's clock hangs.
        source: Who says so.
        trusted: Whether its word may skip a review.
        within: Among how many first rows the header must be.
        skip_sheets: Worksheets that hold no data, by name.
        footers: Words that begin a row of totals.
        facts: What the title rows say.
        columns: The columns that are used.
        ignored: Headers that are known and not used; what is not used is not read.
        person_phone: The column that recognises the member.
        person_name: The column that must then agree.
        key_column: The source's own number of the row.
        key_digest: Or the columns and facts whose values identify the row.
        unique: Columns whose values must differ from row to row.
        checks: Rules between columns.
        yields: What a row gives.
    """

    name: str
    title: Title
    names: tuple[str, ...]
    formats: tuple[str, ...]
    encodings: tuple[str, ...]
    zone: ZoneInfo
    source: str
    trusted: bool
    within: int
    skip_sheets: frozenset[str]
    footers: tuple[str, ...]
    facts: tuple[Fact, ...]
    columns: tuple[Column, ...]
    ignored: frozenset[str]
    person_phone: str | None
    person_name: str | None
    key_column: str | None
    key_digest: tuple[str, ...]
    unique: tuple[str, ...]
    checks: tuple[Check, ...]
    yields: tuple[Yield, ...]

    def fits(self, filename: str) -> bool:
        """Return whether a file's name is one of this profile's."""
        stem = folded(filename.replace("\\", "/").rsplit("/", 1)[-1]).rsplit(".", 1)[0]
        return any(fnmatchcase(stem, folded(pattern)) for pattern in self.names)


def same_header(text: object) -> str:
    """Return a header in the spelling in which headers are compared: no blanks, no ``*``."""
    return "".join(folded(text).split()).replace("*", "").replace("﹡", "").lower()
