"""Fixtures that every test may ask for: databases on both engines, and a Redis.

A missing server skips with its reason, but fails where ``CI=true``: there, nothing may hide.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import NoReturn

import pytest
import redis
from hypothesis import HealthCheck, settings

from tests.compiled_once import compile_once
from tests.databases import PostgresDatabases, SqliteDatabases, migrate
from tests.roles import Hardened, hardened, is_superuser
from tests.servers import NoServer, RedisAt, find_postgres, find_redis

compile_once()
gc.disable()  # while tests are collected: hardly anything of that is ever let go again

WORKERS_MAX = 8
MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
MEMORY_BYTES_MIN = 2_000_000_000

# Many tests start processes of their own. Where the machine writes no byte code each of them would
# compile everything anew, which takes longer than what it is started for: ours share a folder.
if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    sys.pycache_prefix = str(Path(__file__).parents[1] / ".pytest_cache" / "bytecode")
    sys.dont_write_bytecode = False
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

# How long an example takes says how busy the machine is. The default run looks at the same examples
# each time, so that it fails for a change alone; HYPOTHESIS_PROFILE=search looks for new ones.
settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "search", settings.get_profile("steady"), derandomize=False, max_examples=1000, print_blob=True
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "steady"))


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Share the whole suite among the processors; a part of it starts faster in one process."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return min(os.cpu_count() or 1, WORKERS_MAX) if whole else 0


def pytest_collection_finish() -> None:
    """Spare the collector what was imported and collected: it stays until the end."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Let a run fail that skipped something where nothing may be skipped."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if nothing_may_be_skipped() and reporter and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def nothing_may_be_skipped() -> bool:
    """Return whether this is the run that must see everything."""
    return os.environ.get("CI") == "true"


def missing(reason: str) -> NoReturn:
    """Skip for a reason, or fail where nothing may be skipped."""
    if nothing_may_be_skipped():
        pytest.fail(f"CI has everything, yet: {reason}")
    pytest.skip(reason)


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqliteDatabases]:
    """The maker of SQLite files: in memory where there is room, as each commit waits for its disk."""
    if not in_memory():
        yield SqliteDatabases(tmp_path_factory.mktemp("sqlite"))
        return
    with tempfile.TemporaryDirectory(prefix="points-sqlite-", dir=MEMORY) as folder:
        yield SqliteDatabases(Path(folder))


def in_memory() -> bool:
    """Return whether files can be kept in memory, with as much room as all of ours ever need."""
    try:
        return shutil.disk_usage(MEMORY).free > MEMORY_BYTES_MIN
    except OSError:
        return False


@pytest.fixture(scope="session")
def postgres_databases() -> Iterator[PostgresDatabases]:
    """The maker of PostgreSQL databases."""
    # The workers of one run share this name, and so one embedded server. Not pytest's own folder:
    # that one is closed to the user as whom the server runs when we are root.
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))[:8]
    try:
        server = find_postgres(Path(tempfile.gettempdir()) / f"points-pg-{run}")
    except NoServer as none:
        missing(str(none))
    databases = PostgresDatabases(server)
    databases.sweep()
    yield databases
    databases.close()


def _sqlite(request: pytest.FixtureRequest, stack: ExitStack, *, empty: bool) -> str:
    databases: SqliteDatabases = request.getfixturevalue("sqlite_databases")
    return stack.enter_context(databases.copy(None if empty else databases.template(migrate)))


def as_application(request: pytest.FixtureRequest, url: str) -> str:
    """Return a database's URL for the role that the program has in production."""
    if not url.startswith("postgresql"):
        return url
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return databases.as_application(url)


def _postgres(request: pytest.FixtureRequest, stack: ExitStack, *, empty: bool) -> str:
    databases: PostgresDatabases = request.getfixturevalue("postgres_databases")
    return stack.enter_context(databases.copy() if empty else databases.lent(migrate))


KINDS = {"sqlite": _sqlite, "postgres": _postgres}


@pytest.fixture
def sqlite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated SQLite database of this test's own."""
    with ExitStack() as stack:
        yield _sqlite(request, stack, empty=False)


@pytest.fixture
def postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated PostgreSQL database of this test's own."""
    with ExitStack() as stack:
        yield _postgres(request, stack, empty=False)


@pytest.fixture(params=KINDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database of this test's own, once on each engine."""
    with ExitStack() as stack:
        yield KINDS[request.param](request, stack, empty=False)


@pytest.fixture(params=KINDS)
def empty_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A database without any table, once on each engine."""
    with ExitStack() as stack:
        yield KINDS[request.param](request, stack, empty=True)


@pytest.fixture(scope="module")
def module_sqlite_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated SQLite database that the tests of one file share."""
    with ExitStack() as stack:
        yield _sqlite(request, stack, empty=False)


@pytest.fixture(scope="module")
def module_postgres_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated PostgreSQL database that the tests of one file share."""
    with ExitStack() as stack:
        yield _postgres(request, stack, empty=False)


@pytest.fixture(scope="module", params=KINDS)
def module_database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """A migrated database that the tests of one file share, once on each engine."""
    with ExitStack() as stack:
        yield KINDS[request.param](request, stack, empty=False)


@pytest.fixture(scope="module")
def hardened_database(module_postgres_url: str) -> Iterator[Hardened]:
    """A hardened PostgreSQL database that the tests of one file share."""
    if not is_superuser(module_postgres_url):
        missing("roles are made by a superuser, and the tests' role is none")
    with hardened(module_postgres_url) as there:
        yield there


@pytest.fixture(scope="session")
def redis_server() -> Iterator[RedisAt]:
    """A Redis that only this worker uses."""
    with find_redis() as server:
        yield server


@pytest.fixture
def redis_url(redis_server: RedisAt, request: pytest.FixtureRequest) -> str:
    """A Redis that holds nothing; the marker ``redis`` asks for the server itself."""
    if request.node.get_closest_marker("redis") and not redis_server.real:
        missing("no Redis server: only an imitation can be had here")
    with redis.Redis.from_url(redis_server.url) as connection:
        connection.flushdb()
    return redis_server.url
