"""Reads every row that names somebody, table by table, a page at a time.

Tables are named, not imported: what belongs to a person lies in all concepts, and none of them
knows the others.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select, tuple_

from points.db.base import metadata

PAGE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Naming:
    """How a table's rows name a person.

    Attributes:
        table: Its name.
        column: Holds the person's id; or, where ``through`` is set, the id of a row there.
        through: The table whose rows name the person, in whose column of the same name.
    """

    table: str
    column: str = "member_id"
    through: str | None = None


def rows_naming(
    connection: Connection, association: str, naming: Naming, values: Sequence[str]
) -> Iterator[dict[str, Any]]:
    """Yield an association's rows that name one of some values, by primary key."""
    table = metadata.tables[naming.table]
    keys = [c for c in table.primary_key.columns if c.name != "association_id"]
    wanted = _wanted(table, association, naming, values)
    last: tuple[Any, ...] | None = None
    while True:
        page = select(table).where(*wanted).order_by(*keys).limit(PAGE)
        if last is not None:
            page = page.where(tuple_(*keys) > last)
        rows = connection.execute(page).mappings().all()
        for row in rows:
            yield dict(row)
        if len(rows) < PAGE:
            return
        last = tuple(rows[-1][key.name] for key in keys)


def _wanted(
    table: Table, association: str, naming: Naming, values: Sequence[str]
) -> list[ColumnElement[bool]]:
    ours = table.c.association_id == association
    if naming.through is None:
        return [ours, table.c[naming.column].in_(list(values))]
    parent = metadata.tables[naming.through]
    theirs = select(parent.c[naming.column]).where(
        parent.c.association_id == association, parent.c.member_id.in_(list(values))
    )
    return [ours, table.c[naming.column].in_(theirs)]
