"""Returns of money in the database: loads under the pool's lock, appends, and lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.funds.model import Return, Settled, Standing, State
from points.funds.returns import Returns
from points.funds.tables import pool_return, pool_return_event
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId, ReturnId

LIMIT_MAX = 201


@dataclass(slots=True)
class FundsKeys:
    """What a batch needs of the returns; whoever asks locks the programme's pool as well."""

    returns: set[ReturnId] = field(default_factory=set)


def load_returns(connection: Connection, association: AssociationId, keys: FundsKeys) -> Returns:
    """Read returns; the lock of their pool, taken before, makes what is read the newest."""
    found = Returns()
    if keys.returns:
        standings = _standings(connection, association, keys.returns)
        found.standings = {each.fact.return_id: each for each in standings}
    return found


def save_returns(connection: Connection, association: AssociationId, found: Returns) -> None:
    """Append what was asked for and what ended it."""
    a = association
    append_rows(
        connection,
        pool_return,
        (
            *("association_id", "return_id", "programme", "amount_fen", "source", "note"),
            *("document", "proposed_by", "proposed_at", "until"),
        ),
        [
            (
                *(a, r.return_id, r.programme, r.amount_fen, r.source, r.note),
                *(r.document, r.proposed_by, r.proposed_at, r.until),
            )
            for r in found.opened
        ],
    )
    append_rows(
        connection,
        pool_return_event,
        (
            *("association_id", "return_id", "step", "actor", "proposed_by"),
            *("reason", "operation_id", "recorded_at"),
        ),
        [
            (
                *(a, e.of.return_id, e.step.value, e.actor, e.of.proposed_by),
                *(e.reason, e.operation_id, e.recorded_at),
            )
            for e in found.settled
        ],
    )


def find_return(
    connection: Connection, association: AssociationId, return_id: ReturnId
) -> Standing | None:
    """Return a return with what became of it, or None."""
    return next(iter(_standings(connection, association, [return_id])), None)


def list_returns(
    connection: Connection,
    association: AssociationId,
    programme: str,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Standing]:
    """Return a programme's returns, the newest first; page on with the last one's id."""
    r = pool_return.c
    ids = connection.execute(
        select(r.return_id)
        .where(
            r.association_id == association,
            r.programme == programme,
            indexed(r.programme),
            *([r.return_id < before] if before else []),
        )
        .order_by(r.return_id.desc())
        .limit(min(limit, LIMIT_MAX))
    ).scalars()
    return _standings(connection, association, list(ids))


def _standings(
    connection: Connection, association: AssociationId, ids: Iterable[str]
) -> list[Standing]:
    r, e = pool_return.c, pool_return_event.c
    rows = connection.execute(
        select(pool_return, e.step, e.actor, e.reason, e.operation_id, e.recorded_at)
        .outerjoin(
            pool_return_event,
            (e.association_id == r.association_id) & (e.return_id == r.return_id),
        )
        .where(r.association_id == association, within(connection, r.return_id, ids))
        .order_by(r.return_id.desc())
    )
    return [_standing(row) for row in rows.mappings()]


def _standing(row: Any) -> Standing:  # noqa: ANN401 - a row mapping
    fact = Return(
        return_id=ReturnId(row["return_id"]),
        programme=row["programme"],
        amount_fen=Fen(row["amount_fen"]),
        source=row["source"],
        note=row["note"],
        document=row["document"],
        proposed_by=Actor(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        until=row["until"],
    )
    if row["step"] is None:
        return Standing(fact=fact)
    settled = Settled(
        of=fact,
        step=State(row["step"]),
        actor=Actor(row["actor"]),
        reason=row["reason"],
        operation_id=OperationId(row["operation_id"]),
        recorded_at=row["recorded_at"],
    )
    return Standing(fact=fact, settled=settled)
