"""Rows as arrays, one a column: how many rows reach PostgreSQL in one statement.

A column whose value is the same in every row travels once. Arrays are spelled here rather than by
the driver: a whole column at a time, which is what a batch of thousands of rows needs.
"""

from collections.abc import Sequence
from datetime import date, datetime
from functools import cache
from typing import Any

from sqlalchemy import String, Table
from sqlalchemy.dialects import postgresql

from points.db.types import Document, Instant, document_text

Row = Sequence[Any]


def unnested(
    table: Table, columns: tuple[str, ...], rows: Sequence[Row]
) -> tuple[str, list[str | None]]:
    """Return a SELECT that yields the rows in order, and its parameters.

    Args:
        table: Says of which type the columns are.
        columns: What the values of each row are, in order.
        rows: At least one.
    """
    turned: list[tuple[Any, ...]] = list(zip(*rows, strict=True))
    for place in _documents(table, columns):
        # Spelled before they are compared: {"n": 1} equals {"n": true} here, and not in JSON.
        turned[place] = tuple(map(_text, turned[place]))
    same = tuple(values.count(values[0]) == len(values) for values in turned)
    once = [_text(values[0]) for values, alike in zip(turned, same, strict=True) if alike]
    many = [array_text(values) for values, alike in zip(turned, same, strict=True) if not alike]
    # Rows that are alike in every column would be one row: a key tells them apart.
    return _select(table, columns, same), once + many


@cache
def _documents(table: Table, columns: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(columns) if isinstance(table.c[name].type, Document))


@cache
def _select(table: Table, columns: tuple[str, ...], same: tuple[bool, ...]) -> str:
    shown, names, arrays = [], [], []
    for column, alike in zip(columns, same, strict=True):
        kind = _kind(table, column)
        if alike:
            shown.append(f"%s::{kind} AS {quoted(column)}")
        else:
            shown.append(f"v.{quoted(column)}")
            names.append(quoted(column))
            arrays.append(f"%s::{kind}[]")
    if not arrays:
        return f"SELECT {', '.join(shown)}"
    source = f"unnest({', '.join(arrays)}) AS v({', '.join(names)})"
    return f"SELECT {', '.join(shown)} FROM {source}"  # noqa: S608 - names of our own tables


def array_text(values: Sequence[object]) -> str:
    """Return the text of a one-dimensional PostgreSQL array."""
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        joined = '","'.join(values)  # type: ignore[arg-type]  # all of them are strings
        # Ids and codes, nearly always: nothing in them needs a backslash.
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return '{"' + joined + '"}'
    return "{" + ",".join(map(_element, values)) + "}"


def _element(value: object) -> str:
    text = _text(value)
    if text is None:
        return "NULL"
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (dict, list)):
        return document_text(value)
    return str(value)


_DIALECT = postgresql.dialect()  # type: ignore[no-untyped-call]


def quoted(name: str) -> str:
    """Return an identifier, in quotes where PostgreSQL wants them."""
    return str(_DIALECT.identifier_preparer.quote(name))


def _kind(table: Table, column: str) -> str:
    kind = table.c[column].type
    if isinstance(kind, Document):
        return "jsonb"
    if isinstance(kind, Instant):
        return "timestamptz"
    if isinstance(kind, String):
        # Without its length: a cast to varchar(n) cuts silently, an assignment to the column fails.
        return "text"
    return str(kind.compile(_DIALECT)).lower()
