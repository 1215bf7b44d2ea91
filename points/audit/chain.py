"""Whether a chain holds: every event follows from the one before, and its hash from itself."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from points.audit.model import Event, Head


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """The first event that does not follow.

    Attributes:
        sequence: Which event, or which is missing.
        expected: What follows from the events before.
        found: What stands there.
    """

    sequence: int
    expected: str
    found: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A chain as far as it holds.

    Attributes:
        rows: How many events follow.
        head: The last of them.
        broken: The first that does not, or None.
    """

    rows: int
    head: Head
    broken: Break | None


def walk(events: Iterable[Event], start: Head | None = None) -> Walked:
    """Follow a chain to its end or to its first break.

    Args:
        events: In order.
        start: What stands before the first of them; the beginning of all by default.
    """
    head = start or Head()
    rows = 0
    for event in events:
        for broken in _breaks(event, head):
            return Walked(rows=rows, head=head, broken=broken)
        rows += 1
        head = Head(sequence=event.sequence, hash=event.hash, recorded_at=event.recorded_at)
    return Walked(rows=rows, head=head, broken=None)


def _breaks(event: Event, head: Head) -> Iterator[Break]:
    wanted = head.sequence + 1
    if event.sequence != wanted:
        yield Break(
            sequence=wanted, expected=f"event {wanted}", found=f"event {event.sequence} after it"
        )
    if event.previous_hash != head.hash:
        yield Break(sequence=wanted, expected=f"after {head.hash}", found=event.previous_hash)
    if not event.right:
        yield Break(sequence=wanted, expected="the hash of its fields", found=event.hash)
    if head.recorded_at is not None and event.recorded_at < head.recorded_at:
        yield Break(
            sequence=wanted,
            expected=f"not before {head.recorded_at.isoformat()}",
            found=event.recorded_at.isoformat(),
        )
