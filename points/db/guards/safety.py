"""Everything that is examined, in the order in which it is told; and what a start insists on."""

from dataclasses import dataclass

from sqlalchemy import Connection

from points.db.guards import examine, sqlite
from points.db.guards.roles import Roles
from points.db.guards.state import read_session, read_state, read_tables
from points.kernel.findings import Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """One promise and what is wrong with it.

    Attributes:
        check: Stable, for programs.
        zh: What is promised, for people.
        en: The same in English.
    """

    check: str
    zh: str
    en: str
    findings: tuple[Finding, ...]


PROMISES = {
    "settings": ("已答复的写入不会因断电丢失", "an acknowledged write survives a power cut"),
    "session": ("连接所用角色无法解除保护", "the role in use cannot take the guards off"),
    "isolation": ("协会之间的数据相互隔离", "associations do not see each other's rows"),
    "facts": ("事实只增不改", "facts are added and never changed"),
    "functions": ("没有来历不明的函数", "no function is unknown or changed"),
    "owners": ("数据表属于无人登录的角色", "tables belong to a role that nobody logs in as"),
    "roles": ("各角色权力最小", "roles can do no more than they have to"),
    "privileges": ("各表权限恰好够用", "privileges are exactly what is needed"),
}
"""What each check promises, in both languages."""


def startup_findings(connection: Connection) -> list[Finding]:
    """Return why a server or worker should not start on this database, as this role."""
    if connection.dialect.name == "sqlite":
        return [*sqlite.settings(connection), *sqlite.facts(connection)]
    session, tables = read_session(connection), read_tables(connection)
    return [
        *examine.settings(session),
        *examine.session_role(session),
        *examine.isolation(tables),
        *examine.facts(tables),
    ]


def examined(connection: Connection, roles: Roles) -> list[Examined]:
    """Return every check of the guards; the same on either database, as far as it has them."""
    if connection.dialect.name == "sqlite":
        found = {"settings": sqlite.settings(connection), "facts": sqlite.facts(connection)}
    else:
        state = read_state(connection, roles)
        found = {
            "settings": examine.settings(state.session),
            "session": examine.session_role(state.session),
            "isolation": examine.isolation(state.tables),
            "facts": examine.facts(state.tables),
            "functions": examine.functions(state, roles),
            "owners": examine.owners(state, roles),
            "roles": examine.role_powers(state, roles),
            "privileges": examine.privileges(state, roles),
        }
    return [
        Examined(check=check, zh=PROMISES[check][0], en=PROMISES[check][1], findings=tuple(each))
        for check, each in found.items()
    ]
