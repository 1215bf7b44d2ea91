"""Whom a row is about, and whether they were in two places at once."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.flows.import_ import overlaps as overlaps_module
from points.flows.import_.model import Person, Place, ReadResult, Record, Row
from points.flows.import_.overlaps import overlaps
from points.flows.import_.recognise import CHUNK, KnownMember, recognise
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import MemberId
from tests.unit.import_.samples import Roster

MIDNIGHT = datetime(2025, 6, 7, tzinfo=ZoneInfo("Asia/Shanghai"))


def shift(
    row: int, phone: str = "13000000001", start: int = 0, end: int = 1, **other: object
) -> Record:
    known: dict[str, object] = {
        "kind": "activity", "type": "volunteer.shift", "source": "s", "trusted": False,
        "external_id": str(row), "row": Row(place=Place(sheet=None, row=row), cells=("x",)),
        "person": Person(phone=phone, name="张三"), "data": {}, "body_hash": "", "exclusive": True,
        "occurred_at": MIDNIGHT + timedelta(hours=start),
        "ended_at": MIDNIGHT + timedelta(hours=end),
    }  # fmt: skip
    return Record(**(known | other))  # type: ignore[arg-type]


def members(*names: tuple[str, str]) -> Roster:
    return Roster({phone: KnownMember(member=MemberId(phone), name=name) for phone, name in names})


def test_members_are_recognised_and_strangers_named_by_row_only() -> None:
    register = members(("13000000001", "张　三"), ("13000000002", "李四"))
    records = [shift(1), shift(2, "13000000002"), shift(3, "13000000003"), shift(4, person=None)]
    recognised, findings = recognise(records, register, file="f")
    assert [(one.record.row.place.row, one.member) for one in recognised] == [(1, "13000000001")]
    assert [(f.code, f.row) for f in findings] == [
        ("sheet.name_mismatch", 2), ("sheet.unknown_member", 3),
    ]  # fmt: skip


def test_a_row_without_a_name_is_recognised_by_its_number() -> None:
    records = [shift(1, person=Person(phone="13000000001", name=None))]
    assert len(recognise(records, members(("13000000001", "张三")), file="f")[0]) == 1


def test_two_records_of_one_row_are_one_finding() -> None:
    _, findings = recognise([shift(1), shift(1)], members(), file="f")
    assert len(findings) == 1


def test_the_register_is_asked_once_per_thousand_numbers() -> None:
    class Asked:
        def __init__(self) -> None:
            self.sizes: list[int] = []

        def members_by_phone(self, phones: Collection[str]) -> Mapping[str, KnownMember]:
            self.sizes.append(len(set(phones)))
            return {}

    register = Asked()
    recognise([shift(n, str(n % 2_500)) for n in range(5_000)], register, file="f")
    assert register.sizes == [CHUNK, CHUNK, 500]


def test_shifts_that_touch_do_not_overlap() -> None:
    assert overlaps([shift(1, end=2), shift(2, start=2, end=3)], file="f") == []
    (finding,) = overlaps([shift(1, end=2), shift(2, start=1, end=3)], file="f")
    assert (finding.code, finding.row, finding.zh) == (
        "sheet.overlap",
        2,
        "与第 1 行是同一人，时间重叠",
    )


def test_only_exclusive_activities_of_one_member_overlap() -> None:
    others = [shift(2, "13000000002"), shift(3, exclusive=False), shift(4, ended_at=None)]
    assert overlaps([shift(1), *others], file="f") == []


def brute_force(records: list[Record]) -> list[int]:
    stays: list[Record] = []
    refused = []
    for record in records:
        touching = [
            other for other in stays
            if other.person == record.person
            and other.occurred_at < record.ended_at and record.occurred_at < other.ended_at  # type: ignore[operator]
        ]  # fmt: skip
        if touching:
            refused.append(record.row.place.row)
        else:
            stays.append(record)
    return refused


SHIFTS = st.lists(
    st.tuples(st.sampled_from(["1", "2"]), st.integers(0, 30), st.integers(1, 8)), max_size=25
).map(lambda drawn: [shift(n, p, s, s + d) for n, (p, s, d) in enumerate(drawn)])


@given(SHIFTS)
def test_overlaps_agree_with_comparing_everything(records: list[Record]) -> None:
    assert [finding.row for finding in overlaps(records, file="f")] == brute_force(records)


def test_the_comparison_would_notice_a_forgotten_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = overlaps_module._overlapped
    monkeypatch.setattr(overlaps_module, "_overlapped", lambda stays, s, e: whole(stays[-1:], s, e))
    records = [shift(1, start=1, end=3), shift(2, start=9, end=10), shift(3, start=2, end=4)]
    assert [finding.row for finding in overlaps(records, file="f")] != brute_force(records)


def result_of(*records: Record, rows: int) -> ReadResult:
    return ReadResult(
        file="f", profile="p", rows=rows, records=records, findings=(), refused=(), duplicates=0,
        heads=(),
    )  # fmt: skip


def test_a_later_finding_refuses_the_whole_row() -> None:
    result = result_of(shift(1), shift(1), shift(2), rows=2)
    _, findings = recognise(result.records[:1], members(), file="f")
    after = result.refusing(findings)
    assert (after.accepted, len(after.refused), len(after.records)) == (1, 1, 1)
    assert after.refusing(findings).refused == after.refused


def test_a_row_that_is_lost_is_a_broken_promise() -> None:
    with pytest.raises(BrokenInvariant):
        result_of(shift(1), rows=2)
