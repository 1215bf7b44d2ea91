"""What is settled with PostgreSQL when a connection opens, also through a pooler that lends them."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, make_url, text

from points import unit_of_work
from points.db import engines
from points.db.engines import PREPARED_AFTER, open_database
from points.db.scope import ScopedConnection
from points.kernel.ids import AssociationId

KEY_DATA = b"K\0\0\0\x0c"
"""How the message begins that names the process at the other end (PostgreSQL, 55.7)."""


class Pooler:
    """Passes bytes on, but gives the server's process another name, as PgBouncer does."""

    def __init__(self, host: str, port: int) -> None:
        self._there = host, port
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        self.asked = b""
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take nobody in any more."""
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                here, _ = self._door.accept()
                there = socket.create_connection(self._there)
                threading.Thread(target=self._ask, args=(here, there), daemon=True).start()
                threading.Thread(target=self._tell, args=(there, here), daemon=True).start()

    def _ask(self, here: socket.socket, there: socket.socket) -> None:
        with suppress(OSError), here, there:
            while said := here.recv(1 << 16):
                self.asked += said
                there.sendall(said)

    def _tell(self, there: socket.socket, here: socket.socket) -> None:
        with suppress(OSError):
            while said := there.recv(1 << 16):
                begins, found, ends = said.partition(KEY_DATA)
                renamed = b"\0\0\0\1" + ends[4:] if found else ends
                here.sendall(begins + found + renamed)


@pytest.fixture
def pooler(postgres_url: str) -> Iterator[Pooler]:
    url = make_url(postgres_url)
    it = Pooler(url.host or "127.0.0.1", url.port or 5432)
    yield it
    it.close()


@pytest.fixture
def pooled(postgres_url: str, pooler: Pooler) -> Iterator[Engine]:
    database = open_database(_through(postgres_url, pooler), pool_size=1)
    yield database
    database.dispose()


def _through(url: str, pooler: Pooler) -> str:
    there = make_url(url).set(host="127.0.0.1", port=pooler.port)
    # In clear, so that it can be read along the way.
    return there.update_query_dict({"sslmode": "disable"}).render_as_string(hide_password=False)


def prepared(connection: Connection) -> int:
    """Return how many statements the server has prepared after one was asked often."""
    for _ in range(PREPARED_AFTER + 2):
        connection.execute(text("SELECT :n"), {"n": 1}).all()
    found: int = connection.exec_driver_sql(
        "SELECT count(*) FROM pg_prepared_statements"
    ).scalar_one()
    return found


def test_what_is_asked_often_is_planned_once(postgres_url: str) -> None:
    database = open_database(postgres_url, pool_size=1)
    with database.connect() as connection:
        assert prepared(connection) == 1
    database.dispose()


def test_through_a_pooler_nothing_is_prepared(
    pooled: Engine, postgres_url: str, pooler: Pooler, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pooled.connect() as connection:
        assert prepared(connection) == 0

    # The control: who does not look prepares for a process that the next statement may not meet.
    monkeypatch.setattr(engines, "_is_direct", lambda _: True)
    blind = open_database(_through(postgres_url, pooler), pool_size=1)
    with blind.connect() as connection:
        assert prepared(connection) == 1
    blind.dispose()


def lost(database: Engine, elsewhere: Engine) -> None:
    """Cut the pool's only connection, and let the driver know it, but not the pool."""
    with database.connect() as connection:
        driver: Any = connection.connection.dbapi_connection
    with elsewhere.begin() as connection:
        named = {"pid": driver.info.backend_pid}
        connection.execute(text("SELECT pg_terminate_backend(:pid)"), named)
    while not driver.closed:
        driver.pgconn.exec_(b"SELECT 1")


def test_what_is_known_to_be_lost_is_not_lent(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = AssociationId("a")
    database, elsewhere = (open_database(postgres_url, pool_size=1) for _ in range(2))
    for opened in (unit_of_work.reading, unit_of_work.writing, unit_of_work.batch):
        lost(database, elsewhere)
        with opened(database, here):
            pass

    # The control: lent all the same, it fails as nothing that the engine would try again.
    lost(database, elsewhere)
    monkeypatch.setattr(ScopedConnection, "closed", False)
    with pytest.raises(psycopg.OperationalError), unit_of_work.reading(database, here):
        pass
    monkeypatch.undo()
    database.dispose()
    elsewhere.dispose()


def test_a_pooler_is_told_nothing_that_it_refuses(pooled: Engine, pooler: Pooler) -> None:
    """PgBouncer ends a connection that begins with ``options``; times are in UTC all the same."""
    with pooled.connect() as connection:
        assert connection.exec_driver_sql("SHOW timezone").scalar_one() == "UTC"
        assert connection.exec_driver_sql("SHOW jit").scalar_one() == "off"
    assert b"user\0" in pooler.asked
    assert b"options\0" not in pooler.asked
