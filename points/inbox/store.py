"""The inbox in the database: what a batch asks for, and what it appends."""

from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.inbox.box import Inbox
from points.inbox.tables import member_notice, member_notice_read
from points.kernel.ids import AssociationId, IdSource, MemberId


@dataclass(slots=True)
class InboxKeys:
    """What a batch needs of the inbox.

    Attributes:
        once: Of whom one wants to know whether they were told something: member and its name.
        notices: Notices that are to be read.
    """

    once: set[tuple[MemberId, str]] = field(default_factory=set)
    notices: set[str] = field(default_factory=set)


def load_inbox(connection: Connection, association: AssociationId, keys: InboxKeys) -> Inbox:
    """Read what was told and read before. No lock: who collides, is tried again."""
    inbox = Inbox()
    n, r = member_notice.c, member_notice_read.c
    if keys.once:
        told = connection.execute(
            select(n.member_id, n.once).where(
                n.association_id == association,
                indexed(n.member_id),
                within(connection, n.member_id, {member for member, _ in keys.once}),
                within(connection, n.once, {once for _, once in keys.once}),
            )
        )
        inbox.told.update((MemberId(member), once) for member, once in told)
    if keys.notices:
        both = (r.association_id == n.association_id) & (r.notice_id == n.notice_id)
        rows = connection.execute(
            select(n.notice_id, n.member_id, r.recorded_at)
            .outerjoin(member_notice_read, both)
            .where(n.association_id == association, within(connection, n.notice_id, keys.notices))
        )
        for notice_id, member_id, read_at in rows:
            held = inbox.unread if read_at is None else inbox.read_before
            held[notice_id] = MemberId(member_id)
    return inbox


def save_inbox(
    connection: Connection,
    association: AssociationId,
    inbox: Inbox,
    ids: IdSource,
    now: datetime,
) -> None:
    """Append what is told and what was read."""
    append_rows(
        connection,
        member_notice,
        (
            "association_id",
            *("notice_id", "member_id", "kind", "about", "detail", "once", "recorded_at"),
        ),
        [
            (
                *(association, ids.next(), each.member_id, each.kind.value, each.about),
                *(dict(each.detail), each.once, now),
            )
            for each in inbox.tellings
        ],
    )
    append_rows(
        connection,
        member_notice_read,
        ("association_id", "notice_id", "member_id", "recorded_at"),
        [(association, notice, member, now) for notice, member in inbox.readings],
    )
