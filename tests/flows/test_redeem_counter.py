"""At the counter: one answer for ever, never more than the voucher, and no help for guessers."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from points.flows import authorise, capture, void
from points.flows.correct_statement import CorrectStatement
from points.flows.expire_voucher import ExpireVoucher, expire_vouchers
from points.flows.operator_standing import AddOperator
from points.kernel.amounts import Fen
from points.kernel.errors import BrokenInvariant, Refusal
from points.kernel.ids import OperationId, OutletId, PartnerId, VoucherId
from points.unit_of_work import reading
from points.vouchers.codes import check_character
from points.vouchers.model import Links, State
from points.vouchers.reads import find_voucher
from tests.flows.market import (
    HOSPITAL,
    PHARMACY,
    SHOP,
    SHOP_2,
    TABLE,
    WARD,
    Market,
    market,
    republish,
    said,
)
from tests.flows.town import HERE, civic_context


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url) as it:
        yield it


def wrong_codes() -> Iterator[str]:
    """Yield codes whose check character is right and that nobody was given."""
    for number in itertools.count():
        body = f"{number:012}"
        yield body + check_character(body)


def test_an_item_is_captured_once(here: Market) -> None:
    code = here.voucher("C05")
    done = here.captured(code, "r1", outlet=WARD)
    assert (done["state"], done["points"], done["owed_fen"]) == ("captured", 200, 4000)
    again = here.capture(code, "r2", outlet=WARD)
    assert said(again) == "already_captured"
    assert again.refusal is not None
    assert again.refusal.details() == {"at": "2026-03-02T12:00:00+08:00", "outlet": "YY01店"}


def test_the_same_request_is_answered_the_same(here: Market) -> None:
    code = here.voucher("C05")
    first = here.capture(code, "r1", outlet=WARD)
    again = here.capture(code, "r1", outlet=WARD)
    assert (again.replayed, again.result) == (True, first.result)
    assert said(here.capture(here.voucher("C05"), "r1", outlet=WARD)) == "operation_conflict"


def test_a_lost_answer_is_found_by_the_request_number(here: Market) -> None:
    here.captured(here.voucher(), "r1", 500)
    found = here.desk.find_capture(here.till(), "r1")
    assert found is not None
    assert (found.event.parts, found.voided) == (500, False)
    assert here.desk.find_capture(here.till(), "r2") is None
    assert here.desk.find_capture(here.till(WARD), "r1") is None


def test_an_amount_is_spent_in_parts_and_the_last_takes_the_rest(here: Market) -> None:
    member, before = here.member(100), here.pool()
    code = here.code(here.town.done(here.redemption(member, "C12")))
    points = []
    for number, fen in enumerate((333, 667, 1)):
        done = here.captured(code, f"r{number}", fen)
        points.append(done["points"])
        assert done["owed_fen"] == fen
    assert points == [16, 34, 0]  # 16.65, 50.0 and 50.05 in all, each rounded down
    over = here.capture(code, "r8", 1000)
    assert said(over) == "amount_exceeds"
    assert over.refusal is not None
    assert over.refusal.details() == {"remaining_fen": 999}
    done = here.captured(code, "r9", 999)
    assert (done["state"], done["remaining_fen"], done["points"]) == ("captured", 0, 50)
    balance, pool = here.balance(member), here.pool()
    assert (balance.available, balance.held) == (0, 0)
    assert (pool.spent - before.spent, pool.reserved) == (2000, before.reserved)


def test_a_count_card_is_used_so_many_times(here: Market) -> None:
    code = here.voucher("C08")
    left = [here.captured(code, f"r{n}", outlet=WARD)["remaining_uses"] for n in range(3)]
    assert left == [2, 1, 0]
    assert said(here.capture(code, "r4", outlet=WARD)) == "already_captured"
    assert here.pool().spent == 2400


@pytest.mark.parametrize(("reward", "fen"), [("C05", 100), ("C12", None), ("C12", 0), ("C12", -5)])
def test_an_amount_belongs_to_an_amount_voucher(here: Market, reward: str, fen: int | None) -> None:
    outlet = SHOP if reward == "C12" else WARD
    assert said(here.capture(here.voucher(reward), "r1", fen, outlet=outlet)) == "amount_invalid"


def test_a_free_voucher_is_only_recorded(here: Market) -> None:
    code = here.voucher("C01", wallet=0)
    done = here.captured(code, "r1")
    assert (done["points"], done["owed_fen"], done["state"]) == (0, 0, "captured")


def test_a_voucher_is_honoured_by_its_kind_of_partner(here: Market) -> None:
    code = here.voucher()
    assert said(here.capture(code, "r1", 100, outlet=TABLE)) == "wrong_partner"
    here.captured(code, "r2", 2000)
    assert said(here.capture(code, "r3", 100, outlet=TABLE)) == "wrong_partner"


def test_a_voucher_lives_to_the_end_of_a_day(here: Market) -> None:
    code = here.voucher("C05")
    here.clock.set(datetime(2026, 5, 1, 15, 59, 59, tzinfo=UTC))
    assert here.desk.authorise(here.till(WARD), code, "a1").refusal is None
    here.clock.advance(timedelta(seconds=1))
    late = here.capture(code, "r1", outlet=WARD)
    assert said(late) == "voucher_expired"
    assert late.refusal is not None
    assert late.refusal.details() == {"valid_until": "2026-05-02T00:00:00+08:00"}


def test_a_voucher_is_not_used_before_it_was_drawn(here: Market) -> None:
    code = here.voucher("C05")
    here.clock.advance(timedelta(minutes=-5))
    assert said(here.capture(code, "r1", outlet=WARD)) == "voucher_not_yet"


def test_authorising_keeps_other_outlets_away_for_three_minutes(here: Market) -> None:
    code = here.voucher()
    shown = here.desk.authorise(here.till(), code, "a1").result
    assert shown["title"]["zh"] == "药房券 20 元"
    assert (shown["remaining_fen"], shown["remaining_uses"]) == (2000, None)
    assert said(here.desk.authorise(here.till(SHOP_2), code, "a2")) == "voucher_in_use"
    assert said(here.capture(code, "r1", 100, outlet=SHOP_2)) == "voucher_in_use"
    assert here.captured(code, "r2", 100)["owed_fen"] == 100
    assert here.captured(code, "r3", 100, outlet=SHOP_2)["owed_fen"] == 100
    here.desk.authorise(here.till(), code, "a3")
    here.clock.advance(timedelta(minutes=3))
    assert here.captured(code, "r4", 100, outlet=SHOP_2)["owed_fen"] == 100


def test_authorising_refuses_like_a_capture(here: Market) -> None:
    item = here.voucher("C05")
    assert here.desk.authorise(here.till(WARD), item, "a0").result["remaining_uses"] == 1
    assert said(here.desk.authorise(here.till(), item, "a1")) == "wrong_partner"
    assert said(here.desk.authorise(here.till(OutletId("YY09")), item, "a2")) == "outlet_unknown"
    assert said(here.desk.authorise(here.till(), next(wrong_codes()), "a3")) == "voucher_unknown"


def test_an_outlet_speaks_for_its_own_partner_only(here: Market) -> None:
    code = here.voucher()
    stranger = replace(here.till(), partner_id=PartnerId("YY"))
    assert said(here.desk.capture(stranger, code, "r1", 100)) == "outlet_unknown"
    assert said(here.capture(code, "r1", 100, outlet=OutletId("YF99"))) == "outlet_unknown"


def test_an_outlet_with_operators_accepts_only_those(here: Market) -> None:
    code = here.voucher()
    clerk = AddOperator(**here.named(outlet_id=SHOP, operator_id="07", set_up_hash="x"))
    here.town.done(clerk)
    again = replace(clerk, operation_id=here.town.operation())
    assert here.town.refused(again) == "operator_exists"
    lost = replace(again, operation_id=here.town.operation(), outlet_id=OutletId("YF99"))
    assert here.town.refused(lost) == "outlet_unknown"
    assert said(here.capture(code, "r1", 100)) == "operator_session_needed"
    assert said(here.capture(code, "r1", 100, operator="07")) == "operator_session_needed"
    assert said(here.capture(code, "r2", 100, operator="08", proven=True)) == "operator_unknown"
    assert here.captured(code, "r2", 100, operator="07", proven=True)


def test_unknown_foreign_and_wrong_links_sound_alike(here: Market) -> None:
    code = here.voucher()
    unknown = here.capture(next(wrong_codes()), "r1", 100)
    foreign = here.desk.capture(replace(here.till(), association_id="elsewhere"), code, "r1", 100)
    links = here.desk.look_up(here.till(), code)
    assert isinstance(links, Links)
    forged = here.town.submit(
        capture.Capture(
            **here.named(
                operation_id=capture.capture_operation(PHARMACY, "r9"),
                partner_id=PHARMACY,
                outlet_id=SHOP,
                request_no="r9",
                links=replace(links, member_id="somebody"),
                amount_fen=100,
            )
        )
    )
    assert {said(each) for each in (unknown, forged)} == {"voucher_unknown"}
    assert said(foreign) == "outlet_unknown"  # there, whatever is presented


def test_a_capture_is_named_by_the_request_number(here: Market) -> None:
    links = here.desk.look_up(here.till(), here.voucher())
    assert isinstance(links, Links)
    with pytest.raises(BrokenInvariant):
        capture.Capture(
            **here.named(partner_id=PHARMACY, outlet_id=SHOP, request_no="r9", links=links)
        )


def test_digits_find_the_same_voucher(here: Market) -> None:
    done = here.town.done(here.redemption(here.member(100), "C12"))
    shown = civic_context().codes.codes(HERE, done["voucher_id"]).shown()
    links = here.desk.look_up(here.till(), shown["digits"])
    assert links == here.desk.look_up(here.till(), f" {shown['code'].lower()} ")
    assert isinstance(links, Links)
    assert links.voucher_id == done["voucher_id"]


def test_a_device_that_guesses_is_stopped_after_five(here: Market) -> None:
    code, wrong = here.voucher(), wrong_codes()
    for number in range(5):
        assert said(here.capture(next(wrong), f"g{number}", 100)) == "voucher_unknown"
    closed = here.capture(code, "r1", 100)
    assert said(closed) == "too_many_attempts"
    assert closed.refusal is not None
    assert closed.refusal.details() == {"until": "2026-03-02T04:10:00+00:00"}
    assert here.captured(code, "r2", 100, device="till-2")
    here.clock.advance(timedelta(minutes=10))
    assert here.captured(code, "r1", 100)


def test_an_outlet_that_guesses_on_many_devices_is_stopped_after_fifty(here: Market) -> None:
    code, wrong = here.voucher(), wrong_codes()
    for number in range(50):
        here.capture(next(wrong), f"g{number}", 100, device=f"till-{number}")
    assert said(here.capture(code, "r1", 100, device="fresh")) == "too_many_attempts"
    assert here.captured(code, "r2", 100, outlet=SHOP_2)
    here.clock.advance(timedelta(hours=1))
    assert here.captured(code, "r1", 100, device="fresh")


def test_mistyped_codes_are_not_counted(here: Market) -> None:
    code = here.voucher()
    other = "0" if code[0] != "0" else "1"
    for number in range(8):
        assert said(here.capture(other + code[1:], f"g{number}", 100)) == "code_mistyped"
    assert here.captured(code, "r1", 100)


def test_a_void_gives_everything_back(here: Market) -> None:
    member, before = here.member(200), here.pool()
    code = here.code(here.town.done(here.redemption(member, "C05")))
    held = here.pool()
    here.captured(code, "r1", outlet=WARD)
    void = here.desk.void(here.till(WARD), "r1", "v1")
    assert void.result["owed_fen"] == -4000
    assert here.pool() == held
    assert (here.balance(member).available, here.balance(member).held) == (0, 200)
    found = here.desk.find_capture(here.till(WARD), "r1")
    assert found is not None
    assert found.voided
    assert here.desk.void(here.till(WARD), "r1", "v1").replayed
    assert said(here.desk.void(here.till(WARD), "r1", "v2")) == "already_voided"
    assert here.captured(code, "r2", outlet=WARD)["state"] == "captured"
    assert here.pool().spent == before.spent + 4000


def test_a_part_is_voided_while_others_stay(here: Market) -> None:
    code = here.voucher()
    for number, fen in enumerate((333, 667)):
        here.captured(code, f"r{number}", fen)
    here.desk.void(here.till(), "r0", "v1")
    assert here.captured(code, "r2", 1333)["state"] == "captured"
    assert here.pool().spent == 2000


def test_a_void_sets_aside_again_what_would_not_have_been_spent(here: Market) -> None:
    member, early = here.member(), here.clock.now() + timedelta(days=30)
    here.give(member, 50, expires_at=early)
    here.give(member, 50)
    code = here.code(here.town.done(here.redemption(member, "C12")))
    for number in ("r1", "r2"):
        here.captured(code, number, 1000)
    assert here.desk.void(here.till(), "r2", "v1").result["points"] == 50
    here.clock.advance(timedelta(days=91))
    expire_vouchers(here.engine, HERE)
    # The first capture spent what would have expired: what comes back needs no grace, and stays.
    here.clock.advance(civic_context().grace)
    assert here.balance(member).available == 50


def test_a_void_is_for_the_same_day(here: Market) -> None:
    here.clock.set(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    here.captured(here.voucher(), "r1", 100)
    here.clock.advance(timedelta(minutes=2))
    assert said(here.desk.void(here.till(), "r1", "v1")) == "void_too_late"


def test_a_voucher_is_voided_three_times_at_most(here: Market) -> None:
    code = here.voucher()
    for number in range(3):
        here.captured(code, f"r{number}", 2000)
        assert here.desk.void(here.till(), f"r{number}", f"v{number}").refusal is None
    here.captured(code, "r3", 2000)
    assert said(here.desk.void(here.till(), "r3", "v3")) == "void_limit_reached"


def test_only_what_was_captured_can_be_voided(here: Market) -> None:
    here.captured(here.voucher(), "r1", 100)
    assert said(here.desk.void(here.till(), "r9", "v1")) == "capture_unknown"
    assert said(here.desk.void(here.till(WARD), "r1", "v1")) == "capture_unknown"
    assert said(here.desk.void(here.till(OutletId("YF99")), "r1", "v1")) == "outlet_unknown"


def test_an_expired_voucher_gives_back_what_is_left(here: Market) -> None:
    member, before = here.member(100), here.pool()
    done = here.town.done(here.redemption(member, "C12"))
    here.captured(here.code(done), "r1", 500)
    here.clock.set(datetime(2026, 5, 31, 16, tzinfo=UTC))
    [outcome] = expire_vouchers(here.engine, HERE)
    assert outcome.result["released_points"] == 75
    assert expire_vouchers(here.engine, HERE) == []
    balance, pool = here.balance(member), here.pool()
    assert (balance.available, balance.held) == (75, 0)
    assert (pool.reserved, pool.spent) == (before.reserved, before.spent + 500)
    with reading(here.engine.database, HERE) as connection:
        held = find_voucher(connection, HERE, done["voucher_id"])
    assert held is not None
    assert held.state is State.EXPIRED
    assert said(here.capture(here.code(done), "r2", 100)) == "voucher_expired"


def test_an_unused_voucher_gives_its_piece_back(here: Market) -> None:
    done = here.town.done(here.redemption(here.member(100), "C12"))
    with reading(here.engine.database, HERE) as connection:
        held = find_voucher(connection, HERE, done["voucher_id"])
        assert held is not None
        assert held.shown_state(here.clock.now()) is State.ISSUED
        assert held.shown_state(here.clock.now() + timedelta(days=91)) is State.EXPIRED
        assert find_voucher(connection, HERE, VoucherId("none")) is None
    here.clock.advance(timedelta(days=91))
    expire_vouchers(here.engine, HERE)
    with reading(here.engine.database, HERE) as connection:
        taken = connection.exec_driver_sql(
            "SELECT reserved, issued FROM stock WHERE bucket = 'total'"
        ).all()
    assert [tuple(row) for row in taken] == [(0, 0)]


def test_points_whose_lot_expired_meanwhile_come_back_with_grace(here: Market) -> None:
    member = here.member()
    here.give(member, 100, expires_at=here.clock.now() + timedelta(days=30))
    here.town.done(here.redemption(member, "C12"))
    here.clock.advance(timedelta(days=91))
    expire_vouchers(here.engine, HERE)
    assert here.balance(member).available == 100
    here.clock.advance(civic_context().grace)
    assert here.balance(member).available == 0


def test_a_voucher_that_is_still_good_does_not_expire(here: Market) -> None:
    links = here.desk.look_up(here.till(), here.voucher())
    assert isinstance(links, Links)
    early = ExpireVoucher(**here.named(links=links))
    assert here.town.refused(early) == "voucher_not_due"
    lost = replace(early, operation_id=OperationId("x"), links=replace(links, voucher_id="none"))
    assert here.town.refused(lost) == "voucher_unknown"


def test_a_capture_of_an_expired_voucher_stays(here: Market) -> None:
    here.clock.set(datetime(2026, 3, 2, 15, tzinfo=UTC))
    code = here.voucher("C01", wallet=0)  # valid to the end of tomorrow
    amount = here.voucher()
    here.clock.advance(timedelta(days=90))
    here.captured(amount, "r1", 100)
    assert isinstance(here.desk.look_up(here.till(), code), Links)
    here.clock.advance(timedelta(minutes=59))
    assert here.desk.void(here.till(), "r1", "v0").refusal is None
    here.captured(amount, "r2", 100)
    here.clock.advance(timedelta(minutes=1))
    expire_vouchers(here.engine, HERE)
    assert isinstance(here.desk.void(here.till(), "r2", "v1").refusal, Refusal)


def test_a_void_needs_the_money_that_the_last_capture_had_freed(here: Market) -> None:
    republish(here, C05={"tariff_fen": {"default": 9000, HOSPITAL: 1000}})
    code = here.voucher("C05")
    here.captured(code, "r1", outlet=WARD)
    assert here.pool().spent == 1000
    rest = here.pool().free - 100
    republish(here, C05={"tariff_fen": {"default": rest}})
    here.voucher("C05")
    assert said(here.desk.void(here.till(WARD), "r1", "v1")) == "pool_exhausted"
    assert here.desk.authorise(here.till(OutletId("YF77")), code, "a1").refusal is not None


def test_a_void_needs_the_money_that_its_capture_had_spent(here: Market) -> None:
    here.captured(here.voucher(), "r1", 500)
    named = here.named(partner_id=PHARMACY, programme="health", reason="多结")
    here.town.done(CorrectStatement(**named, amount_fen=Fen(-100)))
    assert said(here.desk.void(here.till(), "r1", "v1")) == "pool_exhausted"
    here.captured(here.voucher(), "r2", 100)
    assert here.desk.void(here.till(), "r1", "v2").refusal is None
    assert here.pool().spent == 0


def test_what_was_forged_about_a_capture_is_refused(here: Market) -> None:
    codes = [here.voucher(), here.voucher()]
    for number, code in enumerate(codes):
        here.captured(code, f"r{number}", 100)
    found = here.desk.find_capture(here.till(), "r0")
    assert found is not None
    named = {"partner_id": PHARMACY, "outlet_id": SHOP, "links": found.links}
    assert here.town.refused(void.Void(**here.named(request_no="r1", **named))) == "capture_unknown"
    named["links"] = replace(found.links, voucher_id=VoucherId("none"))
    assert here.town.refused(void.Void(**here.named(request_no="r0", **named))) == "capture_unknown"
    asked = authorise.Authorise(**here.named(**named))
    assert here.town.refused(asked) == "voucher_unknown"
