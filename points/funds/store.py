"""Returns of money in the database: loads under the pool's lock, appends, and lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import Connection, RowMapping, select

from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.db.two_people import append_endings, standing_of, with_endings
from points.funds.model import Return
from points.funds.tables import pool_return, pool_return_event
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, ReturnId
from points.kernel.two_people import Proposals, Standing

LIMIT_MAX = 201


@dataclass(slots=True)
class FundsKeys:
    """What a batch needs of the returns; whoever asks locks the programme's pool as well."""

    returns: set[ReturnId] = field(default_factory=set)


def load_returns(
    connection: Connection, association: AssociationId, keys: FundsKeys
) -> Proposals[Return]:
    """Read returns; the lock of their pool, taken before, makes what is read the newest."""
    found = Proposals[Return]()
    if keys.returns:
        standings = _standings(connection, association, keys.returns)
        found.standings = {each.fact.return_id: each for each in standings}
    return found


def save_returns(
    connection: Connection, association: AssociationId, found: Proposals[Return]
) -> None:
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
    append_endings(connection, association, pool_return_event, found.settled)


def find_return(
    connection: Connection, association: AssociationId, return_id: ReturnId
) -> Standing[Return] | None:
    """Return a return with what became of it, or None."""
    return next(iter(_standings(connection, association, [return_id])), None)


def list_returns(
    connection: Connection,
    association: AssociationId,
    programme: str,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Standing[Return]]:
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
) -> list[Standing[Return]]:
    wanted = with_endings(pool_return, pool_return_event, association).where(
        within(connection, pool_return.c.return_id, ids)
    )
    rows = connection.execute(wanted.order_by(pool_return.c.return_id.desc()))
    return [standing_of(row, _return) for row in rows.mappings()]


def _return(row: RowMapping) -> Return:
    return Return(
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
