"""At the counter: authorisations that go on and are given up, tills, hours, and limits of voids."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from points.flows import capture, declare_holiday, desk, draw_up_statement, look_up, release, void
from points.flows.add_partner import AddOutlet
from points.flows.counter_advice import ADVICE, spoken
from points.flows.operator_standing import AddOperator
from points.flows.table import FLOWS
from points.flows.till_standing import AgreeCounters, RegisterTill, SwitchTill
from points.flows.verify import verify
from points.kernel.errors import Unavailable
from points.kernel.ids import OutletId, PartnerId
from points.partners.counters import OutsideHours
from points.unit_of_work import reading
from points.vouchers.counter_reads import Day, captures_of, find_event, totals_of
from points.vouchers.errors import TooManyAttempts
from tests.flows.market import CANTEEN, PHARMACY, SHOP, SHOP_2, WARD, Market, market, said
from tests.flows.test_redeem_counter import wrong_codes
from tests.flows.town import HERE

EXTRA = {declare_holiday.DeclareHoliday: declare_holiday.FLOW}
NIGHT = datetime(2026, 3, 2, 15, tzinfo=UTC)  # eleven in the evening in Shanghai


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url, EXTRA) as it:
        yield it
        assert verify(it.engine, HERE).first_difference is None


def authorised(here: Market, code: str, key: str = "a1", **till: Any) -> str:
    return str(here.desk.authorise(here.till(**till), code, key).result["authorisation_id"])


def go_on(here: Market, name: str, number: str, fen: int | None = None, **till: Any) -> Any:
    return here.desk.capture(here.till(**till), None, number, fen, authorisation_id=name)


def agree(here: Market, **changes: Any) -> Any:
    usual = {"partner_id": PHARMACY, "hours": OutsideHours.FLAG}
    limits = {"operator_voids_max": 20, "outlet_voids_max": 50}
    return here.engine.submit(AgreeCounters(**here.named(**(usual | limits | changes))))


def register(here: Market, device: str, outlet: OutletId = SHOP, **more: Any) -> Any:
    return here.engine.submit(
        RegisterTill(**here.named(outlet_id=outlet, device_id=device, **more))
    )


def switch(here: Market, device: str, *, active: bool, **more: Any) -> Any:
    named = here.named(outlet_id=SHOP, device_id=device, active=active, **more)
    return here.engine.submit(SwitchTill(**named))


# Authorisations


def test_a_capture_goes_on_with_its_authorisation_at_any_till_of_the_outlet(here: Market) -> None:
    code = here.voucher()
    name = authorised(here, code)
    assert said(go_on(here, name, "r0", 100, outlet=SHOP_2)) == "authorisation_unknown"
    done = go_on(here, name, "r1", 500, device="till-2")
    assert done.refusal is None
    with reading(here.engine.database, HERE) as connection:
        event = find_event(connection, HERE, PHARMACY, done.result["capture_id"])
        assert find_event(connection, HERE, CANTEEN, done.result["capture_id"]) is None
    assert event is not None
    assert (event.authorisation_id, event.device_id, event.parts) == (name, "till-2", 500)
    again = go_on(here, name, "r1", 500, device="till-2")
    assert (again.replayed, again.result) == (True, done.result)
    assert said(go_on(here, name, "r2", 500)) == "authorisation_ended"


def test_an_authorisation_ends_with_its_time(here: Market) -> None:
    code = here.voucher()
    name = authorised(here, code)
    here.clock.advance(timedelta(minutes=3))
    assert said(go_on(here, name, "r1", 100)) == "authorisation_ended"
    assert said(go_on(here, name, "r1", 100)) == "authorisation_ended"  # a refused number stays so
    newer = authorised(here, code, "a2")
    assert said(here.desk.capture(here.till(), code, "r2", 100, authorisation_id=name)) == (
        "authorisation_ended"
    )
    assert here.desk.capture(here.till(), code, "r3", 100, authorisation_id=newer).refusal is None


def test_an_authorisation_is_given_up_once(here: Market) -> None:
    code = here.voucher()
    name = authorised(here, code)
    assert said(here.capture(code, "r1", 100, outlet=SHOP_2)) == "voucher_in_use"
    assert said(here.desk.release(here.till(SHOP_2), name)) == "authorisation_unknown"
    assert said(here.desk.release(here.till(), "0" * 26)) == "authorisation_unknown"
    done = here.desk.release(here.till(), name)
    assert done.result["authorisation_id"] == name
    assert here.desk.release(here.till(), name).replayed
    assert here.captured(code, "r2", 100, outlet=SHOP_2)["owed_fen"] == 100
    assert said(go_on(here, name, "r3", 100)) == "authorisation_ended"


def test_what_was_captured_is_not_given_up(here: Market) -> None:
    code = here.voucher()
    name = authorised(here, code)
    go_on(here, name, "r1", 100)
    assert said(here.desk.release(here.till(), name)) == "authorisation_ended"


def test_a_release_that_asks_nobody_is_noticed(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.vouchers.standing.Standing.in_hand", lambda *_: True)
    name = authorised(here, here.voucher())
    here.clock.advance(timedelta(minutes=3))
    with pytest.raises(AssertionError):
        assert said(go_on(here, name, "r1", 100)) == "authorisation_ended"


def test_a_number_is_not_used_up_at_the_door(here: Market) -> None:
    name = authorised(here, here.voucher())
    here.town.done(AddOperator(**here.named(outlet_id=SHOP, operator_id="07", set_up_hash="x")))
    assert said(go_on(here, name, "r1", 100)) == "operator_session_needed"
    assert go_on(here, name, "r1", 100, operator="07", proven=True).refusal is None


# Tills


def test_where_tills_are_registered_no_other_device_works(here: Market) -> None:
    code = here.voucher()
    assert register(here, "pos-1").refusal is None
    assert said(register(here, "pos-1")) == "till_exists"
    assert said(register(here, "张三")) == "till_invalid"
    assert said(register(here, "pos-1", OutletId("XX"))) == "outlet_unknown"
    assert said(register(here, "pos-9", firm=CANTEEN)) == "outlet_unknown"
    assert said(here.capture(code, "r1", 100)) == "till_unknown"
    assert here.captured(code, "r1", 100, device="pos-1")["owed_fen"] == 100
    assert here.captured(code, "r2", 100, outlet=SHOP_2)["owed_fen"] == 100
    assert said(here.desk.void(here.till(), "r1", "v1")) == "till_unknown"
    assert switch(here, "pos-1", active=False).refusal is None
    assert said(switch(here, "pos-1", active=False)) == "till_unchanged"
    assert said(switch(here, "pos-2", active=False)) == "not_found"
    assert said(switch(here, "pos-1", active=True, firm=CANTEEN)) == "outlet_unknown"
    assert said(here.capture(code, "r3", 100, device="pos-1")) == "till_unknown"
    assert switch(here, "pos-1", active=True, firm=PHARMACY).refusal is None
    assert here.captured(code, "r4", 100, device="pos-1")["owed_fen"] == 100


def test_browsers_are_one_kind_of_till(here: Market) -> None:
    code = here.voucher()
    register(here, "pos-1")
    assert said(here.capture(code, "r1", 100, device="web-session")) == "till_unknown"
    register(here, "web")
    assert here.captured(code, "r1", 100, device="web-session")["owed_fen"] == 100


def test_no_guess_is_made_at_a_device_that_is_no_till(here: Market) -> None:
    register(here, "pos-1")
    for code, _ in zip(wrong_codes(), range(9), strict=False):
        assert said(here.desk.authorise(here.till(), code, "k")) == "till_unknown"
    for code, _ in zip(wrong_codes(), range(5), strict=False):
        assert said(here.desk.authorise(here.till(device="pos-1"), code, "k")) == "voucher_unknown"
    assert said(here.capture(here.voucher(), "r1", 100, device="pos-1")) == "too_many_attempts"


def test_where_the_guard_cannot_be_read_nobody_hears_of_a_voucher(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = here.voucher()

    def away(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("the guard is away"))

    with monkeypatch.context() as patched:
        patched.setattr("points.vouchers.store._lock_guards", away)
        for _ in range(2):
            with pytest.raises(Unavailable):
                here.capture(code, "r1", 100)
            with pytest.raises(Unavailable):
                here.desk.authorise(here.till(), code, "a1")
    assert here.captured(code, "r1", 100)["owed_fen"] == 100


def test_a_guard_that_opens_when_it_cannot_be_read_would_be_noticed(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.vouchers.store._lock_guards", lambda *_: None)
    with pytest.raises(pytest.fail.Exception), pytest.raises(Unavailable):
        here.capture(here.voucher(), "r1", 100)


# Opening hours


def opened(here: Market, hours: str) -> OutletId:
    shop = OutletId("YF09")
    named = here.named(partner_id=PHARMACY, outlet_id=shop, name="九店", opening_hours=hours)
    here.town.done(AddOutlet(**named))
    return shop


def flagged(here: Market, outlet: OutletId, number: str) -> bool:
    name = here.captured(here.voucher(), number, 100, outlet=outlet)["capture_id"]
    with reading(here.engine.database, HERE) as connection:
        event = find_event(connection, HERE, PHARMACY, name)
    assert event is not None
    return event.outside_hours


def test_outside_hours_is_flagged_refused_or_allowed_as_the_partner_wants(here: Market) -> None:
    shop = opened(here, "8:00-21:00")
    assert not flagged(here, shop, "r1")
    here.clock.set(NIGHT)
    assert flagged(here, shop, "r2")
    assert not flagged(here, SHOP, "r3")  # nobody said when it is open
    agree(here, hours=OutsideHours.REFUSE)
    code = here.voucher()
    assert said(here.capture(code, "r4", 100, outlet=shop)) == "outlet_closed"
    assert said(here.desk.authorise(here.till(shop), code, "a")) == "outlet_closed"
    assert said(agree(here, hours=OutsideHours.REFUSE)) == "counter_policy_unchanged"
    agree(here, hours=OutsideHours.ALLOW)
    assert not flagged(here, shop, "r5")
    assert said(agree(here, partner_id=PartnerId("XX"))) == "partner_unknown"


def test_hours_go_by_the_associations_own_calendar(here: Market) -> None:
    shop = opened(here, "工作日 8:00-21:00")
    day = here.clock.now().date()
    assert not flagged(here, shop, "r1")
    here.town.done(declare_holiday.DeclareHoliday(**here.named(day=day, kind="off", title="店庆")))
    assert flagged(here, shop, "r2")


def test_hours_by_another_clock_would_be_noticed(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: by universal time, noon in Shanghai is four in the morning."""
    monkeypatch.setattr(desk, "ZoneInfo", lambda _: UTC)
    with pytest.raises(AssertionError):
        assert not flagged(here, opened(here, "8:00-21:00"), "r1")


# Voids


def spent(here: Market, number: str, **till: Any) -> None:
    here.captured(here.voucher(), number, 100, **till)


def test_voids_of_a_day_are_limited_by_operator_and_outlet(here: Market) -> None:
    agree(here, operator_voids_max=2, outlet_voids_max=3)
    for number in range(6):
        spent(here, f"r{number}")
    first, second = here.till(operator="07"), here.till(operator="08")
    assert here.desk.void(first, "r0", "v0").refusal is None
    assert here.desk.void(first, "r1", "v1").refusal is None
    assert said(here.desk.void(first, "r2", "v2")) == "voids_of_day_reached"
    assert here.desk.void(first, "r1", "v1").replayed
    assert here.desk.void(second, "r2", "v3").refusal is None
    assert said(here.desk.void(second, "r3", "v4")) == "voids_of_day_reached"
    spent(here, "q0", outlet=SHOP_2)
    assert here.desk.void(here.till(SHOP_2), "q0", "v5").refusal is None
    here.clock.advance(timedelta(days=1))
    spent(here, "r9")
    assert here.desk.void(first, "r9", "v9").refusal is None


def test_an_outlet_takes_back_its_own_alone(here: Market) -> None:
    spent(here, "r1")
    other = here.till(SHOP_2)
    assert said(here.desk.void(other, "r1", "v1")) == "capture_unknown"
    found = here.desk.find_capture(other, "r1")
    assert found is not None
    # Whoever knows the links already is told the same: the flow itself decides it.
    command = void.Void(
        association_id=HERE,
        operation_id=void.void_operation(PHARMACY, "v2"),
        actor=other.actor,
        partner_id=PHARMACY,
        outlet_id=SHOP_2,
        device_id=other.device_id,
        request_no="r1",
        links=found.links,
    )
    assert said(here.engine.submit(command)) == "capture_unknown"
    assert here.desk.void(here.till(), "r1", "v1").refusal is None


def test_voids_within_one_batch_count_too(here: Market) -> None:
    agree(here, outlet_voids_max=1)
    for number in range(3):
        spent(here, f"r{number}")
    commands = []
    for number in range(3):
        found = here.desk.find_capture(here.till(), f"r{number}")
        assert found is not None
        operation = void.void_operation(PHARMACY, f"v{number}")
        at = here.named(operation_id=operation, partner_id=PHARMACY, outlet_id=SHOP)
        commands.append(void.Void(**at, request_no=f"r{number}", links=found.links))
    refused = [each.refusal is not None for each in here.engine.submit_many(commands)]
    assert refused == [False, True, True]


def test_nothing_is_taken_back_from_a_closed_period(here: Market) -> None:
    """A period that was closed, by another clock, on the very day of the capture."""
    spent(here, "r1")
    here.clock.advance(timedelta(days=31))
    closing = draw_up_statement.prepare(
        here.engine,
        HERE,
        here.named()["operation_id"],
        here.named()["actor"],
        PHARMACY,
        here.clock.now().date() - timedelta(days=31),
    )
    assert here.engine.submit(closing).refusal is None  # type: ignore[arg-type]
    here.clock.advance(timedelta(days=-31))
    assert said(here.desk.void(here.till(), "r1", "v1")) == "void_after_close"


# What is looked up, and the day


def test_a_number_that_was_refused_stays_refused_and_is_said_again(here: Market) -> None:
    code = here.voucher("C05")
    here.captured(code, "r1", outlet=WARD)
    assert said(here.capture(code, "r2", outlet=WARD)) == "already_captured"
    here.desk.void(here.till(WARD), "r1", "v1")
    assert said(here.capture(code, "r2", outlet=WARD)) == "already_captured"
    found = here.desk.answered(here.till(WARD), capture.capture_operation(PartnerId("YY"), "r2"))
    assert found is not None
    assert (said(found), found.replayed) == ("already_captured", True)
    assert here.desk.answered(here.till(WARD), capture.capture_operation(PHARMACY, "r2")) is None


def test_a_day_is_listed_with_its_sums(here: Market) -> None:
    here.clock.set(datetime(2026, 3, 2, 15, 59, tzinfo=UTC))
    spent(here, "r1")
    spent(here, "r2", outlet=SHOP_2)
    here.desk.void(here.till(), "r1", "v1")
    here.clock.advance(timedelta(minutes=1))  # midnight in Shanghai
    spent(here, "r3")
    ends = here.clock.now()
    day = Day(partner_id=PHARMACY, begins=ends - timedelta(days=1), ends=ends)
    shop = replace(day, outlet_id=SHOP)
    with reading(here.engine.database, HERE) as connection:
        rows = captures_of(connection, HERE, day)
        assert [(each.event.request_no, each.voided) for each in rows] == [
            ("r1", True),
            ("r2", False),
        ]
        rest = captures_of(connection, HERE, day, after=rows[0].event.event_id, most=1)
        assert [each.event.request_no for each in rest] == ["r2"]
        assert [e.event.request_no for e in captures_of(connection, HERE, shop)] == ["r1"]
        whole, own = totals_of(connection, HERE, day), totals_of(connection, HERE, shop)
    assert (whole.captures, whole.captured_fen, whole.voids, whole.net_fen) == (2, 200, 1, 100)
    assert (own.captures, own.voided_fen, own.net_fen) == (1, 100, 0)


def test_a_day_from_before_codes_could_be_replaced_is_listed(sqlite_url: str) -> None:
    with market(sqlite_url, EXTRA) as here:
        code = here.voucher()
        here.captured(code, "r1", 100)
        with closing(sqlite3.connect(sqlite_url.partition("///")[2])) as owner, owner:
            owner.execute("DROP TRIGGER voucher_event_refuses_update")
            owner.execute("UPDATE voucher_event SET last4 = ''")
        now = here.clock.now()
        day = Day(partner_id=PHARMACY, begins=now, ends=now + timedelta(days=1))
        with reading(here.engine.database, HERE) as connection:
            [row] = captures_of(connection, HERE, day)
        assert row.last4 == code[-5:-1]  # without the check character


# The fixed list


def test_what_a_clerk_reads_out_is_no_data() -> None:
    until = TooManyAttempts(until="2026-03-02T04:05:06+00:00").text("zh")
    assert spoken(until) == "无效券码尝试过多，请于 2026年3月2日12:05 后再试"
    assert spoken("余额 2905 分（人民币）") == "余额 29.05 元"


def test_every_flow_of_the_counter_is_known() -> None:
    kinds = {look_up.LookUp, capture.Capture, release.Release, void.Void}
    assert kinds <= set(FLOWS)
    assert all(each.zh and each.en for each in ADVICE.values())
