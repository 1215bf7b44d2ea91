"""The hardship fund's facts: what was given to it, what it gave, and what went back."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, MemberId, OperationId, TransactionId


class EntryKind(StrEnum):
    """What happened: a donation, one given back, a grant out of the fund, or one of new points."""

    DONATED = "donated"
    RETURNED = "returned"
    GRANTED = "granted"
    ISSUED = "issued"


SIGN = {EntryKind.DONATED: 1, EntryKind.RETURNED: -1, EntryKind.GRANTED: -1, EntryKind.ISSUED: 0}
"""What a kind does to the fund: it gains, loses, or is not touched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HardshipEntry:
    """One line of a programme's hardship fund.

    Attributes:
        entry_id: Of a donation it is the hold that pins its points to their lots.
        member_id: Who gave or got.
        points: How many, above zero.
        about: The donation that is given back, or the proposal that a grant was decided by.
        named: Whether a donor asked to be named.
    """

    entry_id: str
    programme: str
    kind: EntryKind
    member_id: MemberId
    points: int
    transaction_id: TransactionId
    operation_id: OperationId
    actor: Actor
    recorded_at: datetime
    about: str | None = None
    named: bool = False

    def __post_init__(self) -> None:
        ensure(self.points > 0, "an entry moves points")
        returned = self.kind is EntryKind.RETURNED
        ensure(not returned or self.about is not None, "what is given back says of what")
        ensure(not self.named or self.kind is EntryKind.DONATED, "only donors are named")

    @property
    def change(self) -> int:
        """What the fund gains by it, or loses."""
        return SIGN[self.kind] * self.points


@dataclass(slots=True, kw_only=True)
class Fund:
    """A programme's hardship fund, in points: the projection of its entries."""

    programme: str
    donated: int = 0
    returned: int = 0
    granted: int = 0
    fresh: bool = False
    touched: bool = False

    @property
    def balance(self) -> int:
        """What it holds."""
        return self.donated - self.returned - self.granted

    def take(self, entry: HardshipEntry) -> None:
        """Count an entry.

        Raises:
            BrokenInvariant: It gives more than it holds.
        """
        if entry.kind is EntryKind.DONATED:
            self.donated += entry.points
        elif entry.kind is EntryKind.RETURNED:
            self.returned += entry.points
        elif entry.kind is EntryKind.GRANTED:
            self.granted += entry.points
        self.touched |= bool(entry.change)
        ensure(self.balance >= 0, "a fund gives what it holds")
