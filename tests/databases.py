"""Databases for tests: one migrated template a session, a cheap copy of it a test."""

import base64
import itertools
import os
import secrets
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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

SHAPE = """
SELECT concat_ws(' ',
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_class),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_attribute),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_constraint),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_index),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_namespace),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_policy),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_proc),
  (SELECT concat(count(*), ':', max(xmin::text::bigint)) FROM pg_trigger),
  (SELECT string_agg(setrole || array_to_string(setconfig, ','), ' ' ORDER BY setrole)
    FROM pg_db_role_setting JOIN pg_database d ON d.oid = setdatabase
    WHERE datname = current_database()))
"""
"""Says how everything but rows is; whoever changes a table, a trigger or a right changes it."""

ALONE = """
SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""

EMPTY = """
DO $$
DECLARE
  name text;
  guard regprocedure := to_regprocedure('refuse_change()');
  guarding text := pg_get_functiondef(guard);
  filled boolean;
BEGIN
  SET LOCAL session_replication_role = replica;  -- passes by foreign keys, not by our guards
  -- One function guards all tables. To take their triggers off changes hundreds of rows that say
  -- how tables are, and whoever comes next has to read all that anew.
  EXECUTE replace(guarding, (SELECT prosrc FROM pg_proc WHERE oid = guard), 'BEGIN RETURN OLD; END');
  FOR name IN SELECT relname FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
      AND (pg_stat_file(pg_relation_filepath(oid))).size > 0
  LOOP
    EXECUTE format('SELECT EXISTS (SELECT FROM public.%I)', name) INTO filled;
    CONTINUE WHEN NOT filled;
    EXECUTE format('DELETE FROM public.%I', name);
  END LOOP;
  EXECUTE guarding;
END $$
"""

KEPT_BYTES_MAX = 16_000_000
"""A database that grew by so much is sooner made anew than cleared of what its rows leave."""


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


@dataclass(frozen=True, slots=True)
class Made:
    """How a database was when it was fresh.

    Attributes:
        shape: What :data:`SHAPE` said; empty where it is not to be lent again.
        size: In bytes.
    """

    shape: str
    size: int


class PostgresDatabases:
    """Makes and drops databases on one server; names are this process's own."""

    def __init__(self, server: URL) -> None:
        self.server = server
        self._name = f"points_test_{os.getpid()}_{secrets.token_hex(3)}"
        self._numbers = itertools.count(1)
        # Dropping waits nearly half a second for the server's other processes: not in the way.
        self._behind = ThreadPoolExecutor(4, thread_name_prefix="databases")
        self._clean: list[tuple[str, Made]] = []
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
            self._behind.submit(self._drop, name)
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
        name = self._copied(template)
        try:
            yield self._url(name)
        finally:
            self._behind.submit(self._drop, name)

    @contextmanager
    def lent(self, bring_up: Migrate) -> Iterator[str]:
        """Yield the URL of a migrated database without rows, which others had and others will have.

        Making one and dropping it takes longer than most tests. One whose tables, triggers or
        rights somebody changed is dropped; so is a large one, and all of them where we are no
        superuser and so cannot pass by the triggers that keep facts.
        """
        if self._clean:
            name, made = self._clean.pop()
        else:
            name = self._copied(self.template(bring_up))
            # These rows live as long as one test; a power cut may have them. Those that prove what
            # a power cut leaves start a server of their own.
            self._execute("ALTER DATABASE {} SET synchronous_commit = off", name)
            made = self._made(name) if self._roles else Made("", 0)
        try:
            yield self._url(name)
        finally:
            self._give_back(name, made)

    def _url(self, name: str) -> str:
        return text(self.server.set(database=name))

    def _copied(self, template: str) -> str:
        name = f"{self._name}_{next(self._numbers)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)
        return name

    def _made(self, name: str) -> Made:
        """Return how a fresh database is."""
        with psycopg.connect(conninfo(self.server.set(database=name)), autocommit=True) as there:
            return Made(self._shape(there), self._size(there))

    def _shape(self, there: psycopg.Connection) -> str:
        [(shape,)] = there.execute(SHAPE).fetchall()
        return str(shape)

    def _size(self, there: psycopg.Connection) -> int:
        [(size,)] = there.execute("SELECT pg_database_size(current_database())").fetchall()
        return int(size)

    def _give_back(self, name: str, made: Made) -> None:
        """Clear a database for the next test, or drop it."""
        clean = False
        if made.shape:
            at = conninfo(self.server.set(database=name))
            with suppress(psycopg.Error), psycopg.connect(at, autocommit=True) as there:
                there.execute(ALONE)
                if (
                    self._shape(there) == made.shape
                    and self._size(there) < made.size + KEPT_BYTES_MAX
                ):
                    there.execute(EMPTY)
                    made, clean = Made(self._shape(there), made.size), True
        if clean:
            self._clean.append((name, made))
        else:
            self._behind.submit(self._drop, name)

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
            self._behind.submit(self._drop, self._template)
        self._behind.shutdown(wait=True)
        for name, _ in self._clean:
            self._drop(name)
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
