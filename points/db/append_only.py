"""Triggers that refuse to change history, for both databases."""

from collections.abc import Iterable

from sqlalchemy import Table

from points.db.base import APPEND_ONLY, metadata

REFUSING = "refuse_change"
"""The function on PostgreSQL."""

POSTGRES_TRIGGERS = frozenset({"zz_refuse_change", "zz_refuse_truncate"})
"""What each table of facts has on PostgreSQL."""

SQLITE_VERBS = ("update", "delete")

REFUSING_FUNCTION = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING
    MESSAGE = TG_OP || ' on ' || TG_TABLE_NAME || ' refused: this table is append-only',
    ERRCODE = 'integrity_constraint_violation';
END $$
"""
"""The statement that makes it, or makes it ours again."""

REFUSING_SOURCE = REFUSING_FUNCTION.split("$$")[1]
"""What PostgreSQL keeps of the function."""


def append_only_tables() -> list[Table]:
    """Return the tables that hold facts, by name."""
    marked = (table for table in metadata.tables.values() if table.info.get(APPEND_ONLY))
    return sorted(marked, key=lambda table: table.name)


def protect(dialect: str, tables: Iterable[str]) -> list[str]:
    """Return the statements that make tables append-only.

    PostgreSQL triggers are ``ENABLE ALWAYS``, so that ``session_replication_role`` does not pass
    them by; TRUNCATE is refused as well. SQLite's work against REPLACE because connections set
    ``recursive_triggers``.
    """
    names = list(tables)
    if dialect == "postgresql":
        return [REFUSING_FUNCTION, *(s for name in names for s in _postgres(name))]
    return [statement for name in names for statement in _sqlite(name)]


def repair(table: str) -> list[str]:
    """Return the statements that give a table on PostgreSQL its triggers again."""
    dropped = (f'DROP TRIGGER IF EXISTS {name} ON "{table}"' for name in sorted(POSTGRES_TRIGGERS))
    return [*dropped, *_postgres(table)]


def unprotect(dialect: str, tables: Iterable[str]) -> list[str]:
    """Return the statements that take the triggers off again, for a migration's way down."""
    if dialect == "postgresql":
        return ["DROP FUNCTION IF EXISTS refuse_change() CASCADE"]
    return [
        f"DROP TRIGGER IF EXISTS {sqlite_trigger(name, verb)}"
        for name in tables
        for verb in SQLITE_VERBS
    ]


def sqlite_trigger(table: str, verb: str) -> str:
    """Return the name of a table's trigger on SQLite."""
    return f"{table}_refuses_{verb}"


def _postgres(name: str) -> list[str]:
    return [
        (
            f'CREATE TRIGGER zz_refuse_change BEFORE UPDATE OR DELETE ON "{name}" '
            "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
        ),
        (
            f'CREATE TRIGGER zz_refuse_truncate BEFORE TRUNCATE ON "{name}" '
            "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
        ),
        f'ALTER TABLE "{name}" ENABLE ALWAYS TRIGGER zz_refuse_change',
        f'ALTER TABLE "{name}" ENABLE ALWAYS TRIGGER zz_refuse_truncate',
    ]


def _sqlite(name: str) -> list[str]:
    return [
        f'CREATE TRIGGER {sqlite_trigger(name, verb)} BEFORE {verb.upper()} ON "{name}" BEGIN '
        f"SELECT RAISE(ABORT, '{verb} on {name} refused: this table is append-only'); END"
        for verb in SQLITE_VERBS
    ]
