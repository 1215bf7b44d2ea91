"""Set-based writes and look-ups: one statement a table and batch, whatever the batch's size.

On PostgreSQL rows travel as one array a column; on SQLite it is ``executemany`` over one prepared
statement. Measured: 10 to 27 times faster than row by row, and no slower than COPY.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, Text, bindparam, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import TypeEngine

from points.db.arrays import Row, quoted, unnested
from points.db.base import DELETABLE
from points.db.together import write
from points.db.types import Document, Instant, document_text, instant_text
from points.kernel.ensure import ensure


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
        source, parameters = unnested(table, tuple(columns), rows)
        write(connection, _insert(table, tuple(columns), source), parameters)
    else:
        statement = _insert(table, tuple(columns), _parameters(columns))
        connection.exec_driver_sql(statement, _spelled(table, tuple(columns), rows))


def put_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Insert rows, or replace the non-key columns of those whose primary key exists."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        source, parameters = unnested(table, tuple(columns), rows)
        write(connection, _upsert(table, tuple(columns), source), parameters)
    else:
        statement = _upsert(table, tuple(columns), _parameters(columns))
        connection.exec_driver_sql(statement, _spelled(table, tuple(columns), rows))


def update_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Sequence[Row]
) -> None:
    """Update the rows with the given primary keys; the other named columns get the given values."""
    if not rows:
        return
    if connection.dialect.name == "postgresql":
        source, parameters = unnested(table, tuple(columns), rows)
        write(connection, _update_from(table, tuple(columns), source), parameters)
    else:
        statement = _update_each(table, tuple(columns))
        connection.exec_driver_sql(statement, _spelled(table, tuple(columns), rows))


def delete_rows(
    connection: Connection, table: Table, association: str, column: str, values: Iterable[str]
) -> None:
    """Delete an association's rows whose column is one of some values; only ordinary tables.

    Raises:
        sqlalchemy.exc.DBAPIError: The table holds facts, which are never deleted.
    """
    ensure(table.info.get(DELETABLE, True), "only a table marked deletable loses rows")
    wanted = sorted(set(values))
    if not wanted:
        return
    statement = f"DELETE FROM {quoted(table.name)} WHERE association_id = "
    if connection.dialect.name == "postgresql":
        write(connection, f"{statement}%s AND {quoted(column)} = ANY(%s)", [association, wanted])
    else:
        listed_ = "SELECT value FROM json_each(?)"
        connection.exec_driver_sql(
            f"{statement}? AND {quoted(column)} IN ({listed_})",
            (association, document_text(wanted)),
        )


def within(
    connection: Connection, column: ColumnElement[Any], values: Iterable[str]
) -> ColumnElement[bool]:
    """Return ``column is one of values`` with one bound parameter, however many there are."""
    dialect = connection.dialect.name
    return _one_of(dialect, column, literal(listed(connection, values), _list_kind(dialect)))


def within_named(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Return ``column is one of …`` with a named parameter; :func:`listed` is its value.

    For statements that every batch executes: they are built once, not each time.
    """
    return _one_of(dialect, column, bindparam(name, type_=_list_kind(dialect)))


def listed(connection: Connection, values: Iterable[str]) -> Any:  # noqa: ANN401 - the driver knows
    """Return the parameter of :func:`within_named`."""
    wanted = sorted(set(values))
    return wanted if connection.dialect.name == "postgresql" else document_text(wanted)


def _list_kind(dialect: str) -> TypeEngine[Any]:
    return ARRAY(Text()) if dialect == "postgresql" else Text()


def _one_of(
    dialect: str, column: ColumnElement[Any], values: ColumnElement[Any]
) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == func.any(values)
    return column.in_(select(func.json_each(values).table_valued("value").c.value))


def _spelled(table: Table, columns: tuple[str, ...], rows: Sequence[Row]) -> list[Row]:
    """Return rows as SQLite keeps them; most columns need no spelling, and are passed over."""
    spellings = _spellings(table, columns)
    return [_spell(row, spellings) for row in rows] if spellings else list(rows)


def _spell(row: Row, spellings: tuple[tuple[int, Callable[[Any], str]], ...]) -> Row:
    spelled = list(row)
    for place, spelling in spellings:
        if spelled[place] is not None:
            spelled[place] = spelling(spelled[place])
    return tuple(spelled)


@cache
def _spellings(
    table: Table, columns: tuple[str, ...]
) -> tuple[tuple[int, Callable[[Any], str]], ...]:
    kinds: tuple[tuple[type, Callable[[Any], str]], ...] = (
        (Instant, instant_text),
        (Document, document_text),
    )
    return tuple(
        (place, spelling)
        for place, name in enumerate(columns)
        for kind, spelling in kinds
        if isinstance(table.c[name].type, kind)
    )


def _parameters(columns: Sequence[str]) -> str:
    # The WHERE lets the parser tell the ON of an upsert from the ON of a join.
    return f"SELECT {', '.join('?' for _ in columns)} WHERE true"


@cache
def _insert(table: Table, columns: tuple[str, ...], source: str) -> str:
    names = ", ".join(quoted(column) for column in columns)
    return f"INSERT INTO {quoted(table.name)} ({names}) {source}"


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
    number = {quoted(column): n + 1 for n, column in enumerate(columns)}
    changed = ", ".join(f"{name} = ?{number[name]}" for name in others)
    matched = " AND ".join(f"{name} = ?{number[name]}" for name in keys)
    return f"UPDATE {quoted(table.name)} SET {changed} WHERE {matched}"


def _update_from(table: Table, columns: tuple[str, ...], source: str) -> str:
    keys, others = _split(table, columns)
    changed = ", ".join(f"{name} = v.{name}" for name in others)
    matched = " AND ".join(f"t.{name} = v.{name}" for name in keys)
    return f"UPDATE {quoted(table.name)} t SET {changed} FROM ({source}) v WHERE {matched}"


def _split(table: Table, columns: tuple[str, ...]) -> tuple[list[str], list[str]]:
    keys = [quoted(column.name) for column in table.primary_key.columns]
    return keys, [name for name in map(quoted, columns) if name not in keys]
