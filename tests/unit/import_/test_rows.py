"""Rules between columns, and the stranger things that a workbook can hold."""

import io
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from openpyxl import Workbook

from points.flows.import_.model import ReadResult
from points.flows.import_.profiles.columns import TYPES
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from tests.unit.import_.samples import profile_of, workbook

SHIFT = ["张三", "13000000001", "清扫", "2025-06-07 08:00", "2025-06-07 10:00", "2", "广场"]
SHIFT_HEADER = ["姓名", "手机号", "活动名称", "签到时间", "签退时间", "服务时长", "点位"]
RUN_HEADER = ["任务单号", "出车时间", "司机手机", "类型", "趟次", "转运人数", "回执"]

YAML = """
sheet: t
version: 1
title: {zh: 表, en: T}
files: {names: ["t*"], formats: [xlsx]}
source: sheet.t
columns:
  id:    {header: 编号, type: text, required: true}
  day:   {header: 日期, type: date, required: true}
  km:    {header: 里程, type: number, units: [公里], min: 0, max: 900}
  when:  {header: 时刻, type: time}
  stamp: {header: 时间, type: datetime}
  rest:  {header: 休息, type: duration, unit: min}
  id_no: {header: 证件, type: identity_number}
key: {column: id}
yields:
  - outlet: {}
    fields: {day: day, km: km, when: when, stamp: stamp, rest: rest}
"""
HEADER: list[object] = ["编号", "日期", "里程", "时刻", "时间", "休息", "证件"]


def shifts(profiles: Mapping[str, Profile], **changed: object) -> ReadResult:
    names = ["name", "phone", "task", "start", "end", "duration", "site"]
    row = list((dict(zip(names, SHIFT, strict=True)) | changed).values())
    return read_file(workbook({"一": [SHIFT_HEADER, row]}), "x.xlsx", profiles["volunteer"])


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({}, []),
        ({"duration": "2小时5分"}, []),
        ({"duration": "2小时6分"}, ["sheet.duration_differs"]),
        ({"duration": None}, []),
        ({"end": "2025-06-08 00:00", "duration": "16"}, []),
        ({"end": "2025-06-08 00:01", "duration": None}, ["sheet.too_long"]),
        ({"end": "2025-06-07 08:00"}, ["sheet.ends_before_start"]),
        ({"end": "2025-06-07", "duration": "x"}, ["sheet.bad_datetime", "sheet.bad_duration"]),
        ({"end": None, "name": None}, ["sheet.missing", "sheet.missing"]),
    ],
)
def test_a_shift_s_times_and_duration(
    profiles: Mapping[str, Profile], changed: Mapping[str, object], codes: list[str]
) -> None:
    result = shifts(profiles, **changed)
    assert [finding.code for finding in result.findings] == codes
    assert result.accepted == (0 if codes else 1)


@pytest.mark.parametrize(
    ("people", "kind", "codes"),
    [("3", "人员", []), ("", "物资", []), ("", "人员", ["sheet.missing"]),
     ("-1", "人员", ["sheet.out_of_range"]), ("很多", "人员", ["sheet.bad_number"])],
)  # fmt: skip
def test_passengers_are_counted_where_passengers_are_moved(
    profiles: Mapping[str, Profile], people: str, kind: str, codes: list[str]
) -> None:
    row = f"YJ1,2025/07/28 00:00,13000000001,{kind},1,{people},有"
    content = f"{','.join(RUN_HEADER)}\n{row}\n".encode()
    result = read_file(content, "x.csv", profiles["emergency_runs"])
    assert [finding.code for finding in result.findings] == codes


def test_an_unknown_word_is_answered_with_the_words_that_exist(
    profiles: Mapping[str, Profile],
) -> None:
    content = f"{','.join(RUN_HEADER)}\nYJ1,2025/07/28 00:00,13000000001,货物,1,,有\n".encode()
    (finding,) = read_file(content, "x.csv", profiles["emergency_runs"]).findings
    assert finding.zh == "不在可选范围内，可填：物资、人员"


def saved(book: Workbook) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def book_with(*rows: list[object]) -> Workbook:
    book = Workbook()
    assert book.active is not None
    for row in [HEADER, *rows]:
        book.active.append(row)
    return book


def test_a_merged_cell_holds_for_every_row_it_spans() -> None:
    book = book_with(["a", date(2025, 6, 7)], ["b"], ["c", date(2025, 6, 8)])
    assert book.active is not None
    book.active.merge_cells("B2:B3")
    result = read_file(saved(book), "t.xlsx", profile_of(YAML))
    assert [record.data["day"] for record in result.records] == [
        date(2025, 6, 7), date(2025, 6, 7), date(2025, 6, 8),
    ]  # fmt: skip


def test_a_hidden_sheet_is_not_read_and_said_so() -> None:
    book = book_with(["a", date(2025, 6, 7)])
    book.create_sheet("旧").append(HEADER)
    book["旧"].append(["z", date(2025, 6, 7)])
    book["旧"].sheet_state = "hidden"
    result = read_file(saved(book), "t.xlsx", profile_of(YAML))
    assert (result.accepted, result.counts()) == (1, {"sheet.hidden_sheet": 1})
    assert result.findings[0].sheet == "旧"


def test_a_spreadsheet_s_own_times_and_numbers() -> None:
    stamp = datetime(2025, 6, 7, 9, 30)  # noqa: DTZ001 - a spreadsheet's cell has no zone
    book = book_with(
        ["a", date(2025, 6, 7), 12.5, stamp.time(), stamp, 90],
        ["b", 45815, "１２．５公里", "９：３０", 45815.3958333333, "1小时30分"],
    )
    one, other = read_file(saved(book), "t.xlsx", profile_of(YAML)).records
    assert one.data == other.data
    assert one.data["km"] == Decimal("12.5")
    assert one.data["rest"] == 90
    moment = one.data["stamp"]
    assert isinstance(moment, datetime)
    assert moment.astimezone(UTC) == datetime(2025, 6, 7, 1, 30, tzinfo=UTC)


def test_formulas_that_failed_or_were_never_computed_are_blanks_and_said_so() -> None:
    book = book_with(["=1+1", date(2025, 6, 7)], ["#REF!", date(2025, 6, 7)], ["c", 45815, "#N/A"])
    result = read_file(saved(book), "t.xlsx", profile_of(YAML))
    assert result.counts() == {"sheet.failed_formulas": 1, "sheet.missing": 2}
    assert result.findings[0].zh == "有 2 个单元格的公式出错，按空白读取"
    assert result.accepted == 1


def test_an_identity_number_typed_as_a_number_is_never_repaired() -> None:
    book = book_with(["a", date(2025, 6, 7), None, None, None, None, 110105194912310020])
    result = read_file(saved(book), "t.xlsx", profile_of(YAML))
    assert result.counts() == {"sheet.identity_as_number": 1}
    assert result.findings[0].column == "G 证件"


def test_every_column_type_is_used_by_some_sheet(profiles: Mapping[str, Profile]) -> None:
    used = {column.type for profile in profiles.values() for column in profile.columns}
    assert set(TYPES) == used
