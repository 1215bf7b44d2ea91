"""The application's role tries to change history on PostgreSQL, in every way that SQL knows.

Row-level security is no part of it: here the role names its association, as it may.
"""

from collections.abc import Iterator
from contextlib import nullcontext

import psycopg
import pytest
from psycopg import errors

from points.db.append_only import append_only_tables
from points.db.guards.roles import tenant_tables
from tests.roles import Hardened

INSERT = """
INSERT INTO operation (association_id, operation_id, kind, body_hash, outcome, recorded_at)
VALUES ('a', '1', 'grant', 'h', '{}', '2026-03-01Z')
"""
UPSERT = INSERT + " ON CONFLICT (association_id, operation_id)"
REPLACED = """
CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql
AS $$ BEGIN RETURN NEW; END $$
"""

ATTEMPTS = {
    "update": "UPDATE operation SET kind = 'other'",
    "update_of_nothing_new": "UPDATE operation SET kind = kind",
    "delete": "DELETE FROM operation",
    "truncate": "TRUNCATE operation CASCADE",
    "merge": "MERGE INTO operation o USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE",
    "upsert": f"{UPSERT} DO UPDATE SET kind = 'other'",
    "update_in_a_query": "WITH u AS (UPDATE operation SET kind = 'x' RETURNING 1) SELECT * FROM u",
    "select_for_update": "SELECT * FROM operation FOR UPDATE",
    "disable_the_triggers": "ALTER TABLE operation DISABLE TRIGGER ALL",
    "drop_the_trigger": "DROP TRIGGER zz_refuse_change ON operation",
    "session_replication_role": "SET session_replication_role = replica",
    "alter_the_table": "ALTER TABLE operation ALTER COLUMN kind TYPE text USING 'other'",
    "drop_a_column": "ALTER TABLE operation DROP COLUMN kind CASCADE",
    "drop_the_table": "DROP TABLE operation CASCADE",
    "rename_it_and_put_another_in_its_place": "ALTER TABLE operation RENAME TO past",
    "become_the_owner": "SET ROLE {owner}",
    "log_in_as_the_owner": "SET SESSION AUTHORIZATION {owner}",
    "join_the_owner": "GRANT {owner} TO {app}",
    "become_a_superuser": "ALTER ROLE {app} SUPERUSER",
    "pass_by_row_security": "ALTER ROLE {app} BYPASSRLS",
    "create_a_rule": "CREATE RULE gone AS ON INSERT TO operation DO INSTEAD NOTHING",
    "create_a_trigger": (
        "CREATE TRIGGER other BEFORE INSERT ON operation FOR EACH ROW "
        "EXECUTE FUNCTION refuse_change()"
    ),
    "replace_the_function": REPLACED,
    "drop_the_function": "DROP FUNCTION refuse_change() CASCADE",
    "drop_the_policy": "DROP POLICY one_association ON operation",
    "turn_row_security_off": "ALTER TABLE operation DISABLE ROW LEVEL SECURITY",
    "take_ownership": "ALTER TABLE operation OWNER TO {app}",
    "grant_itself_more": "GRANT UPDATE ON operation TO {app}",
    "copy_from_a_program": "COPY operation FROM PROGRAM 'true'",
    "copy_to_a_program": "COPY operation TO PROGRAM 'cat'",
    "a_table_in_front": "CREATE TEMP TABLE operation (LIKE public.operation)",
    "a_schema_in_front": "CREATE SCHEMA {app}",
    "a_table_that_cascades": (
        "CREATE TABLE child (a text, o text, FOREIGN KEY (a, o) REFERENCES operation)"
    ),
    "migrate_back": "DELETE FROM alembic_version",
    "migrate_forward": "UPDATE alembic_version SET version_num = '9999'",
    "write_the_catalogue": "UPDATE pg_class SET relrowsecurity = false",
    "write_a_file": "SELECT lo_export(lo_from_bytea(0, 'x'), '/tmp/points')",
    "change_a_setting_of_the_server": "ALTER SYSTEM SET fsync = off",
    "anonymous_block": "DO $$ BEGIN UPDATE operation SET kind = 'other'; END $$",
}
"""Each is one statement; ``{owner}`` and ``{app}`` are the roles."""

ONLY_WARNED = {"grant_itself_more"}
"""PostgreSQL says that nothing was granted, and nothing is."""

LOOKED_AT = (
    "SELECT * FROM public.operation",
    """
    SELECT tgname, tgenabled FROM pg_trigger
    WHERE tgrelid = 'public.operation'::regclass AND NOT tgisinternal ORDER BY 1
    """,
    "SELECT proname, prosrc FROM pg_proc WHERE proname = 'refuse_change'",
    """
    SELECT relrowsecurity, relforcerowsecurity, relacl FROM pg_class
    WHERE oid = 'public.operation'::regclass
    """,
)
"""The facts, and what guards them."""


@pytest.fixture(scope="module")
def there(hardened_database: Hardened) -> Hardened:
    """A database in which the application has written one fact."""
    with hardened_database.app() as connection:
        connection.execute("SET points.association = 'a'")
        connection.execute(INSERT.encode())
    return hardened_database


@pytest.fixture
def app(there: Hardened) -> Iterator[psycopg.Connection]:
    """The application's role, which sees its association and sends SQL of its own."""
    with there.app() as connection:
        connection.execute("SET points.association = 'a'")
        yield connection


def history(there: Hardened) -> list[object]:
    """Return what a superuser finds: the facts, and what guards them."""
    with there.superuser() as connection:
        return [connection.execute(query).fetchall() for query in LOOKED_AT]


def attempt(connection: psycopg.Connection, there: Hardened, statement: str) -> None:
    """Try it in a transaction that would be kept."""
    named = statement.replace("{owner}", there.roles.owner).replace("{app}", there.roles.app)
    connection.execute(named.encode())


def test_the_fact_is_seen(app: psycopg.Connection) -> None:
    assert app.execute("SELECT operation_id FROM operation").fetchall() == [("1",)]


@pytest.mark.parametrize("name", ATTEMPTS)
def test_the_application_cannot(there: Hardened, app: psycopg.Connection, name: str) -> None:
    before = history(there)
    with nullcontext() if name in ONLY_WARNED else pytest.raises(errors.InsufficientPrivilege):
        attempt(app, there, ATTEMPTS[name])
    assert history(there) == before


@pytest.mark.parametrize("table", append_only_tables(), ids=lambda table: table.name)
@pytest.mark.parametrize("change", ["DELETE FROM", "TRUNCATE"])
def test_no_table_of_facts_lets_go(app: psycopg.Connection, table: object, change: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        app.execute(f"{change} {table}".encode())


def test_rows_are_deleted_only_where_the_program_does(app: psycopg.Connection) -> None:
    allowed = {
        table.name
        for table in tenant_tables()
        if app.execute("SELECT has_table_privilege(%s, 'DELETE')", [table.name]).fetchone()
        == (True,)
    }
    projections = {"cap_usage", "open_lot", "pool", "proposal_state", "quota_use", "relation"}
    projections |= {"operator_state", "staff_state", "stock", "rule_draft_state"}
    projections |= {"open_deferral", "shared_usage", "correction_state", "rescoring"}
    projections |= {"statement_state", "statement_dispute"}
    projections |= {"alert_state", "handout_state", "hardship_fund", "stamp_card", "wish"}
    projections |= {"webhook_subscription"}
    persons = {"evidence", "personal", "subject_key"}
    swept = {"allowance", "log_in_guard", "login_code", "spent_proof"}
    assert allowed == projections | persons | swept


def test_who_owns_the_table_is_not_let_either(there: Hardened) -> None:
    with there.superuser(there.roles.owner) as owner:
        owner.execute("SET points.association = 'a'")
        for statement in ("UPDATE operation SET kind = 'other'", "TRUNCATE operation CASCADE"):
            with pytest.raises(errors.IntegrityConstraintViolation):
                owner.execute(statement.encode())


def test_these_attempts_would_be_seen_to_succeed(there: Hardened) -> None:
    """The control: without triggers, and as the owner, the same statements change history."""
    succeeded = set()
    for name in ("update", "delete", "truncate", "merge", "upsert", "anonymous_block"):
        before = history(there)
        with there.superuser(there.roles.owner) as owner:
            owner.execute("BEGIN")
            owner.execute("SET LOCAL points.association = 'a'")
            owner.execute("ALTER TABLE operation DISABLE TRIGGER zz_refuse_change")
            owner.execute("ALTER TABLE operation DISABLE TRIGGER zz_refuse_truncate")
            attempt(owner, there, ATTEMPTS[name])
            left = owner.execute("SELECT kind FROM operation").fetchall()
            owner.execute("ROLLBACK")
        if left != [("grant",)]:
            succeeded.add(name)
        assert history(there) == before
    assert succeeded == {"update", "delete", "truncate", "merge", "upsert", "anonymous_block"}


def test_an_auditor_reads_neither_secrets_nor_persons(there: Hardened) -> None:
    with there.superuser(there.roles.auditor) as auditor:
        auditor.execute("SET points.association = 'a'")
        assert auditor.execute("SELECT operation_id FROM operation").fetchall() == [("1",)]
        for table in ("api_key", "credential", "evidence", "personal", "session", "subject_key"):
            with pytest.raises(errors.InsufficientPrivilege):
                auditor.execute(f"TABLE {table}".encode())
        with pytest.raises(errors.InsufficientPrivilege):
            auditor.execute("DELETE FROM open_lot")


def test_a_sealer_reads_facts_and_nothing_else(there: Hardened) -> None:
    with there.superuser(there.roles.sealer) as sealer:
        sealer.execute("SELECT * FROM entry")
        for table in ("account", "api_key", "personal"):
            with pytest.raises(errors.InsufficientPrivilege):
                sealer.execute(f"TABLE {table}".encode())
