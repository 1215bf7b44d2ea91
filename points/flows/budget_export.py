"""The budget report as files: CSV, and a workbook with the spreadsheet program's own charts."""

import csv
import io
from collections.abc import Iterator, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import xlsxwriter  # type: ignore[import-untyped]

from points.flows.budget import BudgetReport, ProgrammeBudget
from points.flows.formulas import neutral

Cell = str | int
Rows = list[list[Cell]]

EXPIRY_HEAD = (
    "到期月 expiry month",
    "批数 lots",
    "公示中 pending",
    "可用 available",
    "冻结 held",
    "全额价值(分) value fen",
    "预计成本(分) expected fen",
)
COHORT_HEAD = (
    "发放月 month of issue",
    "发放 issued",
    "已兑换 redeemed",
    "未用 open",
    "已失效 expired",
    "冲正与抵扣 reversed or repaid",
    "已捐赠 donated",
    "失效率(百万分) breakage ppm",
)
WEEK_HEAD = ("周前 weeks ago", "用量(分) used fen")
CHART_SIZE = {"width": 720, "height": 320}


def budget_as_csv(found: BudgetReport) -> bytes:
    """Return every figure as CSV in UTF-8 with a byte order mark."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    rows = _summary(found)
    for each in found.programmes:
        for _, head, body in _tables(each):
            rows += [[], [each.programme], list(head), *body]
    for row in rows:
        writer.writerow([neutral(cell) if isinstance(cell, str) else cell for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def budget_as_xlsx(found: BudgetReport) -> bytes:
    """Return a workbook: a summary, and for each programme its tables with a chart beside them."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet("概况 summary")
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, 4, 22)
        for number, row in enumerate(_summary(found)):
            _write(sheet, number, row)
        for each in found.programmes:
            for name, head, body in _tables(each):
                _table(workbook, f"{each.programme} {name}", head, body)
        # A fixed time: the same report always gives the same bytes.
        workbook.set_properties({"created": found.at})
    return out.getvalue()


def _summary(found: BudgetReport) -> Rows:
    local = found.at.astimezone(ZoneInfo(found.zone)).strftime("%Y-%m-%d %H:%M:%S")
    rows: Rows = [
        ["截至 as recorded by", local],
        ["每分折算(分) fen a point", found.value_fen_per_point],
        ["核销合计(分) captured fen", found.owed.spent_fen],
        ["对账单合计(分) statements fen", found.owed.statements_fen],
        ["其中费用(分) fees fen", found.owed.fees_fen],
        ["已付(分) paid fen", found.owed.paid_fen],
        ["未付(分) unpaid fen", found.owed.unpaid_fen],
        ["未结账期(分) in open periods fen", found.owed.open_fen],
    ]
    for each in found.programmes:
        rows += [[], [each.programme], *_programme(each)]
    return rows


def _programme(each: ProgrammeBudget) -> Iterator[list[Cell]]:
    pool, owed, ends = each.pool, each.liability, each.pool.forecast
    yield ["入池(分) given fen", pool.funded_fen]
    yield ["已核销(分) spent fen", pool.spent_fen]
    yield ["已承诺(分) promised fen", pool.reserved_fen]
    yield ["结余(分) free fen", pool.free_fen]
    yield ["安全余额(分) kept back fen", pool.margin_fen]
    yield ["可兑换余额(分) may still be promised fen", pool.sellable_fen]
    for source, fen in pool.sources.items():
        yield [f"来源 source {source}", fen]
    yield ["预计依据周数 weeks of the forecast", ends.weeks]
    yield ["中位周用量(分) middle week fen", ends.week_fen]
    yield ["预计用完 runs out", str(ends.runs_out or "")]
    yield ["最早 earliest", str(ends.earliest or "")]
    yield ["最迟 latest", str(ends.latest or "")]
    yield ["按去年各月 by last year's months", str(ends.by_last_year or "")]
    yield ["公示中 pending points", owed.pending]
    yield ["可用 available points", owed.available]
    yield ["冻结 held points", owed.held]
    yield ["待扣回 owed points", owed.debt]
    yield ["帮扶基金 hardship fund points", owed.fund]
    if owed.share is not None:
        yield ["预计兑换率下限(百万分) low ppm", owed.share.low_ppm]
        yield ["预计兑换率上限(百万分) high ppm", owed.share.high_ppm]
    yield ["全额价值(分) value fen", owed.value_fen]
    yield ["帮扶基金价值(分) hardship fund fen", owed.fund_fen]
    yield ["预计成本下限(分) expected at least fen", owed.expected_low_fen]
    yield ["预计成本(分) expected fen", owed.expected_fen]


def _tables(each: ProgrammeBudget) -> Iterator[tuple[str, Sequence[str], Rows]]:
    owed, weeks = each.liability, list(enumerate(each.pool.weekly, 1))
    yield "周 weeks", WEEK_HEAD, [[number, fen] for number, fen in reversed(weeks)]
    yield (
        "到期 expiry",
        EXPIRY_HEAD,
        [
            [m.month, m.lots, m.pending, m.available, m.held, m.value_fen, m.expected_fen]
            for m in owed.months
        ],
    )
    yield (
        "批次 cohorts",
        COHORT_HEAD,
        [
            [c.month, c.issued, c.redeemed, c.open, c.expired, c.lost, c.donated, c.breakage_ppm]
            for c in owed.cohorts
        ],
    )


CHARTED = {WEEK_HEAD: (1,), EXPIRY_HEAD: (6,), COHORT_HEAD: (2, 3, 4, 5, 6)}
"""Which columns of which table are drawn."""


def _table(workbook: Any, name: str, head: Sequence[str], body: Rows) -> None:  # noqa: ANN401 - untyped library
    sheet = workbook.add_worksheet(name)
    sheet.set_column(0, len(head) - 1, 20)
    sheet.freeze_panes(1, 1)
    rows: Rows = [list(head), *body]
    for number, row in enumerate(rows):
        _write(sheet, number, row)
    if not body:
        return
    chart = workbook.add_chart({"type": "column", "subtype": "stacked"})
    for column in CHARTED[tuple(head)]:
        chart.add_series(
            {
                "name": head[column],
                "categories": [name, 1, 0, len(body), 0],
                "values": [name, 1, column, len(body), column],
            }
        )
    chart.set_title({"name": name})
    chart.set_size(CHART_SIZE)
    sheet.insert_chart(1, len(head) + 1, chart)


def _write(sheet: Any, number: int, row: list[Cell]) -> None:  # noqa: ANN401 - untyped library
    for column, cell in enumerate(row):
        if isinstance(cell, str):
            sheet.write_string(number, column, neutral(cell))
        else:
            sheet.write_number(number, column, cell)
