"""What may be asked of the trail: one event, a page of a search, a stretch of the chain."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from points.audit.model import Channel, Event, Head, Origin, Result
from points.audit.tables import audit_event, audit_head
from points.db.base import indexed
from points.kernel.ids import AssociationId

STRETCH = 5_000
"""How many events are read at a time where a whole chain is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """Which events are wanted; None is any.

    Attributes:
        since: The first moment.
        until: The first moment that is too late.
    """

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    outcome: Result | None = None
    channel: Channel | None = None
    since: datetime | None = None
    until: datetime | None = None

    def conditions(self) -> Iterator[ColumnElement[bool]]:
        """Yield what rows must meet."""
        c = audit_event.c
        for column, wanted in ((c.actor, self.actor), (c.action, self.action)):
            if wanted is not None:
                yield from (column == wanted, indexed(column))
        if self.subject is not None:
            yield from (c.subject == self.subject, indexed(c.subject))
        if self.outcome is not None:
            yield c.outcome == self.outcome.value
        if self.channel is not None:
            yield c.channel == self.channel.value
        if self.since is not None:
            yield c.recorded_at >= self.since
        if self.until is not None:
            yield c.recorded_at < self.until


def find_event(connection: Connection, association: AssociationId, sequence: int) -> Event | None:
    """Return an event by its sequence, or None."""
    c = audit_event.c
    wanted = select(audit_event).where(c.association_id == association, c.sequence == sequence)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else _event(row)


def search_events(
    connection: Connection,
    association: AssociationId,
    search: Search,
    *,
    before: int | None = None,
    limit: int,
) -> list[Event]:
    """Return events that are wanted, the newest first.

    Args:
        connection: To the database.
        association: Whose trail.
        search: Which events.
        before: Only those with a lower sequence; the last one of the page before.
        limit: At most so many.
    """
    c = audit_event.c
    wanted = select(audit_event).where(c.association_id == association, *search.conditions())
    if before is not None:
        wanted = wanted.where(c.sequence < before)
    rows = connection.execute(wanted.order_by(c.sequence.desc()).limit(limit))
    return [_event(row) for row in rows.mappings()]


def events_after(
    connection: Connection, association: AssociationId, after: int, limit: int
) -> list[Event]:
    """Return the next events of the chain, in order.

    Sequences are drawn under a lock that is held until the commit, so none appears later between
    two that were read.
    """
    c = audit_event.c
    rows = connection.execute(
        select(audit_event)
        .where(c.association_id == association, c.sequence > after)
        .order_by(c.sequence)
        .limit(limit)
    )
    return [_event(row) for row in rows.mappings()]


def whole_chain(connection: Connection, association: AssociationId) -> Iterator[Event]:
    """Yield every event in order, a stretch at a time."""
    after = 0
    while stretch := events_after(connection, association, after, STRETCH):
        yield from stretch
        after = stretch[-1].sequence


def find_head(connection: Connection, association: AssociationId) -> Head:
    """Return where the chain ends, as its own row says."""
    c = audit_head.c
    wanted = select(c.sequence, c.hash, c.recorded_at).where(c.association_id == association)
    row = connection.execute(wanted).first()
    return Head() if row is None else Head(sequence=row[0], hash=row[1], recorded_at=row[2])


def _event(row: RowMapping) -> Event:
    return Event(
        association_id=row["association_id"],
        sequence=row["sequence"],
        recorded_at=row["recorded_at"],
        actor=row["actor"],
        action=row["action"],
        subject=row["subject"],
        outcome=Result(row["outcome"]),
        code=row["code"],
        flow=row["flow"],
        operation_id=row["operation_id"],
        origin=Origin(
            channel=Channel(row["channel"]),
            address=row["address"],
            session=row["session"],
            device=row["device"],
        ),
        document=row["document"],
        previous_hash=row["previous_hash"],
        hash=row["hash"],
    )
