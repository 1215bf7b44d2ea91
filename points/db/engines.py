"""Connections to PostgreSQL and SQLite, set up so that an acknowledged write is on disk."""

import sqlite3
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import make_url

from points.kernel.errors import Misused

BUSY_TIMEOUT_MILLISECONDS = 10_000


def open_database(url: str, *, pool_size: int = 10) -> Engine:
    """Return an engine for ``sqlite:///…`` or ``postgresql://…``.

    Raises:
        Misused: The URL names another kind of database.
    """
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(url)
    if parsed.get_backend_name() == "postgresql":
        return create_engine(
            parsed.set(drivername="postgresql+psycopg"),
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_pre_ping=True,
            # PgBouncer before 1.21 breaks server-side prepared statements.
            connect_args={"prepare_threshold": None, "options": "-c timezone=UTC"},
        )
    raise Misused(
        "database_unsupported",
        "只支持 PostgreSQL 和 SQLite 数据库",
        "only PostgreSQL and SQLite are supported",
    )


def _open_sqlite(url: str) -> Engine:
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 10})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:  # noqa: ANN401
        # SQLAlchemy begins transactions itself (below), so that reads are consistent as well.
        connection.isolation_level = None
        for pragma in (
            "journal_mode = WAL",
            "synchronous = FULL",
            "foreign_keys = ON",
            "recursive_triggers = ON",  # else REPLACE would delete without asking the triggers
            f"busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}",
            "temp_store = MEMORY",
            "cache_size = -65536",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Any) -> None:  # noqa: ANN401
        # A writer takes its lock at once: upgrading a read lock later fails without waiting.
        mode = "IMMEDIATE" if connection.get_execution_options().get("writes") else "DEFERRED"
        connection.exec_driver_sql(f"BEGIN {mode}")

    return engine
