"""Coverage takes conditions apart, sees exactly what was taken, and names what was not, in place."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.errors import BrokenInvariant
from points.rules import RuleSet, Tally, covered, evaluate, load_ruleset, run_cases
from points.rules.covering import Branch, branches_of, observe
from points.rules.covering import observing as observing_module
from points.rules.parser import parse
from tests.unit.rules.worlds import HEAD as HEAD_OF_RULES
from tests.unit.rules.worlds import WORLD, ruleset_of
from tests.unit.rules.worlds import facts_of as facts

SOURCE = """ruleset: trial
version: 1
effective: {from: "2026-01-01", until: "2027-01-01"}
timezone: Asia/Shanghai
title: {zh: 试, en: Trial}
measures: [wallet]
let:
  long: event.hours > 4 || member.party_member
  worth: 'let.long ? 20 : 10'
  lonely: event.hours * 2
caps:
  day: {window: day, max: 50, title: {zh: 日, en: Day}}
multipliers:
  - {id: late, when: event.hours > 6, times: 2, title: {zh: 长, en: Long}}
groups:
  one: {mode: first, title: {zh: 组, en: Group}}
rules:
  - id: A
    title: {zh: 甲, en: A}
    on: shift.done
    audience: '!member.probationary'
    when: event.verified && (event.hours >= 1 || has(event.trips))
    points: let.worth
    multipliers: [late]
    caps: [day]
    group: one
    sources: [roster]
    cooldown: PT1H
    schedule: {weekdays: [sun]}
  - id: B
    title: {zh: 乙, en: B}
    on: shift.done
    table:
      hit: first
      columns: [event.hours]
      rows:
        - [">= 5", "has(event.trips) ? 3 : 2"]
        - ["2..4", 1]
"""
HEAD = "ruleset: trial.yaml\nmember: {kind: courier}\ntests:\n"


def loaded() -> RuleSet:
    ruleset, findings = load_ruleset(SOURCE, file="trial.yaml", types=WORLD)
    assert ruleset is not None, findings
    return ruleset


RULES = loaded()


def case(hours: str, more: str = "", source: str = "roster", member: str = "{}") -> str:
    return (
        f"  - name: x\n    member: {member}\n"
        f'    event: {{at: "2026-03-01T09:00", type: shift.done, source: {source}, '
        f"fields: {{hours: {hours}, verified: true{more}}}}}\n    expect: {{}}\n"
    )


def missing(*cases: str) -> list[str]:
    report = run_cases(HEAD + ("".join(cases) or "  []\n"), file="c.yaml", load=lambda _: RULES)
    assert {each.code for each in report.failures} <= {"case.difference"}
    found = covered(RULES, report.seen, SOURCE)
    assert found.taken + len(found.missing) == found.total
    return [f"{m.line}:{m.column} {m.branch.owner} {m.said().en}" for m in found.missing]


def test_everything_is_missing_at_first_with_its_place() -> None:
    assert missing() == [
        "8:9 let:long event.hours > 4 was never false",
        "8:9 let:long event.hours > 4 was never true",
        "8:28 let:long member.party_member was never false",
        "8:28 let:long member.party_member was never true",
        "9:22 let:worth 20 this arm was never taken",
        "9:27 let:worth 10 this arm was never taken",
        "12:3 cap:day the cap day never cut",
        "14:22 multiplier:late event.hours > 6 was never false",
        "14:22 multiplier:late event.hours > 6 was never true",
        "18:9 rule:A the rule was never hit",
        "21:17 rule:A member.probationary was never false",
        "21:17 rule:A member.probationary was never true",
        "22:11 rule:A event.verified was never false",
        "22:11 rule:A event.verified was never true",
        "22:30 rule:A event.hours >= 1 was never false",
        "22:30 rule:A event.hours >= 1 was never true",
        "22:50 rule:A has(event.trips) was never false",
        "22:50 rule:A has(event.trips) was never true",
        "24:19 rule:A the multiplier late always applied",
        "24:19 rule:A the multiplier late never applied",
        "26:12 rule:A the group never refused",
        "27:14 rule:A the sources never refused",
        "28:15 rule:A the cooldown never refused",
        "29:15 rule:A the schedule never refused",
        "30:9 rule:B the rule was never hit",
        "37:11 rule:B row 1 of the table was never hit",
        "37:21 rule:B has(event.trips) was never false",
        "37:21 rule:B has(event.trips) was never true",
        "37:40 rule:B 3 this arm was never taken",
        "37:44 rule:B 2 this arm was never taken",
        "38:11 rule:B row 2 of the table was never hit",
    ]


def test_one_case_takes_exactly_its_way() -> None:
    left = missing(case("5"))
    assert "8:9 let:long event.hours > 4 was never true" not in left
    assert "8:28 let:long member.party_member was never true" in left, "short circuit: not asked"
    assert "9:22 let:worth 20 this arm was never taken" not in left
    assert "22:30 rule:A event.hours >= 1 was never true" not in left
    assert "22:50 rule:A has(event.trips) was never true" in left, "short circuit: not asked"
    assert "24:19 rule:A the multiplier late always applied" not in left
    assert "37:44 rule:B 2 this arm was never taken" not in left
    assert "37:40 rule:B 3 this arm was never taken" in left
    assert len(left) == len(missing()) - 12


def test_what_comes_after_a_refusal_was_not_asked() -> None:
    before = missing(case("1"))
    assert set(missing(case("1"), case("3", source="other"))) == set(before) - {
        "27:14 rule:A the sources never refused",
        "30:9 rule:B the rule was never hit",
        "38:11 rule:B row 2 of the table was never hit",
    }


def test_enough_cases_leave_nothing() -> None:
    history = (
        '    history: [{at: "2026-03-01T08:30", type: shift.done, source: roster, '
        "fields: {hours: 5, verified: true}}]\n"
    )
    full = (
        '    history: [{at: "2026-03-01T02:00", type: shift.done, source: roster, repeat: 1, '
        "fields: {hours: 7, verified: true}}]\n"
    )
    left = missing(
        case("5"),
        case("7", ", trips: 1"),
        case("2"),
        case("2", member="{party_member: true}"),
        case("2", member="{party_member: true, probationary: true}"),
        case("0.5"),
        case("0.5", ", trips: 2"),
        case("3").replace("verified: true", "verified: false"),
        case("2", source="other"),
        case("2").replace("03-01", "03-02"),
        case("5").replace("    event:", history + "    event:"),
        case("7").replace("    event:", full + "    event:"),
    )
    assert left == ["26:12 rule:A the group never refused"], "nothing else is in its group"


def test_a_let_that_no_rule_uses_is_nothing_to_cover() -> None:
    assert not [branch for branch in branches_of(RULES) if branch.owner == "let:lonely"]


SHIFTS = st.fixed_dictionaries(
    {"hours": st.decimals(0, 24, places=1), "verified": st.booleans()},
    optional={"trips": st.integers(0, 3)},
)


@given(SHIFTS)
def test_what_was_seen_is_always_something_that_there_is(fields: dict[str, object]) -> None:
    happened = facts(fields, source="roster")
    evaluation = evaluate(happened, RULES, Tally(), trace=False)
    assert observe(happened, RULES, Tally(), evaluation) <= set(branches_of(RULES))


def test_two_readings_that_differ_are_a_defect(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a walker that reads a condition wrongly is noticed."""
    happened = facts({"hours": Decimal(3), "verified": True}, source="roster")
    evaluation = evaluate(happened, RULES, Tally(), trace=False)
    assert evaluation.awards

    class Contrary(observing_module.Walker):
        def value(self, tree: object) -> object:
            return tree is None

    monkeypatch.setattr(observing_module, "Walker", Contrary)
    with pytest.raises(BrokenInvariant):
        observe(happened, RULES, Tally(), evaluation)


def test_branches_know_where_they_are() -> None:
    tree = parse("event.verified && (event.hours >= 1 || has(event.trips))")
    assert Branch("rule:A", "when", tree.start, 14, "true") in branches_of(RULES)


CONSTRUCTS = """caps:
  late: {window: day, max: 12, title: {zh: 日, en: Day}}
multipliers:
  - {id: long, when: event.hours > 6 && !member.probationary, times: "2", title: {zh: 长, en: Long}}
rules:
  - {id: BANDS, title: {zh: 档, en: Bands}, on: shift.done, caps: [late], multipliers: [long],
     bands: {of: "event.verified ? event.hours : 1", steps: [{up_to: 2, each: 5}, {each: 1}]}}
  - {id: PAST, title: {zh: 前, en: Past}, on: shift.done, once: week, points: 1,
     when: "history.streak('shift.done', 'day') > 0 || history.count('shift.done', 'P9D') > 0"}
  - {id: AFTER, title: {zh: 后, en: After}, on: shift.done,
     when: "has(event.task) && history.awarded('BANDS', event.task) > 0", points: 1}
  - {id: SUM, title: {zh: 和, en: Sum}, on: shift.done,
     table: {hit: sum, columns: [event.hours], rows: [[">= 1", 1], [">= 2", 1]]}}
  - {id: BOTH, title: {zh: 均, en: Both}, on: shift.done, points: 1,
     when: "(event.verified && event.hours > 1) == true && true"}
  - {id: EACH, title: {zh: 各, en: Each}, on: shift.done,
     points: {wallet: "event.verified ? 2 : 1", rating: "max(1, min(2, 3))"}}
"""
PAST_CASES = """ruleset: r.yaml
member: {kind: rider}
tests:
  - name: x
    history:
      - {at: "2026-03-01T09:00", type: shift.done, number: n1, fields: {hours: 3, verified: true}}
      - {at: "2026-03-02T09:00", type: shift.done, fields: {hours: 8, verified: true, task: n1}}
    event: {at: "2026-03-03T09:00", type: shift.done, fields: {hours: 1, verified: false, task: n2}}
    expect: {}
"""


MISSING = [
    ("multiplier:long", "member.probationary was never true"),
    ("rule:PAST", "history.count('shift.done', 'P9D') > 0 was never true"),
    ("rule:BOTH", "event.hours > 1 was never false"),
]


def test_every_construct_has_its_branches() -> None:
    rules = ruleset_of(CONSTRUCTS)
    source = HEAD_OF_RULES + CONSTRUCTS
    nothing = covered(rules, frozenset(), source)
    assert (nothing.percent, nothing.taken) == (0.0, 0)
    report = run_cases(PAST_CASES, file="c.yaml", load=lambda _: rules)
    found = covered(rules, report.seen, source)
    assert [(m.branch.owner, m.said().en) for m in found.missing] == MISSING
    said = {m.said().en for m in nothing.missing}
    assert {
        "band 1 was never hit",
        "band 2 was never hit",
        "row 2 of the table was never hit",
    } <= said
    assert {"the multiplier long never applied", "the multiplier long always applied"} <= said
    assert not {m.branch.owner for m in found.missing} & {"rule:BANDS", "rule:SUM", "rule:AFTER"}
    spelled = nothing.as_json()
    assert spelled["total"] == nothing.total
    assert spelled["of"]["rule:SUM"] == {"taken": 0, "total": 3}
    assert {each["kind"] for each in spelled["missing"]} == {"cap", "multiplier", "rule"}
