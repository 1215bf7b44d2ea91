"""Tills and policies of counters in the database: what a batch loads, and reads for channels."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, and_, bindparam, func, select

from points.db.bulk import listed, within_named
from points.kernel.ids import AssociationId, OutletId, PartnerId
from points.partners.counters import CounterPolicy, OutsideHours, RegisteredTill
from points.partners.tables import HAS_PARTNER, counter_policy, outlet, till_event

TILLS_MAX = 500


def _standing() -> Select[Any]:
    """Return the newest event of each till."""
    t, later = till_event.c, till_event.alias()
    newest = (
        select(func.max(later.c.version))
        .where(
            later.c.association_id == t.association_id,
            later.c.outlet_id == t.outlet_id,
            later.c.device_id == t.device_id,
        )
        .scalar_subquery()
    )
    return select(t.outlet_id, t.device_id, t.version, t.active, t.own_key).where(
        t.version == newest
    )


def tills_at(
    connection: Connection, association: AssociationId, outlets: Iterable[OutletId]
) -> list[RegisteredTill]:
    """Return the tills that outlets have registered, switched off ones too."""
    wanted = {"a": association, "ids": listed(connection, outlets)}
    return _tills(connection, _standing_at(connection.dialect.name), wanted)


@cache
def _standing_at(dialect: str) -> Select[Any]:
    t = till_event.c
    return _standing().where(
        t.association_id == bindparam("a"), within_named(dialect, t.outlet_id, "ids")
    )


def list_tills(
    connection: Connection,
    association: AssociationId,
    *,
    partner_id: PartnerId | None = None,
    outlet_id: OutletId | None = None,
) -> list[RegisteredTill]:
    """Return tills by outlet and name, at most ``TILLS_MAX``.

    Args:
        connection: For reads.
        association: Whose.
        partner_id: Of one partner only.
        outlet_id: Of one outlet only.
    """
    t, o = till_event.c, outlet.c
    wanted = _standing().where(t.association_id == association)
    if partner_id is not None:
        own = select(o.outlet_id).where(
            o.association_id == association, o.partner_id == partner_id, HAS_PARTNER
        )
        wanted = wanted.where(t.outlet_id.in_(own))
    if outlet_id is not None:
        wanted = wanted.where(t.outlet_id == outlet_id)
    return _tills(connection, wanted.order_by(t.outlet_id, t.device_id).limit(TILLS_MAX))


def _tills(
    connection: Connection, wanted: Select[Any], given: dict[str, Any] | None = None
) -> list[RegisteredTill]:
    return [
        RegisteredTill(
            outlet_id=row[0], device_id=row[1], version=row[2], active=row[3], own_key=row[4]
        )
        for row in connection.execute(wanted, given or {})
    ]


@cache
def _policies_among(dialect: str) -> Select[Any]:
    p, later = counter_policy.c, counter_policy.alias()
    newest = (
        select(func.max(later.c.version))
        .where(later.c.association_id == p.association_id, later.c.partner_id == p.partner_id)
        .scalar_subquery()
    )
    return select(p.partner_id, p.version, p.hours, p.operator_voids_max, p.outlet_voids_max).where(
        and_(
            p.association_id == bindparam("a"),
            within_named(dialect, p.partner_id, "ids"),
            p.version == newest,
        )
    )


def policies_of(
    connection: Connection, association: AssociationId, partners: Iterable[PartnerId]
) -> list[CounterPolicy]:
    """Return what holds at partners' counters, where something was agreed."""
    wanted = {"a": association, "ids": listed(connection, partners)}
    rows = connection.execute(_policies_among(connection.dialect.name), wanted)
    return [
        CounterPolicy(
            partner_id=row[0],
            version=row[1],
            hours=OutsideHours(row[2]),
            operator_voids_max=row[3],
            outlet_voids_max=row[4],
        )
        for row in rows
    ]
