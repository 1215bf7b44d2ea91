"""What PostgreSQL says of its own guards: settings, the role in use, roles, tables, functions.

Read from the catalogues that every role may read, so that the application sees it at its start.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from points.db.guards.roles import Roles

SETTINGS = ("fsync", "full_page_writes", "synchronous_commit", "synchronous_standby_names")


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """The role that this connection uses, and what the server is set to.

    Attributes:
        owns: Tables that it owns, or that a role owns which it may become.
    """

    role: str
    superuser: bool
    bypasses: bool
    owns: tuple[str, ...]
    settings: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """How one table of the schema stands.

    Attributes:
        isolated: Whether row-level security is on.
        forced: Whether it binds the owner as well.
        policies: Name, condition to see and to write, and whether it is for all, of each policy.
        triggers: Each trigger's name, when it fires (``A``: always) and its function.
        rules: Whether rules rewrite what is asked of it.
        grants: Who besides the owner may do what; the empty name is PUBLIC.
        column_grants: Who besides may do something to single columns.
    """

    name: str
    owner: str
    isolated: bool
    forced: bool
    rules: bool
    policies: tuple[tuple[str, str, str, bool], ...]
    triggers: tuple[tuple[str, str, str], ...]
    grants: dict[str, frozenset[str]]
    column_grants: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleState:
    """How one role stands.

    Attributes:
        powers: Attributes that go beyond logging in, as PostgreSQL spells them.
        member_of: Roles that it is a member of.
        settings: What its sessions begin with, here or everywhere.
    """

    name: str
    login: bool
    powers: frozenset[str]
    member_of: frozenset[str]
    settings: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionState:
    """A function of the schema: whose, what it does, and with whose rights."""

    name: str
    owner: str
    source: str
    definer: bool
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """Everything at once.

    Attributes:
        database: Its name.
        public: What everybody may do in the database and its schema: ``CREATE`` and so on.
    """

    database: str
    session: Session
    tables: dict[str, TableState]
    roles: dict[str, RoleState]
    functions: tuple[FunctionState, ...]
    public: frozenset[str]


_SESSION = """
SELECT current_user AS role, r.rolsuper AS superuser, r.rolbypassrls AS bypasses,
  ARRAY(SELECT c.relname::text FROM pg_class c
    WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
      AND pg_has_role(c.relowner, 'MEMBER') ORDER BY 1) AS owns
FROM pg_roles r WHERE r.rolname = current_user
"""

_TABLES = """
SELECT c.relname::text AS name, pg_get_userbyid(c.relowner)::text AS owner,
  c.relrowsecurity AS isolated, c.relforcerowsecurity AS forced,
  EXISTS (SELECT FROM pg_rewrite w WHERE w.ev_class = c.oid) AS rules,
  (SELECT jsonb_agg(jsonb_build_array(p.polname, pg_get_expr(p.polqual, p.polrelid),
      pg_get_expr(p.polwithcheck, p.polrelid),
      p.polcmd = '*' AND p.polpermissive AND p.polroles = '{0}') ORDER BY p.polname)
    FROM pg_policy p WHERE p.polrelid = c.oid) AS policies,
  (SELECT jsonb_agg(jsonb_build_array(t.tgname, t.tgenabled, f.proname) ORDER BY t.tgname)
    FROM pg_trigger t JOIN pg_proc f ON f.oid = t.tgfoid
    WHERE t.tgrelid = c.oid AND NOT t.tgisinternal) AS triggers,
  (SELECT jsonb_object_agg(g.grantee, g.privileges) FROM (
      SELECT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END AS grantee,
        jsonb_agg(a.privilege_type) AS privileges
      FROM aclexplode(c.relacl) a WHERE a.grantee <> c.relowner GROUP BY 1) g) AS grants,
  (SELECT jsonb_agg(DISTINCT
        CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END)
    FROM pg_attribute b, aclexplode(b.attacl) a
    WHERE b.attrelid = c.oid AND a.grantee <> c.relowner) AS column_grants
FROM pg_class c WHERE c.relnamespace = to_regnamespace('public') AND c.relkind IN ('r', 'p')
"""

_ROLES = """
SELECT r.rolname::text AS name, r.rolcanlogin AS login,
  array_remove(ARRAY[CASE WHEN r.rolsuper THEN 'SUPERUSER' END,
    CASE WHEN r.rolcreaterole THEN 'CREATEROLE' END, CASE WHEN r.rolcreatedb THEN 'CREATEDB' END,
    CASE WHEN r.rolreplication THEN 'REPLICATION' END,
    CASE WHEN r.rolbypassrls THEN 'BYPASSRLS' END], NULL) AS powers,
  ARRAY(SELECT pg_get_userbyid(m.roleid)::text FROM pg_auth_members m WHERE m.member = r.oid)
    AS member_of,
  ARRAY(SELECT unnest(s.setconfig) FROM pg_db_role_setting s
    WHERE s.setrole = r.oid AND s.setdatabase IN (0, (SELECT oid FROM pg_database
      WHERE datname = current_database()))) AS settings
FROM pg_roles r WHERE r.rolname = ANY(:names)
"""

_FUNCTIONS = """
SELECT f.proname::text AS name, pg_get_userbyid(f.proowner)::text AS owner, f.prosrc AS source,
  f.prosecdef AS definer, coalesce(array_to_string(f.proconfig, ' '), '') AS path
FROM pg_proc f WHERE f.pronamespace = to_regnamespace('public')
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.deptype = 'e')
"""

_PUBLIC = """
SELECT 'DATABASE ' || a.privilege_type FROM pg_database d,
  aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
WHERE d.datname = current_database() AND a.grantee = 0
UNION ALL
SELECT 'SCHEMA ' || a.privilege_type FROM pg_namespace n,
  aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a
WHERE n.nspname = 'public' AND a.grantee = 0
"""


def read_session(connection: Connection) -> Session:
    """Return which role this connection uses, and how the server is set."""
    row = connection.execute(text(_SESSION)).mappings().one()
    named = {"names": list(SETTINGS)}
    settings = connection.execute(
        text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)"), named
    )
    return Session(
        **{**row, "owns": tuple(row["owns"])},
        settings={each.name: each.setting for each in settings},
    )


def read_tables(connection: Connection) -> dict[str, TableState]:
    """Return every table of the schema, by name."""
    rows = connection.execute(text(_TABLES)).mappings()
    return {row["name"]: _table(dict(row)) for row in rows}


def read_state(connection: Connection, roles: Roles) -> State:
    """Return everything that can be examined."""
    named = {"names": [roles.owner, *roles.logins]}
    found = connection.execute(text(_ROLES), named).mappings()
    return State(
        database=connection.execute(text("SELECT current_database()")).scalar_one(),
        session=read_session(connection),
        tables=read_tables(connection),
        roles={row["name"]: _role(dict(row)) for row in found},
        functions=tuple(
            FunctionState(**row) for row in connection.execute(text(_FUNCTIONS)).mappings()
        ),
        public=frozenset(connection.scalars(text(_PUBLIC))),
    )


def _table(row: dict[str, Any]) -> TableState:
    return TableState(
        **{
            **row,
            "policies": _tuples(row["policies"]),
            "triggers": _tuples(row["triggers"]),
            "grants": {who: frozenset(what) for who, what in (row["grants"] or {}).items()},
            "column_grants": frozenset(row["column_grants"] or ()),
        }
    )


def _tuples(rows: Iterable[list[Any]] | None) -> Any:  # noqa: ANN401 - of several shapes
    return tuple(tuple(row) for row in rows or ())


def _role(row: dict[str, Any]) -> RoleState:
    sets = ("powers", "member_of", "settings")
    return RoleState(**{**row, **{name: frozenset(row[name]) for name in sets}})
