"""The catalogue in the database: loads under locks, appends, and reads for channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from points.catalogue.model import (
    PROGRAMMES,
    TOTAL,
    CatalogueVersion,
    PoolKind,
    Reward,
    reward_from,
)
from points.catalogue.shelf import Pool, Shelf, StockCount
from points.catalogue.tables import (
    catalogue_version,
    pool,
    pool_entry,
    reward,
    stock,
    stock_entry,
)
from points.db.base import indexed
from points.db.bulk import append_rows, update_rows, within
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId, RewardId


@dataclass(slots=True)
class CatalogueKeys:
    """What a batch needs of the catalogue.

    Attributes:
        version: Whether the version in force is needed, as for publishing the next.
        rewards: Rewards to read in the version in force.
        stock: Rewards whose stock is to be locked.
        pools: Programmes whose pool is to be locked.
        given: Those of them of which must be known who gave how much.
    """

    version: bool = False
    rewards: set[RewardId] = field(default_factory=set)
    stock: set[RewardId] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)


def load_shelf(
    connection: Connection, association: AssociationId, keys: CatalogueKeys, now: datetime
) -> Shelf:
    """Lock stock, then pools; what is read without a lock never changes once it is written."""
    shelf = Shelf()
    if not (keys.version or keys.rewards or keys.stock or keys.pools):
        return shelf
    shelf.version = find_version(connection, association)
    if shelf.version is not None:
        shelf.today = shelf.version.day(now).isoformat()
        for each in _rewards(connection, association, shelf.version.version, keys.rewards):
            shelf.rewards[each.reward_id] = each
    if keys.stock:
        _lock_stock(connection, association, keys.stock, shelf)
    if keys.pools:
        _lock_pools(connection, association, keys.pools, shelf)
    if keys.given:
        shelf.given = given_by_source(connection, association, keys.given)
    return shelf


def _lock_stock(
    connection: Connection, association: AssociationId, rewards: set[RewardId], shelf: Shelf
) -> None:
    # A bucket that does not exist yet cannot be locked: its insert collides, and the batch is
    # tried again.
    rows = connection.execute(
        select(stock)
        .where(
            stock.c.association_id == association,
            within(connection, stock.c.reward_id, rewards),
            stock.c.bucket.in_((TOTAL, shelf.today)),
        )
        .order_by(stock.c.reward_id, stock.c.bucket)
        .with_for_update(key_share=True)
    )
    for row in rows.mappings():
        shelf.stock[row["reward_id"], row["bucket"]] = StockCount(
            reward_id=row["reward_id"],
            bucket=row["bucket"],
            reserved=row["reserved"],
            issued=row["issued"],
        )


def _lock_pools(
    connection: Connection, association: AssociationId, programmes: set[str], shelf: Shelf
) -> None:
    rows = connection.execute(
        select(pool)
        .where(
            pool.c.association_id == association, within(connection, pool.c.programme, programmes)
        )
        .order_by(pool.c.programme)
        .with_for_update(key_share=True)
    )
    for row in rows.mappings():
        shelf.pools[row["programme"]] = _pool(row)


def given_by_source(
    connection: Connection, association: AssociationId, programmes: Iterable[str]
) -> dict[tuple[str, str], int]:
    """Return what each source has given to each pool, what went back taken off."""
    e = pool_entry.c
    rows = connection.execute(
        select(e.programme, e.source, cast(func.sum(e.funded), BigInteger))
        .where(
            e.association_id == association,
            within(connection, e.programme, programmes),
            indexed(e.programme),
            e.kind == PoolKind.FUND.value,
        )
        .group_by(e.programme, e.source)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def _pool(row: object) -> Pool:
    found = dict(row)  # type: ignore[call-overload]  # a row mapping
    return Pool(
        programme=found["programme"],
        funded=found["funded"],
        reserved=found["reserved"],
        spent=found["spent"],
    )


def save_shelf(
    connection: Connection, association: AssociationId, shelf: Shelf, now: datetime
) -> None:
    """Append versions and entries, then bring the counts up to them."""
    a = association
    if (v := shelf.new_version) is not None:
        append_rows(
            connection,
            catalogue_version,
            ("association_id", "version", "zone", "value_fen_per_point", "sha256", "loaded_at"),
            [(a, v.version, v.zone, v.value_fen_per_point, v.sha256, now)],
        )
        append_rows(
            connection,
            reward,
            ("association_id", "version", "reward_id", "body"),
            [(a, r.version, r.reward_id, plain(r)) for r in shelf.new_rewards],
        )
    _save_stock(connection, a, shelf, now)
    _save_pools(connection, a, shelf, now)


def _save_stock(
    connection: Connection, association: AssociationId, shelf: Shelf, now: datetime
) -> None:
    append_rows(
        connection,
        stock_entry,
        (
            "association_id",
            "entry_id",
            "reward_id",
            "bucket",
            "reserved",
            "issued",
            "voucher_id",
            "recorded_at",
        ),
        [
            (
                association,
                e.entry_id,
                e.reward_id,
                e.bucket,
                e.reserved,
                e.issued,
                e.voucher_id,
                now,
            )
            for e in shelf.stock_entries
        ],
    )
    columns = ("association_id", "reward_id", "bucket", "reserved", "issued")
    touched = [each for each in shelf.stock.values() if each.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            stock,
            columns,
            [
                (association, s.reward_id, s.bucket, s.reserved, s.issued)
                for s in touched
                if s.fresh is fresh
            ],
        )


def _save_pools(
    connection: Connection, association: AssociationId, shelf: Shelf, now: datetime
) -> None:
    append_rows(
        connection,
        pool_entry,
        (
            "association_id",
            "entry_id",
            "programme",
            "kind",
            "funded",
            "reserved",
            "spent",
            "source",
            "note",
            "document",
            "about",
            "operation_id",
            "actor",
            "recorded_at",
        ),
        [
            (
                association,
                e.entry_id,
                e.programme,
                e.kind.value,
                e.moved.funded,
                e.moved.reserved,
                e.moved.spent,
                e.source.value if e.source else None,
                e.note,
                e.document,
                e.about,
                e.operation_id,
                e.actor,
                now,
            )
            for e in shelf.pool_entries
        ],
    )
    columns = ("association_id", "programme", "funded", "reserved", "spent")
    touched = [each for each in shelf.pools.values() if each.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            pool,
            columns,
            [
                (association, p.programme, p.funded, p.reserved, p.spent)
                for p in touched
                if p.fresh is fresh
            ],
        )


def find_version(connection: Connection, association: AssociationId) -> CatalogueVersion | None:
    """Return the catalogue version in force, or None before the first."""
    v = catalogue_version
    row = connection.execute(
        select(v.c.version, v.c.zone, v.c.value_fen_per_point, v.c.sha256)
        .where(v.c.association_id == association)
        .order_by(v.c.version.desc())
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    return CatalogueVersion(version=row[0], zone=row[1], value_fen_per_point=row[2], sha256=row[3])


def _rewards(
    connection: Connection, association: AssociationId, version: int, wanted: Iterable[RewardId]
) -> list[Reward]:
    rows = connection.execute(
        select(reward.c.body).where(
            reward.c.association_id == association,
            reward.c.version == version,
            within(connection, reward.c.reward_id, wanted),
        )
    )
    return [reward_from(row[0]) for row in rows]


def list_rewards(connection: Connection, association: AssociationId) -> list[Reward]:
    """Return all rewards of the version in force, by code; a file of at most a few hundred."""
    in_force = (
        select(func.max(catalogue_version.c.version))
        .where(catalogue_version.c.association_id == association)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(reward.c.body)
        .where(reward.c.association_id == association, reward.c.version == in_force)
        .order_by(reward.c.reward_id)
    )
    return [reward_from(row[0]) for row in rows]


def find_pools(connection: Connection, association: AssociationId) -> dict[str, Pool]:
    """Return every programme's pool; one that was never funded is empty."""
    rows = connection.execute(select(pool).where(pool.c.association_id == association))
    found = {row["programme"]: _pool(row) for row in rows.mappings()}
    return {each: found.get(each) or Pool(programme=each) for each in PROGRAMMES}


def stock_taken(connection: Connection, association: AssociationId) -> dict[RewardId, int]:
    """Return how many of each reward were taken in all, reserved or issued."""
    rows = connection.execute(
        select(stock.c.reward_id, stock.c.reserved + stock.c.issued).where(
            stock.c.association_id == association, stock.c.bucket == TOTAL
        )
    )
    return {RewardId(row[0]): int(row[1]) for row in rows}
