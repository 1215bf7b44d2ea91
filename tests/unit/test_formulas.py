"""Whatever writes a file for a spreadsheet program writes no formula that somebody else thought of."""

import ast
import csv
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast

import pytest
from openpyxl import load_workbook

from points.corrections.model import Line as CorrectionLine
from points.flows.backtest.files import as_csv as backtest_csv
from points.flows.backtest.files import as_xlsx as backtest_xlsx
from points.flows.backtest.sheets import FIGURES
from points.flows.budget import BudgetReport
from points.flows.budget_export import budget_as_csv, budget_as_xlsx
from points.flows.correction_export import lines_as_csv, lines_as_xlsx
from points.flows.formulas import STARTS, looks_like_formula, neutral
from points.flows.handout_export import results_as_csv, results_as_xlsx
from points.flows.import_.bad_rows import bad_rows_workbook
from points.flows.import_.codes import found
from points.flows.import_.model import Place, ReadResult, RefusedRow, Row, SheetHead
from points.flows.person_export import PersonExport
from points.flows.statement_export import csv_chunks, write_xlsx
from points.handouts.model import Given, Result
from points.kernel.amounts import Fen
from points.kernel.ids import ActivityId, HandoutId, MemberId, OperationId, OutletId, PartnerId
from points.partners.model import Line, LineKind, OutletTotal, Statement, Totals
from tests.flows.budgets import report
from tests.test_architecture import ROOT

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
HOSTILE = (
    *('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"),
    *(
        "＝1+1",
        "＋1",
        "－1",
        "＠SUM(A1)",
        "=cmd|' /C calc'!A0",
        '=WEBSERVICE("http://x")',
        "\u3000=1",
    ),
    *("=IMPORTXML(1)", "+cmd|'/c'!A1", "-@SUM(1)", "\x00=1"),
)


def bad_rows(text: str) -> bytes:
    finding = found("sheet.bad_date", file=text, sheet="甲", row=2, column=text)
    refused = RefusedRow(
        row=Row(place=Place(sheet="甲", row=2), cells=(text,)), findings=(finding,)
    )
    return bad_rows_workbook(
        ReadResult(
            file=text, profile="p", rows=1, records=(), findings=(finding,), duplicates=0,
            refused=(refused,), heads=(SheetHead(sheet="甲", titles=((text,),), header=(text,)),),
        )
    )  # fmt: skip


def statement_csv(statement: Statement) -> bytes:
    return b"".join(csv_chunks(statement, statement.lines, "Asia/Shanghai"))


def statement_xlsx(statement: Statement) -> bytes:
    out = io.BytesIO()
    write_xlsx(statement, statement.lines, "Asia/Shanghai", out)
    return out.getvalue()


def in_statement(write: Callable[[Statement], bytes]) -> Callable[[str], bytes]:
    def made(text: str) -> bytes:
        outlet, partner = cast("OutletId", text), cast("PartnerId", text)
        line = Line(
            number=1, source_id="s", kind=LineKind.CORRECTION, outlet_id=outlet, reward_id=text,
            reference=text, last4=text, amount_fen=Fen(1), booked_at=NOON,
        )  # fmt: skip
        outlets = (OutletTotal(outlet_id=outlet, count=1, amount_fen=1),)
        return write(
            Statement(
                statement_id=None, partner_id=partner, number=1, period=text, begins=NOON, ends=NOON,
                lines=(line,), totals=Totals(count=1, total_fen=1, outlets=outlets, sha256="0" * 64),
            )
        )  # fmt: skip

    return made


def in_budget(write: Callable[[BudgetReport], bytes]) -> Callable[[str], bytes]:
    return lambda text: write(report(text))


def in_handout(write: Callable[[list[Given]], bytes]) -> Callable[[str], bytes]:
    def made(text: str) -> bytes:
        given = Given(
            handout_id=HandoutId("h"), member_id=MemberId(text), result=Result.REFUSED, code=text,
            operation_id=OperationId("o"), recorded_at=NOON,
        )  # fmt: skip
        return write([given])

    return made


class Person:
    """A person whose every field is a text."""

    def __init__(self, text: str) -> None:
        self._rows = [{"name": text, "roles": [text], "more": {"a": text}}]

    def rows(self, _section: str) -> list[dict[str, Any]]:
        return self._rows


def person(text: str) -> bytes:
    made = cast("Any", Person(text))
    made.write_xlsx = lambda path: PersonExport.write_xlsx(made, path)
    return PersonExport.as_xlsx(made)


def impact_of(text: str) -> dict[str, Any]:
    reason = {"rule": text, "said": {"zh": text, "en": text}, "measure": "wallet"}
    change = {
        "measure": text, "direction": text, "member": text, "id": text, "type": text, "at": text,
        "before": 0, "after": 1, "delta": 1, "reasons": [reason],
    }  # fmt: skip
    counts = dict.fromkeys(FIGURES, 1)
    cap = {"hits_before": 1, "hits_after": 1, "forgone_before": 1, "forgone_after": 1}
    return {
        "period": {"from": text, "until": text},
        "before": {"kind": "stored", "version": 1},
        "after": {"kind": "file", "version": 2, "sha256": text},
        "data": {"mark": text},
        "activities": {
            "compared": 1, "changed": 1, "quarantined_after": 0, "posted_otherwise": 0,
        },
        "measures": [{"measure": "wallet", **counts}],
        "members": {"measures": {"wallet": {"gaining": 1, "losing": 0, "unchanged": 0, "bands": []}}},
        "cost": {"after_fen": 1, "delta_fen": 1, "fen_a_point": 20, "budget_fen": None},
        "by": {"branch": [{"branch": text, "measure": text, **counts}]},
        "caps": [{"cap": text, "measure": text, **cap}],
        "largest": {"members": [change], "activities": [change]},
        "quarantined": [{"rule": text, "code": text, "before": 0, "after": 1}],
        "titles": {text: {"zh": text, "en": text}},
    }  # fmt: skip


def impact_csv(name: str) -> Callable[[str], bytes]:
    return lambda text: backtest_csv(impact_of(text), text)[name]


def in_correction(
    write: Callable[[list[CorrectionLine], str], bytes],
) -> Callable[[str], bytes]:
    def made(text: str) -> bytes:
        member, activity = cast("MemberId", text), cast("ActivityId", text)
        reason = {"code": "facts", "because": "cap", "caps": [text]}
        line = CorrectionLine(member, activity, text, text, NOON, 1, 2, reason)
        return write([line], "Asia/Shanghai")

    return made


EXPORTERS: dict[str, list[Callable[[str], bytes]]] = {
    "points/flows/budget_export.py": [in_budget(budget_as_csv), in_budget(budget_as_xlsx)],
    "points/flows/backtest/files.py": [
        lambda text: backtest_xlsx(impact_of(text), text),
        *(
            impact_csv(f"{name}.csv")
            for name in ("summary", "by_branch", "caps", "largest_members")
        ),
    ],
    "points/flows/correction_export.py": [
        in_correction(lines_as_csv),
        in_correction(lines_as_xlsx),
    ],
    "points/flows/handout_export.py": [in_handout(results_as_csv), in_handout(results_as_xlsx)],
    "points/flows/import_/bad_rows.py": [bad_rows],
    "points/flows/person_export.py": [person],
    "points/flows/statement_export.py": [in_statement(statement_csv), in_statement(statement_xlsx)],
}
"""Every module that writes such a file, with how to make it write a text."""


WRITERS = ("xlsxwriter", "csv.writer", "DictWriter", "openpyxl")


def writes_spreadsheets(text: str) -> bool:
    """Return whether a module names a writer, other than in a comment."""
    # To read a module as Python takes a thousand times as long as to look for a word in it.
    named = any(writer in text for writer in WRITERS)
    return named and any(writer in ast.unparse(ast.parse(text)) for writer in WRITERS)


def test_every_exporter_is_tried() -> None:
    files = {str(each.relative_to(ROOT)): each for each in (ROOT / "points").rglob("*.py")}
    found = {path for path, each in files.items() if writes_spreadsheets(each.read_text("utf-8"))}
    assert found == set(EXPORTERS)
    assert writes_spreadsheets("import xlsxwriter")


@pytest.mark.parametrize("path", EXPORTERS)
@pytest.mark.parametrize("text", HOSTILE)
def test_no_exporter_writes_a_formula(path: str, text: str) -> None:
    for write in EXPORTERS[path]:
        content = write(text)
        if content.startswith(b"PK"):
            in_a_workbook(content)
        else:
            in_a_csv(content)


def in_a_workbook(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for name in archive.namelist():
            assert b"<f>" not in archive.read(name)
            assert b"<hyperlink" not in archive.read(name)
    for sheet in load_workbook(io.BytesIO(content)):
        for cell in (cell for row in sheet for cell in row if isinstance(cell.value, str)):
            assert cell.data_type == "s"
            assert cell.quotePrefix or not looks_like_formula(cell.value), cell.value


def in_a_csv(content: bytes) -> None:
    rows = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""))
    for cell in (cell for row in rows for cell in row):
        assert not looks_like_formula(cell), cell


def test_control_a_plain_writer_writes_it() -> None:
    out = io.StringIO()
    csv.writer(out).writerow(HOSTILE)
    cells = next(csv.reader(io.StringIO(out.getvalue(), newline="")))
    assert sum(map(looks_like_formula, cells)) >= 10


@pytest.mark.parametrize("text", ["张三", "12.5", "a=b", "10-20", "", "x@y"])
def test_what_is_harmless_stays_as_it_is(text: str) -> None:
    assert neutral(text) == text


def test_every_sign_is_neutralised() -> None:
    for sign in STARTS:
        assert not looks_like_formula(neutral(f"{sign}1"))
