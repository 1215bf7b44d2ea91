"""What partners are owed in closed statements, as it was recorded by any instant."""

from datetime import datetime

from sqlalchemy import BigInteger, Connection, cast, func, select

from points.kernel.ids import AssociationId
from points.partners.tables import statement


def closed_fen(connection: Connection, association: AssociationId, at: datetime) -> int:
    """Return what statements that were closed by an instant come to, over all partners."""
    s = statement.c
    found = connection.execute(
        select(cast(func.coalesce(func.sum(s.total_fen), 0), BigInteger)).where(
            s.association_id == association, s.closed_at <= at
        )
    ).scalar_one()
    return int(found)
