"""The vocabulary: clocks, ids, invariants, findings."""

import random
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.amounts import ZERO, Points
from points.kernel.clock import ManualClock, SystemClock
from points.kernel.ensure import ensure
from points.kernel.errors import BrokenInvariant, PointsError
from points.kernel.findings import Finding, Severity
from points.kernel.ids import ALPHABET, Ids, base32, drawn_at

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_system_clock_has_a_zone() -> None:
    assert SystemClock().now().utcoffset() == timedelta(0)


def test_a_manual_clock_goes_where_it_is_put() -> None:
    clock = ManualClock(NOON)
    clock.advance(timedelta(hours=-1))
    assert clock.now() == NOON - timedelta(hours=1)
    clock.set(NOON)
    assert clock.now() == NOON


def test_zero_is_points() -> None:
    assert Points(0) == ZERO


def test_ensure_lets_truth_pass_and_names_what_is_broken() -> None:
    ensure([1], "something is there")
    with pytest.raises(BrokenInvariant, match="something is there"):
        ensure([], "something is there")
    assert issubclass(BrokenInvariant, PointsError)


@given(st.integers(min_value=0, max_value=32**10 - 1), st.integers(min_value=1, max_value=12))
def test_base32_counts_in_crockfords_digits(number: int, length: int) -> None:
    digits = base32(number, length)
    assert len(digits) == length
    value = 0
    for digit in digits:
        value = value * 32 + ALPHABET.index(digit)
    assert value == number % 32**length


def test_ids_sort_as_they_were_drawn() -> None:
    clock = ManualClock(NOON)
    ids = Ids(clock, random.Random(7))
    drawn = [ids.next() for _ in range(5)]
    clock.advance(timedelta(milliseconds=1))
    drawn += [ids.next() for _ in range(5)]
    assert drawn == sorted(drawn)
    assert len(set(drawn)) == 10
    assert all(re.fullmatch(f"[{ALPHABET}]{{26}}", each) for each in drawn)


def test_an_id_tells_when_it_was_drawn() -> None:
    assert drawn_at(Ids(ManualClock(NOON)).next()) == NOON


def test_two_sources_that_start_alike_do_not_meet() -> None:
    first, second = (Ids(ManualClock(NOON)) for _ in range(2))
    assert not {first.next() for _ in range(99)} & {second.next() for _ in range(99)}


def test_a_finding_in_a_text_file_has_a_place_that_editors_know() -> None:
    finding = Finding(code="rule.x", zh="错", en="wrong", file="party.yaml", line=3, column=7)
    assert finding.place() == "party.yaml:3:7"
    assert finding.as_json() == {
        "code": "rule.x",
        "zh": "错",
        "en": "wrong",
        "file": "party.yaml",
        "line": 3,
        "column": 7,
        "severity": "error",
    }


def test_a_finding_in_a_sheet_has_a_place_that_people_know() -> None:
    finding = Finding(
        code="sheet.x",
        zh="错",
        en="wrong",
        file="名单.xlsx",
        sheet="三月",
        row=9,
        column="C",
        severity=Severity.WARNING,
    )
    assert finding.place() == "名单.xlsx 三月 第9行 C列"
    assert finding.as_json()["severity"] == "warning"
    assert Finding(code="x", zh="错", en="wrong").place() == ""
