"""Databases for tests: one migrated template a session, a cheap copy of it a test."""

import base64
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from psycopg import sql
from sqlalchemy import URL, make_url

from points.db.guards.roles import Roles
from tests.roles import PASSWORD, harden_at, is_superuser
from tests.servers import conninfo

ROOT = Path(__file__).parent.parent
MIGRATING_LOCK = 7_033_171
"""Roles belong to the whole server: two runs that migrate at once would both create them."""

STALE = r"""
SELECT datname FROM pg_database
WHERE datname LIKE 'points\_test\_%'
  AND (pg_stat_file('base/' || oid || '/PG_VERSION', true)).modification < now() - interval '6 hours'
"""

STALE_ROLES = r"""
SELECT rolname FROM pg_roles WHERE rolname LIKE 'points\_test\_%'
"""

MASTER_KEY = base64.urlsafe_b64encode(b"master key of tests, 32 bytes !!").decode().rstrip("=")
"""Thirty-two bytes that everybody knows."""

Migrate = Callable[[str], None]


def alembic_config(url: str) -> Config:
    """Return alembic's settings for one database."""
    config = Config(toml_file=str(ROOT / "pyproject.toml"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    config.attributes["url"] = url
    return config


def migrate(url: str) -> None:
    """Bring a database to the newest schema, the way that production does."""
    command.upgrade(alembic_config(url), "head")


def text(url: URL) -> str:
    """Return a URL with its password, as a program needs it."""
    return url.render_as_string(hide_password=False)


class PostgresDatabases:
    """Makes and drops databases on one server; names are this process's own."""

    def __init__(self, server: URL) -> None:
        self.server = server
        self._name = f"points_test_{os.getpid()}_{secrets.token_hex(3)}"
        self._numbers = itertools.count(1)
        # Dropping waits nearly half a second for the server's other processes: not in the way.
        self._droppers = ThreadPoolExecutor(4, thread_name_prefix="drop")
        self._template: str | None = None
        self._roles: Roles | None = None

    def _execute(self, statement: str, *names: str) -> None:
        with psycopg.connect(conninfo(self.server), autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

    def sweep(self) -> None:
        """Drop what runs of yesterday left that were killed; only a superuser can tell their age."""
        with psycopg.connect(conninfo(self.server), autocommit=True) as connection:
            role = connection.execute("SELECT current_setting('is_superuser')").fetchone()
            if role != ("on",):
                return
            names = connection.execute(STALE).fetchall()
            roles = connection.execute(STALE_ROLES).fetchall()
        for (name,) in names:
            self._droppers.submit(self._drop, name)
        for (name,) in roles:
            # Roles have no age; those of a run that goes on are needed, and so cannot be dropped.
            with suppress(psycopg.Error):
                self._execute("DROP ROLE IF EXISTS {}", name)

    def _drop(self, name: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def template(self, bring_up: Migrate) -> str:
        """Return the name of the migrated database, made when first asked for."""
        if self._template is None:
            name = f"{self._name}_template"
            self._execute("CREATE DATABASE {} TEMPLATE template0", name)
            self._template = name
            with psycopg.connect(conninfo(self.server), autocommit=True) as guard:
                guard.execute("SELECT pg_advisory_lock(%s)", [MIGRATING_LOCK])
                bring_up(text(self.server.set(database=name)))
            self._harden(name)
            self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS false", name)
        return self._template

    def _harden(self, name: str) -> None:
        """Harden the template, and so its copies; only a superuser can."""
        url = text(self.server.set(database=name))
        if is_superuser(url):
            self._roles = Roles.named(self._name)
            harden_at(url, self._roles, PASSWORD)

    def as_application(self, url: str) -> str:
        """Return the URL of the same database for the application's role; ours without roles."""
        if self._roles is None or make_url(url).get_backend_name() != "postgresql":
            return url
        return text(make_url(url).set(username=self._roles.app, password=PASSWORD))

    @contextmanager
    def copy(self, template: str = "template0") -> Iterator[str]:
        """Yield the URL of a copy of a template; it is dropped behind one's back afterwards."""
        name = f"{self._name}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        try:
            yield text(self.server.set(database=name))
        finally:
            self._droppers.submit(self._drop, name)

    def as_superuser(self, url: str) -> str:
        """Return the URL of the same database for the tests' own role."""
        if make_url(url).get_backend_name() != "postgresql":
            return url
        own = self.server.username, self.server.password
        return text(make_url(url)._replace(username=own[0], password=own[1]))

    def close(self) -> None:
        """Drop what is left."""
        if self._template is not None:
            self._execute("ALTER DATABASE {} ALLOW_CONNECTIONS true", self._template)
            self._droppers.submit(self._drop, self._template)
        self._droppers.shutdown(wait=True)
        for role in (*self._roles.logins, self._roles.owner) if self._roles else ():
            self._execute("DROP ROLE IF EXISTS {}", role)


class SqliteDatabases:
    """Makes database files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._numbers = itertools.count(1)
        self._template: Path | None = None

    def template(self, bring_up: Migrate) -> Path:
        """Return the migrated file, made when first asked for."""
        if self._template is None:
            file = self._folder / "template.db"
            file.touch()
            bring_up(f"sqlite:///{file}")
            self._template = file
        return self._template

    @contextmanager
    def copy(self, template: Path | None = None) -> Iterator[str]:
        """Yield the URL of a copy of a template, or of a file that does not exist yet."""
        file = self._folder / f"{next(self._numbers)}.db"
        if template is not None:
            shutil.copyfile(template, file)
        try:
            yield f"sqlite:///{file}"
        finally:
            for left in self._folder.glob(f"{file.name}*"):
                left.unlink()


def server_of(url: str) -> URL:
    """Return the maintenance database beside a test's database."""
    return make_url(url).set(database="postgres")
