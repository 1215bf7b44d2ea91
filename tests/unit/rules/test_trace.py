"""Every point can be explained: to a program, to staff, to a member."""

import json
from dataclasses import replace

import pytest

from points.rules import Tally, evaluate, explain, rule_sentence
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
        assert replace(with_trace, trace=None) == without


def test_a_member_reads_why() -> None:
    events = [facts_of({"hours": 2, "trips": 3}, name=name) for name in "abc"]
    outcomes = play(RULES, *events)[1]
    trace = outcomes[0].trace
    assert trace is not None
    assert explain(trace) == [
        (
            "甲（R1），时长 2h，已核对 是：钱包 取小（时长，4） × 10 ×1.5（应急） = 30 分，封顶后计 25 分"
            "；每日上限（钱包）还剩 0 分；每月次数（钱包）还剩 1 次。"
        ),
        "乙（R2），时长 2h：未得分，条件不满足。",
        "丙（R3），趟次 3：钱包 表中第 1, 2 行 = 3 分；年度评定 表中第 1, 2 行 = 3 分。",
    ]
    assert explain(trace, "en") == [
        (
            "A (R1), Hours 2 h, Verified yes: wallet the least of (Hours, 4) × 10 × 1.5 (Emergency) = 30"
            " points, 25 after the caps; Daily cap (wallet): 0 points left;"
            " Monthly count (wallet): 1 times left."
        ),
        "B (R2), Hours 2 h: no points, the condition does not hold.",
        "C (R3), Trips 3: wallet row 1, 2 = 3 points; rating row 1, 2 = 3 points.",
    ]
    second = outcomes[1].trace
    assert second is not None
    assert explain(second)[0].endswith("未得分，已到封顶；每日上限（钱包）还剩 0 分。")
    assert explain(second, "en")[0].endswith("a cap is reached; Daily cap (wallet): 0 points left.")


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
        "甲（R1）：“班次”，且从业类别为“rider”，且已核对且时长≥1；钱包得 取小（时长，4） × 10 分；"
        "应急 ×1.5；向下取整；每日上限：每日至多 25 分；每月次数：每月至多 2 次；钱包次年年底到期；"
        "由网格审核；超过 20 分须复核；公示 5 个工作日。"
    )
    assert rule_sentence(RULES.rules[0], "en") == (
        "A (R1): for 'Shift' when kind of work is 'rider' and Verified and Hours ≥ 1;"
        " wallet gets the least of (Hours, 4) × 10 points; Emergency ×1.5; rounded down;"
        " Daily cap: at most 25 points a day; Monthly count: at most 2 times a month;"
        " wallet until the end of next year; reviewed by the grid; a second review above 20;"
        " public for 5 working days."
    )
    assert "按表" in rule_sentence(RULES.rules[2])


@pytest.mark.parametrize(
    ("points", "zh", "en"),
    [
        ("-event.hours + 9", "－时长 ＋ 9", "−Hours + 9"),
        ("(1 + event.hours) * 2", "（1 ＋ 时长） × 2", "(1 + Hours) × 2"),
        ("10 - (3 - event.hours)", "10 － （3 － 时长）", "10 − (3 − Hours)"),
        ("!event.verified ? 1 : 2", "若非已核对则1，否则2", "1 if not Verified, otherwise 2"),
        ("2 * (true ? 1 : 2)", "2 × （若是则1，否则2）", "2 × (1 if yes, otherwise 2)"),
        (
            "member.kind in ['rider', 'courier'] || false ? 1 : 2",
            "若从业类别属于“rider”、“courier”或否则1，否则2",
            "1 if kind of work is one of 'rider', 'courier' or no, otherwise 2",
        ),
        (
            "history.count('report.made', 'P30D')",
            "此前 P30D 内“上报”的次数",
            "the number of 'Report' in the P30D before",
        ),
        ("has(event.trips) ? event.trips : 7 % 4", "若有“趟次”则趟次，否则7除余4", "Trips if 'Trips' is given, otherwise 7 mod 4"),
    ],
)  # fmt: skip
def test_every_construct_has_words(points: str, zh: str, en: str) -> None:
    rule = one_rule(f'points: "{points}"').rules[0]
    assert rule.formulas["wallet"].zh == zh
    assert rule.formulas["wallet"].en == en


def test_windows_of_years_and_lasting_points_have_words() -> None:
    caps = "caps: {c: {window: year, years: 2, max: 1, unit: times, title: {zh: 证, en: Cert}}}\n"
    rule = one_rule("points: 1, caps: [c], expires: P90D", before=caps).rules[0]
    assert "证：每 2 年至多 1 次；钱包P90D 后到期" in rule_sentence(rule)
    assert "Cert: at most 1 times every 2 years; wallet for P90D" in rule_sentence(rule, "en")
