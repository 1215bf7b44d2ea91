"""A table that has a column of each kind, alone in a database of its own."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Engine, MetaData, String, Table

from points.db.engines import open_database
from points.db.types import Document, Instant, Whole

# "order" is a reserved word: names are quoted where they must be.
SAMPLE = Table(
    "sample",
    MetaData(),
    Column("association_id", String(40), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("order", Whole),
    Column("at", Instant),
    Column("body", Document),
)


def _opened(url: str) -> Iterator[Engine]:
    database = open_database(url, pool_size=2, migrating=True)
    SAMPLE.create(database)
    yield database
    database.dispose()


@pytest.fixture
def database(empty_database_url: str) -> Iterator[Engine]:
    """The sample on either engine."""
    yield from _opened(empty_database_url)


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Engine]:
    """The sample on SQLite."""
    yield from _opened(sqlite_url)


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Engine]:
    """The sample on PostgreSQL."""
    yield from _opened(postgres_url)
