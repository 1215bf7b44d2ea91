"""``points serve``: the HTTP interface and the pages, until somebody stops it."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Annotated

import typer
from sqlalchemy.exc import DBAPIError

from points import logs, wiring
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, InsecureOption, LanguageOption
from points.cli.present import Presenter
from points.flows.erasing import undone
from points.flows.seal_personal import seal_personal
from points.identity.policy import Action
from points.kernel.errors import Misused, Unavailable
from points.wiring import Installation
from points.worker.deliveries import delivering
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
        bool, typer.Option("--access-log", help="write a log line a request")
    ] = False,
    worker: Annotated[
        bool, typer.Option(help="also score, mature and expire what falls due, in this process")
    ] = True,
    insecure_dev: InsecureOption = False,
    lang: LanguageOption = "zh",
) -> None:
    """Serve the HTTP interface and the pages.

    It ends with SIGTERM or Ctrl-C, after answering what waits.

    With --no-worker some `points worker` has to run beside it.

    Example: points serve --port 8000 --database postgresql://localhost/points
    """
    present = Presenter(lang)
    with opened(
        present,
        database,
        association,
        Action.OPERATE,
        migrate=True,
        insecure_dev=insecure_dev or None,
    ) as terminal:
        here = terminal.installation
        chosen = here.settings
        logs.configure(
            chosen.log_form, chosen.log_level, access=access_log, addresses=chosen.log_addresses
        )
        seal_personal(here.engine, here.association)
        _refuse_undone(here)
        if chosen.sms_adapter == "none" and not chosen.insecure_dev:
            present.say(
                "未配置短信（POINTS_SMS_ADAPTER），会员暂时收不到登录验证码",
                "no short messages are configured (POINTS_SMS_ADAPTER): members get no codes",
            )
        present.say(
            f"http://{host}:{port}/ · http://{host}:{port}/docs · 按 Ctrl-C 停止",
            f"http://{host}:{port}/ · http://{host}:{port}/docs · Ctrl-C stops it",
        )
        with _working(here) if worker else nullcontext():
            _listen(here, host, port)


def _listen(here: Installation, host: str, port: int) -> None:
    """Answer requests until somebody stops it."""
    # Here: loading a server takes longer than most of the other commands run.
    import uvicorn  # noqa: PLC0415

    from points.api.app import create  # noqa: PLC0415
    from points.cli.pages import neighbour  # noqa: PLC0415
    from points.db.redis import Swift  # noqa: PLC0415
    from points.edge.protocol import HEADER_BYTES_MAX, ImpatientProtocol  # noqa: PLC0415

    chosen = here.settings
    messenger = wiring.messenger(chosen, here.clock, here.ids, typer.echo)
    swift = Swift(chosen.redis_url)
    app = create(
        here,
        swift=swift,
        edge=wiring.edge_policy(chosen, host),
        messenger=messenger,
        neighbour=neighbour(here, messenger),
    )
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            http=ImpatientProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            # Nobody is believed unless told so; the default would be any local process.
            forwarded_allow_ips=chosen.trusted_proxies,
            h11_max_incomplete_event_size=HEADER_BYTES_MAX,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
        )
    finally:
        swift.close()


def _refuse_undone(here: Installation) -> None:
    """Serve nobody while a restored backup knows people again who were erased.

    Raises:
        Misused: It does.
    """
    if undone(here.engine, here.association, here.journal):
        raise Misused(
            "erasures_undone",
            "数据库是从删除之前的备份恢复的：请先运行 points privacy reapply",
            "the database was restored from before an erasure: run `points privacy reapply` first",
        )


@contextmanager
def _working(here: Installation) -> Iterator[None]:
    """Do what falls due in a thread beside the server; a round that fails is tried again."""
    stop = threading.Event()

    def rounds_until_stopped() -> None:
        while not stop.is_set():
            try:
                for _ in rounds(
                    here.engine,
                    here.association,
                    stop,
                    schedule=here.schedule,
                    pause_seconds=PAUSE_SECONDS,
                ):
                    pass
            except (Unavailable, DBAPIError) as error:
                _log.warning("the worker could not go on", extra={"error": type(error).__name__})
                stop.wait(PAUSE_SECONDS)

    thread = threading.Thread(target=rounds_until_stopped, name="points-worker", daemon=True)
    thread.start()
    try:
        with delivering(here.engine, here.association, wiring.carrier(here.settings)):
            yield
    finally:
        stop.set()
        thread.join(GRACE_SECONDS)
