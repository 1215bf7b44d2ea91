"""Shifts, usage of caps, and awards in memory."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.activities.docket import Docket
from points.activities.model import Award, Shift, Use, Used, UseKey, slot, slots_around
from points.kernel.amounts import Points
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import ActivityId, MemberId

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
MEMBER = MemberId("M1")
KEY = UseKey(MEMBER, "vol_day", "party.wallet", "2026-03-02")


def hours(n: float) -> datetime:
    return NOON + timedelta(hours=n)


@pytest.mark.parametrize(
    ("starts", "ends", "overlap"),
    [
        (0, 2, True),
        (1, 3, True),
        (-1, 0, False),
        (2, 4, False),
        (0.5, 1, True),
        (-1, 5, True),
        (1, 1, True),
        (0, 0, True),
        (2, 2, False),
    ],
)
def test_half_open_spans(starts: float, ends: float, *, overlap: bool) -> None:
    shift = Shift(ActivityId("A1"), hours(0), hours(2))
    assert shift.overlaps(hours(starts), hours(ends)) is overlap


@given(*[st.integers(0, 2000)] * 4)
def test_overlap_is_what_minutes_say(a: int, b: int, c: int, d: int) -> None:
    def minute(n: int) -> datetime:
        return NOON + timedelta(minutes=n)

    mine, other = (a, a + b % 300 + 1), (c, c + d % 300 + 1)
    shared = set(range(*mine)) & set(range(*other))
    shift = Shift(ActivityId("A1"), minute(mine[0]), minute(mine[1]))
    assert shift.overlaps(minute(other[0]), minute(other[1])) is bool(shared)


@given(st.integers(-24 * 60, 24 * 60), st.integers(0, 24 * 60), st.integers(0, 1439))
def test_slots_around_find_every_shift_that_can_overlap(gap: int, length: int, at: int) -> None:
    mine = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(minutes=at)
    other = mine + timedelta(minutes=gap)
    shift = Shift(ActivityId("A1"), other, other + timedelta(minutes=length))
    if shift.overlaps(mine, mine + timedelta(hours=24)):
        assert slot(MEMBER, "t", other.date()) in slots_around(MEMBER, "t", mine)


def test_the_control_one_day_of_slots_is_too_few() -> None:
    midnight = datetime(2026, 3, 2, tzinfo=UTC)
    shift = Shift(ActivityId("A1"), midnight - timedelta(hours=1), midnight + timedelta(hours=1))
    assert shift.overlaps(midnight, midnight)
    assert slot(MEMBER, "t", shift.starts_at.date()) != slot(MEMBER, "t", midnight.date())


def award(points: int = 20, calculation: int = 1) -> Award:
    return Award(
        activity_id=ActivityId("A1"),
        calculation=calculation,
        rule_id="P06",
        measure="party.wallet",
        member_id=MEMBER,
        occurred_at=NOON,
        points=Points(points),
        forgone=Points(0),
        programme="party",
        ruleset_version=1,
        ruleset_sha256="0" * 64,
        uses=(Use("vol_day", "party.wallet", "2026-03-02", points, 1),),
    )


def test_an_award_uses_room_and_gives_it_back() -> None:
    docket = Docket()
    docket.award(award())
    assert docket.spent(KEY) == Used(20, 1)
    assert docket.granted_at[MEMBER, "P06"] == [NOON]
    assert docket.awards_of[ActivityId("A1")] == [award()]
    docket.take_back(award())
    assert docket.spent(KEY) == Used(0, 0)
    with pytest.raises(BrokenInvariant):
        docket.take_back(award())


def test_an_award_of_nothing_is_no_grant() -> None:
    docket = Docket()
    docket.award(award(points=0))
    assert docket.granted_at == {}


def test_awards_check_themselves() -> None:
    with pytest.raises(BrokenInvariant):
        award(points=-1)
    with pytest.raises(BrokenInvariant):
        award(calculation=0)
