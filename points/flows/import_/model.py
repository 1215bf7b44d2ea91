"""What comes out of a sheet: records, refused rows, and the account of both."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from points.kernel.ensure import ensure
from points.kernel.findings import Finding, Severity

Kind = Literal["member", "outlet", "activity"]
Cells = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a row stands.

    Attributes:
        sheet: The worksheet's name; nothing for files without worksheets.
        row: The row as a spreadsheet program numbers it, from one.
    """

    sheet: str | None
    row: int

    @property
    def zh(self) -> str:
        """Return the place as a person says it in Chinese."""
        return f"{self.sheet} 第 {self.row} 行" if self.sheet else f"第 {self.row} 行"

    @property
    def en(self) -> str:
        """Return the place as a person says it in English."""
        return f"{self.sheet} row {self.row}" if self.sheet else f"row {self.row}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row as it stood in the file; its ``repr`` keeps people out of logs."""

    place: Place
    cells: Cells = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetHead:
    """What stands above a sheet's rows, kept so that bad rows can be handed back under it.

    Attributes:
        sheet: The worksheet's name, if there is one.
        titles: The rows above the header.
        header: The header's cells as text.
    """

    sheet: str | None
    titles: tuple[Cells, ...]
    header: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whom a row is about, as the sheet says; not yet looked up in the register.

    Attributes:
        phone: Eleven digits.
        name: Without blanks; nothing when the sheet has no name column.
    """

    phone: str = field(repr=False)
    name: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One thing that a row says: a member, an outlet or an activity.

    Attributes:
        kind: What it is.
        type: The activity's type; for a member or an outlet, the same word as ``kind``.
        source: Who says so; unique together with ``external_id``, for ever.
        trusted: Whether the source's word may skip a review.
        external_id: The source's own number, or a digest of the columns that identify the row.
        derived: Whether that is a digest: it is keyed before it is kept, because whoever tries all
            telephone numbers would find the one in a plain digest.
        row: The row it came from.
        person: Whom it is about; nothing for members (they are the person) and outlets.
        occurred_at: When it happened; nothing for members and outlets.
        ended_at: When it ended, where the sheet says so.
        received_at: When the source took it down, where the sheet says so.
        exclusive: Whether the member can be in only one such place at a time.
        data: The fields, typed: str, bool, int, Decimal, date, or a tuple of str.
        body_hash: SHA-256 over all of the content; the same id with another hash is a conflict.
    """

    kind: Kind
    type: str
    source: str
    trusted: bool
    external_id: str
    derived: bool = False
    row: Row
    person: Person | None = None
    occurred_at: datetime | None = None
    ended_at: datetime | None = None
    received_at: datetime | None = None
    exclusive: bool = False
    data: Mapping[str, object] = field(repr=False)
    body_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedRow:
    """A row that was not taken, with every reason."""

    row: Row
    findings: tuple[Finding, ...]

    def __post_init__(self) -> None:
        ensure(self.findings, "a refused row has a reason")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadResult:
    """The whole account of one file.

    Attributes:
        file: The file's name.
        profile: The profile's name.
        rows: Data rows; title, header, blank and footer rows are none.
        records: What the accepted rows say, in the order of the file.
        findings: Everything found: of the file, of its rows, warnings included.
        refused: The rows not taken, in the order of the file.
        duplicates: Rows that repeat an accepted one exactly.
        heads: What stood above the rows, per sheet.
    """

    file: str
    profile: str
    rows: int
    records: tuple[Record, ...]
    findings: tuple[Finding, ...]
    refused: tuple[RefusedRow, ...]
    duplicates: int
    heads: tuple[SheetHead, ...]

    def __post_init__(self) -> None:
        ensure(
            self.rows == self.accepted + len(self.refused) + self.duplicates,
            "every row is accepted, refused or a duplicate",
        )

    @property
    def accepted(self) -> int:
        """Return how many rows were taken; one row may give several records."""
        return len({record.row.place for record in self.records})

    @property
    def readable(self) -> bool:
        """Return whether the file as a whole could be read; single bad rows do not matter."""
        return not any(
            finding.row is None and finding.severity is Severity.ERROR for finding in self.findings
        )

    def counts(self) -> dict[str, int]:
        """Return how often each code was found."""
        return dict(sorted(Counter(finding.code for finding in self.findings).items()))

    def refusing(self, findings: Iterable[Finding]) -> "ReadResult":
        """Return the account with later findings (register, overlaps) added and their rows refused.

        A row is refused whole: all its records go. A finding whose row has no record is only added.
        """
        later = tuple(findings)
        reasons: dict[Place, list[Finding]] = {}
        for finding in later:
            if finding.row is not None and finding.severity is Severity.ERROR:
                place = Place(sheet=finding.sheet, row=finding.row)
                reasons.setdefault(place, []).append(finding)
        rows = {record.row.place: record.row for record in self.records}
        refused = tuple(
            RefusedRow(row=rows[place], findings=tuple(why))
            for place, why in reasons.items()
            if place in rows
        )
        return replace(
            self,
            records=tuple(r for r in self.records if r.row.place not in reasons),
            findings=(*self.findings, *later),
            refused=(*self.refused, *refused),
        )
