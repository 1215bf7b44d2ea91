"""Operations and their answers: what was asked before is answered as before, for ever."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, bindparam, inspect, select

from points.db.bulk import append_rows, listed, within_named
from points.kernel.ids import AssociationId, OperationId
from points.ledger.tables import operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What an operation was answered, for ever."""

    operation_id: OperationId
    kind: str
    body_hash: str
    outcome: Any


@cache
def _operations_wanted(dialect: str) -> Select[Any]:
    # Built once: building a statement costs more than asking it.
    c = operation.c
    return select(c.operation_id, c.kind, c.body_hash, c.outcome).where(
        c.association_id == bindparam("a"), within_named(dialect, c.operation_id, "ids")
    )


def find_operations(
    connection: Connection, association: AssociationId, ids: Collection[OperationId]
) -> dict[OperationId, Recorded]:
    """Return those of the operations that were answered before."""
    statement = _operations_wanted(connection.dialect.name)
    rows = connection.execute(statement, {"a": association, "ids": listed(connection, ids)})
    return {
        OperationId(row[0]): Recorded(
            operation_id=row[0], kind=row[1], body_hash=row[2], outcome=row[3]
        )
        for row in rows
    }


def anything_answered(connection: Connection) -> bool:
    """Return whether any operation was answered: then what is sealed here belongs to a secret."""
    if not inspect(connection).has_table(operation.name):
        return False
    return connection.execute(select(operation.c.operation_id).limit(1)).first() is not None


def append_operations(
    connection: Connection,
    association: AssociationId,
    recorded: Iterable[Recorded],
    now: datetime,
) -> None:
    """Append what operations were answered."""
    append_rows(
        connection,
        operation,
        ("association_id", "operation_id", "kind", "body_hash", "outcome", "recorded_at"),
        [(association, r.operation_id, r.kind, r.body_hash, r.outcome, now) for r in recorded],
    )
