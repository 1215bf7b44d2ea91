"""``points serve``: the HTTP interface, until somebody stops it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, InsecureOption, LanguageOption
from points.cli.present import Presenter
from points.kernel.errors import Unavailable
from points.wiring import Installation
from points.worker.rounds import rounds

GRACE_SECONDS = 20
PAUSE_SECONDS = 2.0
_log = logging.getLogger(__name__)


def command(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="print a line a request; costs a third")
    ] = False,
    worker: Annotated[
        bool, typer.Option(help="also score, mature and expire what falls due, in this process")
    ] = True,
    insecure_dev: InsecureOption = False,
    lang: LanguageOption = "zh",
) -> None:
    """Serve the HTTP interface; it ends with SIGTERM or Ctrl-C, after answering what waits.

    With --no-worker some `points worker` has to run beside it.

    Example: points serve --port 8000 --database postgresql://localhost/points
    """
    # Here: loading a server takes longer than most of the other commands run.
    import uvicorn  # noqa: PLC0415

    from points.api.app import create  # noqa: PLC0415
    from points.db.redis import Swift  # noqa: PLC0415

    present = Presenter(lang)
    with opened(
        present, database, association, migrate=True, insecure_dev=insecure_dev or None
    ) as here:
        swift = Swift(here.settings.redis_url)
        try:
            present.say(
                f"http://{host}:{port}/docs · 按 Ctrl-C 停止",
                f"http://{host}:{port}/docs · Ctrl-C stops it",
            )
            with _working(here) if worker else nullcontext():
                uvicorn.run(
                    create(here, swift=swift),
                    host=host,
                    port=port,
                    access_log=access_log,
                    log_level="warning" if not access_log else "info",
                    timeout_graceful_shutdown=GRACE_SECONDS,
                    server_header=False,
                )
        finally:
            swift.close()


@contextmanager
def _working(here: Installation) -> Iterator[None]:
    """Do what falls due in a thread beside the server; a round that fails is tried again."""
    stop = threading.Event()

    def rounds_until_stopped() -> None:
        while not stop.is_set():
            try:
                for _ in rounds(here.engine, here.association, stop, pause_seconds=PAUSE_SECONDS):
                    pass
            except (Unavailable, DBAPIError) as error:
                _log.warning("the worker could not go on: %s", type(error).__name__)
                stop.wait(PAUSE_SECONDS)

    thread = threading.Thread(target=rounds_until_stopped, name="points-worker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(GRACE_SECONDS)
