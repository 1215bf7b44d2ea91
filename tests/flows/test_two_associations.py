"""Two associations live through the same year, turn by turn, on one engine and one database.

On PostgreSQL it is a hardened one, as the application's role: what one association does the other
neither sees nor feels.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from points import unit_of_work
from points.engine import Engine
from points.flows import draw_up_statement, look, quote
from points.flows.expire_voucher import expire_vouchers
from points.flows.rebuild import rebuild
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.flows.work import work
from points.kernel.ids import AssociationId, OperationId
from points.members.reads import page
from points.schema import metadata
from tests.flows.market import PHARMACY, Market, furnish, market
from tests.flows.town import HERE

THERE = AssociationId("elsewhere")


@contextmanager
def pair(url: str) -> Iterator[tuple[Market, Market]]:
    """Open one engine and let both associations have the same catalogue, money and partners."""
    with market(url, FLOWS) as here:
        there = replace(here, town=replace(here.town, association=THERE))
        furnish(there)
        yield here, there


@pytest.fixture
def both(database_url: str) -> Iterator[tuple[Market, Market]]:
    with pair(database_url) as opened:
        yield opened


def year(here: Market, wallet: int) -> Iterator[dict[str, Any]]:
    """Enrol, claim, review, score, mature, redeem, capture, void, settle, expire: turn by turn."""
    town, association = here.town, here.town.association
    member = here.member(wallet)
    yield {}
    activity = town.in_publicity(member)
    yield {}
    town.done(town.shift(member, ago=timedelta(days=3)))
    yield {}
    here.clock.advance(timedelta(days=8))
    done = work(here.engine, association)
    assert done.matured == 1
    yield {"matured": activity}
    wish = here.redemption(member, "C12")
    assert quote.quote(here.engine, wish, here.ids).points == 100
    code = here.code(town.done(wish))
    yield {}
    here.captured(code, f"{association}-1", 500)
    yield {}
    voided = here.desk.void(here.till(), f"{association}-1", f"{association}-v1")
    assert voided.refusal is None
    here.captured(code, f"{association}-2", 700)
    yield {}
    here.clock.advance(timedelta(days=62))
    operation = OperationId(f"staff:li:close-{association}")
    closing = draw_up_statement.prepare(
        here.engine,
        association,
        operation,
        town.command(dict, "staff:li")["actor"],
        PHARMACY,
        date(2026, 3, 15),
    )
    closed = town.done(closing)
    yield {}
    here.clock.advance(timedelta(days=400))
    expired = [outcome.result for outcome in expire_vouchers(here.engine, association)]
    work(here.engine, association)
    rebuild(here.engine, association)
    yield {
        "balance": look.balances(here.engine, association, member),
        "pool": here.pool(),
        "statement": closed,
        "expired": len(expired),
        "totals": look.totals(here.engine, association),
    }


def test_neither_sees_nor_feels_the_other(both: tuple[Market, Market]) -> None:
    here, there = both
    turns = list(zip(year(here, 250), year(there, 900), strict=True))
    mine, yours = turns[-1]
    for each, wallet in ((mine, 250), (yours, 900)):
        assert each["expired"] == 1
        assert each["pool"].reserved == 0
        assert sum(total.issued for total in each["totals"]) >= wallet
    assert mine["pool"] == yours["pool"], "both spent the same, each of its own money"
    engine = here.engine
    for association in (HERE, THERE):
        verdict = verify(engine, association)
        assert verdict.ok, verdict.first_difference
        assert verdict.checked > 20
        if engine.database.dialect.name == "postgresql":
            assert seen(engine, association) == {association}
    assert members(engine, HERE).isdisjoint(members(engine, THERE))


def members(engine: Engine, association: AssociationId) -> set[str]:
    with engine.reading(association) as connection:
        found = {
            each.member_id for each in page(connection, association, engine.context, limit=100)
        }
    assert found
    return found


def seen(engine: Engine, association: AssociationId) -> set[str]:
    """Return whose rows queries yield that forgot to say whose they want."""
    with unit_of_work.reading(engine.database, association) as connection:
        return {
            name
            for table in metadata.tables.values()
            for name in connection.scalars(select(table.c.association_id).distinct())
        }
