"""The refused rows go back as a workbook that can be mended and read again."""

import io
import zipfile
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pytest
from openpyxl import load_workbook

from points.flows.import_.bad_rows import bad_rows_workbook, cell_text
from points.flows.import_.cells import dates
from points.flows.import_.model import Place, ReadResult, RefusedRow, Row, SheetHead
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from points.flows.import_.recognise import recognise
from tests.unit.import_.samples import Roster
from tests.unit.import_.test_samples import CLINIC, GRID, ROSTER, VOLUNTEER

Demo = Callable[[str], ReadResult]


@pytest.mark.parametrize("filename", [ROSTER, VOLUNTEER])
def test_unmended_rows_are_refused_again_for_the_same_reasons(
    demo: Demo, profiles: Mapping[str, Profile], filename: str
) -> None:
    result = demo(filename)
    again = read_file(bad_rows_workbook(result), "again.xlsx", profiles[result.profile])
    # An identity number that was a number comes back as what was left of it.
    before = [
        finding.code.replace("identity_as_number", "bad_identity")
        for refused in result.refused
        for finding in refused.findings
    ]
    after = [finding.code for refused in again.refused for finding in refused.findings]
    assert again.readable
    assert (again.rows, after) == (len(result.refused), before)


@pytest.mark.parametrize(("filename", "rows"), [(CLINIC, 5), (GRID, 9)])
def test_mended_rows_are_read(
    demo: Demo, roster: Roster, profiles: Mapping[str, Profile], filename: str, rows: int
) -> None:
    result = demo(filename)
    result = result.refusing(recognise(result.records, roster, file=filename)[1])
    again = read_file(bad_rows_workbook(result), "again.xlsx", profiles[result.profile])
    # Titles came along: the day of the clinic is still known. What was refused for reasons that
    # lie outside the row itself reads well.
    assert (again.rows, again.accepted, again.findings) == (rows, rows, ())


def test_the_reasons_stand_beside_the_row(demo: Demo) -> None:
    book = load_workbook(io.BytesIO(bad_rows_workbook(demo(ROSTER))))
    sheet = book["货车司机"]
    assert [cell.value for cell in sheet[3]][-2:] == ["错误原因", "错误代码"]
    assert sheet.cell(4, 2).value == "曹宇贵"
    assert sheet.cell(4, 13).value == (
        "D 身份证号*：身份证号校验位不符，请逐位核对；K 入会时间：日期无法识别或不存在，请写成 2025-03-18"
    )
    assert sheet.cell(4, 14).value == "sheet.bad_identity_check sheet.bad_date"


def refused_row(demo: Demo, *cells: object) -> ReadResult:
    findings = demo(ROSTER).refused[0].findings
    row = Row(place=Place(sheet="甲", row=2), cells=cells)
    return ReadResult(
        file="f", profile="p", rows=1, records=(), findings=findings, duplicates=0,
        refused=(RefusedRow(row=row, findings=findings),),
        heads=(SheetHead(sheet="甲", titles=(), header=tuple("abcdef")),),
    )  # fmt: skip


HOSTILE = ('=HYPERLINK("http://x","y")', "+1+1", "-2+3", "@SUM(A1)", "\t=1", "{=1}")


def test_nothing_that_came_in_comes_out_as_a_formula(demo: Demo) -> None:
    content = bad_rows_workbook(refused_row(demo, *HOSTILE))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
        styles = archive.read("xl/styles.xml")
    assert b"<f>" not in xml
    assert b"hyperlink" not in xml
    assert b'quotePrefix="1"' in styles
    cells = list(load_workbook(io.BytesIO(content))["甲"][2])
    assert [cell.data_type for cell in cells] == ["s"] * len(cells)
    assert [cell.value for cell in cells[:6]] == list(HOSTILE)


def test_the_formula_would_be_noticed(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    from xlsxwriter.worksheet import Worksheet  # noqa: PLC0415 - only this control needs it

    monkeypatch.setattr(Worksheet, "write_string", Worksheet.write_formula)
    content = bad_rows_workbook(refused_row(demo, *HOSTILE[:2]))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert b"<f>" in archive.read("xl/worksheets/sheet1.xml")


def test_cells_are_written_so_that_they_read_back() -> None:
    assert dates.day(cell_text(date(2025, 6, 7))) == date(2025, 6, 7)
    moment = datetime(2025, 10, 30, 8, 33, 39)  # noqa: DTZ001 - a spreadsheet's cell has no zone
    assert cell_text(moment) == "2025-10-30 08:33:39"
    assert dates.clock_time(cell_text(time(8, 30))) == time(8, 30)
    assert cell_text(timedelta(hours=12)) == "0.500000000"
    assert cell_text(19900010501.0) == "19900010501"
    assert cell_text(Decimal("2.50")) == "2.5"
    assert cell_text(None) == ""
    assert cell_text("陆　鑫 ") == "陆　鑫 "


def test_a_result_without_bad_rows_gives_an_empty_form(demo: Demo) -> None:
    sheet = load_workbook(io.BytesIO(bad_rows_workbook(demo("合作药房门店.xlsx")))).worksheets[0]
    assert sheet.max_row == 1
    assert sheet.cell(1, 1).value == "门店编号"
