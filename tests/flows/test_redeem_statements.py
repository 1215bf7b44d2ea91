"""Statements add up to the fen: every capture, void and correction in one line, for ever."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import openpyxl
import pytest

from points.flows import add_partner, correct_statement, fund, stock_catalogue
from points.flows.draw_up_statement import draft_statement, prepare
from points.flows.formulas import neutral
from points.flows.statement_export import csv_chunks, write_xlsx
from points.kernel.amounts import Fen
from points.kernel.ids import OutletId, PartnerId, StatementId
from points.partners.errors import PartnerUnknown
from points.partners.model import Category, Cycle, LineKind, Statement
from points.partners.statement_store import find_statement, lines_of, list_statements
from points.partners.store import (
    find_outlet,
    find_partner,
    list_outlets,
    list_partners,
)
from points.unit_of_work import reading
from tests.flows.market import PHARMACY, SHOP, SHOP_2, Market, catalogue, market
from tests.flows.town import HERE

MARCH, APRIL = date(2026, 3, 15), date(2026, 4, 15)
ZONE = "Asia/Shanghai"


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url) as it:
        yield it


def closing(here: Market, day: date, partner: PartnerId = PHARMACY) -> Any:
    named = here.named()
    return prepare(here.engine, HERE, named["operation_id"], named["actor"], partner, day)


def correction(here: Market, fen: int, **more: Any) -> correct_statement.CorrectStatement:
    return correct_statement.CorrectStatement(
        **here.named(partner_id=PHARMACY, programme="health", amount_fen=Fen(fen), reason="少结")
        | more
    )


def read(here: Market, statement_id: str) -> Statement:
    with reading(here.engine.database, HERE) as connection:
        found = find_statement(connection, HERE, StatementId(statement_id))
        assert found is not None
        lines = tuple(lines_of(connection, HERE, StatementId(statement_id)))
    return replace(found.statement, lines=lines)


def csv_of(statement: Statement) -> bytes:
    return b"".join(csv_chunks(statement, statement.lines, ZONE))


def xlsx_of(statement: Statement) -> io.BytesIO:
    out = io.BytesIO()
    write_xlsx(statement, statement.lines, ZONE, out)
    return out


def busy_march(here: Market) -> None:
    """Capture twice in one shop, once in another, void one, and correct by a little."""
    here.captured(here.voucher(), "r1", 500)
    here.captured(here.voucher(), "r2", 700)
    here.captured(here.voucher(), "r3", 900, outlet=SHOP_2)
    here.desk.void(here.till(), "r2", "v1")
    here.town.done(correction(here, 50))


def test_a_period_closes_with_control_totals(here: Market) -> None:
    busy_march(here)
    draft = draft_statement(here.engine, HERE, PHARMACY, MARCH)
    assert draft is not None
    assert (draft.statement_id, draft.drawn_at) == (None, None)
    here.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))
    done = here.town.done(closing(here, MARCH))
    assert (done["number"], done["period"]) == (1, "2026-03")
    assert (done["count"], done["total_fen"]) == (5, 500 + 700 + 900 - 700 + 50)
    closed = read(here, done["statement_id"])
    assert closed.lines == draft.lines
    assert closed.totals == draft.totals
    assert [line.kind for line in closed.lines if line.amount_fen < 0] == [LineKind.VOID]
    by_outlet = {each.outlet_id: (each.count, each.amount_fen) for each in closed.totals.outlets}
    assert by_outlet == {None: (1, 50), SHOP: (3, 500), SHOP_2: (1, 900)}
    with reading(here.engine.database, HERE) as connection:
        [listed] = list_statements(connection, HERE, PHARMACY)
        assert listed.statement == replace(closed, lines=())
        assert list_statements(connection, HERE, PHARMACY, before=done["statement_id"]) == []
        assert find_statement(connection, HERE, StatementId("none")) is None


def test_statements_and_pool_agree(here: Market) -> None:
    busy_march(here)
    here.clock.set(datetime(2026, 4, 1, tzinfo=UTC))
    assert here.town.done(closing(here, MARCH))["total_fen"] == here.pool().spent


def test_an_open_period_does_not_close(here: Market) -> None:
    busy_march(here)
    here.clock.set(datetime(2026, 3, 31, 15, 59, 59, tzinfo=UTC))
    assert here.town.refused(closing(here, MARCH)) == "period_open"


def test_a_period_closes_once(here: Market) -> None:
    here.clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    first, second = closing(here, MARCH), closing(here, MARCH)
    here.town.done(first)
    assert here.town.refused(second) == "period_closed"
    assert here.town.refused(closing(here, MARCH)) == "period_closed"


@pytest.mark.parametrize("month", [MARCH, APRIL])
def test_who_asks_again_is_told_of_the_statement_that_was_drawn_up(
    here: Market, month: date
) -> None:
    busy_march(here)
    here.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    if month == APRIL:
        here.town.done(closing(here, MARCH))
    first = closing(here, month)
    done = here.town.done(first)
    again: Any = prepare(here.engine, HERE, first.operation_id, first.actor, PHARMACY, month)
    outcome = here.engine.submit(again)
    assert (outcome.replayed, outcome.result) == (True, done)


def test_what_comes_after_the_close_goes_into_the_next(here: Market) -> None:
    here.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))
    here.town.done(closing(here, MARCH))
    code = here.voucher()
    here.clock.advance(timedelta(seconds=-2))  # a machine whose clock is behind
    here.clock.advance(timedelta(seconds=1))
    republished = here.capture(code, "r1", 500)
    assert republished.refusal is not None  # not valid yet, by that clock
    here.clock.advance(timedelta(seconds=1))
    here.captured(code, "r2", 500)
    here.clock.set(datetime(2026, 4, 30, 16, tzinfo=UTC))
    assert here.town.done(closing(here, APRIL))["total_fen"] == 500


def test_a_late_clock_never_books_into_a_closed_period(here: Market) -> None:
    code = here.voucher()
    here.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))
    first = here.town.done(closing(here, MARCH))
    here.clock.advance(timedelta(seconds=-1))
    here.captured(code, "r1", 500)
    assert read(here, first["statement_id"]).totals.count == 0
    here.clock.set(datetime(2026, 4, 30, 16, tzinfo=UTC))
    second = here.town.done(closing(here, APRIL))
    assert (second["count"], second["number"]) == (1, 2)
    [line] = read(here, second["statement_id"]).lines
    assert line.booked_at == datetime(2026, 3, 31, 16, tzinfo=UTC)


def test_a_period_that_nobody_closed_is_part_of_the_next(here: Market) -> None:
    busy_march(here)
    here.clock.set(datetime(2026, 4, 30, 16, tzinfo=UTC))
    assert here.town.done(closing(here, APRIL))["count"] == 5


def test_a_daily_partner_gets_daily_statements(here: Market) -> None:
    daily = PartnerId("RC")
    here.town.done(
        add_partner.AddPartner(
            **here.named(partner_id=daily, category=Category.PHARMACY, name="日结", cycle=Cycle.DAY)
        )
    )
    here.town.done(
        add_partner.AddOutlet(**here.named(partner_id=daily, outlet_id="RC01", name="日结店"))
    )
    here.captured(here.voucher(), "r1", 500, outlet=OutletId("RC01"))
    here.clock.set(datetime(2026, 3, 2, 16, tzinfo=UTC))
    done = here.town.done(closing(here, date(2026, 3, 2), daily))
    assert (done["period"], done["total_fen"]) == ("2026-03-02", 500)


def test_a_closing_that_was_prepared_for_another_end_is_refused(here: Market) -> None:
    here.clock.set(datetime(2026, 4, 2, tzinfo=UTC))
    wrong = replace(closing(here, MARCH), ends=datetime(2026, 3, 20, tzinfo=UTC))
    assert here.town.refused(wrong) == "period_open"
    nobody = replace(closing(here, MARCH), partner_id=PartnerId("XX"))
    assert here.town.refused(nobody) == "partner_unknown"


def test_corrections_move_money_and_are_refused_without_it(here: Market) -> None:
    here.captured(here.voucher(), "r1", 500)
    here.town.done(correction(here, -500))
    assert here.pool().spent == 0
    assert here.town.refused(correction(here, 0)) == "correction_empty"
    assert here.town.refused(correction(here, -1)) == "pool_exhausted"
    assert here.town.refused(correction(here, here.pool().free + 1)) == "pool_exhausted"
    assert here.town.refused(correction(here, 1, programme="moon")) == "pool_unknown"
    assert here.town.refused(correction(here, 1, partner_id=PartnerId("XX"))) == "partner_unknown"


def test_the_register_refuses_what_is_taken_or_unknown(here: Market) -> None:
    chain = add_partner.AddPartner(
        **here.named(partner_id=PHARMACY, category=Category.PHARMACY, name="又一家")
    )
    assert here.town.refused(chain) == "partner_exists"
    shop = add_partner.AddOutlet(
        **here.named(partner_id=PHARMACY, outlet_id=SHOP, name="又一店", services=("测血压",))
    )
    assert here.town.refused(shop) == "outlet_exists"
    lost = replace(shop, operation_id=here.town.operation(), partner_id=PartnerId("XX"))
    assert here.town.refused(lost) == "partner_unknown"
    assert isinstance(closing(here, MARCH, PartnerId("XX")), PartnerUnknown)
    assert draft_statement(here.engine, HERE, PartnerId("XX"), MARCH) is None


def test_partners_and_outlets_are_listed_page_by_page(here: Market) -> None:
    with reading(here.engine.database, HERE) as connection:
        first = list_partners(connection, HERE, most=2)
        rest = list_partners(connection, HERE, after=first[-1].partner_id)
        assert [p.partner_id for p in (*first, *rest)] == ["CT", "YF", "YY"]
        shops = list_outlets(connection, HERE, PHARMACY, most=1)
        more = list_outlets(connection, HERE, PHARMACY, after=shops[0].outlet_id)
        assert [o.outlet_id for o in (*shops, *more)] == [SHOP, SHOP_2]
        assert find_outlet(connection, HERE, SHOP) == shops[0]
        assert find_outlet(connection, HERE, OutletId("XX")) is None
        assert find_partner(connection, HERE, PartnerId("XX")) is None


def test_the_pool_and_the_catalogue_refuse_nonsense(here: Market) -> None:
    money = fund.Fund(**here.named(programme="health", amount_fen=Fen(0), source="union"))
    assert here.town.refused(money) == "amount_not_positive"
    moon = replace(money, operation_id=here.town.operation(), programme="moon")
    assert here.town.refused(moon) == "pool_unknown"
    shipped = catalogue()
    again = stock_catalogue.StockCatalogue(
        **here.named(version=shipped.version, rewards=shipped.rewards)
    )
    assert here.town.refused(again) == "catalogue_version_outdated"
    twice = [
        replace(
            again,
            operation_id=here.town.operation(),
            version=replace(shipped.version, version=2),
            rewards=(),
        )
        for _ in range(2)
    ]
    outcomes = here.engine.submit_many(twice)
    assert [outcome.refusal is None for outcome in outcomes] == [True, False]


def test_a_statement_can_be_taken_along(here: Market) -> None:
    busy_march(here)
    draft = draft_statement(here.engine, HERE, PHARMACY, MARCH)
    assert draft is not None
    rows = list(csv.reader(io.StringIO(csv_of(draft).decode("utf-8-sig"))))
    assert rows[1][-1] == "草稿 draft"
    assert ["笔数 lines", "5"] in rows
    assert sum(int(row[7]) for row in rows[-6:-1]) == draft.totals.total_fen == int(rows[-1][7])
    assert rows[-6][2] == "2026-03-02 12:00:00"
    book = openpyxl.load_workbook(xlsx_of(draft), read_only=True)
    cells = [list(row) for row in book.worksheets[1].iter_rows(values_only=True)]
    nets = [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]
    book.close()
    assert sum(row[7] for row in cells[1:6]) == draft.totals.total_fen == cells[-1][7]
    assert sum(row[6] for row in nets[-4:-1]) == draft.totals.total_fen == nets[-1][6]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "  =1", "＝1", "\r=1", "\n=1"]
)
def test_a_formula_stays_text(here: Market, text: str) -> None:
    assert neutral(text).startswith("'")
    here.town.done(correction(here, 7, reason=text))
    draft = draft_statement(here.engine, HERE, PHARMACY, MARCH)
    assert draft is not None
    shown = text.replace("\r", " ").replace("\n", " ")
    assert f",'{shown}," in csv_of(draft).decode()
    sheet = openpyxl.load_workbook(xlsx_of(draft)).worksheets[1]
    cell = sheet.cell(sheet.max_row - 1, 7)
    assert cell.data_type == "s"
    assert str(cell.value).startswith("'")


def test_plain_text_stays_as_it_is() -> None:
    assert neutral("药房券 = 20 元") == "药房券 = 20 元"
