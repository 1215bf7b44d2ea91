"""Wishes: a bounded list, told once each time it comes within reach, and never twice for one."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.db.append_only import append_only_tables
from points.flows import freeze, read_inbox, weigh_wish, wish
from points.flows.catalogue_file import read_catalogue
from points.flows.quote import quote
from points.flows.rebuild import rebuild
from points.flows.verify import verify
from points.flows.wish_list import wish_list
from points.inbox.model import Telling
from points.inbox.reads import notices_of, unread_of
from points.inbox.words import WORDS, NoticeKind, fields_of
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import MemberId, RewardId
from points.unit_of_work import writing
from points.wishes.model import WISHES_MAX, Step
from points.wishes.wish_list import WishLists
from tests.flows.market import Market, market, republish, said
from tests.flows.town import HERE, RULES

FLOWS = {
    wish.AddWish: wish.ADD,
    wish.RemoveWish: wish.REMOVE,
    weigh_wish.WeighWish: weigh_wish.FLOW,
    read_inbox.ReadInbox: read_inbox.FLOW,
}
DAY = timedelta(days=1)


@pytest.fixture
def here(database_url: str) -> Iterator[Market]:
    with market(database_url, FLOWS) as it:
        yield it


@pytest.fixture
def quick(sqlite_url: str) -> Iterator[Market]:
    with market(sqlite_url, FLOWS) as it:
        yield it


def add(here: Market, member: MemberId, reward: str) -> Any:
    named = here.named(member_id=member, reward_id=RewardId(reward))
    return here.engine.submit(wish.AddWish(**named))


def remove(here: Market, member: MemberId, reward: str) -> Any:
    named = here.named(member_id=member, reward_id=RewardId(reward))
    return here.engine.submit(wish.RemoveWish(**named))


def told(here: Market, member: MemberId) -> list[str]:
    with here.engine.reading(HERE) as connection:
        found = notices_of(connection, HERE, member, limit=50)
    return [f"{each.kind.value} {each.about}" for each in found]


def unread(here: Market, member: MemberId) -> int:
    with here.engine.reading(HERE) as connection:
        return unread_of(connection, HERE, member)


def weigh(here: Market) -> int:
    return weigh_wish.weigh_wishes(here.engine, HERE)


def test_a_member_is_told_once_each_time_a_wish_comes_within_reach(here: Market) -> None:
    member, other = here.member(60), here.member(60)
    for who in (member, other):
        assert add(here, who, "C12").refusal is None
    [wanted] = wish_list(here.engine, HERE, member)
    assert (wanted.missing, wanted.percent, wanted.affordable) == (40, 60, False)
    assert weigh(here) == 0
    here.give(member, 40)
    assert weigh(here) == 1
    assert told(here, member) == ["wish_affordable C12"]
    assert told(here, other) == []
    here.give(member, 500)
    assert weigh(here) == 0, "more points are no news"
    here.town.done(here.redemption(member, "C07"))
    assert weigh(here) == 0
    here.town.done(here.redemption(member, "C11"))
    here.town.done(here.redemption(member, "C07"))
    left = wish_list(here.engine, HERE, member)[0].available
    assert left >= 100
    assert told(here, member) == ["wish_affordable C12"]
    assert verify(here.engine, HERE).ok


def test_what_went_out_of_reach_is_told_anew_and_so_is_what_was_renewed(quick: Market) -> None:
    member = quick.member(100)
    add(quick, member, "C12")
    assert weigh(quick) == 1
    quick.town.done(quick.redemption(member, "C12"))
    assert weigh(quick) == 1, "it is out of reach"
    assert told(quick, member) == ["wish_affordable C12"]
    quick.give(member, 100)
    quick.clock.advance(40 * DAY)  # a window of its limit has passed
    assert weigh(quick) == 1
    assert len(told(quick, member)) == 2
    add(quick, member, "C12")
    assert weigh(quick) == 1, "it was renewed"
    assert len(told(quick, member)) == 3
    assert weigh(quick) == 0


def test_the_control_a_worker_that_takes_no_step_down_tells_again(
    quick: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(weigh_wish, "_once", lambda command: str(command.operation_id))
    taken = WishLists.take

    def forgetful(lists: WishLists, member: Any, reward: Any, step: Step, now: Any) -> Any:
        return taken(lists, member, reward, step, now) if step is Step.ADDED else None

    monkeypatch.setattr(WishLists, "take", forgetful)
    with pytest.raises(AssertionError):
        test_a_member_is_told_once_each_time_a_wish_comes_within_reach(quick)


def test_points_are_not_all_that_it_takes(quick: Market) -> None:
    member = quick.member(100)
    add(quick, member, "C12")
    quick.town.done(
        freeze.Freeze(
            **quick.named(member_id=member, programme="health", reason="核查", notice="申诉")
        )
    )
    assert weigh(quick) == 0
    assert weigh(quick) == 0, "and it is asked once a day, not every round"
    assert told(quick, member) == []


def test_a_condition_without_an_answer_is_a_reason_against_one_wish_alone(quick: Market) -> None:
    text = "1 / size(member.roles) == 1"
    read, findings = read_catalogue(
        (RULES / "catalogue.yaml")
        .read_text("utf-8")
        .replace('member.kind in ["rider", "courier"]', text),
        file="catalogue.yaml",
    )
    assert read is not None, findings
    [code] = [each.reward_id for each in read.rewards if each.eligible == text]
    member = quick.member(1000)
    quick.give(member, 1000, programme="party")
    wanted = quick.redemption(member, code, programme="party")
    for reward in (code, "C12"):
        assert add(quick, member, reward).refusal is None
    republish(quick, **{code: {"eligible": text}})
    assert weigh(quick) == 1
    assert said(quick.town.submit(wanted)) == "not_eligible"
    asked = quote(quick.engine, wanted, quick.ids)
    assert asked.refusal is not None
    assert asked.refusal.code == "not_eligible"


def test_expired_points_and_debt_are_not_counted(quick: Market) -> None:
    member = quick.member()
    quick.give(member, 100, expires_at=quick.clock.now() + DAY)
    add(quick, member, "C12")
    quick.clock.advance(2 * DAY)
    assert weigh(quick) == 0
    assert wish_list(quick.engine, HERE, member)[0].missing == 100


def test_the_list_is_bounded_and_holds_what_can_be_had(quick: Market) -> None:
    member = quick.member(10)
    outsider = quick.member()
    assert said(add(quick, member, "NONE")) == "reward_unavailable"
    assert said(remove(quick, member, "C12")) == "wish_unknown"
    assert said(add(quick, MemberId("0" * 26), "C12")) == "not_found"
    codes = [f"C{number:02}" for number in range(1, 23)]
    done = [add(quick, outsider, code) for code in codes]
    accepted = [each for each in done if each.refusal is None]
    assert len(accepted) == WISHES_MAX
    assert {said(each) for each in done if each.refusal} == {"wish_list_full"}
    assert add(quick, outsider, codes[0]).refusal is None, "renewing takes no room"
    assert remove(quick, outsider, codes[0]).refusal is None
    assert add(quick, outsider, codes[-1]).refusal is None
    republish(quick, C12={"visible_until": quick.clock.now().date()})
    assert said(add(quick, member, "C12")) == "reward_unavailable"
    assert "C12" not in {w.reward.reward_id for w in wish_list(quick.engine, HERE, outsider)}


def test_what_is_shown_no_more_gives_way_on_a_full_list(quick: Market) -> None:
    """Nobody could take it off: it is not seen on the list."""
    member = quick.member()
    codes = [f"C{number:02}" for number in range(1, 23)]
    for code in codes[:WISHES_MAX]:
        assert add(quick, member, code).refusal is None
        quick.clock.advance(timedelta(seconds=1))
    ended = {"visible_until": quick.clock.now().date()}
    republish(quick, C03=ended, C05=ended)
    for code in codes[WISHES_MAX:]:
        assert add(quick, member, code).refusal is None
    shown = {wanted.reward.reward_id for wanted in wish_list(quick.engine, HERE, member)}
    assert shown == set(codes) - {"C03", "C05"}
    assert verify(quick.engine, HERE).ok


def test_messages_are_read_by_whom_they_are_for(here: Market) -> None:
    member, other = here.member(100), here.member(100)
    add(here, member, "C12")
    weigh(here)
    with here.engine.reading(HERE) as connection:
        [notice] = notices_of(connection, HERE, member, limit=5)
    assert "20" in notice.text("zh")
    assert notice.page == "/m/rewards/C12"
    reading = {"notices": (notice.notice_id,)}
    stranger = here.engine.submit(read_inbox.ReadInbox(**here.named(member_id=other, **reading)))
    assert said(stranger) == "not_found"
    assert unread(here, member) == 1
    assert here.town.done(read_inbox.ReadInbox(**here.named(member_id=member, **reading))) == {
        "read": 1
    }
    assert unread(here, member) == 0
    again = read_inbox.ReadInbox(**here.named(member_id=member, **reading))
    assert here.town.done(again) == {"read": 0}
    assert verify(here.engine, HERE).ok


def test_wishes_are_rebuilt_from_their_steps_and_a_difference_is_named(here: Market) -> None:
    member = here.member(100)
    add(here, member, "C12")
    add(here, member, "C07")
    weigh(here)
    remove(here, member, "C07")
    assert verify(here.engine, HERE).ok
    with writing(here.engine.database, HERE) as connection:
        connection.exec_driver_sql("UPDATE wish SET affordable = FALSE WHERE reward_id = 'C12'")
        connection.exec_driver_sql("DELETE FROM wish WHERE reward_id = 'C07'")
    first = verify(here.engine, HERE).first_difference
    assert first is not None
    assert first.check == "wishes_follow_from_their_steps"
    rebuild(here.engine, HERE)
    assert verify(here.engine, HERE).ok


def test_every_kind_has_words_that_find_their_details() -> None:
    for kind in NoticeKind:
        detail: dict[str, str | int] = dict.fromkeys(fields_of(kind), "x")
        words = WORDS[kind]
        for text in (words.zh, words.en, words.title_zh, words.title_en):
            assert text.format_map(detail)
        Telling(member_id=MemberId("m"), kind=kind, about="a", once="o", detail=detail)
        if detail:
            with pytest.raises(BrokenInvariant):
                Telling(member_id=MemberId("m"), kind=kind, about="a", once="o")
    assert {"member_notice", "member_notice_read", "wish_event"} <= {
        table.name for table in append_only_tables()
    }
