"""Decision 0012: no whole index stands where PostgreSQL would take it for a foreign key check."""

from collections.abc import Iterator

from sqlalchemy import Column, ForeignKeyConstraint, Index, MetaData, String, Table

import points.schema  # noqa: F401 - so that every table is known
from points.db.base import metadata

TENANT = "association_id"


def tempting(tables: MetaData) -> Iterator[str]:
    """Yield the whole indexes that begin with the association on a referred table."""
    referred = {
        element.column.table.name
        for table in tables.tables.values()
        for constraint in table.foreign_key_constraints
        for element in constraint.elements
    }
    for name in sorted(referred):
        for index in tables.tables[name].indexes:
            first = getattr(next(iter(index.expressions)), "name", "")
            whole = index.dialect_options["postgresql"]["where"] is None
            if first == TENANT and whole and not index.unique:
                yield str(index.name)


def test_indexes_beside_foreign_keys_are_partial() -> None:
    assert list(tempting(metadata)) == []


def test_a_whole_index_would_be_noticed() -> None:
    tables = MetaData()
    parent = Table(
        "parent",
        tables,
        Column(TENANT, String, primary_key=True),
        Column("id", String, primary_key=True),
        Column("kind", String),
    )
    Table(
        "child",
        tables,
        Column(TENANT, String, primary_key=True),
        Column("parent", String, primary_key=True),
        ForeignKeyConstraint([TENANT, "parent"], ["parent.association_id", "parent.id"]),
    )
    Index("ix_parent_kind", parent.c.association_id, parent.c.kind)
    assert list(tempting(tables)) == ["ix_parent_kind"]
