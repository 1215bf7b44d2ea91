"""Migrations lead up to the schema of the code, down to nothing, and up again, on both databases."""

from collections.abc import Iterator

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.util import CommandError
from sqlalchemy import Engine, MetaData, create_engine, inspect, text

from points.schema import metadata
from tests.databases import ROOT, alembic_config

VERSIONS = sorted((ROOT / "alembic" / "versions").glob("*.py"))
BOOKKEEPING = {"alembic_version"}


@pytest.fixture
def engine(empty_database_url: str) -> Iterator[Engine]:
    engine = create_engine(empty_database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def migrated(database_url: str) -> Iterator[Engine]:
    """The newest schema, as a copy of one that was migrated."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


def tables(engine: Engine) -> set[str]:
    return set(inspect(engine).get_table_names()) - BOOKKEEPING


def differences(engine: Engine, wanted: MetaData) -> list[object]:
    with engine.connect() as connection:
        return list(compare_metadata(MigrationContext.configure(connection), wanted))


def triggers(engine: Engine) -> set[str]:
    query = {
        "sqlite": "SELECT tbl_name || '.' || name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger WHERE NOT tgisinternal",
    }
    with engine.connect() as connection:
        return set(connection.execute(text(query[engine.dialect.name])).scalars())


def test_up_matches_the_code_and_down_leaves_nothing(
    engine: Engine, empty_database_url: str
) -> None:
    config = alembic_config(empty_database_url)
    command.upgrade(config, "head")
    assert tables(engine) == set(metadata.tables)
    assert differences(engine, metadata) == []
    guards = triggers(engine)
    command.downgrade(config, "base")
    assert tables(engine) == set()
    assert triggers(engine) == set()
    command.upgrade(config, "head")
    assert tables(engine) == set(metadata.tables)
    assert triggers(engine) == guards


def test_each_step_can_be_taken_back(engine: Engine, empty_database_url: str) -> None:
    config = alembic_config(empty_database_url)
    command.upgrade(config, "+1")
    for _ in VERSIONS[1:]:
        command.downgrade(config, "-1")
        command.upgrade(config, "+2")  # the one that was taken back, and the next
    command.downgrade(config, "-1")
    command.upgrade(config, "+1")
    with pytest.raises(CommandError):
        command.upgrade(config, "+1")
    assert differences(engine, metadata) == []


def test_every_table_of_facts_is_guarded(migrated: Engine) -> None:
    guarded = {name.split(".")[0].strip('"') for name in triggers(migrated)}
    facts = {name for name, table in metadata.tables.items() if table.info.get("append_only")}
    assert facts
    assert facts <= guarded


def test_a_missing_column_is_noticed(migrated: Engine) -> None:
    with migrated.begin() as connection:
        connection.execute(text("ALTER TABLE account DROP COLUMN recorded_at"))
    assert differences(migrated, metadata)
