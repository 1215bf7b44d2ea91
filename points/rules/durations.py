"""ISO 8601 durations of whole units, and how far they reach on a calendar."""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, timedelta

_PATTERN = re.compile(
    r"P(?=.)(?:(\d{1,3})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,5})D)?"
    r"(?:T(?=.)(?:(\d{1,5})H)?(?:(\d{1,6})M)?)?"
)
MONTHS_A_YEAR = 12


@dataclass(frozen=True, slots=True)
class Duration:
    """Calendar months, then elapsed time."""

    months: int
    elapsed: timedelta
    text: str

    def after(self, day: date) -> date:
        """Return the day this far after another; a day that a month lacks becomes its last."""
        return self._months_on(day) + self.elapsed

    def passed(self, since: datetime, until: datetime) -> bool:
        """Return whether more than this lies between two instants."""
        if self.months:
            since = datetime.combine(self._months_on(since.date()), since.timetz())
        return until - since > self.elapsed

    def _months_on(self, day: date) -> date:
        years, month = divmod(day.year * MONTHS_A_YEAR + day.month - 1 + self.months, MONTHS_A_YEAR)
        last = monthrange(years, month + 1)[1]
        return date(years, month + 1, min(day.day, last))


def parse_duration(text: str) -> Duration | None:
    """Return the duration that a text such as ``P30D``, ``P1Y6M`` or ``PT12H`` spells, if any."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        return None
    years, months, weeks, days, hours, minutes = (int(part or 0) for part in match.groups())
    elapsed = timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes)
    whole = years * MONTHS_A_YEAR + months
    if not whole and not elapsed:
        return None
    return Duration(months=whole, elapsed=elapsed, text=text)
