"""What a partner is owed is changed by two people, within what was captured, and adds up."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from points.adjustments.model import Adjustment, Reason
from points.adjustments.store import find_adjustment, list_adjustments, waiting_adjustments
from points.duties.model import RelationKind
from points.flows import adjust_settlement, declare_relation
from points.flows.adjust_settlement import (
    About,
    DecideAdjustment,
    ProposeAdjustment,
    WithdrawAdjustment,
    look_up,
)
from points.flows.declare_relation import DeclareRelation
from points.flows.verify import verify
from points.flows.verify_statement import verify_statement
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AdjustmentId, OutletId, PartnerId
from points.kernel.two_people import Verdict
from points.partners.model import LineKind
from points.unit_of_work import reading
from tests.flows import test_settlement as months
from tests.flows.market import HOSPITAL, PHARMACY, SHOP, SHOP_2, WARD, Market, market, said
from tests.flows.town import HERE

WU, LIN = Actor("staff:wu"), Actor("staff:lin")
FLOWS = {
    DeclareRelation: declare_relation.DECLARED,
    ProposeAdjustment: adjust_settlement.PROPOSE,
    DecideAdjustment: adjust_settlement.DECIDE,
    WithdrawAdjustment: adjust_settlement.WITHDRAW,
}
POOL = About(programme="health")
MAY_1 = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url, FLOWS) as it:
        yield it


@pytest.fixture
def lean(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url, FLOWS) as it:
        yield it


def of(here: Market, capture: str, partner: PartnerId = PHARMACY) -> About:
    """Return what an adjustment of a capture is about."""
    found = look_up(here.engine, HERE, partner, capture=capture)
    assert isinstance(found, About), found
    return found


def asked(here: Market, fen: int, about: About = POOL, **more: Any) -> ProposeAdjustment:
    return ProposeAdjustment(
        **here.named(
            actor=WU,
            partner_id=PHARMACY,
            about=about,
            amount_fen=Fen(fen),
            reason=Reason.LATE_VOID,
            note="顾客当日退货，次日才发现",
            document="结算〔2026〕3号",
        )
        | more
    )


def proposed(here: Market, fen: int, about: About = POOL, **more: Any) -> Adjustment:
    done = here.town.done(asked(here, fen, about, **more))
    with reading(here.engine.database, HERE) as connection:
        found = find_adjustment(connection, HERE, done["adjustment_id"])
    assert found is not None
    return found.fact


def decided(here: Market, fact: Adjustment, **more: Any) -> DecideAdjustment:
    return DecideAdjustment(**here.named(actor=LIN, fact=fact, verdict=Verdict.APPROVE) | more)


def adjusted(here: Market, fen: int, about: About = POOL, **more: Any) -> Adjustment:
    """Propose as one and approve as another."""
    fact = proposed(here, fen, about, **more)
    here.town.done(decided(here, fact))
    return fact


def test_another_person_approves_and_the_open_period_takes_it(here: Market) -> None:
    march = months.march(here)  # 500 and 700, drawn up
    spent, balance = here.pool().spent, march.standing.total_fen
    fact = proposed(here, -500, of(here, "r1"))
    assert (fact.number, fact.outlet_id, fact.programme) == (1, SHOP, "health")
    assert here.pool().spent == spent, "nothing moves before somebody decides"
    assert here.town.refused(decided(here, fact, actor=WU)) == "own_adjustment"
    done = here.town.done(decided(here, fact))
    assert done["correction_id"] == fact.adjustment_id
    assert here.pool().spent == spent - 500
    assert here.town.refused(decided(here, fact)) == "adjustment_decided"
    more = adjusted(here, 80, replace(POOL, outlet_id=SHOP_2), reason=Reason.NOT_CAPTURED)
    assert more.number == 2
    assert months.again(here, march).standing.total_fen == balance, "what was drawn up stands"
    here.clock.set(MAY_1)
    april = months.drawn_up(here, date(2026, 4, 1))
    told = [
        (x.kind, x.source_id, x.reference, x.outlet_id, x.amount_fen)
        for x in months.lines(here, april)
    ]
    assert sorted(told, key=lambda each: each[2]) == [
        (LineKind.CORRECTION, fact.adjustment_id, "adjust:1/late_void", SHOP, -500),
        (LineKind.CORRECTION, more.adjustment_id, "adjust:2/not_captured", SHOP_2, 80),
    ]
    assert april.statement.totals.corrected_fen == -420
    assert verify_statement(here.engine, HERE, april.statement).ok
    assert verify(here.engine, HERE).ok
    with reading(here.engine.database, HERE) as connection:
        rows = list_adjustments(connection, HERE, PHARMACY)
        assert [each.fact.number for each in rows] == [2, 1]
        assert list_adjustments(connection, HERE, PHARMACY, before=1) == []
        assert list_adjustments(connection, HERE, HOSPITAL) == []
        assert waiting_adjustments(connection, HERE, here.clock.now()) == []


def test_nobody_is_two_people(lean: Market) -> None:
    """One who declared that two accounts are theirs, or logged in as the same member."""
    fact, member = proposed(lean, 300), lean.member()
    for staff in (WU, LIN):
        declared = {"staff": staff, "member_id": member, "kind": RelationKind.SELF}
        lean.town.done(DeclareRelation(**lean.named(actor=staff) | declared))
    assert lean.town.refused(decided(lean, fact)) == "own_adjustment"
    sun = Actor("staff:sun")
    assert lean.town.refused(decided(lean, fact, actor=sun, person=member)) == "own_adjustment"
    assert lean.town.done(decided(lean, fact, actor=sun))["state"] == "approved"


def test_the_control_without_asking_who_they_are_one_is_two_people(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.flows.two_people.refuse_own", lambda *_: None)
    with market(sqlite_url, FLOWS) as lean, pytest.raises(AssertionError):
        test_nobody_is_two_people(lean)


def test_no_more_is_taken_back_than_the_capture_still_comes_to(lean: Market) -> None:
    """Less its void and what was corrected of it, at the proposal and again at the decision."""
    months.march(lean)
    of_r1, of_r2 = of(lean, "r1"), of(lean, "r2")
    assert lean.town.refused(asked(lean, -501, of_r1)) == "adjustment_too_large"
    first, second = proposed(lean, -300, of_r1), proposed(lean, -300, of_r1)
    lean.town.done(decided(lean, first))
    assert lean.town.refused(decided(lean, second)) == "adjustment_too_large"
    assert lean.town.refused(asked(lean, -201, of_r1)) == "adjustment_too_large"
    adjusted(lean, 100, of_r1)
    adjusted(lean, -300, of_r1)
    assert lean.town.refused(asked(lean, -1, of_r1)) == "adjustment_too_large"
    adjusted(lean, -700, of_r2)
    # Both at once, in one batch: the second is told of the first.
    lean.captured(lean.voucher(), "r3", 400)
    both = [proposed(lean, -300, of(lean, "r3")) for _ in range(2)]
    outcomes = lean.engine.submit_many([decided(lean, fact) for fact in both])
    assert [each.refusal is None for each in outcomes] == [True, False]
    assert said(outcomes[1]) == "adjustment_too_large"
    assert verify(lean.engine, HERE).ok


def test_the_control_without_counting_corrections_more_is_taken_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.unit_of_work.read_corrected", lambda *_: None)
    with market(sqlite_url, FLOWS) as lean, pytest.raises(AssertionError):
        test_no_more_is_taken_back_than_the_capture_still_comes_to(lean)


def test_a_capture_is_voided_or_adjusted_and_not_both(lean: Market) -> None:
    lean.captured(lean.voucher(), "r1", 500)
    lean.captured(lean.voucher(), "r2", 700)
    lean.captured(lean.voucher(), "r3", 900)
    fact = proposed(lean, -500, of(lean, "r1"))
    assert lean.desk.void(lean.till(), "r1", "v1").refusal is None
    assert lean.town.refused(decided(lean, fact)) == "adjustment_too_large"
    assert lean.town.refused(asked(lean, -1, of(lean, "r1"))) == "adjustment_too_large"
    adjusted(lean, -100, of(lean, "r2"))
    assert said(lean.desk.void(lean.till(), "r2", "v2")) == "capture_corrected"
    # What was voided by mistake is paid after all.
    adjusted(lean, 500, of(lean, "r1"), reason=Reason.OTHER)
    assert lean.pool().spent == 500 + 700 - 100 + 900
    assert verify(lean.engine, HERE).ok


def test_a_void_takes_no_more_out_of_a_pool_than_was_spent(lean: Market) -> None:
    """Adjustments that are about no capture can leave less spent than one capture came to."""
    lean.captured(lean.voucher(), "r1", 500)
    adjusted(lean, -500)
    assert said(lean.desk.void(lean.till(), "r1", "v1")) == "pool_exhausted"
    adjusted(lean, 1)
    assert lean.pool().spent == 1
    assert verify(lean.engine, HERE).ok


def test_the_control_without_asking_a_capture_is_voided_as_well(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.unit_of_work.read_corrected", lambda *_: None)
    with market(sqlite_url, FLOWS) as lean, pytest.raises(AssertionError):
        test_a_capture_is_voided_or_adjusted_and_not_both(lean)


def test_what_a_dispute_gave_back_can_be_taken_again(here: Market) -> None:
    """Corrections of an adjustment's line count for the capture that it is about."""
    months.march(here)
    adjusted(here, -500, of(here, "r1"))
    here.clock.set(MAY_1)
    april = months.drawn_up(here, date(2026, 4, 1))
    [line] = months.lines(here, april)
    here.town.done(months.dispute(here, april, line.number, 0))
    here.town.done(months.answer(here, april, line.number))
    assert here.town.refused(asked(here, -501, of(here, "r1"))) == "adjustment_too_large"
    adjusted(here, -500, of(here, "r1"))
    assert here.town.refused(asked(here, -1, of(here, "r1"))) == "adjustment_too_large"
    assert verify(here.engine, HERE).ok


def test_an_accepted_dispute_takes_no_more_than_the_capture_still_comes_to(here: Market) -> None:
    """What was adjusted while the line was in dispute is not taken twice."""
    march = months.march(here)  # 500 and 700
    here.town.done(months.dispute(here, march, 1, 0, reason=months.Reason.VOIDED))
    here.town.done(months.dispute(here, march, 2, 0, reason=months.Reason.VOIDED))
    adjusted(here, -300, of(here, "r1"))
    adjusted(here, -700, of(here, "r2"))
    spent = here.pool().spent
    accepted = here.town.done(months.answer(here, march, 1))
    assert accepted["amount_fen"] == -200
    assert here.pool().spent == spent - 200
    assert here.town.refused(months.answer(here, march, 2)) == "nothing_left"
    here.town.done(months.answer(here, march, 2, "已另行调整"))
    # The other way round, and once more.
    assert here.town.refused(asked(here, -1, of(here, "r1"))) == "adjustment_too_large"
    adjusted(here, 60, of(here, "r1"))
    adjusted(here, 40, of(here, "r2"))
    here.town.done(months.dispute(here, march, 2, 0, reason=months.Reason.VOIDED))
    assert here.town.done(months.answer(here, march, 2))["amount_fen"] == -40
    assert here.pool().spent == spent - 200 + 60
    here.clock.set(MAY_1)
    april = months.drawn_up(here, date(2026, 4, 1))
    references = {x.reference: x.amount_fen for x in months.lines(here, april)}
    assert (references["dispute:1/1"], references["dispute:1/2"]) == (-200, -40)
    assert sum(references.values()) == 60 - 1200
    # A line of an adjustment, and what is paid more, which has no bound but the pool's.
    line = next(x for x in months.lines(here, april) if x.reference.startswith("adjust:3/"))
    here.town.done(months.dispute(here, april, line.number, -90))
    adjusted(here, -50, of(here, "r1"))
    assert here.town.done(months.answer(here, april, line.number))["amount_fen"] == -10
    line = next(x for x in months.lines(here, april) if x.reference.startswith("adjust:2/"))
    here.town.done(months.dispute(here, april, line.number, 0))
    assert here.town.done(months.answer(here, april, line.number))["amount_fen"] == 700
    assert verify(here.engine, HERE).ok


def test_a_voids_line_takes_nothing_more_of_its_capture(lean: Market) -> None:
    lean.captured(lean.voucher(), "r1", 500)
    lean.captured(lean.voucher(), "r2", 700)
    assert lean.desk.void(lean.till(), "r1", "v1").refusal is None
    lean.clock.set(months.APRIL_1)
    march = months.drawn_up(lean)
    line = next(x for x in months.lines(lean, march) if x.kind is LineKind.VOID)
    lean.town.done(months.dispute(lean, march, line.number, -600))
    assert lean.town.refused(months.answer(lean, march, line.number)) == "nothing_left"
    # What was voided by mistake is paid after all, and only that can be taken.
    adjusted(lean, 30, of(lean, "r1"), reason=Reason.OTHER)
    assert lean.town.done(months.answer(lean, march, line.number))["amount_fen"] == -30
    assert lean.pool().spent == 700
    assert verify(lean.engine, HERE).ok


def test_both_at_once_in_one_batch_take_it_once(lean: Market) -> None:
    march = months.march(lean)
    lean.town.done(months.dispute(lean, march, 1, 0))
    fact = proposed(lean, -300, of(lean, "r1"))
    both = [decided(lean, fact), months.answer(lean, march, 1), asked(lean, -1, of(lean, "r1"))]
    first, second, third = lean.engine.submit_many(both)
    assert (first.refusal, second.result["amount_fen"]) == (None, -200)
    assert said(third) == "adjustment_too_large"


@pytest.mark.parametrize(
    "test",
    [
        test_an_accepted_dispute_takes_no_more_than_the_capture_still_comes_to,
        test_a_voids_line_takes_nothing_more_of_its_capture,
    ],
)
def test_the_control_without_tracing_the_line_more_is_taken_back(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, test: Callable[[Market], None]
) -> None:
    monkeypatch.setattr("points.unit_of_work.requests_behind", lambda *_: set())
    with market(sqlite_url, FLOWS) as lean, pytest.raises(AssertionError):
        test(lean)


def test_a_capture_is_named_by_either_of_its_names_and_is_the_partners_own(lean: Market) -> None:
    done = lean.captured(lean.voucher(), "r1", 500, outlet=SHOP_2)
    about = of(lean, done["capture_id"])
    assert (
        about
        == of(lean, "r1")
        == About(
            programme="health", outlet_id=SHOP_2, capture_id=done["capture_id"], request_no="r1"
        )
    )

    def refused(**more: Any) -> str:
        found = look_up(lean.engine, HERE, **{"partner_id": PHARMACY, "capture": "r1"} | more)
        assert isinstance(found, Refusal)
        return found.code

    assert refused(capture="r9") == "capture_unknown"
    assert refused(partner_id=HOSPITAL) == "capture_unknown"
    assert refused(programme="health") == "capture_says_so"
    assert refused(outlet_id=SHOP) == "capture_says_so"
    # A void is no capture; and whatever a command says, the capture is looked up under the locks.
    assert refused(capture=lean.desk.void(lean.till(SHOP_2), "r1", "v1").result["void_id"]) == (
        "capture_unknown"
    )
    stranger = asked(lean, 1, replace(about, outlet_id=WARD), partner_id=HOSPITAL)
    assert lean.town.refused(stranger) == "capture_unknown"


def test_what_is_not_so_is_refused(lean: Market) -> None:
    free = lean.pool().free
    assert lean.town.refused(asked(lean, 0)) == "correction_empty"
    assert lean.town.refused(asked(lean, 1, partner_id=PartnerId("XX"))) == "partner_unknown"
    assert lean.town.refused(asked(lean, 1, About(programme="moon"))) == "pool_unknown"
    assert lean.town.refused(asked(lean, 1, About(programme=""))) == "pool_unknown"
    for outlet in (WARD, OutletId("NONE")):
        other = replace(POOL, outlet_id=outlet)
        assert lean.town.refused(asked(lean, 1, other)) == "outlet_unknown"
    assert lean.town.refused(asked(lean, 1, note=" ")) == "reason_needed"
    assert lean.town.refused(asked(lean, 1, note="致电 13800001234")) == "personal_in_text"
    assert lean.town.refused(asked(lean, 1, document="x" * 81)) == "document_invalid"
    assert lean.town.refused(asked(lean, free + 1)) == "pool_exhausted"
    assert lean.town.refused(asked(lean, -1)) == "pool_exhausted", "nothing was ever spent"
    fact = proposed(lean, free)
    lean.voucher()  # promises money meanwhile
    assert lean.town.refused(decided(lean, fact)) == "pool_exhausted"
    assert lean.pool().spent == 0


def test_it_is_rejected_with_a_reason_withdrawn_by_its_proposer_or_too_late(lean: Market) -> None:
    fact = proposed(lean, 100)
    reject = decided(lean, fact, verdict=Verdict.REJECT)
    assert lean.town.refused(reject) == "reason_needed"
    withdrawal = WithdrawAdjustment(**lean.named(actor=LIN, fact=fact))
    assert lean.town.refused(withdrawal) == "not_adjustments_proposer"
    named = {"operation_id": lean.town.operation(), "reason": "小票金额无误"}
    assert lean.town.done(replace(reject, **named))["correction_id"] is None
    taken_back = proposed(lean, 100)
    lean.town.done(WithdrawAdjustment(**lean.named(actor=WU, fact=taken_back)))
    assert lean.town.refused(decided(lean, taken_back)) == "adjustment_decided"
    late = proposed(lean, 100)
    assert late.number == 3
    other = decided(lean, replace(late, amount_fen=Fen(99)))
    assert lean.town.refused(other) == "not_found"
    absent = replace(late, adjustment_id=AdjustmentId("0" * 26))
    assert lean.town.refused(decided(lean, absent)) == "not_found"
    with reading(lean.engine.database, HERE) as connection:
        [waits] = waiting_adjustments(connection, HERE, lean.clock.now())
        assert waits.fact == late
        assert list_adjustments(connection, HERE, PHARMACY, approved_only=True) == []
    lean.clock.advance(timedelta(days=8))
    assert lean.town.refused(decided(lean, late)) == "adjustment_decided"
    with reading(lean.engine.database, HERE) as connection:
        assert waiting_adjustments(connection, HERE, lean.clock.now()) == []
    assert lean.pool().spent == 0
    assert verify(lean.engine, HERE).ok


def test_points_of_the_member_are_not_touched(lean: Market) -> None:
    member = lean.member(1000)
    code = lean.code(lean.town.done(lean.redemption(member, "C12")))
    lean.captured(code, "r1", 500)
    before = lean.balance(member)
    adjusted(lean, -500, of(lean, "r1"))
    assert lean.balance(member) == before
