"""A back-test's tables as files: CSV and xlsx. What looks like a formula stays text."""

import csv
import io
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from points.flows.backtest.sheets import Cell, Sheet, sheets
from points.flows.formulas import neutral

_WIDTH, _NAME_MAX = 18, 31
_MADE = datetime(2026, 1, 1)  # noqa: DTZ001 - a workbook's times know no zone


def as_csv(found: Mapping[str, Any], sha256: str) -> dict[str, bytes]:
    """Return a CSV file for each table, in UTF-8 with a byte order mark, by file name."""
    return {f"{sheet.name}.csv": _csv(sheet) for sheet in sheets(found, sha256)}


def as_xlsx(found: Mapping[str, Any], sha256: str) -> bytes:
    """Return a workbook with a sheet for each table; the same summary gives the same bytes."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        bold = workbook.add_format({"bold": True})
        for sheet in sheets(found, sha256):
            page = workbook.add_worksheet(sheet.title[:_NAME_MAX])
            page.set_column(0, len(sheet.header) - 1, _WIDTH)
            page.freeze_panes(1, 0)
            _write(page, 0, list(sheet.header), bold)
            for number, row in enumerate(sheet.rows, start=1):
                _write(page, number, row)
        workbook.set_properties({"created": _MADE})
    return out.getvalue()


def _csv(sheet: Sheet) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    rows: list[list[Cell]] = [list(sheet.header), *sheet.rows]
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _write(page: Any, number: int, row: list[Cell], *style: Any) -> None:  # noqa: ANN401 - untyped
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            page.write_string(number, column, neutral(cell), *style)
        else:
            page.write_number(number, column, cell, *style)
