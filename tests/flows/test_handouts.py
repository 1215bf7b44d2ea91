"""One reward for many: two people decide, the money is there first, and everybody is counted once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from openpyxl import load_workbook

from points.catalogue.model import Stock
from points.duties.model import RelationKind
from points.engine import Outcome
from points.flows import freeze, handing_out
from points.flows.choosing_members import conditioned, in_sheet, listed
from points.flows.decide_handout import DecideHandout, Verdict
from points.flows.declare_relation import DeclareRelation
from points.flows.hand_out import FinishHandout, PrintHandout
from points.flows.handing_out import hand_out, hand_out_due
from points.flows.handout_desk import find, waits
from points.flows.handout_export import codes_as_xlsx, results_as_csv, results_of
from points.flows.propose_handout import ProposeHandout, WithdrawHandout
from points.flows.rebuild import rebuild
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.handouts.errors import HandoutTooLarge, MemberConditionInvalid, MembersUnknown
from points.handouts.model import Mode
from points.handouts.reads import Filed, list_handouts
from points.inbox.reads import notices_of
from points.kernel.ids import Actor, HandoutId, MemberId, RewardId
from points.rules import VoucherPolicy
from points.unit_of_work import reading
from tests.flows.market import WARD, Market, market, republish, said
from tests.flows.town import HERE, STAFF, civic_context

OTHER = Actor("staff:wang")


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Market]:
    context = replace(civic_context(), vouchers=VoucherPolicy(bulk_members=30))
    with market(sqlite_url, FLOWS, context) as it:
        yield it


@pytest.fixture
def on_both(database_url: str) -> Iterator[Market]:
    with market(database_url, FLOWS) as it:
        yield it


def proposed(here: Market, members: list[MemberId], reward: str = "C05", **more: Any) -> Outcome:
    named = {"reward_id": RewardId(reward), "programme": "health", "note": "慰问", **more}
    return here.engine.submit(ProposeHandout(**here.named(members=tuple(members), **named)))


def decided(here: Market, handout: str, **more: Any) -> Outcome:
    named = {
        "handout_id": HandoutId(handout),
        "programme": "health",
        "proposed_by": STAFF,
        "verdict": Verdict.APPROVE,
        "actor": OTHER,
    }
    return here.engine.submit(DecideHandout(**here.named(**named | more)))


def approved(here: Market, members: list[MemberId], reward: str = "C05", **more: Any) -> HandoutId:
    outcome = proposed(here, members, reward, **more)
    assert outcome.refusal is None, outcome.refusal
    handout = HandoutId(outcome.result["handout_id"])
    assert decided(here, handout).refusal is None
    return handout


def filed(here: Market, handout: HandoutId) -> Filed:
    found = find(here.engine, HERE, handout)
    assert isinstance(found, Filed)
    return found


def test_everybody_gets_one_and_the_fen_add_up(on_both: Market) -> None:
    here = on_both
    people = [here.member() for _ in range(5)]
    cold = here.member()
    here.town.done(
        freeze.Freeze(**here.named(member_id=cold, programme="health", reason="核查", notice="n1"))
    )
    before = here.pool()
    handout = approved(here, [*people, cold])
    assert here.pool().reserved - before.reserved == 6 * 4000
    assert hand_out_due(here.engine, HERE) == 6
    assert hand_out_due(here.engine, HERE) == 0
    found = filed(here, handout)
    reconciled = found.reconciled
    assert reconciled.adds_up
    assert (reconciled.asked, reconciled.issued, reconciled.left) == (6, 5, 0)
    assert dict(reconciled.refused) == {"member_frozen": 1}
    assert (reconciled.reserved_fen, reconciled.passed_fen, reconciled.freed_fen) == (
        24_000,
        20_000,
        4_000,
    )
    assert [step.step.value for step in found.steps] == ["approved", "done"]
    assert here.pool().reserved - before.reserved == 5 * 4000
    with reading(here.engine.database, HERE) as connection:
        [told] = notices_of(connection, HERE, people[0], limit=5)
    assert told.kind.value == "voucher_issued"
    assert verify(here.engine, HERE).ok
    rebuild(here.engine, HERE)
    assert verify(here.engine, HERE).ok
    assert b"member_frozen" in results_as_csv(results_of(here.engine, HERE, found.standing.handout))


def test_nobody_decides_what_is_also_for_a_relative(on_both: Market) -> None:
    """However many it is for; each relation of the approver counts, and nobody else's."""
    here = on_both
    people = [here.member() for _ in range(4)]
    handout = proposed(here, people).result["handout_id"]
    relation = {"staff": OTHER, "kind": RelationKind.SIBLING, "actor": OTHER}
    here.town.done(DeclareRelation(**here.named(member_id=people[2], **relation)))
    here.town.done(DeclareRelation(**here.named(member_id=here.member(), **relation)))
    for verdict in Verdict:
        assert said(decided(here, handout, verdict=verdict, reason="名单")) == "involved"
    third = Actor("staff:sun")
    assert said(decided(here, handout, actor=third, person=people[3])) == "involved"
    other = proposed(here, people[:2]).result["handout_id"]
    both = [(handout, third), (other, OTHER)]
    for name, actor in both:
        assert decided(here, name, actor=actor).refusal is None
    assert verify(here.engine, HERE).ok


def test_the_control_without_looking_among_the_members_relatives_decide(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("points.unit_of_work.read_among", lambda *_: None)
    with pytest.raises(AssertionError):
        test_nobody_decides_what_is_also_for_a_relative(here)


def test_two_people_decide(here: Market) -> None:
    person = here.member()
    handout = proposed(here, [person]).result["handout_id"]
    assert said(decided(here, handout, actor=STAFF)) == "own_handout"
    assert said(decided(here, handout, person=person)) == "involved"
    assert said(decided(here, handout, programme="party")) == "not_found"
    assert said(decided(here, "none")) == "not_found"
    assert said(decided(here, handout, verdict=Verdict.REJECT)) == "reason_needed"
    assert decided(here, handout, verdict=Verdict.REJECT, reason="名单有误").result == {
        "handout_id": handout,
        "state": "rejected",
    }
    assert said(decided(here, handout)) == "handout_state"
    second = proposed(here, [person]).result["handout_id"]
    withdraw = {"handout_id": HandoutId(second)}
    assert said(here.engine.submit(WithdrawHandout(**here.named(**withdraw, actor=OTHER)))) == (
        "not_handout_proposer"
    )
    nobodys = WithdrawHandout(**here.named(handout_id=HandoutId("none")))
    assert said(here.engine.submit(nobodys)) == "not_found"
    assert here.engine.submit(WithdrawHandout(**here.named(**withdraw))).refusal is None
    assert said(here.engine.submit(WithdrawHandout(**here.named(**withdraw)))) == "handout_state"
    late = proposed(here, [person]).result["handout_id"]
    here.clock.advance(timedelta(days=8))
    assert said(decided(here, late)) == "handout_expired"
    with reading(here.engine.database, HERE) as connection:
        states = [each.state(here.clock.now()).value for each in list_handouts(connection, HERE)]
        older = list_handouts(connection, HERE, before=late)
    assert states == ["expired", "withdrawn", "rejected"]
    assert len(older) == 2


def test_what_cannot_be_proposed(here: Market) -> None:
    assert said(proposed(here, [])) == "handout_empty"
    assert said(proposed(here, [MemberId(str(n)) for n in range(31)])) == "handout_too_large"
    assert said(proposed(here, [here.member()], "C99")) == "reward_unavailable"
    assert said(proposed(here, [here.member()], programme="party")) == "reward_unavailable"
    assert said(proposed(here, [here.member()], note=" ")) == "reason_needed"


def test_money_that_is_not_there_is_not_promised(on_both: Market) -> None:
    here = on_both
    before = here.pool()
    people = [here.member() for _ in range(3)]
    republish(here, C05={"tariff_fen": {"default": before.free // 3}})
    handout = approved(here, people)
    # The last fen is set aside: a member who redeems now gets nothing, those on the list do.
    assert here.pool().free < 3
    other = here.member(1000)
    assert said(here.engine.submit(here.redemption(other, "C05"))) == "pool_exhausted"
    assert said(decided(here, proposed(here, people).result["handout_id"])) == "pool_exhausted"
    assert hand_out_due(here.engine, HERE) == 3
    assert filed(here, handout).reconciled.adds_up
    assert verify(here.engine, HERE).ok


def test_the_last_piece_stops_it_and_the_rest_goes_back(here: Market) -> None:
    people = [here.member() for _ in range(5)]
    republish(here, C05={"stock": Stock(total=2), "limits": ()})
    before = here.pool()
    handout = approved(here, people)
    assert hand_out_due(here.engine, HERE) == 2
    found = filed(here, handout).reconciled
    assert (found.issued, found.left, found.freed_fen) == (2, 3, 3 * 4000)
    assert found.adds_up
    assert filed(here, handout).steps[-1].reason == "out_of_stock"
    assert here.pool().reserved - before.reserved == 2 * 4000
    assert verify(here.engine, HERE).ok


def test_what_is_drawn_by_the_day_goes_on_tomorrow(here: Market) -> None:
    people = [here.member() for _ in range(5)]
    republish(here, C05={"stock": Stock(per_day=3), "limits": ()})
    handout = approved(here, people)
    assert [hand_out_due(here.engine, HERE) for _ in range(2)] == [3, 0]
    assert filed(here, handout).standing.kept.value == "approved"
    here.clock.advance(timedelta(days=1))
    assert hand_out_due(here.engine, HERE) == 2
    assert filed(here, handout).standing.kept.value == "done"


def waiting(here: Market, handout: str) -> tuple[str, int, str] | None:
    """Return what a handout is said to wait for: window, pieces in it, and until when."""
    wait = waits(here.engine, HERE, filed(here, handout).standing)
    return wait and (wait.window.value, wait.most, f"{wait.until:%m-%dT%H}")


def test_who_waits_is_told_for_what_and_until_when(on_both: Market) -> None:
    here = on_both
    people = [here.member() for _ in range(9)]
    republish(here, C05={"stock": Stock(per_day=3, per_week=5), "limits": ()})
    handout = approved(here, people)
    assert waiting(here, handout) is None, "nothing was given out yet"
    assert hand_out_due(here.engine, HERE) == 3
    # Noon of Monday the second of March; days begin at 16 o'clock by the clock of the database.
    assert waiting(here, handout) == ("day", 3, "03-02T16")
    here.clock.advance(timedelta(days=1))
    assert waiting(here, handout) is None, "it goes on as soon as the worker comes"
    assert hand_out_due(here.engine, HERE) == 2
    assert waiting(here, handout) == ("week", 5, "03-08T16"), "tomorrow would not help"
    here.clock.advance(timedelta(days=6))
    assert hand_out_due(here.engine, HERE) == 3
    assert waiting(here, handout) == ("day", 3, "03-09T16")
    here.clock.advance(timedelta(days=1))
    assert hand_out_due(here.engine, HERE) == 1
    assert waiting(here, handout) is None, "nobody is left"


def test_what_ends_for_good_waits_for_nothing(here: Market) -> None:
    people = [here.member() for _ in range(5)]
    republish(here, C05={"stock": Stock(total=3, per_day=3), "limits": ()})
    handout = approved(here, people)
    fact = filed(here, handout).standing
    assert hand_out_due(here.engine, HERE) == 3
    # The worker may not have come round to end it yet: what is gone for good is no reason to wait.
    assert waits(here.engine, HERE, replace(fact, issued=3)) is None


def test_an_outlet_that_does_not_have_it_is_nobodys_own_reason(here: Market) -> None:
    members = [here.member() for _ in range(3)]
    assert said(proposed(here, members, outlet_id=WARD)) == "outlet_not_offered"
    republish(here, C05={"stock": Stock(outlets={WARD: 9})})
    assert said(proposed(here, members)) == "outlet_needed"
    handout = approved(here, members, outlet_id=WARD)
    assert here.pool().reserved == 3 * 4000
    republish(here)
    done = hand_out(here.engine, HERE, filed(here, handout).standing.handout)
    assert (done.issued, done.refused, done.stopped, done.done) == (
        0,
        0,
        "outlet_not_offered",
        True,
    )
    found = filed(here, handout).reconciled
    assert (found.refused, found.left, found.adds_up) == ({}, len(members), True)
    assert here.pool().reserved == 0


def test_a_dearer_reward_ends_it(here: Market) -> None:
    handout = approved(here, [here.member()])
    republish(here, C05={"tariff_fen": {"default": 9999}})
    assert hand_out_due(here.engine, HERE) == 0
    found = filed(here, handout)
    assert (found.steps[-1].reason, found.reconciled.left) == ("reward_unavailable", 1)


def test_a_run_that_was_killed_goes_on_and_gives_nobody_two(
    on_both: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = on_both
    people = [here.member() for _ in range(7)]
    handout = approved(here, people)
    monkeypatch.setattr(handing_out, "MEMBERS_A_PAGE", 3)
    fact = filed(here, handout).standing.handout
    seen: list[int] = []

    def killed(count: int) -> None:
        seen.append(count)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hand_out(here.engine, HERE, fact, killed)
    assert seen == [3]
    assert filed(here, handout).reconciled.left == 4
    # Two runs at once: each member is in the pages of both.
    pages = [MemberId(each) for each in sorted(people)]
    twice = [handing_out._give(here.engine, HERE, fact, each) for each in pages * 2]
    results = [outcome.result["result"] for outcome in here.engine.submit_many(twice)]
    assert (results.count("issued"), results.count("nothing")) == (4, 10)
    assert hand_out(here.engine, HERE, fact).done
    assert filed(here, handout).reconciled.issued == 7
    assert verify(here.engine, HERE).ok


def test_control_without_its_row_a_member_would_get_two(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    from points.handouts.pile import Pile  # noqa: PLC0415 - what is broken here

    person = here.member()
    republish(here, C05={"limits": ()})
    handout = approved(here, [person, here.member()])
    fact = filed(here, handout).standing.handout
    give = Pile.give

    def forgetful(pile: Pile, given: Any) -> None:
        give(pile, given)
        del pile.given[given.handout_id, given.member_id]

    monkeypatch.setattr(Pile, "give", forgetful)
    twice = [handing_out._give(here.engine, HERE, fact, person) for _ in range(2)]
    # The key of the table is what still stands in the way: the batch fails, each is done alone.
    results = [outcome.result["result"] for outcome in here.engine.submit_many(twice)]
    assert results == ["issued", "nothing"]


def test_it_ends_once_and_not_before_its_last_member(here: Market) -> None:
    handout = approved(here, [here.member()])
    early = FinishHandout(**here.named(handout_id=handout, programme="health"))
    assert said(here.engine.submit(early)) == "handout_state"
    unknown = FinishHandout(**here.named(handout_id=HandoutId("none"), programme="health"))
    assert said(here.engine.submit(unknown)) == "not_found"
    fact = filed(here, handout).standing.handout
    command = handing_out._give(here.engine, HERE, fact, MemberId("nobody"))
    assert said(here.engine.submit(command)) == "not_found"
    hand_out_due(here.engine, HERE)
    other = handing_out._give(here.engine, HERE, replace(fact), next(iter(_members(here))))
    assert here.engine.submit(other).result["result"] == "nothing"


def _members(here: Market) -> list[MemberId]:
    found = conditioned(here.engine, HERE, "health", "true")
    assert isinstance(found, tuple)
    return list(found)


def test_codes_are_printed_once_and_only_on_paper(here: Market) -> None:
    people = [here.member() for _ in range(3)]
    phone = approved(here, people[:1])
    paper = approved(here, people, mode=Mode.PAPER, reward="C07")
    asked = {"handout_id": paper, "actor": OTHER}
    assert said(here.engine.submit(PrintHandout(**here.named(**asked)))) == "not_on_paper"
    hand_out_due(here.engine, HERE)
    for handout, code in ((phone, "not_on_paper"), (HandoutId("none"), "not_found")):
        command = PrintHandout(**here.named(handout_id=handout, actor=OTHER))
        assert said(here.engine.submit(command)) == code
    assert here.engine.submit(PrintHandout(**here.named(**asked))).result["vouchers"] == 3
    assert said(here.engine.submit(PrintHandout(**here.named(**asked)))) == "printed_before"
    import io  # noqa: PLC0415

    book = load_workbook(
        io.BytesIO(codes_as_xlsx(here.engine, HERE, filed(here, paper).standing.handout))
    )
    rows = list(book.worksheets[0].values)
    assert len(rows) == 4
    assert here.captured(str(rows[1][0]), "r1", outlet="YY01")["state"] == "captured"
    assert verify(here.engine, HERE).ok


def test_whom_a_list_or_a_condition_names(here: Market) -> None:
    red = [here.member(branch="快递支部", party_member=True) for _ in range(2)]
    plain = here.member()
    assert conditioned(here.engine, HERE, "health", 'member.branch == "快递支部"') == tuple(
        sorted(red)
    )
    for bad in (
        *("member.nonsense ==", "member.nonsense == 1", "event.passed"),
        *("member.kind", '"x"', "1", 'member.roles > 3 || member.branch < "b"'),
    ):
        found = conditioned(here.engine, HERE, "health", bad)
        assert isinstance(found, MemberConditionInvalid), bad
        assert found.text("zh")
    assert conditioned(here.engine, HERE, "health", "1 / size(member.roles) == 1") == ()
    many = [here.member() for _ in range(31)]
    assert isinstance(conditioned(here.engine, HERE, "health", "true"), HandoutTooLarge)
    assert listed(here.engine, HERE, [f" {plain} ", plain, ""]) == (plain,)
    unknown = listed(here.engine, HERE, [plain, "13900000000", "nobody"])
    assert unknown == MembersUnknown(count=2)
    sheet = "会员编号,备注\r\n" + "\r\n".join(f"{each},x" for each in many)
    assert in_sheet(sheet.encode()) == many
