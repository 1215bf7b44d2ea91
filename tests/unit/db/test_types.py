"""Columns mean the same on PostgreSQL and SQLite."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import StatementError

from points.db.engines import open_database
from points.db.types import Document, Instant, document_text, instant_text
from points.kernel.errors import BrokenInvariant, Misused
from tests.unit.db.conftest import SAMPLE

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BEIJING = timezone(timedelta(hours=8))
INSTANTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(INSTANTS, INSTANTS)
def test_instants_sort_as_text(first: datetime, second: datetime) -> None:
    assert (instant_text(first) < instant_text(second)) == (first < second)
    assert datetime.fromisoformat(instant_text(first)) == first
    assert len(instant_text(first)) == len(instant_text(second))


def test_an_instant_without_a_zone_is_refused(database: Engine) -> None:
    naive = NOON.replace(tzinfo=None)
    with pytest.raises((BrokenInvariant, StatementError)), database.begin() as connection:
        connection.execute(insert(SAMPLE).values(association_id="A", name="x", at=naive))
    with pytest.raises(BrokenInvariant):
        instant_text(naive)


@pytest.mark.parametrize("body", [None, {"积分": [1, True, None]}, [], "text", 3, False])
def test_values_come_back_through_sqlalchemy(database: Engine, body: Any) -> None:
    with database.begin() as connection:
        connection.execute(
            insert(SAMPLE).values(
                association_id="A", name="x", at=NOON.astimezone(BEIJING), body=body
            )
        )
        at, found = connection.execute(select(SAMPLE.c.at, SAMPLE.c.body)).one()
    assert (at, at.utcoffset(), found) == (NOON, timedelta(0), body)


def test_nothing_stays_nothing(database: Engine) -> None:
    with database.begin() as connection:
        connection.execute(insert(SAMPLE).values(association_id="A", name="x"))
        assert connection.execute(select(SAMPLE.c.at, SAMPLE.c.body)).one() == (None, None)


def test_nothing_is_bound_as_nothing() -> None:
    for dialect in (postgresql.dialect(), sqlite.dialect()):  # type: ignore[no-untyped-call]
        assert Instant().process_bind_param(None, dialect) is None
        assert Document().process_bind_param(None, dialect) is None


def test_documents_are_spelled_compactly_with_real_characters() -> None:
    assert document_text({"积": [1, 2]}) == '{"积":[1,2]}'


def test_only_two_databases_are_known() -> None:
    with pytest.raises(Misused, match="database_unsupported"):
        open_database("mysql://localhost/points")


def test_an_acknowledged_write_is_on_disk(database: Engine) -> None:
    with database.connect() as connection:
        if database.dialect.name == "sqlite":
            asked = ("synchronous", "journal_mode", "foreign_keys", "recursive_triggers")
            found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in asked]
            assert found == [2, "wal", 1, 1]
        else:
            # What the server says is the server's; that we do not weaken it is ours.
            kept = connection.exec_driver_sql(
                "SELECT setting = reset_val FROM pg_settings WHERE name = 'synchronous_commit'"
            ).scalar()
            assert kept is True
            assert connection.exec_driver_sql("SHOW timezone").scalar() == "UTC"


def test_no_query_of_ours_is_compiled(postgres_url: str) -> None:
    engine = open_database(postgres_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SHOW jit").scalar() == "off"
        kept = "SELECT source FROM pg_settings WHERE name = 'jit'"
        assert connection.exec_driver_sql(kept).scalar() == "session"
    engine.dispose()
