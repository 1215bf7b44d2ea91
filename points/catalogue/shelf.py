"""The catalogue's part of a batch: rewards, stock and pools under their locks, and new facts."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from points.catalogue.errors import (
    OutletNeeded,
    OutletNotOffered,
    OutOfStock,
    PoolExhausted,
    RewardUnavailable,
)
from points.catalogue.model import (
    TOTAL,
    CatalogueVersion,
    GateEnd,
    GateGrant,
    LowPool,
    Moved,
    PoolEntry,
    PoolKind,
    Reward,
    Source,
    StockEntry,
    Window,
    outlet_bucket,
)
from points.catalogue.photos import Photo
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, IdSource, MemberId, OperationId, OutletId, RewardId, VoucherId


@dataclass(slots=True, kw_only=True)
class StockCount:
    """How many of a reward are promised and handed out, in one bucket.

    A day's bucket only counts what was drawn on that day; what comes back later gives the total
    its room back, not the day.
    """

    reward_id: RewardId
    bucket: str
    reserved: int = 0
    issued: int = 0
    fresh: bool = False
    touched: bool = False

    @property
    def taken(self) -> int:
        """What is no longer there to be drawn."""
        return self.reserved + self.issued


@dataclass(slots=True, kw_only=True)
class Pool:
    """A programme's money, in fen: what was given, promised to vouchers, and spent."""

    programme: str
    funded: int = 0
    reserved: int = 0
    spent: int = 0
    fresh: bool = False
    touched: bool = False

    @property
    def free(self) -> int:
        """What can still be promised."""
        return self.funded - self.reserved - self.spent


@dataclass(slots=True)
class Shelf:
    """Rewards in force, and what they draw on. Nothing here touches a database.

    Attributes:
        version: In force; ``highest`` is the highest that was published, perhaps for later.
        today: As a bucket of stock.
        coming: What rewards are in versions that are yet to begin, of those that were asked for
            so. A version above which a higher one has begun is none of these: it never does.
        shown: Which rewards are shown today, where that was asked for.
        grants: Open grants of gates, by member and reward; the oldest first.
        granted: The same by their id, of those that were asked for one by one.
        photos: Hashes of the asked-for photos that are kept.
        low_pools: Pools of which staff are told in this batch.
    """

    version: CatalogueVersion | None = None
    highest: int = 0
    today: str = ""
    rewards: dict[RewardId, Reward] = field(default_factory=dict)
    coming: dict[RewardId, list[Reward]] = field(default_factory=dict)
    shown: set[RewardId] = field(default_factory=set)
    stock: dict[tuple[RewardId, str], StockCount] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    grants: dict[tuple[MemberId, RewardId], list[GateGrant]] = field(default_factory=dict)
    granted: dict[str, GateGrant] = field(default_factory=dict)
    photos: set[str] = field(default_factory=set)
    given: dict[tuple[str, str], int] = field(default_factory=dict)
    new_version: CatalogueVersion | None = None
    new_rewards: list[Reward] = field(default_factory=list)
    published_by: Actor | None = None
    new_photos: list[Photo] = field(default_factory=list)
    new_grants: list[GateGrant] = field(default_factory=list)
    new_ends: list[GateEnd] = field(default_factory=list)
    stock_entries: list[StockEntry] = field(default_factory=list)
    pool_entries: list[PoolEntry] = field(default_factory=list)
    low_pools: list[LowPool] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        loaded = self.new_version is not None
        gates = len(self.new_grants) + len(self.new_ends)
        moved = len(self.stock_entries) + len(self.pool_entries) + len(self.low_pools)
        return moved + gates + len(self.new_photos) + loaded

    def publish(self, version: CatalogueVersion, rewards: list[Reward], by: Actor) -> None:
        """Publish a new version; until the batch is committed it is one that is yet to begin.

        Who draws in the same batch draws by the version before: what the new one counts, as other
        days and outlets, was not loaded.
        """
        ensure(self.new_version is None, "one batch publishes one version")
        self.new_version, self.highest = version, version.version
        self.new_rewards, self.published_by = rewards, by
        for reward in rewards:
            self.coming.setdefault(reward.reward_id, []).append(reward)

    def keep(self, photo: Photo) -> None:
        """Keep a photo; the same once."""
        if photo.sha256 not in self.photos:
            self.photos.add(photo.sha256)
            self.new_photos.append(photo)

    def open_gate(self, member: MemberId, reward: Reward, now: datetime) -> GateGrant | None:
        """Return the grant that lets a member through a reward's gate now, if there is one.

        What was seen for the gate that the reward had before opens none that it has now.
        """
        held = self.grants.get((member, reward.reward_id), [])
        good = (each for each in held if now < each.valid_until and each.gate == reward.gate)
        return next(good, None)

    def grant(self, grant: GateGrant) -> None:
        """Open a reward's gate for a member, once."""
        self.grants.setdefault((grant.member_id, grant.reward_id), []).append(grant)
        self.granted[grant.grant_id] = grant
        self.new_grants.append(grant)

    def end(self, grant: GateGrant, end: GateEnd) -> None:
        """End a grant: it was used, or taken back."""
        self.grants.get((grant.member_id, grant.reward_id), []).remove(grant)
        self.granted.pop(grant.grant_id, None)
        self.new_ends.append(end)

    def count(self, reward: RewardId, bucket: str) -> StockCount:
        """Return a bucket of a reward's stock; an unknown one starts at zero."""
        key = (reward, bucket)
        if key not in self.stock:
            self.stock[key] = StockCount(reward_id=reward, bucket=bucket, fresh=True)
        return self.stock[key]

    def pool(self, programme: str) -> Pool:
        """Return a programme's pool; without any funding it is empty."""
        if programme not in self.pools:
            self.pools[programme] = Pool(programme=programme, fresh=True)
        return self.pools[programme]

    def against(
        self,
        reward: Reward,
        programme: str,
        outlet: OutletId | None = None,
        *,
        keep_fen: int = 0,
    ) -> Iterator[Refusal]:
        """Yield everything that keeps the reward from being drawn today: outlet, stock, money.

        Args:
            reward: What is to be drawn.
            programme: Whose pool pays.
            outlet: Where it is to be had, of rewards with stock by outlet.
            keep_fen: The pool's safety margin, which no new promise may touch.
        """
        if programme not in reward.programmes:
            yield RewardUnavailable()
            return
        yield from self._against_outlet(reward, outlet)
        yield from self._used_up(reward)
        if 0 < reward.cost_max_fen > self.pool(programme).free - keep_fen:
            yield PoolExhausted()

    def _against_outlet(self, reward: Reward, outlet: OutletId | None) -> Iterator[Refusal]:
        if refusal := outlet_misnamed(reward, outlet):
            yield refusal
        elif outlet is not None and self.left_at(reward, outlet) <= 0:
            yield OutOfStock(today_only=False, of="outlet")

    def left_at(self, reward: Reward, outlet: OutletId) -> int:
        """Return how many an outlet has left; none where it has none of its own."""
        most = reward.outlets.get(outlet, 0)
        return max(most - self.count(reward.reward_id, outlet_bucket(outlet)).taken, 0)

    def _used_up(self, reward: Reward) -> Iterator[Refusal]:
        stock = reward.stock
        if stock is None:
            return
        if stock.total is not None and self.count(reward.reward_id, TOTAL).taken >= stock.total:
            yield OutOfStock(today_only=False, of=TOTAL)
        for window, most in stock.periods():
            if self.drawn_in(reward.reward_id, window) >= most:
                yield OutOfStock(today_only=window is Window.DAY, of=window.value)

    def drawn_in(self, reward: RewardId, window: Window) -> int:
        """Return how many were drawn in the window around today: the sum of its days.

        Of every day in it, not only up to today: of two who draw at midnight the one with the
        earlier clock may come second.
        """
        return sum(
            self.count(reward, day).taken
            for day in days_around(window, date.fromisoformat(self.today))
            if day == self.today or (reward, day) in self.stock
        )


def outlet_misnamed(reward: Reward, outlet: OutletId | None) -> Refusal | None:
    """Return why a reward is not had at an outlet, or not without naming one; None: it is."""
    if outlet is None:
        return OutletNeeded() if reward.outlets else None
    return None if outlet in reward.outlets else OutletNotOffered()


def days_around(window: Window, day: date) -> list[str]:
    """Return the buckets of the days of the window that a day falls in; of no longer than a month.

    The buckets of stock are days alone: a week and a month are sums of them, so that a limit for
    a month also counts what was drawn before it was written into the catalogue.
    """
    first, after = window.begins(day), window.ends(day)
    ensure(after is not None, "stock is counted in windows that end")
    last = after or day
    return [(first + timedelta(days=n)).isoformat() for n in range((last - first).days)]


@dataclass(frozen=True, slots=True)
class Booking:
    """Books stock and money for one voucher of a batch, fact and projection together."""

    shelf: Shelf
    ids: IdSource
    operation_id: OperationId
    actor: Actor

    def reserve(
        self, reward: Reward, programme: str, voucher: VoucherId, outlet: OutletId | None = None
    ) -> None:
        """Promise one piece and what it can cost at most."""
        if reward.stock is not None:
            self.stock(reward.reward_id, TOTAL, voucher, reserved=1)
            self.stock(reward.reward_id, self.shelf.today, voucher, reserved=1)
        if outlet is not None:
            self.stock(reward.reward_id, outlet_bucket(outlet), voucher, reserved=1)
        self.pool(PoolKind.RESERVE, programme, Moved(reserved=reward.cost_max_fen), about=voucher)

    def fund(
        self, programme: str, amount_fen: int, source: Source, note: str, document: str = ""
    ) -> None:
        """Put money into a pool."""
        self.pool(
            PoolKind.FUND,
            programme,
            Moved(funded=amount_fen),
            source=source,
            note=note,
            document=document,
        )
        self._count_given(programme, source, amount_fen)

    def give_back(
        self, programme: str, amount_fen: int, source: Source, about: str, document: str = ""
    ) -> None:
        """Give unspent money back to whoever gave it, as two people decided."""
        self.pool(
            PoolKind.FUND,
            programme,
            Moved(funded=-amount_fen),
            about=about,
            source=source,
            document=document,
        )
        self._count_given(programme, source, -amount_fen)

    def _count_given(self, programme: str, source: Source, amount_fen: int) -> None:
        given, key = self.shelf.given, (programme, source.value)
        given[key] = given.get(key, 0) + amount_fen

    def spend(self, programme: str, voucher: VoucherId, cost_fen: int) -> None:
        """Turn promised money into spent money."""
        self.pool(
            PoolKind.SPEND, programme, Moved(reserved=-cost_fen, spent=cost_fen), about=voucher
        )

    def unspend(self, programme: str, voucher: VoucherId, cost_fen: int) -> None:
        """Turn spent money back into promised money: the capture was voided."""
        self.pool(
            PoolKind.UNSPEND, programme, Moved(reserved=cost_fen, spent=-cost_fen), about=voucher
        )

    def release(self, programme: str, voucher: VoucherId, amount_fen: int) -> None:
        """Free what was promised and will not be spent."""
        self.pool(PoolKind.RELEASE, programme, Moved(reserved=-amount_fen), about=voucher)

    def rereserve(self, programme: str, voucher: VoucherId, amount_fen: int) -> None:
        """Promise again what a finished voucher had freed: its last capture was voided."""
        self.pool(PoolKind.RESERVE, programme, Moved(reserved=amount_fen), about=voucher)

    def correct(self, programme: str, about: str, amount_fen: int) -> None:
        """Spend, or with a negative amount give back, what a statement was corrected by."""
        self.pool(PoolKind.CORRECT, programme, Moved(spent=amount_fen), about=about)

    def stock(
        self,
        reward: RewardId,
        bucket: str,
        voucher: VoucherId,
        *,
        reserved: int = 0,
        issued: int = 0,
    ) -> None:
        """Change one bucket of a reward's stock."""
        count = self.shelf.count(reward, bucket)
        count.reserved += reserved
        count.issued += issued
        count.touched = True
        ensure(min(count.reserved, count.issued) >= 0, "stock never goes below zero")
        self.shelf.stock_entries.append(
            StockEntry(
                entry_id=self.ids.next(),
                reward_id=reward,
                bucket=bucket,
                reserved=reserved,
                issued=issued,
                voucher_id=voucher,
            )
        )

    def pool(
        self,
        kind: PoolKind,
        programme: str,
        moved: Moved,
        *,
        about: str | None = None,
        source: Source | None = None,
        note: str = "",
        document: str = "",
    ) -> None:
        """Change a pool; nothing moved, nothing written."""
        if moved == Moved():
            return
        pool = self.shelf.pool(programme)
        pool.funded += moved.funded
        pool.reserved += moved.reserved
        pool.spent += moved.spent
        pool.touched = True
        ensure(min(pool.reserved, pool.spent, pool.free) >= 0, "a pool never goes below zero")
        self.shelf.pool_entries.append(
            PoolEntry(
                entry_id=self.ids.next(),
                programme=programme,
                kind=kind,
                moved=moved,
                source=source,
                note=note,
                document=document,
                about=about,
                operation_id=self.operation_id,
                actor=self.actor,
            )
        )
