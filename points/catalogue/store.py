"""The catalogue in the database: loads under locks, appends, and reads for channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    RowMapping,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    literal,
    or_,
    select,
)

from points.catalogue.gates import grant_from, save_gates
from points.catalogue.kept_photos import kept_photos, save_photos
from points.catalogue.model import (
    AT_OUTLET,
    PROGRAMMES,
    TOTAL,
    CatalogueVersion,
    PoolKind,
    Published,
    Reward,
    Window,
    outlet_bucket,
    reward_from,
)
from points.catalogue.shelf import Pool, Shelf, StockCount, days_around
from points.catalogue.tables import (
    catalogue_version,
    gate_end,
    gate_grant,
    pool,
    pool_entry,
    reward,
    stock,
    stock_entry,
)
from points.db.base import indexed
from points.db.bulk import append_rows, listed, update_rows, within, within_named
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId, MemberId, OutletId, RewardId


@dataclass(slots=True)
class CatalogueKeys:
    """What a batch needs of the catalogue.

    Attributes:
        version: Whether the version in force is needed, as for publishing the next.
        rewards: Rewards to read in the version in force.
        coming: Rewards to read in versions that were published and have yet to begin.
        shown: Whether it is needed which rewards are shown today.
        gates: Members and rewards whose open grants are needed; the members are locked.
        grants: Grants to read by their id, unless they have ended.
        photos: Hashes of photos of which it matters whether they are kept.
        stock: Rewards whose stock is to be locked.
        pools: Programmes whose pool is to be locked.
        given: Those of them of which must be known who gave how much.
    """

    version: bool = False
    rewards: set[RewardId] = field(default_factory=set)
    coming: set[RewardId] = field(default_factory=set)
    shown: bool = False
    stock: set[RewardId] = field(default_factory=set)
    pools: set[str] = field(default_factory=set)
    gates: set[tuple[MemberId, RewardId]] = field(default_factory=set)
    grants: set[str] = field(default_factory=set)
    photos: set[str] = field(default_factory=set)
    given: set[str] = field(default_factory=set)

    def anything(self) -> bool:
        """Return whether the batch needs anything of the catalogue."""
        asked = (self.rewards, self.coming, self.stock, self.pools, self.gates, self.grants)
        return self.version or self.shown or any(asked) or bool(self.photos)


# What every capture asks is built once: building a statement costs more than asking it.


@cache
def _stock_locked(dialect: str) -> Select[Any]:
    s = stock.c
    return (
        select(stock)
        .where(
            s.association_id == bindparam("a"),
            within_named(dialect, s.reward_id, "ids"),
            s.bucket.in_((literal(TOTAL), literal(AT_OUTLET), bindparam("today", type_=Text()))),
        )
        .order_by(s.reward_id, s.bucket, s.outlet_id)
        .with_for_update(key_share=True)
    )


@cache
def _pools_locked(dialect: str) -> Select[Any]:
    p = pool.c
    return (
        select(pool)
        .where(p.association_id == bindparam("a"), within_named(dialect, p.programme, "ids"))
        .order_by(p.programme)
        .with_for_update(key_share=True)
    )


def load_shelf(
    connection: Connection, association: AssociationId, keys: CatalogueKeys, now: datetime
) -> Shelf:
    """Lock stock, then pools; what is read without a lock never changes once it is written."""
    shelf = Shelf()
    if not keys.anything():
        return shelf
    # Who only moves what was drawn before, as a capture, asks nothing of the version in force.
    if keys.version or keys.rewards or keys.coming or keys.shown:
        _read_version(connection, association, keys, now, shelf)
    if keys.stock:
        _lock_stock(connection, association, keys.stock, shelf)
    if keys.pools:
        _lock_pools(connection, association, keys.pools, shelf)
    if keys.photos:
        shelf.photos = kept_photos(connection, association, keys.photos)
    if keys.gates or keys.grants:
        _read_grants(connection, association, keys, shelf)
    if keys.given:
        shelf.given = given_by_source(connection, association, keys.given)
    return shelf


def _read_version(
    connection: Connection,
    association: AssociationId,
    keys: CatalogueKeys,
    now: datetime,
    shelf: Shelf,
) -> None:
    shelf.version = find_version(connection, association, now)
    if keys.version:
        shelf.highest = highest_version(connection, association)
    if shelf.version is not None:
        shelf.today = shelf.version.day(now).isoformat()
        for each in _rewards(connection, association, shelf.version.version, keys.rewards):
            shelf.rewards[each.reward_id] = each
        for each in _rewards_coming(connection, association, shelf.version, keys.coming, now):
            shelf.coming.setdefault(each.reward_id, []).append(each)
        if keys.shown:
            day = shelf.version.day(now)
            every = rewards_of(connection, association, shelf.version.version)
            shelf.shown = {each.reward_id for each in every if each.visible(day)}


def read_shelf(
    connection: Connection, association: AssociationId, reward_id: RewardId, now: datetime
) -> Shelf:
    """Return one reward in force and its stock as they stand, without any lock; no pools."""
    shelf = Shelf()
    _read_version(connection, association, CatalogueKeys(rewards={reward_id}), now, shelf)
    if shelf.version is None:
        return shelf
    today = date.fromisoformat(shelf.today)
    days = {*days_around(Window.WEEK, today), *days_around(Window.MONTH, today)}
    rows = connection.execute(
        select(stock).where(
            stock.c.association_id == association,
            stock.c.reward_id == reward_id,
            within(connection, stock.c.bucket, {TOTAL, AT_OUTLET, *days}),
        )
    )
    _take_counts(rows.mappings(), shelf)
    return shelf


def _lock_stock(
    connection: Connection, association: AssociationId, rewards: set[RewardId], shelf: Shelf
) -> None:
    # A bucket that does not exist yet cannot be locked: its insert collides, and the batch is
    # tried again.
    wanted = {"a": association, "ids": listed(connection, rewards), "today": shelf.today}
    rows = connection.execute(_stock_locked(connection.dialect.name), wanted)
    _take_counts(rows.mappings(), shelf)
    counted = {
        each.reward_id
        for each in shelf.rewards.values()
        if each.stock and (each.stock.per_week, each.stock.per_month) != (None, None)
    }
    if counted & rewards:
        # Whoever draws holds the row of the total, so the other days stand still. They are asked
        # for once it is held: a statement does not see what was written while it waited.
        today = date.fromisoformat(shelf.today)
        days = {*days_around(Window.WEEK, today), *days_around(Window.MONTH, today)}
        others = connection.execute(
            select(stock).where(
                stock.c.association_id == association,
                within(connection, stock.c.reward_id, counted & rewards),
                within(connection, stock.c.bucket, days - {shelf.today}),
            )
        )
        _take_counts(others.mappings(), shelf)


def _take_counts(rows: Iterable[RowMapping], shelf: Shelf) -> None:
    for row in rows:
        bucket = _bucket(row["bucket"], row["outlet_id"])
        shelf.stock[row["reward_id"], bucket] = StockCount(
            reward_id=row["reward_id"],
            bucket=bucket,
            reserved=row["reserved"],
            issued=row["issued"],
        )


def _bucket(kind: str, outlet: str) -> str:
    return outlet_bucket(OutletId(outlet)) if kind == AT_OUTLET else kind


def _kept_as(bucket: str) -> tuple[str, str]:
    """Return a bucket as its two columns."""
    if bucket.startswith(AT_OUTLET):
        return AT_OUTLET, bucket.removeprefix(AT_OUTLET)
    return bucket, ""


def _read_grants(
    connection: Connection, association: AssociationId, keys: CatalogueKeys, shelf: Shelf
) -> None:
    """Read grants that have no end: their members are locked, so nobody else ends them."""
    g, e = gate_grant.c, gate_end.c
    ended = select(e.grant_id).where(e.association_id == g.association_id, e.grant_id == g.grant_id)
    members = {member for member, _ in keys.gates}
    rows = connection.execute(
        select(gate_grant)
        .where(
            g.association_id == association,
            or_(
                and_(indexed(g.member_id), within(connection, g.member_id, members)),
                within(connection, g.grant_id, keys.grants),
            ),
            ~ended.exists(),
        )
        .order_by(g.grant_id)
    )
    for row in rows.mappings():
        grant = grant_from(row)
        key = (grant.member_id, grant.reward_id)
        if key in keys.gates:
            shelf.grants.setdefault(key, []).append(grant)
        if grant.grant_id in keys.grants:
            shelf.grants.setdefault(key, [])
            if grant not in shelf.grants[key]:
                shelf.grants[key].append(grant)
            shelf.granted[grant.grant_id] = grant


def _lock_pools(
    connection: Connection, association: AssociationId, programmes: set[str], shelf: Shelf
) -> None:
    wanted = {"a": association, "ids": listed(connection, programmes)}
    rows = connection.execute(_pools_locked(connection.dialect.name), wanted)
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
            (
                "association_id",
                "version",
                "zone",
                "value_fen_per_point",
                "sha256",
                "loaded_at",
                "starts_at",
                "text",
                "published_by",
            ),
            [
                (
                    *(a, v.version, v.zone, v.value_fen_per_point, v.sha256, now),
                    *(v.starts_at, v.text or None, shelf.published_by),
                )
            ],
        )
        append_rows(
            connection,
            reward,
            ("association_id", "version", "reward_id", "body"),
            [(a, r.version, r.reward_id, plain(r)) for r in shelf.new_rewards],
        )
    save_photos(connection, a, shelf.new_photos, now)
    save_gates(connection, a, shelf.new_grants, shelf.new_ends)
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
            "outlet_id",
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
                *_kept_as(e.bucket),
                e.reserved,
                e.issued,
                e.voucher_id,
                now,
            )
            for e in shelf.stock_entries
        ],
    )
    columns = ("association_id", "reward_id", "bucket", "outlet_id", "reserved", "issued")
    touched = [each for each in shelf.stock.values() if each.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            stock,
            columns,
            [
                (association, s.reward_id, *_kept_as(s.bucket), s.reserved, s.issued)
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


def find_version(
    connection: Connection, association: AssociationId, now: datetime
) -> CatalogueVersion | None:
    """Return the catalogue version in force: the highest that has begun; None before the first."""
    v = catalogue_version
    row = (
        connection.execute(
            select(*_HEAD)
            .where(v.c.association_id == association, _begun(now))
            .order_by(v.c.version.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return None if row is None else _version(row)


def _begun(now: datetime) -> ColumnElement[bool]:
    starts_at = catalogue_version.c.starts_at
    return or_(starts_at.is_(None), starts_at <= now)


def highest_version(connection: Connection, association: AssociationId) -> int:
    """Return the highest version that was published, begun or not; zero before the first."""
    v = catalogue_version.c
    found = connection.execute(
        select(func.max(v.version)).where(v.association_id == association)
    ).scalar()
    return int(found or 0)


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


def _rewards_coming(
    connection: Connection,
    association: AssociationId,
    current: CatalogueVersion,
    wanted: set[RewardId],
    now: datetime,
) -> list[Reward]:
    if not wanted:
        return []
    v, r = catalogue_version.c, reward.c
    rows = connection.execute(
        select(r.body)
        .join(catalogue_version, (v.association_id == r.association_id) & (v.version == r.version))
        .where(
            r.association_id == association,
            r.version > current.version,
            v.starts_at > now,
            within(connection, r.reward_id, wanted),
        )
        .order_by(r.version)
    )
    return [reward_from(row[0]) for row in rows]


def list_rewards(connection: Connection, association: AssociationId, now: datetime) -> list[Reward]:
    """Return all rewards of the version in force, by code; a file of at most a few hundred."""
    in_force = (
        select(func.max(catalogue_version.c.version))
        .where(catalogue_version.c.association_id == association, _begun(now))
        .scalar_subquery()
    )
    rows = connection.execute(
        select(reward.c.body)
        .where(reward.c.association_id == association, reward.c.version == in_force)
        .order_by(reward.c.reward_id)
    )
    return [reward_from(row[0]) for row in rows]


def rewards_of(connection: Connection, association: AssociationId, version: int) -> list[Reward]:
    """Return all rewards of a version, by code."""
    rows = connection.execute(
        select(reward.c.body)
        .where(reward.c.association_id == association, reward.c.version == version)
        .order_by(reward.c.reward_id)
    )
    return [reward_from(row[0]) for row in rows]


def reward_history(
    connection: Connection, association: AssociationId, reward_id: str, *, most: int = 50
) -> list[tuple[Reward, datetime]]:
    """Return a reward as it stood in each version, with when that was published, newest first."""
    v, r = catalogue_version.c, reward.c
    rows = connection.execute(
        select(r.body, v.loaded_at)
        .join(catalogue_version, (v.association_id == r.association_id) & (v.version == r.version))
        .where(r.association_id == association, r.reward_id == reward_id)
        .order_by(v.version.desc())
        .limit(most)
    )
    return [(reward_from(body), published_at) for body, published_at in rows]


def find_published(
    connection: Connection, association: AssociationId, version: int
) -> Published | None:
    """Return one version with its text, or None."""
    found = _published(connection, association, catalogue_version.c.version == version, most=1)
    return found[0] if found else None


def list_versions(
    connection: Connection, association: AssociationId, *, before: int | None = None, most: int = 50
) -> list[Published]:
    """Return versions, the highest first; ``before`` is the last one of the page before."""
    v = catalogue_version.c
    condition = v.version > 0 if before is None else v.version < before
    return _published(connection, association, condition, most=most)


def _published(
    connection: Connection, association: AssociationId, which: ColumnElement[bool], *, most: int
) -> list[Published]:
    v, r = catalogue_version.c, reward.c
    counted = (
        select(func.count())
        .where(r.association_id == v.association_id, r.version == v.version)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(*_HEAD, v.loaded_at, v.published_by, counted.label("rewards"))
        .where(v.association_id == association, which)
        .order_by(v.version.desc())
        .limit(most)
    )
    return [
        Published(
            version=_version(row),
            published_at=row["loaded_at"],
            published_by=row["published_by"] or "",
            rewards=row["rewards"],
        )
        for row in rows.mappings()
    ]


def _version(row: RowMapping) -> CatalogueVersion:
    return CatalogueVersion(
        version=row["version"],
        zone=row["zone"],
        value_fen_per_point=row["value_fen_per_point"],
        sha256=row["sha256"],
        starts_at=row["starts_at"],
        text=row["text"] or "",
    )


_HEAD = tuple(
    catalogue_version.c[name]
    for name in ("version", "zone", "value_fen_per_point", "sha256", "starts_at", "text")
)


def find_pools(connection: Connection, association: AssociationId) -> dict[str, Pool]:
    """Return every programme's pool; one that was never funded is empty."""
    rows = connection.execute(select(pool).where(pool.c.association_id == association))
    found = {row["programme"]: _pool(row) for row in rows.mappings()}
    return {each: found.get(each) or Pool(programme=each) for each in PROGRAMMES}


def stock_counts(
    connection: Connection, association: AssociationId, today: str = ""
) -> dict[tuple[RewardId, str], StockCount]:
    """Return what of each reward is promised and handed out: in all, by outlet, and today."""
    shelf = Shelf()
    wanted = (TOTAL, AT_OUTLET, today) if today else (TOTAL, AT_OUTLET)
    rows = connection.execute(
        select(stock).where(stock.c.association_id == association, stock.c.bucket.in_(wanted))
    )
    _take_counts(rows.mappings(), shelf)
    return shelf.stock


def stock_taken(connection: Connection, association: AssociationId) -> dict[RewardId, int]:
    """Return how many of each reward were taken in all, reserved or issued."""
    rows = connection.execute(
        select(stock.c.reward_id, stock.c.reserved + stock.c.issued).where(
            stock.c.association_id == association, stock.c.bucket == TOTAL
        )
    )
    return {RewardId(row[0]): int(row[1]) for row in rows}
