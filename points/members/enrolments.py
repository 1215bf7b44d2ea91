"""Since when members have had accounts: what a programme's rules could grant them, and what not."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, func, select

from points.db.bulk import within
from points.kernel.ids import AssociationId, MemberId
from points.members.model import Change
from points.members.tables import member_event


def first_enrolled(
    connection: Connection, association: AssociationId, members: Collection[MemberId]
) -> dict[MemberId, dict[str, datetime]]:
    """Return since when each member has had accounts in each programme: their first enrolment."""
    e = member_event.c
    rows = connection.execute(
        select(e.member_id, e.programme, func.min(e.recorded_at))
        .where(
            e.association_id == association,
            within(connection, e.member_id, members),
            e.change == Change.ENROLLED.value,
        )
        .group_by(e.member_id, e.programme)
    )
    found: dict[MemberId, dict[str, datetime]] = {}
    for member_id, programme, since in rows:
        found.setdefault(MemberId(member_id), {})[programme] = since
    return found
