"""Scoring again, purely: nothing where it leads to what stands, and else what, how much and why."""

from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from points.rules import Entry, Facts, RuleSet, Spent, Tallies, UsageKey, load_ruleset
from points.rules.outcome import REASON_TEXTS
from points.rules.recalculation import (
    Recalculation,
    Scored,
    Stood,
    correction_words,
    failure_words,
    left_alone,
    recalculate,
    words,
)
from tests.flows.town import activity_types

AT = datetime(2026, 3, 2, 4, tzinfo=UTC)


def rules(version: int = 1, *, points: str = "2", cap: str = "max: 3", more: str = "") -> str:
    return f"""
ruleset: party
version: {version}
effective: {{from: "2026-01-01", until: "2028-01-01"}}
timezone: Asia/Shanghai
title: {{zh: 试验, en: Trial}}
measures: [wallet]
caps:
  a_month: {{window: month, {cap}, title: {{zh: 每月, en: A month}}}}
groups:
  either: {{mode: first, title: {{zh: 其一, en: Either}}}}
rules:
  - id: L1
    title: {{zh: 微党课, en: Lesson}}
    on: micro.lesson
    when: event.passed
    points: {points}
    measures: [wallet]
    caps: [a_month]
    expires: {{wallet: never}}
{more}"""


@cache
def loaded(text: str) -> RuleSet:
    found, findings = load_ruleset(text, file="trial.yaml", types=activity_types())
    assert found is not None, findings
    return found


def lesson(number: int, *, passed: bool = True) -> Entry:
    facts = Facts(
        activity_id=f"A{number}",
        type="micro.lesson",
        occurred_at=AT,
        received_at=AT,
        source="feed",
        fields={"passed": passed},
        member={"party_member": True},
    )
    return Entry("M1", facts, ("party",), {"party": {"wallet"}})


def stood(points: int, ruleset: RuleSet, times: int = 1) -> dict[str, Any]:
    uses = {UsageKey("a_month", "wallet", "2026-03"): (points, times)}
    one = Stood(points, uses, ruleset.version, ruleset.sha256)
    return {"party": {("L1", "wallet"): one}} if points else {}


def again(scored: Iterable[Scored], ruleset: RuleSet, **more: Any) -> Recalculation:
    return recalculate(scored, lambda *_: ruleset, **more)


def changes(found: Recalculation) -> list[tuple[str, int, int]]:
    return [
        (each.entry.facts.activity_id, delta.old, delta.anew.points)
        for each in found.changed
        for delta in each.deltas
    ]


def test_nothing_differs_where_scoring_again_leads_to_what_stands() -> None:
    now = loaded(rules())
    scored = [Scored(lesson(n), stood(p, now)) for n, p in enumerate((2, 1, 0))]
    assert again(scored, now) == Recalculation()


def test_freed_room_is_filled_in_the_order_of_scoring() -> None:
    now = loaded(rules())
    scored = [Scored(lesson(n), stood(p, now)) for n, p in ((1, 1), (2, 0))]
    found = again(scored, now, trace=True)
    assert changes(found) == [("A1", 1, 2), ("A2", 0, 1)]
    assert found.changed[0].deltas[0].reason["because"] == "room"
    assert found.changed[1].deltas[0].reason["because"] == "cap"
    assert found.changed[0].deltas[0].anew.trace["rule"] == "L1"
    assert found.changed[0].deltas[0].change == 1


def test_another_version_is_the_reason_that_is_given() -> None:
    old, now = loaded(rules()), loaded(rules(2, points="3"))
    [each] = again([Scored(lesson(1), stood(2, old))], now).changed
    [delta] = each.deltas
    assert (delta.old, delta.anew.points) == (2, 3)
    said = words(delta.reason)
    assert (said.zh, said.en) == (
        "规则由第 1 版改为第 2 版",
        "version 2 of the rules takes the place of version 1",
    )


def test_what_is_refused_now_says_why() -> None:
    now = loaded(rules())
    [each] = again([Scored(lesson(1, passed=False), stood(2, now))], now, trace=True).changed
    [delta] = each.deltas
    assert (delta.change, delta.reason["because"]) == (-2, "condition")
    assert delta.anew.trace["rule"] == "L1"
    said = correction_words({"old": 2, "new": 0, "reason": delta.reason})
    assert said.zh == "更正：原 2 分，现 0 分；按仍然有效的活动重新计分；条件不满足"
    assert said.en.startswith("Corrected: it was 2 points and is 0; scored again")


def test_a_rule_that_is_gone_takes_its_award_along() -> None:
    old = loaded(rules())
    now = loaded(rules(2).replace("L1", "L2"))
    [each] = again([Scored(lesson(1), stood(2, old))], now).changed
    assert [(d.rule_id, d.change) for d in each.deltas] == [("L1", -2), ("L2", 2)]
    assert each.deltas[0].reason["because"] == "gone"
    assert "cap" not in words({"code": "facts"}).zh


def test_only_what_counts_under_the_caps_may_differ() -> None:
    now = loaded(rules())
    found = again([Scored(lesson(1), stood(2, now, times=2))], now)
    assert changes(found) == [("A1", 2, 2)]
    assert found.changed[0].deltas[0].reason == {"code": "facts", "version": 1}


def test_one_that_cannot_be_scored_lets_nothing_change() -> None:
    now = loaded(rules(points='"1 / (event.passed ? 0 : 1)"'))
    found = again([Scored(lesson(1), {}), Scored(lesson(2), stood(2, now))], now)
    assert not found.changed
    assert [each.activity_id for each in found.failed] == ["A1", "A2"]
    assert failure_words(found.failed[0]).en == "L1: division by zero"


def test_programmes_that_nobody_asked_for_stay() -> None:
    now = loaded(rules())
    scored = [Scored(lesson(1), stood(1, now))]
    assert not again(scored, now, programmes={"health"}).changed


def test_what_was_used_besides_stays_used() -> None:
    now, tallies = loaded(rules()), Tallies()
    key = UsageKey("a_month", "wallet", "2026-03")
    tallies.of("party", "M1").spendings[key] = Spent(2, 1)
    assert changes(again([Scored(lesson(1), {})], now, tallies=tallies)) == [("A1", 0, 1)]


OTHER = """
  - id: X1
    title: {zh: 其他, en: Other}
    on: micro.lesson
    points: 1
    group: either
    caps: [CAP]
  - id: X2
    title: {zh: 同组, en: Beside it}
    on: micro.lesson
    points: 1
    group: either
  - id: X3
    title: {zh: 另外, en: Elsewhere}
    on: micro.lesson
    points: 1
"""


@pytest.mark.parametrize(
    ("cap", "alone"), [("max: 3, mode: defer", {"L1"}), ("max: 3, for: programme", {"X1", "X2"})]
)
def test_what_hangs_on_others_is_left_alone(cap: str, alone: set[str]) -> None:
    shared = "for:" in cap
    more = OTHER.replace("CAP", "a_month") if shared else OTHER.replace("    caps: [CAP]\n", "")
    now = loaded(rules(cap=cap, more=more))
    alone |= {"L1"}
    assert left_alone(now) == alone
    scored = [Scored(lesson(1), stood(1, now))]
    found = again(scored, now, alone=left_alone(now))
    granted = [d.rule_id for each in found.changed for d in each.deltas]
    assert granted == (["X3"] if shared else ["X1", "X3"])


def test_what_refers_to_it_is_left_alone_as_well() -> None:
    more = """
  - id: B1
    title: {zh: 奖励, en: Bonus}
    on: micro.lesson
    when: has(event.lesson) && history.awarded("L1", event.lesson) > 0
    points: 1
"""
    found = loaded(rules(cap="max: 3, mode: defer", more=more))
    assert left_alone(found) == {"L1", "B1"}
    scored = [Scored(lesson(n), {}) for n in (1, 2)]
    assert not again(scored, found, alone=left_alone(found)).changed


def test_every_reason_has_words() -> None:
    for because in (*REASON_TEXTS, "gone", "room"):
        said = words({"code": "facts", "because": because, "caps": ["a_month"]})
        assert said.zh.endswith("（a_month）")
        assert said.en.endswith("(a_month)")
