"""Nothing personal reaches a log line, whatever is put into a record; a plain logger lets it through."""

import asyncio
import io
import json
import logging
import sys
import threading
import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from points.db.engines import open_database
from points.logs import Form, configure, hook_uncaught
from points.logs.lines import WITHHELD, exception_facts
from points.logs.shapes import FIELDS, request_id

PHONE, IDENTITY, NAME = "13912345678", "210102199003071234", "欧阳测试"
CODE, HEALTH = "YFD7K2M9QXW4", "高血压二期"
CANARIES = (PHONE, IDENTITY, NAME, CODE, HEALTH)
ALL = " ".join(CANARIES)


class Strict(BaseModel):
    """A form that repeats what it was given when it refuses."""

    model_config = ConfigDict(strict=True)
    points: int


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """What is logged while a test runs; afterwards logging is as it was."""
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    out = io.StringIO()
    configure(Form.JSON, "debug", access=True, stream=out)
    yield out
    root.handlers[:] = before
    root.setLevel(level)
    logging.captureWarnings(capture=False)


def lines(out: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def hits(out: str) -> list[str]:
    return [canary for canary in CANARIES if canary in out]


def fail_in_sql() -> None:
    engine = open_database("sqlite://")
    with engine.connect() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:a)"), {"a": ALL})


def fail_in_sql_openly() -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("INSERT INTO nowhere VALUES (:a)"), {"a": ALL})


def fail_in_a_form() -> None:
    Strict.model_validate({"points": ALL})


def fail_with_a_cause() -> None:
    try:
        {}[ALL]
    except KeyError as error:
        error.add_note(ALL)
        raise RuntimeError(f"could not read {ALL}") from error


def fail_in_a_group() -> None:
    raise ExceptionGroup(ALL, [ValueError(ALL)])


def fail_while_decoding() -> None:
    ALL.encode().decode("ascii")


FAILURES = [
    fail_in_sql,
    fail_in_a_form,
    fail_with_a_cause,
    fail_in_a_group,
    fail_while_decoding,
]


@pytest.mark.parametrize("fail", FAILURES)
@pytest.mark.parametrize("name", ["points.flows.sample", "uvicorn.error", "sqlalchemy.engine"])
def test_exceptions_say_their_class_and_nothing_else(
    written: io.StringIO, name: str, fail: Any
) -> None:
    try:
        fail()
    except (Exception, ExceptionGroup):
        logging.getLogger(name).exception("a request failed", stack_info=True)
    line = lines(written)[-1]
    assert hits(written.getvalue()) == []
    assert line["exception"]["classes"]


@pytest.mark.parametrize("fail", [fail_in_sql_openly, *FAILURES[1:]])
def test_control_a_plain_logger_says_it_all(fail: Any) -> None:
    out = io.StringIO()
    plain = logging.getLogger("control")
    plain.propagate, plain.handlers = False, [logging.StreamHandler(out)]
    try:
        fail()
    except (Exception, ExceptionGroup):  # noqa: BLE001 - whatever it is
        plain.exception("a request of %s failed", PHONE)
    assert PHONE in hits(out.getvalue())
    assert len(hits(out.getvalue())) > 1 or "�" in out.getvalue() or "ascii" in out.getvalue()


def test_an_error_of_the_database_hides_what_was_bound() -> None:
    with pytest.raises(DBAPIError) as hidden:
        fail_in_sql()
    assert hits(str(hidden.value)) == []
    with pytest.raises(DBAPIError) as shown:
        fail_in_sql_openly()
    assert hits(str(shown.value)) == list(CANARIES)


def test_arguments_and_unknown_fields_are_dropped_and_counted(written: io.StringIO) -> None:
    log = logging.getLogger("points.sample")
    log.warning("could not reach %s %s", PHONE, NAME, extra={"phone": PHONE, "code": "gone"})
    (line,) = lines(written)
    assert line["event"] == "could not reach %s %s"
    assert line["code"] == "gone"
    assert line["dropped"] == 3
    assert hits(written.getvalue()) == []


NUMBERS = (int(PHONE), -int(PHONE), int(IDENTITY), float(PHONE))
NAMES = {"association", "error", "route"}
"""Where any name of letters and digits fits, so that a voucher's code would as well."""


@pytest.mark.parametrize(
    ("field", "canary"),
    [
        (field, canary)
        for field in sorted(FIELDS)
        for canary in (*CANARIES, *NUMBERS)
        if field not in NAMES or canary != CODE
    ],
)
def test_no_field_takes_a_value_of_another_shape(
    written: io.StringIO, field: str, canary: Any
) -> None:
    logging.getLogger("points.sample").warning("something", extra={field: canary})
    (line,) = lines(written)
    assert field not in line
    assert line["dropped"] == 1


def test_what_libraries_say_is_withheld_unless_it_is_known(written: io.StringIO) -> None:
    for name in ("uvicorn.error", "sqlalchemy.engine", "httpx2", "alembic", "python_multipart"):
        library = logging.getLogger(name)
        library.warning("already put in: " + ALL)
        library.warning("put in later: %s", ALL)
        library.warning({"a": ALL})
    logging.getLogger("uvicorn.error").info("Started server process [%d]", 7)
    *withheld, known = lines(written)
    assert {line["event"] for line in withheld} == {WITHHELD}
    assert known["event"] == "the server started"
    assert hits(written.getvalue()) == []


def test_the_servers_own_line_of_a_request_is_not_written(written: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info('%s - "GET /v1/members?phone=%s"', "::1", PHONE)
    assert written.getvalue() == ""


def test_libraries_that_bring_a_handler_lose_it(written: io.StringIO) -> None:
    beside = io.StringIO()
    library = logging.getLogger("uvicorn.error")
    library.addHandler(logging.StreamHandler(beside))
    library.propagate = False
    configure(Form.JSON, stream=written)
    library.error("x %s", ALL)
    assert beside.getvalue() == ""
    assert len(lines(written)) == 1


def test_warnings_and_forgotten_tasks_are_withheld(written: io.StringIO) -> None:
    async def forget() -> None:
        loop = asyncio.get_running_loop()
        loop.call_exception_handler({"message": ALL, "exception": ValueError(ALL)})

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        logging.captureWarnings(capture=True)
        warnings.warn(ALL, stacklevel=1)
    asyncio.run(forget())
    assert len(lines(written)) >= 2
    assert hits(written.getvalue()) == []


def test_what_nobody_caught_is_logged_not_printed(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place, name in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
        monkeypatch.setattr(place, name, getattr(place, name))
    hook_uncaught()
    thread = threading.Thread(target=fail_with_a_cause)
    thread.start()
    thread.join()
    error = ValueError(ALL)
    sys.excepthook(ValueError, error, None)
    sys.excepthook(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert [line["event"] for line in lines(written)] == ["an error was not caught"] * 2
    printed = capsys.readouterr()
    assert hits(written.getvalue() + printed.out + printed.err) == []


def test_a_line_that_cannot_be_made_prints_no_arguments(
    written: io.StringIO, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(written, "write", lambda _text: (_ for _ in ()).throw(OSError(ALL)))
    logging.getLogger("points").warning("x %s", ALL)
    assert "could not be made" in capsys.readouterr().err


def test_an_exception_says_where_it_passed_our_own_code() -> None:
    try:
        open_database("mysql://nowhere/at/all")
    except Exception as error:  # noqa: BLE001 - whatever it is
        facts = exception_facts(error)
    assert facts["classes"][0] == "points.kernel.errors.Misused"
    assert all(place.startswith("points/db/engines.py:") for place in facts["at"])
    assert facts["at"]


def test_a_request_id_can_be_no_number_of_a_person() -> None:
    assert request_id("8f0c1d3e-2b4a-4c5d-9e6f-708192a3b4c5")
    assert request_id("01ARZ3NDEKTSV4RRFFQ69G5FAV")
    for bad in (*CANARIES, "2101021990030712345", "x", "", None, "8f0c1d3e\n" + "0" * 23):
        assert not request_id(bad)


def test_an_address_stands_only_where_it_was_asked_for(written: io.StringIO) -> None:
    log = logging.getLogger("points.sample")
    log.warning("x", extra={"address": "192.0.2.1"})
    configure(Form.JSON, addresses=True, stream=written)
    log.warning("x", extra={"address": "192.0.2.1"})
    assert ["address" in line for line in lines(written)] == [False, True]


def test_the_short_form_is_one_line() -> None:
    out = io.StringIO()
    root = logging.getLogger()
    before, level = list(root.handlers), root.level
    configure(Form.TEXT, stream=out)
    try:
        fail_with_a_cause()
    except RuntimeError:
        logging.getLogger("points.x").exception("a thing failed", extra={"attempt": 2})
    root.handlers[:] = before
    root.setLevel(level)
    (line,) = out.getvalue().splitlines()
    assert "ERROR points.x a thing failed attempt=2 builtins.RuntimeError" in line
    assert hits(line) == []


def test_what_is_set_already_costs_no_logger_what_it_knew(written: io.StringIO) -> None:
    log = logging.getLogger("points.sample")
    configure(Form.JSON, "warning", stream=written)
    assert not log.isEnabledFor(logging.INFO)
    configure(Form.JSON, "warning", stream=written)
    assert log._cache == {logging.INFO: False}  # type: ignore[attr-defined]
    configure(Form.JSON, "info", stream=written)
    assert log.isEnabledFor(logging.INFO)
