"""What members see of their inbox."""

from typing import Any

from sqlalchemy import Connection, Select, func, select

from points.db.base import indexed
from points.inbox.model import Notice
from points.inbox.tables import member_notice, member_notice_read
from points.inbox.words import NoticeKind
from points.kernel.ids import AssociationId, MemberId

UNREAD_MAX = 100
"""Nobody needs to know more exactly how many they have not read."""

_n, _r = member_notice.c, member_notice_read.c


def _joined(association: AssociationId, member: MemberId) -> Select[Any]:
    both = (_r.association_id == _n.association_id) & (_r.notice_id == _n.notice_id)
    return (
        select(
            *(_n.notice_id, _n.member_id, _n.kind, _n.about, _n.detail, _n.recorded_at),
            _r.recorded_at.label("read_at"),
        )
        .outerjoin(member_notice_read, both)
        .where(_n.association_id == association, _n.member_id == member, indexed(_n.member_id))
        .order_by(_n.notice_id.desc())
    )


def notices_of(
    connection: Connection,
    association: AssociationId,
    member: MemberId,
    *,
    before: str = "",
    limit: int,
) -> list[Notice]:
    """Return a member's notices, the newest first, so many beyond the last one of a page."""
    asked = _joined(association, member).limit(limit)
    if before:
        asked = asked.where(_n.notice_id < before)
    return [
        Notice(
            notice_id=row["notice_id"],
            member_id=MemberId(row["member_id"]),
            kind=NoticeKind(row["kind"]),
            about=row["about"],
            detail=row["detail"],
            recorded_at=row["recorded_at"],
            read_at=row["read_at"],
        )
        for row in connection.execute(asked).mappings()
    ]


def unread_of(connection: Connection, association: AssociationId, member: MemberId) -> int:
    """Return how many of a member's newest notices are not read, of so many at most."""
    newest = _joined(association, member).limit(UNREAD_MAX).subquery()
    asked = select(func.count()).select_from(newest).where(newest.c.read_at.is_(None))
    return int(connection.execute(asked).scalar_one())
