"""What members are told of each way in which a rule can refuse, word for word."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from points.rules import Evaluation, Facts, RuleSet, Tallies, details, evaluate, why
from points.rules.evaluate import POINTS_MAX
from points.rules.words import unit_of, value_of
from tests.unit.rules.worlds import RULE, facts_of, one_rule, play, ruleset_of


def told(rules: RuleSet, *events: Facts) -> list[str]:
    """Return what is told of the last of some activities, in both languages."""
    tally, _ = play(rules, *events[:-1])
    found = evaluate(events[-1], rules, tally, trace=False)
    said = [each for each in why(events[-1], rules, tally, found) if each.rule_id == "R1"]
    return [f"{each.zh} | {each.en}" for one in said for each in one.texts]


def of(rest: str, fields: dict[str, object] | None = None, **more: Any) -> list[str]:
    return told(one_rule(rest), facts_of(fields, **more))


@pytest.mark.parametrize(
    ("condition", "fields", "said"),
    [
        ("event.hours >= 3", {}, "时长 2 小时，未满 3 小时 | Hours: 2 hours, less than 3 hours"),
        ("event.hours > 2", {}, "时长 2 小时，没有超过 2 小时 | Hours: 2 hours, not more than 2 hours"),
        ("event.hours <= 1.5", {}, "时长 2 小时，超过了 1.5 小时 | Hours: 2 hours, more than 1.5 hours"),
        ("event.hours < 2", {}, "时长 2 小时，不少于 2 小时 | Hours: 2 hours, not less than 2 hours"),
        ("3 <= event.hours", {}, "时长 2 小时，未满 3 小时 | Hours: 2 hours, less than 3 hours"),
        ("!(event.hours < 3)", {}, "时长 2 小时，未满 3 小时 | Hours: 2 hours, less than 3 hours"),
        ("event.hours != 2", {}, "时长为2 小时，这条规则不适用 | Hours: 2 hours, to which the rule does not apply"),
        ("event.verified", {"verified": False}, "“已核对”记录为“否” | 'Verified' was recorded as 'no'"),
        ("!event.verified", {}, "“已核对”为“是” | 'Verified' is 'yes'"),
        ("event.verified == false", {}, "已核对为“是”，这条规则要求“否” | Verified: 'yes', where the rule asks for 'no'"),
        ("member.party_member", {}, "当时的登记信息中，“中共党员”为“否” | by the register of that day: 'party member' is 'no'"),
        ('"pioneer" in member.roles', {}, "当时的登记信息中，担任角色没有“先锋模范” | by the register of that day: no 'pioneer' among roles"),
        ("has(event.trips)", {}, "没有填写“趟次” | 'Trips' was not given"),
        ("has(event.trips) && event.trips > 2", {}, "没有填写“趟次” | 'Trips' was not given"),
        ("has(event.level) && event.level == 'province'", {"level": "city"}, "级别为“市级”，这条规则要求“省级” | Level: 'city', where the rule asks for 'province'"),
        ("has(event.level) && event.level in ['province', 'city']", {"level": "county"}, "级别为“县区级”，这条规则要求“省级”或“市级” | Level: 'county', where the rule asks for 'province' or 'city'"),
        ("has(event.kinds) && 'ct' in event.kinds", {"kinds": ["massage"]}, "项目中没有“CT 检查” | no 'CT scan' among Services"),
        ("event.hours > 8 || member.party_member", {}, "以下任何一项都不符合：时长 2 小时，没有超过 8 小时；当时的登记信息中，“中共党员”为“否” | none of these holds: Hours: 2 hours, not more than 8 hours; by the register of that day: 'party member' is 'no'"),
        ("(has(event.trips) && event.trips > 2) || event.hours > 8", {"trips": 1}, "以下任何一项都不符合：趟次 1，没有超过 2；时长 2 小时，没有超过 8 小时 | none of these holds: Trips: 1, not more than 2; Hours: 2 hours, not more than 8 hours"),
        ("event.hours * 2 > 9", {}, "时长 × 2 4，没有超过 9 | hours × 2: 4, not more than 9"),
        ('history.count("shift.done", "P30D") >= 2', {}, "此前 30 天内“班次”的次数 0，未满 2 | 'Shift' in the 30 days before: 0, less than 2"),
        ("'ct' in ['massage']", {}, "不符合“"),
        ('has(event.closed_on) && event.closed_on >= date("2026-03-05")', {"closed_on": "2026-03-01"}, "办结日 “2026-03-01”，未满 “2026-03-05”"),
        ("event.verified ? false : true", {}, "不符合“"),
        ("!(event.verified || event.hours > 9)", {}, "不符合“"),
        ("!('pioneer' in ['pioneer'])", {}, "不符合“"),
        ("(event.hours > 5 || event.hours > 4) || event.hours > 3", {}, "以下任何一项都不符合：时长 2 小时，没有超过 5 小时；时长 2 小时，没有超过 4 小时；"),
    ],
)  # fmt: skip
def test_a_condition_says_what_it_found_and_what_it_asks(
    condition: str, fields: dict[str, object], said: str
) -> None:
    (found,) = of(f"when: '{condition.replace(chr(39), chr(39) * 2)}', points: 5", fields)
    assert found.startswith(said)


def test_every_failing_part_is_told_and_those_that_hold_are_not() -> None:
    found = of(
        "when: event.verified && event.hours > 3 && event.hours > 1, points: 5", {"verified": False}
    )
    assert [each.partition(" | ")[0] for each in found] == [
        "“已核对”记录为“否”",
        "时长 2 小时，没有超过 3 小时",
    ]


def test_what_another_rule_puts_off_is_its_own() -> None:
    rules = ruleset_of(
        "caps: {c: {window: day, max: 3, mode: defer}}\n"
        f"rules:\n{RULE}points: 5}}\n"
        "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, points: 9, caps: [c]}\n"
    )
    assert told(rules, facts_of()) == ["钱包得 5 分 | wallet: 5 points"]


def test_lets_are_opened() -> None:
    rules = ruleset_of(
        "let: {long: event.hours > 3, very: let.long && event.verified}\n"
        f"rules:\n{RULE}when: let.very, points: 5}}\n"
    )
    assert told(rules, facts_of())[0].startswith("时长 2 小时，没有超过 3 小时")


def test_an_audience_is_told_like_a_condition() -> None:
    assert of("audience: member.party_member, points: 5")[0].startswith("当时的登记信息中")


CAPS = {
    "day": "已达到“每”（每天最多 5 分），3月2日起重新计算",
    "week": "已达到“每”（每周最多 5 分），3月2日起重新计算",
    "month": "已达到“每”（每月最多 5 分），4月1日起重新计算",
    "quarter": "已达到“每”（每季度最多 5 分），4月1日起重新计算",
    "year": "已达到“每”（每年最多 5 分），2027年1月1日起重新计算",
    "year, years: 2": "已达到“每”（每 2 年最多 5 分），2028年1月1日起重新计算",
    "lifetime": "已达到“每”（总共最多 5 分）",
    "day, unit: times": "已达到“每”（每天最多 5 次），3月2日起重新计算",
    "day, for: branch": "已达到“每”（全支部合计每天最多 5 分），3月2日起重新计算",
    "day, for: programme": "已达到“每”（全体成员合计每天最多 5 分），3月2日起重新计算",
}


@pytest.mark.parametrize("window", CAPS)
def test_a_cap_says_when_it_opens_again(window: str) -> None:
    rules = ruleset_of(
        f"caps: {{c: {{window: {window}, max: 5, title: {{zh: 每, en: Each}}}}}}\n"
        f"rules:\n{RULE}points: 1, caps: [c]}}\n"
    )
    events = [facts_of(name=f"a{number}") for number in range(6)]
    (found,) = told(rules, *events)
    zh, _, en = found.partition(" | ")
    assert zh == CAPS[window]
    assert en.startswith("the limit 'Each' is reached (at most 5 ")


def test_what_is_granted_says_what_was_cut_and_put_off() -> None:
    cap = "caps: {c: {window: day, max: 30, title: {zh: 每日, en: A day}%s}}\n"
    rule = f"rules:\n{RULE}points: event.hours * 10, measures: [wallet, rating], caps: [c]}}\n"
    shift = facts_of({"hours": 4})
    cut = told(ruleset_of(cap % "" + rule), shift)
    assert (
        cut[0]
        == "钱包、年度评定各得 30 分（本可得 40 分） | wallet and rating: 30 points each (of 40)"
    )
    later = told(ruleset_of(cap % ", mode: defer" + rule), shift)
    assert "另有 10 分顺延到3月2日再计 | 10 more points are put off to 2026-03-02" in later
    next_year = facts_of({"hours": 4}, at="2026-12-31T12:00:00+08:00")
    assert any(
        "顺延到2027年1月1日" in each
        for each in told(ruleset_of(cap % ", mode: defer" + rule), next_year)
    )
    full = told(ruleset_of(cap % ", mode: defer" + rule), facts_of({"hours": 3}, name="b"), shift)
    assert [each.partition("（")[0].partition(" |")[0] for each in full] == [
        "已达到“每日”", "另有 40 分顺延到3月2日再计", "另有 40 分顺延到3月2日再计",
    ]  # fmt: skip
    whole = told(ruleset_of(f"rules:\n{RULE}points: {{wallet: 5, rating: 2}}}}\n"), shift)
    assert whole == ["钱包得 5 分 | wallet: 5 points", "年度评定得 2 分 | rating: 2 points"]


def test_other_refusals_have_their_sentence() -> None:
    assert of("points: 5", measures=frozenset()) == [
        "您当时没有参加这个积分项目 | you did not take part in this programme at the time"
    ]
    assert of("points: 5, sources: [roster]")[0].startswith("这一项只认规定渠道报来的记录")
    assert of("points: 5, schedule: {weekdays: [mon]}")[0].startswith("不在规定的时间（")
    assert of("points: 0.4")[0].startswith("按规则算下来不足 1 分")
    table = "table: {hit: first, columns: [event.hours], rows: [['>= 5', 3]]}"
    assert of(table)[0].startswith("这次的情况不在计分表列出的范围内")
    twice = [facts_of(name="a"), facts_of(name="b", at="2026-03-01T13:00:00+08:00")]
    assert told(one_rule("points: 5, cooldown: P2D"), *twice)[0].startswith(
        "与上一次计分的同类活动间隔不到 2 天"
    )
    assert (
        "间隔不到 12 小时 | less than 12 hours"
        in told(one_rule("points: 5, cooldown: PT12H"), *twice)[0]
    )
    better = "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, group: g, points: 9}\n"
    group = f"groups: {{g: {{mode: best_one}}}}\nrules:\n{RULE}points: 5, group: g}}\n{better}"
    assert told(ruleset_of(group), facts_of())[0].startswith("同类加分只取一项")


def test_effects_say_that_nothing_is_taken() -> None:
    assert of("effect: {veto: rating}")[0].startswith("按规定当年不评星级，已有积分不扣减")
    assert of("effect: {freeze: true}")[0].startswith("按规定暂停积分兑换，可以申诉")


def test_granted_rules_come_first() -> None:
    rules = ruleset_of(
        f"rules:\n{RULE}when: event.hours > 9, points: 5}}\n"
        "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, points: 9}\n"
    )
    found = why(
        facts_of(),
        rules,
        Tallies().of("party", "m"),
        evaluate(facts_of(), rules, Tallies().of("party", "m")),
    )
    assert [each.rule_id for each in found] == ["R2", "R1"]


def test_a_trace_is_written_out_line_by_line() -> None:
    rules = ruleset_of(
        "caps: {c: {window: day, max: 20, title: {zh: 每日, en: A day}}}\n"
        'multipliers: [{id: long, when: event.hours > 1, times: "2", title: {zh: 长, en: Long}}]\n'
        f"rules:\n{RULE}when: event.verified, schedule: {{days: [weekend]}}, caps: [c],\n"
        "     bands: {of: event.hours, steps: [{up_to: 2, each: 10}, {each: 1}]}, multipliers: [long]}\n"
        "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, when: has(event.kinds) && 'ct' in event.kinds,\n"
        "     table: {hit: first, columns: [event.hours], rows: [['>= 1', 3]]}}\n"
    )
    found = evaluate(facts_of({"hours": 3, "kinds": ["ct"]}), rules, Tallies().of("party", "m"))
    assert isinstance(found, Evaluation)
    assert found.trace is not None
    first, second = ([line.zh for line in details(step)] for step in found.trace["steps"])
    assert first == [
        "读取 event.hours（时长）= 3 小时",
        "读取 event.verified（已核对）= true",
        "当日类别 weekend",
        "✓ 条件 event.verified",
        "超过 0 的一档：2 × 10 = 20",
        "超过 2 的一档：1 × 1 = 1",
        "倍数 长 ×2",
        "钱包：算得 21，取整 42",
        "封顶 每日（钱包，2026-03-01）：0 → 20 / 20，截去 22",
    ]
    assert "读取 event.kinds（项目）= [ct]" in second
    assert "表中第 1 行" in second


def test_unknown_words_stay_as_they_are() -> None:
    assert (unit_of("km").zh, value_of("brand_new").en) == ("km", "brand_new")
    assert Decimal(POINTS_MAX) > timedelta(days=1).days
