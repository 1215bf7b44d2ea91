"""Every point can be explained: to a program, to staff, to a member."""

import json
from pathlib import Path

import pytest

from points.rules import Tally, evaluate, explain, load_activity_types, load_ruleset, rule_sentence
from points.rules.parser import parse
from points.rules.sentence import Speaker
from tests.unit.rules.worlds import RULE, facts_of, one_rule, play, ruleset_of

BODY = f"""
let: {{counted: 'min(event.hours, 4)'}}
caps:
  day: {{window: day, max: 25, within: month, title: {{zh: 每日上限, en: Daily cap}}}}
  month: {{window: month, max: 2, unit: times, title: {{zh: 每月次数, en: Monthly count}}}}
multipliers: [{{id: m, when: event.verified, times: '1.5', title: {{zh: 应急, en: Emergency}}}}]
rules:
{RULE}when: event.verified && event.hours >= 1, points: let.counted * 10, caps: [day],
     multipliers: [m], measures: [wallet], review: {{first: grid, second_above: 20, publicity: P5D}},
     audience: member.kind == "rider"}}
  - {{id: R2, title: {{zh: 乙, en: B}}, on: shift.done, when: event.hours > 9, points: 1}}
  - id: R3
    title: {{zh: 丙, en: C}}
    on: shift.done
    when: has(event.trips)
    table: {{hit: sum, columns: [event.trips], rows: [['> 1', 1], ['> 2', 2]]}}
    measures: [wallet, rating]
"""
RULES = ruleset_of(BODY)


@pytest.mark.parametrize(
    ("when", "zh", "en"),
    [
        ("has(event.level) && event.level == 'city'", "级别为“市级”", "level is 'city level'"),
        ("has(event.level) && event.level != 'city'", "级别不为“市级”", "level is not 'city level'"),
        ("has(event.level) && event.level in ['city']", "级别为“市级”", "level is 'city level'"),
        ("has(event.level) && event.level in ['city', 'county']", "级别为“市级”、“county”之一", "level is one of 'city level', 'county'"),
        ("has(event.trips) && event.trips > 1", "趟次超过 1", "trips more than 1"),
        ("has(event.trips) && event.verified", "已填写“趟次”，且已核对", "'trips' is given and verified"),
        ("!has(event.trips)", "并非已填写“趟次”", "not 'trips' is given"),
        ("has(event.kinds) && size(event.kinds) >= 2", "“项目”的个数不少于 2", "the number of 'services' at least 2"),
        ("has(event.kinds) && 'ct' in event.kinds", "项目包括“CT 检查”", "services include 'CT'"),
        ("has(event.closed_on) && event.closed_on >= date('2026-03-01')", "办结日不早于 2026-03-01", "closed on on or after 2026-03-01"),
        ("date('2026-03-01') < date('2026-03-02')", "2026-03-01早于 2026-03-02", "2026-03-01 before 2026-03-02"),
        ("event.hours in [1, 2]", "时长为 1、2 之一", "hours is one of 1, 2"),
        ("event.verified == true", "已核对为是", "verified is yes"),
        ("event.hours < event.hours + 1", "时长 ＜ 时长 ＋ 1", "hours < hours + 1"),
        ("max(event.hours, 1, 2) < 3", "（时长、1、2 中的最大值）不到 3", "the greatest of (hours, 1, 2) under 3"),
        ("max(2, event.hours) < 3", "（时长，至少按 2 计）不到 3", "(hours, at least 2) under 3"),
        ("min(1, 2) < 3", "（1、2 中的最小值）不到 3", "the least of (1, 2) under 3"),
    ],
)  # fmt: skip
def test_conditions_read_as_people_say_them(when: str, zh: str, en: str) -> None:
    text = when.replace("'", '"')
    rule = one_rule(f"points: 1, when: '{text}'", before="").rules[0]
    said = rule.conditions_said["when"]
    assert said.zh == zh
    assert said.en == en


@pytest.mark.parametrize(
    ("keys", "zh", "en"),
    [
        ("schedule: {weekdays: [sat, sun], from: '08:00', only: ['2026-05-02']}", "时间限周六、周日、08:00～24:00、仅限 2026-05-02", "only at these times: Sa, Su, 08:00-24:00, only on 2026-05-02"),
        ("schedule: {until: '18:00', never: ['2026-05-02']}", "时间限00:00～18:00、不含 2026-05-02", "only at these times: 00:00-18:00, not on 2026-05-02"),
        ("sources: [venue_qr, other]", "只认other、场所码上报的", "only as reported by other, the venue's code"),
        ("cooldown: P1DT2H30M", "两次之间须隔 1 天 2 小时 30 分钟", "not again within 1 day 2 hours 30 minutes"),
        ("late_after: P1Y2M3D", "事后超过 1 年 2 个月 3 天才报的一律审核", "always reviewed when reported more than 1 year 2 months 3 days later"),
        ("review: {first: system, trusted: [venue_qr]}", "由协会审核（场所码上报的免审）", "reviewed by the association, unless reported by the venue's code"),
        ("review: {first: system}", "无须审核", "no review"),
        ("evidence: [check_in, photo]", "须附签到、照片", "with check-in, a photo"),
        ("round: {mode: up, step: 5}", "结果向上取整到 5 的倍数", "the result rounded up to multiples of 5"),
        ("measures: [wallet, rating]", "钱包、年度评定各得 1 分", "wallet and rating each get 1 point"),
    ],
)  # fmt: skip
def test_everything_else_that_a_rule_asks_is_said(keys: str, zh: str, en: str) -> None:
    rule = one_rule(f"points: 1, {keys}").rules[0]
    assert zh in rule_sentence(rule)
    assert en in rule_sentence(rule, "en")


def test_whole_numbers_are_not_said_to_be_rounded() -> None:
    whole = one_rule("when: has(event.trips), points: event.trips * 3 + 1").rules[0]
    assert "取整" not in rule_sentence(whole)
    for points in ("event.hours * 3", "event.trips / 2"):
        broken = one_rule(f"when: has(event.trips), points: {points}").rules[0]
        assert "结果向下取整" in rule_sentence(broken)


def test_what_nobody_gave_a_name_is_said_as_it_is_written() -> None:
    speaker = Speaker({}, {}, {}, "zh")
    assert speaker.say(parse("event.hours")) == "event.hours"
    assert speaker.say(parse('"a" in event.kinds')) == "“a”属于event.kinds"
    assert speaker.say(parse("[1, 2]")) == "1、2"


def test_two_questions_whether_something_is_given_both_stand() -> None:
    rule = one_rule("points: 1, when: has(event.trips) && has(event.level)").rules[0]
    assert rule.conditions_said["when"].zh == "已填写“趟次”，且已填写“级别”"


def test_every_construct_of_the_example_says_itself() -> None:
    folder = Path(__file__).parents[3] / "rules" / "examples"
    types, _ = load_activity_types((folder / "activities.yaml").read_text("utf-8"), file="a")
    assert types is not None
    text = (folder / "constructs.yaml").read_text("utf-8")
    ruleset, findings = load_ruleset(text, file="constructs.yaml", types=types)
    assert ruleset is not None, findings
    said = {rule.id: (rule_sentence(rule), rule_sentence(rule, "en")) for rule in ruleset.rules}
    whole = " ".join(zh for zh, _ in said.values())
    for words in ("一票否决", "冻结积分使用", "分记给", "一律须两人审核", "分档", "此前连续有"):
        assert words in whole, words
    assert all(zh.endswith("。") and en.endswith(".") for zh, en in said.values())


def test_a_group_is_named() -> None:
    groups = "groups: {g: {mode: best_one, title: {zh: 取最高, en: The best}}}"
    rule = one_rule("points: 1, group: g", before=groups).rules[0]
    assert "取最高：同组只计最高的一条" in rule_sentence(rule)


def test_a_trace_holds_every_step_in_order() -> None:
    trace = evaluate(facts_of({"hours": 2}), RULES, Tally()).trace
    assert trace is not None
    assert json.loads(json.dumps(trace)) == trace
    assert (trace["programme"], trace["version"], trace["sha256"]) == ("party", 1, RULES.sha256)
    first, second, third = trace["steps"]
    assert first["conditions"] == [
        {"kind": "audience", "text": 'member.kind == "rider"', "value": True},
        {"kind": "condition", "text": "event.verified", "value": True},
        {"kind": "condition", "text": "event.hours >= 1", "value": True},
    ]
    assert [(each["name"], each["value"]) for each in first["read"]] == [
        ("event.hours", "2"), ("event.verified", True), ("member.kind", "rider"),
    ]  # fmt: skip
    assert (first["raw"], first["times"][0]["times"], first["points"]) == (
        {"wallet": "20"}, "1.5", {"wallet": 30},
    )  # fmt: skip
    assert [(c["cap"], c["before"], c["asked"], c["left"], c["after"]) for c in first["caps"]] == [
        ("day", 0, 30, 25, 25), ("month", 0, 25, 25, 1),
    ]  # fmt: skip
    assert (first["matched"], first["granted"]) == (True, {"wallet": 25})
    assert (second["matched"], second["failed"]) == (False, "condition")
    assert third["failed"] == "condition"


def test_the_trace_changes_nothing() -> None:
    for said in ({"hours": 2}, {"hours": 3, "trips": 3}, {"hours": 0, "verified": False}):
        with_trace = evaluate(facts_of(said), RULES, Tally())
        without = evaluate(facts_of(said), RULES, Tally(), trace=False)
        assert without.trace is None
        assert with_trace._replace(trace=None) == without


def test_a_member_reads_why() -> None:
    events = [facts_of({"hours": 2, "trips": 3}, name=name) for name in "abc"]
    outcomes = play(RULES, *events)[1]
    trace = outcomes[0].trace
    assert trace is not None
    assert explain(trace) == [
        (
            "甲（R1），时长 2 小时，已核对 是：钱包 （时长，最多按 4 计）× 10 ×1.5（应急） = 30 分，封顶后计 25 分"
            "；每日上限（钱包）还剩 0 分；每月次数（钱包）还剩 1 次。"
        ),
        "乙（R2），时长 2 小时：未得分，条件不满足。",
        "丙（R3），趟次 3：钱包 表中第 1, 2 行 = 3 分；年度评定 表中第 1, 2 行 = 3 分。",
    ]
    assert explain(trace, "en") == [
        (
            "A (R1), Hours 2 h, Verified yes: wallet (hours, at most 4) × 10 × 1.5 (Emergency) = 30"
            " points, 25 after the caps; Daily cap (wallet): 0 points left;"
            " Monthly count (wallet): 1 times left."
        ),
        "B (R2), Hours 2 h: no points, the condition does not hold.",
        "C (R3), Trips 3: wallet row 1, 2 = 3 points; rating row 1, 2 = 3 points.",
    ]
    second = outcomes[1].trace
    assert second is not None
    assert explain(second)[0].endswith(
        "未得分，已到封顶；钱包不计 30 分；每日上限（钱包）还剩 0 分。"
    )
    assert explain(second, "en")[0].endswith(
        "a cap is reached; wallet: 30 points forgone; Daily cap (wallet): 0 points left."
    )


def test_lists_and_truth_are_words_too() -> None:
    rules = one_rule("when: has(event.kinds) && 'ct' in event.kinds, points: 1".replace("'", '"'))
    trace = evaluate(facts_of({"kinds": ["ct", "massage"]}), rules, Tally()).trace
    assert trace is not None
    assert "项目 ct/massage" in explain(trace)[0]
    rules = one_rule("when: event.verified, points: 1")
    trace = evaluate(facts_of({"verified": False}), rules, Tally()).trace
    assert trace is not None
    assert explain(trace)[0] == "甲（R1），已核对 否：未得分，条件不满足。"
    assert explain(trace, "en")[0] == "A (R1), Verified no: no points, the condition does not hold."


def test_staff_read_what_a_rule_does() -> None:
    assert rule_sentence(RULES.rules[0]) == (
        "甲（R1）：每条“班次”，限从业类别为“外卖骑手”的会员，须已核对，且时长不少于 1 小时；"
        "钱包得（时长，最多按 4 计）× 10 分；“应急”×1.5；结果向下取整；每日上限 25 分；"
        "每月次数：每月至多 2 次；钱包分次年年底到期；由网格审核；超过 20 分须两人审核；公示 5 个工作日。"
    )
    assert rule_sentence(RULES.rules[0], "en") == (
        "A (R1): for each 'Shift', if kind of work is 'delivery rider' and verified and hours at"
        " least 1 h; wallet gets (hours, at most 4) × 10 points; 'Emergency' ×1.5; the result rounded"
        " down; Daily cap: at most 25 points; Monthly count: at most 2 times a month; wallet points"
        " last until the end of next year; reviewed by the grid; two reviews above 20 points;"
        " public for 5 working days."
    )
    table = "计入钱包、年度评定：趟次超过 1 时得 1 分，趟次超过 2 时得 2 分"
    assert table in rule_sentence(RULES.rules[2])


@pytest.mark.parametrize(
    ("points", "zh", "en"),
    [
        ("-event.hours + 9", "－时长 ＋ 9", "−hours + 9"),
        ("(1 + event.hours) * 2", "（1 ＋ 时长）× 2", "(1 + hours) × 2"),
        ("10 - (3 - event.hours)", "10 －（3 － 时长）", "10 − (3 − hours)"),
        ("!event.verified ? 1 : 2", "若“已核对”为否，则 1，否则 2", "1 if not verified, otherwise 2"),
        ("2 * (true ? 1 : 2)", "2 ×（若是，则 1，否则 2）", "2 × (1 if yes, otherwise 2)"),
        (
            "member.kind in ['rider', 'courier'] || false ? 1 : 2",
            "若从业类别为“外卖骑手”、“快递员”之一或否，则 1，否则 2",
            "1 if kind of work is one of 'delivery rider', 'courier' or no, otherwise 2",
        ),
        (
            "history.count('report.made', 'P30D')",
            "此前 30 天内“上报”的次数",
            "the number of 'Report' in the 30 days before",
        ),
        ("has(event.trips) ? event.trips : 7 % 4", "若已填写“趟次”，则趟次，否则 7 除余 4", "trips if 'trips' is given, otherwise 7 mod 4"),
    ],
)  # fmt: skip
def test_every_construct_has_words(points: str, zh: str, en: str) -> None:
    rule = one_rule(f'points: "{points}"').rules[0]
    assert rule.formulas["wallet"].zh == zh
    assert rule.formulas["wallet"].en == en


def test_windows_of_years_and_lasting_points_have_words() -> None:
    caps = "caps: {c: {window: year, years: 2, max: 1, unit: times, title: {zh: 证, en: Cert}}}\n"
    rule = one_rule("points: 1, caps: [c], expires: P90D", before=caps).rules[0]
    assert "证：每 2 年至多 1 次；钱包分 90 天后到期" in rule_sentence(rule)
    assert "Cert: at most 1 time every 2 years; wallet points last for 90 days" in rule_sentence(
        rule, "en"
    )
