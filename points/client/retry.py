"""When to try again, and how long to wait before."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PASSING = frozenset({429, 502, 503, 504})
"""Answers after which the same request may succeed."""

_chance = random.SystemRandom().random


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """How often to try, and how long to wait in between.

    Every call is safe to repeat: reads change nothing, writes carry their idempotency key or the
    caller's own number.

    Attributes:
        attempts_max: In all; one means never again.
        first_seconds: The longest wait before the second attempt; it doubles from then on.
        wait_seconds_max: No wait is longer, whatever the server asks for.
        chance: Returns a number from 0 to 1; callers that failed together must not return together.
    """

    attempts_max: int = 5
    first_seconds: float = 0.2
    wait_seconds_max: float = 10.0
    chance: Callable[[], float] = _chance

    def again(self, attempt: int, status: int | None) -> bool:
        """Return whether to try again after an attempt (from one) that had a status, or none."""
        return attempt < self.attempts_max and (status is None or status in PASSING)

    def wait_seconds(self, attempt: int, headers: Mapping[str, str]) -> float:
        """Return how long to wait after an attempt: as the server asks, else by chance."""
        asked = headers.get("retry-after", "")
        if asked.isdecimal():
            return min(float(asked), self.wait_seconds_max)
        longest = min(self.first_seconds * 2.0 ** (attempt - 1), self.wait_seconds_max)
        return longest * self.chance()
