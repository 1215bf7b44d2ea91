"""From a drawn-up statement to a payment: disputes, consent of both sides, contracts and fees."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import (
    ConfirmBySilence,
    ConfirmStatement,
    CountersignStatement,
)
from points.flows.dispute_line import DisputeLine
from points.flows.draw_up_statement import draft_statement, prepare
from points.flows.make_contract import MakeContract
from points.flows.pay_statement import PayStatement
from points.flows.rebuild import rebuild
from points.flows.settling import draw_up_due, hear_silence
from points.flows.verify import verify
from points.flows.verify_statement import verify_statement
from points.flows.work import WORKER
from points.kernel.ids import Actor, PartnerId, StatementId
from points.partners.agreement import Fee, Rounding
from points.partners.model import Cycle, LineKind
from points.partners.standing import ROUNDS_MAX, Reason
from points.partners.statement_store import (
    Filed,
    events_of,
    find_statement,
    list_statements,
    page_of_lines,
)
from points.partners.store import agreed_tariffs
from points.unit_of_work import reading
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, SHOP_2, Market, market, republish
from tests.flows.town import HERE

MARCH = date(2026, 3, 15)
APRIL_1 = datetime(2026, 3, 31, 16, tzinfo=UTC)
OFFICE = Actor("partner:YF")
WU, SUN = Actor("staff:wu"), Actor("staff:sun")


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url) as it:
        yield it


@pytest.fixture
def both(database_url: str) -> Iterator[Market]:
    with market(database_url) as it:
        yield it


def contract(here: Market, day: date, **terms: Any) -> MakeContract:
    return MakeContract(**here.named(partner_id=PHARMACY, starts_on=day, cycle=Cycle.MONTH) | terms)


def drawn_up(here: Market, day: date = MARCH, partner: PartnerId = PHARMACY) -> Filed:
    named = here.named()
    command = prepare(here.engine, HERE, named["operation_id"], named["actor"], partner, day)
    return filed(here, here.town.done(command)["statement_id"])


def filed(here: Market, statement_id: str) -> Filed:
    with reading(here.engine.database, HERE) as connection:
        found = find_statement(connection, HERE, StatementId(statement_id))
    assert found is not None
    return found


def again(here: Market, it: Filed) -> Filed:
    return filed(here, it.standing.statement_id)


def about(here: Market, it: Filed, **more: Any) -> dict[str, Any]:
    return here.named(partner_id=PHARMACY, statement_id=it.standing.statement_id) | more


def dispute(here: Market, it: Filed, line: int, claims: int, **more: Any) -> DisputeLine:
    fields = {"reason": Reason.AMOUNT_WRONG, "actor": OFFICE} | more
    return DisputeLine(**about(here, it, line=line, claims_fen=claims, **fields))


def answer(here: Market, it: Filed, line: int, text: str = "") -> AnswerDispute:
    verdict = Verdict.REJECT if text else Verdict.ACCEPT
    return AnswerDispute(**about(here, it, line=line, verdict=verdict, text=text))


def confirm(here: Market, it: Filed) -> ConfirmStatement:
    return ConfirmStatement(**about(here, it, actor=OFFICE))


def countersign(here: Market, it: Filed, actor: Actor = WU) -> CountersignStatement:
    return CountersignStatement(**about(here, it, actor=actor, drawn_by=it.standing.drawn_by))


def pay(here: Market, it: Filed, fen: int, reference: str = "B-0001", **more: Any) -> PayStatement:
    fields = {"actor": SUN, "paid_on": date(2026, 4, 1)} | more
    by = again(here, it).standing.countersigned_by or ""
    return PayStatement(
        **about(here, it, amount_fen=fen, reference=reference, countersigned_by=by, **fields)
    )


def settled(here: Market) -> tuple[int, int]:
    """Return what the worker did: statements drawn up, and confirmed by silence."""
    drawn = draw_up_due(here.engine, HERE, WORKER)
    return drawn, hear_silence(here.engine, HERE, WORKER)


def march(here: Market) -> Filed:
    """Capture twice, and draw the month up as somebody of staff."""
    here.captured(here.voucher(), "r1", 500)
    here.captured(here.voucher(), "r2", 700, outlet=SHOP_2)
    here.clock.set(APRIL_1)
    return drawn_up(here)


def test_both_agree_and_it_is_paid_in_parts(here: Market) -> None:
    it = march(here)
    assert it.standing.state == "drawn_up"
    assert here.town.refused(pay(here, it, 1)) == "not_payable"
    assert here.town.done(confirm(here, it))["state"] == "confirmed"
    assert here.town.refused(confirm(here, it)) == "statement_confirmed"
    assert here.town.refused(dispute(here, it, 1, 1)) == "statement_confirmed"
    assert here.town.refused(pay(here, it, 1)) == "not_payable"
    done = here.town.done(countersign(here, it))
    assert (done["state"], done["payable_fen"]) == ("closed", 1200)
    assert here.town.refused(countersign(here, it)) == "statement_confirmed"
    for wrong in (1201, 0, -1):
        assert here.town.refused(pay(here, it, wrong)) == "not_payable"
    assert here.town.done(pay(here, it, 1000))["payable_fen"] == 200
    assert here.town.refused(pay(here, it, 100)) == "payment_marked"
    bad = [{"reference": "张三"}, {"reference": "B"}, {"paid_on": date(2026, 4, 3)}]
    for each in bad:
        assert here.town.refused(pay(here, it, 100, **each)) == "payment_invalid"
    done = here.town.done(pay(here, it, 200, "B-0002"))
    assert (done["state"], done["paid_fen"], done["payable_fen"]) == ("paid", 1200, 0)
    assert here.town.refused(pay(here, it, 1, "B-0003")) == "not_payable"
    assert verify(here.engine, HERE).ok


def test_two_people_of_staff_have_to(here: Market) -> None:
    it = march(here)
    drawer = Actor(it.standing.drawn_by)
    here.town.done(confirm(here, it))
    assert here.town.refused(countersign(here, it, drawer)) == "own_statement"
    # Whatever the command says of who drew up: the statement itself knows.
    lied = replace(countersign(here, it, drawer), drawn_by="staff:somebody")
    assert here.town.refused(lied) == "own_statement"
    here.town.done(countersign(here, it))
    assert here.town.refused(pay(here, it, 1200, actor=WU)) == "own_statement"
    lied = replace(pay(here, it, 1200, actor=WU), countersigned_by="")
    assert here.town.refused(lied) == "own_statement"
    here.town.done(pay(here, it, 1200))


def test_what_is_accepted_adjusts_the_next_statement(here: Market) -> None:
    it = march(here)
    spent = here.pool().spent
    done = here.town.done(dispute(here, it, 2, 900))
    assert done["state"] == "disputed"
    assert here.town.refused(dispute(here, it, 2, 901)) == "dispute_open"
    assert here.town.refused(dispute(here, it, 3, 1)) == "line_unknown"
    assert here.town.refused(dispute(here, it, 1, 500)) == "claim_unchanged"
    no_words = dispute(here, it, 1, 1, reason=Reason.OTHER)
    assert here.town.refused(no_words) == "reason_needed"
    personal = dispute(here, it, 1, 1, text="请致电 13800001234")
    assert here.town.refused(personal) == "personal_in_text"
    # The rest is agreed to and paid meanwhile: the line is owed as it stands in any case.
    here.town.done(confirm(here, it))
    assert here.town.done(countersign(here, it))["payable_fen"] == 1200
    accepted = here.town.done(answer(here, it, 2))
    assert (accepted["amount_fen"], accepted["state"]) == (200, "closed")
    assert here.town.refused(answer(here, it, 2)) == "dispute_unknown"
    assert here.town.refused(dispute(here, it, 2, 950)) == "dispute_settled"
    assert here.pool().spent == spent + 200
    before = again(here, it).statement
    assert before.totals == it.statement.totals
    here.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    after = drawn_up(here, date(2026, 4, 1))
    [line] = lines(here, after)
    assert (line.kind, line.amount_fen, line.outlet_id) == (LineKind.CORRECTION, 200, SHOP_2)
    assert line.reference == "dispute:1/2"
    assert after.statement.previous_sha256 == it.statement.totals.sha256
    assert verify(here.engine, HERE).ok


def lines(here: Market, it: Filed) -> list[Any]:
    with reading(here.engine.database, HERE) as connection:
        return page_of_lines(connection, HERE, it.standing.statement_id)


def test_what_the_partner_itself_says_is_too_much_is_withheld(here: Market) -> None:
    it = march(here)
    here.town.done(dispute(here, it, 1, 0, reason=Reason.NOT_OURS))
    here.town.done(confirm(here, it))
    assert here.town.done(countersign(here, it))["payable_fen"] == 700
    assert here.town.refused(pay(here, it, 701)) == "not_payable"
    rejected = here.town.done(answer(here, it, 1, "该行有效"))
    assert (rejected["state"], rejected["payable_fen"]) == ("disputed", 700)
    done = here.town.done(confirm(here, it))
    assert (done["state"], done["payable_fen"]) == ("closed", 1200)


def test_rounds_are_bounded(here: Market) -> None:
    it = march(here)
    for each in range(ROUNDS_MAX):
        here.town.done(dispute(here, it, 1, 100 + each))
        assert here.town.refused(replace(answer(here, it, 1, "x"), text="")) == "reason_needed"
        here.town.done(answer(here, it, 1, "不成立"))
    assert again(here, it).standing.state == "drawn_up"
    assert here.town.refused(dispute(here, it, 1, 7)) == "dispute_settled"
    with reading(here.engine.database, HERE) as connection:
        steps = events_of(connection, HERE, it.standing.statement_id, line=1)
    assert [each.version for each in steps] == list(range(1, 2 * ROUNDS_MAX + 1))
    assert {each.side for each in steps} == {"partner", "association"}


def test_another_partners_statement_is_as_good_as_none(here: Market) -> None:
    it = march(here)
    for command in (dispute(here, it, 1, 1), confirm(here, it), answer(here, it, 1)):
        stranger = replace(command, partner_id=PartnerId("YY"))
        assert here.town.refused(stranger) == "not_found"


def test_a_contract_prices_and_charges_what_comes_after(here: Market) -> None:
    fee = Fee(basis_points=60, rounding=Rounding.HALF_UP)
    first = here.town.done(contract(here, date(2026, 3, 2), tariff_fen={"C13": 1000}, fee=fee))
    assert first["version"] == 1
    before = here.voucher("C13")
    here.captured(before, "r1")
    later = contract(here, date(2026, 3, 2), tariff_fen={"C13": 900})
    assert here.town.refused(later) == "contract_too_soon"
    here.town.done(contract(here, date(2026, 3, 3), tariff_fen={"C13": 900}))
    here.clock.advance(timedelta(days=1))
    here.captured(here.voucher("C13"), "r2")
    here.clock.set(APRIL_1)
    it = drawn_up(here)
    captures = [line for line in lines(here, it) if line.kind is LineKind.CAPTURE]
    assert [(line.amount_fen, line.fee_fen) for line in captures] == [(1000, -6), (900, 0)]
    assert (it.statement.totals.fees_fen, it.statement.contract) == (-6, 2)
    assert it.statement.totals.total_fen == 1894
    assert verify(here.engine, HERE).ok


def test_a_contract_never_costs_more_than_what_was_set_aside(here: Market) -> None:
    code = here.voucher("C13")
    reserved = here.pool().reserved
    dear = contract(here, date(2026, 3, 2), tariff_fen={"C13": 5000})
    assert here.town.refused(dear) == "tariff_too_high"
    # Once the catalogue sets more aside; what was drawn before costs no more for it.
    republish(here, C13={"tariff_fen": {"default": 5000}})
    here.town.done(contract(here, date(2026, 3, 2), tariff_fen={"C13": 5000}))
    here.captured(code, "r1")
    assert here.pool().reserved == 0
    assert here.pool().spent == reserved
    here.captured(here.voucher("C13"), "r2")
    assert here.pool().spent == reserved + 5000


def test_a_contract_pays_no_more_than_a_catalogue_that_is_yet_to_begin(both: Market) -> None:
    here = both
    day = date(2026, 3, 2)
    begins = here.clock.now() + timedelta(days=7)
    republish(here, starts_at=begins, C13={"tariff_fen": {"default": 700}})
    assert here.town.refused(contract(here, day, tariff_fen={"C13": 701})) == "tariff_too_high"
    here.town.done(contract(here, day, tariff_fen={"C13": 700}))
    # What is published above it and begins at once keeps it from ever beginning.
    republish(here)
    here.town.done(contract(here, day + timedelta(days=1), tariff_fen={"C13": 701}))
    here.clock.advance(timedelta(days=8))
    here.captured(here.voucher("C13"), "r1")
    assert here.pool().spent == 701


def agreed(here: Market) -> dict[str, tuple[str, int]]:
    with reading(here.engine.database, HERE) as connection:
        return dict(agreed_tariffs(connection, HERE, here.clock.now()))


def test_what_contracts_pay_at_most_is_known(here: Market) -> None:
    day = date(2026, 3, 2)
    assert agreed(here) == {}
    here.town.done(contract(here, day, tariff_fen={"C13": 1200}))
    hospital = contract(here, day, partner_id=HOSPITAL, tariff_fen={"C13": 1100, "C05": 4000})
    here.town.done(hospital)
    assert agreed(here) == {"C13": ("YF", 1200), "C05": ("YY", 4000)}
    # What is to come counts beside what is in force, and what another took the place of does not.
    for fen in (1000, 900):
        here.town.done(contract(here, date(2026, 3, 9), tariff_fen={"C13": fen}))
    assert agreed(here)["C13"] == ("YF", 1200)
    here.clock.advance(timedelta(days=8))
    assert agreed(here)["C13"] == ("YY", 1100)
    here.town.done(contract(here, date(2026, 3, 20), partner_id=HOSPITAL))
    here.clock.advance(timedelta(days=12))
    assert agreed(here) == {"C13": ("YF", 900)}


def test_a_void_gives_its_fee_back(here: Market) -> None:
    here.town.done(contract(here, date(2026, 3, 2), fee=Fee(per_capture_fen=30)))
    here.captured(here.voucher(), "r1", 500)
    here.captured(here.voucher(), "r2", 20)  # never more than the capture itself
    here.captured(here.voucher(), "r3", 700, outlet=SHOP_2)
    here.desk.void(here.till(), "r1", "v1")
    draft = draft_statement(here.engine, HERE, PHARMACY, MARCH)
    assert draft is not None
    assert [line.fee_fen for line in draft.lines] == [-30, -20, -30, 30, 0, 0]
    fees = {line.outlet_id: line.amount_fen for line in draft.lines if line.kind is LineKind.FEE}
    assert fees == {SHOP: -20, SHOP_2: -30}
    assert draft.totals.total_fen == 720 - 50


def test_a_fee_is_given_back_without_a_pool(here: Market) -> None:
    here.town.done(contract(here, date(2026, 3, 2), fee=Fee(per_capture_fen=30)))
    it = march(here)
    spent, fee = here.pool().spent, 3
    wrong = {"reason": Reason.FEE_WRONG}
    assert here.town.refused(dispute(here, it, fee, 30, **wrong)) == "fee_never_paid"
    here.town.done(dispute(here, it, fee, 0, **wrong))
    accepted = here.town.done(answer(here, it, fee))
    assert (accepted["amount_fen"], accepted["state"]) == (30, "drawn_up")
    assert here.pool().spent == spent
    here.captured(here.voucher(), "r3", 500)
    here.clock.set(datetime(2026, 5, 1, tzinfo=UTC))
    after = drawn_up(here, date(2026, 4, 1))
    told = [(line.kind.value, line.amount_fen, line.fee_fen) for line in lines(here, after)]
    assert sorted(told) == [("capture", 500, -30), ("fee", -30, 0), ("fee", 30, 30)]
    totals = after.statement.totals
    assert (totals.total_fen, totals.corrected_fen, totals.fees_fen) == (500, 0, 0)
    [back] = [line for line in lines(here, after) if line.fee_fen > 0]
    assert (back.reference, back.outlet_id) == (f"dispute:1/{fee}", SHOP)
    assert verify_statement(here.engine, HERE, after.statement).ok
    assert verify(here.engine, HERE).ok
    # What was given back is a line like any other: too little of it can be said again.
    here.town.done(dispute(here, after, back.number, 35, **wrong))
    assert here.town.done(answer(here, after, back.number))["amount_fen"] == 5
    assert verify(here.engine, HERE).ok


def test_a_cycle_changes_where_a_period_begins(here: Market) -> None:
    daily = {"cycle": Cycle.DAY}
    assert here.town.refused(contract(here, MARCH, **daily)) == "contract_within_period"
    here.town.done(contract(here, date(2026, 4, 1), **daily))
    here.captured(here.voucher(), "r1", 500)
    here.clock.set(datetime(2026, 4, 1, 2, tzinfo=UTC))
    here.captured(here.voucher(), "r2", 700)
    assert drawn_up(here).statement.period == "2026-03"
    here.clock.advance(timedelta(days=1))
    second = drawn_up(here, date(2026, 4, 1)).statement
    assert (second.period, second.totals.total_fen) == ("2026-04-01", 700)
    assert verify(here.engine, HERE).ok


def test_contracts_are_refused_for_what_is_not_so(here: Market) -> None:
    day = date(2026, 3, 2)
    for reward in ("NONE", "C12"):
        assert here.town.refused(contract(here, day, tariff_fen={reward: 1})) == "tariff_invalid"
    told = contract(here, day, contact="财务部 13800001234")
    assert here.town.refused(told) == "personal_in_text"
    nobody = contract(here, day, partner_id=PartnerId("XX"))
    assert here.town.refused(nobody) == "partner_unknown"
    assert here.town.refused(contract(here, date(2026, 3, 1))) == "contract_too_soon"


def test_the_worker_draws_up_and_hears_silence(here: Market) -> None:
    terms = {"grace_days": 2, "silence_days": 10}
    here.town.done(contract(here, date(2026, 3, 2), **terms))
    here.captured(here.voucher(), "r1", 500)
    here.clock.set(APRIL_1 + timedelta(days=1))
    assert settled(here) == (0, 0)
    here.clock.advance(timedelta(days=1))
    assert settled(here) == (1, 0)
    assert settled(here) == (0, 0)
    with reading(here.engine.database, HERE) as connection:
        [it] = list_statements(connection, HERE, PHARMACY)
    assert it.standing.drawn_by == "system:worker"
    here.clock.advance(timedelta(days=9))
    early = ConfirmBySilence(**about(here, it))
    assert here.town.refused(early) == "silence_too_soon"
    assert settled(here) == (0, 0)
    here.town.done(dispute(here, it, 1, 700))
    here.clock.advance(timedelta(days=5))
    assert settled(here) == (0, 0), "an open dispute is no silence"
    here.town.done(answer(here, it, 1, "不成立"))
    here.clock.advance(timedelta(days=10))
    assert settled(here) == (0, 1)
    assert again(here, it).standing.state == "confirmed"
    assert here.town.refused(ConfirmBySilence(**about(here, it))) == "statement_confirmed"
    here.town.done(countersign(here, it))
    assert again(here, it).standing.state == "closed"
    assert verify(here.engine, HERE).ok


def test_without_a_word_about_silence_nothing_is_confirmed(here: Market) -> None:
    here.town.done(contract(here, date(2026, 3, 2)))
    it = march(here)
    here.clock.advance(timedelta(days=400))
    assert here.town.refused(ConfirmBySilence(**about(here, it))) == "silence_too_soon"
    assert settled(here) == (0, 0)


def test_statements_are_rebuilt_from_their_events(here: Market) -> None:
    it = march(here)
    here.town.done(dispute(here, it, 1, 0))
    here.town.done(confirm(here, it))
    before = again(here, it)
    rebuild(here.engine, HERE)
    assert again(here, it) == before
    assert verify(here.engine, HERE).ok


def test_each_statement_can_be_verified(here: Market) -> None:
    it = march(here)
    found = verify_statement(here.engine, HERE, it.statement)
    assert (found.ok, found.lines) == (True, 2)
    changed = replace(it.statement, previous_sha256="0" * 64)
    assert not verify_statement(here.engine, HERE, changed).ok
