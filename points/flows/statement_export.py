"""Statements as files: CSV and xlsx with control totals. What looks like a formula stays text."""

import csv
import io
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from points.flows.formulas import neutral
from points.partners.model import LineKind, Statement

Cell = str | int

HEADER = (
    "序号 no",
    "类别 kind",
    "时间 booked at",
    "门店 outlet",
    "项目 reward",
    "券尾号 code ends",
    "请求编号 reference",
    "金额(分) amount fen",
)
KINDS = {
    LineKind.CAPTURE: "核销 capture",
    LineKind.VOID: "撤销 void",
    LineKind.CORRECTION: "更正 correction",
}


def as_csv(statement: Statement, zone: str) -> bytes:
    """Return the statement as CSV in UTF-8 with a byte order mark, as spreadsheet programs like."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in _rows(statement, zone):
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def as_xlsx(statement: Statement, zone: str) -> bytes:
    """Return the statement as a workbook: text is written as text, numbers as numbers."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("对账单 statement")
        for number, row in enumerate(_rows(statement, zone)):
            _write(sheet, number, row)
        sheet.set_column(0, len(HEADER) - 1, 18)
        # A fixed time: the same statement always gives the same bytes.
        workbook.set_properties({"created": statement.closed_at or statement.ends})
    return out.getvalue()


def _write(sheet: Any, number: int, row: list[Cell]) -> None:  # noqa: ANN401 - untyped library
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, neutral(cell))
        else:
            sheet.write_number(number, column, cell)


def _rows(statement: Statement, zone: str) -> list[list[Cell]]:
    totals = statement.totals
    state = "草稿 draft" if statement.closed_at is None else "已结 closed"
    head: list[list[Cell]] = [
        ["单位 partner", statement.partner_id],
        ["账期 period", statement.period, state],
        ["笔数 lines", totals.count],
        ["合计(分) total fen", totals.total_fen],
        ["校验 sha256", totals.sha256],
    ]
    outlets: list[list[Cell]] = [
        ["门店小计 outlet", each.outlet_id or "", each.count, each.amount_fen]
        for each in totals.outlets
    ]
    lines: list[list[Cell]] = [
        [
            line.number,
            KINDS[line.kind],
            _local(line.booked_at, zone),
            line.outlet_id or "",
            line.reward_id,
            line.last4,
            line.reference,
            line.amount_fen,
        ]
        for line in statement.lines
    ]
    return [*head, *outlets, [], list(HEADER), *lines]


def _local(instant: datetime, zone: str) -> str:
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
