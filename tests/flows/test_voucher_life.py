"""After its issue: the newest code alone opens a voucher, owners change by rule, and are told in time."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.flows import freeze, look_up
from points.flows.context import Context
from points.flows.offer_voucher import Answer, AnswerOffer, OfferVoucher
from points.flows.reassign import Reassign
from points.flows.rebuild import rebuild
from points.flows.reissue import Reissue
from points.flows.remind import remind_due
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.inbox.reads import notices_of
from points.kernel.ids import MemberId, RewardId, VoucherId
from points.ledger.model import account_id
from points.ledger.reads import spendable
from points.rules import PassingRule, VoucherPolicy
from points.unit_of_work import reading, writing
from points.vouchers import qr
from points.vouchers.model import NEW_CODES, Event, EventKind
from points.vouchers.reads import (
    Sought,
    find_offer,
    find_voucher,
    history_of,
    offer_of_voucher,
    offers_to,
    search_vouchers,
    vouchers_of,
)
from points.vouchers.standing import Standing
from points.vouchers.verify import verify_vouchers
from tests.flows.market import SHOP, WARD, Market, market, republish, said
from tests.flows.test_catalogue import rated
from tests.flows.town import HERE, civic_context

ANYBODY = frozenset({"member", "staff"})
POLICY = VoucherPolicy(
    reissues=2,
    staff_reissues=1,
    received_a_month=2,
    passing=(
        PassingRule(rewards=frozenset({"C05", "C11"}), by=ANYBODY, most=2, days_left=1),
        PassingRule(kinds=frozenset({"amount"}), by=ANYBODY),
        PassingRule(kinds=frozenset({"item"}), by=frozenset({"staff"})),
    ),
)


def policed() -> Context:
    return replace(civic_context(), vouchers=POLICY)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url, FLOWS, policed()) as it:
        yield it


@pytest.fixture
def on_both(database_url: str) -> Iterator[Market]:
    with market(database_url, FLOWS, policed()) as it:
        yield it


class Life:
    """A member with a voucher, and what can be done with it."""

    def __init__(
        self, here: Market, reward: str = "C05", *, owner: MemberId | None = None, **more: Any
    ) -> None:
        self.here, self.reward = here, RewardId(reward)
        self.owner = owner or here.member(1000)
        self.voucher = VoucherId(
            here.town.done(here.redemption(self.owner, reward, **more))["voucher_id"]
        )

    def code(self, issue: int = 1) -> str:
        return policed().codes.codes(HERE, self.voucher, issue).code

    def reissue(self, **more: Any) -> Any:
        named = {"voucher_id": self.voucher, "member_id": self.owner} | more
        return self.here.engine.submit(Reissue(**self.here.named(**named)))

    def offer(self, receiver: MemberId, **more: Any) -> Any:
        named = {"owner": self.owner, "receiver": receiver, **self._named} | more
        return self.here.engine.submit(OfferVoucher(**self.here.named(**named)))

    def answer(self, offer_id: str, receiver: MemberId, answer: Answer, **more: Any) -> Any:
        asks = self.owner if answer is Answer.WITHDRAW else receiver
        named = {
            **self._named,
            "offer_id": offer_id,
            "owner": self.owner,
            "receiver": receiver,
            "answer": answer,
            "member_id": asks,
        }
        return self.here.engine.submit(AnswerOffer(**self.here.named(**named | more)))

    def reassign(self, receiver: MemberId, **more: Any) -> Any:
        named = {"owner": self.owner, "receiver": receiver, "reason": "登记错人", **self._named}
        return self.here.engine.submit(Reassign(**self.here.named(**named | more)))

    @property
    def _named(self) -> dict[str, Any]:
        return {"voucher_id": self.voucher, "reward_id": self.reward}

    def held(self) -> Any:
        with reading(self.here.engine.database, HERE) as connection:
            return find_voucher(connection, HERE, self.voucher)


def sound(here: Market) -> None:
    with reading(here.engine.database, HERE) as connection:
        for checked in verify_vouchers(connection, HERE):
            assert checked.difference is None, checked.difference


def test_the_newest_code_alone_opens_a_voucher(on_both: Market) -> None:
    life = Life(on_both)
    done = life.reissue().result
    assert (done["issue_no"], done["last4"]) == (
        2,
        policed().codes.codes(HERE, life.voucher, 2).last4,
    )
    assert said(on_both.capture(life.code(1), "r1", outlet=WARD)) == "voucher_unknown"
    assert life.held().last4 == done["last4"]
    assert on_both.captured(life.code(2), "r2", outlet=WARD)["state"] == "captured"
    sound(on_both)


def test_a_code_that_was_looked_up_before_it_was_replaced_opens_nothing(here: Market) -> None:
    life = Life(here)
    links = here.desk.look_up(here.till(WARD), life.code(1))
    life.reissue()
    from points.flows import capture  # noqa: PLC0415 - beside what it is for

    command = capture.Capture(
        association_id=HERE,
        operation_id=capture.capture_operation(here.till(WARD).partner_id, "late"),
        actor=here.till(WARD).actor,
        partner_id=here.till(WARD).partner_id,
        outlet_id=WARD,
        request_no="late",
        links=links,  # type: ignore[arg-type]  # it was found
    )
    assert said(here.engine.submit(command)) == "voucher_unknown"
    # The control: who does not say by which issue it was named, as a sweep, is not refused for it.
    unnamed = replace(
        command,
        links=replace(links, issue_no=None),  # type: ignore[type-var]  # it was found
        request_no="sweep",
        operation_id=capture.capture_operation(here.till(WARD).partner_id, "sweep"),
    )
    assert here.engine.submit(unnamed).refusal is None


@pytest.mark.parametrize("shown", ["code", "qr"])
def test_a_lost_answer_is_given_again_though_the_code_was_replaced(
    on_both: Market, shown: str
) -> None:
    life, outlet = Life(on_both, "C12"), {"outlet": SHOP, "fen": 500}
    step = qr.step_at(on_both.clock.now())
    old = life.code()
    if shown == "qr":
        old = qr.draw(policed().codes, HERE, life.voucher, 1, step)
    first = on_both.captured(old, "r1", **outlet)
    assert said(on_both.capture(old, "r2", **outlet | {"fen": 9999})) == "amount_exceeds"
    till = on_both.till(SHOP)
    taken = on_both.desk.authorise(till, old, "a1").result
    life.reissue()
    on_both.clock.advance(timedelta(hours=1))
    for _ in range(6):  # who asks again guesses nothing
        again = on_both.capture(old, "r1", **outlet)
        assert (again.replayed, again.result) == (True, first)
    assert said(on_both.capture(old, "r2", **outlet | {"fen": 9999})) == "amount_exceeds"
    assert on_both.desk.authorise(till, old, "a1").result == taken
    assert said(on_both.capture(old, "r1", **outlet | {"fen": 1})) == "operation_conflict"
    assert said(on_both.capture(old, "r3", **outlet)) == "voucher_unknown"
    assert said(on_both.desk.authorise(till, old, "a2")) == "voucher_unknown"
    sound(on_both)


def in_hand(life: Life) -> str:
    """Authorise a voucher by its first code, and return the authorisation."""
    done = life.here.desk.authorise(life.here.till(WARD), life.code(), "a1")
    assert done.refusal is None
    return str(done.result["authorisation_id"])


def go_on(life: Life, authorisation: str, number: str = "r1") -> Any:
    till = life.here.till(WARD)
    return life.here.desk.capture(till, None, number, authorisation_id=authorisation)


def test_a_new_code_ends_what_an_old_one_authorised(on_both: Market) -> None:
    life = Life(on_both)
    authorisation = in_hand(life)
    assert life.reissue().refusal is None
    assert said(go_on(life, authorisation)) == "authorisation_ended"
    released = on_both.desk.release(on_both.till(WARD), authorisation)
    assert said(released) == "authorisation_ended"
    # Nobody has to wait for the three minutes: the new code is good at once.
    assert on_both.captured(life.code(2), "r2", outlet=WARD)["state"] == "captured"
    sound(on_both)


def test_what_was_captured_before_gets_no_new_code(here: Market) -> None:
    life = Life(here)
    assert go_on(life, in_hand(life)).result["state"] == "captured"
    assert said(life.reissue()) == "voucher_closed"


def test_the_control_an_authorisation_that_survives_uses_a_replaced_code(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    followed = Standing.apply

    def surviving(standing: Standing, event: Event, outlet_name: str = "") -> None:
        """Follow an event as it was once: a new code left the authorisation as it stood."""
        was = standing.authorised_outlet, standing.authorised_until, standing.authorisation_id
        followed(standing, event, outlet_name)
        if event.kind in NEW_CODES:
            standing.authorised_outlet, standing.authorised_until, standing.authorisation_id = was

    monkeypatch.setattr(Standing, "apply", surviving)
    life = Life(here)
    authorisation = in_hand(life)
    life.reissue()
    assert go_on(life, authorisation).result["state"] == "captured"


def test_codes_are_replaced_a_few_times_and_by_the_owner_or_staff(here: Market) -> None:
    life = Life(here)
    assert said(life.reissue(member_id=here.member())) == "not_found"
    assert said(life.reissue(voucher_id=VoucherId("none"))) == "not_found"
    assert [life.reissue().result["issue_no"] for _ in range(2)] == [2, 3]
    assert said(life.reissue()) == "reissues_used_up"
    assert said(life.reissue(member_id=None)) == "reason_needed"
    done = life.reissue(member_id=None, reason="手机丢失").result
    assert done["issue_no"] == 4
    assert "code" not in done
    assert said(life.reissue(member_id=None, reason="手机丢失")) == "reissues_used_up"
    here.captured(life.code(4), "r1", outlet=WARD)
    assert said(life.reissue(member_id=None, reason="再换")) == "voucher_closed"


def test_an_expired_voucher_gets_no_code(here: Market) -> None:
    life = Life(here)
    here.clock.advance(timedelta(days=400))
    assert said(life.reissue()) == "voucher_closed"


def test_a_voucher_changes_hands_when_the_other_accepts(on_both: Market) -> None:
    here, life = on_both, Life(on_both)
    friend = here.member(50)
    offer = life.offer(friend).result
    assert said(life.offer(friend)) == "offer_open"
    with reading(here.engine.database, HERE) as connection:
        assert [
            o.offer.offer_id for o in offers_to(connection, HERE, friend, here.clock.now())
        ] == [offer["offer_id"]]
        assert offer_of_voucher(connection, HERE, life.voucher, here.clock.now()) is not None
    assert said(life.answer(offer["offer_id"], friend, Answer.ACCEPT, member_id=life.owner)) == (
        "not_found"
    )
    done = life.answer(offer["offer_id"], friend, Answer.ACCEPT).result
    assert (done["step"], done["member_id"], done["issue_no"]) == ("accepted", friend, 2)
    assert said(life.answer(offer["offer_id"], friend, Answer.ACCEPT)) == "offer_ended"
    with reading(here.engine.database, HERE) as connection:
        assert vouchers_of(connection, HERE, life.owner) == []
        assert [each.voucher.voucher_id for each in vouchers_of(connection, HERE, friend)] == [
            life.voucher
        ]
        told = {n.kind.value for n in notices_of(connection, HERE, friend, limit=50)}
        assert told == {"voucher_offered", "voucher_reassigned"}
        chapters = history_of(connection, HERE, life.voucher)
        assert [(c.event.kind, c.to_member) for c in chapters] == [(EventKind.REASSIGNED, friend)]
        assert find_offer(connection, HERE, offer["offer_id"]) is None
    # The points stay the giver's: the friend's balance is untouched, the hold is spent.
    assert said(here.capture(life.code(1), "r1", outlet=WARD)) == "voucher_unknown"
    here.captured(life.code(2), "r2", outlet=WARD)
    assert here.balance(friend).available == 50
    assert here.balance(life.owner).available == 800
    sound(here)


def test_what_expires_unused_comes_back_to_who_paid(here: Market) -> None:
    life, friend = Life(here), here.member()
    life.reassign(friend)
    here.clock.advance(timedelta(days=70))
    from points.flows.expire_voucher import expire_vouchers  # noqa: PLC0415

    assert [each.result["released_points"] for each in expire_vouchers(here.engine, HERE)] == [200]
    assert here.balance(life.owner).available == 1000
    sound(here)


def test_an_offer_is_declined_withdrawn_or_lapses(here: Market) -> None:
    life, friend = Life(here), here.member()
    for answer, step in ((Answer.DECLINE, "declined"), (Answer.WITHDRAW, "withdrawn")):
        offer = life.offer(friend).result["offer_id"]
        assert life.answer(offer, friend, answer).result["step"] == step
        assert said(life.answer(offer, friend, Answer.ACCEPT)) == "offer_ended"
    offer = life.offer(friend).result["offer_id"]
    here.clock.advance(timedelta(days=3))
    assert said(life.answer(offer, friend, Answer.ACCEPT)) == "offer_ended"
    offer = life.offer(friend).result["offer_id"]
    other = here.member()
    assert said(life.answer(offer, other, Answer.ACCEPT)) == "not_found"
    life.reassign(other)
    assert said(life.answer(offer, friend, Answer.ACCEPT)) == "offer_ended"
    assert life.held().owner_id == other


def test_what_the_policy_does_not_name_is_not_passed_on(here: Market) -> None:
    friend = here.member()
    unnamed = Life(here, "C07")
    assert said(unnamed.offer(friend)) == "not_transferable"
    # Amounts of the health programme are covered by their kind alone: members may not, staff may.
    amount = Life(here, "C12")
    assert said(amount.offer(friend)) == "not_transferable"
    assert amount.reassign(friend).result["member_id"] == friend
    assert said(amount.reassign(here.member(), owner=friend)) == "not_transferable"


def test_a_gate_keeps_members_from_passing_on(here: Market) -> None:
    life, friend = Life(here), here.member()
    republish(here, C05={"gate": "doctor_referral"})
    assert said(life.offer(friend)) == "not_transferable"
    assert life.reassign(friend).result["member_id"] == friend


def test_to_whom_a_voucher_cannot_go(here: Market) -> None:
    life = Life(here)
    for receiver in (life.owner, MemberId("nobody")):
        assert said(life.offer(receiver)) == "receiver_unsuitable"
    cold = here.member()
    here.town.done(
        freeze.Freeze(**here.named(member_id=cold, programme="health", reason="核查", notice="n1"))
    )
    assert said(life.offer(cold)) == "receiver_unsuitable"
    assert said(life.offer(here.member(), owner=here.member())) == "not_found"
    assert said(life.offer(here.member(), reward_id=RewardId("C12"))) == "not_found"
    here.desk.authorise(here.till(WARD), life.code(1), "a1")
    assert said(life.offer(here.member())) == "voucher_in_use"
    here.clock.advance(timedelta(days=60))
    assert said(life.offer(here.member())) == "passing_too_late"
    assert said(life.reassign(here.member(), reason=" ")) == "passing_too_late"


def test_a_voucher_goes_only_to_a_star_band_that_could_draw_it(sqlite_url: str) -> None:
    """When it is offered, and again when it is accepted; staff pass it on by the same bands."""
    rule = PassingRule(rewards=frozenset({"C20"}), by=ANYBODY, most=3)
    by_rule = replace(civic_context(), vouchers=replace(POLICY, passing=(rule,)))
    with market(sqlite_url, FLOWS, by_rule) as here:
        republish(here, C20={"tiers": (3, 4, 5), "limits": ()})
        owner, two, four, five = (rated(here, points) for points in (90, 79, 90, 96))
        life = Life(here, "C20", programme="party", owner=owner)
        assert said(life.offer(two)) == "receiver_unsuitable"
        assert said(life.reassign(two)) == "receiver_unsuitable"
        offer = life.offer(four).result["offer_id"]
        republish(here, C20={"tiers": (5,), "limits": ()})
        assert said(life.answer(offer, four, Answer.ACCEPT)) == "receiver_unsuitable"
        assert life.answer(offer, four, Answer.DECLINE).refusal is None
        offer = life.offer(five).result["offer_id"]
        assert life.answer(offer, five, Answer.ACCEPT).refusal is None
        sound(here)


def test_the_control_without_asking_for_stars_a_voucher_goes_to_anybody(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.flows.passing.tier_in", lambda *_: 5)
    with pytest.raises(AssertionError):
        test_a_voucher_goes_only_to_a_star_band_that_could_draw_it(sqlite_url)


def test_a_frozen_giver_gives_nothing_and_one_receives_so_much_a_month(here: Market) -> None:
    friend = here.member()
    lives = [Life(here) for _ in range(4)]
    for life in lives[:2]:
        assert life.reassign(friend).refusal is None
    assert said(lives[2].offer(friend)) == "received_enough"
    assert said(lives[2].reassign(here.member(), reason="")) == "reason_needed"
    assert said(lives[2].reassign(here.member(), person=lives[2].owner)) == "involved"
    here.clock.advance(timedelta(days=31))
    assert lives[2].offer(friend).refusal is None
    here.town.done(
        freeze.Freeze(
            **here.named(member_id=lives[3].owner, programme="health", reason="核查", notice="n1")
        )
    )
    assert said(lives[3].offer(friend)) == "not_transferable"


def told(here: Market, member: MemberId) -> list[str]:
    with reading(here.engine.database, HERE) as connection:
        return [n.about for n in notices_of(connection, HERE, member, limit=50)]


def test_owners_are_told_once_for_each_day_and_never_of_what_is_over(on_both: Market) -> None:
    here = on_both
    life, used = Life(here), Life(here)
    here.captured(used.code(), "r1", outlet=WARD)
    # Issued on the 2nd of March for 60 days: its last day is the 1st of May in Shanghai.
    assert remind_due(here.engine, HERE) == 0
    here.clock.set(datetime(2026, 4, 23, 15, 59, tzinfo=UTC))
    assert remind_due(here.engine, HERE) == 0
    here.clock.set(datetime(2026, 4, 23, 16, 0, tzinfo=UTC))  # midnight: the 24th begins there
    assert remind_due(here.engine, HERE) == 1
    assert remind_due(here.engine, HERE) == 0
    friend = here.member()
    life.reassign(friend)
    here.clock.set(datetime(2026, 4, 30, 1, 0, tzinfo=UTC))
    assert remind_due(here.engine, HERE) == 1
    assert (len(told(here, life.owner)), len(told(here, friend))) == (2, 2)
    assert told(here, used.owner) == []
    here.clock.set(datetime(2026, 5, 2, 1, 0, tzinfo=UTC))
    assert remind_due(here.engine, HERE) == 0


def test_what_is_drawn_after_the_day_has_begun_is_not_told_of(here: Market) -> None:
    life = Life(here, "C01")  # good today and tomorrow
    assert remind_due(here.engine, HERE) == 0
    assert told(here, life.owner) == []
    with reading(here.engine.database, HERE) as connection:
        kept = connection.execute(text("SELECT days, told FROM voucher_reminder")).all()
    assert [(days, bool(said_so)) for days, said_so in kept] == [(1, False)]


def test_the_books_are_found_again_from_the_facts(on_both: Market) -> None:
    here, life = on_both, Life(on_both)
    life.reissue()
    life.reassign(here.member())
    with writing(here.engine.database, HERE) as connection:
        connection.execute(
            text(
                "UPDATE voucher_state SET owner_id = 'x', issue_no = 1, last4 = 'ZZZZ', passes = 9"
            )
        )
    found = verify(here.engine, HERE).first_difference
    assert found is not None
    assert found.check == "vouchers_follow_from_their_events"
    rebuild(here.engine, HERE)
    assert verify(here.engine, HERE).ok


def test_the_control_a_look_up_of_any_issue_is_caught(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up that honours every code must not pass as one that honours the newest."""
    life = Life(here)
    life.reissue()
    links = replace(here.desk.look_up(here.till(WARD), life.code(2)), issue_no=1)  # type: ignore[type-var]
    monkeypatch.setattr(
        look_up, "_found", lambda *_: {"found": True, "links": {**_fields(links), "issue_no": None}}
    )
    assert here.capture(life.code(1), "r1", outlet=WARD).refusal is None


def _fields(links: Any) -> dict[str, Any]:
    return {name: getattr(links, name) for name in links.__slots__}


def test_vouchers_are_looked_up_page_by_page(on_both: Market) -> None:
    first = Life(on_both)
    second = on_both.town.done(on_both.redemption(first.owner, "C11"))["voucher_id"]
    with reading(on_both.engine.database, HERE) as connection:
        sought = Sought(member=first.owner)
        [newest] = search_vouchers(connection, HERE, sought, most=1)
        rest = search_vouchers(connection, HERE, sought, before=newest.voucher.voucher_id)
        assert (newest.voucher.voucher_id, len(rest)) == (second, 1)
        assert rest[0].voucher.voucher_id == first.voucher


def test_nobody_can_spend_what_nobody_has(here: Market) -> None:
    member = here.member(70)
    wallet = account_id(member, "health.wallet")
    with reading(here.engine.database, HERE) as connection:
        assert spendable(connection, HERE, [], here.clock.now()) == {}
        assert spendable(connection, HERE, [wallet], here.clock.now()) == {wallet: 70}
