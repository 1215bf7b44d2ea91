"""Members are told in plain words why an activity brought points or none, and only of their own."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from points.flows.answer import Answer
from points.flows.context import RuleBook
from points.flows.mature import Mature
from points.flows.object import ObjectTo
from points.flows.rescoring import rescore_marked
from points.flows.reverse import Reverse
from points.flows.review import Review, Verdict
from points.flows.tell_why import Why, tell_why
from points.flows.withdraw import Withdraw
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, MemberId
from points.rules import load_ruleset
from tests.flows.test_civic_usage import trial
from tests.flows.test_reconstruct import as_owner, recorded, reversed_
from tests.flows.town import HERE, Town, activity_types, civic_context, town


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Town]:
    with town(sqlite_url) as it:
        yield it


def asked(here: Town, member: MemberId, activity: str) -> Why:
    found = tell_why(here.engine, HERE, member, ActivityId(activity))
    assert isinstance(found, Why)
    return found


def told(here: Town, member: MemberId, activity: str, language: str = "zh") -> list[str]:
    return asked(here, member, activity).sentences(language)


def scored(here: Town, member: MemberId, **shift: Any) -> str:
    activity = str(here.done(here.shift(member, **shift))["activity_id"])
    here.approve(activity)
    here.score(activity)
    return activity


def test_a_shift_that_was_too_short(here: Town) -> None:
    member = here.person()
    activity = scored(here, member, hours="0.3")
    assert asked(here, member, activity).status == "none"
    assert told(here, member, activity) == [
        "已经按规则核算，这次没有得到积分，原因如下。",
        "志愿服务：没有得分。服务时长 0.3 小时，未满 0.5 小时。",
        "应急志愿加成：没有得分。服务时长 0.3 小时，未满 0.5 小时；没有填写“属于应急任务”。",
        "如有疑问，请联系协会。",
    ]
    assert told(here, member, activity, "en")[1] == (
        "Volunteer hours: no points. Hours: 0.3 hours, less than 0.5 hours."
    )


def test_a_limit_that_is_reached_says_when_it_opens_again(here: Town) -> None:
    member = here.person()
    for hours_ago in (30, 27):
        scored(here, member, ago=timedelta(hours=hours_ago))
    activity = scored(here, member, ago=timedelta(hours=24))
    found = told(here, member, activity)
    assert "每天最多 40 分" in found[1]
    assert "3月2日起重新计算" in found[1]
    assert found[1].startswith("志愿服务：没有得分。已达到“")


def test_points_in_publicity_say_until_when(here: Town) -> None:
    member = here.person()
    activity = scored(here, member, hours="3")
    assert here.state(activity) == "publicity"
    found = told(here, member, activity)
    assert found[0] == (
        "已经计分，正在公示，公示到3月9日。期满没有异议，积分就可以使用；公示期间暂时不能用。"
    )
    assert found[1] == (
        "志愿服务：钱包、年度评定各得 20 分（本可得 30 分）；"
        "已达到“志愿服务每次上限”（每次最多 20 分）。"
    )
    assert told(here, member, activity, "en")[1] == (
        "Volunteer hours: wallet and rating: 20 points each (of 30); "
        "the limit 'Volunteering a shift' is reached (at most 20 points for one activity)."
    )


def test_every_step_on_the_way_says_what_is_awaited(here: Town) -> None:
    member = here.person()
    activity = str(here.done(here.shift(member))["activity_id"])
    assert told(here, member, activity) == [
        "正在等待协会审核。审核通过以后才会计分。",
        "如有疑问，请联系协会。",
    ]
    here.approve(activity)
    assert told(here, member, activity)[0] == "审核已经通过，正在排队计分，一般很快完成。"
    here.score(activity)
    here.done(here.command(ObjectTo, "member:x", activity_id=activity, reason="没见到人"))
    assert "有人提出异议" in told(here, member, activity)[0]
    here.done(
        here.command(Answer, "staff:zhao", activity_id=activity, upheld=True, reason="签到不符")
    )
    found = told(here, member, activity)
    assert found[0] == "公示期间有人提出异议，经核实异议成立，这条活动的积分将被收回。"
    assert found[1] == "理由：签到不符。"
    here.done(
        here.command(
            Reverse,
            activity_id=activity,
            member_id=member,
            transactions=here.filed(activity).claim.transactions,
            reason="objection_upheld",
        )
    )
    assert told(here, member, activity)[:2] == [
        "这条活动的积分已经收回。",
        "理由：异议成立。",
    ]


def test_what_was_rejected_or_taken_back_says_so(here: Town) -> None:
    member = here.person()
    first, second = (
        str(here.done(here.shift(member, ago=timedelta(days=n)))["activity_id"]) for n in (1, 2)
    )
    here.done(
        here.command(
            Review,
            "staff:wang",
            activity_id=first,
            verdict=Verdict.REJECT,
            level="industry",
            reason="照片看不清",
        )
    )
    assert told(here, member, first)[:2] == ["审核没有通过，所以没有计分。", "理由：照片看不清。"]
    here.done(here.command(Withdraw, f"member:{member}", activity_id=second))
    assert told(here, member, second) == [
        "这条申报已经撤回，所以没有计分。",
        "如有疑问，请联系协会。",
    ]


def test_points_that_are_in_the_wallet(here: Town) -> None:
    member = here.person()
    activity = scored(here, member)
    here.clock.advance(timedelta(days=20))
    here.done(here.command(Mature, "system:mature", activity_id=activity, member_id=member))
    found = asked(here, member, activity)
    assert found.status == "posted"
    assert found.sentences("zh")[:2] == [
        "已经计分，积分已入账。",
        "志愿服务：钱包、年度评定各得 20 分。",
    ]


def test_a_rule_that_fails_is_nothing_that_members_have_to_mend(sqlite_url: str) -> None:
    with town(sqlite_url, context=trial()) as here:
        member = here.person()
        activity = recorded(here, member, "lecture.given", 2)
        here.score(activity)
        found = told(here, member, activity)
        assert "不需要您再申报" in found[0]
        assert not any("D1" in each for each in found)


def test_a_cooldown_and_a_history_say_what_they_ask(sqlite_url: str) -> None:
    with town(sqlite_url, context=trial()) as here:
        member = here.person()
        here.score(recorded(here, member, "theme.day", 60))
        here.clock.advance(timedelta(minutes=1))
        again = recorded(here, member, "theme.day", 30)
        here.score(again)
        assert told(here, member, again)[1] == (
            "主题党日：没有得分。与上一次计分的同类活动间隔不到 2 天。"
        )
        here.score(recorded(here, member, "micro.lesson", 20))
        here.clock.advance(timedelta(minutes=1))
        meeting = recorded(here, member, "branch.meeting", 3)
        here.score(meeting)
        assert told(here, member, meeting)[1] == (
            "学满两课：没有得分。此前 30 天内“微党课完课”的次数 1，未满 2。"
        )


def test_nobody_is_told_about_others(here: Town) -> None:
    member, other = here.person(), here.person()
    activity = scored(here, member)
    found = tell_why(here.engine, HERE, other, ActivityId(activity))
    missing = tell_why(here.engine, HERE, member, ActivityId("none"))
    assert isinstance(found, Refusal)
    assert found == missing, "another's activity is answered like one that is not there"


def test_where_the_record_cannot_be_right_only_the_record_is_told(
    here: Town, sqlite_url: str, as_superuser: Callable[[str], str]
) -> None:
    member = here.person()
    activity = scored(here, member)
    with as_owner(as_superuser(sqlite_url)) as connection:
        connection.execute(text("UPDATE award SET points = 7 WHERE measure = 'party.wallet'"))
    found = told(here, member, activity)
    assert "志愿服务：钱包得 7 分。" in found
    assert found[-1] == "这条记录与按规则重新计算的结果不一致，请联系协会核对。"


TWO_RULES = """
ruleset: party
version: 9
effective: {from: "2025-01-01", until: "2028-01-01"}
timezone: Asia/Shanghai
title: {zh: 试验, en: Trial}
measures: [wallet]
caps:
  one: {window: month, max: 3, title: {zh: 一, en: One}}
  two: {window: month, max: 5, title: {zh: 二, en: Two}}
rules:
  - {id: L1, on: micro.lesson, points: 2, caps: [one], title: {zh: 听课, en: Lesson}, COMMON}
  - {id: L2, on: micro.lesson, points: 4, caps: [two], title: {zh: 测验, en: Quiz}, COMMON}
  - {id: M1, on: branch.meeting, points: 3, caps: [one], title: {zh: 会议, en: Meeting}, COMMON}
  - {id: T1, on: theme.day, points: 4, caps: [two], title: {zh: 党日, en: Day}, COMMON}
""".replace("COMMON", "category: learn, measures: [wallet], expires: {wallet: end_of_year}")


def test_each_rule_says_what_it_came_to_last(sqlite_url: str) -> None:
    """Two rules of an activity are corrected one after the other: the member hears of both."""
    loaded, findings = load_ruleset(TWO_RULES, file="trial.yaml", types=activity_types())
    assert loaded is not None, findings
    with town(sqlite_url, context=replace(civic_context(), rules=RuleBook((loaded,)))) as here:
        member = here.person()
        others = []
        for kind, hours in (("branch.meeting", 9), ("theme.day", 6), ("micro.lesson", 3)):
            here.clock.advance(timedelta(minutes=1))
            others.append(recorded(here, member, kind, hours))
            here.score(others[-1])
        lesson = others.pop()
        for each in others:
            here.clock.advance(timedelta(minutes=1))
            reversed_(here, each)
            rescore_marked(here.engine, HERE)
        found = told(here, member, lesson)
        assert "后来经更正，“听课”的钱包计 2 分。" in found
        assert "后来经更正，“测验”的钱包计 4 分。" in found
        here.clock.advance(timedelta(minutes=1))
        later = recorded(here, member, "micro.lesson", 1)
        here.score(later)
        # It was scored on what had been corrected, which is no longer gone through step by step.
        assert told(here, member, later) == [
            "已经计分，积分已入账。",
            "听课：钱包得 1 分。",
            "测验：钱包得 1 分。",
            "如有疑问，请联系协会。",
        ]
