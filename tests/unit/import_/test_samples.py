"""The eight files of the sample association: every row is accounted for, every mess is named."""

import csv
import io
import json
import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import python_calamine

from points.flows.import_.model import ReadResult
from points.flows.import_.overlaps import overlaps
from points.flows.import_.recognise import recognise
from points.rules.load_types import load_activity_types
from tests.unit.import_.samples import DEMO, ROOT, Roster

Demo = Callable[[str], ReadResult]

ROSTER = "会员花名册.xlsx"
OUTLETS = "合作药房门店.xlsx"
CLINIC = "义诊签到_20251030.xlsx"
EXAM = "爱心助考_2025.xlsx"
VOLUNTEER = "志愿服务签到_2025.csv"
GRID = "网格上报_2025.jsonl"
TRAINING = "培训签到_2025.xlsx"
RUNS = "应急运输任务.csv"

# rows, accepted, records, refused, duplicates, and how often each code is found
ACCOUNTS = {
    ROSTER: (13080, 13060, 13060, 10, 10, {
        "sheet.bad_date": 5, "sheet.bad_identity_check": 5, "sheet.bad_phone": 5,
        "sheet.duplicate": 10, "sheet.identity_as_number": 5, "sheet.later_than": 571,
    }),
    OUTLETS: (12, 12, 12, 0, 0, {}),
    CLINIC: (128, 126, 249, 2, 0, {"sheet.conflict": 2}),
    EXAM: (500, 500, 500, 0, 0, {}),
    VOLUNTEER: (1240, 1226, 1226, 11, 3, {
        "sheet.duplicate": 3, "sheet.ends_before_start": 2, "sheet.missing": 6, "sheet.too_long": 3,
    }),
    GRID: (3049, 3004, 3004, 5, 40, {"sheet.conflict": 5, "sheet.duplicate": 40}),
    TRAINING: (360, 360, 360, 0, 0, {}),
    RUNS: (1800, 1800, 1800, 0, 0, {}),
}  # fmt: skip

# accepted and refused after the register and the shifts were looked at
AFTERWARDS = {
    CLINIC: (123, 5, {"sheet.unknown_member": 2, "sheet.name_mismatch": 1}),
    EXAM: (500, 0, {}),
    VOLUNTEER: (1222, 15, {"sheet.overlap": 4}),
    GRID: (3000, 9, {"sheet.unknown_member": 4}),
    TRAINING: (360, 0, {}),
    RUNS: (1800, 0, {}),
}


def book(filename: str) -> dict[str, list[list[object]]]:
    opened = python_calamine.CalamineWorkbook.from_path(DEMO / filename)
    return {
        name: opened.get_sheet_by_name(name).to_python(skip_empty_area=False)
        for name in opened.sheet_names
    }


def lines(filename: str, encoding: str) -> list[list[str]]:
    text = (DEMO / filename).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text)))[1:]


@pytest.mark.parametrize("filename", ACCOUNTS)
def test_every_row_is_accounted_for(demo: Demo, filename: str) -> None:
    result = demo(filename)
    found = (result.rows, result.accepted, len(result.records), len(result.refused))
    assert (*found, result.duplicates, result.counts()) == ACCOUNTS[filename]
    assert result.rows == result.accepted + len(result.refused) + result.duplicates
    assert result.readable


@pytest.mark.parametrize("filename", AFTERWARDS)
def test_every_row_is_accounted_for_after_the_register(
    demo: Demo, roster: Roster, filename: str
) -> None:
    result = demo(filename)
    _, unknown = recognise(result.records, roster, file=filename)
    result = result.refusing(unknown)
    result = result.refusing(overlaps(result.records, file=filename))
    later = Counter(result.counts()) - Counter(demo(filename).counts())
    assert (result.accepted, len(result.refused), dict(later)) == AFTERWARDS[filename]
    assert max(roster.asked) <= 1000


def test_the_roster_recounted_by_hand(demo: Demo) -> None:
    rows = [row for sheet in book(ROSTER).values() for row in sheet[3:] if row[1]]
    good = [row[3] for row in rows if isinstance(row[3], str) and row[10] != "2024/2/30"]
    result = demo(ROSTER)
    assert len(rows) == result.rows
    assert len(set(good)) == result.accepted
    assert len(good) - len(set(good)) == result.duplicates
    assert len(rows) - len(good) == len(result.refused)
    mobile = sum(record.data["mobile_party_member"] is True for record in result.records)
    party = sum(record.data["party_member"] is True for record in result.records)
    assert (mobile, party) == (88, 143)


def test_the_roster_s_members_are_spelt_one_way(demo: Demo) -> None:
    for record in demo(ROSTER).records:
        assert re.fullmatch(r"1[3-9]\d{9}", str(record.data["phone"]))
        assert re.fullmatch(r"[\u4e00-\u9fff]{2,3}", str(record.data["name"]))
        assert re.fullmatch(r"\d{17}[\dX]", str(record.data["identity_number"]))
        assert type(record.data["joined_on"]) is date
        assert "sex" not in record.data


def test_the_volunteers_recounted_by_hand(demo: Demo) -> None:
    kept = dict.fromkeys(tuple(row) for row in lines(VOLUNTEER, "gb18030") if row[4])
    hours = Decimal(0)
    for row in kept:
        start, end = (
            datetime.strptime(row[n], "%Y-%m-%d %H:%M").replace(tzinfo=UTC) for n in (3, 4)
        )
        minutes = int((end - start).total_seconds()) // 60
        hours += Decimal(minutes) / 60 if 0 < minutes <= 16 * 60 else 0
    assert sum(Decimal(str(record.data["hours"])) for record in demo(VOLUNTEER).records) == hours


def test_the_grid_recounted_by_hand(demo: Demo) -> None:
    reports = [json.loads(line) for line in (DEMO / GRID).read_text(encoding="utf-8").splitlines()]
    first = {report["id"]: report for report in reversed(reports)}
    result = demo(GRID)
    assert len(first) == result.accepted
    assert sum(first[report["id"]] != report for report in reports) == len(result.refused)
    for record in result.records:
        report = first[record.external_id]
        assert record.occurred_at == datetime.fromisoformat(report["reported_at"])
        assert record.data["resolved"] == (report["closed_at"] is not None)
        assert "text" not in record.data


def test_the_clinic_recounted_by_hand(demo: Demo) -> None:
    rows = book(CLINIC)["签到表"][3:]
    first: dict[tuple[str, str], list[object]] = {}
    for row in rows:
        phone = unicodedata.normalize("NFKC", str(row[3]))
        first.setdefault((phone, str(row[2])), row)
    records = demo(CLINIC).records
    ticks = sum(bool(cell) for row in first.values() for cell in row[4:11])
    assert sum(len(r.data["services"]) for r in records if r.type == "clinic.visit") == ticks
    registered = sum(bool(row[10]) for row in first.values())
    assert sum(r.type == "health.registration" for r in records) == registered
    assert {r.occurred_at.date() for r in records if r.occurred_at} == {date(2025, 10, 30)}


def test_the_exam_escort_recounted_by_hand(demo: Demo) -> None:
    rows = book(EXAM)["Sheet"][2:]
    people = sum(
        int(re.sub(r"\D", "", unicodedata.normalize("NFKC", str(row[4]).removesuffix(".0"))))
        for row in rows
    )
    records = demo(EXAM).records
    assert sum(int(str(record.data["people"])) for record in records) == people
    days = {r.occurred_at.date() for r in records if r.occurred_at}
    assert days == {date(2025, 6, 7), date(2025, 6, 8)}


def test_the_runs_recounted_by_hand(demo: Demo) -> None:
    rows = lines(RUNS, "utf-8-sig")
    records = demo(RUNS).records
    kinds = Counter("supply.run" if row[3] == "物资" else "person.transfer" for row in rows)
    assert Counter(record.type for record in records) == kinds
    assert sum(bool(record.data["receipt"]) for record in records) == sum(
        r[6] == "有" for r in rows
    )
    moved = sum(int(row[5]) for row in rows if row[5])
    assert sum(int(str(record.data.get("people", 0))) for record in records) == moved


def test_the_training_sessions_are_told_apart_by_their_titles(demo: Demo) -> None:
    sessions = Counter(
        (str(r.row.place.sheet), str(r.data["kind"]), str(r.data["channel"]))
        for r in demo(TRAINING).records
    )
    assert sessions == {
        ("03-18", "road_safety", "offline"): 90,
        ("05-20", "health_lecture", "online"): 93,
        ("08-12", "first_aid", "offline"): 111,
        ("11-05", "regulation", "offline"): 66,
    }
    out = sum(bool(row[4]) for sheet in book(TRAINING).values() for row in sheet[3:])
    assert sum(record.data["complete"] is True for record in demo(TRAINING).records) == out


@pytest.mark.parametrize("filename", AFTERWARDS)
def test_every_activity_fits_its_type(demo: Demo, filename: str) -> None:
    text = (ROOT / "rules" / "activities.yaml").read_text(encoding="utf-8")
    types, findings = load_activity_types(text, file="activities.yaml")
    assert types is not None, findings
    for record in demo(filename).records:
        assert types.types[record.type].validate(record.data) == []


@pytest.mark.parametrize("filename", ACCOUNTS)
def test_no_finding_says_what_stands_in_a_cell(demo: Demo, filename: str) -> None:
    result = demo(filename)
    for refused in result.refused:
        said = " ".join(f"{f.zh} {f.en} {f.column}" for f in refused.findings)
        for cell in refused.row.cells:
            secret = str(cell).strip()
            assert len(secret) < 2 or secret in {"男", "女"} or secret not in said


@pytest.mark.parametrize("filename", ACCOUNTS)
def test_nothing_personal_is_in_a_repr(demo: Demo, filename: str) -> None:
    for record in demo(filename).records[:200]:
        assert not re.search(
            r"1[3-9]\d{9}(?!\d)",
            repr(record).replace(record.body_hash, "").replace(record.external_id, ""),
        )
