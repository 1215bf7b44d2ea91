"""Which version an activity counts by when it is scored again.

What was scored goes on by what was known when it was scored, or when a correction batch last
reached its member: a version that was published for the past reaches those alone who were told of
it, had it approved, and got their difference posted.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from points.corrections.model import Reach
from points.flows.context import RuleBook
from points.rules import RuleSet

INSTANT = timedelta(microseconds=1)

Override = Callable[[str, datetime], RuleSet | None]
"""Returns the version that a batch would have an activity count by; None where it says nothing."""


def no_override(_programme: str, _at: datetime) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True)
class Known:
    """What there is to know of an activity, to say by which version it counts.

    Attributes:
        scored_at: When it was scored.
        reached: Which corrections have reached its member.
        pinned: The hash of the rules that stand on its awards, by programme.
    """

    scored_at: datetime
    reached: tuple[Reach, ...] = ()
    pinned: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Choice:
    """Chooses versions for one activity after another; told of each before it is scored.

    Attributes:
        book: The association's rules.
        override: What a batch would have instead.
        known: Of the activity that is scored next.
    """

    book: RuleBook
    override: Override = no_override
    known: Known | None = None

    def __call__(self, programme: str, at: datetime) -> RuleSet | None:
        """Return the version, or None where none holds."""
        chosen = self.override(programme, at)
        if chosen is not None or self.known is None:
            return chosen or self.book.in_force(programme, at)
        since = [reach.at for reach in self.known.reached if reach.covers(programme, at)]
        if since:
            return self.book.held(programme, at, max([self.known.scored_at, *since]))
        pinned = self.book.by_hash(self.known.pinned.get(programme, ""))
        # Who scored it in the very batch that published a version went by the one before.
        return pinned or self.book.held(programme, at, self.known.scored_at - INSTANT)
