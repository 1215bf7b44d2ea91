"""What members still hold, by when it goes, and what became of what was issued.

As it was recorded by any instant: lots, movements and entries are facts, so every figure is a sum
over what had been written by then. A lot belongs to the cohort of the month that it was recorded
in. One query a figure; what comes back is one row a month or a pair of months, never one a lot.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    Subquery,
    case,
    cast,
    func,
    select,
    union_all,
)

from points.db.buckets import bucket
from points.kernel.ids import AssociationId
from points.ledger.model import INSIDE, Place, State, system_account
from points.ledger.tables import account, entry, lot, movement, transaction

_OUTSIDE = [each.value for each in Place if each not in INSIDE]


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """What is left of the lots of one cohort that go in one span.

    Attributes:
        measure: As ``health.wallet``.
        cohort: Number of the month in which they were recorded; -1 before the first.
        expiry: Number of the span in which they expire; -1 where they have, None for never.
        lots: How many.
    """

    measure: str
    cohort: int
    expiry: int | None
    lots: int
    pending: int
    available: int
    held: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gone:
    """Points of one cohort that left members' accounts in one month, what came back taken off.

    Attributes:
        month: Number of the month in which they left.
        place: Where to: redeemed, expired, reversed or repaid.
    """

    measure: str
    cohort: int
    month: int
    place: Place
    points: int


def open_points(
    connection: Connection,
    association: AssociationId,
    at: datetime,
    measures: Sequence[str],
    months: Sequence[datetime],
    expiries: Sequence[datetime],
) -> list[Open]:
    """Return what was left of lots as it had been recorded by an instant.

    Args:
        connection: To the database.
        association: Whose.
        at: As recorded by then.
        measures: Of which accounts.
        months: First instants of the months of cohorts.
        expiries: First instants of the spans of expiry; the first one just after ``at``.
    """
    moved = _moved(association, at)
    expires_at = func.coalesce(moved.c.expires_at, lot.c.expires_at, type_=lot.c.expires_at.type)
    lots = (
        _lots(association, at, measures)
        .outerjoin(moved, moved.c.lot_id == lot.c.lot_id)
        .with_only_columns(
            account.c.measure,
            bucket(transaction.c.recorded_at, months).label("cohort"),
            bucket(expires_at, expiries).label("expiry"),
            *(_left(place, moved).label(place.value) for place in INSIDE),
        )
        .subquery()
    )
    left = lots.c
    rows = connection.execute(
        select(
            left.measure,
            left.cohort,
            left.expiry,
            func.count(),
            *(_sum(left[place.value]) for place in INSIDE),
        )
        .where(left.pending + left.available + left.held > 0)
        .group_by(left.measure, left.cohort, left.expiry)
        .order_by(left.measure, left.cohort, left.expiry)
    )
    return [
        Open(
            measure=row[0],
            cohort=row[1],
            expiry=row[2],
            lots=row[3],
            pending=row[4],
            available=row[5],
            held=row[6],
        )
        for row in rows
    ]


def issued_points(
    connection: Connection,
    association: AssociationId,
    at: datetime,
    measures: Sequence[str],
    months: Sequence[datetime],
) -> dict[tuple[str, int], int]:
    """Return what was issued, by measure and cohort."""
    cohort = bucket(transaction.c.recorded_at, months)
    rows = connection.execute(
        _lots(association, at, measures)
        .with_only_columns(account.c.measure, cohort, _sum(lot.c.points))
        .group_by(account.c.measure, cohort)
    )
    return {(row[0], row[1]): row[2] for row in rows}


def gone_points(
    connection: Connection,
    association: AssociationId,
    at: datetime,
    measures: Sequence[str],
    months: Sequence[datetime],
) -> list[Gone]:
    """Return what left accounts, by cohort, month and place."""
    m = movement.c
    both_ways = union_all(
        *(
            select(
                m.lot_id,
                m.transaction_id,
                place.label("place"),
                (m.points * sign).label("points"),
            ).where(m.association_id == association, place.in_(_OUTSIDE))
            for place, sign in ((m.target, 1), (m.source, -1))
        )
    ).subquery()
    left = transaction.alias("left_in")
    cohort, month = bucket(transaction.c.recorded_at, months), bucket(left.c.recorded_at, months)
    points = _sum(both_ways.c.points)
    rows = connection.execute(
        _lots(association, at, measures)
        .join(both_ways, both_ways.c.lot_id == lot.c.lot_id)
        .join(
            left,
            (left.c.association_id == lot.c.association_id)
            & (left.c.transaction_id == both_ways.c.transaction_id),
        )
        .where(left.c.recorded_at <= at)
        .with_only_columns(account.c.measure, cohort, month, both_ways.c.place, points)
        .group_by(account.c.measure, cohort, month, both_ways.c.place)
        .having(points != 0)
    )
    return [
        Gone(measure=row[0], cohort=row[1], month=row[2], place=Place(row[3]), points=row[4])
        for row in rows
    ]


def owed_points(
    connection: Connection, association: AssociationId, at: datetime, measures: Sequence[str]
) -> dict[str, int]:
    """Return what members owe after clawbacks, by measure; zero or below."""
    e = entry.c
    rows = connection.execute(
        select(account.c.measure, _sum(e.points))
        .join(
            account,
            (account.c.association_id == e.association_id) & (account.c.account_id == e.account_id),
        )
        .where(
            e.association_id == association,
            e.state == State.DEBT.value,
            e.recorded_at <= at,
            account.c.measure.in_(measures),
        )
        .group_by(account.c.measure)
    )
    return {row[0]: row[1] for row in rows}


def fund_points(
    connection: Connection, association: AssociationId, at: datetime, measures: Sequence[str]
) -> dict[str, int]:
    """Return what hardship funds hold, by measure: given by members, and granted to none yet."""
    e = entry.c
    measure_of = {system_account("fund", measure): measure for measure in measures}
    rows = connection.execute(
        select(e.account_id, _sum(e.points))
        .where(
            e.association_id == association,
            e.account_id.in_(measure_of),
            e.recorded_at <= at,
        )
        .group_by(e.account_id)
    )
    return {measure_of[row[0]]: row[1] for row in rows}


def _lots(association: AssociationId, at: datetime, measures: Sequence[str]) -> Select[Any]:
    """Select from the lots of some measures that had been recorded by an instant."""
    return (
        select(lot.c.lot_id)
        .join(
            transaction,
            (transaction.c.association_id == lot.c.association_id)
            & (transaction.c.transaction_id == lot.c.transaction_id),
        )
        .join(
            account,
            (account.c.association_id == lot.c.association_id)
            & (account.c.account_id == lot.c.account_id),
        )
        .where(
            lot.c.association_id == association,
            transaction.c.recorded_at <= at,
            account.c.measure.in_(measures),
        )
    )


def _moved(association: AssociationId, at: datetime) -> Subquery:
    """Select what movements by an instant made of each lot; a grace is later than what it ends."""
    m, t = movement.c, transaction.alias("moved_in")
    return (
        select(
            m.lot_id,
            func.max(m.expires_at).label("expires_at"),
            *(
                (
                    _sum(case((m.target == place.value, m.points), else_=0))
                    - _sum(case((m.source == place.value, m.points), else_=0))
                ).label(place.value)
                for place in INSIDE
            ),
        )
        .join(
            t,
            (t.c.association_id == m.association_id) & (t.c.transaction_id == m.transaction_id),
        )
        .where(m.association_id == association, t.c.recorded_at <= at)
        .group_by(m.lot_id)
        .subquery("moved")
    )


def _left(place: Place, moved: Subquery) -> ColumnElement[Any]:
    born = case((lot.c.born == place.value, lot.c.points), else_=0)
    return born + func.coalesce(moved.c[place.value], 0)


def _sum(points: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL makes numeric of a sum of whole numbers.
    return cast(func.sum(points), BigInteger)
