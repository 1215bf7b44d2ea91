"""Streaks: how many calendar windows in a row something happened in."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from points.rules.windows import first_day, midnight, window_key

STREAK_WINDOWS = ("day", "week", "month")
STREAK_DAYS_MAX = 400
"""No streak is looked for further back than this many days."""

REFERENCE_BACK = timedelta(days=STREAK_DAYS_MAX)
"""Nor is an award that an activity refers to."""


def streak_span(window: str, local: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return since when and until when what happened bears on a streak before a local moment."""
    end = first_day(window, local.date())
    return midnight(end - timedelta(days=STREAK_DAYS_MAX), zone), midnight(end, zone)


def streak(moments: Iterable[datetime], window: str, day: date, zone: ZoneInfo) -> int:
    """Return how many windows directly before a day's own have a moment in them, in a row."""
    seen = {window_key(window, 1, at.astimezone(zone).date()) for at in moments}
    length, before = 0, first_day(window, day) - timedelta(days=1)
    while window_key(window, 1, before) in seen:
        length += 1
        before = first_day(window, before) - timedelta(days=1)
    return length
