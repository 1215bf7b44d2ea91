"""Devices that several members log in with."""

from datetime import datetime

from sqlalchemy import Connection, distinct, func, select

from points.identity.tables import member_device
from points.kernel.ids import AssociationId, MemberId

SHARED_MAX = 200


def shared_phones(
    connection: Connection,
    association: AssociationId,
    begins: datetime,
    ends: datetime,
    least: int,
) -> dict[str, tuple[MemberId, ...]]:
    """Return devices that were new for somebody in a span and that several members use.

    A device is known by the key that it signs with. Its id here is the one that it has for the
    first of its members, so that the key itself goes nowhere.
    """
    d = member_device.c
    fresh = (
        select(d.thumbprint)
        .where(d.association_id == association, d.created_at >= begins, d.created_at < ends)
        .distinct()
    )
    shared = (
        select(d.thumbprint)
        .where(d.association_id == association, d.thumbprint.in_(fresh), d.created_at < ends)
        .group_by(d.thumbprint)
        .having(func.count(distinct(d.member_id)) >= least)
        .order_by(func.min(d.device_id))
        .limit(SHARED_MAX)
    )
    rows = connection.execute(
        select(d.thumbprint, d.device_id, d.member_id)
        .where(d.association_id == association, d.thumbprint.in_(shared), d.created_at < ends)
        .order_by(d.thumbprint, d.device_id)
    )
    found: dict[str, tuple[str, list[MemberId]]] = {}
    for thumbprint, device, member in rows:
        first = found.setdefault(thumbprint, (device, []))
        if member not in first[1]:
            first[1].append(MemberId(member))
    return {device: tuple(members) for device, members in found.values()}
