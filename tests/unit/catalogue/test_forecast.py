"""When a pool runs out: by hand, and against a day-by-day walk."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.catalogue.forecast import HORIZON_DAYS, WEEKS_MIN, Forecast, forecast

TODAY = date(2026, 3, 2)


def test_the_middle_week_decides_and_quarters_give_the_range() -> None:
    found = forecast(7000, [100, 200, 300, 400, 500, 600, 700, 800, 900], [], TODAY)
    assert (found.week_low_fen, found.week_fen, found.week_high_fen) == (300, 500, 700)
    assert found.runs_out == TODAY + timedelta(days=7000 * 7 // 500)
    assert found.earliest == TODAY + timedelta(days=70)
    assert found.latest == TODAY + timedelta(days=7000 * 7 // 300)
    assert found.by_last_year is None


def test_one_odd_week_does_not_move_it() -> None:
    usual = forecast(7000, [100] * 9, [], TODAY)
    assert forecast(7000, [*([100] * 8), 50_000], [], TODAY).runs_out == usual.runs_out


@pytest.mark.parametrize("weeks", range(WEEKS_MIN))
def test_with_little_history_nothing_is_said(weeks: int) -> None:
    found = forecast(7000, [100] * weeks, [100] * 11, TODAY)
    assert not found.known
    assert (found.runs_out, found.by_last_year) == (None, None)


def test_no_use_has_no_end_and_no_money_has_it_today() -> None:
    idle = forecast(7000, [0] * 9, [0] * 12, TODAY)
    assert idle.known
    assert (idle.runs_out, idle.earliest, idle.latest, idle.by_last_year) == (None,) * 4
    assert forecast(10**12, [1] * 9, [], TODAY).runs_out is None
    assert forecast(0, [5] * 9, [5] * 12, TODAY).runs_out == TODAY
    assert not idle.warns(TODAY, HORIZON_DAYS)


def test_last_year_shows_a_season_that_the_last_weeks_do_not() -> None:
    # Newest first: February back to last March; last April took everything.
    monthly = [0] * 10 + [3000, 0]
    found = forecast(1500, [1] * 9, monthly, TODAY)
    assert found.by_last_year == date(2026, 4, 16)
    assert found.warns(TODAY, 45)
    assert not found.warns(TODAY, 44)


@given(
    left=st.integers(0, 10_000),
    more=st.integers(0, 1000),
    monthly=st.lists(st.integers(0, 900), min_size=12, max_size=12),
    day=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
)
def test_more_money_never_ends_earlier(left: int, more: int, monthly: list[int], day: date) -> None:
    sooner = forecast(left, monthly, monthly, day)
    later = forecast(left + more, monthly, monthly, day)
    for name in ("runs_out", "earliest", "latest", "by_last_year"):
        first, second = getattr(sooner, name), getattr(later, name)
        assert second is None or (first is not None and day <= first <= second)
    ends = [each for each in (sooner.earliest, sooner.runs_out, sooner.latest) if each]
    assert ends == sorted(ends)


def test_a_forecast_says_how_many_weeks_it_rests_on() -> None:
    assert forecast(1, [1] * 40, [], TODAY).weeks == 26
    assert isinstance(forecast(1, [], [], TODAY), Forecast)
