"""From a sheet to records: headers, titles, footers, duplicates, conflicts."""

import json
from datetime import date

import pytest

from points.flows.import_ import reading
from points.flows.import_.model import ReadResult
from points.flows.import_.profiles.model import Profile
from points.flows.import_.reading import read_file
from tests.unit.import_.samples import profile_of, workbook

YAML = """
sheet: shifts
version: 1
title: {zh: 班次, en: Shifts}
files: {names: ["班次*"]}
source: sheet.shifts
header: {within: 4, skip_sheets: [说明]}
footers: [合计]
facts:
  held_on: {title: {zh: 日期, en: Day}, pattern: '日期[:：](\\S+)', type: date}
  kind: {title: {zh: 内容, en: Kind}, choices: {safety: 安全, health: 健康}}
columns:
  name:  {header: 姓名, type: name, required: true}
  phone: {header: [手机号, 电话], type: phone, required: true}
  seat:  {header: 座位, type: text, max_length: 5}
  start: {header: 签到, type: time, "on": held_on, required: true}
  out:   {header: 签退, type: time, "on": held_on}
ignored: [序号]
person: {phone: phone, name: name}
key: {digest: [held_on, phone]}
unique: [seat]
checks: [{order: {start: start, end: out}}]
yields:
  - activity: class.seat
    occurred_at: start
    ended_at: out
    when: {not: {is: [seat, 空]}}
    fields: {seat: seat, kind: kind, complete: {present: [out]}, day: {day_of: start}}
"""
TITLES: list[list[object]] = [["安全培训"], ["日期：2025-03-18", None, "讲师：某"]]
HEADER: list[object] = ["序号", " 姓 名 *", "电话", "座位", "签到", "签退"]


@pytest.fixture(name="profile", scope="module")
def _profile() -> Profile:
    return profile_of(YAML)


def line(number: int, seat: str | None = None, **other: object) -> list[object]:
    cells = {
        "no": 1.0,
        "name": "张三",
        "phone": number,
        "seat": seat,
        "in": "09:00",
        "out": "10:00",
    }
    return list((cells | other).values())


def read(profile: Profile, *lines: list[object], header: list[object] | None = None) -> ReadResult:
    rows = [*TITLES, header or HEADER, *lines]
    return read_file(workbook({"一": rows}), "班次.xlsx", profile)


def codes(result: ReadResult) -> list[tuple[str, int | None, object]]:
    return [(finding.code, finding.row, finding.column) for finding in result.findings]


def test_titles_header_aliases_and_footers(profile: Profile) -> None:
    blank: list[object] = [None] * 6
    result = read(
        profile, line(13000000001, "A1"), blank, HEADER, line(13000000002, "A2"),
        [3, None, None, None, None, None], ["合　计", None, 2],
    )  # fmt: skip
    assert (result.rows, result.accepted, result.findings) == (2, 2, ())
    first = result.records[0]
    assert first.data == {
        "seat": "A1",
        "kind": "safety",
        "complete": True,
        "day": date(2025, 3, 18),
    }
    assert [record.row.place.row for record in result.records] == [4, 7]
    assert first.person is not None
    assert (first.person.phone, first.person.name) == ("13000000001", "张三")
    assert first.occurred_at is not None
    assert first.occurred_at.isoformat() == "2025-03-18T09:00:00+08:00"


def test_one_row_may_be_wrong_in_several_columns(profile: Profile) -> None:
    result = read(profile, [1, "张3", 1300, "座位号太长了", "25:00", None])
    assert codes(result) == [
        ("sheet.bad_name", 4, "B 姓 名 *"), ("sheet.bad_phone", 4, "C 电话"),
        ("sheet.bad_text", 4, "D 座位"), ("sheet.bad_time", 4, "E 签到"),
    ]  # fmt: skip
    assert len(result.refused) == 1
    assert result.refused[0].findings == result.findings


def test_a_repeated_row_is_a_duplicate_however_it_is_spelt(profile: Profile) -> None:
    again = line(
        13000000001, "A1", no=2, name="张　三", phone="130-0000-0001", **{"in": "０９：００"}
    )
    result = read(profile, line(13000000001, "A1"), again)
    assert (result.rows, result.accepted, result.duplicates) == (2, 1, 1)
    (finding,) = result.findings
    assert (finding.code, finding.row) == ("sheet.duplicate", 5)
    assert finding.zh == "与一 第 4 行完全相同，只计一次"


def test_the_same_row_with_other_content_is_refused_not_merged(profile: Profile) -> None:
    result = read(profile, line(13000000001, "A1"), line(13000000001, "A1", out="11:00"))
    assert codes(result) == [("sheet.conflict", 5, None)]
    assert result.records[0].ended_at is not None
    assert result.records[0].ended_at.hour == 10


def test_a_refused_row_does_not_make_the_next_one_a_duplicate(profile: Profile) -> None:
    bad = line(13000000001, "A1", out="08:00")
    result = read(profile, bad, line(13000000001, "A1"), bad)
    assert [code for code, *_ in codes(result)] == ["sheet.ends_before_start"] * 2
    assert (result.accepted, len(result.refused), result.duplicates) == (1, 2, 0)


def test_a_value_that_must_differ_and_does_not(profile: Profile) -> None:
    result = read(profile, line(13000000001, "A1"), line(13000000002, "A1"), line(13000000003))
    assert codes(result) == [("sheet.not_unique", 5, "D 座位")]
    assert result.accepted == 2


def test_a_row_that_yields_nothing_is_refused(profile: Profile) -> None:
    assert codes(read(profile, line(13000000001, "空"))) == [("sheet.yields_nothing", 4, None)]


def test_an_activity_without_a_moment_is_refused() -> None:
    late = YAML.replace("occurred_at: start", "occurred_at: out")
    result = read(profile_of(late), line(13000000001, out=None), line(13000000002))
    assert codes(result) == [("sheet.no_moment", 4, None)]
    assert result.accepted == 1


def test_invisible_characters_are_no_name(profile: Profile) -> None:
    assert codes(read(profile, line(13000000001, name="\u00ad\u200d")))[0][0] == "sheet.bad_name"
    assert read(profile, line(13000000001, "\u00ad")).records[0].data.get("seat") is None


def test_cells_beyond_the_header_mean_shifted_columns(profile: Profile) -> None:
    result = read(profile, [*line(13000000001), None, "?"])
    assert codes(result) == [("sheet.extra_cells", 4, "H")]


def test_what_is_wrong_with_a_header(profile: Profile) -> None:
    missing = read(profile, line(1), header=["序号", "姓名", "电话", "座位", "时间", "签退"])
    assert codes(missing)[:2] == [
        ("sheet.missing_column", None, None),
        ("sheet.unknown_column", None, "E 时间"),
    ]
    twice = read(profile, line(1), header=["姓名", "姓名*", "电话", "座位", "签到", "签退"])
    assert codes(twice) == [("sheet.ambiguous_column", None, None)]
    none = read(profile, line(1), header=["a", "b", "c"])
    assert codes(none) == [("sheet.no_header", None, None)]
    for result in (missing, twice, none):
        assert not result.readable
        assert result.rows == 0


def test_an_unknown_column_is_a_warning(profile: Profile) -> None:
    result = read(profile, [*line(13000000001), "?"], header=[*HEADER, "口号"])
    assert codes(result) == [("sheet.unknown_column", None, "G 口号")]
    assert result.readable
    assert result.accepted == 1


@pytest.mark.parametrize("title", ["培训", "安全与健康培训"])
def test_a_title_that_says_nothing_or_two_things_is_refused(profile: Profile, title: str) -> None:
    rows = [[title], TITLES[1], HEADER, line(13000000001)]
    result = read_file(workbook({"一": rows}), "班次.xlsx", profile)
    assert codes(result) == [("sheet.missing_fact", None, None)]
    assert result.findings[0].zh.endswith("“内容”")


def test_sheets_without_data_are_passed_over(profile: Profile) -> None:
    sheets = {"说明": [["请勿改动表头"]], "一": [*TITLES, HEADER, line(13000000001)], "空": []}
    result = read_file(workbook(sheets), "班次.xlsx", profile)
    assert (result.accepted, result.findings) == (1, ())
    other = read_file(workbook({**sheets, "二": [["备注"]]}), "班次.xlsx", profile)
    assert codes(other) == [("sheet.no_header", None, None)]
    assert other.findings[0].sheet == "二"


def test_a_file_without_rows_says_so(profile: Profile) -> None:
    assert codes(read(profile)) == [("sheet.empty", None, None)]


def test_too_many_rows_are_not_taken_in_part(
    profile: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "ROWS_MAX", 2)
    rows = [line(13000000001 + n) for n in range(3)]
    assert read(profile, *rows[:2]).accepted == 2
    result = read(profile, *rows)
    assert (result.rows, result.accepted, codes(result)) == (
        0,
        0,
        [("sheet.too_many_rows", None, None)],
    )


def test_the_same_rows_as_csv_and_as_json_are_the_same_records() -> None:
    named = YAML.replace("held_on: {title", "held_on: {in: file, title")
    named = named.replace("kind: {title", "kind: {in: file, title")
    profile = profile_of(named.replace("日期[:：](\\S+)", "_([0-9-]+)"))
    table = [HEADER, line(13000000001, "A1"), line(13000000002, "A2", out=None)]
    text = "\r\n".join(",".join("" if c is None else str(c) for c in row) for row in table)
    keys = ["序号", "姓名", "手机号", "座位", "签到", "签退"]
    objects = [dict(zip(keys, row, strict=True)) for row in table[1:]]
    files = {
        "xlsx": workbook({"一": table}),
        "csv": text.encode("gb18030"),
        "jsonl": "\n".join(json.dumps(one, ensure_ascii=False) for one in objects).encode(),
    }
    results = [
        read_file(content, f"班次安全_2025-03-18.{ending}", profile)
        for ending, content in files.items()
    ]
    assert [result.findings for result in results] == [(), (), ()]
    ids = [{(r.external_id, r.body_hash) for r in result.records} for result in results]
    assert len(ids[0]) == 2
    assert ids[0] == ids[1] == ids[2]
