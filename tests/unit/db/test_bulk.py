"""Set-based writes and look-ups mean the same on both databases."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from points.db.bulk import (
    append_rows,
    listed,
    put_rows,
    update_rows,
    within,
    within_named,
)
from points.db.together import together
from points.kernel.ids import AssociationId
from points.unit_of_work import writing
from tests.unit.db.conftest import SAMPLE

COLUMNS = ("association_id", "name", "order", "at", "body")
HERE = AssociationId("A")
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
BODIES = st.none() | st.dictionaries(TEXT, TEXT | st.integers(-9, 9), max_size=2) | st.lists(TEXT)
ROWS = st.lists(
    st.tuples(
        TEXT,
        st.none() | st.integers(-(2**63), 2**63 - 1),
        st.none() | INSTANTS,
        BODIES.filter(lambda body: body is not None),
    ),
    unique_by=lambda row: row[0],
    max_size=5,
)


def stored(database: Engine) -> list[tuple[Any, ...]]:
    """Return all rows by name."""
    with database.connect() as connection:
        rows = connection.execute(select(SAMPLE).order_by(SAMPLE.c.name)).all()
    return [tuple(row) for row in rows]


def write_together(database: Engine, batches: Iterable[list[tuple[Any, ...]]]) -> None:
    """Append batches of rows in one message."""
    with writing(database, HERE) as connection, together(connection, last=True):
        for rows in batches:
            append_rows(connection, SAMPLE, COLUMNS, rows)


def sample(*names: str, order: int = 1) -> list[tuple[Any, ...]]:
    """Return rows of these names."""
    return [("A", name, order, NOON, {"积": name}) for name in names]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@example([("NULL", None, None, {}), ('a","b', 1, NOON, {'"': "\\"}), ("", 0, NOON, ["%s", "{}"])])
@example([("a\\", 7, NOON, {"a": "'; --"}), ("$1 :x ?1", 7, NOON, {"a": "'; --"})])
@given(ROWS)
def test_rows_come_back_as_they_went(database: Engine, rows: list[tuple[Any, ...]]) -> None:
    written = [("A", *row) for row in rows]
    with writing(database, HERE) as connection:
        connection.execute(SAMPLE.delete())
        append_rows(connection, SAMPLE, COLUMNS, written)
    found = {row[1]: row for row in stored(database)}
    assert found == {row[1]: row for row in written}


def test_instants_come_back_in_utc(database: Engine) -> None:
    beijing = timezone(timedelta(hours=8))
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, [("A", "x", 1, NOON.astimezone(beijing), [])])
    at = stored(database)[0][3]
    assert at == NOON
    assert at.utcoffset() == timedelta(0)


def test_no_rows_are_no_statement(database: Engine) -> None:
    with writing(database, HERE) as connection:
        for write in (append_rows, put_rows, update_rows):
            write(connection, SAMPLE, COLUMNS, [])
    assert stored(database) == []


def test_a_key_that_exists_is_refused(database: Engine) -> None:
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("x"))
    with pytest.raises(IntegrityError), writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("y", "x"))
    assert [row[1] for row in stored(database)] == ["x"]


def test_put_replaces_what_is_there_and_adds_what_is_not(database: Engine) -> None:
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("x", "z"))
        put_rows(connection, SAMPLE, COLUMNS, sample("x", "y", order=2))
    assert [(row[1], row[2]) for row in stored(database)] == [("x", 2), ("y", 2), ("z", 1)]


def test_update_changes_the_named_columns_of_the_given_rows(database: Engine) -> None:
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, [*sample("x", "y"), ("B", "x", 1, NOON, [])])
        update_rows(
            connection,
            SAMPLE,
            ("order", "association_id", "name"),
            [(5, "A", "x"), (6, "A", "no such row")],
        )
    assert sorted((row[0], row[1], row[2]) for row in stored(database)) == [
        ("A", "x", 5),
        ("A", "y", 1),
        ("B", "x", 1),
    ]
    assert all(row[3] == NOON for row in stored(database))


@pytest.mark.parametrize("wanted", [[], ["x"], ["x", "y", "x"], ["'"], ["none"]])
def test_within_finds_those_and_no_others(database: Engine, wanted: Sequence[str]) -> None:
    named = select(SAMPLE.c.name).where(within_named(database.dialect.name, SAMPLE.c.name, "names"))
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("x", "y", "z", "'"))
        found = connection.scalars(
            select(SAMPLE.c.name).where(within(connection, SAMPLE.c.name, wanted))
        ).all()
        again = connection.scalars(named, {"names": listed(connection, wanted)}).all()
    assert sorted(found) == sorted(set(wanted) - {"none"})
    assert sorted(again) == sorted(found)


def test_gathered_writes_go_out_in_order_with_the_commit(database: Engine) -> None:
    with writing(database, HERE) as connection, together(connection, last=True):
        append_rows(connection, SAMPLE, COLUMNS, sample("x"))
        update_rows(connection, SAMPLE, COLUMNS, sample("x", order=2))
        put_rows(connection, SAMPLE, COLUMNS, sample("x", "y", order=3))
    assert [(row[1], row[2]) for row in stored(database)] == [("x", 3), ("y", 3)]


def test_one_bad_write_of_many_undoes_them_all(database: Engine) -> None:
    with writing(database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("x"))
    with pytest.raises(DBAPIError):
        write_together(database, [sample("y"), sample("x")])
    with writing(database, HERE) as connection:  # nothing of it lingers on the pooled connection
        append_rows(connection, SAMPLE, COLUMNS, sample("z"))
    assert [row[1] for row in stored(database)] == ["x", "z"]


def test_an_error_inside_the_block_sends_nothing(database: Engine) -> None:
    with pytest.raises(ZeroDivisionError):
        write_together(database, (sample("x" * (1 // left)) for left in (1, 0)))
    assert stored(database) == []


def test_nothing_gathered_is_nothing_sent(database: Engine) -> None:
    with writing(database, HERE) as connection, together(connection, last=True):
        append_rows(connection, SAMPLE, COLUMNS, [])
    assert stored(database) == []


def test_text_that_is_too_long_is_refused_not_cut(postgres_database: Engine) -> None:
    with pytest.raises(DBAPIError), writing(postgres_database, HERE) as connection:
        append_rows(connection, SAMPLE, COLUMNS, sample("x" * 201))


def test_a_parameter_that_members_gave_is_in_no_error(postgres_database: Engine) -> None:
    with pytest.raises(DBAPIError) as raised:
        write_together(postgres_database, [sample("13800138000"), sample("13800138000")])
    assert "13800138000" not in (raised.value.statement or "")
    assert raised.value.params is None
