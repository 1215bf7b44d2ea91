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


class RowReader:
    """Reads the rows below one header."""

    def __init__(self, profile: Profile, file: str, layout: Layout) -> None:
        """Prepare one parser per column, with the sheet's facts."""
        self._profile, self._layout = profile, layout
        self._found = partial(found, file=file, sheet=layout.head.sheet)
        self._header = tuple(same_header(text) for text in layout.head.header)
        self._parsers: tuple[tuple[Column, int, Parse], ...] = tuple(
            (column, index, column.parser(layout.facts, profile.zone))
            for column, index in layout.places
        )

    def is_row(self, row: Row) -> bool:
        """Return whether a row is data: not blank, no total, no repeated header."""
        first = next((text for cell in row.cells if (text := folded(cell))), "")
        if not first or first.startswith(self._profile.footers):
            return False
        return same_header(first) != next(filter(None, self._header), "") or self._header != tuple(
            same_header(cell) for cell in row.cells
        )

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
        if cell is not None and cell != "" and (not isinstance(cell, str) or folded(cell)):
            return parse(cell)
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
