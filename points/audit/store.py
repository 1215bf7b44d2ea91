"""The audit trail in the database: its head under a lock, appends, and reads for channels."""

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, text

from points.audit.model import GENESIS, Head
from points.audit.tables import audit_event, audit_head
from points.audit.trail import Trail
from points.db.bulk import append_rows, update_rows
from points.kernel.ids import AssociationId


@dataclass(slots=True)
class AuditKeys:
    """What a batch needs of the trail.

    Attributes:
        head: Whether it will put events on the chain; only then is the head locked.
    """

    head: bool = False


def load_trail(connection: Connection, association: AssociationId, needed: AuditKeys) -> Trail:
    """Lock the head of the chain, for batches that will move it; others never wait for it."""
    if not needed.head:
        return Trail()
    head = _lock_head(connection, association)
    if head is None:
        # A row that does not exist locks nothing. Whoever comes second waits for the first's row.
        connection.execute(
            text(
                "INSERT INTO audit_head (association_id, sequence, hash) "
                "VALUES (:a, 0, :hash) ON CONFLICT DO NOTHING"
            ),
            {"a": association, "hash": GENESIS},
        )
        head = _lock_head(connection, association)
    return Trail(head=head)


@cache
def _head_locked() -> Select[Any]:
    # Built once: building a statement costs more than asking it.
    c = audit_head.c
    return (
        select(c.sequence, c.hash, c.recorded_at)
        .where(c.association_id == bindparam("a"))
        .with_for_update(key_share=True)
    )


def _lock_head(connection: Connection, association: AssociationId) -> Head | None:
    row = connection.execute(_head_locked(), {"a": association}).first()
    return None if row is None else Head(sequence=row[0], hash=row[1], recorded_at=row[2])


def save_trail(connection: Connection, association: AssociationId, trail: Trail) -> None:
    """Append the events of a batch, and move the head to the last of them."""
    if trail.head is None or not trail.events:
        return
    append_rows(
        connection,
        audit_event,
        EVENT_COLUMNS,
        [
            (
                association,
                event.sequence,
                event.recorded_at,
                event.actor,
                event.action,
                event.subject,
                event.outcome.value,
                event.code,
                event.flow,
                event.operation_id,
                event.origin.channel.value,
                event.origin.address,
                event.origin.session,
                event.origin.device,
                dict(event.document),
                event.previous_hash,
                event.hash,
            )
            for event in trail.events
        ],
    )
    head = trail.head
    update_rows(
        connection,
        audit_head,
        ("association_id", "sequence", "hash", "recorded_at"),
        [(association, head.sequence, head.hash, head.recorded_at)],
    )


EVENT_COLUMNS = (
    "association_id",
    "sequence",
    "recorded_at",
    "actor",
    "action",
    "subject",
    "outcome",
    "code",
    "flow",
    "operation_id",
    "channel",
    "address",
    "session",
    "device",
    "document",
    "previous_hash",
    "hash",
)
