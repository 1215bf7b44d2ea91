"""Where activities come from: member after member, or all in the order in which they counted."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from points.rules import Entry
from points.rules.impact import Line


class Mark(NamedTuple):
    """What tells some activities from others.

    Attributes:
        activities: About how many there are, for progress.
        sha256: Another one when anything is added or taken away.
    """

    activities: int
    sha256: str


class Item(NamedTuple):
    """An activity, and what was really posted for it where the source knows.

    Attributes:
        stored: Sorted; None where nobody knows.
    """

    entry: Entry
    stored: tuple[Line, ...] | None = None


class Source(Protocol):
    """Activities that can be read again and again, always the same."""

    @property
    def as_of(self) -> datetime | None:
        """Until when it knows what was scored; points that were put off came due until then."""
        ...

    def mark(self) -> Mark:
        """Return what tells these activities from others."""
        ...

    def shards(self) -> Iterator[Sequence[str]]:
        """Yield every member once, in groups that are small enough to be read at once."""
        ...

    def members(self, shard: Sequence[str]) -> Iterator[list[Item]]:
        """Yield what each member of a group did, in the order in which it counted."""
        ...

    def stream(self) -> Iterator[Item]:
        """Yield what all members did, in the order in which it counted."""
        ...
