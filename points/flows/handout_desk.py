"""Looking handouts up, saying what they are, and writing them down, for whichever channel asks."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from points.engine import Engine
from points.flows.context import Context
from points.flows.formulas import neutral
from points.flows.propose_handout import NO_HANDOUT
from points.handouts.model import Given, Handout, Result, Standing
from points.handouts.reads import Filed, every_result, find_handout, members_left
from points.kernel.errors import Refusal
from points.kernel.ids import AssociationId, HandoutId, MemberId, VoucherId
from points.vouchers.reads import first_codes

HEADER = ("会员 member", "结果 result", "原因 reason", "券 voucher", "时间 at")
SHEET_HEADER = ("券码 code", "数字码 digits", "券 voucher", "有效期至 valid until")
CREATED = datetime(2026, 1, 1, tzinfo=UTC)
"""A fixed time: the same results always give the same bytes."""


def find(engine: Engine, association: AssociationId, handout_id: HandoutId) -> Filed | Refusal:
    """Return a handout with what became of it, or that there is none."""
    with engine.reading(association) as connection:
        return find_handout(connection, association, handout_id) or NO_HANDOUT


def only_member(engine: Engine, association: AssociationId, handout: Handout) -> MemberId | None:
    """Return the one member whom a handout is for, if there is but one."""
    if handout.members != 1:
        return None
    with engine.reading(association) as connection:
        left = members_left(connection, association, handout.handout_id, limit=1)
    return left[0] if left else None


def standing_shown(standing: Standing, now: datetime) -> dict[str, Any]:
    """Return a handout in a list as plain values."""
    fact = standing.handout
    return {
        "handout_id": fact.handout_id,
        "state": standing.state(now).value,
        "reward_id": fact.reward_id,
        "programme": fact.programme,
        "mode": fact.mode.value,
        "note": fact.note,
        "members": fact.members,
        "issued": standing.issued,
        "refused": standing.refused,
        "left": standing.left,
        "held_fen": standing.reserved_fen,
        "proposed_by": fact.proposed_by,
        "proposed_at": fact.proposed_at,
    }


def handout_shown(filed: Filed, now: datetime) -> dict[str, Any]:
    """Return a handout as plain values: what was asked, who decided, and what adds up to what."""
    standing, fact = filed.standing, filed.standing.handout
    found = filed.reconciled
    return {
        "handout_id": fact.handout_id,
        "state": standing.state(now).value,
        "reward_id": fact.reward_id,
        "programme": fact.programme,
        "outlet_id": fact.outlet_id,
        "mode": fact.mode.value,
        "note": fact.note,
        "source": fact.source,
        "members": fact.members,
        "members_sha256": fact.members_sha256,
        "cost_fen": int(fact.cost_fen),
        "proposed_by": fact.proposed_by,
        "proposed_at": fact.proposed_at,
        "until": fact.until,
        "printed": standing.printed,
        "steps": [
            {
                "step": each.step.value,
                "actor": each.actor,
                "reason": each.reason,
                "recorded_at": each.recorded_at,
            }
            for each in filed.steps
        ],
        "reconciliation": {
            **{name: value for name, value in asdict(found).items() if name != "refused"},
            "refused": dict(found.refused),
            "adds_up": found.adds_up,
        },
    }


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
        if len(page) == 1000:  # noqa: PLR2004 - a page
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
