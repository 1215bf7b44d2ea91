"""Who lets themselves be listed: nobody, unless they said so themselves; the last word counts."""

from collections.abc import Collection

from sqlalchemy import Connection, func, select

from points.db.bulk import within
from points.kernel.ids import AssociationId, MemberId
from points.members.model import Change
from points.members.tables import member_event

LISTED_MAX = 10_000
"""More than these are never ranked together."""

_CHANGES = (Change.LISTED.value, Change.UNLISTED.value)


def listed(
    connection: Connection,
    association: AssociationId,
    among: Collection[MemberId] | None = None,
) -> set[MemberId]:
    """Return members who let themselves be listed, at most ``LISTED_MAX``.

    Args:
        connection: Where to look.
        association: Whose members.
        among: Only these; all otherwise.
    """
    e = member_event.c
    wanted = [e.association_id == association, e.change.in_(_CHANGES)]
    if among is not None:
        wanted.append(within(connection, e.member_id, among))
    last = (
        select(e.member_id, func.max(e.version).label("version"))
        .where(*wanted)
        .group_by(e.member_id)
        .subquery()
    )
    rows = connection.execute(
        select(e.member_id)
        .join(last, (last.c.member_id == e.member_id) & (last.c.version == e.version))
        .where(e.association_id == association, e.change == Change.LISTED.value)
        .order_by(e.member_id)
        .limit(LISTED_MAX)
    )
    return {MemberId(row[0]) for row in rows}
