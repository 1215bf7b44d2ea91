"""A log record as one line: JSON for programs, a short form for a terminal."""

import json
import logging
import traceback
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from points.logs.shapes import FIELDS

OURS = "points"
CAUSES_MAX = 5
FRAMES_MAX = 20
WITHHELD = "message of a library withheld"
EVENTS: Mapping[str, str] = {
    "Application shutdown complete.": "the application ended",
    "Application startup complete.": "the application started",
    "Application startup failed. Exiting.": "the application did not start",
    "Cancel %s running task(s), timeout graceful shutdown exceeded": "requests were cut off",
    "Exceeded concurrency limit.": "too many requests at once",
    "Exception in ASGI application\n": "a request failed",
    "Finished server process [%d]": "the server ended",
    "Invalid HTTP request received.": "a request was no HTTP",
    "Shutting down": "the server is ending",
    "Started server process [%d]": "the server started",
    "Task exception was never retrieved": "a task failed",
}
"""What libraries say that may be said again: texts that hold nothing but themselves."""

_PACKAGE = Path(__file__).resolve().parent.parent
_STANDARD = frozenset(
    [
        *logging.LogRecord("", 0, "", 0, "", None, None).__dict__,
        *("message", "asctime", "taskName", "color_message"),
    ]
)


class Lines(logging.Formatter):
    """Makes lines of records; knows how much it dropped.

    Attributes:
        dropped: How many arguments and fields were withheld since the start.
    """

    def __init__(self, *, as_json: bool, addresses: bool = False) -> None:
        """Make lines in one form.

        Args:
            as_json: One JSON object a line; otherwise the short form.
            addresses: Whether network addresses may stand in a line.
        """
        super().__init__()
        self._as_json, self._addresses = as_json, addresses
        self.dropped = 0

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; no argument and no exception's message is in it."""
        fields, dropped = self._fields(record)
        self.dropped += dropped
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": event_of(record),
            **fields,
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["exception"] = exception_facts(record.exc_info[1])
        if dropped:
            line["dropped"] = dropped
        return json.dumps(line, ensure_ascii=False) if self._as_json else _short(line)

    def _fields(self, record: logging.LogRecord) -> tuple[dict[str, Any], int]:
        fields: dict[str, Any] = {}
        args = record.args or ()
        dropped = len(args)
        for name, value in record.__dict__.items():
            if name in _STANDARD or value is None:
                continue
            fits = FIELDS.get(name)
            if fits is None or not fits(value) or (name == "address" and not self._addresses):
                dropped += 1
            else:
                fields[name] = value
        return fields, dropped


def event_of(record: logging.LogRecord) -> str:
    """Return what a record says without anything that varies.

    Our own templates are constants, and a test says so; a library may have put anything into its.
    """
    template = record.msg if isinstance(record.msg, str) else ""
    if record.name == OURS or record.name.startswith(f"{OURS}."):
        return template or WITHHELD
    return EVENTS.get(template, WITHHELD)


def exception_facts(error: BaseException) -> dict[str, Any]:
    """Return an exception's class, its causes' classes, and where in our own code it passed."""
    chain = list(_chain(error))
    return {"classes": [_name(each) for each in chain], "at": list(_places(chain[-1], error))}


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    here: BaseException | None = error
    while here is not None and id(here) not in seen and len(seen) < CAUSES_MAX:
        seen.add(id(here))
        yield here
        here = here.__cause__ or here.__context__


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}"


def _places(*errors: BaseException) -> Iterator[str]:
    told: set[str] = set()
    for error in errors:
        for frame, line in traceback.walk_tb(error.__traceback__):
            path = Path(frame.f_code.co_filename)
            if not path.is_relative_to(_PACKAGE):
                continue
            place = f"{OURS}/{path.relative_to(_PACKAGE).as_posix()}:{line}"
            if place not in told and len(told) < FRAMES_MAX:
                told.add(place)
                yield place


def _short(line: Mapping[str, Any]) -> str:
    exception = line.get("exception", {"classes": [], "at": []})
    rest = {
        name: value
        for name, value in line.items()
        if name not in {"time", "level", "logger", "event", "exception"}
    }
    parts = [
        *(line["time"][11:23], line["level"].upper(), line["logger"], line["event"]),
        *(f"{name}={value}" for name, value in rest.items()),
        *exception["classes"],
        *exception["at"],
    ]
    return " ".join(parts)
