"""What pools hold and how they are used up, as it was recorded by any instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, or_, select

from points.catalogue.model import (
    PROGRAMMES,
    Moved,
    PoolEntry,
    PoolKind,
    Source,
)
from points.catalogue.shelf import Pool
from points.catalogue.tables import catalogue_version, pool_entry
from points.db.base import indexed
from points.db.buckets import bucket
from points.kernel.ids import Actor, AssociationId, OperationId

LIMIT_MAX = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An entry of a pool and when it was recorded."""

    entry: PoolEntry
    recorded_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """How much less could be promised from a pool after one span than before, funding aside.

    Attributes:
        span: Number of the span; -1 before the first.
    """

    programme: str
    span: int
    fen: int


def pools_at(connection: Connection, association: AssociationId, at: datetime) -> dict[str, Pool]:
    """Return every programme's pool as it had been recorded by an instant."""
    e = pool_entry.c
    rows = connection.execute(
        select(e.programme, *(_sum(each) for each in (e.funded, e.reserved, e.spent)))
        .where(e.association_id == association, e.recorded_at <= at)
        .group_by(e.programme)
    )
    found = {
        row[0]: Pool(programme=row[0], funded=row[1], reserved=row[2], spent=row[3]) for row in rows
    }
    return {each: found.get(each) or Pool(programme=each) for each in PROGRAMMES}


def sources_at(
    connection: Connection, association: AssociationId, at: datetime
) -> dict[str, dict[str, int]]:
    """Return what each source had given by an instant, what went back taken off, by programme."""
    e = pool_entry.c
    rows = connection.execute(
        select(e.programme, e.source, _sum(e.funded))
        .where(
            e.association_id == association,
            e.kind == PoolKind.FUND.value,
            e.recorded_at <= at,
        )
        .group_by(e.programme, e.source)
        .order_by(e.programme, e.source)
    )
    found: dict[str, dict[str, int]] = {}
    for programme, source, fen in rows:
        found.setdefault(programme, {})[source] = fen
    return found


def use_of_pools(
    connection: Connection, association: AssociationId, at: datetime, bounds: Sequence[datetime]
) -> list[Use]:
    """Return what was used of each pool in spans of time, the last one up to an instant.

    What was promised counts when it was promised, and what came back when it came back; so
    promises and payments are never both counted.
    """
    e = pool_entry.c
    span = bucket(e.recorded_at, bounds)
    rows = connection.execute(
        select(e.programme, span, _sum(e.reserved + e.spent))
        .where(
            e.association_id == association,
            e.kind != PoolKind.FUND.value,
            e.recorded_at <= at,
        )
        .group_by(e.programme, span)
    )
    return [Use(programme=row[0], span=row[1], fen=row[2]) for row in rows]


def first_uses(
    connection: Connection, association: AssociationId, at: datetime
) -> dict[str, datetime]:
    """Return when something was first used of each pool."""
    e = pool_entry.c
    rows = connection.execute(
        select(e.programme, func.min(e.recorded_at, type_=e.recorded_at.type))
        .where(
            e.association_id == association,
            e.kind != PoolKind.FUND.value,
            e.recorded_at <= at,
        )
        .group_by(e.programme)
    )
    return {row[0]: row[1] for row in rows}


def value_at(
    connection: Connection, association: AssociationId, at: datetime
) -> tuple[str, int] | None:
    """Return the zone and the fen that a point counts as, of the catalogue in force at an instant.

    None before the first was published.
    """
    v = catalogue_version.c
    row = connection.execute(
        select(v.zone, v.value_fen_per_point)
        .where(
            v.association_id == association,
            v.loaded_at <= at,
            or_(v.starts_at.is_(None), v.starts_at <= at),
        )
        .order_by(v.version.desc())
        .limit(1)
    ).one_or_none()
    return None if row is None else (row[0], row[1])


def list_entries(
    connection: Connection,
    association: AssociationId,
    programme: str,
    *,
    before: str = "",
    funding_only: bool = False,
    limit: int = 50,
) -> list[Listed]:
    """Return a pool's entries, the newest first; page on with the last one's id."""
    e = pool_entry.c
    rows = connection.execute(
        select(pool_entry)
        .where(
            e.association_id == association,
            e.programme == programme,
            indexed(e.programme),
            *([e.entry_id < before] if before else []),
            *([e.kind == PoolKind.FUND.value] if funding_only else []),
        )
        .order_by(e.entry_id.desc())
        .limit(min(limit, LIMIT_MAX))
    )
    return [_listed(row) for row in rows.mappings()]


def _listed(row: Any) -> Listed:  # noqa: ANN401 - a row mapping
    entry = PoolEntry(
        entry_id=row["entry_id"],
        programme=row["programme"],
        kind=PoolKind(row["kind"]),
        moved=Moved(funded=row["funded"], reserved=row["reserved"], spent=row["spent"]),
        source=Source(row["source"]) if row["source"] else None,
        note=row["note"],
        document=row["document"],
        about=row["about"],
        operation_id=OperationId(row["operation_id"]),
        actor=Actor(row["actor"]),
    )
    return Listed(entry=entry, recorded_at=row["recorded_at"])


def _sum(fen: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL makes numeric of a sum of whole numbers.
    return cast(func.sum(fen), BigInteger)
