"""Which version an activity counts by when it is scored again.

What was scored goes on by what was known when it was scored, or when a correction batch last
reached its member: a version that was published for the past reaches those alone who were told of
it, had it approved, and got their difference posted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime

from points.corrections.model import Reach
from points.flows.context import RuleBook
from points.rules import RuleSet

Override = Callable[[str, datetime], RuleSet | None]
"""Returns the version that a batch would have an activity count by; None where it says nothing."""


def no_override(_programme: str, _at: datetime) -> None:
    """Say nothing."""


@dataclass(slots=True)
class Choice:
    """Chooses versions for one activity after another; told of each before it is scored.

    Attributes:
        book: The association's rules.
        override: What a batch would have instead.
    """

    book: RuleBook
    override: Override = no_override
    _scored_at: datetime | None = None
    _reached: tuple[Reach, ...] = field(default=())

    def look(self, scored_at: datetime, reached: Iterable[Reach]) -> None:
        """Turn to an activity: when it was scored, and what has reached its member since."""
        self._scored_at, self._reached = scored_at, tuple(reached)

    def __call__(self, programme: str, at: datetime) -> RuleSet | None:
        """Return the version, or None where none holds."""
        chosen = self.override(programme, at)
        if chosen is not None:
            return chosen
        if self._scored_at is None:
            return self.book.in_force(programme, at)
        since = [reach.at for reach in self._reached if reach.covers(programme, at)]
        return self.book.held(programme, at, max([self._scored_at, *since]))
