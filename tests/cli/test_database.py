"""``points db``: harden and check a database, and refuse to start on one that is not safe."""

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url

from points import wiring
from points.db.guards.roles import Roles
from points.db.guards.weaknesses import TEXTS
from points.kernel.errors import Misused, Unavailable
from tests.cli.conftest import Console
from tests.databases import MASTER_KEY, ROOT, PostgresDatabases, migrate, text
from tests.roles import PASSWORD, Hardened, drop_roles, harden_at
from tests.servers import conninfo

FSYNC = "database.fsync_off"
"""A server for tests alone may be set so; everything else must be in order."""


def codes(found: dict[str, Any]) -> set[str]:
    return {each["code"] for each in found["findings"]} - {FSYNC}


def check(console: Console, url: str) -> dict[str, Any]:
    done = console.run("db", "check", "--database", url, "--json")
    found: dict[str, Any] = json.loads(done.stdout)
    assert done.exit_code == (0 if found["ok"] else 1)
    return found


@contextmanager
def opened(url: str, **chosen: Any) -> Iterator[wiring.Installation]:
    settings = wiring.settings(database_url=url, secret="s" * 40, master_key=MASTER_KEY, **chosen)
    with wiring.open_installation(settings) as here:
        yield here


def refused(url: str) -> set[str]:
    """Return why nothing starts; empty where it does."""
    try:
        with opened(url):
            return set()
    except wiring.UnsafeDatabase as unsafe:
        return {finding.code for finding in unsafe.findings} - {FSYNC}


def test_a_hardened_database_has_no_weakness(console: Console, hardened_database: Hardened) -> None:
    found = check(console, hardened_database.app_url)
    assert codes(found) == set()
    assert len(found["checks"]) == 8
    assert refused(hardened_database.app_url) == set()


def test_a_superuser_is_refused_and_told_so(console: Console, hardened_database: Hardened) -> None:
    assert refused(hardened_database.url) == {"database.connected_as_superuser"}
    assert codes(check(console, hardened_database.url)) == {"database.connected_as_superuser"}
    said = console.says("worker", "--once", "--database", hardened_database.url, status=2)
    assert "[database.connected_as_superuser]" in said
    assert "[unsafe_database]" in said
    assert "POINTS_INSECURE_DEV" in said
    console.says("worker", "--once", "--insecure-dev", "--database", hardened_database.url)


@pytest.fixture
def plain_url(postgres_databases: PostgresDatabases) -> Iterator[str]:
    """A migrated database that nobody has hardened."""
    with postgres_databases.copy() as url:
        migrate(url)
        yield url


def test_what_was_never_hardened_is_refused(console: Console, plain_url: str) -> None:
    assert refused(plain_url) == {
        "database.connected_as_superuser",
        "database.row_security_missing",
    }
    assert {"database.owner_wrong", "database.role_missing", "database.privilege_missing"} <= codes(
        check(console, plain_url)
    )
    with opened(plain_url, insecure_dev=True) as here:
        here.engine.ping()


WEAKENED = {
    "row_security_missing": "ALTER TABLE entry DISABLE ROW LEVEL SECURITY",
    "row_security_missing, forced": "ALTER TABLE entry NO FORCE ROW LEVEL SECURITY",
    "row_security_missing, no policy": "DROP POLICY one_association ON entry",
    "row_security_missing, another": "CREATE POLICY more ON entry USING (true)",
    "row_security_missing, looser": "ALTER POLICY one_association ON entry USING (true)",
    "row_security_missing, for some": "ALTER POLICY one_association ON entry TO {app}",
    "trigger_missing": "DROP TRIGGER zz_refuse_change ON entry",
    "trigger_missing, disabled": "ALTER TABLE entry DISABLE TRIGGER zz_refuse_truncate",
    "trigger_missing, not always": "ALTER TABLE entry ENABLE TRIGGER zz_refuse_change",
    "function_changed": (
        "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$"
    ),
    "privilege_excess": "GRANT UPDATE ON entry TO {app}",
    "privilege_excess, column": "GRANT UPDATE (points) ON entry TO {app}",
    "privilege_excess, public": "GRANT SELECT ON entry TO PUBLIC",
    "privilege_excess, secret": "GRANT SELECT ON api_key TO {auditor}",
    "privilege_excess, schema": "GRANT CREATE ON SCHEMA public TO PUBLIC",
    "privilege_missing": "REVOKE INSERT ON entry FROM {app}",
    "owner_wrong": "ALTER TABLE entry OWNER TO CURRENT_USER",
    "role_powerful": "ALTER ROLE {app} CREATEDB",
    "role_powerful, owner": "ALTER ROLE {owner} LOGIN",
    "role_member": "GRANT {sealer} TO {app}",
    "role_setting": "ALTER ROLE {app} SET synchronous_commit = local",
    "role_setting, search path": "ALTER ROLE {app} RESET ALL; ALTER ROLE {app} SET search_path = x",
    "role_setting, association": "ALTER ROLE {app} SET points.association = 'a'",
}


@pytest.mark.parametrize("name", WEAKENED)
def test_a_weakness_is_found_and_mended(
    console: Console, hardened_database: Hardened, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = hardened_database.roles
    spelled = WEAKENED[name].format(
        owner=roles.owner, app=roles.app, sealer=roles.sealer, auditor=roles.auditor
    )
    with hardened_database.superuser() as connection:
        connection.execute(spelled.encode())
    code = f"database.{name.split(',', maxsplit=1)[0]}"
    assert code in codes(check(console, hardened_database.app_url))
    monkeypatch.setenv("POINTS_APP_PASSWORD", PASSWORD)
    said = console.says("db", "harden", "--database", hardened_database.url)
    assert PASSWORD not in said
    assert codes(check(console, hardened_database.app_url)) == set()


STRANGE = {
    "trigger_unknown": (
        "CREATE TRIGGER odd BEFORE INSERT ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "DROP TRIGGER odd ON entry",
    ),
    "rule_present": (
        "CREATE RULE odd AS ON INSERT TO entry DO INSTEAD NOTHING",
        "DROP RULE odd ON entry",
    ),
    "function_unknown": (
        "CREATE FUNCTION odd() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1'",
        "DROP FUNCTION odd",
    ),
}


@pytest.mark.parametrize("name", STRANGE)
def test_what_nobody_knows_is_found_and_left(
    console: Console, hardened_database: Hardened, name: str
) -> None:
    put, take = STRANGE[name]
    with hardened_database.superuser() as connection:
        connection.execute(put.encode())
        assert codes(check(console, hardened_database.app_url)) == {f"database.{name}"}
        console.says("db", "harden", "--database", hardened_database.url)
        assert codes(check(console, hardened_database.app_url)) == {f"database.{name}"}
        connection.execute(take.encode())


def test_an_upgrade_hardens_again(console: Console, hardened_database: Hardened) -> None:
    with hardened_database.superuser() as connection:
        connection.execute("ALTER TABLE entry NO FORCE ROW LEVEL SECURITY")
    done = console.answers("db", "upgrade", "--database", hardened_database.url)
    assert done["hardened"]
    assert codes(check(console, hardened_database.app_url)) == set()


def test_the_password_leaves_as_a_verifier_only(
    console: Console, hardened_database: Hardened, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINTS_APP_PASSWORD", PASSWORD)
    sent: list[str] = []
    execute = psycopg.Cursor.execute
    monkeypatch.setattr(
        psycopg.Cursor,
        "execute",
        lambda self, query, *a, **k: (sent.append(str(query)), execute(self, query, *a, **k))[1],
    )
    console.says("db", "harden", "--database", hardened_database.url)
    assert any("SCRAM-SHA-256$" in statement for statement in sent)
    assert not any(PASSWORD in statement for statement in sent)


def test_who_may_not_harden_is_told(console: Console, hardened_database: Hardened) -> None:
    said = console.refused("db", "harden", "--database", hardened_database.app_url, status=2)
    assert said == "database.not_permitted"


def test_the_application_does_not_migrate(hardened_database: Hardened) -> None:
    # Up to date, there is nothing to do, and nothing is asked of it. A server for tests need not
    # reach the disk.
    with opened(hardened_database.app_url, insecure_dev=True):
        pass
    with hardened_database.superuser() as connection:
        connection.execute("CREATE TABLE kept AS TABLE alembic_version")
        connection.execute("DELETE FROM alembic_version")
        with pytest.raises(Misused) as behind:
            wiring.open_installation(
                wiring.settings(
                    database_url=hardened_database.app_url, secret="s" * 40, master_key=MASTER_KEY
                ),
                migrate=True,
            )
        assert behind.value.code == "database.behind"
        connection.execute("INSERT INTO alembic_version TABLE kept")
        connection.execute("DROP TABLE kept")


def test_a_prefix_is_a_name(console: Console, postgres_url: str) -> None:
    for prefix in ("", "Points", 'a"b', "1a", "a" * 41):
        words = ("db", "harden", "--database", postgres_url, f"--prefix={prefix}")
        assert console.refused(*words, status=2) == "bad_prefix"


def test_tables_come_first(console: Console, empty_database_url: str) -> None:
    assert "database.table_missing" in codes(check(console, empty_database_url))
    words = ("db", "harden", "--database", empty_database_url)
    code = "no_roles" if empty_database_url.startswith("sqlite") else "database.table_missing"
    assert console.refused(*words, status=2) == code


def test_sqlite_is_safe_as_it_is(console: Console, sqlite_url: str) -> None:
    assert check(console, sqlite_url)["ok"]
    assert refused(sqlite_url) == set()
    said = console.says("db", "check", "--database", sqlite_url)
    assert said.count("✓") == 2
    assert "✗" not in said


def test_a_database_that_does_not_answer_is_said_to(console: Console) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    with pytest.raises(Unavailable), opened(nowhere):
        pass
    for command in ("check", "harden"):
        assert console.refused("db", command, "--database", nowhere) == "unavailable"


def test_every_weakness_says_how_to_mend_it() -> None:
    for zh, en in TEXTS.values():
        assert zh.format(detail="x") != en.format(detail="x")
    page = (ROOT / "docs" / "reference" / "guards.md").read_text("utf-8")
    assert [code for code in TEXTS if f"`{code}`" not in page] == []


def test_the_databases_owner_may_harden_it(console: Console, plain_url: str) -> None:
    """Where no superuser is to be had, CREATEROLE and owning the database are enough."""
    admin = f"points_test_admin_{secrets.token_hex(4)}"
    named = make_url(plain_url)
    with psycopg.connect(conninfo(named), autocommit=True) as superuser:
        superuser.execute(f"CREATE ROLE {admin} LOGIN CREATEROLE PASSWORD 'p'".encode())
        superuser.execute(f'ALTER DATABASE "{named.database}" OWNER TO {admin}'.encode())
        superuser.execute(GIVEN_TO.replace("{admin}", admin).encode())
        url = text(named.set(username=admin, password="p"))
        roles = Roles.named(f"points_test_{secrets.token_hex(4)}")
        try:
            harden_at(url, roles, PASSWORD)
            app_url = text(named.set(username=roles.app, password=PASSWORD))
            assert codes(check(console, app_url)) == set()
            assert console.answers("db", "upgrade", "--database", url)["hardened"]
        finally:
            superuser.execute(f'ALTER DATABASE "{named.database}" OWNER TO CURRENT_USER'.encode())
            drop_roles(superuser, *roles.logins, roles.owner, admin)


GIVEN_TO = """
DO $$ DECLARE it text; BEGIN
  FOR it IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' LOOP
    EXECUTE format('ALTER TABLE %I OWNER TO {admin}', it);
  END LOOP;
  ALTER FUNCTION refuse_change() OWNER TO {admin};
END $$
"""
"""As if it had run the migrations."""
