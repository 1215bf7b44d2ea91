"""Redeeming checks everything, holds the points and promises stock and money, or does nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from points.catalogue.model import Limit, Source, Stock, Window
from points.catalogue.store import list_rewards, stock_taken
from points.flows import freeze, fund
from points.flows.quote import quote
from points.kernel.amounts import Fen
from points.kernel.ids import MemberId
from points.members.model import MemberKind
from points.schema import metadata
from points.unit_of_work import reading
from points.vouchers.model import State
from points.vouchers.reads import find_voucher, vouchers_of
from tests.flows.market import Market, catalogue, market, republish, said
from tests.flows.town import HERE, civic_context


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url) as it:
        yield it


def test_points_are_held_and_money_is_promised(here: Market) -> None:
    member, before = here.member(250), here.pool()
    done = here.town.done(here.redemption(member, "C12"))
    assert done["points"] == 100
    assert done["valid_until"] == "2026-05-31T16:00:00+00:00"  # the end of 31 May in Shanghai
    balance, pool = here.balance(member), here.pool()
    assert (balance.available, balance.held) == (150, 100)
    assert (pool.reserved - before.reserved, before.free - pool.free) == (2000, 2000)
    with reading(here.engine.database, HERE) as connection:
        [held] = vouchers_of(connection, HERE, member)
        assert held == find_voucher(connection, HERE, done["voucher_id"])
    assert (held.state, held.remaining_parts) == (State.ISSUED, 2000)


def test_what_is_free_holds_nothing_and_costs_nothing(here: Market) -> None:
    member, before = here.member(), here.pool()
    done = here.town.done(here.redemption(member, "C02"))
    assert (done["points"], done["hold_id"], done["transaction_id"]) == (0, None, None)
    assert here.pool() == before


def test_the_code_is_shown_again_and_stored_nowhere(here: Market) -> None:
    command = here.redemption(here.member(250), "C12")
    first, again = here.town.submit(command), here.town.submit(command)
    assert again.replayed
    assert first.result == again.result
    code = here.code(first.result)
    with here.engine.reading(HERE) as connection:
        for table in metadata.sorted_tables:
            assert code not in repr(connection.execute(table.select()).all())


@pytest.mark.parametrize(
    ("reward", "more", "code"),
    [
        ("C99", {}, "reward_unavailable"),
        ("C05", {"programme": "party"}, "reward_unavailable"),
        ("C12", {"programme": "moon"}, "reward_unavailable"),
        ("C12", {"member_id": MemberId("nobody")}, "not_enrolled"),
        ("C20", {"programme": "party"}, "not_eligible"),
        ("C09", {}, "gate_closed"),
        ("C04", {}, "insufficient_points"),
    ],
)
def test_what_cannot_be_redeemed_says_why(
    here: Market, reward: str, more: dict[str, Any], code: str
) -> None:
    member = here.member(100)
    before = here.pool()
    assert here.town.refused(here.redemption(member, reward, **more)) == code
    assert here.pool() == before
    assert here.balance(member).available == 100


def test_whom_a_reward_is_meant_for_can_have_it(here: Market) -> None:
    rider = here.member(200, programme="party", kind=MemberKind.RIDER)
    assert here.town.done(here.redemption(rider, "C20", programme="party"))


def test_frozen_points_are_not_spent_but_what_was_drawn_before_is_good(here: Market) -> None:
    member = here.member(200)
    code = here.code(here.town.done(here.redemption(member, "C12")))
    here.town.done(
        freeze.Freeze(
            **here.named(member_id=member, programme="health", reason="核查中", notice="十日内答复")
        )
    )
    assert here.town.refused(here.redemption(member, "C12")) == "member_frozen"
    assert here.captured(code, "r1", 2000)["state"] == "captured"


def test_too_few_points_say_how_many_are_missing(here: Market) -> None:
    member = here.member(60)
    outcome = here.town.submit(here.redemption(member, "C12"))
    assert outcome.refusal is not None
    assert outcome.refusal.details() == {"asked": 100, "available": 60}
    assert quote(here.engine, here.redemption(member, "C12"), here.ids).missing == 40


def test_a_quote_answers_like_the_redemption_and_writes_nothing(here: Market) -> None:
    member, before = here.member(100), here.pool()
    asked = quote(here.engine, here.redemption(member, "C12"), here.ids)
    assert (asked.points, asked.available, asked.refusal, asked.missing) == (100, 100, None, 0)
    assert here.pool() == before
    assert here.town.done(here.redemption(member, "C12"))["valid_until"] == asked.valid_until
    later = quote(here.engine, here.redemption(member, "C12"), here.ids)
    assert later.refusal is not None
    assert later.refusal.code == "insufficient_points"
    unknown = quote(here.engine, here.redemption(MemberId("nobody"), "C99"), here.ids)
    assert (unknown.points, unknown.available) == (None, None)


def test_a_limit_counts_the_calendar_window_of_the_zone(here: Market) -> None:
    member = here.member(1000)
    here.clock.set(datetime(2026, 3, 31, 15, 59, tzinfo=UTC))  # 23:59 on 31 March in Shanghai
    for _ in range(2):
        here.town.done(here.redemption(member, "C12"))
    assert here.town.refused(here.redemption(member, "C12")) == "limit_reached"
    here.clock.advance(timedelta(minutes=1))
    assert here.town.done(here.redemption(member, "C12"))


def test_a_limit_holds_across_both_wallets_and_within_one_batch(here: Market) -> None:
    republish(here, C13={"limits": (Limit(per_member=1, window=Window.LIFETIME),)})
    member = here.member(100)
    here.give(member, 100, programme="party")
    outcomes = here.engine.submit_many(
        [here.redemption(member, "C13"), here.redemption(member, "C13", programme="party")]
    )
    assert outcomes[0].refusal is None
    assert said(outcomes[1]) == "limit_reached"


def test_the_last_piece_is_drawn_once(here: Market) -> None:
    republish(here, C12={"stock": Stock(total=1)})
    one, other = here.member(100), here.member(100)
    here.town.done(here.redemption(one, "C12"))
    assert here.town.refused(here.redemption(other, "C12")) == "out_of_stock"
    assert here.balance(other).available == 100


def test_a_day_has_its_own_stock(here: Market) -> None:
    republish(here, C12={"stock": Stock(per_day=1)})
    here.voucher()
    late = here.member(100)
    assert here.town.refused(here.redemption(late, "C12")) == "out_of_stock"
    here.clock.advance(timedelta(days=1))
    assert here.town.done(here.redemption(late, "C12"))


def test_sale_stops_before_the_pool_runs_out(here: Market) -> None:
    free = here.pool().free
    republish(here, C04={"tariff_fen": {"default": free - 1000}, "limits": ()})
    here.voucher("C04")
    member = here.member(1000)
    assert here.town.refused(here.redemption(member, "C12")) == "pool_exhausted"
    here.town.done(
        fund.Fund(**here.named(programme="health", amount_fen=Fen(1000), source=Source.DONOR))
    )
    assert here.town.done(here.redemption(member, "C12"))
    assert here.pool().free == 0


def test_a_reward_is_had_while_it_is_shown(here: Market) -> None:
    republish(here, C12={"visible_until": date(2026, 3, 3)})
    member = here.member(200)
    assert here.town.done(here.redemption(member, "C12"))
    here.clock.advance(timedelta(days=1))
    assert here.town.refused(here.redemption(member, "C12")) == "reward_unavailable"


def test_a_voucher_keeps_its_terms_when_the_catalogue_changes(here: Market) -> None:
    code = here.voucher()
    republish(here, C12={"amount_fen": Fen(100), "partners": ("hospital",)})
    assert here.captured(code, "r1", 2000)["owed_fen"] == 2000


def test_an_association_sees_nothing_of_another(here: Market) -> None:
    member = here.member(100)
    foreign = replace(here.redemption(member, "C12"), association_id="elsewhere")
    assert here.town.refused(foreign) == "reward_unavailable"
    codes = civic_context().codes
    done = here.town.done(here.redemption(member, "C12"))
    assert codes.codes(HERE, done["voucher_id"]) != codes.codes("elsewhere", done["voucher_id"])


def test_vouchers_are_listed_newest_first_page_by_page(here: Market) -> None:
    member = here.member(100)
    ids = [here.town.done(here.redemption(member, "C02"))["voucher_id"] for _ in range(3)]
    with reading(here.engine.database, HERE) as connection:
        first = vouchers_of(connection, HERE, member, most=2)
        rest = vouchers_of(connection, HERE, member, before=first[-1].voucher.voucher_id)
    assert [held.voucher.voucher_id for held in (*first, *rest)] == ids[::-1]


def test_the_catalogue_is_listed_with_what_is_taken(here: Market) -> None:
    here.voucher()
    with reading(here.engine.database, HERE) as connection:
        assert list_rewards(connection, HERE, here.clock.now()) == sorted(
            catalogue().rewards, key=lambda reward: reward.reward_id
        )
        assert stock_taken(connection, HERE) == {"C12": 1}
