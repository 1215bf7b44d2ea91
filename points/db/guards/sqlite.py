"""SQLite's guards: what SQL of the application may not do, and what has to be set.

An authorizer is asked once for each statement that is prepared, not for each that runs. It binds
SQL, not whoever has the file: against that only hashes kept elsewhere help.
"""

import sqlite3
from collections.abc import Iterator

from sqlalchemy import Connection, text

from points.db.append_only import SQLITE_VERBS, sqlite_trigger
from points.db.base import APPEND_ONLY
from points.db.guards.roles import tenant_tables
from points.db.guards.weaknesses import weak
from points.kernel.findings import Finding

FORBIDDEN = frozenset(
    {
        sqlite3.SQLITE_ALTER_TABLE,
        sqlite3.SQLITE_ATTACH,
        sqlite3.SQLITE_CREATE_INDEX,
        sqlite3.SQLITE_CREATE_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_CREATE_TRIGGER,
        sqlite3.SQLITE_CREATE_VIEW,
        sqlite3.SQLITE_CREATE_VTABLE,
        sqlite3.SQLITE_DETACH,
        sqlite3.SQLITE_DROP_INDEX,
        sqlite3.SQLITE_DROP_TABLE,
        sqlite3.SQLITE_DROP_TRIGGER,
        sqlite3.SQLITE_DROP_VIEW,
        sqlite3.SQLITE_DROP_VTABLE,
    }
)
"""Whatever changes the schema, or puts something of the same name before it."""

TELLING_PRAGMAS = frozenset(
    {
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
        "wal_checkpoint",
    }
)
"""Pragmas whose argument says about what they tell; with any other an argument is a setting."""

_FULL = 2


def guard(connection: sqlite3.Connection) -> None:
    """Let no statement of a connection change the schema or a setting any more."""
    connection.set_authorizer(_authorise)


def release(connection: sqlite3.Connection) -> None:
    """Take that back, for whoever mends a file by hand."""
    connection.set_authorizer(None)


def _authorise(
    action: int, first: str | None, second: str | None, _database: str | None, _trigger: str | None
) -> int:
    if action in FORBIDDEN:
        return sqlite3.SQLITE_DENY
    if action == sqlite3.SQLITE_PRAGMA and second is not None:
        tells = (first or "").lower() in TELLING_PRAGMAS
        return sqlite3.SQLITE_OK if tells else sqlite3.SQLITE_DENY
    return sqlite3.SQLITE_OK


def settings(connection: Connection) -> Iterator[Finding]:
    """An acknowledged write is on disk, and no statement passes the triggers by."""
    if int(connection.execute(text("PRAGMA synchronous")).scalar_one()) < _FULL:
        yield weak("synchronous_low", "synchronous")
    for name in ("foreign_keys", "recursive_triggers"):
        if not connection.execute(text(f"PRAGMA {name}")).scalar_one():
            yield weak(f"{name}_off", name)


def facts(connection: Connection) -> Iterator[Finding]:
    """Every table exists, and those of facts have their triggers, and no other trigger stands."""
    rows = connection.execute(text("SELECT type, name, tbl_name FROM sqlite_master")).all()
    tables = {name for kind, name, _ in rows if kind == "table"}
    triggers = {name: table for kind, name, table in rows if kind == "trigger"}
    for table in tenant_tables():
        wanted: set[str] = set()
        if table.name not in tables:
            yield weak("table_missing", table.name)
        elif table.info.get(APPEND_ONLY):
            wanted = {sqlite_trigger(table.name, verb) for verb in SQLITE_VERBS}
            if missing := wanted - triggers.keys():
                yield weak("trigger_missing", table.name, ", ".join(sorted(missing)))
        strange = {name for name, on in triggers.items() if on == table.name} - wanted
        if strange:
            yield weak("trigger_unknown", table.name, ", ".join(sorted(strange)))
