"""A settled month adds up in three ways; where a fen is moved by hand, the recount names it."""

import json
from collections.abc import Iterator
from contextlib import nullcontext

import pytest
from sqlalchemy import Connection, make_url, text
from typer.testing import CliRunner

from points.cli.bench import settle
from points.cli.bench.command import app
from points.cli.bench.market import Market
from points.cli.bench.month import BEGIN, Month
from points.cli.bench.recount import recount
from points.cli.bench.scratch import ASSOCIATION
from points.db.engines import open_database
from points.engine import Engine
from points.flows.table import FLOWS
from points.kernel.clock import ManualClock
from points.kernel.ids import Ids
from tests.flows.town import civic_context

SMALL = ["settle", "--captures", "31", "--outlets", "4"]


def test_a_small_month_adds_up(database_url: str) -> None:
    answer = CliRunner().invoke(app, [*SMALL, "--database", database_url, "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)
    assert told["database"] == make_url(database_url).get_backend_name()
    assert (told["agrees"], told["differences"]) == (True, [])
    fen = told["fen"]
    assert fen["recount"] == fen["ledger"] == fen["settled"] + fen["open"] > 0
    assert told["points"]["recount"] == told["points"]["ledger"] > 0
    assert told["counts"]["captured"] >= 31


@pytest.fixture(scope="module")
def settled(module_sqlite_url: str) -> Iterator[Connection]:
    """A settled month, opened so that its facts can be moved by hand."""
    clock = ManualClock(BEGIN)
    database = open_database(module_sqlite_url, migrating=True)
    with Engine(
        database, FLOWS, clock=clock, ids=Ids(clock), context=civic_context(), batch_max=100
    ) as engine:
        Month(
            market=Market(engine, ASSOCIATION, 4, 5),
            clock=clock,
            captures=93,
            tell=lambda _: None,
            lap=lambda _: nullcontext(),
        ).build()
    with database.connect() as connection:
        yield connection
    database.dispose()


def test_nothing_differs(settled: Connection) -> None:
    found = recount(settled, ASSOCIATION)
    assert found.differences == []
    assert found.voided_fen
    assert found.corrected_fen
    assert found.fees_fen
    assert found.given_back


TAMPERINGS = {
    "a line is gone": "DELETE FROM statement_line WHERE kind = 'void'",
    "a line is a fen dearer": "UPDATE statement_line SET amount_fen = amount_fen + 1"
    " WHERE source_id = (SELECT min(source_id) FROM statement_line)",
    "a total is a fen dearer": "UPDATE statement SET total_fen = total_fen + 1 WHERE number = 1",
    "a capture cost a fen more": "UPDATE voucher_event SET cost_fen = cost_fen + 1 WHERE event_id ="
    " (SELECT min(event_id) FROM voucher_event WHERE kind = 'captured')",
    "a void gave back less": "UPDATE voucher_event SET points = points + 1 WHERE event_id ="
    " (SELECT min(event_id) FROM voucher_event WHERE kind = 'voided')",
    "a fee is a fen less": "UPDATE statement_line SET amount_fen = amount_fen + 1"
    " WHERE kind = 'fee'",
    "a correction is a fen dearer": "UPDATE statement_correction SET amount_fen = amount_fen + 1"
    " WHERE programme <> ''",
    "a fee given back is a fen more": "UPDATE statement_correction SET amount_fen = amount_fen + 1"
    " WHERE programme = ''",
    "a fee given back is not listed": "DELETE FROM statement_line WHERE kind = 'fee'"
    " AND fee_fen <> 0",
    "a capture moved into another month": "UPDATE voucher_event SET booked_at ="
    " '2026-05-01T00:00:00.000000Z' WHERE event_id ="
    " (SELECT min(event_id) FROM voucher_event WHERE kind = 'captured')",
    "the pool spent a fen more": "UPDATE pool SET spent = spent + 1 WHERE programme = 'health'",
    "the pool booked a fen more": "UPDATE pool_entry SET spent = spent + 1 WHERE entry_id ="
    " (SELECT max(entry_id) FROM pool_entry)",
    "a point more was redeemed": "UPDATE entry SET points = points + 1"
    " WHERE account_id LIKE 'system:redemption.%'",
}


@pytest.mark.parametrize("statement", TAMPERINGS.values(), ids=list(TAMPERINGS))
def test_the_recount_names_what_was_moved(settled: Connection, statement: str) -> None:
    settled.rollback()
    for (name,) in settled.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")):
        settled.exec_driver_sql(f'DROP TRIGGER "{name}"')
    settled.exec_driver_sql(statement)
    assert recount(settled, ASSOCIATION).differences
    settled.rollback()


def test_a_difference_ends_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("redeemed", "captured", "voided", "corrected", "disputed", "statements")
    told = {
        "database": "sqlite",
        "agrees": False,
        "differences": ["a fen is missing"],
        "differences_count": 1,
        "outlets": 1,
        "counts": dict.fromkeys(names, 0),
        "fen": {name: 0 for _, _, name in settle.ROWS},
        "seconds": dict.fromkeys(("build", "settle", "recount", "verify"), 0.0),
        "peak_mib": 1,
    }
    monkeypatch.setattr(settle, "measured", lambda *_: told)
    answer = CliRunner().invoke(app, SMALL)
    assert answer.exit_code == 1
    assert "a fen is missing" in answer.output
