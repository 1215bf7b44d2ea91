"""SQL of the application cannot change history on SQLite, nor take off what keeps it."""

import sqlite3
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DatabaseError, DBAPIError

from points import unit_of_work
from points.db.bulk import append_rows
from points.db.engines import open_database
from points.db.guards import safety
from points.kernel.ids import AssociationId
from points.ledger.tables import operation
from tests.faults.test_row_security import COLUMNS, row

A = AssociationId("a")
INSERT = (
    "INTO operation (association_id, operation_id, kind, body_hash, outcome, recorded_at) "
    "VALUES ('a', '1', 'other', 'h', '{}', '2026-03-01')"
)

BY_TRIGGERS = {
    "update": "UPDATE operation SET kind = 'other'",
    "update_of_nothing_new": "UPDATE operation SET kind = kind",
    "delete": "DELETE FROM operation",
    "replace": f"REPLACE {INSERT}",
    "insert_or_replace": f"INSERT OR REPLACE {INSERT}",
    "upsert": f"INSERT {INSERT} ON CONFLICT DO UPDATE SET kind = 'other'",
}
"""Refused by the triggers, as on every connection that sets ``recursive_triggers``."""

BY_AUTHORIZER = {
    "drop_the_trigger": "DROP TRIGGER operation_refuses_update",
    "drop_the_table": "DROP TABLE operation",
    "drop_an_index": "DROP INDEX ix_failed_attempt_outlet",
    "rename_the_table": "ALTER TABLE operation RENAME TO past",
    "drop_a_column": "ALTER TABLE operation DROP COLUMN kind",
    "create_a_trigger": "CREATE TRIGGER t BEFORE INSERT ON operation BEGIN SELECT RAISE(IGNORE); END",
    "create_a_trigger_of_ones_own": (
        "CREATE TEMP TRIGGER t BEFORE INSERT ON operation BEGIN SELECT RAISE(IGNORE); END"
    ),
    "a_table_in_front": "CREATE TEMP TABLE operation (association_id TEXT)",
    "a_view_in_front": "CREATE TEMP VIEW operation AS SELECT 1",
    "a_table": "CREATE TABLE other (n INTEGER)",
    "a_virtual_table": "CREATE VIRTUAL TABLE v USING fts5(n)",
    "writable_schema": "PRAGMA writable_schema = ON",
    "recursive_triggers": "PRAGMA recursive_triggers = OFF",
    "as_a_function": "PRAGMA recursive_triggers(0)",
    "foreign_keys": "PRAGMA foreign_keys = OFF",
    "ignore_checks": "PRAGMA ignore_check_constraints = ON",
    "journal_mode": "PRAGMA journal_mode = OFF",
    "synchronous": "PRAGMA Main.Synchronous = OFF",
    "schema_version": "PRAGMA schema_version = 1",
    "attach": "ATTACH 'other.db' AS other",
    "write_the_schema": "DELETE FROM sqlite_master WHERE name = 'operation_refuses_update'",
}


def fill(database: Engine) -> None:
    with unit_of_work.writing(database, A) as connection:
        append_rows(connection, operation, COLUMNS, [row("a", 1)])


@pytest.fixture
def database(sqlite_url: str) -> Iterator[Engine]:
    opened = open_database(sqlite_url)
    fill(opened)
    yield opened
    opened.dispose()


@pytest.fixture
def unguarded(sqlite_url: str) -> Iterator[Engine]:
    """The control: as a migration opens it."""
    opened = open_database(sqlite_url, migrating=True)
    fill(opened)
    yield opened
    opened.dispose()


def attempt(database: Engine, statement: str) -> None:
    with unit_of_work.writing(database, A) as connection:
        connection.exec_driver_sql(statement)


def history(database: Engine) -> list[object]:
    """Return the facts, what guards them, and how the connection is set."""
    with database.connect() as connection:
        looked_at = ["SELECT * FROM operation", "SELECT * FROM sqlite_master ORDER BY name"]
        looked_at += [
            f"PRAGMA {name}"
            for name in ("recursive_triggers", "foreign_keys", "journal_mode", "synchronous")
        ]
        return [connection.exec_driver_sql(each).all() for each in looked_at]


@pytest.mark.parametrize("name", [*BY_TRIGGERS, *BY_AUTHORIZER])
def test_the_application_cannot(database: Engine, name: str) -> None:
    before = history(database)
    with pytest.raises(DBAPIError) as refused:
        attempt(database, (BY_TRIGGERS | BY_AUTHORIZER)[name])
    said = str(refused.value.orig)
    assert "append-only" in said or "not authorized" in said or "may not be modified" in said
    assert history(database) == before


def test_without_the_authorizer_they_would_succeed(unguarded: Engine) -> None:
    """The control: then the triggers go, and after them the facts."""
    attempt(unguarded, BY_AUTHORIZER["drop_the_trigger"])
    attempt(unguarded, BY_TRIGGERS["update"])
    with unguarded.connect() as connection:
        assert connection.scalar(text("SELECT kind FROM operation")) == "other"
        assert codes(connection) == {"database.trigger_missing"}


def test_without_recursive_triggers_replace_would_succeed(unguarded: Engine) -> None:
    """The control: REPLACE deletes without asking."""
    with unguarded.connect() as connection:
        connection.exec_driver_sql("PRAGMA recursive_triggers = OFF")
        connection.exec_driver_sql(BY_TRIGGERS["replace"])
        assert connection.scalar(text("SELECT kind FROM operation")) == "other"
        assert codes(connection) == {"database.recursive_triggers_off"}
        connection.exec_driver_sql("PRAGMA recursive_triggers = ON")


def codes(connection: Connection) -> set[str]:
    return {finding.code for finding in safety.startup_findings(connection)}


def test_every_weakness_is_found(unguarded: Engine) -> None:
    with unguarded.connect() as connection:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        assert codes(connection) == set()
        connection.rollback()
        for pragma in ("synchronous = NORMAL", "foreign_keys = OFF", "recursive_triggers = OFF"):
            driver.execute(f"PRAGMA {pragma}")
        driver.execute("DROP TRIGGER entry_refuses_delete")
        driver.execute("CREATE TRIGGER odd BEFORE INSERT ON entry BEGIN SELECT RAISE(IGNORE); END")
        driver.execute("DROP TABLE cap_usage")
        assert codes(connection) == {
            "database.synchronous_low",
            "database.foreign_keys_off",
            "database.recursive_triggers_off",
            "database.trigger_missing",
            "database.trigger_unknown",
            "database.table_missing",
        }


def test_savepoints_and_inspection_work_as_ever(database: Engine) -> None:
    with unit_of_work.writing(database, A) as connection:
        with pytest.raises(DatabaseError), connection.begin_nested():
            connection.exec_driver_sql(BY_TRIGGERS["delete"])
        append_rows(connection, operation, COLUMNS, [row("a", 2)])
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM operation")) == 2
        assert connection.exec_driver_sql("PRAGMA table_info(operation)").all()
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
        assert connection.exec_driver_sql("SELECT value FROM json_each('[1]')").scalar() == 1
