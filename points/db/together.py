"""Several writes in one message to PostgreSQL: a small batch waits for the server once, not often.

Each statement of a transaction costs a round trip, and for a batch of a few commands that wait is
most of what it costs. Within :func:`together` writes are gathered and sent at its end, in order,
as one text; nothing may be read in between. The text may end the transaction as well: the driver
sees that none is open any more, and has nothing left to do when ``unit_of_work.writing`` ends it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

_GATHERED = "points.gathered"


@contextmanager
def together(connection: Connection, *, last: bool = False) -> Iterator[None]:
    """Gather what the block writes and send it at its end; on SQLite writes go out one by one.

    Args:
        connection: In the transaction of a batch.
        last: Whether nothing comes after the block, so that COMMIT may go out with its writes.

    Raises:
        sqlalchemy.exc.DBAPIError: One of the writes failed, and with it the transaction.
    """
    if connection.dialect.name != "postgresql":
        yield
        return
    # Taken once: a connection that broke meanwhile answers no more questions, and what it would
    # raise instead of its own failure is nothing that the engine tries again.
    info = connection.info
    info[_GATHERED] = []
    try:
        yield
        _send(connection, last=last)
    finally:
        # The pool keeps a connection's info: the next batch must not find this one's writes.
        info.pop(_GATHERED, None)


def write(connection: Connection, statement: str, parameters: Sequence[Any]) -> None:
    """Execute a statement with ``%s`` for parameters, or gather it."""
    gathered = connection.info.get(_GATHERED)
    if gathered is None:
        connection.exec_driver_sql(statement, tuple(parameters))
    else:
        gathered.append((statement, parameters))


def ask(connection: Connection, text: str) -> tuple[Any, ...] | None:
    """Send several statements to PostgreSQL in one message; return the first row of the last one.

    Raises:
        sqlalchemy.exc.DBAPIError: One of them failed.
    """
    driver: Any = connection.connection.dbapi_connection
    try:
        with driver.cursor() as cursor:
            cursor.execute(text)
            while cursor.nextset():
                pass
            row: tuple[Any, ...] | None = cursor.fetchone()
            return row
    except psycopg.Error as error:
        raise _failed(connection, driver, text, error) from error


def _failed(
    connection: Connection,
    driver: Any,  # noqa: ANN401 - a connection of the driver
    text: str,
    error: psycopg.Error,
) -> DBAPIError:
    lost = bool(driver.closed)
    if lost:
        connection.invalidate(error)
    # Without the parameters: an error is logged, and they are members' data.
    return DBAPIError(text, None, error, connection_invalidated=lost)


def _send(connection: Connection, *, last: bool) -> None:
    gathered = connection.info.get(_GATHERED)
    if not gathered:
        return
    text = ";\n".join(statement for statement, _ in gathered)
    driver: Any = connection.connection.dbapi_connection
    try:
        with psycopg.ClientCursor(driver) as cursor:
            # A message of many statements takes no parameters: psycopg spells them as literals,
            # statement by statement, for it remembers only short ones.
            spelled = [cursor.mogrify(*each) for each in gathered]
            cursor.execute(";\n".join([*spelled, *(["COMMIT"] if last else [])]))
    except psycopg.Error as error:
        raise _failed(connection, driver, text, error) from error
