"""Working days: weekends, holidays, worked weekends, zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.activities.calendar import WorkingCalendar
from points.activities.holidays import DEFAULTS
from points.kernel.errors import BrokenInvariant

HERE = ZoneInfo("Asia/Shanghai")
CALENDAR = WorkingCalendar()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HERE)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        ("2026-03-02", True),  # Monday
        ("2026-03-07", False),  # Saturday
        ("2026-02-16", False),  # Spring Festival
        ("2026-02-14", True),  # a Saturday worked in its stead
        ("2026-10-10", True),
        ("2025-10-08", False),
        ("2027-02-05", False),
        ("2030-01-01", True),  # nothing is known of that year: by the weekday
    ],
)
def test_the_published_days(day: str, *, worked: bool) -> None:
    assert CALENDAR.working(date.fromisoformat(day)) is worked


def test_worked_days_are_weekends_and_were_needed() -> None:
    worked = [day for day, kind in DEFAULTS.items() if kind == "work"]
    assert len(worked) == 11
    assert all(day.weekday() >= 5 for day in worked)


def test_an_associations_entry_comes_first() -> None:
    monday, holiday = date(2026, 3, 2), date(2026, 2, 16)
    own = WorkingCalendar({monday: "off", holiday: "plain"})
    assert not own.working(monday)
    assert own.working(holiday)


def test_five_working_days_end_after_the_fifth() -> None:
    # Filed on a Monday: Tuesday to Friday, then the next Monday.
    end = CALENDAR.end_of(local("2026-03-02T09:00"), 5, HERE)
    assert end == local("2026-03-10T00:00")
    assert end.tzinfo is UTC


def test_the_spring_festival_does_not_count() -> None:
    assert CALENDAR.end_of(local("2026-02-13T09:00"), 2, HERE) == local("2026-02-25T00:00")


def test_the_local_day_counts_not_utc() -> None:
    # 2026-03-01 23:30 in UTC is Monday morning in Shanghai.
    at = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    assert CALENDAR.end_of(at, 1, HERE) == local("2026-03-04T00:00")


def test_no_days_end_at_once_and_no_publicity_lasts_for_ever() -> None:
    at = local("2026-03-02T09:00")
    assert CALENDAR.end_of(at, 0, HERE) == at
    with pytest.raises(BrokenInvariant):
        CALENDAR.end_of(at, 400, HERE)


@given(
    minutes=st.integers(0, 3 * 365 * 24 * 60),
    days=st.integers(1, 30),
)
def test_what_is_left_at_the_start_is_everything(minutes: int, days: int) -> None:
    at = local("2025-01-01T00:00") + timedelta(minutes=minutes)
    end = CALENDAR.end_of(at, days, HERE)
    assert CALENDAR.left(at, end, HERE) == days
    assert CALENDAR.left(end, end, HERE) == 0
    # Stopping the clock and letting it run on at once neither gains nor loses a day.
    assert CALENDAR.end_of(at, CALENDAR.left(at, end, HERE), HERE) == end
    # A minute before the last working day begins, that day is left; when it has begun, none is.
    assert CALENDAR.left(end - timedelta(hours=24, minutes=1), end, HERE) == 1
    assert CALENDAR.left(end - timedelta(hours=23), end, HERE) == 0
