"""Decide what is wrong with PostgreSQL's guards, purely, on what it said of them."""

import re
from collections.abc import Iterable, Iterator

from points.db.append_only import POSTGRES_TRIGGERS, REFUSING, REFUSING_SOURCE
from points.db.base import APPEND_ONLY
from points.db.guards.roles import Roles, tenant_tables
from points.db.guards.row_security import CONDITION, POLICY
from points.db.guards.state import FunctionState, RoleState, Session, State, TableState
from points.db.guards.weaknesses import weak
from points.kernel.findings import Finding

SEARCH_PATH = "search_path=public, pg_temp"
FUNCTION_PATH = "search_path=pg_catalog, pg_temp"
READ_ONLY = "default_transaction_read_only=on"

WATCHED = frozenset(
    {
        "search_path",
        "default_transaction_read_only",
        "points.association",
        "row_security",
        "session_replication_role",
        "synchronous_commit",
    }
)
"""Settings that undo a guard: a role may change what its own sessions begin with."""

PUBLIC_MAY = frozenset({"SCHEMA USAGE"})
"""What everybody may keep: to use the schema is to see nothing in it yet."""


def settings(session: Session) -> Iterator[Finding]:
    """An acknowledged write is on disk."""
    for name in ("fsync", "full_page_writes"):
        if session.settings[name] != "on":
            yield weak(f"{name}_off", name)
    commit = session.settings["synchronous_commit"]
    # "local" waits for the own disk; where standbys are promised that is too little.
    if commit == "off" or (commit == "local" and session.settings["synchronous_standby_names"]):
        yield weak("synchronous_commit_off", "synchronous_commit")


def session_role(session: Session) -> Iterator[Finding]:
    """The application connects as a role that cannot take the guards off."""
    if session.superuser:
        yield weak("connected_as_superuser", session.role)
        return
    if session.bypasses:
        yield weak("connected_with_bypassrls", session.role)
    if session.owns:
        yield weak("connected_as_owner", session.role, _some(session.owns))


def isolation(tables: dict[str, TableState]) -> Iterator[Finding]:
    """Every table exists and shows one association's rows only."""
    for table in tenant_tables():
        found = tables.get(table.name)
        if found is None:
            yield weak("table_missing", table.name)
        elif not is_isolated(found):
            yield weak("row_security_missing", table.name)


def is_isolated(table: TableState) -> bool:
    """Return whether row-level security is on, binds the owner too, and has our policy alone."""
    wanted = _bare(CONDITION)
    policies = [
        (name, _bare(seen), _bare(written), whole) for name, seen, written, whole in table.policies
    ]
    return table.isolated and table.forced and policies == [(POLICY, wanted, wanted, True)]


def facts(tables: dict[str, TableState]) -> Iterator[Finding]:
    """Every table of facts has its triggers, and no table anything that is not ours."""
    for table in tenant_tables():
        found = tables.get(table.name)
        if found is None:
            continue
        wanted = lacking_triggers(found) if table.info.get(APPEND_ONLY) else []
        if wanted:
            yield weak("trigger_missing", table.name, _some(wanted))
        if strange := [name for name, _, _ in found.triggers if name not in POSTGRES_TRIGGERS]:
            yield weak("trigger_unknown", table.name, _some(strange))
        if found.rules:
            yield weak("rule_present", table.name)


def lacking_triggers(table: TableState) -> list[str]:
    """Return which of a table's triggers are missing, or can be passed by."""
    standing = {name for name, when, does in table.triggers if (when, does) == ("A", REFUSING)}
    return sorted(POSTGRES_TRIGGERS - standing)


def functions(state: State, roles: Roles) -> Iterator[Finding]:
    """The function that refuses changes is ours, and none lends its owner's rights."""
    for function in state.functions:
        if function.name == REFUSING and not is_refusing(function, roles):
            yield weak("function_changed", function.name)
        if function.definer:
            yield weak("function_unknown", function.name)


def is_refusing(function: FunctionState, roles: Roles) -> bool:
    """Return whether a function does what ours does, and belongs to the owner."""
    return (function.name, function.owner, function.source, function.path) == (
        REFUSING,
        roles.owner,
        REFUSING_SOURCE,
        FUNCTION_PATH,
    )


def owners(state: State, roles: Roles) -> Iterator[Finding]:
    """Tables belong to a role that nobody logs in as."""
    for name, _ in roles.all_privileges():
        found = state.tables.get(name)
        if found is not None and found.owner != roles.owner:
            yield weak("owner_wrong", name, found.owner)


def role_powers(state: State, roles: Roles) -> Iterator[Finding]:
    """Each role exists and can do no more than it has to."""
    for name in (roles.owner, *roles.logins):
        role = state.roles.get(name)
        if role is None:
            yield weak("role_missing", name)
            continue
        powers = set(role.powers) | ({"LOGIN"} if role.login and name == roles.owner else set())
        if powers:
            yield weak("role_powerful", name, _some(powers))
        if role.member_of and name != roles.owner:
            yield weak("role_member", name, _some(role.member_of))
        if name != roles.owner and (wrong := wrong_settings(role, roles)):
            yield weak("role_setting", name, _some({each.split("=")[0] for each in wrong}))


def wanted_settings(role: str, roles: Roles) -> frozenset[str]:
    """Return what a role's sessions begin with."""
    return frozenset({SEARCH_PATH} if role == roles.app else {SEARCH_PATH, READ_ONLY})


def wrong_settings(role: RoleState, roles: Roles) -> frozenset[str]:
    """Return which settings a role lacks, and which it must not have; others are its own affair."""
    wanted = wanted_settings(role.name, roles)
    watched = {each for each in role.settings if each.split("=")[0] in WATCHED}
    return (wanted - role.settings) | (watched - wanted)


def privileges(state: State, roles: Roles) -> Iterator[Finding]:
    """Everybody may do what he has to, and nobody anything else."""
    for name, wanted in roles.all_privileges():
        if (table := state.tables.get(name)) is None:
            continue
        for who, excess in excesses(table, wanted):
            yield weak("privilege_excess", name, f"{who or 'PUBLIC'}: {_some(excess)}")
        for who, lacking in lacks(table, wanted):
            yield weak("privilege_missing", name, f"{who}: {_some(lacking)}")
    if more := state.public - PUBLIC_MAY:
        yield weak("privilege_excess", "PUBLIC", _some(more))


def excesses(
    table: TableState, wanted: dict[str, frozenset[str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield who may do what more than is wanted."""
    for who in sorted(table.grants.keys() | table.column_grants):
        more = table.grants.get(who, frozenset()) - wanted.get(who, frozenset())
        if who in table.column_grants:
            more |= {"COLUMNS"}
        if more:
            yield who, more


def lacks(
    table: TableState, wanted: dict[str, frozenset[str]]
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield who may not do what is wanted."""
    for who, what in sorted(wanted.items()):
        if lacking := what - table.grants.get(who, frozenset()):
            yield who, lacking


def _bare(expression: str | None) -> str:
    """Return an expression without what PostgreSQL adds when it spells one."""
    return re.sub(r"::text|[()\s]", "", expression or "")


def _some(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
