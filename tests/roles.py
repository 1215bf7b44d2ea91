"""Roles on the tests' PostgreSQL: made for one database or one run, and dropped with it."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from points import schema, unit_of_work
from points.db.engines import open_database
from points.db.guards.harden import harden
from points.db.guards.roles import Roles
from tests.servers import conninfo

PASSWORD = "a'b%c$d"
assert schema.metadata.tables

_TO_DROP: tuple[LiteralString, ...] = (
    "REASSIGN OWNED BY {} TO CURRENT_USER",
    "DROP OWNED BY {}",
    "DROP ROLE {}",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hardened:
    """A database that the application may use, but not change.

    Attributes:
        url: As a superuser.
        app_url: As the application.
    """

    url: str
    app_url: str
    roles: Roles

    @contextmanager
    def superuser(self, role: str | None = None) -> Iterator[psycopg.Connection]:
        """Yield a superuser's connection, or one of a role that has no password."""
        with psycopg.connect(conninfo(make_url(self.url)), autocommit=True) as connection:
            if role is not None:
                connection.execute(f'SET SESSION AUTHORIZATION "{role}"'.encode())
            yield connection

    @contextmanager
    def app(self) -> Iterator[psycopg.Connection]:
        """Yield a plain connection of the application's role."""
        with psycopg.connect(conninfo(make_url(self.app_url)), autocommit=True) as connection:
            yield connection


def is_superuser(url: str) -> bool:
    """Return whether the tests' own role may make roles."""
    with psycopg.connect(conninfo(make_url(url)), autocommit=True) as connection:
        return connection.execute("SELECT current_setting('is_superuser')").fetchone() == ("on",)


def harden_at(url: str, roles: Roles, password: str | None = None) -> tuple[str, ...]:
    """Harden a database; return what was done."""
    database = open_database(url, pool_size=1)
    try:
        with unit_of_work.administering(database) as connection:
            return harden(connection, roles, app_password=password)
    finally:
        database.dispose()


def _wait_for_the_disk(url: str) -> None:
    """Let commits wait, as where somebody's points are; those of most tests do not."""
    at = make_url(url)
    with psycopg.connect(conninfo(at), autocommit=True) as connection:
        name = sql.Identifier(at.database or "")
        connection.execute(sql.SQL("ALTER DATABASE {} RESET synchronous_commit").format(name))


@contextmanager
def hardened(url: str) -> Iterator[Hardened]:
    """Harden a migrated database for a while."""
    roles = Roles.named(f"points_test_{secrets.token_hex(4)}")
    _wait_for_the_disk(url)
    harden_at(url, roles, PASSWORD)
    named = make_url(url).set(username=roles.app, password=PASSWORD)
    app_url = named.render_as_string(hide_password=False)
    there = Hardened(url=url, app_url=app_url, roles=roles)
    try:
        yield there
    finally:
        with there.superuser() as connection:
            drop_roles(connection, *roles.logins, roles.owner)


def drop_roles(superuser: psycopg.Connection, *names: str) -> None:
    """Drop roles with all that they may do in this database; what they own stays."""
    # One after the other: what is granted by default to one belongs to another.
    for name in names:
        for statement in _TO_DROP:
            superuser.execute(sql.SQL(statement).format(sql.Identifier(name)))
