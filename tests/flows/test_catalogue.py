"""The whole catalogue: outlets, periods, tiers, gates, several limits, versions to come, quotes."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points import unit_of_work
from points.catalogue.gates import grants_of
from points.catalogue.model import Limit, Stock, Window
from points.catalogue.shelf import Shelf
from points.catalogue.store import find_version, list_rewards, list_versions, stock_counts
from points.duties.model import RelationKind
from points.flows import declare_relation, stock_catalogue
from points.flows.declare_relation import DeclareRelation
from points.flows.expire_voucher import expire_vouchers
from points.flows.grant import Grant
from points.flows.open_gate import CloseGate, OpenGate
from points.flows.quote import quote
from points.flows.rebuild import rebuild
from points.flows.verify import verify
from points.kernel.amounts import Points
from points.kernel.ids import Actor, MemberId, RewardId
from points.ledger.model import Measure
from points.members.model import MemberKind
from points.vouchers.reads import find_voucher
from tests.flows.market import (
    SHOP,
    SHOP_2,
    WARD,
    Market,
    catalogue,
    market,
    publication,
    republish,
    said,
)
from tests.flows.town import HERE, STAFF

BOTH = {SHOP: 1, SHOP_2: 2}


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url) as it:
        yield it


@pytest.fixture
def both(database_url: str) -> Iterator[Market]:
    """A market on each database, for what the databases themselves have to keep."""
    with market(database_url) as it:
        yield it


def sound(here: Market) -> bool:
    verdict = verify(here.engine, HERE)
    assert verdict.ok, verdict.first_difference
    return True


def codes(here: Market, member: MemberId, reward: str, **more: Any) -> list[str]:
    found = quote(here.engine, here.redemption(member, reward, **more), here.ids)
    assert all(each.mend.zh and each.mend.en for each in found.reasons)
    return [each.refusal.code for each in found.reasons]


def taken(here: Market, reward: str = "C13") -> dict[str, tuple[int, int]]:
    with here.engine.reading(HERE) as connection:
        counts = stock_counts(connection, HERE)
    return {
        bucket: (each.reserved, each.issued)
        for (named, bucket), each in counts.items()
        if named == reward
    }


def test_an_outlets_stock_is_its_own_and_the_voucher_is_good_there_alone(both: Market) -> None:
    here = both
    republish(here, C13={"stock": Stock(total=3, outlets=BOTH), "limits": ()})
    member = here.member(500)
    assert here.town.refused(here.redemption(member, "C13")) == "outlet_needed"
    assert here.town.refused(here.redemption(member, "C13", outlet_id=WARD)) == "outlet_not_offered"
    done = here.town.done(here.redemption(member, "C13", outlet_id=SHOP))
    again = here.redemption(member, "C13", outlet_id=SHOP)
    assert here.town.refused(again) == "out_of_stock"
    assert here.town.done(here.redemption(member, "C13", outlet_id=SHOP_2))
    code = here.code(done)
    elsewhere = here.capture(code, "r1", outlet=SHOP_2)
    assert said(elsewhere) == "wrong_outlet"
    assert elsewhere.refusal is not None
    assert elsewhere.refusal.details() == {"outlet": "YF01店"}
    assert taken(here) == {"total": (2, 0), "@YF01": (1, 0), "@YF02": (1, 0)}
    here.captured(code, "r2", outlet=SHOP)
    assert taken(here) == {"total": (1, 1), "@YF01": (0, 1), "@YF02": (1, 0)}
    assert here.desk.void(here.till(SHOP), "r2", "v1").refusal is None
    assert taken(here)["@YF01"] == (1, 0)
    assert sound(here)


def test_an_outlet_gets_back_what_lapsed_unused_and_a_period_does_not(both: Market) -> None:
    here = both
    republish(here, C13={"stock": Stock(per_month=1, outlets={SHOP: 1}), "valid_days": 1})
    member = here.member(500)
    here.town.done(here.redemption(member, "C13", outlet_id=SHOP))
    assert codes(here, member, "C13", outlet_id=SHOP) == ["out_of_stock", "out_of_stock"]
    here.clock.advance(timedelta(days=3))
    assert len(expire_vouchers(here.engine, HERE)) == 1
    assert taken(here)["@YF01"] == (0, 0)
    assert codes(here, member, "C13", outlet_id=SHOP) == ["out_of_stock"]
    here.clock.set(datetime(2026, 3, 31, 16, tzinfo=UTC))  # midnight of 1 April in Shanghai
    assert codes(here, member, "C13", outlet_id=SHOP) == []
    before = taken(here)
    rebuild(here.engine, HERE)
    assert taken(here) == before
    assert sound(here)


def test_a_week_and_a_month_count_what_was_drawn_before_they_were_limited(here: Market) -> None:
    republish(here, C12={"stock": Stock(total=9), "limits": ()})
    member = here.member(900)
    here.town.done(here.redemption(member, "C12"))
    here.clock.advance(timedelta(days=1))
    here.town.done(here.redemption(member, "C12"))
    republish(here, C12={"stock": Stock(per_week=3, per_month=3), "limits": ()})
    here.town.done(here.redemption(member, "C12"))
    reasons = quote(here.engine, here.redemption(member, "C12"), here.ids).reasons
    assert [getattr(each.refusal, "of", "") for each in reasons] == ["week", "month"]
    week, month = reasons
    # The next Monday and the first of the next month, in Shanghai.
    assert week.mends_at == datetime(2026, 3, 8, 16, tzinfo=UTC)
    assert month.mends_at == datetime(2026, 3, 31, 16, tzinfo=UTC)


def test_the_control_counting_today_alone_is_noticed(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Shelf, "drawn_in", lambda shelf, reward, _: shelf.count(reward, shelf.today).taken
    )
    with pytest.raises(AssertionError):
        test_a_week_and_a_month_count_what_was_drawn_before_they_were_limited(here)


def test_each_of_several_limits_holds_and_says_when_it_ends(here: Market) -> None:
    limits = (
        Limit(per_member=1, window=Window.DAY),
        Limit(per_member=2, window=Window.YEAR),
    )
    republish(here, C12={"limits": limits})
    member = here.member(900)
    here.town.done(here.redemption(member, "C12"))
    [day] = quote(here.engine, here.redemption(member, "C12"), here.ids).reasons
    assert day.mends_at == datetime(2026, 3, 2, 16, tzinfo=UTC)
    here.clock.advance(timedelta(days=1))
    here.town.done(here.redemption(member, "C12"))
    here.clock.advance(timedelta(days=1))
    [year] = quote(here.engine, here.redemption(member, "C12"), here.ids).reasons
    assert (year.refusal.details()["window"], year.mends_at) == (
        "year",
        datetime(2026, 12, 31, 16, tzinfo=UTC),
    )


def rated(here: Market, points: int) -> MemberId:
    member = here.member(200, programme="party", kind=MemberKind.RIDER)
    here.town.done(
        Grant(
            **here.named(
                member_id=member,
                measure=Measure("party", "rating"),
                points=Points(points),
                reason="test",
            )
        )
    )
    return member


def test_who_draws_in_the_batch_of_a_new_version_draws_by_the_one_before(here: Market) -> None:
    republish(here, C12={"stock": Stock(total=9)})
    here.town.done(here.redemption(here.member(100), "C12"))
    here.clock.advance(timedelta(days=1))
    weekly = publication(here, C12={"stock": Stock(total=9, per_week=1)})
    _, drawn = here.engine.submit_many([weekly, here.redemption(here.member(100), "C12")])
    with here.engine.reading(HERE) as connection:
        held = find_voucher(connection, HERE, drawn.result["voucher_id"])
    # By the new one, of whose week only today was loaded, nothing would have been left.
    assert held is not None
    assert held.voucher.reward_version == weekly.version.version - 1
    assert codes(here, here.member(100), "C12") == ["out_of_stock"]
    assert sound(here)


def test_a_star_band_may_draw_and_pays_its_own_price(here: Market) -> None:
    republish(here, C20={"tiers": (3, 4, 5), "tier_prices": {"5": 80}, "limits": ()})
    two, four, five = (rated(here, points) for points in (79, 90, 96))
    [reason] = quote(here.engine, here.redemption(two, "C20", programme="party"), here.ids).reasons
    assert reason.refusal.code == "not_in_tier"
    assert "1" in reason.mend.en
    assert "3" in reason.mend.en
    assert here.town.done(here.redemption(four, "C20", programme="party"))["points"] == 200
    drawn = here.town.done(here.redemption(five, "C20", programme="party"))
    assert drawn["points"] == 80
    assert here.balance(five, "party").held == 80
    assert sound(here)


def opened(here: Market, member: MemberId, reward: str = "C09", **more: Any) -> OpenGate:
    return OpenGate(**here.named(member_id=member, reward_id=RewardId(reward)), **more)


def test_a_gate_that_staff_opened_is_passed_once_by_the_member(both: Market) -> None:
    here = both
    republish(here, C09={"limits": ()})
    member = here.member(1200)
    assert codes(here, member, "C09") == ["gate_closed"]
    granted = here.town.done(opened(here, member))
    assert granted["valid_until"] == "2026-04-01T16:00:00+00:00"
    assert here.town.refused(opened(here, member)) == "gate_open"
    drawn = here.town.done(here.redemption(member, "C09"))
    assert here.town.refused(here.redemption(member, "C09")) == "gate_closed"
    with here.engine.reading(HERE) as connection:
        [found] = grants_of(connection, HERE, member)
    assert found.grant.seen_by == STAFF
    assert found.end is not None
    assert found.end.voucher_id == drawn["voucher_id"]
    assert sound(here)


def test_nobody_opens_a_gate_for_themselves_or_their_own(sqlite_url: str) -> None:
    with market(sqlite_url, {DeclareRelation: declare_relation.DECLARED}) as here:
        own, spouse = here.member(600), here.member(600)
        kin = {"staff": STAFF, "member_id": spouse, "kind": RelationKind.SPOUSE}
        here.town.done(DeclareRelation(**here.named(**kin)))
        assert here.town.refused(opened(here, own, person=own)) == "involved"
        assert here.town.refused(opened(here, spouse, person=own)) == "involved"
        assert codes(here, own, "C09") == codes(here, spouse, "C09") == ["gate_closed"]
        other = replace(opened(here, spouse), actor=Actor("staff:zhang"))
        here.town.done(other)
        here.town.done(opened(here, own))


def test_what_was_seen_for_one_gate_opens_no_other(both: Market) -> None:
    here, member = both, both.member(600)
    here.town.done(opened(here, member))
    republish(here, C09={"gate": "hospital_letter"})
    assert codes(here, member, "C09") == ["gate_closed"]
    assert here.town.done(opened(here, member))["gate"] == "hospital_letter"
    drawn = here.town.done(here.redemption(member, "C09"))
    with here.engine.reading(HERE) as connection:
        ends = {each.grant.gate: each.end for each in grants_of(connection, HERE, member)}
    assert ends["doctor_referral"] is None
    assert ends["hospital_letter"] is not None
    assert ends["hospital_letter"].voucher_id == drawn["voucher_id"]
    assert sound(here)


def test_two_draws_in_one_batch_pass_a_gate_once(here: Market) -> None:
    republish(here, C09={"limits": ()})
    member = here.member(1200)
    here.town.done(opened(here, member))
    first, second = here.engine.submit_many(
        [here.redemption(member, "C09"), here.redemption(member, "C09")]
    )
    assert first.refusal is None
    assert said(second) == "gate_closed"


def test_the_control_a_gate_that_is_not_used_up_is_noticed(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.flows.redeem._pass_gate", lambda *_: None)
    with pytest.raises(AssertionError):
        test_two_draws_in_one_batch_pass_a_gate_once(here)


def test_a_grant_runs_out_and_can_be_taken_back(here: Market) -> None:
    member = here.member(600)
    for days in (0, 91):
        assert here.town.refused(opened(here, member, days=days)) == "gate_days"
    assert here.town.refused(opened(here, member, "C12")) == "gate_missing"
    assert here.town.refused(opened(here, member, "C99")) == "reward_unavailable"
    assert here.town.refused(opened(here, MemberId("nobody"))) == "not_found"
    grant = here.town.done(opened(here, member, days=1))["grant_id"]
    close = CloseGate(**here.named(member_id=member, grant_id=grant))
    other = replace(close, member_id=here.member(), operation_id=here.town.operation())
    assert here.town.refused(other) == "gate_grant_gone"
    here.town.done(close)
    assert codes(here, member, "C09") == ["gate_closed"]
    again = replace(close, operation_id=here.town.operation())
    assert here.town.refused(again) == "gate_grant_gone"
    here.town.done(opened(here, member, days=1))
    here.clock.advance(timedelta(days=2))
    assert here.town.refused(here.redemption(member, "C09")) == "gate_closed"
    assert sound(here)


def test_a_quote_says_every_reason_and_a_redemption_the_first(here: Market) -> None:
    republish(here, C20={"stock": Stock(total=0), "tiers": (5,)})
    member = here.member(100, programme="party")
    wanted = ["not_eligible", "not_in_tier", "out_of_stock", "insufficient_points"]
    assert codes(here, member, "C20", programme="party") == wanted
    assert here.town.refused(here.redemption(member, "C20", programme="party")) == wanted[0]
    found = quote(here.engine, here.redemption(member, "C20", programme="party"), here.ids)
    assert found.missing == 100
    assert "快递员" in found.reasons[0].mend.zh
    assert codes(here, MemberId("nobody"), "C20", programme="party")[0] == "not_enrolled"
    assert codes(here, member, "C04", programme="party") == ["reward_unavailable"]
    assert codes(here, member, "C99") == ["reward_unavailable"]


def test_what_is_shown_but_not_begun_says_when(here: Market) -> None:
    later = datetime(2026, 3, 10).date()  # noqa: DTZ001 - a day
    republish(here, C12={"active_from": later})
    member = here.member(100)
    [reason] = quote(here.engine, here.redemption(member, "C12"), here.ids).reasons
    assert reason.refusal.code == "reward_unavailable"
    assert reason.mends_at == datetime(2026, 3, 9, 16, tzinfo=UTC)
    here.clock.set(reason.mends_at)
    assert here.town.done(here.redemption(member, "C12"))


def test_a_version_begins_at_a_midnight_to_come(both: Market) -> None:
    here = both
    shipped = catalogue()
    begins = datetime(2026, 3, 4, 16, tzinfo=UTC)
    head = replace(shipped.version, version=7, starts_at=begins)
    rewards = tuple(replace(each, version=7, price=each.price * 2) for each in shipped.rewards)
    command = stock_catalogue.StockCatalogue(**here.named(version=head, rewards=rewards))
    here.town.done(command)
    member = here.member(100)
    assert codes(here, member, "C12") == []
    lower = replace(
        command,
        operation_id=here.town.operation(),
        version=replace(head, version=6, starts_at=None),
    )
    assert here.town.refused(lower) == "catalogue_version_outdated"
    past = replace(lower, version=replace(head, version=8, starts_at=begins - timedelta(days=9)))
    past = replace(past, operation_id=here.town.operation())
    assert here.town.refused(past) == "catalogue_not_ahead"
    here.clock.set(begins)
    assert codes(here, member, "C12") == ["insufficient_points"]
    with here.engine.reading(HERE) as connection:
        now = find_version(connection, HERE, begins)
        assert now is not None
        assert now.version == 7
        assert {each.version for each in list_rewards(connection, HERE, begins)} == {7}
        assert [each.version.version for each in list_versions(connection, HERE)] == [7, 1]


def test_a_photo_must_be_kept_before_it_is_shown(here: Market) -> None:
    shipped = catalogue()
    head = replace(shipped.version, version=2)
    rewards = (replace(shipped.rewards[0], version=2, photo="0" * 64),)
    command = stock_catalogue.StockCatalogue(**here.named(version=head, rewards=rewards))
    assert here.town.refused(command) == "photo_missing"


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE stock SET reserved = reserved + 1 WHERE bucket = '@'",
        "DELETE FROM stock WHERE bucket = '@'",
    ],
)
def test_an_outlets_count_that_was_changed_is_named(here: Market, tampering: str) -> None:
    republish(here, C13={"stock": Stock(outlets=BOTH), "limits": ()})
    here.town.done(here.redemption(here.member(500), "C13", outlet_id=SHOP))
    with unit_of_work.writing(here.engine.database, HERE) as connection:
        connection.execute(text(tampering))
    found = verify(here.engine, HERE).first_difference
    assert found is not None
    assert "@YF01" in str(found)
    rebuild(here.engine, HERE)
    assert sound(here)
