"""A small world of activity types and rule sets for the tests of the rules."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from points.kernel.findings import Finding
from points.rules import (
    ActivityTypes,
    Evaluation,
    Facts,
    RuleSet,
    Tally,
    evaluate,
    load_activity_types,
    load_ruleset,
    member_snapshot,
)

TYPES = """
version: 1
types:
  shift.done:
    title: {zh: 班次, en: Shift}
    programmes: [party]
    fields:
      hours: {type: number, unit: h, min: 0, max: 24, title: {zh: 时长, en: Hours}}
      trips: {type: integer, min: 0, required: false, title: {zh: 趟次, en: Trips}}
      verified: {type: boolean, title: {zh: 已核对, en: Verified}}
      level: {type: enum, values: [province, city, county], required: false, title: {zh: 级别, en: Level}, labels: {city: {zh: 市级, en: city level}}}
      kinds: {type: list, values: [ct, acupuncture, massage], required: false, title: {zh: 项目, en: Services}, labels: {ct: {zh: CT 检查, en: CT}}}
      task: {type: text, max_length: 20, required: false, title: {zh: 任务, en: Task}}
      closed_on: {type: date, required: false, title: {zh: 办结日, en: Closed on}}
  report.made:
    title: {zh: 上报, en: Report}
    programmes: [party]
    fields: {}
"""
HEAD = """
ruleset: party
version: 1
effective: {from: "2024-01-01", until: "2030-01-01"}
timezone: Asia/Shanghai
title: {zh: 规则, en: Rules}
measures: [rating, wallet]
"""
RULE = "  - {id: R1, title: {zh: 甲, en: A}, on: shift.done, "


def types() -> ActivityTypes:
    """Return the small world's activity types."""
    loaded, findings = load_activity_types(TYPES, file="activities.yaml")
    assert loaded is not None, findings
    return loaded


WORLD = types()


def findings_of(body: str, head: str = HEAD) -> list[Finding]:
    """Return everything that is wrong with a rule set."""
    return load_ruleset(head + body, file="r.yaml", types=WORLD)[1]


def codes_of(body: str, head: str = HEAD) -> list[str]:
    """Return the codes of everything that is wrong with a rule set."""
    return [finding.code for finding in findings_of(body, head)]


def ruleset_of(body: str, head: str = HEAD) -> RuleSet:
    """Return a rule set that has no errors."""
    loaded, findings = load_ruleset(head + body, file="r.yaml", types=WORLD)
    assert loaded is not None, [(each.place(), each.en) for each in findings]
    return loaded


def one_rule(rest: str, *, before: str = "", head: str = HEAD) -> RuleSet:
    """Return a rule set of one rule on shifts, given its keys in flow style."""
    return ruleset_of(f"{before}\nrules:\n{RULE}{rest}}}\n", head)


def facts_of(
    fields: Mapping[str, object] | None = None,
    *,
    at: str = "2026-03-01T12:00:00+08:00",
    name: str = "a1",
    kind: str = "shift.done",
    member: Mapping[str, object] | None = None,
    received: str | None = None,
    source: str = "manual",
    measures: frozenset[str] | None = None,
) -> Facts:
    """Return one activity; hours 2 and verified unless said otherwise."""
    said: dict[str, Any] = {"hours": 2, "verified": True} if kind == "shift.done" else {}
    return Facts(
        activity_id=name,
        type=kind,
        occurred_at=datetime.fromisoformat(at).astimezone(UTC),
        received_at=datetime.fromisoformat(received or at).astimezone(UTC),
        source=source,
        fields=WORLD.types[kind].normalise({**said, **(fields or {})}),
        member=member_snapshot({"kind": "rider", **(member or {})}),
        measures=measures,
    )


def points_of(rest: str, fields: Mapping[str, object] | None = None, **said: Any) -> dict[str, int]:
    """Return what one rule grants for one shift, per measure."""
    return evaluate(facts_of(fields, **said), one_rule(rest), Tally()).totals


def reason_of(rest: str, fields: Mapping[str, object] | None = None, **said: Any) -> str:
    """Return why one rule grants nothing for one shift."""
    refused = evaluate(facts_of(fields, **said), one_rule(rest), Tally()).refused
    return refused[0].reason if refused else ""


def play(ruleset: RuleSet, *events: Facts) -> tuple[Tally, list[Evaluation]]:
    """Score activities in the order given, each seeing what the ones before were granted."""
    tally, outcomes = Tally(), []
    for facts in events:
        outcomes.append(evaluate(facts, ruleset, tally))
        tally.record(facts, outcomes[-1])
    return tally, outcomes
