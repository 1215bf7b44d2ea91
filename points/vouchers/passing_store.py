"""Offers, passings and reminders in the database: reads under the vouchers' locks, and appends."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.kernel.ids import AssociationId, MemberId, VoucherId
from points.vouchers.drawer import Drawer
from points.vouchers.passing import Offer, OfferEnd, Passing, Reminder
from points.vouchers.tables import (
    voucher_offer,
    voucher_offer_end,
    voucher_owner,
    voucher_reminder,
)

RECEIVED_MAX = 100
"""So many past gifts to a member are read; no limit is higher."""


def open_offers(
    connection: Connection, association: AssociationId, vouchers: Iterable[str]
) -> dict[VoucherId, Offer]:
    """Return the newest offer of each voucher, where it has not been answered."""
    o, e = voucher_offer.c, voucher_offer_end.c
    wanted = set(vouchers)
    newest = (
        select(func.max(o.offer_id))
        .where(
            o.association_id == association,
            within(connection, o.voucher_id, wanted),
            indexed(o.voucher_id),
        )
        .group_by(o.voucher_id)
    )
    rows = connection.execute(
        select(voucher_offer)
        .outerjoin(
            voucher_offer_end, (e.association_id == o.association_id) & (e.offer_id == o.offer_id)
        )
        .where(o.association_id == association, o.offer_id.in_(newest), e.offer_id.is_(None))
    ).mappings()
    found = (offer_of(row) for row in rows)
    return {offer.voucher_id: offer for offer in found}


def received_by(
    connection: Connection, association: AssociationId, members: Iterable[MemberId]
) -> dict[MemberId, list[datetime]]:
    """Return when members got vouchers from others, the newest hundred."""
    p = voucher_owner.c
    found: dict[MemberId, list[datetime]] = {}
    for member in sorted(set(members)):
        rows = connection.execute(
            select(p.recorded_at)
            .where(p.association_id == association, p.member_id == member, indexed(p.member_id))
            .order_by(p.recorded_at.desc())
            .limit(RECEIVED_MAX)
        )
        found[member] = list(rows.scalars())
    return found


def reminders_of(
    connection: Connection, association: AssociationId, vouchers: Iterable[VoucherId]
) -> set[tuple[VoucherId, int]]:
    """Return of which vouchers was told already, and for how many days before their end."""
    r = voucher_reminder.c
    rows = connection.execute(
        select(r.voucher_id, r.days).where(
            r.association_id == association, within(connection, r.voucher_id, vouchers)
        )
    )
    return {(VoucherId(row.voucher_id), row.days) for row in rows}


def offer_of(row: Any) -> Offer:  # noqa: ANN401 - a row mapping
    """Return the offer of a row."""
    return Offer(**{name: row[name] for name in OFFER[1:]})


OFFER = (
    *("association_id", "offer_id", "voucher_id", "member_id", "from_member", "made_at"),
    *("until", "operation_id", "actor"),
)
END = ("association_id", "offer_id", "step", "operation_id", "actor", "recorded_at")
OWNER = (
    *("association_id", "voucher_id", "version", "member_id", "from_member", "offer_id"),
    *("reason", "operation_id", "actor", "recorded_at"),
)
REMINDER = ("association_id", "voucher_id", "days", "told", "operation_id", "recorded_at")


def save_passing(connection: Connection, association: AssociationId, drawer: Drawer) -> None:
    """Append offers, their ends, passings and reminders."""
    a = association
    append_rows(
        connection, voucher_offer, OFFER, [(a, *_values(o, OFFER)) for o in drawer.new_offers]
    )
    append_rows(
        connection, voucher_offer_end, END, [(a, *_end_row(each)) for each in drawer.offer_ends]
    )
    append_rows(
        connection, voucher_owner, OWNER, [(a, *_values(p, OWNER)) for p in drawer.passings]
    )
    append_rows(
        connection,
        voucher_reminder,
        REMINDER,
        [(a, *_values(r, REMINDER)) for r in drawer.new_reminders],
    )


def _values(fact: Offer | Passing | Reminder, columns: tuple[str, ...]) -> tuple[Any, ...]:
    return tuple(getattr(fact, name) for name in columns[1:])


def _end_row(end: OfferEnd) -> tuple[Any, ...]:
    return (
        *(end.offer.offer_id, end.step.value, end.operation_id, end.actor),
        end.recorded_at,
    )
