"""The one table registry and the naming of constraints."""

from typing import Any

from sqlalchemy import Column, ColumnElement, Index, MetaData, String, Table, literal_column
from sqlalchemy.sql.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

FORGETS = {"autovacuum_vacuum_scale_factor": 0, "autovacuum_vacuum_threshold": 0}
"""Options of a table whose rows may be destroyed: PostgreSQL keeps a deleted row's bytes until a
vacuum, and here one comes soon after every deletion."""

APPEND_ONLY = "append_only"
"""Marks in ``Table.info`` the tables whose rows are never changed or deleted."""

DELETABLE = "deletable"
"""Marks in ``Table.info`` the tables of which the program deletes rows."""

SECRET = "secret"  # noqa: S105 - no password
"""Marks in ``Table.info`` the tables that an auditor has no business in: keys, codes, persons."""


def tenant_table(
    name: str,
    *items: SchemaItem,
    append_only: bool = False,
    deletable: bool = False,
    secret: bool = False,
    **options: Any,  # noqa: ANN401
) -> Table:
    """Return a table whose first column is the association, as every key begins with it.

    Args:
        name: The table's name, singular.
        items: Columns and constraints; mark key columns ``primary_key=True``.
        append_only: Whether triggers refuse UPDATE, DELETE and TRUNCATE on it.
        deletable: Whether the program deletes rows of it; its role may not do so otherwise.
        secret: Whether it holds credentials or says who somebody is.
        options: Passed to SQLAlchemy.
    """
    first = Column("association_id", String(40), primary_key=True)
    marks = {APPEND_ONLY: append_only, DELETABLE: deletable, SECRET: secret}
    return Table(name, metadata, first, *items, info=marks, **options)


def tenant_index(
    name: str, leading: Column[Any], *columns: Column[Any], unique: bool = False
) -> Index:
    """Return a secondary index of an association's rows, under a condition that always holds.

    While a new database has no statistics PostgreSQL takes any index that begins with the
    association for a look-up by primary key or a foreign key check; it then reads a whole
    association for every row. It cannot take a partial index for it. Queries that want the index
    say the same, with :func:`indexed`.

    Args:
        name: The index's.
        leading: The column after the association's; text.
        columns: The columns after it.
        unique: Whether no two rows may agree in all of them.
    """
    said = indexed(leading)
    first = leading.table.c.association_id
    return Index(
        name, first, leading, *columns, unique=unique, postgresql_where=said, sqlite_where=said
    )


def indexed(leading: ColumnElement[Any]) -> ColumnElement[bool]:
    """Return the condition of the index that :func:`tenant_index` makes on a column."""
    return leading != literal_column("''")
