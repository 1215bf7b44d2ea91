"""Working days: weekends, public holidays, and the weekend days worked in their stead."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from points.activities.holidays import DEFAULTS
from points.kernel.ensure import ensure

DAYS_MAX = 366
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class WorkingCalendar:
    """Which days count, by an association's own entries first and the published ones second.

    Attributes:
        entries: ``off``, ``work``, or ``plain`` (by the weekday, whatever was published).
    """

    entries: Mapping[date, str] = field(default_factory=dict)

    def working(self, day: date) -> bool:
        """Return whether a day is worked."""
        kind = self.entries.get(day) or DEFAULTS.get(day, "plain")
        return kind == "work" or (kind == "plain" and day.weekday() < _SATURDAY)

    def kind(self, day: date) -> str:
        """Return what a day is: ``workday``, ``weekend`` or ``holiday``.

        A day off is a holiday whatever its weekday; a weekend day that is worked is a workday.
        """
        kind = self.entries.get(day) or DEFAULTS.get(day, "plain")
        if kind == "plain":
            return "workday" if day.weekday() < _SATURDAY else "weekend"
        return "workday" if kind == "work" else "holiday"

    def end_of(self, start: datetime, days: int, zone: ZoneInfo) -> datetime:
        """Return the instant at which the n-th working day after a moment's own day is over.

        Args:
            start: When the clock starts; its own local day never counts.
            days: How many working days; 0 returns the start.
            zone: Where days begin and end.
        """
        ensure(0 <= days <= DAYS_MAX, "a publicity lasts at most a year of working days")
        if days == 0:
            return start
        day = start.astimezone(zone).date()
        while days:
            day += timedelta(days=1)
            days -= self.working(day)
        return _end(day, zone)

    def left(self, now: datetime, until: datetime, zone: ZoneInfo) -> int:
        """Return how many whole working days lie between now and the end of a publicity."""
        day, days = now.astimezone(zone).date() + timedelta(days=1), 0
        while _end(day, zone) <= until:
            days += self.working(day)
            day += timedelta(days=1)
        return days


def _end(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=zone).astimezone(UTC)
