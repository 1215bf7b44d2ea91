"""The catalogue's part of a batch: rewards, stock and pools under their locks, and new facts."""

from dataclasses import dataclass, field

from points.catalogue.errors import OutOfStock, PoolExhausted, RewardUnavailable
from points.catalogue.model import (
    TOTAL,
    CatalogueVersion,
    Moved,
    PoolEntry,
    PoolKind,
    Reward,
    Source,
    StockEntry,
)
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, IdSource, OperationId, RewardId, VoucherId


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
    """Rewards in force, and what they draw on. Nothing here touches a database."""

    version: CatalogueVersion | None = None
    today: str = ""
    rewards: dict[RewardId, Reward] = field(default_factory=dict)
    stock: dict[tuple[RewardId, str], StockCount] = field(default_factory=dict)
    pools: dict[str, Pool] = field(default_factory=dict)
    given: dict[tuple[str, str], int] = field(default_factory=dict)
    new_version: CatalogueVersion | None = None
    new_rewards: list[Reward] = field(default_factory=list)
    stock_entries: list[StockEntry] = field(default_factory=list)
    pool_entries: list[PoolEntry] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        loaded = self.new_version is not None
        return len(self.stock_entries) + len(self.pool_entries) + loaded

    def publish(self, version: CatalogueVersion, rewards: list[Reward]) -> None:
        """Put a new version of the catalogue in force."""
        ensure(self.new_version is None, "one batch publishes one version")
        self.version = self.new_version = version
        self.new_rewards = rewards
        self.rewards = {reward.reward_id: reward for reward in rewards}

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

    def refuses(self, reward: Reward, programme: str, *, keep_fen: int = 0) -> Refusal | None:
        """Return why the reward cannot be drawn today from this programme's pool, if so.

        Args:
            reward: What is to be drawn.
            programme: Whose pool pays.
            keep_fen: The pool's safety margin, which no new promise may touch.
        """
        if programme not in reward.programmes:
            return RewardUnavailable()
        stock = reward.stock
        if stock and self._used_up(reward.reward_id, TOTAL, stock.total):
            return OutOfStock(today_only=False)
        if stock and self._used_up(reward.reward_id, self.today, stock.per_day):
            return OutOfStock(today_only=True)
        sellable = self.pool(programme).free - keep_fen
        if 0 < reward.cost_max_fen > sellable:
            return PoolExhausted()
        return None

    def _used_up(self, reward: RewardId, bucket: str, most: int | None) -> bool:
        return most is not None and self.count(reward, bucket).taken >= most


@dataclass(frozen=True, slots=True)
class Booking:
    """Books stock and money for one voucher of a batch, fact and projection together."""

    shelf: Shelf
    ids: IdSource
    operation_id: OperationId
    actor: Actor

    def reserve(self, reward: Reward, programme: str, voucher: VoucherId) -> None:
        """Promise one piece and what it can cost at most."""
        stock = reward.stock
        if stock is not None:
            self.stock(reward.reward_id, TOTAL, voucher, reserved=1)
            self.stock(reward.reward_id, self.shelf.today, voucher, reserved=1)
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
