"""A correction's lines as files: CSV and xlsx. What looks like a formula stays text."""

import csv
import io
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from points.corrections.model import Line
from points.flows.formulas import neutral
from points.rules.recalculation import words

Cell = str | int

HEADER = (
    *("会员 member", "活动 activity", "规则 rule", "积分 measure", "时间 happened at"),
    *("原 old", "新 new", "差 change", "原因", "reason"),
)
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed time: the same lines always give the same bytes."""


def lines_as_csv(lines: Iterable[Line], zone: str) -> bytes:
    """Return lines as CSV in UTF-8 with a byte order mark, as spreadsheet programs like."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _rows(lines, zone):
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def lines_as_xlsx(lines: Iterable[Line], zone: str) -> bytes:
    """Return lines as a workbook: text is written as text, numbers as numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("更正 correction")
        for number, row in enumerate(_rows(lines, zone)):
            _write(sheet, number, row)
        sheet.set_column(0, len(HEADER) - 1, 18)
        workbook.set_properties({"created": CREATED})
    return out.getvalue()


def _write(sheet: Any, number: int, row: list[Cell]) -> None:  # noqa: ANN401 - untyped library
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, neutral(cell))
        else:
            sheet.write_number(number, column, cell)


def _rows(lines: Iterable[Line], zone: str) -> Iterable[list[Cell]]:
    yield list(HEADER)
    here = ZoneInfo(zone)
    for line in lines:
        why = words(line.reason)
        yield [
            *(line.member_id, line.activity_id, line.rule_id, line.measure),
            line.occurred_at.astimezone(here).isoformat(timespec="minutes"),
            *(line.old, line.new, line.change, why.zh, why.en),
        ]
