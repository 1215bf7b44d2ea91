"""Someone who may do anything changes what is stored: the verifier names it, with its place.

What follows from nothing else, an actor or a reason, no checker inside the database can miss:
that is what receipts and checkpoints outside it are for.
"""

from collections.abc import Iterator
from contextlib import closing

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError

from points.db.append_only import append_only_tables, unprotect
from points.kernel.ids import AssociationId
from points.ledger.verify import rebuild_ledger, verify_ledger
from tests.faults.tamperings import TAMPERINGS, Tampering
from tests.properties.ledger_storm import storm
from tests.properties.ledger_world import World, read_facts

A = AssociationId("A1")
PAIR = (A, AssociationId("B1"))


@pytest.fixture(scope="module")
def world(module_database_url: str) -> Iterator[World]:
    """A ledger with a history."""
    with closing(World(module_database_url)) as opened:
        storm(opened, seed=1, actions=40)
        storm(opened, seed=2, actions=40)
        yield opened


@pytest.fixture
def owner(world: World) -> Iterator[Connection]:
    """A connection that nothing holds back; whatever it does is undone afterwards."""
    with world.database.connect() as connection:
        names = [table.name for table in append_only_tables()]
        if connection.dialect.name == "sqlite":
            driver = connection.connection.driver_connection
            driver.execute("PRAGMA foreign_keys = OFF")
            for statement in unprotect("sqlite", names):
                connection.execute(text(statement))
        else:
            for name in names:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER ALL"))
        yield connection
        connection.rollback()
        if connection.dialect.name == "sqlite":
            driver.execute("PRAGMA foreign_keys = ON")


def tamper(owner: Connection, tampering: Tampering) -> str:
    """Do it; return a word of the place that must be named."""
    it = str(owner.execute(text(tampering.at)).scalar_one())
    tables = ["ledger_transaction", "entry"] if "{table}" in tampering.change else [""]
    for table in tables:
        change = text(tampering.change.replace("{table}", table))
        assert owner.execute(change, {"it": it}).rowcount > 0
    return it


def failed_checks(owner: Connection, association: AssociationId = A) -> dict[str, str]:
    """Return which checks fail, and where."""
    checked = list(verify_ledger(owner, association))
    assert any(each.rows for each in checked)
    return {each.check: each.difference.place for each in checked if each.difference}


def test_nothing_is_found_where_nothing_was_done(owner: Connection) -> None:
    assert failed_checks(owner) == {}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_the_verifier_names_it_and_rebuilding_mends_projections_and_nothing_else(
    owner: Connection, tampering: Tampering
) -> None:
    it = tamper(owner, tampering)
    failed = failed_checks(owner)
    assert tampering.check in failed
    place = failed[tampering.check]
    assert it in place or place.startswith(tampering.place), place
    assert failed_checks(owner, AssociationId("A2")) == {}, "only where it happened"
    facts = read_facts(owner, PAIR)
    try:
        with owner.begin_nested():
            rebuild_ledger(owner, A)
    except IntegrityError:
        # The facts contradict themselves: no balances follow from them.
        assert not tampering.mends
    assert (failed_checks(owner) == {}) == tampering.mends
    assert read_facts(owner, PAIR) == facts


def test_rebuilding_what_is_right_changes_nothing(owner: Connection) -> None:
    def projections() -> list[tuple[object, ...]]:
        return [
            tuple(row)
            for table in ("account", "open_lot")
            for row in owner.execute(text(f"SELECT * FROM {table} ORDER BY 1, 2"))  # noqa: S608 - two names
        ]

    before = projections()
    rebuild_ledger(owner, A)
    assert projections() == before
