"""What is unsafe is decided on what PostgreSQL said of itself."""

import re
from dataclasses import replace

import pytest

from points import schema
from points.db.base import APPEND_ONLY, DELETABLE, SECRET
from points.db.guards import examine
from points.db.guards.roles import Roles, tenant_tables
from points.db.guards.state import Session
from tests.databases import ROOT

assert schema.metadata.tables

SAFE = Session(
    role="points_app",
    superuser=False,
    bypasses=False,
    owns=(),
    settings={
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "synchronous_standby_names": "",
    },
)


def set_to(**changed: str) -> list[str]:
    session = replace(SAFE, settings=SAFE.settings | changed)
    return [finding.code for finding in examine.settings(session)]


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({}, []),
        ({"fsync": "off"}, ["database.fsync_off"]),
        ({"full_page_writes": "off"}, ["database.full_page_writes_off"]),
        ({"synchronous_commit": "off"}, ["database.synchronous_commit_off"]),
        ({"synchronous_commit": "local"}, []),
        ({"synchronous_commit": "remote_apply"}, []),
        (
            {"synchronous_commit": "local", "synchronous_standby_names": "other"},
            ["database.synchronous_commit_off"],
        ),
        ({"synchronous_commit": "on", "synchronous_standby_names": "other"}, []),
    ],
)
def test_settings_that_lose_writes(changed: dict[str, str], found: list[str]) -> None:
    assert set_to(**changed) == found


@pytest.mark.parametrize(
    ("session", "found"),
    [
        (SAFE, []),
        (replace(SAFE, superuser=True, bypasses=True, owns=("entry",)), ["connected_as_superuser"]),
        (replace(SAFE, bypasses=True), ["connected_with_bypassrls"]),
        (replace(SAFE, owns=("entry", "lot")), ["connected_as_owner"]),
    ],
)
def test_roles_that_could_take_guards_off(session: Session, found: list[str]) -> None:
    assert [each.code.removeprefix("database.") for each in examine.session_role(session)] == found


def test_privileges_follow_from_the_marks() -> None:
    roles = Roles.named("x")
    for table in tenant_tables():
        may = roles.privileges(table)
        assert {"SELECT", "INSERT"} <= may["x_app"] <= {"SELECT", "INSERT", "UPDATE", "DELETE"}
        assert ("UPDATE" in may["x_app"]) == (not table.info[APPEND_ONLY])
        assert ("DELETE" in may["x_app"]) == table.info[DELETABLE]
        assert ("x_auditor" in may) == (not table.info[SECRET])
        assert ("x_sealer" in may) == (table.info[APPEND_ONLY] and not table.info[SECRET])
        assert "x_owner" not in may


DELETES = re.compile(r"DELETE FROM ([a-z_]+)\b|\bdelete\(([a-z_]+)\)|delete_rows\(\w+, ([a-z_]+)")


def test_what_the_program_deletes_from_is_marked() -> None:
    """Else the application's role may not, which a superuser's tests would not notice."""
    found = {
        name
        for file in (ROOT / "points").rglob("*.py")
        if file.parent.name != "bench"
        for names in DELETES.findall(file.read_text("utf-8"))
        for name in names
    }
    marked = {table.name for table in tenant_tables() if table.info[DELETABLE]}
    assert {"stock", "evidence", "login_code"} <= found & marked
    assert {name for name in found - marked if name in schema.metadata.tables} == set()


def test_no_fact_is_deletable() -> None:
    assert not [t.name for t in tenant_tables() if t.info[APPEND_ONLY] and t.info[DELETABLE]]
