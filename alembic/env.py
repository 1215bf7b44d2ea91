"""Migrations on PostgreSQL and SQLite; the URL comes from the caller or from the environment."""

import os

from alembic import context
from sqlalchemy import Connection

from points.db.engines import open_database
from points.schema import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        user_module_prefix="kept.",
        transactional_ddl=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # A migration that waits for a lock makes everybody behind it wait as well.
            connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
            # A change of rows that row-level security would hide fails, instead of passing them by.
            connection.exec_driver_sql("SET LOCAL row_security = off")
        context.run_migrations()


def _url() -> str:
    given = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
    return str(given or os.environ.get("POINTS_DATABASE_URL") or "sqlite:///points.db")


database = open_database(_url(), migrating=True)
try:
    with database.connect() as opened:
        opened.execution_options(writes=True)
        _run(opened)
finally:
    database.dispose()
