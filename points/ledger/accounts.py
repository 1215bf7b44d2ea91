"""Accounts and lots as they change within one batch."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from points.kernel.amounts import ZERO, Points
from points.kernel.ensure import ensure
from points.kernel.ids import AccountId, HoldId, LotId, TransactionId
from points.ledger.model import Place, State

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class OpenLot:
    """A lot and where its points are now: a projection of the lot and its movements."""

    lot_id: LotId
    account: AccountId
    transaction_id: TransactionId
    expires_at: datetime | None
    pending: int = 0
    available: int = 0
    held: int = 0

    def move(self, source: Place, target: Place, points: int) -> None:
        """Take points from one place to another; places outside the account keep no count."""
        for place, change in ((source, -points), (target, points)):
            if place is Place.PENDING:
                self.pending += change
            elif place is Place.AVAILABLE:
                self.available += change
            elif place is Place.HELD:
                self.held += change
        ensure(min(self.pending, self.available, self.held) >= 0, "a lot never goes below zero")

    def at(self, place: Place) -> int:
        """Return how many points are at a place inside the account."""
        return int(getattr(self, place.value))

    def expired(self, now: datetime) -> bool:
        """Return whether the lot can no longer be spent; its expiry is the first such instant."""
        return self.expires_at is not None and self.expires_at <= now

    def burn_order(self) -> tuple[datetime, LotId]:
        """Earliest expiry first, then oldest."""
        return (self.expires_at or NEVER, self.lot_id)


@dataclass(slots=True, kw_only=True)
class Account:
    """A member's holding in one measure, loaded under its lock.

    ``lots`` is None unless the batch asked for them: granting points needs none.
    """

    account_id: AccountId
    version: int = 0
    pending: int = 0
    available: int = 0
    held: int = 0
    debt: int = 0
    recorded_at: datetime | None = None
    lots: dict[LotId, OpenLot] | None = None
    touched: bool = False

    def change(self, state: State, points: int) -> int:
        """Add to a state and return its new balance."""
        if state is State.PENDING:
            after = self.pending = self.pending + points
        elif state is State.AVAILABLE:
            after = self.available = self.available + points
        elif state is State.HELD:
            after = self.held = self.held + points
        else:
            after = self.debt = self.debt + points
        self.version += 1
        self.touched = True
        return after

    def instant(self, now: datetime) -> datetime:
        """Return now, or what was recorded last where the clock has run backwards since."""
        return max(now, self.recorded_at) if self.recorded_at is not None else now

    def open_lots(self) -> dict[LotId, OpenLot]:
        """Return the lots that were loaded.

        Raises:
            BrokenInvariant: The command did not say that it needs them.
        """
        ensure(self.lots is not None, "a command that moves lots asks for them")
        return self.lots if self.lots is not None else {}

    def spendable(self, now: datetime) -> list[OpenLot]:
        """Return lots with available points that have not expired, earliest expiry first."""
        at = self.instant(now)
        lots = (lot for lot in self.open_lots().values() if lot.available and not lot.expired(at))
        return sorted(lots, key=OpenLot.burn_order)

    def spendable_points(self, now: datetime) -> Points:
        """Return what can be spent now; nothing while there is debt."""
        if self.debt:
            return ZERO
        return Points(sum(lot.available for lot in self.spendable(now)))


@dataclass(slots=True, kw_only=True)
class Hold:
    """Points set aside or given away, pinned lot by lot, and what became of them."""

    hold_id: HoldId
    account: AccountId
    held: dict[LotId, int] = field(default_factory=dict)
    redeemed: dict[LotId, int] = field(default_factory=dict)
    donated: dict[LotId, int] = field(default_factory=dict)

    def record(self, lot: LotId, source: Place, target: Place, points: int) -> None:
        """Follow one movement of this hold."""
        kept = {
            Place.HELD: self.held,
            Place.REDEEMED: self.redeemed,
            Place.DONATED: self.donated,
        }
        for place, change in ((source, -points), (target, points)):
            if place in kept:
                kept[place][lot] = kept[place].get(lot, 0) + change

    @property
    def held_points(self) -> int:
        """What is still set aside."""
        return sum(self.held.values())

    @property
    def donated_points(self) -> int:
        """What was given away and has not been given back."""
        return sum(self.donated.values())

    @property
    def redeemed_points(self) -> int:
        """What has been spent and not given back."""
        return sum(self.redeemed.values())


@dataclass(slots=True, kw_only=True)
class Grant:
    """What an award granted in one account, by its first transaction and its corrections.

    Attributes:
        root: The first transaction.
        account: Whose, and in which measure.
        lots: The lots that it came in.
        expired: What of them has expired.
        taken: What corrections took back, from these lots, from others, or as debt.
    """

    root: TransactionId
    account: AccountId
    lots: dict[LotId, int] = field(default_factory=dict)
    expired: int = 0
    taken: int = 0

    @property
    def points(self) -> int:
        """Everything that was ever granted."""
        return sum(self.lots.values())


def take(available: dict[LotId, int], points: int) -> Iterator[tuple[LotId, int]]:
    """Yield portions of lots, in their order, that make up a number of points."""
    left = points
    for lot, some in list(available.items()):
        portion = min(left, some)
        if portion > 0:
            yield lot, portion
            left -= portion
    ensure(left == 0, "there are enough points to take")
