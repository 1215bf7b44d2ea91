"""Guards against guessing: how many failures an account, an address, everybody may have."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from points.kernel.ensure import ensure


class Watch(StrEnum):
    """What a guard watches."""

    ACCOUNT = "account"
    FACTOR = "factor"
    OPERATOR = "operator"
    TILL = "till"
    OUTLET = "outlet"
    ADDRESS = "address"
    ALL = "all"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """When a guard closes, and for how long.

    Attributes:
        failures: So many, and it closes.
        window: Failures count together while they begin within it.
        pause: How long it is closed.
        pause_max: Every further failure doubles the pause, up to this.
    """

    failures: int
    window: timedelta
    pause: timedelta
    pause_max: timedelta


_QUARTER, _DAY = timedelta(minutes=15), timedelta(days=1)
LIMITS = {
    Watch.ACCOUNT: Limit(failures=5, window=_DAY, pause=_QUARTER, pause_max=timedelta(hours=4)),
    Watch.FACTOR: Limit(failures=5, window=_DAY, pause=_QUARTER, pause_max=timedelta(hours=4)),
    Watch.OPERATOR: Limit(failures=5, window=_DAY, pause=_QUARTER, pause_max=timedelta(hours=4)),
    Watch.TILL: Limit(failures=15, window=_QUARTER, pause=_QUARTER, pause_max=_QUARTER),
    Watch.OUTLET: Limit(failures=40, window=_QUARTER, pause=_QUARTER, pause_max=_QUARTER),
    Watch.ADDRESS: Limit(failures=20, window=_QUARTER, pause=_QUARTER, pause_max=_QUARTER),
    Watch.ALL: Limit(
        failures=300,
        window=_QUARTER,
        pause=timedelta(minutes=1),
        pause_max=timedelta(minutes=1),
    ),
}
"""An account is what is guessed at: its pause grows. A whole association is never shut for long,
or whoever wants to keep its staff out had found the way."""

SILENT = frozenset({Watch.ACCOUNT, Watch.FACTOR, Watch.OPERATOR})
"""Guards of one account: that one is closed is never said, and a try that was right opens it."""

KEPT = timedelta(days=2)
"""After so long a guard without new failures is forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """How often it failed, under a lock of its own; no restart or second process forgets it.

    A try is counted before anybody looks whether it is right, and taken back when it was: so many
    at once count as many one after the other.
    """

    name: str
    failures: int = 0
    since: datetime | None = None
    closed_until: datetime | None = None

    @property
    def watch(self) -> Watch:
        """What it watches."""
        return Watch(self.name.partition(":")[0])

    @property
    def limit(self) -> Limit:
        """When it closes."""
        return LIMITS[self.watch]

    def closed(self, now: datetime) -> bool:
        """Return whether nobody may try."""
        return self.closed_until is not None and now < self.closed_until

    def counted(self, now: datetime) -> "Guard":
        """Return the guard after another try."""
        since = self.since
        if since is None or now - since >= self.limit.window:
            return self._at(1, now, now)
        return self._at(self.failures + 1, since, now)

    def _at(self, failures: int, since: datetime, now: datetime) -> "Guard":
        limit = self.limit
        over = failures - limit.failures
        if over < 0:
            return replace(self, failures=failures, since=since, closed_until=None)
        # Whoever goes on after the pause waits longer, and the window begins anew each time.
        pause = min(limit.pause * 2 ** min(over, 16), limit.pause_max)
        return replace(self, failures=failures, since=now, closed_until=now + pause)

    def forgiven(self) -> "Guard":
        """Return the guard after a try that was right: an account's starts afresh."""
        if self.watch in SILENT:
            return replace(self, failures=0, closed_until=None)
        failures = max(self.failures - 1, 0)
        closed = self.closed_until if failures >= self.limit.failures else None
        return replace(self, failures=failures, closed_until=closed)


def guard_name(watch: Watch, whom: str = "") -> str:
    """Return a guard's name.

    Args:
        watch: What it watches.
        whom: An address, or the keyed hash of an account's name as it was typed.
    """
    ensure(bool(whom) != (watch is Watch.ALL), "a guard watches somebody, or everybody")
    return f"{watch.value}:{whom}" if whom else watch.value
