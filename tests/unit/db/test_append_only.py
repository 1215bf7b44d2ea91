"""What was written stays: the triggers refuse every way of changing it."""

import sqlite3

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from points import schema
from points.db.append_only import append_only_tables, protect, unprotect
from tests.unit.db.conftest import SAMPLE

FILL = "INSERT INTO sample (association_id, name) VALUES ('A', 'x')"
CHANGES = {
    "update": "UPDATE sample SET name = 'y'",
    "delete": "DELETE FROM sample",
    "update_of_nothing_new": "UPDATE sample SET name = name",
}
POSTGRES_CHANGES = CHANGES | {
    "truncate": "TRUNCATE sample",
    "upsert": f"{FILL} ON CONFLICT (association_id, name) DO UPDATE SET name = 'y'",
    "as_a_replica": "SET session_replication_role = replica; DELETE FROM sample",
    "merge": "MERGE INTO sample USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
}
SQLITE_CHANGES = CHANGES | {
    "replace": f"REPLACE{FILL.removeprefix('INSERT')}",
    "insert_or_replace": f"INSERT OR REPLACE{FILL.removeprefix('INSERT')}",
    "upsert": f"{FILL} ON CONFLICT (association_id, name) DO UPDATE SET name = 'y'",
}


def protected(database: Engine) -> None:
    """Put a row into the sample and make it append-only."""
    with database.begin() as connection:
        connection.exec_driver_sql(FILL)
        for statement in protect(database.dialect.name, ["sample"]):
            connection.exec_driver_sql(statement)


def names(database: Engine) -> list[str]:
    """Return what the sample holds."""
    with database.connect() as connection:
        return list(connection.scalars(SAMPLE.select().with_only_columns(SAMPLE.c.name)))


def is_refused(database: Engine, change: str) -> None:
    """Check that a change is refused and has changed nothing."""
    protected(database)
    with pytest.raises(DBAPIError, match="append-only"), database.begin() as connection:
        connection.exec_driver_sql(change)
    assert names(database) == ["x"]


@pytest.mark.parametrize("change", POSTGRES_CHANGES)
def test_postgresql_refuses(postgres_database: Engine, change: str) -> None:
    is_refused(postgres_database, POSTGRES_CHANGES[change])


@pytest.mark.parametrize("change", SQLITE_CHANGES)
def test_sqlite_refuses(sqlite_database: Engine, change: str) -> None:
    is_refused(sqlite_database, SQLITE_CHANGES[change])


def test_appending_goes_on(database: Engine) -> None:
    protected(database)
    with database.begin() as connection:
        connection.exec_driver_sql(FILL.replace("'x'", "'y'"))
    assert names(database) == ["x", "y"]


def test_without_the_triggers_changes_get_through(database: Engine) -> None:
    protected(database)
    with database.begin() as connection:
        for statement in unprotect(database.dialect.name, ["sample"]):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql(CHANGES["update"])
    assert names(database) == ["y"]


def test_without_recursive_triggers_replace_would_get_through(sqlite_database: Engine) -> None:
    protected(sqlite_database)
    plain = sqlite3.connect(sqlite_database.url.database or "")
    before = plain.execute("SELECT rowid FROM sample").fetchone()
    plain.execute(SQLITE_CHANGES["replace"])
    assert plain.execute("SELECT rowid FROM sample").fetchone() != before
    plain.close()


def test_an_ordinary_trigger_would_let_a_replica_through(postgres_database: Engine) -> None:
    protected(postgres_database)
    with postgres_database.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE sample ENABLE TRIGGER zz_refuse_change")
        connection.exec_driver_sql(POSTGRES_CHANGES["as_a_replica"])
    assert names(postgres_database) == []


def test_every_fact_of_the_ledger_is_append_only() -> None:
    marked = {table.name for table in append_only_tables()}
    assert {"operation", "ledger_transaction", "entry", "lot", "lot_movement"} <= marked
    assert not marked & {"account", "open_lot"}
    assert marked <= set(schema.metadata.tables)
