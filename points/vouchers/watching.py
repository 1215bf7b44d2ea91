"""What happened at counters, for whoever watches over it: a day's events, and sums of many days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from points.db.buckets import bucket
from points.db.bulk import within
from points.kernel.ids import AssociationId, MemberId, OutletId
from points.vouchers.model import EventKind, Kind
from points.vouchers.tables import failed_attempt, voucher, voucher_event

_TRADE = (EventKind.CAPTURED.value, EventKind.VOIDED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """A capture or a void, with what has to be known of its voucher.

    Attributes:
        whole: Whether an amount voucher was taken in one go, to its last fen; None for others.
    """

    event_id: str
    kind: EventKind
    recorded_at: datetime
    voucher_id: str
    member_id: MemberId
    partner_id: str
    outlet_id: OutletId
    operator_id: str
    device_id: str
    cost_fen: int
    parts: int
    undoes: str | None
    outside_hours: bool
    issued_at: datetime
    whole: bool | None
    last4: str


def traded_between(
    connection: Connection, association: AssociationId, begins: datetime, ends: datetime
) -> list[Traded]:
    """Return the captures and voids that were recorded in a span, in order; a day's, not more."""
    e = voucher_event.c
    return _traded(
        connection,
        association,
        e.kind.in_(_TRADE),
        e.partner_id.is_not(None),
        e.recorded_at >= begins,
        e.recorded_at < ends,
    )


def traded(
    connection: Connection, association: AssociationId, events: Iterable[str]
) -> list[Traded]:
    """Return captures and voids by their ids, in order."""
    e = voucher_event.c
    return _traded(connection, association, within(connection, e.event_id, events))


def _traded(connection: Connection, association: AssociationId, *which: Any) -> list[Traded]:  # noqa: ANN401 - conditions
    e, v = voucher_event.c, voucher.c
    rows = connection.execute(
        select(voucher_event, v.member_id, v.terms, v.valid_from, v.last4.label("ends"))
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        .where(e.association_id == association, *which)
        .order_by(e.recorded_at, e.event_id)
    )
    return [_one(row) for row in rows.mappings()]


def _one(row: Any) -> Traded:  # noqa: ANN401 - a row mapping
    terms = row["terms"]
    amount = terms["kind"] == Kind.AMOUNT.value and row["undoes"] is None
    return Traded(
        event_id=row["event_id"],
        kind=EventKind(row["kind"]),
        recorded_at=row["recorded_at"],
        voucher_id=row["voucher_id"],
        member_id=MemberId(row["member_id"]),
        partner_id=row["partner_id"],
        outlet_id=OutletId(row["outlet_id"]),
        operator_id=row["operator_id"],
        device_id=row["device_id"],
        cost_fen=row["cost_fen"],
        parts=row["parts"],
        undoes=row["undoes"],
        outside_hours=row["outside_hours"],
        issued_at=row["valid_from"],
        whole=row["parts"] == terms["amount_fen"] if amount else None,
        last4=row["last4"] or row["ends"],
    )


def tallies_between(
    connection: Connection, association: AssociationId, begins: datetime, ends: datetime
) -> list[tuple[OutletId, str, MemberId, int, int]]:
    """Return captures and voids by outlet, operator and member: a row a pair, not a capture."""
    e, v = voucher_event.c, voucher.c
    captures = func.sum(case((e.kind == EventKind.CAPTURED.value, 1), else_=0))
    voids = func.sum(case((e.kind == EventKind.VOIDED.value, 1), else_=0))
    rows = connection.execute(
        select(e.outlet_id, e.operator_id, v.member_id, captures, voids)
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        .where(
            e.association_id == association,
            e.kind.in_(_TRADE),
            e.partner_id.is_not(None),
            e.recorded_at >= begins,
            e.recorded_at < ends,
        )
        .group_by(e.outlet_id, e.operator_id, v.member_id)
    )
    return [(OutletId(r[0]), r[1], MemberId(r[2]), int(r[3]), int(r[4])) for r in rows]


def captures_by_day(
    connection: Connection, association: AssociationId, days: Sequence[datetime]
) -> dict[tuple[OutletId, int], int]:
    """Return captures by outlet and day, by the first instants of days and the end of the last."""
    e = voucher_event.c
    day = bucket(e.recorded_at, days)
    rows = connection.execute(
        select(e.outlet_id, day, func.count())
        .where(
            e.association_id == association,
            e.kind == EventKind.CAPTURED.value,
            e.partner_id.is_not(None),
            e.recorded_at >= days[0],
            e.recorded_at < days[-1],
        )
        .group_by(e.outlet_id, day)
    )
    return {(OutletId(row[0]), row[1]): row[2] for row in rows}


def attempts_between(
    connection: Connection, association: AssociationId, begins: datetime, ends: datetime
) -> list[tuple[OutletId, str, str]]:
    """Return failed tries of codes in a span: outlet, device, and the try's id."""
    f = failed_attempt.c
    rows = connection.execute(
        select(f.outlet_id, f.device_id, f.attempt_id)
        .where(
            f.association_id == association,
            f.attempted_at >= begins,
            f.attempted_at < ends,
        )
        .order_by(f.attempt_id)
    )
    return [(OutletId(row[0]), row[1], row[2]) for row in rows]


def first_trade(connection: Connection, association: AssociationId) -> datetime | None:
    """Return when the first capture was recorded, or None."""
    e = voucher_event.c
    found: datetime | None = connection.execute(
        select(func.min(e.recorded_at, type_=e.recorded_at.type)).where(
            e.association_id == association, e.kind == EventKind.CAPTURED.value
        )
    ).scalar()
    return found
