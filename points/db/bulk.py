"""Set-based writes and look-ups: one statement a table and batch, whatever the batch's size.

On PostgreSQL new rows travel by COPY and changed rows as one JSON parameter; on SQLite both are
``executemany`` over one prepared statement. Measured: 10 to 27 times faster than row by row.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, func, literal, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from points.db.together import driving, send_gathered, write
from points.db.types import Document, Instant, document_text, instant_text

Row = Sequence[Any]

COPY_ROWS_MIN = 100
"""Below this many rows one statement is quicker than COPY and its three round trips."""


def append_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows of the named columns, in order; no rows, no statement.

    Raises:
        sqlalchemy.exc.DBAPIError: A key exists or a reference does not.
    """
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        if len(rows) >= COPY_ROWS_MIN:
            _copy(connection, table, tuple(columns), rows)
            return
        statement = _insert(table, tuple(columns), _recordset(table, tuple(columns)))
        write(connection, statement, (_json(columns, rows),))
    else:
        statement = _insert(table, tuple(columns), _parameters(columns))
        connection.exec_driver_sql(statement, [_spell(row, _sqlite_value) for row in rows])


def put_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows, or replace the non-key columns of those whose primary key exists."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        statement = _upsert(table, tuple(columns), _recordset(table, tuple(columns)))
        write(connection, statement, (_json(columns, rows),))
    else:
        statement = _upsert(table, tuple(columns), _parameters(columns))
        connection.exec_driver_sql(statement, [_spell(row, _sqlite_value) for row in rows])


def update_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Update the rows with the given primary keys; the other named columns get the given values."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        # The literal limit tells the planner how many rows come: one must not scan the table.
        source = f"{_recordset(table, tuple(columns))} LIMIT {len(rows)}"
        statement = _update_from(table, tuple(columns), source)
        write(connection, statement, (_json(columns, rows),))
    else:
        statement = _update_each(table, tuple(columns))
        connection.exec_driver_sql(statement, [_spell(row, _sqlite_value) for row in rows])


def within(
    connection: Connection, column: ColumnElement[Any], values: Iterable[str]
) -> ColumnElement[bool]:
    """Return ``column is one of values`` with one bound parameter, however many there are."""
    wanted = sorted(set(values))
    if connection.dialect.name == "postgresql":
        return column == func.any(literal(wanted, ARRAY(Text())))
    each = func.json_each(document_text(wanted)).table_valued("value")
    return column.in_(select(each.c.value))


def _copy(
    connection: Connection, table: Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> None:
    names = ", ".join(_quoted(column) for column in columns)
    statement = f"COPY {_quoted(table.name)} ({names}) FROM STDIN"
    send_gathered(connection)
    with (
        driving(connection, statement) as driver,
        driver.cursor() as cursor,
        cursor.copy(statement) as copy,
    ):
        for row in rows:
            copy.write_row(_spell(row, _copy_value))


def _spell(row: Row, value: Any) -> tuple[Any, ...]:  # noqa: ANN401 - a function of one value
    return tuple(map(value, row))


def _copy_value(value: object) -> object:
    return document_text(value) if isinstance(value, (dict, list)) else value


def _sqlite_value(value: object) -> object:
    return instant_text(value) if isinstance(value, datetime) else _copy_value(value)


def _json(columns: Sequence[str], rows: Sequence[Row]) -> str:
    return document_text(
        [dict(zip(columns, _spell(row, _json_value), strict=True)) for row in rows]
    )


def _json_value(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _parameters(columns: Sequence[str]) -> str:
    # The WHERE lets the parser tell the ON of an upsert from the ON of a join.
    return f"SELECT {', '.join('?' for _ in columns)} WHERE true"


@cache
def _recordset(table: Table, columns: tuple[str, ...]) -> str:
    kinds = ", ".join(f"{_quoted(column)} {_kind(table, column)}" for column in columns)
    names = ", ".join(_quoted(column) for column in columns)
    return f"SELECT {names} FROM json_to_recordset(%s::json) AS v({kinds})"


@cache
def _insert(table: Table, columns: tuple[str, ...], source: str) -> str:
    names = ", ".join(_quoted(column) for column in columns)
    return f"INSERT INTO {_quoted(table.name)} ({names}) {source}"


@cache
def _upsert(table: Table, columns: tuple[str, ...], source: str) -> str:
    keys, others = _split(table, columns)
    replaced = ", ".join(f"{name} = excluded.{name}" for name in others)
    clash = f"ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {replaced}"
    return f"{_insert(table, columns, source)} {clash}"


@cache
def _update_each(table: Table, columns: tuple[str, ...]) -> str:
    keys, others = _split(table, columns)
    # Numbered parameters: the caller's order of columns is kept whatever the statement's is.
    number = {_quoted(column): n + 1 for n, column in enumerate(columns)}
    changed = ", ".join(f"{name} = ?{number[name]}" for name in others)
    matched = " AND ".join(f"{name} = ?{number[name]}" for name in keys)
    return f"UPDATE {_quoted(table.name)} SET {changed} WHERE {matched}"


def _update_from(table: Table, columns: tuple[str, ...], source: str) -> str:
    keys, others = _split(table, columns)
    changed = ", ".join(f"{name} = v.{name}" for name in others)
    matched = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    return f"UPDATE {_quoted(table.name)} t SET {changed} FROM ({source}) v WHERE {matched}"


def _split(table: Table, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    keys = [_quoted(column.name) for column in table.primary_key.columns]
    return keys, [name for name in map(_quoted, columns) if name not in keys]


_PREPARER = postgresql.dialect().identifier_preparer  # type: ignore[no-untyped-call]


def _quoted(name: str) -> str:
    return str(_PREPARER.quote(name))


def _kind(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, Document):
        return "jsonb"
    if isinstance(kind, Instant):
        return "timestamptz"
    return str(kind.compile(postgresql.dialect()))  # type: ignore[no-untyped-call]
