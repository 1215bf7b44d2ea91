"""Someone who may do anything changes statements: the verifier names the line."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, text, update

from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.flows.verify_statement import verify_statements
from points.partners.agreement import Fee
from points.partners.standing import Reason
from points.partners.tables import statement_line
from points.partners.verify import verify_partners
from tests.flows.market import Market, market
from tests.flows.test_settlement import answer, confirm, contract, dispute, drawn_up, march
from tests.flows.town import HERE

LINE = "statement_id = :it AND number = 1 AND association_id = :a"
STATEMENT = "association_id = :a AND statement_id = :it"
LISTED, SUMMED = "statements_list_what_was_booked", "statements_add_up"
EVERY = "every_captured_fen_is_in_one_line"
STAND = "statements_stand_where_their_events_left_them"
CHAIN = "accounts_reach_as_far_as_their_statements"
ADDED = """INSERT INTO statement_line (association_id, statement_id, number, source_id, kind,
    reward_id, reference, last4, amount_fen, booked_at, programme, fee_fen)
    SELECT association_id, statement_id, 3, 'x', kind, reward_id, 'r9', last4, 700, booked_at,
    programme, fee_fen FROM statement_line WHERE {line}"""

TAMPERINGS: dict[str, tuple[str, str, set[str]]] = {
    "a line is changed": (
        "UPDATE statement_line SET amount_fen = 501 WHERE {line}",
        "line 1",
        {LISTED, SUMMED, EVERY},
    ),
    "a line is deleted": (
        "DELETE FROM statement_line WHERE {line}",
        "line 1",
        {LISTED, SUMMED, EVERY},
    ),
    "a line is added": (ADDED, "line 3", {LISTED, SUMMED, EVERY}),
    "another outlet is named": (
        "UPDATE statement_line SET outlet_id = 'YF02' WHERE {line}",
        "line 1",
        {LISTED},
    ),
    "a capture and its line are changed": (
        "UPDATE voucher_event SET cost_fen = 501 WHERE association_id = :a AND request_no = 'r1'",
        "line 1",
        {LISTED, EVERY, "money_spent_is_what_partners_are_owed"},
    ),
    "the hash is changed": (
        "UPDATE statement SET sha256 = 'x' WHERE {statement}",
        "totals",
        {LISTED, CHAIN},
    ),
    "the hash before is changed": (
        "UPDATE statement SET previous_sha256 = 'x' WHERE {statement}",
        "statement YF/1",
        {LISTED},
    ),
    "a total is changed": (
        "UPDATE statement SET total_fen = 1 WHERE {statement}",
        "totals",
        {LISTED, SUMMED},
    ),
    "a dispute is taken away": (
        "DELETE FROM statement_event WHERE step = 'disputed' AND {statement}",
        "",
        {STAND},
    ),
    "a statement is said to be paid": (
        "UPDATE statement_state SET paid_fen = 1200 WHERE {statement}",
        "",
        {STAND},
    ),
    "the account reaches farther": (
        "UPDATE partner_account SET statements = 2 WHERE association_id = :a AND partner_id = 'YF'",
        "",
        {CHAIN},
    ),
}


@pytest.fixture(scope="module")
def settled(module_sqlite_url: str) -> Iterator[tuple[Market, str]]:
    with market(module_sqlite_url) as here:
        it = march(here)
        here.town.done(dispute(here, it, 2, 1))
        here.town.done(confirm(here, it))
        yield here, str(it.standing.statement_id)


@contextmanager
def given_back(url: str) -> Iterator[Market]:
    """Yield a partner that was charged a fee, and got it back with the next statement."""
    with market(url) as here:
        here.town.done(contract(here, date(2026, 3, 2), fee=Fee(per_capture_fen=30)))
        it = march(here)
        here.town.done(dispute(here, it, 3, 0, reason=Reason.FEE_WRONG))
        here.town.done(answer(here, it, 3))
        here.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
        drawn_up(here, date(2026, 4, 1))
        yield here


@contextmanager
def unguarded(here: Market) -> Iterator[Connection]:
    """Yield a connection that nothing holds back; what it does is undone afterwards."""
    url = here.engine.database.url.render_as_string(hide_password=False)
    database = open_database(url, migrating=True)
    with database.connect() as connection:
        connection.execution_options(writes=True)
        names = [table.name for table in append_only_tables()]
        for statement in unprotect("sqlite", names):
            connection.execute(text(statement))
        yield connection
        connection.rollback()
    database.dispose()


def failed(connection: Connection) -> dict[str, str]:
    checks = [*verify_partners(connection, HERE), *verify_statements(connection, HERE)]
    assert any(each.rows for each in checks)
    return {each.check: each.difference.place for each in checks if each.difference}


def test_nothing_is_found_where_nothing_was_done(settled: tuple[Market, str]) -> None:
    with unguarded(settled[0]) as connection:
        assert failed(connection) == {}


def test_a_fee_given_back_is_held_against_what_was_agreed(sqlite_url: str) -> None:
    with given_back(sqlite_url) as here:
        with unguarded(here) as connection:
            assert failed(connection) == {}
        x = statement_line.c
        for change in ({x.kind: "correction"}, {x.amount_fen: 31}, {x.source_id: "x"}):
            with unguarded(here) as connection:
                back = update(statement_line).where(x.kind == "fee", x.fee_fen != 0)
                tampered = back.where(x.association_id == HERE).values(change)
                assert connection.execute(tampered).rowcount == 1
                assert {LISTED, "every_correction_is_in_one_line"} <= failed(connection).keys()


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_verifier_names_the_line(settled: tuple[Market, str], name: str) -> None:
    here, it = settled
    change, place, checks = TAMPERINGS[name]
    change = change.replace("{line}", LINE).replace("{statement}", STATEMENT)
    with unguarded(here) as connection:
        wanted = {key: value for key, value in {"a": HERE, "it": it}.items() if f":{key}" in change}
        assert connection.execute(text(change), wanted).rowcount == 1
        found = failed(connection)
    assert checks <= found.keys()
    assert place in found.get(LISTED, "")
