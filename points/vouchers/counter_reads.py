"""What counters read of their own deeds: an authorisation, a void, and a day's captures."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, cast, func, select

from points.db.types import Whole
from points.kernel.ids import AssociationId, OutletId, PartnerId
from points.vouchers.model import Event, EventKind, Links
from points.vouchers.reads import Done, done_rows
from points.vouchers.store import event_from, links_from
from points.vouchers.tables import voucher, voucher_event

ROWS_MAX = 201
"""A page, and one more that says whether there is another."""


def find_authorised(
    connection: Connection, association: AssociationId, outlet: OutletId, authorisation_id: str
) -> Links | None:
    """Return the voucher of an authorisation that an outlet made, or None."""
    e, v = voucher_event.c, voucher.c
    row = connection.execute(
        select(v.voucher_id, v.member_id, v.reward_id, v.programme, v.hold_id)
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        .where(
            e.association_id == association,
            e.event_id == authorisation_id,
            e.outlet_id == outlet,
            e.kind == EventKind.AUTHORISED.value,
        )
    ).one_or_none()
    return None if row is None else links_from(row)


def find_event(
    connection: Connection, association: AssociationId, partner: PartnerId, event_id: str
) -> Event | None:
    """Return one of a partner's events, or None."""
    e = voucher_event.c
    wanted = select(voucher_event).where(
        e.association_id == association, e.event_id == event_id, e.partner_id == partner
    )
    row = connection.execute(wanted).mappings().one_or_none()
    return None if row is None else event_from(row)


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A partner's local day, or any other time, half-open; of one outlet, or of all."""

    partner_id: PartnerId
    begins: datetime
    ends: datetime
    outlet_id: OutletId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTotals:
    """What a day came to.

    Attributes:
        captures: How many there were, those taken back too.
        captured_fen: What they came to.
        voids: How many were taken back.
        voided_fen: What those came to.
    """

    captures: int
    captured_fen: int
    voids: int
    voided_fen: int

    @property
    def net_fen(self) -> int:
        """What the partner is owed for the day."""
        return self.captured_fen - self.voided_fen


def captures_of(
    connection: Connection,
    association: AssociationId,
    day: Day,
    *,
    after: str | None = None,
    most: int = ROWS_MAX,
) -> list[Done]:
    """Return a day's captures in the order of their making; ``after`` ends the page before."""
    e, v = voucher_event.c, voucher.c
    wanted = (
        _of(association, day, select(voucher_event, v.last4.label("first_last4"), v.terms))
        .join(voucher, (v.association_id == e.association_id) & (v.voucher_id == e.voucher_id))
        .where(e.kind == EventKind.CAPTURED.value)
    )
    if after is not None:
        wanted = wanted.where(e.event_id > after)
    rows = connection.execute(wanted.order_by(e.event_id).limit(min(most, ROWS_MAX))).mappings()
    return done_rows(connection, association, list(rows))


def totals_of(connection: Connection, association: AssociationId, day: Day) -> DayTotals:
    """Return what a day came to."""
    e = voucher_event.c

    def summed(kind: EventKind) -> tuple[Any, Any]:
        own = e.kind == kind.value
        fen = func.coalesce(func.sum(case((own, e.cost_fen), else_=0)), 0)
        return func.count(case((own, 1))), cast(fen, Whole)

    row = connection.execute(
        _of(association, day, select(*summed(EventKind.CAPTURED), *summed(EventKind.VOIDED))).where(
            e.kind.in_((EventKind.CAPTURED.value, EventKind.VOIDED.value))
        )
    ).one()
    return DayTotals(captures=row[0], captured_fen=row[1], voids=row[2], voided_fen=row[3])


def _of(association: AssociationId, day: Day, wanted: Select[Any]) -> Select[Any]:
    e = voucher_event.c
    # By when it was booked, as the statement counts it: its index begins so.
    found = wanted.where(
        e.association_id == association,
        e.partner_id == day.partner_id,
        e.booked_at >= day.begins,
        e.booked_at < day.ends,
    )
    return found if day.outlet_id is None else found.where(e.outlet_id == day.outlet_id)
