"""``points serve``: the HTTP interface, until somebody stops it."""

from typing import Annotated

import typer
import uvicorn

from points.api.app import create
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, LanguageOption
from points.cli.present import Presenter
from points.db.redis import Swift

GRACE_SECONDS = 20


def command(
    host: Annotated[str, typer.Option(help="address to listen on")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one")] = 8000,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    access_log: Annotated[
        bool, typer.Option("--access-log", help="print a line a request; costs a third")
    ] = False,
    lang: LanguageOption = "zh",
) -> None:
    """Serve the HTTP interface; it ends with SIGTERM or Ctrl-C, after answering what waits.

    Example: points serve --port 8000 --database postgresql://localhost/points
    """
    present = Presenter(lang)
    with opened(present, database, association, migrate=True) as here:
        swift = Swift(here.settings.redis_url)
        try:
            present.say(
                f"http://{host}:{port}/docs · 按 Ctrl-C 停止",
                f"http://{host}:{port}/docs · Ctrl-C stops it",
            )
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
