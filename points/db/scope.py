"""For which association a connection to PostgreSQL reads and writes.

Row-level security compares every row's association with the setting ``points.association``. It is
only ever set for one transaction (``SET LOCAL``), so a connection that goes back to the pool, or
that PgBouncer lends to somebody else, has none; without it no row is seen.

A transaction is begun and told its association in one message. Reads hold no transaction open:
each is a message of two statements, the setting and the question, which PostgreSQL takes as one
transaction. So neither waits for the server once more than it would without.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from string import ascii_letters, digits
from typing import Any, Self, cast

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import TupleRow
from sqlalchemy import Connection

SETTING = "points.association"
PLAIN = frozenset(f"{ascii_letters}{digits}-_.")


@lru_cache(maxsize=1024)
def scope_statement(association: str) -> str:
    """Return the statement that names the association until the transaction ends."""
    return f"SET LOCAL {SETTING} = {spelled(association)}"


def spelled(name: str) -> str:
    """Return a name as a literal for PostgreSQL, for messages that take no parameters.

    Spelled so that no character of it means anything to PostgreSQL or to the driver.
    """
    plain = "".join(each if each in PLAIN else f"\\U{ord(each):08X}" for each in name)
    return f"E'{plain}'"


class ScopedCursor(psycopg.ClientCursor[TupleRow]):
    """Sends the connection's scope along with each statement that begins a transaction.

    A message of many statements takes no parameters: psycopg spells them as literals. Statements
    that go out in another way, as many at once, have no scope and find no rows.
    """

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:  # noqa: ANN401 - as psycopg has it
        """Execute a statement and keep its result, not the setting's."""
        scope = cast("ScopedConnection", self.connection).scope
        if not scope or self.connection.info.transaction_status != TransactionStatus.IDLE:
            return super().execute(query, params, **options)
        super().execute(f"{scope};\n{query}", params, **options)
        while self.nextset():
            pass
        return self


class ScopedConnection(psycopg.Connection[TupleRow]):
    """A connection whose reads, each of them a transaction, may name their association."""

    scope = ""


@contextmanager
def narrowed(connection: Connection, association: str) -> Iterator[None]:
    """Name an association in each statement of the block, on a connection that commits each."""
    driver: object = connection.connection.dbapi_connection
    if not isinstance(driver, ScopedConnection):
        raise TypeError(driver)
    driver.scope = scope_statement(association)
    driver.cursor_factory = ScopedCursor
    try:
        yield
    finally:
        driver.scope = ""
        driver.cursor_factory = psycopg.Cursor
