"""The one handler through which every line goes, libraries' and uncaught errors' too."""

import logging
import sys
import threading
from enum import StrEnum
from types import TracebackType
from typing import IO

from points.logs.lines import Lines

ACCESS = "points.access"
LIBRARIES = (
    *("uvicorn", "uvicorn.error", "uvicorn.access", "uvicorn.asgi", "fastapi", "asyncio"),
    *("sqlalchemy", "sqlalchemy.engine", "sqlalchemy.pool", "alembic", "psycopg", "psycopg.pool"),
    *("httpx2", "httpcore2", "multipart", "python_multipart", "py.warnings"),
)
"""Loggers that might bring handlers of their own; these are taken away."""

_log = logging.getLogger("points")


class Form(StrEnum):
    """How lines look."""

    AUTO = "auto"
    JSON = "json"
    TEXT = "text"


class Handler(logging.StreamHandler[IO[str]]):
    """Writes lines; a line that cannot be made is said to be missing, and nothing else."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's own name
        """Say only where the record came from: logging's own way would print its arguments."""
        sys.stderr.write(f'{{"event": "a log line could not be made", "line": {record.lineno}}}\n')


def configure(
    form: Form = Form.AUTO,
    level: str = "warning",
    *,
    access: bool = False,
    addresses: bool = False,
    stream: IO[str] | None = None,
) -> Lines:
    """Send every log line of this process through the allow-list.

    Args:
        form: By default JSON, unless somebody looks on at a terminal.
        level: From which on lines are written.
        access: Whether a line a request is written.
        addresses: Whether lines may hold network addresses.
        stream: Where to; standard error by default.
    """
    stream = stream or sys.stderr
    as_json = form is Form.JSON or (form is Form.AUTO and not stream.isatty())
    lines = Lines(as_json=as_json, addresses=addresses)
    handler = Handler(stream)
    handler.setFormatter(lines)
    root = logging.getLogger()
    for old in [each for each in root.handlers if isinstance(each, Handler)]:
        root.removeHandler(old)
    root.addHandler(handler)
    _set(root, logging.getLevelNamesMapping()[level.upper()])
    for name in LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
        # A request's line is ours: the server's own would hold the path and the query.
        _set(library, logging.CRITICAL if name == "uvicorn.access" else logging.NOTSET)
    _set(logging.getLogger(ACCESS), logging.INFO if access else logging.CRITICAL)
    logging.captureWarnings(capture=True)
    return lines


def _set(logger: logging.Logger, level: int) -> None:
    """Set a level where it is another: whoever sets one lets every logger forget what it knew."""
    if logger.level != level:
        logger.setLevel(level)


def hook_uncaught() -> None:
    """Log what nobody caught instead of printing it: a message may hold what a person typed."""

    def uncaught(
        _kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if isinstance(error, KeyboardInterrupt):
            return
        _log.critical("an error was not caught", exc_info=(type(error), error, trace))

    def in_thread(about: threading.ExceptHookArgs) -> None:
        if about.exc_value is not None:
            uncaught(about.exc_type, about.exc_value, about.exc_traceback)

    def unraisable(about: "sys.UnraisableHookArgs") -> None:
        if about.exc_value is not None:
            uncaught(type(about.exc_value), about.exc_value, about.exc_traceback)

    sys.excepthook = uncaught
    sys.unraisablehook = unraisable
    threading.excepthook = in_thread
