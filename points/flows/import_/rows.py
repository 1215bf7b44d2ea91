"""One row made into typed values, with everything that is wrong with it."""

from collections.abc import Mapping
from functools import partial

from points.flows.import_.cells.text import BadCell, folded
from points.flows.import_.codes import found
from points.flows.import_.files.tables import BrokenLine
from points.flows.import_.header import Layout, letter
from points.flows.import_.model import Row
from points.flows.import_.profiles.checks import Problem
from points.flows.import_.profiles.columns import Column, Parse
from points.flows.import_.profiles.model import Profile, same_header
from points.kernel.findings import Finding, Severity

BLANKS = " \t\r\n\u00a0\u3000\u200b\ufeff"
"""What a cell may hold and still be blank."""
REPEATING = frozenset(("text", "enum", "tick", "yes_no", "date"))
REMEMBERED_MAX = 4_096


class RowReader:
    """Reads the rows below one header."""

    def __init__(self, profile: Profile, file: str, layout: Layout) -> None:
        """Prepare one parser per column, with the sheet's facts."""
        self._profile, self._layout = profile, layout
        self._found = partial(found, file=file, sheet=layout.head.sheet)
        self._header = tuple(same_header(text) for text in layout.head.header)
        self._first = next(filter(None, self._header), "")
        self._used = tuple(index for _, index in layout.places)
        self._parsers: tuple[tuple[Column, int, Parse], ...] = tuple(
            (column, index, _remembering(column, column.parser(layout.facts, profile.zone)))
            for column, index in layout.places
        )

    def is_row(self, row: Row) -> bool:
        """Return whether a row is data: no total, no repeated header, and a used column is filled.

        A row that holds no more than a serial number or a remark says nothing.
        """
        first = next((text for cell in row.cells if (text := folded(cell))), "")
        if not first or "".join(first.split()).startswith(self._profile.footers):
            return False
        if same_header(first) == self._first and self._repeats_header(row):
            return False
        used = (row.cells[index] for index in self._used if index < len(row.cells))
        return isinstance(row.cells[0], BrokenLine) or any(not _blank(cell) for cell in used)

    def _repeats_header(self, row: Row) -> bool:
        return tuple(same_header(cell) for cell in row.cells) == self._header

    def read(self, row: Row) -> tuple[dict[str, object], list[Finding]]:
        """Return a row's values (facts included) and its findings."""
        values: dict[str, object] = dict(self._layout.facts)
        if isinstance(row.cells[0], BrokenLine):
            return values, [self._found("sheet.bad_json", row=row.place.row)]
        findings = self._shifted(row)
        for column, index, parse in self._parsers:
            cell = row.cells[index] if index < len(row.cells) else None
            try:
                values[column.name] = self._cell(column, cell, parse)
            except BadCell as bad:
                label = self._layout.labels[column.name]
                findings.append(
                    self._found(bad.code, row=row.place.row, column=label, known=bad.known)
                )
        return values, findings + self._checked(row, values)

    def _cell(self, column: Column, cell: object, parse: Parse) -> object:
        if not _blank(cell) and (value := parse(cell)) != "":
            return value
        if column.required:
            raise BadCell("sheet.missing")
        return False if column.type == "tick" else None

    def _shifted(self, row: Row) -> list[Finding]:
        width = self._layout.width
        for index, cell in enumerate(row.cells[width:], width):
            if folded(cell):
                return [self._found("sheet.extra_cells", row=row.place.row, column=letter(index))]
        return []

    def _checked(self, row: Row, values: Mapping[str, object]) -> list[Finding]:
        findings = []
        for check in self._profile.checks:
            problem = check(values)
            # A column that could not be read has been reported; what follows from it is no news.
            if problem is not None and problem.column in values:
                findings.append(self._problem(row, problem))
        return findings

    def _problem(self, row: Row, problem: Problem) -> Finding:
        return self._found(
            problem.code,
            row=row.place.row,
            column=self._layout.labels.get(problem.column),
            severity=problem.severity if problem.severity is Severity.WARNING else None,
            known=problem.known,
        )


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip(BLANKS))


def _remembering(column: Column, parse: Parse) -> Parse:
    """Return a parser that reads each spelling once, where columns say the same thing often."""
    if column.type not in REPEATING:
        return parse
    known: dict[str, object] = {}

    def read(cell: object) -> object:
        if not isinstance(cell, str):
            return parse(cell)
        if cell not in known:
            if len(known) >= REMEMBERED_MAX:
                known.clear()
            known[cell] = parse(cell)
        return known[cell]

    return read
