"""Opening hours as people write them become a week, or stay text."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.partners.hours import TEXT_MAX, Span, Week, read_hours

MONDAY = datetime(2026, 3, 2, 0, 0)  # noqa: DTZ001 - a local clock on a wall
DAYS = "一二三四五六日"


def is_open(text: str, day: int, clock: str, kind: str = "", before: str = "") -> bool:
    """Return whether who is open by a text is open on a weekday, from Monday, at a time."""
    week = read_hours(text)
    assert week is not None, text
    hour, minute = map(int, clock.split(":"))
    local = MONDAY + timedelta(days=day, hours=hour, minutes=minute)
    usual = "weekend" if day > 4 else "workday"
    return week.open_at(local, kind or usual, before or usual)


@pytest.mark.parametrize(
    ("text", "opens", "closed"),
    [
        ("08:00-21:00", [(0, "08:00"), (6, "20:59")], [(0, "07:59"), (6, "21:00")]),
        (
            "周一至周五 8:30–17:30; 周末 9–16",
            [(0, "08:30"), (4, "17:29"), (5, "15:59"), (6, "09:00")],
            [(4, "17:30"), (5, "16:00"), (6, "08:59")],
        ),
        ("８：３０－１７：３０", [(2, "08:30")], [(2, "08:29")]),
        ("24小时营业", [(0, "00:00"), (6, "23:59")], []),
        ("营业时间：8:00~21:30", [(3, "21:29")], [(3, "21:30")]),
        ("08:00-12:00,13:30-18:00", [(0, "11:59"), (0, "13:30")], [(0, "12:00"), (0, "13:29")]),
        ("周一、三、五 9:00-17:00", [(0, "09:00"), (2, "12:00")], [(1, "12:00"), (6, "12:00")]),
        ("8:00-21:00 周六休息", [(4, "20:00"), (6, "20:00")], [(5, "12:00")]),
        ("每天 8点-21点；周日 9-17", [(5, "20:00"), (6, "16:59")], [(6, "17:00"), (6, "08:59")]),
        (
            "Mon-Fri 9:00-18:00; Sat 10-16",
            [(0, "17:59"), (5, "10:00")],
            [(5, "16:00"), (6, "12:00")],
        ),
        ("周五至周一 10:00-12:00", [(4, "10:00"), (0, "10:00"), (6, "11:59")], [(1, "10:00")]),
        ("22:00-6:00", [(0, "23:00"), (0, "05:59")], [(0, "06:00"), (0, "21:59")]),
        ("周一 22:00-次日6:00", [(0, "22:00"), (1, "05:59")], [(0, "05:59"), (1, "22:00")]),
    ],
)
def test_hours_are_read(
    text: str, opens: list[tuple[int, str]], closed: list[tuple[int, str]]
) -> None:
    assert all(is_open(text, *at) for at in opens)
    assert not any(is_open(text, *at) for at in closed)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "  ",
            "电话预约",
            "早八点到晚九点",
            "周一至周五",
            "节假日休息",
            "8:00-8:00",
            "25:00-26:00",
        ),
        *("8:00-21:00 另行通知", "下午2:00-5:00", "一" * (TEXT_MAX + 1), "8:00-12:00 周六"),
    ],
)
def test_what_is_not_certain_stays_text(text: str) -> None:
    assert read_hours(text) is None


def test_holidays_and_made_up_days_go_by_what_is_said_of_them() -> None:
    office = "工作日 8:30-17:30，节假日休息"
    assert is_open(office, 0, "09:00")
    assert not is_open(office, 0, "09:00", "holiday")
    assert not is_open(office, 5, "09:00")
    assert is_open(office, 5, "09:00", "workday")  # a Saturday that is worked
    shop = "8:00-20:00，节假日 9:00-16:00"
    assert (is_open(shop, 0, "17:00"), is_open(shop, 0, "17:00", "holiday")) == (True, False)
    assert is_open("8:00-20:00", 0, "19:00", "holiday")  # nothing was said of holidays
    late = "20:00-2:00，节假日休息"
    assert is_open(late, 1, "01:00", before="workday")
    assert not is_open(late, 1, "01:00", before="holiday")


@given(
    first=st.integers(0, 6),
    days=st.integers(0, 6),
    opens=st.integers(0, 1439),
    lasts=st.integers(1, 1439),
)
def test_a_week_is_read_as_it_is_spelled(first: int, days: int, opens: int, lasts: int) -> None:
    closes = (opens + lasts) % 1440
    spelled = f"{opens // 60:02}:{opens % 60:02}-{closes // 60:02}:{closes % 60:02}"
    last = (first + days) % 7
    week = read_hours(f"周{DAYS[first]}至周{DAYS[last]} {spelled}")
    if closes == 0:  # midnight is spelled 24:00
        return
    span = Span(opens, opens + lasts)
    on = {(first + step) % 7 for step in range(days + 1)}
    assert week == Week(days=tuple((span,) if day in on else () for day in range(7)))


@given(st.text(alphabet="周一二三日至-0189:：;，休息 节假日工作全天24小时", max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    read_hours(text)
