"""What statements come to and what of it was paid, as it was recorded by any instant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Connection, cast, func, select

from points.kernel.ids import AssociationId
from points.partners.tables import statement, statement_event


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """All statements of all partners together, in fen.

    Attributes:
        total_fen: What they come to.
        fees_fen: What the association keeps of it; below zero, unless more was given back.
        paid_fen: What was marked as paid.
    """

    total_fen: int
    fees_fen: int
    paid_fen: int


def settled_at(connection: Connection, association: AssociationId, at: datetime) -> Settled:
    """Return what statements that were drawn up by an instant come to, and payments by then."""
    s, e = statement.c, statement_event.c
    drawn = connection.execute(
        select(_sum(s.total_fen), _sum(s.fees_fen)).where(
            s.association_id == association, s.drawn_at <= at
        )
    ).one()
    paid = connection.execute(
        select(_sum(e.amount_fen)).where(
            e.association_id == association, e.step == "paid", e.recorded_at <= at
        )
    ).scalar_one()
    return Settled(total_fen=drawn[0], fees_fen=drawn[1], paid_fen=paid)


def _sum(fen: ColumnElement[Any]) -> ColumnElement[Any]:
    # PostgreSQL makes numeric of a sum of whole numbers.
    return cast(func.coalesce(func.sum(fen), 0), BigInteger)
