"""A handout's results as files, and once the codes of one on paper. Formulas stay text."""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

import xlsxwriter  # type: ignore[import-untyped]

from points.engine import Engine
from points.flows.context import Context
from points.flows.formulas import neutral
from points.handouts.model import Given, Handout, Result
from points.handouts.reads import every_result
from points.kernel.ids import AssociationId, VoucherId
from points.vouchers.reads import first_codes

HEADER = ("会员 member", "结果 result", "原因 reason", "券 voucher", "时间 at")
SHEET_HEADER = ("券码 code", "数字码 digits", "券 voucher", "有效期至 valid until")
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed time: the same results always give the same bytes."""

PAGE = 1000


def results_as_csv(results: Iterable[Given]) -> bytes:
    """Return what members' parts came to as CSV in UTF-8 with a byte order mark; without codes."""
    return _csv(_result_rows(results))


def results_as_xlsx(results: Iterable[Given]) -> bytes:
    """Return what members' parts came to as a workbook; without codes."""
    return _xlsx("发放结果 results", _result_rows(results))


def _result_rows(results: Iterable[Given]) -> Iterator[tuple[str, ...]]:
    yield HEADER
    for each in results:
        at = each.recorded_at.isoformat(timespec="seconds")
        yield (each.member_id, each.result.value, each.code, each.voucher_id or "", at)


def results_of(engine: Engine, association: AssociationId, handout: Handout) -> Iterator[Given]:
    """Yield what members' parts came to, in order."""
    with engine.reading(association) as connection:
        yield from every_result(connection, association, handout.handout_id)


def codes_as_xlsx(engine: Engine, association: AssociationId, handout: Handout) -> bytes:
    """Return the sheet of a paper handout's codes: those that are still the first, and usable."""
    return _xlsx("券码 codes", _code_rows(engine, association, handout))


def _code_rows(
    engine: Engine, association: AssociationId, handout: Handout
) -> Iterator[tuple[str, ...]]:
    yield SHEET_HEADER
    known: Context = engine.context_of(association)
    page: list[VoucherId] = []
    for each in results_of(engine, association, handout):
        if each.result is Result.ISSUED and each.voucher_id is not None:
            page.append(each.voucher_id)
        if len(page) == PAGE:
            yield from _codes(engine, association, known, page)
            page = []
    yield from _codes(engine, association, known, page)


def _codes(
    engine: Engine, association: AssociationId, known: Context, vouchers: list[VoucherId]
) -> Iterator[tuple[str, ...]]:
    with engine.reading(association) as connection:
        open_ = first_codes(connection, association, vouchers)
    for voucher, valid_until in open_:
        shown = known.codes.codes(association, voucher).shown()
        until = valid_until.isoformat(timespec="minutes")
        yield (shown["code"], shown["digits"], voucher, until)


def _csv(rows: Iterable[tuple[str, ...]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([neutral(cell) for cell in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


def _xlsx(title: str, rows: Iterable[tuple[str, ...]]) -> bytes:
    out = io.BytesIO()
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as workbook:
        sheet = workbook.add_worksheet(title)
        for number, row in enumerate(rows):
            for column, cell in enumerate(row):
                sheet.write_string(number, column, neutral(cell))
        sheet.set_column(0, len(HEADER) - 1, 28)
        workbook.set_properties({"created": CREATED})
    return out.getvalue()
