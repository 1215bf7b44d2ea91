"""The refused rows as a workbook to mend and upload again."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from io import BytesIO

import xlsxwriter  # type: ignore[import-untyped]

from points.flows.formulas import looks_like_formula
from points.flows.import_.cells.text import folded
from points.flows.import_.header import OWN_COLUMNS
from points.flows.import_.model import Cells, ReadResult, RefusedRow, SheetHead
from points.kernel.findings import Finding, Severity

SHEET_NAME = "待修改"
CELL_CHARACTERS_MAX = 32_000
WIDTH_CHARACTERS = 18
REASON_WIDTH_CHARACTERS = 60
SECONDS_A_DAY = 86_400


def bad_rows_workbook(result: ReadResult) -> bytes:
    """Return an ``.xlsx`` of the refused rows as they stood, each with its reasons and their codes.

    Titles, header and worksheets are those of the file, so the mended workbook is read by the same
    profile. Every cell is text: nothing that came in can come out as a formula.
    """
    buffer = BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(buffer, options) as book:
        for head in _heads(result):
            rows = [row for row in result.refused if row.row.place.sheet == head.sheet]
            _Page(book, head.sheet or SHEET_NAME).write(head, rows)
    return buffer.getvalue()


def _heads(result: ReadResult) -> list[SheetHead]:
    sheets = {row.row.place.sheet for row in result.refused}
    heads = [head for head in result.heads if head.sheet in sheets]
    return heads or list(result.heads) or [SheetHead(sheet=None, titles=(), header=())]


class _Page:
    """Writes one worksheet."""

    def __init__(self, book: xlsxwriter.Workbook, name: str) -> None:
        self._sheet = book.add_worksheet(name)
        self._plain = book.add_format({"num_format": "@"})
        self._quoted = book.add_format({"num_format": "@", "quote_prefix": True})
        red = {"font_color": "#B00020", "text_wrap": True}
        self._red = book.add_format(red)
        self._red_quoted = book.add_format({**red, "quote_prefix": True})
        self._line = 0

    def write(self, head: SheetHead, rows: Iterable[RefusedRow]) -> None:
        """Write titles, header and rows."""
        width = len(head.header)
        for title in head.titles:
            self._put(title)
        self._put((*head.header, *OWN_COLUMNS))
        self._sheet.freeze_panes(self._line, 0)
        for refused in rows:
            reasons = [f for f in refused.findings if f.severity is Severity.ERROR]
            self._put(refused.row.cells[:width])
            for offset, text in enumerate((_why(reasons), _codes(reasons))):
                # The reason begins with the column's name, which came in with the file.
                risky = looks_like_formula(text)
                style = self._red_quoted if risky else self._red
                self._sheet.write_string(self._line - 1, width + offset, text, style)
        self._sheet.set_column(0, max(0, width - 1), WIDTH_CHARACTERS)
        self._sheet.set_column(width, width + 1, REASON_WIDTH_CHARACTERS)

    def _put(self, cells: Cells) -> None:
        for column, cell in enumerate(cells):
            if text := cell_text(cell):
                risky = looks_like_formula(text)
                self._sheet.write_string(
                    self._line, column, text, self._quoted if risky else self._plain
                )
        self._line += 1


def _why(findings: Iterable[Finding]) -> str:
    return "；".join(f"{f.column}：{f.zh}" if f.column else f.zh for f in findings)


def _codes(findings: Iterable[Finding]) -> str:
    return " ".join(dict.fromkeys(finding.code for finding in findings))


def cell_text(cell: object) -> str:
    """Return a cell as text that reads back as the same value."""
    if isinstance(cell, datetime):
        return cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, (date, time)):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return f"{cell.total_seconds() / SECONDS_A_DAY:.9f}"
    return (cell if isinstance(cell, str) else folded(cell))[:CELL_CHARACTERS_MAX]
