"""Time comes from a clock, never from the machine behind one's back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Says what time it is."""

    def now(self) -> datetime:
        """Return the present instant, in UTC, with its zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the machine's instant."""
        return datetime.now(UTC)  # noqa: TID251 - the one place that reads it


@dataclass(slots=True)
class ManualClock:
    """A clock that a test or the demo moves by hand."""

    instant: datetime

    def now(self) -> datetime:
        """Return the instant that was set."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move the clock, forwards or back."""
        self.instant += by

    def set(self, instant: datetime) -> None:
        """Put the clock at an instant."""
        self.instant = instant
