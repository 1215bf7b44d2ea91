"""A scratch database with the real schema and members with empty accounts; dropped afterwards."""

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, Engine, literal, make_url, select

from points import unit_of_work
from points.db.append_only import append_only_tables, protect
from points.db.engines import open_database
from points.kernel.ids import AccountId, AssociationId, MemberId
from points.ledger.appends import save_books
from points.ledger.books import Books
from points.ledger.model import Measure, account_id
from points.schema import metadata

ASSOCIATION = AssociationId("bench")
MEASURE = Measure("bench", "wallet")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scratch:
    """Where the measurements take place.

    Attributes:
        database: As the engine uses it.
        url: The same, for plain connections.
        members: Each has one account in ``MEASURE``.
    """

    database: Engine
    url: URL
    members: tuple[MemberId, ...]

    @property
    def kind(self) -> str:
        """``postgresql`` or ``sqlite``."""
        return self.database.dialect.name

    def accounts(self) -> tuple[AccountId, ...]:
        """Return the members' accounts, in the members' order."""
        return tuple(account_id(member, MEASURE) for member in self.members)


@contextmanager
def scratch(url: str | None, *, members: int) -> Iterator[Scratch]:
    """Yield a scratch database beside the one that a URL names, or a SQLite file in a new folder.

    On PostgreSQL the role must be allowed to create databases. What the URL names is not touched.
    """
    with place(url) as there:
        address = there.render_as_string(hide_password=False)
        database = open_database(address, migrating=True)
        try:
            yield Scratch(database=database, url=there, members=_fill(database, members))
        finally:
            database.dispose()


@contextmanager
def place(url: str | None) -> Iterator[URL]:
    """Yield an empty scratch database beside the one that a URL names, without any table."""
    named = make_url(url) if url else None
    if named is not None and named.get_backend_name() == "postgresql":
        with _postgres(named) as there:
            yield there
    else:
        folder = Path(named.database).parent if named and named.database else None
        with _sqlite(folder) as there:
            yield there


@contextmanager
def _postgres(named: URL) -> Iterator[URL]:
    name = f"points_bench_{secrets.token_hex(4)}"
    create, drop = (
        sql.SQL(f"{verb} DATABASE {{}}{force}").format(sql.Identifier(name))
        for verb, force in (("CREATE", ""), ("DROP", " WITH (FORCE)"))
    )
    with psycopg.connect(conninfo(named), autocommit=True) as beside:
        beside.execute(create)
        try:
            yield named.set(database=name)
        finally:
            beside.execute(drop)


@contextmanager
def _sqlite(folder: Path | None) -> Iterator[URL]:
    with tempfile.TemporaryDirectory(prefix="points-bench-", dir=folder) as inside:
        yield make_url(f"sqlite:///{Path(inside) / 'bench.db'}")


def conninfo(url: URL) -> str:
    """Return what psycopg calls an address."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def _fill(database: Engine, members: int) -> tuple[MemberId, ...]:
    names = tuple(MemberId(f"B{number:025d}") for number in range(members))
    metadata.create_all(database)
    with unit_of_work.writing(database, ASSOCIATION) as connection:
        for statement in protect(connection.dialect.name, [t.name for t in append_only_tables()]):
            connection.exec_driver_sql(statement)
        books = Books()
        for member in names:
            books.open_account(account_id(member, MEASURE))
        save_books(connection, ASSOCIATION, books)
    take_statistics(database)
    return names


def take_statistics(database: Engine) -> None:
    """Let PostgreSQL count what it holds, as one that is in use has done by itself.

    Only what is filled: PostgreSQL would take statistics of an empty table for a promise, read all
    of it at every foreign key check, and keep that plan for the whole session.
    """
    if database.dialect.name != "postgresql":
        return
    with unit_of_work.writing(database, ASSOCIATION) as connection:
        for table in metadata.sorted_tables:
            if connection.execute(select(literal(1)).select_from(table).limit(1)).first():
                connection.exec_driver_sql(f"ANALYZE {table.name}")
