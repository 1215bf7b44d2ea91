"""Local months around an instant, by number and by name, for reports."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

DEFAULT_ZONE = "Asia/Shanghai"
PAST_MONTHS, AHEAD_MONTHS = 60, 36
TWELVE = 12
JUST_AFTER = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """A calendar month."""

    year: int
    month: int

    @classmethod
    def of(cls, day: date) -> "Month":
        """Return the month of a day."""
        return cls(year=day.year, month=day.month)

    def plus(self, months: int) -> "Month":
        """Return the month so many later, or earlier where it is negative."""
        years, month = divmod(self.year * TWELVE + self.month - 1 + months, TWELVE)
        return Month(year=years, month=month + 1)

    def begins(self, zone: str) -> datetime:
        """Return its first instant in a zone, in UTC."""
        first = datetime.combine(date(self.year, self.month, 1), time(), ZoneInfo(zone))
        return first.astimezone(UTC)

    def __str__(self) -> str:
        """Return ``2026-03``."""
        return f"{self.year:04}-{self.month:02}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Months:
    """The months before an instant and after it.

    Attributes:
        past: First instants of months, the last one the month of the instant.
        ahead: First instants of spans of expiry: just after the instant, then month by month.
    """

    at: datetime
    zone: str
    past: list[datetime] = field(init=False)
    ahead: list[datetime] = field(init=False)

    def __post_init__(self) -> None:
        first = Month.of(self.today)
        past = [first.plus(number).begins(self.zone) for number in range(1 - PAST_MONTHS, 1)]
        coming = [first.plus(number).begins(self.zone) for number in range(1, AHEAD_MONTHS + 1)]
        just_after = self.at + JUST_AFTER
        object.__setattr__(self, "past", past)
        object.__setattr__(self, "ahead", [just_after, *(max(e, just_after) for e in coming)])

    @property
    def today(self) -> date:
        """The local day of the instant."""
        return self.at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def current(self) -> int:
        """The number of the month that the instant falls in."""
        return len(self.past) - 1

    def name_past(self, number: int) -> str:
        """Return the name of a month by its number in ``past``."""
        if number < 0:
            return "earlier"
        return str(Month.of(self.today).plus(number - self.current))

    def name_ahead(self, number: int | None) -> str:
        """Return the name of a span by its number in ``ahead``; what has expired is due now."""
        if number is None:
            return "never"
        if number >= len(self.ahead) - 1:
            return "later"
        return str(Month.of(self.today).plus(max(number, 0)))
