"""The largest changes: a list of bounded length that merges with others of its kind."""

from bisect import insort
from dataclasses import dataclass, field
from typing import NamedTuple

LARGEST = 20
"""How many are kept of each kind, measure and direction."""


class Change(NamedTuple):
    """What changed for one member, or for one activity.

    Attributes:
        id: The member's, or the activity's.
        member_id: The member whose it is.
        before: Points before.
        after: Points after.
        type: Of the activity; empty for a member.
        occurred_at: When the activity happened, in ISO 8601; empty for a member.
    """

    id: str
    member_id: str
    before: int
    after: int
    type: str = ""
    occurred_at: str = ""

    @property
    def delta(self) -> int:
        """Return how many points more there are after."""
        return self.after - self.before

    @property
    def rank(self) -> tuple[int, str]:
        """Return what the largest are sorted by: ids decide among equals, so that all agree."""
        return -abs(self.delta), self.id


@dataclass(slots=True)
class Largest:
    """The largest changes of one direction."""

    kept: list[Change] = field(default_factory=list)

    def add(self, change: Change) -> None:
        """Keep a change if it is one of the largest."""
        full = len(self.kept) >= LARGEST
        if full and change.rank >= self.kept[-1].rank:
            return
        insort(self.kept, change, key=_rank)
        del self.kept[LARGEST:]


def _rank(change: Change) -> tuple[int, str]:
    return change.rank
