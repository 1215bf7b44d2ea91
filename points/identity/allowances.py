"""How often something may be asked for before anybody is known: counted in the database.

A window begins with the first request in it. Whether the number asked about belongs to anybody
makes no difference to any of this.
"""

import hashlib
import hmac
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Watch(StrEnum):
    """What is counted."""

    PHONE_MINUTE = "phone_minute"
    PHONE_HOUR = "phone_hour"
    PHONE_DAY = "phone_day"
    ADDRESS_HOUR = "address_hour"
    ASSOCIATION_DAY = "association_day"
    TRIES_HOUR = "tries_hour"


WINDOWS: dict[Watch, tuple[int, timedelta]] = {
    Watch.PHONE_MINUTE: (1, timedelta(minutes=1)),
    Watch.PHONE_HOUR: (5, timedelta(hours=1)),
    Watch.PHONE_DAY: (10, timedelta(days=1)),
    Watch.ADDRESS_HOUR: (20, timedelta(hours=1)),
    Watch.ASSOCIATION_DAY: (2_000, timedelta(days=1)),
    Watch.TRIES_HOUR: (30, timedelta(hours=1)),
}
"""How many in how long. Messages cost money, so an association's day has an end to them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """How many there were in the window that is open, under a lock of its own.

    Attributes:
        name: What is counted, and of whom: a keyed hash where it is a person's.
        count: In the window.
        since: When the window began; None before the first.
    """

    name: str
    count: int = 0
    since: datetime | None = None

    @property
    def watch(self) -> Watch:
        """What is counted."""
        return Watch(self.name.partition(":")[0])

    def closed_until(self, now: datetime, most: int | None = None) -> datetime | None:
        """Return until when no more is allowed; None where one more is."""
        usual, window = WINDOWS[self.watch]
        if self.since is None or now >= self.since + window:
            return None
        return self.since + window if self.count >= (most or usual) else None

    def taken(self, now: datetime) -> "Allowance":
        """Return the allowance after one more."""
        _, window = WINDOWS[self.watch]
        if self.since is None or now >= self.since + window:
            return replace(self, count=1, since=now)
        return replace(self, count=self.count + 1)


def allowance_name(watch: Watch, key: bytes = b"", whom: str = "") -> str:
    """Return an allowance's name; a number or an address stands in it under a keyed hash only."""
    if not whom:
        return watch.value
    return f"{watch.value}:{hmac.new(key, whom.encode(), hashlib.sha256).hexdigest()[:40]}"
