"""The ledger as one would explain it on paper: lists of numbers, no database, no batches.

Each verb returns what the engine must answer: an empty dictionary when it is done, or the refusal's
code with its details.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

NEVER = datetime.max.replace(tzinfo=UTC)
LONG_AGO = datetime.min.replace(tzinfo=UTC)
Answer = dict[str, object]


def refused(code: str, **details: object) -> Answer:
    """Return a refusal as the model answers it."""
    return {"refused": code, **details}


@dataclass(slots=True)
class PlainLot:
    """Points with one expiry; ``expired`` counts those that are gone for good.

    ``root`` is the lot that its award began with, itself unless a correction granted it; of the
    root, ``taken`` counts what corrections took back of the award, and ``standing`` what they left.
    """

    number: int
    points: int
    expires_at: datetime | None
    pending: int = 0
    available: int = 0
    held: int = 0
    expired: int = 0
    reversed: bool = False
    root: int = -1
    taken: int = 0
    standing: int = 0

    def is_over(self, at: datetime) -> bool:
        """Return whether it can no longer be spent."""
        return self.expires_at is not None and self.expires_at <= at


@dataclass(slots=True)
class PlainHold:
    """Which lots a hold pins, in order: ``[lot, held, redeemed]``."""

    pins: list[list[int]]
    hold_id: str = ""

    def total(self, column: int) -> int:
        """Return what is held (1) or redeemed (2)."""
        return sum(pin[column] for pin in self.pins)


@dataclass(slots=True)
class PlainAccount:
    """One member's holding in one measure."""

    lots: list[PlainLot] = field(default_factory=list)
    holds: list[PlainHold] = field(default_factory=list)
    debt: int = 0
    last: datetime = LONG_AGO

    def balances(self) -> tuple[int, int, int, int]:
        """Return what is pending, available, held, and owed as a negative number."""
        return (
            sum(lot.pending for lot in self.lots),
            sum(lot.available for lot in self.lots),
            sum(lot.held for lot in self.lots),
            -self.debt,
        )

    def room_for(self, verb: str, now: datetime) -> int:
        """Return how many points a verb would find here; zero means that it would be refused."""
        named = [hold for hold in self.holds if hold.hold_id]
        if verb in ("capture", "release"):
            return max((hold.total(1) for hold in named), default=0)
        if verb in ("void", "refund"):
            return max((hold.total(2) for hold in named), default=0)
        if verb == "hold":
            return 0 if self.debt else sum(lot.available for lot in self._spendable(now))
        if verb == "expire":
            return sum(lot.available for lot in self.lots if lot.is_over(now))
        if verb == "mature":
            return sum(lot.pending for lot in self.lots)
        return sum(lot.points for lot in self.lots if lot.root == lot.number and not lot.reversed)

    def earn(
        self, points: int, expires_at: datetime | None, at: datetime, *, pending: bool
    ) -> Answer:
        number = len(self.lots)
        lot = PlainLot(number=number, root=number, points=points, expires_at=expires_at)
        lot.standing = points
        self.lots.append(lot)
        if pending:
            lot.pending = points
        else:
            self._arrive(lot, points)
        return self._done(at)

    def mature(self, at: datetime) -> Answer:
        waiting = [lot for lot in self.lots if lot.pending]
        for lot in waiting:
            points, lot.pending = lot.pending, 0
            self._arrive(lot, points)
        return self._done(at) if waiting else refused("nothing_to_do")

    def hold(self, points: int, at: datetime) -> Answer:
        spendable = self._spendable(at)
        enough = 0 if self.debt else sum(lot.available for lot in spendable)
        if enough < points:
            return refused("insufficient_points", asked=points, available=enough)
        pins, left = [], points
        for lot in spendable:
            some = min(left, lot.available)
            lot.available, lot.held, left = lot.available - some, lot.held + some, left - some
            if some:
                pins.append([lot.number, some, 0])
        self.holds.append(PlainHold(pins))
        return self._done(at)

    def capture(self, hold: PlainHold, points: int, at: datetime) -> Answer:
        return self._shift(hold, points, at, source=1, target=2)

    def void(self, hold: PlainHold, points: int, at: datetime) -> Answer:
        return self._shift(hold, points, at, source=2, target=1)

    def release(self, hold: PlainHold, points: int, at: datetime, grace: timedelta) -> Answer:
        return self._give_back(hold, points, at, grace, source=1)

    def refund(self, hold: PlainHold, points: int, at: datetime, grace: timedelta) -> Answer:
        return self._give_back(hold, points, at, grace, source=2)

    def expire(self, at: datetime) -> Answer:
        # The sweeper goes by the clock alone, and so may come late, never early.
        over = [lot for lot in self.lots if lot.available and lot.is_over(at)]
        for lot in over:
            lot.expired, lot.available = lot.expired + lot.available, 0
        return self._done(at) if over else refused("nothing_to_do")

    def reverse(self, root: PlainLot, at: datetime) -> Answer:
        if root.reversed:
            return refused("already_reversed")
        left = self._over(root, 0)
        if not left:
            return refused("nothing_to_do")
        root.reversed = True
        self._take_back(root, left, at)
        return self._done(at)

    def correct(self, root: PlainLot, standing: int, at: datetime, *, pending: bool) -> Answer:
        if root.reversed:
            return refused("already_reversed")
        if standing > root.standing:
            lot = PlainLot(
                number=len(self.lots),
                root=root.number,
                points=standing - root.standing,
                expires_at=root.expires_at,
            )
            self.lots.append(lot)
            if pending:
                lot.pending = lot.points
            else:
                self._arrive(lot, lot.points)
        else:
            over = self._over(root, standing)
            if not over:
                return refused("nothing_to_do")
            root.taken += over
            self._take_back(root, over, at)
        root.standing = standing
        return self._done(at)

    def _over(self, root: PlainLot, standing: int) -> int:
        """Return what is to go so that no more stands; what has expired is gone already."""
        mine = [lot for lot in self.lots if lot.root == root.number]
        granted, expired = sum(lot.points for lot in mine), sum(lot.expired for lot in mine)
        return max(0, granted - expired - root.taken - standing)

    def _take_back(self, root: PlainLot, points: int, at: datetime) -> None:
        own = [lot for lot in reversed(self.lots) if lot.root == root.number]
        left = points
        for lot in own:
            some = min(left, lot.pending)
            lot.pending, left = lot.pending - some, left - some
            some = min(left, lot.available)
            lot.available, left = lot.available - some, left - some
        for other in self._spendable(at):
            some = min(left, other.available)
            other.available, left = other.available - some, left - some
        self.debt += left

    def _at(self, now: datetime) -> datetime:
        return max(now, self.last)

    def _done(self, now: datetime) -> Answer:
        self.last = self._at(now)
        return {}

    def _arrive(self, lot: PlainLot, points: int) -> None:
        repaid = min(self.debt, points)
        self.debt -= repaid
        lot.available += points - repaid

    def _spendable(self, now: datetime) -> list[PlainLot]:
        fresh = [lot for lot in self.lots if not lot.is_over(self._at(now))]
        return sorted(fresh, key=lambda lot: (lot.expires_at or NEVER, lot.number))

    def _shift(
        self, hold: PlainHold, points: int, at: datetime, *, source: int, target: int
    ) -> Answer:
        if hold.total(source) < points:
            return refused("insufficient_points", asked=points, available=hold.total(source))
        left, sign = points, 1 if target == 1 else -1
        # Spent earliest first, and undone as if it had never been: the last spent comes back.
        for pin in hold.pins if sign < 0 else reversed(hold.pins):
            some = min(left, pin[source])
            pin[source], pin[target], left = pin[source] - some, pin[target] + some, left - some
            self.lots[pin[0]].held += sign * some
        return self._done(at)

    def _give_back(
        self, hold: PlainHold, points: int, at: datetime, grace: timedelta, *, source: int
    ) -> Answer:
        if hold.total(source) < points:
            return refused("insufficient_points", asked=points, available=hold.total(source))
        left = points
        for pin in reversed(hold.pins):
            some = min(left, pin[source])
            lot = self.lots[pin[0]]
            if some and lot.is_over(self._at(at)):
                # What lay there has expired, swept or not; only what returns gets the grace.
                lot.expired, lot.available = lot.expired + lot.available, 0
                lot.expires_at = self._at(at) + grace
            pin[source], left = pin[source] - some, left - some
            lot.held -= some if source == 1 else 0
            self._arrive(lot, some)
        return self._done(at)
