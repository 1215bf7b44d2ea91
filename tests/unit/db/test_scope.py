"""A name of an association reaches PostgreSQL whole, and is gone after the transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError

from points import unit_of_work
from points.db.engines import open_database
from points.db.scope import SETTING, ScopedConnection, narrowed
from points.kernel.ids import AssociationId

NAMED = text(f"SELECT current_setting('{SETTING}', true), pg_current_xact_id()::text")
AWKWARD = ["a'b", 'a"b', "a%b", "a%%(x)s", "a\\b", "a:b", "a;b", "$1", "协会", "\U00020000", "a--b"]
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)


@pytest.fixture(scope="module")
def postgres(module_postgres_url: str) -> Iterator[Engine]:
    database = open_database(module_postgres_url, pool_size=1)
    yield database
    database.dispose()


def named(connection: Connection) -> Any:
    return connection.execute(NAMED).one()


def left(database: Engine) -> str | None:
    """Return what the pooled connection still names."""
    with unit_of_work.administering(database) as connection:
        found: str | None = named(connection)[0]
    return found


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(NAMES | st.sampled_from(AWKWARD))
def test_any_name_arrives_as_it_is(postgres: Engine, name: str) -> None:
    association = AssociationId(name)
    for opened in (unit_of_work.reading, unit_of_work.writing, unit_of_work.snapshot):
        with opened(postgres, association) as connection:
            assert named(connection)[0] == name
    assert not left(postgres)


def test_a_name_that_cannot_be_is_no_name_at_all(postgres: Engine) -> None:
    with (
        pytest.raises((DBAPIError, ValueError)),
        unit_of_work.reading(postgres, AssociationId("a\0b")) as connection,
    ):
        named(connection)
    assert not left(postgres)


def test_each_read_is_a_transaction_and_a_batch_is_one(postgres: Engine) -> None:
    with unit_of_work.reading(postgres, AssociationId("a")) as connection:
        assert named(connection)[1] != named(connection)[1]
    for opened in (unit_of_work.writing, unit_of_work.snapshot):
        with opened(postgres, AssociationId("a")) as connection:
            assert named(connection)[1] == named(connection)[1]


@contextmanager
def traced(database: Engine, log: Path) -> Iterator[None]:
    """Let libpq itself note what it sends on the pooled connection."""
    with unit_of_work.administering(database) as connection:
        driver: object = connection.connection.dbapi_connection
    assert isinstance(driver, ScopedConnection)
    with log.open("w") as file:
        driver.pgconn.trace(file.fileno())
        yield
        driver.pgconn.untrace()


@pytest.mark.parametrize(
    ("opened", "messages"), [(unit_of_work.reading, 1), (unit_of_work.writing, 3)]
)
def test_a_name_costs_no_message_of_its_own(
    postgres: Engine, tmp_path: Path, opened: Any, messages: int
) -> None:
    """A read is one message; a batch begins, asks and commits."""
    with (
        traced(postgres, tmp_path / "log"),
        opened(postgres, AssociationId("a")) as connection,
    ):
        named(connection)
    lines = [line.split("\t") for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    waited_for = [line for line in lines if "F" in line and {"Query", "Sync"} & set(line)]
    assert len(waited_for) == messages, lines


def test_what_a_read_yields_is_what_the_statement_yields(postgres: Engine) -> None:
    with unit_of_work.reading(postgres, AssociationId("a")) as connection:
        rows = connection.execute(
            text("SELECT n, :t || '%', :none FROM generate_series(CAST(:n AS int), 2) n"),
            {"n": -1, "t": "x", "none": None},
        )
        assert next(iter(rows.keys())) == "n"
        assert rows.rowcount == 4
        assert rows.first() == (-1, "x%", None)
        assert connection.execute(text("SELECT 1 WHERE false")).all() == []


def test_a_connection_from_elsewhere_is_refused(module_postgres_url: str) -> None:
    elsewhere = create_engine(module_postgres_url)
    with (
        elsewhere.connect() as connection,
        pytest.raises(TypeError),
        narrowed(connection, "a"),
    ):
        pass
    elsewhere.dispose()


def test_sqlite_has_one_association_as_good_as_another(sqlite_url: str) -> None:
    database = open_database(sqlite_url)
    for opened in (unit_of_work.reading, unit_of_work.writing, unit_of_work.snapshot):
        with opened(database, AssociationId("a")) as connection:
            assert connection.execute(text("SELECT 1")).scalar_one() == 1
    database.dispose()
