"""The one table registry and the naming of constraints."""

from typing import Any

from sqlalchemy import Column, MetaData, String, Table
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

APPEND_ONLY = "append_only"
"""Marks in ``Table.info`` the tables whose rows are never changed or deleted."""


def tenant_table(name: str, *items: SchemaItem, append_only: bool = False, **options: Any) -> Table:  # noqa: ANN401
    """Return a table whose first column is the association, as every key begins with it.

    Args:
        name: The table's name, singular.
        items: Columns and constraints; mark key columns ``primary_key=True``.
        append_only: Whether triggers refuse UPDATE, DELETE and TRUNCATE on it.
        options: Passed to SQLAlchemy.
    """
    first = Column("association_id", String(40), primary_key=True)
    return Table(name, metadata, first, *items, info={APPEND_ONLY: append_only}, **options)
