"""Row-level security: the application sees and writes the one association that it names.

It makes a forgotten predicate harmless. It does not stop whoever sends SQL of his own as the
application from naming another association, and a test says so.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime

import pytest
from psycopg import errors
from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError, ProgrammingError

from points import unit_of_work
from points.db.bulk import append_rows, put_rows
from points.db.engines import open_database
from points.db.guards.roles import tenant_tables
from points.db.together import together
from points.kernel.ids import AssociationId
from points.ledger.tables import operation
from tests.roles import Hardened

A, B = AssociationId("a"), AssociationId("b'%s")
NOON = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = ("association_id", "operation_id", "kind", "body_hash", "outcome", "recorded_at")
WHOSE = "SELECT DISTINCT association_id FROM operation"
EVERYTHING = select(operation.c.association_id, operation.c.operation_id)


def row(association: str, number: int) -> tuple[object, ...]:
    return (association, str(number), "grant", "h", {}, NOON)


@pytest.fixture(scope="module")
def filled(hardened_database: Hardened) -> Hardened:
    """A database in which either association has one fact."""
    database = open_database(hardened_database.app_url, pool_size=1)
    for association in (A, B):
        with unit_of_work.writing(database, association) as connection:
            append_rows(connection, operation, COLUMNS, [row(association, 1)])
    database.dispose()
    return hardened_database


@pytest.fixture
def database(filled: Hardened) -> Iterator[Engine]:
    """One connection, as the application: whatever lingers on it, the next one would find."""
    opened = open_database(filled.app_url, pool_size=1)
    opened.pool._max_overflow = 0  # type: ignore[attr-defined]
    yield opened
    opened.dispose()


def seen(connection: Connection) -> list[str]:
    """Return whose rows a query without any predicate yields."""
    return sorted({each.association_id for each in connection.execute(EVERYTHING)})


def seen_without_a_name(database: Engine) -> list[str]:
    with unit_of_work.administering(database) as connection:
        return seen(connection)


@pytest.mark.parametrize("association", [A, B])
@pytest.mark.parametrize(
    "opened", [unit_of_work.reading, unit_of_work.writing, unit_of_work.snapshot]
)
def test_only_the_named_association_is_seen(
    database: Engine,
    opened: Callable[[Engine, AssociationId], AbstractContextManager[Connection]],
    association: AssociationId,
) -> None:
    with opened(database, association) as connection:
        assert seen(connection) == [association]
        assert seen(connection) == [association], "and again, in another message"
    assert seen_without_a_name(database) == []


@pytest.mark.parametrize("association", ["", "A", "a ", "%", "*", "a' OR 'a' = 'a"])
def test_nobody_is_seen_under_another_name(database: Engine, association: str) -> None:
    with unit_of_work.reading(database, AssociationId(association)) as connection:
        assert seen(connection) == []


def test_every_table_is_isolated(filled: Hardened) -> None:
    with filled.superuser() as connection:
        found = connection.execute(
            "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity"
        ).fetchall()
    assert {name for (name,) in found} == {table.name for table in tenant_tables()}


def test_a_row_of_another_association_cannot_be_written(database: Engine) -> None:
    for write in (append_rows, put_rows):
        with (
            pytest.raises(ProgrammingError) as refused,
            unit_of_work.writing(database, A) as connection,
        ):
            write(connection, operation, COLUMNS, [row(B, 2)])
        assert isinstance(refused.value.orig, errors.InsufficientPrivilege)
    with pytest.raises(DBAPIError), unit_of_work.administering(database) as connection:
        append_rows(connection, operation, COLUMNS, [row(A, 2)])
    others = EVERYTHING.where(operation.c.operation_id == "2")
    with unit_of_work.reading(database, B) as connection:
        assert connection.execute(others).all() == []


def test_a_key_of_another_association_is_not_in_the_way(database: Engine) -> None:
    with unit_of_work.writing(database, B) as connection:
        # The other association has a row of the same name; it is neither found nor touched.
        append_rows(connection, operation, COLUMNS, [row(B, 7)])
    with unit_of_work.writing(database, A) as connection:
        append_rows(connection, operation, COLUMNS, [row(A, 7)])
        assert seen(connection) == [A]


@pytest.mark.parametrize("how", ["commit", "error", "rollback", "gathered", "lost"])
def test_a_pooled_connection_keeps_no_name(database: Engine, how: str) -> None:
    leave_behind(database, how)
    assert seen_without_a_name(database) == []
    with unit_of_work.reading(database, B) as connection:
        assert seen(connection) == [B]
    with unit_of_work.administering(database) as connection:
        left = connection.exec_driver_sql(
            "SELECT current_setting('points.association', true)"
        ).scalar_one()
    assert not left


def leave_behind(database: Engine, how: str) -> None:
    """Use the connection for one association and end in a certain way."""
    if how == "commit":
        with unit_of_work.writing(database, A) as connection:
            assert seen(connection) == [A]
    elif how == "error":
        with pytest.raises(DBAPIError), unit_of_work.reading(database, A) as connection:
            connection.exec_driver_sql("SELECT 1 / 0")
        with pytest.raises(DBAPIError), unit_of_work.writing(database, A) as connection:
            connection.exec_driver_sql("SELECT 1 / 0")
    elif how == "rollback":
        with pytest.raises(ZeroDivisionError), unit_of_work.writing(database, A):
            raise ZeroDivisionError
        with pytest.raises(ZeroDivisionError), unit_of_work.reading(database, A):
            raise ZeroDivisionError
    elif how == "gathered":
        with unit_of_work.writing(database, A) as connection, together(connection, last=True):
            append_rows(connection, operation, COLUMNS, [])
        with (
            pytest.raises(DBAPIError),
            unit_of_work.writing(database, A) as connection,
            together(connection, last=True),
        ):
            append_rows(connection, operation, COLUMNS, [row(A, 1)])
    else:
        with pytest.raises(DBAPIError), unit_of_work.reading(database, A) as connection:
            connection.exec_driver_sql("SELECT pg_terminate_backend(pg_backend_pid())")


def test_many_at_once_name_nobody(database: Engine) -> None:
    """What goes out in another way than one statement finds nothing, rather than everything."""
    with unit_of_work.reading(database, A) as connection:
        driver = connection.connection.dbapi_connection
        assert driver is not None
        cursor = driver.cursor()
        cursor.executemany("SELECT * FROM operation WHERE kind = %s", [("grant",), ("grant",)])
        assert cursor.rowcount == 0


def test_whoever_sends_sql_of_his_own_can_name_another(filled: Hardened) -> None:
    """What row-level security is not: the name comes from the program, not from a log-in."""
    with filled.app() as connection:
        assert connection.execute(WHOSE).fetchall() == []
        connection.execute("SET points.association = 'a'")
        assert connection.execute(WHOSE).fetchall() == [("a",)]
        # A predicate cannot widen it, whichever way it is put.
        for query in (
            "SELECT 1 FROM operation WHERE association_id <> 'a' OR true AND association_id > 'a'",
            "SELECT 1 FROM account a RIGHT JOIN operation o ON true WHERE o.association_id <> 'a'",
            "SELECT 1 FROM operation WHERE association_id = 'b''%s'",
        ):
            assert connection.execute(query.encode()).fetchall() == []


def test_a_leaky_function_sees_only_ones_own(filled: Hardened) -> None:
    """A predicate that tells what it sees is asked after the policy, never before it."""
    with filled.superuser() as owner:
        owner.execute("""
            CREATE FUNCTION tells(t text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
            AS $$ BEGIN RAISE NOTICE '%', t; RETURN true; END $$
        """)
        owner.execute("GRANT EXECUTE ON FUNCTION tells TO PUBLIC")
    told: list[str | None] = []
    with filled.app() as connection:
        connection.add_notice_handler(lambda notice: told.append(notice.message_primary))
        connection.execute("SET points.association = 'a'")
        connection.execute("SELECT count(*) FROM operation WHERE tells(association_id)")
    with filled.superuser() as owner:
        owner.execute("DROP FUNCTION tells")
    assert set(told) == {"a"}


def test_the_owner_is_bound_as_well(filled: Hardened) -> None:
    with filled.superuser(filled.roles.owner) as owner:
        assert owner.execute("SELECT 1 FROM operation").fetchall() == []
        owner.execute("SET row_security = off")
        with pytest.raises(errors.InsufficientPrivilege):
            owner.execute("SELECT 1 FROM operation")


def test_a_foreign_key_reaches_into_no_other_association(database: Engine) -> None:
    with pytest.raises(DBAPIError) as refused, unit_of_work.writing(database, A) as connection:
        connection.exec_driver_sql(
            "INSERT INTO api_key_revocation (association_id, key_id, revoked_at, revoked_by) "
            "VALUES ('a', 'none', now(), 'x')"
        )
    assert isinstance(refused.value.orig, errors.ForeignKeyViolation)


def test_without_the_policy_everything_would_be_seen(filled: Hardened, database: Engine) -> None:
    """The control: the test can see a leak."""
    with filled.superuser() as owner:
        owner.execute("ALTER TABLE operation DISABLE ROW LEVEL SECURITY")
        try:
            assert seen_without_a_name(database) == [A, B]
        finally:
            owner.execute("ALTER TABLE operation ENABLE ROW LEVEL SECURITY")
    assert seen_without_a_name(database) == []


def test_a_name_that_outlives_its_transaction_would_be_found(database: Engine) -> None:
    """The control: what a setting for the whole session would leave on the pooled connection."""
    with unit_of_work.administering(database) as connection:
        connection.exec_driver_sql("SET points.association = 'a'")
    assert seen_without_a_name(database) == [A]


def test_plans_use_the_keys(filled: Hardened) -> None:
    """The policy and the program's own predicate are one condition: none is asked row by row."""
    with filled.app() as connection:
        connection.execute("SET points.association = 'a'")
        plan = "\n".join(
            line
            for (line,) in connection.execute(
                "EXPLAIN SELECT * FROM account WHERE association_id = 'a' AND account_id = 'x'"
            )
        )
    assert "One-Time Filter" in plan
    assert "Index Cond" in plan
