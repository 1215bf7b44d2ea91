"""Reads one file by one profile: each row is accepted, refused with reasons, or a duplicate."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from points.flows.import_.cells.text import BadCell
from points.flows.import_.codes import found
from points.flows.import_.files.opening import bytes_of, open_file
from points.flows.import_.files.tables import ROWS_MAX, Opened, Table, Unreadable
from points.flows.import_.header import Layout, locate
from points.flows.import_.model import Place, ReadResult, Record, RefusedRow, Row, SheetHead
from points.flows.import_.profiles.model import Profile
from points.flows.import_.records import records_of, row_key
from points.flows.import_.rows import RowReader
from points.kernel.findings import Finding, Severity


def read_file(content: bytes | Path, filename: str, profile: Profile) -> ReadResult:
    """Return the whole account of a file; nothing that stands in a file makes this raise.

    Args:
        content: The file's bytes, or where it lies.
        filename: The name by which people know it; stands in the findings.
        profile: What the file should look like.
    """
    account = _Account(profile=profile, file=filename.replace("\\", "/").rsplit("/", 1)[-1])
    try:
        opened = open_file(bytes_of(content), profile.formats, profile.encodings)
        account.take_file(opened)
    except Unreadable as unreadable:
        return account.unreadable(unreadable)
    return account.result()


@dataclass(slots=True, kw_only=True)
class _Account:
    """Everything said and counted while a file is read."""

    profile: Profile
    file: str
    rows: int = 0
    duplicates: int = 0
    records: list[Record] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)
    heads: list[SheetHead] = field(default_factory=list)
    seen: dict[str, tuple[Place, tuple[str, ...]]] = field(default_factory=dict)
    taken: dict[tuple[str, object], Place] = field(default_factory=dict)

    def take_file(self, opened: Opened) -> None:
        """Read every table."""
        for name in opened.hidden:
            self.findings.append(found("sheet.hidden_sheet", file=self.file, sheet=name))
        if opened.failed_cells:
            known = {"count": opened.failed_cells}
            self.findings.append(found("sheet.failed_formulas", file=self.file, known=known))
        for table in opened.tables:
            if table.sheet not in self.profile.skip_sheets:
                self._take_table(table)
        if not self.rows and not self.findings:
            self.findings.append(found("sheet.empty", file=self.file))

    def _take_table(self, table: Table) -> None:
        rows: Iterator[Row] = iter(table.rows)
        layout, findings = locate(self.profile, self.file, table.sheet, rows)
        self.findings += findings
        if layout is None:
            return
        self.heads.append(layout.head)
        reader = RowReader(self.profile, self.file, layout)
        for row in rows:
            if reader.is_row(row):
                self.rows += 1
                if self.rows > ROWS_MAX:
                    raise Unreadable("sheet.too_many_rows", limit=ROWS_MAX)
                self._take_row(reader, layout, row)

    def _take_row(self, reader: RowReader, layout: Layout, row: Row) -> None:
        values, findings = reader.read(row)
        if _stopping(findings):
            self._refuse(row, findings)
            return
        key = row_key(self.profile, values)
        try:
            records = tuple(records_of(self.profile, key, row, values))
        except BadCell as bad:
            self._refuse(row, [*findings, self._found(bad.code, row)])
            return
        bodies = tuple(record.body_hash for record in records)
        if not records:
            findings.append(self._found("sheet.yields_nothing", row))
        elif key in self.seen:
            self._take_again(row, self.seen[key], bodies)
            return
        else:
            findings += self._not_unique(layout, row, values)
        if _stopping(findings):
            self._refuse(row, findings)
            return
        self.seen[key] = (row.place, bodies)
        self.taken.update({(name, values.get(name)): row.place for name in self.profile.unique})
        self.findings += findings
        self.records += records

    def _take_again(
        self, row: Row, first: tuple[Place, tuple[str, ...]], bodies: tuple[str, ...]
    ) -> None:
        place, before = first
        if bodies == before:
            self.duplicates += 1
            self.findings.append(self._found("sheet.duplicate", row, first=place))
        else:
            self._refuse(row, [self._found("sheet.conflict", row, first=place)])

    def _not_unique(self, layout: Layout, row: Row, values: dict[str, object]) -> Iterator[Finding]:
        for name in self.profile.unique:
            first = self.taken.get((name, values.get(name)))
            if first is not None and values.get(name) is not None:
                label = layout.labels.get(name)
                yield self._found("sheet.not_unique", row, column=label, first=first)

    def _found(
        self, code: str, row: Row, *, column: str | None = None, first: Place | None = None
    ) -> Finding:
        known = {"first": first} if first else {}
        place = row.place
        return found(
            code, file=self.file, sheet=place.sheet, row=place.row, column=column, known=known
        )

    def _refuse(self, row: Row, findings: list[Finding]) -> None:
        self.findings += findings
        self.refused.append(RefusedRow(row=row, findings=tuple(findings)))

    def unreadable(self, why: Unreadable) -> ReadResult:
        """Return the account of a file of which nothing is taken."""
        fresh = _Account(profile=self.profile, file=self.file)
        fresh.findings.append(found(why.code, file=self.file, known=why.known))
        return fresh.result()

    def result(self) -> ReadResult:
        """Return what was read."""
        return ReadResult(
            file=self.file,
            profile=self.profile.name,
            rows=self.rows,
            records=tuple(self.records),
            findings=tuple(self.findings),
            refused=tuple(self.refused),
            duplicates=self.duplicates,
            heads=tuple(self.heads),
        )


def _stopping(findings: list[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
