"""Connections to PostgreSQL and SQLite, set up so that an acknowledged write is on disk."""

import sqlite3
import time
from typing import Any

import psycopg
from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from points.db.guards.sqlite import guard
from points.db.scope import ScopedConnection
from points.kernel.errors import Misused

BUSY_TIMEOUT_MILLISECONDS = 10_000
RESTING_SECONDS_MAX = 5.0
"""A pooled connection that rested longer is asked whether it still lives before it is used."""

PREPARED_AFTER = 5
"""What a connection to PostgreSQL itself asks more often is planned once and for all."""

_RESTING_SINCE = "points.resting_since"


def open_database(url: str, *, pool_size: int = 10, migrating: bool = False) -> Engine:
    """Return an engine for ``sqlite:///…`` or ``postgresql://…``.

    Args:
        url: Where the database is.
        pool_size: How many connections stay open; as many again may join for a while.
        migrating: Whether the schema may be changed. On PostgreSQL the role decides instead.

    Raises:
        Misused: The URL names another kind of database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url, migrating=migrating)
    if parsed.get_backend_name() == "postgresql":
        return _open_postgres(parsed, pool_size)
    raise Misused(
        "database_unsupported",
        "只支持 PostgreSQL 和 SQLite 数据库",
        "only PostgreSQL and SQLite are supported",
    )


def _open_postgres(url: URL, pool_size: int) -> Engine:
    engine = create_engine(
        url.set(drivername="postgresql+psycopg"),
        hide_parameters=True,  # an error's text would hold what people typed
        pool_size=pool_size,
        max_overflow=pool_size,
        # The one that was used last: its process has plans and catalogues at hand.
        pool_use_lifo=True,
        connect_args={"prepare_threshold": None},
    )

    @event.listens_for(engine, "do_connect")
    def _connect(_d: object, _r: object, _a: object, arguments: dict[str, Any]) -> ScopedConnection:
        connection = ScopedConnection.connect(**arguments)
        connection.autocommit = True
        # Our estimates are high where tables are new or policies stand before them: PostgreSQL then
        # compiles for a second what runs for a millisecond. Neither is said in "options", which
        # PgBouncer refuses.
        connection.execute("SET jit = off; SET timezone = 'UTC'")
        if _is_direct(connection):
            connection.prepare_threshold = PREPARED_AFTER
        connection.autocommit = False
        return connection

    @event.listens_for(engine, "checkin")
    def _rest(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTING_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _wake(connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: object) -> None:
        # What is known to be lost is not lent: it would fail before SQLAlchemy looks, with an error
        # that nobody tries again.
        if getattr(connection, "closed", False):
            raise DisconnectionError
        # The pool's own ping costs a round trip each time; a busy connection needs none.
        since = record.info.get(_RESTING_SINCE)
        if since is not None and time.monotonic() - since > RESTING_SECONDS_MAX:
            try:
                engine.dialect.do_ping(connection)
            except psycopg.Error as error:
                raise DisconnectionError from error

    return engine


def _is_direct(connection: psycopg.Connection[Any]) -> bool:
    """Return whether the process at the other end is the one that runs our statements.

    A pooler that lends processes, as PgBouncer, names one of its own. It may send a statement to a
    process that never saw it prepared.
    """
    running = connection.execute("SELECT pg_backend_pid()").fetchone()
    return running == (connection.info.backend_pid,)


def _open_sqlite(url: str, *, migrating: bool) -> Engine:
    engine = create_engine(
        url, connect_args={"check_same_thread": False, "timeout": 10}, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
        # SQLAlchemy begins transactions itself (below), so that reads are consistent as well.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "secure_delete = ON",  # what is deleted is overwritten, not only forgotten
            "recursive_triggers = ON",  # else REPLACE would delete without asking the triggers
            f"busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}",
            "temp_store = MEMORY",
            "cache_size = -65536",
        ):
            connection.execute(f"PRAGMA {pragma}")
        if not migrating:
            guard(connection)

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401
        # A writer takes its lock at once: upgrading a read lock later fails without waiting.
        mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine
