"""What ships passes its own lint, warnings and remarks included; what is allowed has a reason."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from points.flows.lint import Kind, Surroundings, kind_of, lint_file
from points.kernel.findings import Severity
from points.rules import (
    lint_catalogue,
    load_activity_types,
    load_lint_policy,
    read_file,
    render,
)
from points.rules.lint.policy import Policy, Subject
from points.rules.texts import Title

RULES = Path(__file__).parents[3] / "rules"
FILES = ["party.yaml", "health.yaml", "activities.yaml", "catalogue.yaml"]


def around() -> Surroundings:
    types, _ = load_activity_types(read_file(RULES / "activities.yaml"), file="activities.yaml")
    policy, findings = load_lint_policy(read_file(RULES / "policy.yaml"), file="policy.yaml")
    assert types is not None
    assert policy is not None, findings
    cases = {path.name: read_file(path) for path in sorted((RULES / "cases").rglob("*.yaml"))}
    return Surroundings(types=types, policy=policy, cases=cases)


WITH_CASES = around()
AROUND = replace(WITH_CASES, cases=None)


@pytest.mark.parametrize("name", FILES)
def test_what_ships_is_clean(name: str) -> None:
    text = read_file(RULES / name)
    found = lint_file(text, file=name, around=WITH_CASES)
    assert found == [], render(found, text, "en")


def test_without_its_allowances_it_would_not_be() -> None:
    """The control, and the list of what is allowed: three things, all of them meant."""
    text = re.sub(r"^ *lint: .*\n", "", read_file(RULES / "party.yaml"), flags=re.MULTILINE)
    found = lint_file(text, file="party.yaml", around=AROUND)
    assert [each.code for each in found] == ["cap.never_bites", "rule.together", "rule.together"]


def test_each_kind_of_file_is_known_by_its_keys() -> None:
    kinds = [kind_of(read_file(RULES / name)) for name in FILES]
    assert kinds == [Kind.RULESET, Kind.RULESET, Kind.ACTIVITIES, Kind.CATALOGUE]
    assert kind_of("{") is kind_of("- a") is Kind.RULESET


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("hours: {type: number, unit: h", "online_minutes: {type: number, unit: h", "policy.never_collected"),
        ("title: {zh: 全程到会, en: Present throughout}", "title: {zh: 点赞数, en: Likes}", "policy.never_collected"),
        ("title: {zh: 主题党日, en: Theme party day}", "title: {zh: 每日签到, en: Daily sign-in}", "policy.never_scored"),
        ("  theme.day:", "  daily.login:", "policy.never_scored"),
        ("{zh: 时长, en: Hours}", "{zh: 时长, en: Hours}", None),
    ],
)  # fmt: skip
def test_activity_types_that_policy_forbids(old: str, new: str, code: str | None) -> None:
    text = read_file(RULES / "activities.yaml").replace(old, new, 1)
    found = lint_file(text, file="activities.yaml", around=AROUND)
    assert [each.code for each in found] == ([code] if code else [])


@pytest.mark.parametrize(
    "words",
    [
        ("收缩压", "Systolic"), ("诊断", "Diagnosis"), ("在线时长", "Time online"), ("登录次数", "Logins"),
        ("点赞", "Likes"), ("转发", "Reposts"), ("接单", "Orders completed"), ("好评率", "Good reviews"),
    ],
)  # fmt: skip
def test_a_rule_whose_title_says_what_never_scores(words: tuple[str, str]) -> None:
    said = f"title: {{zh: {words[0]}, en: {words[1]}}}"
    text = read_file(RULES / "party.yaml").replace(
        "title: {zh: 主题党日, en: Theme party day}", said, 1
    )
    found = lint_file(text, file="party.yaml", around=AROUND)
    assert [each.code for each in found] == ["policy.never_scored"]
    assert found[0].severity is Severity.ERROR


def test_a_rule_that_reads_what_never_scores_in_any_place() -> None:
    types = read_file(RULES / "activities.yaml").replace(
        "      present: {type: boolean, required: true, title: {zh: 全程参加, en: Present throughout}}",
        "      present: {type: boolean, required: true, title: {zh: 全程参加, en: Present throughout}}\n"
        "      heart_rate: {type: integer, min: 0, max: 300, title: {zh: 脉搏, en: Pulse}}",
    )
    loaded, _ = load_activity_types(types, file="activities.yaml")
    assert loaded is not None
    around_them = Surroundings(types=loaded, policy=AROUND.policy)
    head = 'ruleset: party\nversion: 1\neffective: {from: "2026-01-01", until: "2027-01-01"}\n'
    head += "timezone: Asia/Shanghai\nmeasures: [wallet]\nrules:\n"
    rule = "  - {id: R, title: {zh: 甲, en: A}, on: theme.day, "
    daily = types.replace("  theme.day:", "  daily.login:")
    forbidden, _ = load_activity_types(daily, file="activities.yaml")
    assert forbidden is not None
    text = head + rule.replace("theme.day", "daily.login") + "points: 1}\n"
    found = lint_file(text, file="r.yaml", around=replace(around_them, types=forbidden))
    assert [(each.code, each.column) for each in found] == [
        ("policy.never_scored", rule.index("theme.day") + 1)
    ]
    for rest, column in (
        ("when: event.heart_rate < 90, points: 1}\n", len(rule) + len("when: ") + 1),
        ("points: floor(event.heart_rate / 10)}\n", len(rule) + len("points: ") + 1),
        (
            "when: event.present, points: floor(event.heart_rate / 10)}\n",
            len(rule) + len("when: event.present, points: ") + 1,
        ),
        (
            "table: {hit: first, columns: [event.heart_rate], rows: [[any, 1]]}}\n",
            len(rule) + len("table: ") + 1,
        ),
    ):
        found = lint_file(head + rule + rest, file="r.yaml", around=around_them)
        assert [(each.code, each.line, each.column) for each in found] == [
            ("policy.never_scored", 7, column)
        ]


def test_names_are_compared_by_whole_words_and_latin_words_stand_alone() -> None:
    subject = Subject(
        id="x",
        title=Title("", ""),
        why=Title("", ""),
        names=("heart_rate", "likes"),
        words=("点赞", "likes"),
    )
    assert subject.names_it("event.heart_rate")
    assert subject.names_it("max-heart-rate")
    assert not subject.names_it("heart_rated")
    assert subject.tells_of("每日点赞")
    assert subject.tells_of("", "Likes a day")
    assert not subject.tells_of("", "Dislikes")


def test_a_policy_with_mistakes_is_refused_with_their_places() -> None:
    policy, findings = load_lint_policy(
        "version: 1\nnever_scored: [{id: a}]\nmust_be_free: []\n", file="policy.yaml"
    )
    assert policy is None
    assert [each.place() for each in findings] == ["policy.yaml:2:16"] * 2
    assert load_lint_policy("", file="policy.yaml")[0] is None
    assert Policy() == Policy(never_scored=(), must_be_free=())
    assert AROUND.policy.must_be_free[0].codes == ("C01",)


def test_prices_are_looked_for_whatever_else_is_wrong() -> None:
    policy = AROUND.policy
    assert (
        lint_catalogue(
            "rewards: [5, {code: C01, title: [a], price: x}]", file="c.yaml", policy=policy
        )
        == []
    )
    assert lint_catalogue("rewards: 5", file="c.yaml", policy=policy) == []
    assert lint_catalogue("rewards: [{code: C01, price: [5]}]", file="c.yaml", policy=policy) == []
    (found,) = lint_catalogue("rewards: [{code: C01, price: 5}]", file="c.yaml", policy=policy)
    assert (found.code, found.column, found.fix) == ("policy.must_be_free", 30, "0")
    by_stars = "rewards: [{code: C01, price: {default: 0, stars: {'5': 3, '4': 0}}}]"
    (found,) = lint_catalogue(by_stars, file="c.yaml", policy=policy)
    assert (found.code, found.column) == ("policy.must_be_free", by_stars.index("3") + 1)
    (found,) = lint_catalogue(
        "rewards: [{title: 免费停车, price: 5}]", file="c.yaml", policy=policy
    )
    assert found.code == "policy.must_be_free"
