"""Sheets are taken once, a row whole or not at all, and what is refused can be mended."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from points.activities import reads
from points.activities.model import State
from points.engine import Decision, Flow
from points.flows import record_row
from points.flows.add_partner import AddPartner
from points.flows.filing import take_down
from points.flows.import_ import run
from points.flows.import_.bad_rows import bad_rows_workbook
from points.flows.record_row import RecordRow
from points.flows.table import FLOWS
from points.kernel.errors import BrokenInvariant, Refusal
from points.kernel.ids import Actor, OperationId, PartnerId
from points.members.identifiers import blind_index
from points.partners.model import Category
from points.unit_of_work import WorkingSet
from tests.flows.sheets import (
    VOLUNTEER,
    Office,
    clinic_file,
    codes,
    csv_file,
    figures,
    office_in,
    offices,
    part_of_the_roster,
    phones_in,
    profile_for,
    sample,
    workbook,
)
from tests.flows.town import STAFF, Town

CLINIC_SAMPLE, SHIFTS_SAMPLE = "义诊签到_20251030.xlsx", "志愿服务签到_2025.csv"
REPORTS = "网格上报_1.jsonl"
SHIFTS = "志愿服务签到_1.csv"
CLINIC = "义诊签到_1.csv"


@pytest.fixture(scope="module")
def shared(module_database_url: str) -> Iterator[Town]:
    with offices(module_database_url) as it:
        yield it


@pytest.fixture
def office(shared: Town) -> Office:
    return office_in(shared)


@pytest.mark.parametrize(
    ("name", "expected"),
    [(CLINIC_SAMPLE, (128, 123, 5, 0)), ("培训签到_2025.xlsx", (360, 360, 0, 0))],
)
def test_a_sample_counts_as_published_and_twice_is_once(
    office: Office, name: str, expected: tuple[int, int, int, int]
) -> None:
    phones = phones_in(name)
    people = office.send("会员花名册_节选.xlsx", part_of_the_roster(phones))
    assert people.accepted >= len(phones) - expected[2]
    first = office.send_sample(name)
    assert figures(first) == expected
    filed = office.activities()
    again = office.send_sample(name)
    rows, accepted, refused, duplicates = expected
    assert figures(again) == (rows, 0, refused, duplicates + accepted)
    assert office.activities() == filed >= accepted
    members_again = office.send("会员花名册_节选.xlsx", part_of_the_roster(phones))
    assert members_again.accepted == 0
    assert members_again.duplicates == people.accepted + people.duplicates


def test_all_shifts_of_the_sample(sqlite_url: str) -> None:
    with offices(sqlite_url) as it:
        office = office_in(it)
        office.send("会员花名册_节选.xlsx", part_of_the_roster(phones_in(SHIFTS_SAMPLE)))
        assert figures(office.send_sample(SHIFTS_SAMPLE)) == (1240, 1222, 15, 3)


def test_outlets_go_to_their_partner_once(office: Office) -> None:
    name = "合作药房门店.xlsx"
    unknown = office.send_sample(name)
    assert figures(unknown) == (12, 0, 12, 0)
    assert set(codes(unknown)) == {"row.partner_unknown"}
    adding = AddPartner(
        association_id=office.association,
        operation_id=OperationId("test:partner"),
        actor=STAFF,
        partner_id=PartnerId("YF"),
        category=Category.PHARMACY,
        name="示例大药房",
    )
    assert office.engine.submit(adding).refusal is None
    # A refusal is an answer as well, and kept for ever; the row is asked under another name.
    assert figures(office.send_sample(name)) == (12, 12, 0, 0)
    colleague = replace(office.upload(name, sample(name)), actor=Actor("staff:colleague"))
    again = run.import_file(office.engine, colleague, profile_for(name))
    assert figures(again) == (12, 0, 0, 12)


def report(number: int, phone: str, **changes: Any) -> str:
    return json.dumps(
        {
            "id": f"WG{number:06}",
            "type": "异常情况预警",
            "reporter_phone": phone,
            "reported_at": "2025-09-16T06:01:00+08:00",
            "received_at": "2025-09-17T06:01:00+08:00",
            "accepted": True,
            "closed_at": None,
            "grid": "双台子区胜利街道",
        }
        | changes,
        ensure_ascii=False,
    )


def test_reports_sent_again_with_five_changed_are_conflicts(office: Office) -> None:
    member, phone = office.enrol("林一")
    lines = [report(number, phone) for number in range(20)]
    assert figures(office.send(REPORTS, "\n".join(lines).encode())) == (20, 20, 0, 0)
    changed = [report(number, phone, type="社情民意传递") for number in range(5)]
    again = office.send(REPORTS, "\n".join([*changed, *lines[5:]]).encode())
    assert figures(again) == (20, 0, 5, 15)
    assert codes(again) == ["row.activity_conflict"] * 5
    assert len(office.types_of(member)) == 20


@pytest.mark.parametrize("trusted", [False, True])
def test_no_profile_lets_a_sheet_skip_the_review(
    office: Office,
    trusted: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    _, phone = office.enrol("林二")
    profile = replace(profile_for(REPORTS), trusted=trusted)
    assert profile.source == "grid_platform"
    office.send(REPORTS, report(1, phone).encode(), profile)
    assert office.states() == {State.SUBMITTED: 1}


def test_refused_rows_come_back_mended_and_only_they_are_taken(office: Office) -> None:
    people = {name: office.enrol(name) for name in ("王甲", "李乙", "赵丙")}
    day = "2025-08-09"
    content = csv_file(
        VOLUNTEER,
        ("王甲", people["王甲"][1], "助老", f"{day} 09:30", f"{day} 10:30", "1小时", "车队"),
        ("李乙乙", people["李乙"][1], "助老", f"{day} 09:30", f"{day} 10:30", "1小时", "车队"),
        ("赵丙", people["赵丙"][1], "助老", "某日", f"{day} 10:30", "1小时", "车队"),
    )
    first = office.send(SHIFTS, content)
    assert figures(first)[:3] == (3, 1, 2)
    spelled = json.dumps(first.as_json(), ensure_ascii=False, default=str)
    for name, (_, phone) in people.items():
        assert phone not in spelled
        assert name not in spelled
    book = CalamineWorkbook.from_filelike(io.BytesIO(bad_rows_workbook(first.read)))
    rows = book.get_sheet_by_index(0).to_python()
    swaps = {"李乙乙": "李乙", "某日": f"{day} 09:30"}
    mended = [[swaps.get(str(cell), cell) for cell in row] for row in rows]
    assert mended != rows
    second = office.send("志愿服务签到_待修改.xlsx", workbook(mended))
    assert figures(second) == (2, 2, 0, 0)
    assert office.activities() == 3


def test_a_row_whose_second_part_conflicts_is_refused_whole(office: Office) -> None:
    member, phone = office.enrol("孙丁")
    registered = clinic_file(("08:30", "孙丁", phone, "√", "", "√"))
    other_time = clinic_file(("09:45", "孙丁", phone, "√", "", "√"))
    only_registration(office, registered)
    assert office.types_of(member) == ["health.registration"]
    refused = office.send(CLINIC, other_time)
    assert figures(refused) == (1, 0, 1, 0)
    assert codes(refused) == ["row.activity_conflict"]
    assert office.types_of(member) == ["health.registration"]


def test_a_row_taken_in_part_before_is_completed_and_then_a_duplicate(office: Office) -> None:
    member, phone = office.enrol("周戊")
    content = clinic_file(("08:30", "周戊", phone, "√", "", "√"))
    only_registration(office, content)
    assert figures(office.send(CLINIC, content)) == (1, 1, 0, 0)
    assert office.types_of(member) == ["clinic.visit", "health.registration"]
    assert figures(office.send(CLINIC, content)) == (1, 0, 0, 1)


def only_registration(office: Office, content: bytes) -> None:
    """Take only the second thing that a row says, as a program of another kind might have."""
    profile = profile_for(CLINIC)
    done = office.send(CLINIC, content, replace(profile, yields=profile.yields[1:]))
    assert done.accepted == 1


def test_control_a_flow_that_files_as_it_checks_is_caught(sqlite_url: str) -> None:
    def careless(command: RecordRow, on: WorkingSet) -> Decision:
        decisions = [take_down(part, on, "record_row") for part in command.parts]
        return next((each for each in decisions if isinstance(each, Refusal)), {"parts": []})

    broken = Flow("record_row", record_row.needs, careless)
    with (
        offices(sqlite_url, {**FLOWS, RecordRow: broken}) as it,
        pytest.raises(BrokenInvariant, match="a refusal touches nothing"),
    ):
        test_a_row_whose_second_part_conflicts_is_refused_whole(office_in(it))


def test_a_run_that_dies_between_chunks_leaves_no_half_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [(name, *office.enrol(name)) for name in ("吴己", "郑庚", "冯辛", "陈壬")]
    content = clinic_file(*(("08:30", name, phone, "√", "", "√") for name, _, phone in people))
    monkeypatch.setattr(run, "CHUNK", 2)
    submit_many, calls = office.engine.submit_many, iter([1, 2])

    def dying(commands: Any, origin: Any = None) -> Any:
        if next(calls) == 2:
            raise ConnectionError("the power went out")
        return submit_many(commands, origin)

    with monkeypatch.context() as patched:
        patched.setattr(office.engine, "submit_many", dying)
        with pytest.raises(ConnectionError):
            office.send(CLINIC, content)
    whole = ["clinic.visit", "health.registration"]
    assert [office.types_of(member) for _, member, _ in people] == [whole, whole, [], []]
    assert figures(office.send(CLINIC, content)) == (4, 2, 0, 2)
    assert [office.types_of(member) for _, member, _ in people] == [whole] * 4


def test_a_file_that_cannot_be_read_writes_nothing(office: Office) -> None:
    done = office.send("义诊签到_坏.xlsx", b"PK\x03\x04 not a workbook")
    assert not done.read.readable
    assert done.accepted == office.activities() == 0
    assert done.as_json()["findings"]


def test_checking_writes_nothing(office: Office) -> None:
    _, phone = office.enrol("褚癸")
    upload = office.upload(CLINIC, clinic_file(("08:30", "褚癸", phone, "√", "", "√")))
    read, recognised = run.check_file(office.engine, upload, profile_for(CLINIC))
    assert read.accepted == 1
    assert len(recognised) == 2
    assert office.activities() == 0


def test_progress_is_told_in_rows(office: Office) -> None:
    _, phone = office.enrol("卫子")
    upload = office.upload(CLINIC, clinic_file(("08:30", "卫子", phone, "√", "", "√")))
    told: list[int] = []
    run.import_file(office.engine, upload, profile_for(CLINIC), told.append)
    assert told == [1]


def test_nobody_can_try_telephone_numbers_on_what_is_kept(office: Office) -> None:
    """A digest of columns with a number in them is kept under a key, or it would give it away."""
    member, phone = office.enrol("王保密")
    content = clinic_file(("08:30", "王保密", phone, "√", "", "√"))
    done = office.send(CLINIC, content)
    [record, *_] = done.read.records
    with office.engine.reading(office.association) as connection:
        [filed, *_] = reads.of_member(connection, office.association, member)
    assert record.derived
    assert filed.activity.external_id != record.external_id
    assert len(filed.activity.external_id) == len(blind_index(b"k" * 32, "row", "x"))
