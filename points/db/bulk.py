"""Set-based writes and look-ups: one statement a table and batch, whatever the batch's size.

On PostgreSQL a batch travels as one array a column through ``unnest``; on SQLite as
``executemany`` over one prepared statement. Measured: 10 to 27 times faster than row by row.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from points.db.types import Document, Instant, document_text, instant_text

Row = Sequence[Any]


def append_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows of the named columns, in order; no rows, no statement.

    Raises:
        sqlalchemy.exc.IntegrityError: A key exists or a reference does not.
    """
    if rows:
        _run(connection, table, tuple(columns), rows, _insert_sql)


def put_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows, or replace the non-key columns of those whose primary key exists."""
    if rows:
        _run(connection, table, tuple(columns), rows, _upsert_sql)


def update_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Update the rows with the given primary keys; the other named columns get the given values."""
    if rows:
        _run(connection, table, tuple(columns), rows, _update_sql)


def within(
    connection: Connection, column: ColumnElement[Any], values: Iterable[str]
) -> ColumnElement[bool]:
    """Return ``column is one of values`` with one bound parameter, however many there are."""
    wanted = sorted(set(values))
    if connection.dialect.name == "postgresql":
        return column == func.any(literal(wanted, ARRAY(Text())))
    each = func.json_each(document_text(wanted)).table_valued("value")
    return column.in_(select(each.c.value))


_Sql = Callable[[str, Table, tuple[str, ...]], str]


def _run(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row], sql: _Sql
) -> None:
    dialect = connection.dialect.name
    statement = _statement(dialect, table, columns, sql)
    if dialect == "postgresql":
        arrays = [list(values) for values in zip(*rows, strict=True)]
        for at in _at(table, columns, Document):
            arrays[at] = [None if value is None else document_text(value) for value in arrays[at]]
        connection.exec_driver_sql(statement, tuple(arrays))
        return
    connection.exec_driver_sql(statement, [_sqlite_row(row) for row in rows])


def _sqlite_row(row: Row) -> tuple[Any, ...]:
    return tuple(
        instant_text(value)
        if isinstance(value, datetime)
        else document_text(value)
        if isinstance(value, (dict, list))
        else value
        for value in row
    )


@cache
def _at(table: Table, columns: tuple[str, ...], kind: type) -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(columns) if isinstance(table.c[name].type, kind))


@cache
def _statement(dialect: str, table: Table, columns: tuple[str, ...], sql: _Sql) -> str:
    return sql(dialect, table, columns)


def _source(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    """Return a batch's rows as a SQL source: ``unnest`` of arrays, or one row of parameters."""
    if dialect == "sqlite":
        return f"SELECT {', '.join('?' for _ in columns)} WHERE true"
    names = [_name(table, column) for column in columns]
    arrays = [f"%s::{_array_of(table, column)}[]" for column in columns]
    picked = [
        f"v.{name}::jsonb" if isinstance(table.c[column].type, Document) else f"v.{name}"
        for name, column in zip(names, columns, strict=True)
    ]
    return f"SELECT {', '.join(picked)} FROM unnest({', '.join(arrays)}) AS v({', '.join(names)})"


def _insert_sql(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    into = ", ".join(_name(table, column) for column in columns)
    return f"INSERT INTO {_table(table)} ({into}) {_source(dialect, table, columns)}"


def _upsert_sql(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    keys, others = _split(table, columns)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in others)
    return (
        f"{_insert_sql(dialect, table, columns)} "
        f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {replaced}"
    )


def _update_sql(dialect: str, table: Table, columns: tuple[str, ...]) -> str:
    keys, others = _split(table, columns)
    if dialect == "sqlite":
        # Numbered parameters: the caller's order of columns is kept whatever the statement's is.
        number = {_name(table, column): n + 1 for n, column in enumerate(columns)}
        changed = ", ".join(f"{name} = ?{number[name]}" for name in others)
        matched = " AND ".join(f"{name} = ?{number[name]}" for name in keys)
        return f"UPDATE {_table(table)} SET {changed} WHERE {matched}"
    changed = ", ".join(
        f"{_name(table, c)} = v.{_name(table, c)}" for c in columns if _name(table, c) in others
    )
    matched = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    inner = _source(dialect, table, columns)
    names = ", ".join(_name(table, column) for column in columns)
    return f"UPDATE {_table(table)} t SET {changed} FROM ({inner}) AS v({names}) WHERE {matched}"


def _split(table: Table, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    keys = [_name(table, column.name) for column in table.primary_key.columns]
    return keys, [_name(table, c) for c in columns if _name(table, c) not in keys]


_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


def _name(table: Table, column: str) -> str:
    return str(_PREPARER.quote(table.c[column].name))


def _table(table: Table) -> str:
    return str(_PREPARER.quote(table.name))


def _array_of(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, Document):
        return "text"
    if isinstance(kind, Instant):
        return "timestamptz"
    return str(kind.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]
