"""The hardship fund: what is given has left a wallet, and it gives what it holds and no more."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from points.benefits.model import EntryKind, Fund, HardshipEntry
from points.db.engines import open_database
from points.engine import Engine
from points.flows import erase, freeze
from points.flows.budget import budget_report
from points.flows.erase import Ground
from points.flows.grant import Grant
from points.flows.hardship_desk import fund_entries, giving_of, shown_member
from points.flows.leave import Leave
from points.flows.propose import ProposeDonationReturn, ProposeGrant
from points.flows.rebuild import rebuild
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.inbox.reads import notices_of
from points.kernel.amounts import Points
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, Ids, MemberId, OperationId, TransactionId
from points.ledger.model import Measure
from points.rules import DonationPolicy
from points.unit_of_work import writing
from tests.faults.hesitation import hesitate
from tests.flows.hardship import POLICY, WALLET, Charity, charity, context
from tests.flows.market import catalogue, said
from tests.flows.town import HERE

DAY = timedelta(days=1)
ROUNDS, RACERS = 2, 8


@pytest.fixture
def here(database_url: str) -> Iterator[Charity]:
    with charity(database_url) as it:
        yield it


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Charity]:
    with charity(sqlite_url) as it:
        yield it


def test_what_is_given_is_granted_and_the_books_agree(here: Charity) -> None:
    donor, needy = here.market.member(200), here.market.member()
    here.given(donor, 100)
    assert (here.available(donor), here.fund().balance) == (100, 100)
    assert here.approve(here.granting(needy, 60)).refusal is None
    assert (here.available(needy), here.fund().balance) == (60, 40)
    with here.market.engine.reading(HERE) as connection:
        [told] = notices_of(connection, HERE, needy, limit=5)
    assert (told.kind.value, told.detail) == ("hardship_granted", {"points": 60})
    verdict = verify(here.market.engine, HERE)
    assert verdict.ok, verdict.first_difference


def test_granted_points_have_the_expiry_of_the_rules(quick: Charity) -> None:
    donor, needy = quick.market.member(200), quick.market.member()
    quick.given(donor, 100)
    assert quick.approve(quick.granting(needy, 60)).refusal is None
    quick.market.clock.advance(31 * DAY)
    assert quick.available(needy) == 0


def test_the_fund_gives_what_it_holds_and_no_more(here: Charity) -> None:
    donor, needy, other = (here.market.member(100) for _ in range(3))
    assert said(here.approve(here.granting(needy, 1))) == "hardship_fund_short"
    here.given(donor, 50)
    assert here.approve(here.granting(needy, 50)).refusal is None
    assert said(here.approve(here.granting(other, 1))) == "hardship_fund_short"
    assert here.fund() == Fund(programme="health", donated=50, granted=50)


def test_a_member_gets_so_much_a_month(quick: Charity) -> None:
    donor, needy = quick.market.member(300), quick.market.member()
    quick.given(donor, 200)
    assert quick.approve(quick.granting(needy, 40)).refusal is None
    refused = quick.approve(quick.granting(needy, 21))
    assert said(refused) == "hardship_limit"
    assert quick.approve(quick.granting(needy, 20)).refusal is None
    quick.market.clock.advance(31 * DAY)
    assert quick.approve(quick.granting(needy, 60)).refusal is None


def test_where_the_rules_say_so_points_are_issued_and_the_fund_is_not_touched(
    quick: Charity,
) -> None:
    needy, party = quick.market.member(), Measure("party", "wallet")
    assert quick.approve(quick.granting(needy, 60, party)).refusal is None
    assert quick.available(needy, party) == 60
    assert quick.fund("party").balance == 0
    assert said(quick.approve(quick.granting(needy, 1, party))) == "hardship_limit"
    rating = quick.granting(needy, 70, Measure("party", "rating"))
    assert quick.approve(rating).refusal is None, "a rating is nothing that one lives on"
    verdict = verify(quick.market.engine, HERE)
    assert verdict.ok, verdict.first_difference


def test_a_donation_keeps_to_the_rules(quick: Charity) -> None:
    member, poor = quick.market.member(1000), quick.market.member(5)
    for points in (9, 201):
        assert said(quick.give(member, points)) == "donation_limit"
    assert said(quick.give(member, 50, programme="party")) == "donations_closed"
    assert said(quick.give(poor, 10)) == "insufficient_points"
    assert said(quick.give(MemberId("0" * 26), 10)) == "not_found"
    quick.given(member, 200)
    [giving] = giving_of(quick.market.engine, HERE, member)
    assert (giving.left, giving.most, giving.possible) == (100, 100, True)
    assert said(quick.give(member, 101)) == "donation_limit"
    quick.given(member, 100)
    assert said(quick.give(member, 10)) == "donation_limit"
    quick.market.clock.advance(31 * DAY)
    quick.given(member, 10)
    frozen = quick.market.named(member_id=member, programme="health", reason="r", notice="n")
    quick.market.town.done(freeze.Freeze(**frozen))
    assert said(quick.give(member, 10)) == "member_frozen"


def test_the_liability_says_what_the_fund_holds_then_and_now(quick: Charity) -> None:
    engine, before = quick.market.engine, quick.market.clock.now()
    quick.given(quick.market.member(1000), 150)
    quick.market.clock.advance(DAY)
    assert quick.approve(quick.granting(quick.market.member(), 40)).refusal is None

    def told(at: datetime | None = None) -> tuple[int, int]:
        report = budget_report(engine, HERE, at)
        [health] = [p.liability for p in report.programmes if p.programme == "health"]
        return health.fund, health.fund_fen

    assert quick.fund("health").balance == 110
    assert told() == (110, 110 * catalogue().version.value_fen_per_point)
    assert told(before + DAY / 2)[0] == 150
    assert told(before - DAY)[0] == 0


def test_what_a_month_leaves_is_said_however_often_somebody_gave(database_url: str) -> None:
    often = DonationPolicy(least=1, most=200, per_month=300)
    with charity(database_url, replace(POLICY, donations={"health": often})) as here:
        donor = here.market.member(1000)
        for _ in range(102):
            here.given(donor, 1)
        [giving] = giving_of(here.market.engine, HERE, donor)
        assert giving.left == 198
        assert said(here.give(donor, 199)) == "donation_limit"
        here.market.clock.advance(31 * DAY)
        [later] = giving_of(here.market.engine, HERE, donor)
        assert later.left == 300


def test_only_who_is_enrolled_gives(quick: Charity) -> None:
    stranger = quick.market.town.person(("party",))
    assert said(quick.give(stranger, 10)) == "not_enrolled"


def test_donors_are_nobody_unless_they_ask_and_the_rules_let_them(quick: Charity) -> None:
    donor = quick.market.member(100)
    quick.given(donor, 10, named=True)
    entries = fund_entries(quick.market.engine, HERE, "health", before="", limit=10)
    assert [shown_member(each) for each in entries] == [None]
    policy = replace(
        POLICY, donations={"health": DonationPolicy(least=1, most=9, per_month=19, named=True)}
    )
    engine = quick.market.engine
    engine.context = context(policy)
    quick.given(donor, 5, named=True)
    quick.given(donor, 4)
    entries = fund_entries(engine, HERE, "health", before="", limit=10)
    assert [shown_member(each) for each in entries] == [None, donor, None]


def test_two_people_give_a_donation_back_while_the_fund_still_has_it(here: Charity) -> None:
    donor, needy = here.market.member(), here.market.member()
    here.market.give(donor, 50, expires_at=here.market.clock.now() + 10 * DAY)
    donation = here.given(donor, 50)
    first, second = here.returning(donation), here.returning(donation)
    assert here.approve(here.granting(needy, 1)).refusal is None
    assert said(here.approve(first)) == "hardship_fund_short"
    here.given(here.market.member(20), 10)
    assert here.approve(first).refusal is None
    assert (here.available(donor), here.fund().balance) == (50, 9)
    assert said(here.approve(second)) == "donation_returned"
    verdict = verify(here.market.engine, HERE)
    assert verdict.ok, verdict.first_difference
    here.market.clock.advance(10 * DAY)
    assert here.available(donor) == 0, "they have their own expiry again"


def test_what_is_no_donation_or_whose_donor_is_gone_is_not_given_back(quick: Charity) -> None:
    donor = quick.market.member(100)
    donation = quick.given(donor, 10)
    named = {"reason": "donated_in_error", "note": "误点"}
    unknown = ProposeDonationReturn(**quick.market.named(donation_id="0" * 26, **named))
    assert said(quick.market.engine.submit(unknown)) == "not_found"
    wrong = ProposeDonationReturn(
        **quick.market.named(donation_id=donation, reason="goodwill", note="误点")
    )
    assert said(quick.market.engine.submit(wrong)) == "proposal_reason"
    own = ProposeDonationReturn(**quick.market.named(donation_id=donation, person=donor, **named))
    assert said(quick.market.engine.submit(own)) == "involved"
    proposed = quick.returning(donation)
    quick.market.town.done(erase.Erase(**quick.market.named(member_id=donor, ground=Ground.COURT)))
    assert said(quick.approve(proposed)) == "not_found"
    assert said(quick.give(donor, 10)) in ("not_found", "not_enrolled")


@pytest.mark.parametrize("gone", ["erased", "left"])
def test_nothing_is_granted_to_who_is_gone(quick: Charity, gone: str) -> None:
    """The fund would lose the points for nobody: there is no one who could spend them."""
    donor, member = quick.market.member(100), quick.market.member()
    quick.given(donor, 50)
    proposed = quick.granting(member, 30)
    if gone == "erased":
        command: Any = erase.Erase(**quick.market.named(member_id=member, ground=Ground.COURT))
    else:
        command = Leave(**quick.market.named(member_id=member, programme="health"))
    quick.market.town.done(command)
    code = {"erased": "not_found", "left": "not_enrolled"}[gone]
    assert said(quick.approve(proposed)) == code
    again = {"measure": WALLET, "points": Points(30), "reason": "hardship_grant", "note": "住院"}
    fresh = ProposeGrant(**quick.market.named(member_id=member, **again))
    assert said(quick.market.engine.submit(fresh)) == code
    assert quick.fund().balance == 50


def test_funds_are_rebuilt_and_a_difference_is_named(here: Charity) -> None:
    donor, needy = here.market.member(100), here.market.member()
    here.given(donor, 60)
    assert here.approve(here.granting(needy, 20)).refusal is None
    engine = here.market.engine
    with writing(engine.database, HERE) as connection:
        connection.exec_driver_sql("UPDATE hardship_fund SET granted = 10")
    first = verify(engine, HERE).first_difference
    assert first is not None
    assert first.check == "funds_follow_from_their_entries"
    rebuild(engine, HERE)
    assert verify(engine, HERE).ok
    assert here.fund() == Fund(programme="health", donated=60, granted=20)


def test_the_control_a_fund_that_the_ledger_does_not_know_is_noticed(quick: Charity) -> None:
    """An entry that moved nothing: the book says more than has left any wallet."""
    donor = quick.market.member(100)
    quick.given(donor, 60)
    engine = quick.market.engine
    with writing(engine.database, HERE) as connection:
        connection.exec_driver_sql(
            "INSERT INTO hardship_entry SELECT association_id, 'x', programme, kind, member_id,"
            " 5, 5, about, named, transaction_id, operation_id, actor, recorded_at"
            " FROM hardship_entry"
        )
        connection.exec_driver_sql("UPDATE hardship_fund SET donated = 65")
    first = verify(engine, HERE).first_difference
    assert first is not None
    assert first.check == "funds_are_what_the_ledger_moved"


def test_facts_check_themselves() -> None:
    fund = Fund(programme="health", donated=5)
    given = {
        "entry_id": "e",
        "programme": "health",
        "member_id": MemberId("m"),
        "transaction_id": TransactionId("t"),
        "operation_id": OperationId("o"),
        "actor": Actor("a"),
    }
    now: Any = None
    with pytest.raises(BrokenInvariant, match="what it holds"):
        fund.take(HardshipEntry(**given, kind=EntryKind.GRANTED, points=6, recorded_at=now))
    for wrong in (
        {"kind": EntryKind.DONATED, "points": 0},
        {"kind": EntryKind.RETURNED, "points": 1},
        {"kind": EntryKind.GRANTED, "points": 1, "named": True},
    ):
        with pytest.raises(BrokenInvariant):
            HardshipEntry(**given, recorded_at=now, **wrong)


def race(on: Charity, url: str, *, locked: bool) -> list[tuple[Counter[str], int]]:
    """Let eight approvals ask for the last points at once, round after round, on two engines."""
    rounds, here = [], on.market
    with ExitStack() as stack:
        engines = []
        for _ in range(2):
            database = open_database(url)
            stack.callback(database.dispose)
            if not locked:
                event.listen(database, "before_cursor_execute", _without_lock, retval=True)
            ids = Ids(here.clock)
            engine = Engine(
                database, FLOWS, clock=here.clock, ids=ids, context=context(), batch_max=2
            )
            engines.append(stack.enter_context(engine))
        for _ in range(ROUNDS):
            on.given(here.member(50), 30)
            needy = [here.member() for _ in range(RACERS)]
            before, answers = on.fund().balance, [""] * RACERS
            start = threading.Barrier(RACERS)

            def run(
                racer: int, needy: Any = needy, answers: Any = answers, start: Any = start
            ) -> None:
                # Not as staff, who meet at the audit trail: nothing but the fund keeps them apart.
                command = Grant(
                    **here.named(actor="system:test", member_id=needy[racer]),
                    measure=WALLET,
                    points=Points(30),
                    reason="hardship_grant",
                )
                start.wait(timeout=60)
                try:
                    outcome = engines[racer % 2].submit(command)
                    answers[racer] = outcome.refusal.code if outcome.refusal else "won"
                except (BrokenInvariant, DBAPIError) as error:
                    answers[racer] = type(error).__name__

            threads = [threading.Thread(target=run, args=(racer,)) for racer in range(RACERS)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(timeout=60)
            rounds.append((Counter(answers), before))
    return rounds


def _without_lock(_c: Any, _k: Any, statement: str, parameters: Any, *_: Any) -> tuple[str, Any]:
    return statement.replace(" FOR NO KEY UPDATE", ""), parameters


def granted_by_ledger(on: Charity) -> int:
    with on.market.engine.reading(HERE) as connection:
        found = connection.execute(
            text("SELECT COUNT(*) FROM hardship_entry WHERE kind = 'granted'")
        )
        return int(found.scalar_one())


@pytest.mark.postgres
def test_the_last_points_are_granted_once(postgres_url: str) -> None:
    with charity(postgres_url) as on:
        for answers, before in race(on, postgres_url, locked=True):
            assert before == 30
            assert answers == Counter({"won": 1, "hardship_fund_short": RACERS - 1})
        assert granted_by_ledger(on) == ROUNDS
        assert verify(on.market.engine, HERE).ok


@pytest.mark.postgres
def test_the_control_without_the_fund_s_lock_they_are_granted_twice(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with charity(postgres_url) as on:
        hesitate(monkeypatch)
        race(on, postgres_url, locked=False)
        assert granted_by_ledger(on) > ROUNDS
