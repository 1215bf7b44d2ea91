"""Statements as files: CSV and xlsx with totals, and the canonical form that the hash is made of.

What partners get says nothing of programmes: whose points paid is no business of a shop.

Lines are taken as they come and never held all at once. What looks like a formula stays text.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any, BinaryIO
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from points.flows.formulas import neutral
from points.kernel.yuan import decimal_yuan
from points.partners.model import Line, LineKind, Statement
from points.partners.statements import canonical

Cell = str | int | Decimal

HEADER = (
    "序号 no",
    "类别 kind",
    "时间 booked at",
    "门店 outlet",
    "项目 reward",
    "券尾号 code ends",
    "请求编号 reference",
    "金额(分) amount fen",
    "金额(元) amount yuan",
    "服务费(分) fee fen",
)
OUTLET_HEADER = (
    "门店 outlet",
    "笔数 lines",
    "核销(元) captured",
    "撤销(元) voided",
    "更正(元) corrected",
    "服务费(元) fees",
    "应付(分) net fen",
    "应付(元) net yuan",
)
KINDS = {
    LineKind.CAPTURE: "核销 capture",
    LineKind.VOID: "撤销 void",
    LineKind.CORRECTION: "更正 correction",
    LineKind.FEE: "服务费 fee",
}
ROWS_A_CHUNK = 500
MONEY = "#,##0.00"


def csv_chunks(statement: Statement, lines: Iterable[Line], zone: str) -> Iterator[bytes]:
    """Yield the statement as CSV in UTF-8 with a byte order mark, as spreadsheet programs like."""
    yield b"\xef\xbb\xbf"
    rows: tuple[list[Cell], ...] = (
        *_head(statement),
        [],
        list(OUTLET_HEADER),
        *_outlets(statement),
        [],
        list(HEADER),
    )
    yield _as_csv(rows)
    kept: list[list[Cell]] = []
    for line in lines:
        kept.append(_row(line, zone))
        if len(kept) >= ROWS_A_CHUNK:
            yield _as_csv(kept)
            kept = []
    yield _as_csv([*kept, _total_row(statement)])


def _as_csv(rows: Iterable[list[Cell]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return out.getvalue().encode()


def write_xlsx(statement: Statement, lines: Iterable[Line], zone: str, out: BinaryIO) -> None:
    """Write the statement as a workbook: totals and net per outlet first, then the lines.

    Text is written as text and numbers as numbers; rows go to a temporary file as they come.
    """
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        money, bold = (
            workbook.add_format({"num_format": MONEY}),
            workbook.add_format({"bold": True}),
        )
        sheet = workbook.add_worksheet("汇总 summary")
        sheet.set_column(0, len(OUTLET_HEADER) - 1, 18)
        summary: list[list[Cell]] = [
            *_head(statement),
            [],
            list(OUTLET_HEADER),
            *_outlets(statement),
        ]
        header = len(summary) - len(statement.totals.outlets) - 2
        for number, row in enumerate(summary):
            _write(sheet, number, row, money, bold if number == header else None)
        sheet = workbook.add_worksheet("明细 lines")
        sheet.set_column(0, len(HEADER) - 1, 18)
        sheet.freeze_panes(1, 0)
        _write(sheet, 0, list(HEADER), money, bold)
        number = 0
        for number, line in enumerate(lines, 1):
            _write(sheet, number, _row(line, zone), money)
        _write(sheet, number + 1, _total_row(statement), money, bold)
        # A fixed time: the same statement always gives the same bytes.
        workbook.set_properties({"created": statement.drawn_at or statement.ends})


def _write(
    sheet: Any,  # noqa: ANN401 - untyped library
    number: int,
    row: list[Cell],
    money: Any,  # noqa: ANN401 - the same
    style: Any = None,  # noqa: ANN401 - the same
) -> None:
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, neutral(cell), style)
        elif isinstance(cell, Decimal):
            sheet.write_number(number, column, cell, money)
        else:
            sheet.write_number(number, column, cell, style)


def canonical_chunks(statement: Statement, lines: Iterable[Line]) -> Iterator[bytes]:
    """Yield the canonical form; the SHA-256 of the whole file is the statement's."""
    for line in canonical(statement, lines):
        yield line.encode()


def _head(statement: Statement) -> list[list[Cell]]:
    totals = statement.totals
    state = "草稿 draft" if statement.drawn_at is None else "已出账 drawn up"
    return [
        ["单位 partner", statement.partner_id],
        ["账期 period", statement.period, state],
        ["编号 number", statement.number],
        ["笔数 lines", totals.count],
        ["核销(元) captured", decimal_yuan(totals.captured_fen)],
        ["撤销(元) voided", decimal_yuan(totals.voided_fen)],
        ["更正(元) corrected", decimal_yuan(totals.corrected_fen)],
        ["服务费(元) fees", decimal_yuan(totals.fees_fen)],
        ["合计(分) total fen", totals.total_fen],
        ["合计(元) total yuan", decimal_yuan(totals.total_fen)],
        ["校验 sha256", totals.sha256],
        ["上期校验 previous sha256", statement.previous_sha256],
    ]


def _outlets(statement: Statement) -> list[list[Cell]]:
    """Return net per outlet, and their sum."""
    t = statement.totals
    rows: list[list[Cell]] = [
        _outlet_row(
            each.outlet_id or "",
            each.count,
            (each.captured_fen, each.voided_fen, each.corrected_fen, each.fees_fen),
            each.amount_fen,
        )
        for each in t.outlets
    ]
    sums = (t.captured_fen, t.voided_fen, t.corrected_fen, t.fees_fen)
    return [*rows, _outlet_row("合计 total", t.count, sums, t.total_fen)]


def _outlet_row(name: str, count: int, parts: tuple[int, ...], net: int) -> list[Cell]:
    return [name, count, *(decimal_yuan(each) for each in parts), net, decimal_yuan(net)]


def _row(line: Line, zone: str) -> list[Cell]:
    return [
        line.number,
        KINDS[line.kind],
        local(line.booked_at, zone),
        line.outlet_id or "",
        line.reward_id,
        line.last4,
        line.reference,
        int(line.amount_fen),
        decimal_yuan(line.amount_fen),
        int(line.fee_fen),
    ]


def _total_row(statement: Statement) -> list[Cell]:
    t = statement.totals
    blank: list[Cell] = [""] * 5
    return ["合计 total", *blank, t.count, t.total_fen, decimal_yuan(t.total_fen), t.fees_fen]


def local(instant: datetime, zone: str) -> str:
    """Return an instant as the partner's clocks showed it."""
    return instant.astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S")
