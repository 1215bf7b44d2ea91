"""Set-based writes: any value arrives as it was, in order, and all of a batch or none of it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, func, select
from sqlalchemy.exc import DBAPIError

from points import unit_of_work
from points.db.arrays import array_text
from points.db.bulk import append_rows, put_rows, update_rows
from points.db.engines import open_database
from points.db.together import together
from points.kernel.ids import AssociationId
from points.ledger.tables import operation

COLUMNS = ("association_id", "operation_id", "kind", "body_hash", "outcome", "recorded_at")
HERE = AssociationId("a")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
AWKWARD = [
    '"',
    "\\",
    "{",
    "}",
    ",",
    "NULL",
    "null",
    "",
    " ",
    "'",
    "%s",
    "%",
    ";",
    "\n\t",
    "分",
    "\\N",
]

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    opened = open_database(database_url, pool_size=2)
    yield opened
    opened.dispose()


@pytest.fixture(scope="module")
def postgres(module_postgres_url: str) -> Iterator[Connection]:
    opened = open_database(module_postgres_url)
    with opened.connect() as connection:
        yield connection
    opened.dispose()


def row(number: int | str, outcome: Any = None, kind: str = "grant") -> tuple[Any, ...]:
    return ("a", str(number), kind, "h", outcome or {}, NOW)


def append(connection: Connection, number: int) -> None:
    append_rows(connection, operation, COLUMNS, [row(number)])


def write_and(database: Engine, then: Callable[[Connection], Any], *, last: bool) -> None:
    """Gather one more row, and then do something, in one transaction."""
    with unit_of_work.writing(database, HERE) as connection, together(connection, last=last):
        append(connection, 4)
        then(connection)


def stored(database: Engine) -> list[Any]:
    c = operation.c
    with unit_of_work.reading(database, HERE) as connection:
        return list(
            connection.execute(select(c.operation_id, c.kind, c.outcome).order_by(c.operation_id))
        )


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.one_of(st.none(), TEXTS, st.sampled_from(AWKWARD)), min_size=1))
def test_an_array_of_texts_arrives_as_it_was(postgres: Connection, values: list[Any]) -> None:
    text = array_text(values)
    assert postgres.exec_driver_sql("SELECT %s::text[]", (text,)).scalar_one() == values


@pytest.mark.parametrize("values", [[1, -2, 3], [1, None], [True, False], [None, None]])
def test_arrays_of_other_values(postgres: Connection, values: list[Any]) -> None:
    kind = "bool" if True in values and 3 not in values and None not in values else "bigint"
    found = postgres.exec_driver_sql(f"SELECT %s::{kind}[]", (array_text(values),)).scalar_one()
    assert found == values


def test_documents_that_only_python_takes_for_equal_stay_apart(database: Engine) -> None:
    with unit_of_work.writing(database, HERE) as connection:
        append_rows(connection, operation, COLUMNS, [row(1, {"n": 1}), row(2, {"n": True})])
    assert [outcome["n"] is True for *_, outcome in stored(database)] == [False, True]


@pytest.mark.parametrize("gathered", [False, True])
def test_rows_arrive_whatever_is_in_them(database: Engine, gathered: bool) -> None:  # noqa: FBT001
    rows = [row(f"{n:02} {each}", {"text": each, "n": [n]}) for n, each in enumerate(AWKWARD)]
    with unit_of_work.writing(database, HERE) as connection:
        if gathered:
            with together(connection, last=True):
                append_rows(connection, operation, COLUMNS, rows)
        else:
            append_rows(connection, operation, COLUMNS, rows)
    assert [tuple(each) for each in stored(database)] == [(r[1], r[2], r[4]) for r in rows]


def test_a_text_that_is_too_long_is_refused_and_not_cut(postgres_url: str) -> None:
    database = open_database(postgres_url)
    with pytest.raises(DBAPIError), unit_of_work.writing(database, HERE) as connection:
        append_rows(connection, operation, COLUMNS, [row(1, kind="k" * 41)])
    assert stored(database) == []
    database.dispose()


@pytest.mark.parametrize("last", [False, True])
def test_gathered_writes_go_out_in_order_or_not_at_all(database: Engine, last: bool) -> None:  # noqa: FBT001
    with unit_of_work.writing(database, HERE) as connection, together(connection, last=last):
        append_rows(connection, operation, COLUMNS, [row(1)])
        append_rows(connection, operation, COLUMNS, [row(2), row(3)])
    with pytest.raises(DBAPIError):
        write_and(database, lambda connection: append(connection, 1), last=last)
    assert [each.operation_id for each in stored(database)] == ["1", "2", "3"]


def test_what_a_failed_block_gathered_is_forgotten(database: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        write_and(database, lambda _: 1 // 0, last=False)
    with unit_of_work.writing(database, HERE) as connection, together(connection, last=True):
        append_rows(connection, operation, COLUMNS, [row(2)])
    assert [each.operation_id for each in stored(database)] == ["2"]


@pytest.mark.parametrize("change", [update_rows, put_rows])
def test_a_fact_cannot_be_changed_through_them(database: Engine, change: Any) -> None:
    with unit_of_work.writing(database, HERE) as connection:
        append_rows(connection, operation, COLUMNS, [row(1)])
    with pytest.raises(DBAPIError), unit_of_work.writing(database, HERE) as connection:
        change(connection, operation, COLUMNS, [row(1, kind="other")])
    with unit_of_work.reading(database, HERE) as connection:
        kinds = connection.execute(select(func.max(operation.c.kind))).scalar_one()
    assert kinds == "grant"
