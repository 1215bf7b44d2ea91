"""Calendar windows and expiries, at the borders of days, years and zones."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules.durations import Duration, parse_duration
from points.rules.expiry import expires
from points.rules.windows import midnight, nests, window_end, window_key

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("window", "years", "day", "key", "end"),
    [
        ("day", 1, "2026-02-28", "2026-02-28", "2026-03-01"),
        ("week", 1, "2026-03-01", "2026-W09", "2026-03-02"),
        ("week", 1, "2027-01-01", "2026-W53", "2027-01-04"),
        ("week", 1, "2024-12-30", "2025-W01", "2025-01-06"),
        ("month", 1, "2026-12-31", "2026-12", "2027-01-01"),
        ("month", 1, "2026-01-31", "2026-01", "2026-02-01"),
        ("quarter", 1, "2026-03-31", "2026-Q1", "2026-04-01"),
        ("quarter", 1, "2026-04-01", "2026-Q2", "2026-07-01"),
        ("quarter", 1, "2026-11-15", "2026-Q4", "2027-01-01"),
        ("year", 1, "2026-12-31", "2026", "2027-01-01"),
        ("year", 2, "2027-12-31", "2026-2027", "2028-01-01"),
        ("year", 2, "2026-01-01", "2026-2027", "2028-01-01"),
        ("year", 3, "2026-01-01", "2025-2027", "2028-01-01"),
    ],
)
def test_keys_and_ends(window: str, years: int, day: str, key: str, end: str) -> None:
    local = datetime.fromisoformat(day).replace(tzinfo=SHANGHAI)
    assert window_key(window, years, local.date()) == key
    until = window_end(window, years, local)
    assert until == datetime.fromisoformat(end).replace(tzinfo=SHANGHAI)
    before = (until - timedelta(microseconds=1)).astimezone(SHANGHAI).date()
    assert window_key(window, years, before) == key
    assert window_key(window, years, until.astimezone(SHANGHAI).date()) != key


def test_no_calendar_ends_an_activity_or_a_lifetime() -> None:
    assert window_key("lifetime", 1, date(2026, 1, 1)) == "life"
    for window in ("activity", "lifetime"):
        with pytest.raises(BrokenInvariant):
            window_end(window, 1, datetime(2026, 1, 1, tzinfo=UTC))


def test_a_day_with_a_changed_clock_is_shorter_or_longer() -> None:
    spring = datetime(2026, 3, 29, 12, tzinfo=BERLIN)
    begin = datetime(2026, 3, 29, tzinfo=BERLIN).astimezone(UTC)
    end = window_end("day", 1, spring)
    assert end - begin == timedelta(hours=23)


@pytest.mark.parametrize(
    ("policy", "instant"),
    [
        ("end_of_year", "2027-01-01"),
        ("end_of_next_year", "2028-01-01"),
        ("never", None),
        ("P90D", "2026-08-29"),
        ("P1M", "2026-07-01"),
        ("P1Y", "2027-06-01"),
        ("PT1H", "2026-06-01"),
    ],
)
def test_expiry_is_the_first_instant_without_the_points(policy: str, instant: str | None) -> None:
    duration = parse_duration(policy)
    at = expires(duration or policy, date(2026, 5, 30), SHANGHAI)
    if policy == "P1M":
        at = expires(parse_duration("P1M") or "", date(2026, 5, 31), SHANGHAI)
    if policy in ("P1Y", "PT1H"):
        at = expires(duration or "", date(2026, 5, 31), SHANGHAI)
    assert at == (datetime.fromisoformat(instant).replace(tzinfo=SHANGHAI) if instant else None)
    assert at is None or at.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "months", "elapsed"),
    [
        ("P30D", 0, timedelta(30)),
        ("P2W", 0, timedelta(14)),
        ("P1Y6M", 18, timedelta(0)),
        ("PT12H", 0, timedelta(hours=12)),
        ("P1DT90M", 0, timedelta(days=1, minutes=90)),
    ],
)
def test_durations(text: str, months: int, elapsed: timedelta) -> None:
    assert parse_duration(text) == Duration(months, elapsed, text)


@pytest.mark.parametrize("text", ["", "P", "PT", "P0D", "30D", "P-1D", "P1.5D", "p1d", "P1D "])
def test_what_is_no_duration(text: str) -> None:
    assert parse_duration(text) is None


def test_months_end_on_the_last_day_there_is() -> None:
    month = parse_duration("P1M")
    assert month is not None
    assert month.after(date(2024, 1, 31)) == date(2024, 2, 29)
    assert month.after(date(2025, 12, 31)) == date(2026, 1, 31)
    instant, border = datetime(2026, 1, 31, 5, tzinfo=UTC), datetime(2026, 2, 28, 5, tzinfo=UTC)
    assert not month.passed(instant, border)
    assert month.passed(instant, border + timedelta(microseconds=1))


def test_nesting_is_what_the_calendar_says() -> None:
    """Two windows nest exactly when no inner key ever lies in two outer ones."""
    days = [date(2020, 1, 1) + timedelta(n) for n in range(800)]
    days += [date(year, 12, 28) + timedelta(n) for year in range(2022, 2033) for n in range(8)]
    shapes = [(w, 1) for w in ("day", "week", "month", "quarter", "year", "lifetime")]
    shapes += [("year", 2), ("year", 4), ("year", 3)]
    keys = {shape: [window_key(*shape, day) for day in days] for shape in shapes}
    for inner in shapes:
        for outer in shapes:
            pairs = set(zip(keys[inner], keys[outer], strict=True))
            truly = len(pairs) == len(set(keys[inner]))
            assert nests(*inner, *outer) == truly, (inner, outer)


def test_the_ends_of_the_calendar_begin_at_the_nearest_instant_that_there_is() -> None:
    assert midnight(date.min, ZoneInfo("Asia/Shanghai")) == datetime.min.replace(tzinfo=UTC)
    assert midnight(date.max, ZoneInfo("America/New_York")).year == date.max.year
    assert midnight(date(2026, 1, 2), ZoneInfo("Asia/Shanghai")).day == 1
