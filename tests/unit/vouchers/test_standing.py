"""A voucher's standing: parts, points and refusals, without a database."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.amounts import Fen, Points
from points.kernel.errors import BrokenInvariant, Refusal
from points.kernel.ids import (
    Actor,
    HoldId,
    MemberId,
    OperationId,
    OutletId,
    PartnerId,
    RewardId,
    VoucherId,
)
from points.vouchers.drawer import Guard
from points.vouchers.model import Counter, Event, EventKind, Failure, Kind, State, Terms, Voucher
from points.vouchers.standing import Portion, Reservation, Standing

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)
COUNTER = Counter(
    partner_id=PartnerId("YF"),
    outlet_id=OutletId("YF01"),
    outlet_name="一店",
    category="pharmacy",
    operator_id="",
)


def standing(kind: Kind = Kind.AMOUNT, *, price: int = 100, whole: int = 2000) -> Standing:
    amount = kind is Kind.AMOUNT
    terms = Terms(
        kind=kind,
        price=Points(price),
        amount_fen=Fen(whole if amount else 0),
        uses=1 if amount else whole,
        tariff_fen={} if amount else {"default": 5, "pharmacy": 7, "YF": 9},
        tariff_is_face=amount,
        reserved_fen=Fen(whole if amount else 9 * whole),
        partners=("pharmacy",),
        title_zh="券",
        title_en="voucher",
    )
    voucher = Voucher(
        voucher_id=VoucherId("v"),
        member_id=MemberId("m"),
        reward_id=RewardId("C12"),
        reward_version=1,
        programme="health",
        hold_id=HoldId("h") if price else None,
        terms=terms,
        last4="0000",
        valid_from=NOW,
        valid_until=NOW + timedelta(days=1),
        operation_id=OperationId("o"),
        actor=Actor("member:m"),
    )
    return Standing(voucher=voucher)


def event(kind: EventKind, to: Standing, **more: Any) -> Event:
    return Event(
        **{
            "event_id": f"e{to.version + 1}",
            "voucher_id": to.voucher.voucher_id,
            "version": to.version + 1,
            "kind": kind,
            "booked_at": NOW,
            "recorded_at": NOW,
            "operation_id": OperationId("o"),
            "actor": Actor("outlet:YF01"),
        }
        | more
    )


def capture(to: Standing, fen: int | None) -> Event:
    portion = to.portion(COUNTER, fen)
    assert isinstance(portion, Portion), portion
    done = event(
        EventKind.CAPTURED,
        to,
        request_no=f"r{to.version}",
        parts=portion.parts,
        points=portion.points,
        cost_fen=portion.cost_fen,
    )
    to.apply(done, "一店")
    return done


def void(to: Standing, what: Event) -> None:
    more = {"parts": what.parts, "points": what.points, "cost_fen": what.cost_fen}
    to.apply(event(EventKind.VOIDED, to, undoes=what.event_id, **more))


@given(
    price=st.integers(0, 1000),
    whole=st.integers(1, 5000),
    steps=st.lists(st.tuples(st.booleans(), st.integers(1, 5000)), max_size=30),
)
def test_parts_add_up_to_the_price_whatever_is_voided(
    price: int, whole: int, steps: list[tuple[bool, int]]
) -> None:
    to, done = standing(price=price, whole=whole), []
    for back, size in steps:
        if back and done:
            void(to, done.pop(size % len(done)))
        elif not back and to.remaining_parts:
            done.append(capture(to, min(size, to.remaining_parts)))
        assert 0 <= to.captured_points <= price
        assert to.cost_fen == to.captured_parts
        assert to.captured_points == sum(each.points for each in done)
    if to.remaining_parts:
        capture(to, to.remaining_parts)
    assert (to.state, to.captured_points, to.captured_parts) == (State.CAPTURED, price, whole)


def test_without_the_running_sum_parts_would_not_add_up() -> None:
    # The control: each part rounded for itself loses points.
    assert sum(100 * 333 // 999 for _ in range(3)) == 99
    to = standing(price=100, whole=999)
    assert [capture(to, 333).points for _ in range(3)] == [33, 33, 34]


def test_the_narrowest_tariff_is_paid() -> None:
    card = standing(Kind.COUNT, whole=3)
    assert capture(card, None).cost_fen == 9
    terms = card.voucher.terms
    assert terms.cost_fen(PartnerId("XX"), "pharmacy", 1) == 7
    assert terms.cost_fen(PartnerId("XX"), "hospital", 1) == 5
    assert replace(terms, tariff_fen={}).cost_fen(PartnerId("XX"), "hospital", 1) == 0


def test_money_promised_is_what_is_left_until_it_closes() -> None:
    card = standing(Kind.COUNT, whole=2)
    assert card.reserved_fen == 18
    capture(card, None)
    assert card.reserved_fen == 9
    capture(card, None)
    assert card.reserved_fen == 0


def test_events_follow_without_a_gap() -> None:
    to = standing()
    with pytest.raises(BrokenInvariant, match="without a gap"):
        to.apply(event(EventKind.EXPIRED, to, version=2))


@pytest.mark.parametrize("kind", [EventKind.CAPTURED, EventKind.VOIDED, EventKind.EXPIRED])
def test_what_is_closed_stays_closed(kind: EventKind) -> None:
    to = standing()
    to.apply(event(EventKind.EXPIRED, to))
    more = {
        EventKind.CAPTURED: {"request_no": "r", "parts": 1},
        EventKind.VOIDED: {"undoes": "e1"},
        EventKind.EXPIRED: {},
    }
    with pytest.raises(BrokenInvariant):
        to.apply(event(kind, to, **more[kind]))


@pytest.mark.parametrize(
    ("kind", "more", "promise"),
    [
        (EventKind.CAPTURED, {"request_no": "r", "parts": 2001}, "exceed the voucher"),
        (EventKind.CAPTURED, {"request_no": "r", "parts": 1, "points": 101}, "exceed the held"),
        (EventKind.CAPTURED, {"request_no": "r", "parts": 2000, "points": 99}, "takes the rest"),
        (EventKind.VOIDED, {"undoes": "e0", "parts": 1}, "gives back"),
    ],
)
def test_captures_never_exceed_the_voucher_or_the_hold(
    kind: EventKind, more: dict[str, Any], promise: str
) -> None:
    to = standing()
    with pytest.raises(BrokenInvariant, match=promise):
        to.apply(event(kind, to, **more))


def test_a_voucher_and_its_events_check_themselves() -> None:
    to = standing()
    with pytest.raises(BrokenInvariant):
        event(EventKind.CAPTURED, to)
    with pytest.raises(BrokenInvariant):
        event(EventKind.VOIDED, to)
    with pytest.raises(BrokenInvariant):
        event(EventKind.EXPIRED, to, points=Points(-1))
    with pytest.raises(BrokenInvariant):
        replace(to.voucher, hold_id=None)
    with pytest.raises(BrokenInvariant):
        replace(to.voucher, valid_until=NOW)


def test_a_foreign_counter_learns_nothing() -> None:
    to = standing()
    capture(to, 2000)
    refusal = to.refuses(replace(COUNTER, category="merchant"), NOW)
    assert isinstance(refusal, Refusal)
    assert refusal.details() == {}


def failures(*minutes_ago: int, device: str = "till") -> Guard:
    return Guard(
        outlet_id=OutletId("YF01"),
        failures=[
            Failure(
                attempt_id=str(ago),
                outlet_id=OutletId("YF01"),
                device_id=device,
                attempted_at=NOW - timedelta(minutes=ago),
            )
            for ago in minutes_ago
        ],
    )


@pytest.mark.parametrize(
    ("ago", "until"),
    [
        ((), None),
        ((1, 2, 3, 4), None),
        ((1, 2, 3, 4, 10), None),
        ((1, 2, 3, 4, 9), 1),
        ((9, 9, 1, 1, 1, 1), 1),
        ((5, 4, 3, 2, 1, 0), 6),
    ],
)
def test_a_guard_opens_when_few_enough_failures_are_recent(
    ago: tuple[int, ...], until: int | None
) -> None:
    closed = failures(*ago).closed_until("till", NOW)
    assert closed == (None if until is None else NOW + timedelta(minutes=until))
    assert failures(*ago).closed_until("other", NOW) is None


def test_a_voucher_of_one_outlet_names_it_elsewhere() -> None:
    bound = standing()
    terms = replace(bound.voucher.terms, outlet_id=OutletId("YF02"), outlet_name="二店")
    bound = Standing(voucher=replace(bound.voucher, terms=terms))
    refused = bound.refuses(COUNTER, NOW)
    assert refused is not None
    assert (refused.code, refused.details()) == ("wrong_outlet", {"outlet": "二店"})
    there = replace(COUNTER, outlet_id=OutletId("YF02"), outlet_name="二店")
    assert bound.refuses(there, NOW) is None
    foreign = replace(COUNTER, category="hospital")
    told = bound.refuses(foreign, NOW)
    assert told is not None
    assert told.code == "wrong_partner"


def test_a_token_keeps_a_voucher_for_one_outlet_until_it_ends_or_is_brought_back() -> None:
    kept, hour = standing(), timedelta(hours=1)
    assert kept.busy_until(NOW) is None
    assert not kept.awaits_token(NOW)
    kept.reserve(
        Reservation(
            token_id="t",
            outlet_id=OutletId("YF02"),
            until=NOW + hour,
            settles_until=NOW + 2 * hour,
        )
    )
    assert kept.touched
    refused = kept.refuses(COUNTER, NOW)
    assert refused is not None
    assert refused.code == "voucher_in_use"
    assert kept.refuses(replace(COUNTER, outlet_id=OutletId("YF02")), NOW) is None
    assert kept.refuses(COUNTER, NOW + hour) is None
    kept.authorised_until = NOW + timedelta(minutes=3)
    assert kept.busy_until(NOW) == NOW + 2 * hour
    assert kept.busy_until(NOW + 2 * hour) is None
    assert kept.awaits_token(NOW + hour)
    assert not kept.awaits_token(NOW + 2 * hour)
    kept.settle("another")
    assert kept.reserved is not None
    kept.settle("t")
    assert kept.reserved is None
