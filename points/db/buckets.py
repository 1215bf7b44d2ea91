"""Sorts instants into spans inside the database, the same on both, whatever a zone's months are.

Months of a time zone have no common spelling in SQL; their first instants do. A nest of
comparisons finds the span of a row in as many steps as a binary search.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Integer, bindparam, case, literal_column, null

from points.db.types import Instant
from points.kernel.ensure import ensure


def bucket(column: ColumnElement[Any], bounds: Sequence[datetime]) -> ColumnElement[Any]:
    """Return the number of the last bound that is not after the column's instant.

    It is -1 before the first bound, and null where there is no instant.

    Args:
        column: Instants.
        bounds: In order; the program's own, never typed by anybody.
    """
    ensure(list(bounds) == sorted(bounds), "spans follow each other")
    return case((column.is_(None), null()), else_=_search(column, bounds, 0, len(bounds)))


def _search(
    column: ColumnElement[Any], bounds: Sequence[datetime], first: int, last: int
) -> ColumnElement[Any]:
    if first == last:
        return literal_column(str(first - 1), Integer)
    middle = (first + last) // 2
    return case(
        (column < _instant(bounds[middle]), _search(column, bounds, first, middle)),
        else_=_search(column, bounds, middle + 1, last),
    )


def _instant(at: datetime) -> BindParameter[datetime]:
    return bindparam(None, at, type_=Instant(), unique=True)
