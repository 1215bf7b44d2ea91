"""When points of an award are gone."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from points.rules.durations import Duration
from points.rules.model import END_OF_YEAR, NEVER, Expiry
from points.rules.windows import midnight


@lru_cache(maxsize=4096)
def expires(policy: Expiry, day: date, zone: ZoneInfo) -> datetime | None:
    """Return the first instant, in UTC, at which points earned on a local day are gone.

    Points with a duration last to the end of the local day that is so far away.
    """
    if isinstance(policy, Duration):
        return midnight(policy.after(day) + timedelta(days=1), zone)
    if policy == NEVER:
        return None
    return midnight(date(day.year + (1 if policy == END_OF_YEAR else 2), 1, 1), zone)
