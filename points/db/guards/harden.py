"""Make or mend the roles, privileges, policies and triggers of a PostgreSQL database.

A table is only touched where something of it is missing: hardening what is hard takes no lock that
anybody would notice. One transaction, so that nobody sees it half done.
"""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from points.db.append_only import REFUSING, REFUSING_FUNCTION, repair
from points.db.base import APPEND_ONLY
from points.db.failures import is_forbidden
from points.db.guards import examine
from points.db.guards.roles import Roles, tenant_tables
from points.db.guards.row_security import isolate
from points.db.guards.state import State, read_state
from points.kernel.errors import Misused

LOCK_SECONDS_MAX = 4
"""Whoever waits for a table's lock makes everybody behind him wait as well."""

_ANSWERED_BY = "operation"
"""The table by whose owner a hardened database is known."""


def harden(
    connection: Connection, roles: Roles, *, app_password: str | None = None
) -> tuple[str, ...]:
    """Bring the guards up to what the tables' marks say; return what was done, as SQL.

    Args:
        connection: Of a superuser, or of the database's owner with CREATEROLE; in a transaction.
        roles: The names.
        app_password: For the application's role; it leaves this process as a SCRAM verifier only.

    Raises:
        Misused: The tables are missing, or the role may not do it.
    """
    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{LOCK_SECONDS_MAX}s'")
    done: list[str] = []
    # Roles first: who is granted what can only be said of those that exist.
    for step in (_roles, _database, _tables, _privileges):
        state = read_state(connection, roles)
        if missing := _missing(state):
            raise Misused(
                "database.table_missing",
                f"缺少数据表（{missing}）：请先运行 points db upgrade",
                f"tables are missing ({missing}): run `points db upgrade` first",
            )
        for statement in step(state, roles):
            _execute(connection, statement)
            done.append(statement)
    if app_password is not None:
        _set_password(connection, roles.app, app_password)
        done.append(f"ALTER ROLE {roles.app} PASSWORD …")
    return tuple(done)


def hardened_prefix(connection: Connection) -> str | None:
    """Return the prefix of the roles of a hardened database; None where it is not hardened."""
    query = """
        SELECT tableowner::text FROM pg_tables JOIN pg_roles
          ON rolname = regexp_replace(tableowner, '_owner$', '_app')
        WHERE schemaname = 'public' AND tablename = :table
    """
    owner = connection.scalar(text(query), {"table": _ANSWERED_BY})
    if owner is None or not owner.endswith("_owner"):
        return None
    return str(owner).removesuffix("_owner")


def _missing(state: State) -> str:
    return ", ".join(each.name for each in tenant_tables() if each.name not in state.tables)


def _roles(state: State, roles: Roles) -> Iterator[str]:
    for name in (roles.owner, *roles.logins):
        login = "NOLOGIN" if name == roles.owner else "LOGIN"
        role = state.roles.get(name)
        if role is None:
            yield f"CREATE ROLE {name} {login}"
            continue
        if role.login != (login == "LOGIN"):
            yield f"ALTER ROLE {name} {login}"
        yield from (f"ALTER ROLE {name} NO{power}" for power in sorted(role.powers))
        if name != roles.owner:
            yield from (f'REVOKE "{other}" FROM {name}' for other in sorted(role.member_of))
    if not state.session.superuser:
        # Whoever gives a table to a role has to be a member of it.
        yield f"GRANT {roles.owner} TO CURRENT_USER"


def _database(state: State, roles: Roles) -> Iterator[str]:
    database = f'"{state.database}"'
    everyone = f"{roles.app}, {roles.sealer}, {roles.auditor}"
    if state.public - examine.PUBLIC_MAY:
        yield f"REVOKE ALL ON DATABASE {database} FROM PUBLIC"
        yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC"
    yield f"GRANT CONNECT ON DATABASE {database} TO {everyone}"
    yield f"GRANT USAGE ON SCHEMA public TO {everyone}"
    yield f"GRANT USAGE, CREATE ON SCHEMA public TO {roles.owner}"
    # Tables of later migrations, until this runs again: to read and to add, never to change.
    for creator in (roles.owner, "CURRENT_USER"):
        begin = f"ALTER DEFAULT PRIVILEGES FOR ROLE {creator}"
        yield f"{begin} IN SCHEMA public GRANT SELECT, INSERT ON TABLES TO {roles.app}"
        yield f"{begin} REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC"
    for name in roles.logins:
        wrong = examine.wrong_settings(state.roles[name], roles)
        if not wrong:
            continue
        for option in sorted({setting.split("=")[0] for setting in wrong}):
            yield f"ALTER ROLE {name} RESET {option}"
            yield f"ALTER ROLE {name} IN DATABASE {database} RESET {option}"
        for setting in sorted(examine.wanted_settings(name, roles)):
            option, value = setting.split("=", 1)
            yield f"ALTER ROLE {name} IN DATABASE {database} SET {option} = {value}"


def _tables(state: State, roles: Roles) -> Iterator[str]:
    if not any(examine.is_refusing(function, roles) for function in state.functions):
        yield REFUSING_FUNCTION
        yield f"ALTER FUNCTION {REFUSING}() SET {examine.FUNCTION_PATH}"
        yield f"REVOKE ALL ON FUNCTION {REFUSING}() FROM PUBLIC"
        yield f"ALTER FUNCTION {REFUSING}() OWNER TO {roles.owner}"
    for table in tenant_tables():
        found = state.tables[table.name]
        if table.info.get(APPEND_ONLY) and examine.lacking_triggers(found):
            yield from repair(table.name)
        if not examine.is_isolated(found):
            others = (name for name, *_ in found.policies)
            yield from (f'DROP POLICY "{name}" ON "{table.name}"' for name in others)
            yield from isolate(table.name)
    for name, _ in roles.all_privileges():
        if name in state.tables and state.tables[name].owner != roles.owner:
            yield f'ALTER TABLE "{name}" OWNER TO {roles.owner}'


def _privileges(state: State, roles: Roles) -> Iterator[str]:
    for name, wanted in roles.all_privileges():
        table = state.tables.get(name)
        if table is None:
            continue
        for who, _ in examine.excesses(table, wanted):
            grantee = f'"{who}"' if who else "PUBLIC"
            yield f'REVOKE ALL ON TABLE "{name}" FROM {grantee}'
            if who in wanted:
                yield f'GRANT {", ".join(sorted(wanted[who]))} ON TABLE "{name}" TO {who}'
        for who, lacking in examine.lacks(table, wanted):
            yield f'GRANT {", ".join(sorted(lacking))} ON TABLE "{name}" TO {who}'


def _set_password(connection: Connection, role: str, password: str) -> None:
    """Set a password that the server never sees: a statement with it could stand in its log."""
    driver: Any = connection.connection.dbapi_connection
    verifier = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
    _execute(connection, f"ALTER ROLE {role} PASSWORD '{verifier.decode()}'")


def _execute(connection: Connection, statement: str) -> None:
    try:
        connection.exec_driver_sql(statement)
    except DBAPIError as error:
        if not is_forbidden(error):
            raise
        raise Misused(
            "database.not_permitted",
            "当前角色无权设置：请以超级用户（或拥有该库且有 CREATEROLE 的角色）连接",
            "this role may not: connect as a superuser, or as the database's owner with CREATEROLE",
        ) from error
