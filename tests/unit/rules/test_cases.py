"""The case runner: complete expectations, differences with places, coverage."""

import pytest

from points.rules import coverage, run_cases, schemas
from points.rules.cases import CaseReport, Work
from tests.unit.rules.worlds import HEAD as HEAD_OF_RULES
from tests.unit.rules.worlds import RULE, ruleset_of

RULES = ruleset_of(
    "caps: {c: {window: day, max: 30}}\nrules:\n"
    f"{RULE}when: event.verified, points: event.hours * 10, caps: [c], measures: [wallet, rating],\n"
    "     late_after: P1D, review: {first: grid, second_above: 25}}\n"
    "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, when: event.hours > 9, points: 1 / (event.hours - 12)}\n"
)
HEAD = "ruleset: party.yaml\nmember: {kind: courier}\ntests:\n"
TEST = """  - name: 封顶
    history:
      - {at: "2026-03-01T09:00", type: shift.done, fields: {hours: 2, verified: true}}
    event: {at: "2026-03-01T20:00", type: shift.done, source: roster, fields: {hours: 3, verified: true}}
    expect:
      awards: {R1: {wallet: 10, rating: 10}}
      capped: [c]
      refused: {R2: condition}
      review: first
      late: false
      expires: {wallet: "2028-01-01", rating: "2027-01-01"}
"""


def run(tests: str, head: str = HEAD) -> CaseReport:
    return run_cases(head + tests, file="c.yaml", load={"party.yaml": RULES}.get)


def codes(tests: str, head: str = HEAD) -> list[str]:
    return [each.code for each in run(tests, head).failures]


def test_a_right_case_passes_and_is_counted() -> None:
    report = run(TEST)
    assert report.failures == ()
    assert (report.passed, set(report.hit), set(report.refused)) == (1, {"R1"}, {"R1", "R2"})
    assert report.ruleset is RULES


@pytest.mark.parametrize(
    ("right", "wrong", "place"),
    [
        ("{R1: {wallet: 10, rating: 10}}", "{R1: {wallet: 11, rating: 10}}", "c.yaml:9:15"),
        ("{R1: {wallet: 10, rating: 10}}", "{R1: {wallet: 10}}", "c.yaml:9:15"),
        ("{R1: {wallet: 10, rating: 10}}", "{R1: 10}", "c.yaml:9:15"),
        ("{R1: {wallet: 10, rating: 10}}", "{}", "c.yaml:9:15"),
        ("      capped: [c]\n", "", "c.yaml:9:7"),
        ("capped: [c]", "capped: []", "c.yaml:10:15"),
        ("refused: {R2: condition}", "refused: {R2: cap}", "c.yaml:11:21"),
        ("refused: {R2: condition}", "refused: {R1: cap}", "c.yaml:11:21"),
        ("review: first", "review: second", "c.yaml:12:15"),
        ("late: false", "late: true", "c.yaml:13:13"),
        ('wallet: "2028-01-01"', 'wallet: "2027-12-31"', "c.yaml:14:25"),
        ("late: false", "error: arithmetic", "c.yaml:13:14"),
    ],
)
def test_every_difference_fails(right: str, wrong: str, place: str) -> None:
    assert right in TEST
    report = run(TEST.replace(right, wrong))
    assert report.passed == 0
    assert [each.code for each in report.failures] == ["case.difference"]
    assert report.failures[0].place() == place
    assert "expected" in report.failures[0].en


@pytest.mark.parametrize(
    ("right", "wrong", "code"),
    [
        ("{R1: {wallet: 10, rating: 10}}", "{R9: {wallet: 10, rating: 10}}", "case.unknown_rule"),
        ("refused: {R2: condition}", "refused: {R2: because}", "file.bad_value"),
        ("late: false", "late: maybe", "file.bad_value"),
        ("hours: 3, ", "", "case.activity"),
        ("hours: 2, ", "", "case.activity"),
        ("hours: 3", "hours: 99", "case.activity"),
        ("type: shift.done, source", "type: shift.don, source", "file.bad_value"),
        ('at: "2026-03-01T20:00"', "at: tonight", "file.bad_value"),
        ('at: "2026-03-01T20:00", ', "", "file.missing_key"),
        ("hours: 2, verified", "hours: 12, verified", "case.history"),
        ("    expect:", "    expects:", "file.unknown_key"),
        ("  - name: 封顶\n", "  - name: 封顶\n    member: {kind: pilot}\n", "case.member"),
        ("  - name: 封顶\n", "  - name: 封顶\n    member: {kin: pilot}\n", "file.unknown_key"),
    ],
)
def test_mistakes_in_a_case_are_findings(right: str, wrong: str, code: str) -> None:
    assert right in TEST
    report = run(TEST.replace(right, wrong))
    assert report.passed == 0
    assert code in [each.code for each in report.failures]


def test_an_expected_error_is_an_expectation() -> None:
    event = "  - name: x\n    event: {at: '2026-03-01T20:00', type: shift.done, fields: {hours: 12, verified: true}}\n"
    assert codes(event + "    expect: {error: division_by_zero}\n") == []
    assert codes(event + "    expect: {error: arithmetic}\n") == ["case.difference"]
    assert codes(event + "    expect: {awards: {R1: 20}}\n") == ["case.difference"]


def test_history_can_repeat_and_members_and_moments_are_the_case_s_own() -> None:
    text = """  - name: 迟到
    member: {kind: rider, roles: [pioneer]}
    history:
      - {at: "2026-03-01T09:00", type: shift.done, repeat: 3, fields: {hours: 1, verified: true}}
    event: {at: "2026-03-01T23:59:59+09:00", received: "2026-03-05T08:00", type: shift.done, fields: {hours: 3, verified: true}}
    expect: {awards: {}, capped: [c], refused: {R1: cap}, late: false}
  - name: 过期
    event: {at: "2026-03-01T09:00", received: "2026-03-05T08:00", type: shift.done, fields: {hours: 3, verified: true}}
    expect: {awards: {R1: {wallet: 30, rating: 30}}, late: true, review: second}
  - name: 无字段
    event: {at: "2026-03-01T09:00", type: report.made}
    expect: {awards: {}}
"""
    assert codes(text) == []


def test_a_difference_shows_both_sides_and_what_the_rules_said() -> None:
    (result,) = run(TEST.replace("{wallet: 10, rating: 10}", "{wallet: 11}")).results
    assert (result.name, result.line, result.passed) == ("封顶", 4, False)
    assert result.differences == (
        ("awards", "{R1: {wallet: 11}}", "{R1: {wallet: 10, rating: 10}}"),
    )
    assert "甲（R1）" in result.told["zh"][0]
    assert "A (R1)" in result.told["en"][0]
    (passed,) = run(TEST).results
    assert (passed.passed, passed.differences, passed.told["zh"]) == (True, (), ())


def test_points_forgone_and_put_off_can_be_expected() -> None:
    assert codes(TEST + "      forgone: {R1: {wallet: 20, rating: 20}}\n") == []
    assert codes(TEST + "      forgone: {R1: {wallet: 20}}\n") == ["case.difference"]
    assert codes(TEST + "      deferred: {}\n") == []
    later = DEFERRING
    put_off = '      deferred: {R1: {wallet: {points: 20, until: "2026-03-02"}}}\n'
    assert [
        each.code for each in run_cases(later + put_off, file="c.yaml", load=LATER).failures
    ] == []
    wrong = put_off.replace("20", "19", 1)
    (finding,) = run_cases(later + wrong, file="c.yaml", load=LATER).failures
    assert "expected {R1: {wallet: {points: 19, until: 2026-03-02}}}" in finding.en


LATER_RULES = ruleset_of(
    "caps: {c: {window: day, max: 30, mode: defer}}\nrules:\n"
    f"{RULE}points: event.hours * 10, caps: [c]}}\n"
)
LATER = {"party.yaml": LATER_RULES}.get
DEFERRING = """ruleset: party.yaml
tests:
  - name: x
    history:
      - {at: "2026-03-01T09:00", type: shift.done, fields: {hours: 2, verified: true}}
    event: {at: "2026-03-01T20:00", type: shift.done, fields: {hours: 3, verified: true}}
    expect:
      awards: {R1: 10}
      capped: [c]
"""


def test_what_was_put_off_is_granted_in_its_window() -> None:
    then = """    then:
      - event: {at: "2026-03-02T20:00", type: report.made}
        expect: {awards: {}, resumed: {R1: 20}}
"""
    assert [
        each.code for each in run_cases(DEFERRING + then, file="c.yaml", load=LATER).failures
    ] == []
    wrong = then.replace("20}}", "19}}")
    (finding,) = run_cases(DEFERRING + wrong, file="c.yaml", load=LATER).failures
    assert finding.en == "resumed: expected {R1: {wallet: 19}}, got {R1: {wallet: 20}}"


def test_events_can_follow_each_other() -> None:
    then = """    then:
      - event: {at: "2026-03-01T21:00", type: shift.done, fields: {hours: 1, verified: true}}
        expect: {awards: {}, capped: [c], refused: {R1: cap}}
      - event: {at: "2026-03-02T21:00", type: shift.done, fields: {hours: 1, verified: true}}
        expect: {awards: {R1: {wallet: 10, rating: 10}}}
"""
    assert codes(TEST + then) == []
    wrong = run(TEST + then.replace("capped: [c], ", ""))
    assert [each.place() for each in wrong.failures] == ["c.yaml:17:17"]
    assert codes(TEST + "    then: [{event: {}}]\n")[0] == "file.missing_key"


def test_an_activity_can_say_what_the_member_was_then() -> None:
    members = ruleset_of(f"rules:\n{RULE}audience: member.party_member, points: 5}}\n")
    text = """ruleset: party.yaml
member: {party_member: false}
tests:
  - name: 后来入党
    history:
      - {at: "2026-03-01T09:00", type: shift.done, fields: {hours: 2, verified: true}}
    event: {at: "2026-03-02T09:00", member: {party_member: true}, type: shift.done, fields: {hours: 2, verified: true}}
    expect: {awards: {R1: 5}}
"""
    assert run_cases(text, file="c.yaml", load={"party.yaml": members}.get).failures == ()


def test_each_activity_is_scored_by_the_version_of_its_day() -> None:
    new_head = HEAD_OF_RULES.replace("version: 1", "version: 2").replace("2024", "2026")
    old = ruleset_of(f"rules:\n{RULE}points: 3}}\n", HEAD_OF_RULES)
    new = ruleset_of(f"rules:\n{RULE}points: 5}}\n", new_head)
    text = """ruleset: [old.yaml, new.yaml]
tests:
  - name: 换版
    event: {at: "2025-12-31T23:59", type: shift.done, fields: {hours: 2, verified: true}}
    expect: {awards: {R1: 3}, version: 1, programme: party}
    then:
      - event: {at: "2026-01-01T00:00", type: shift.done, fields: {hours: 2, verified: true}}
        expect: {awards: {R1: 5}, version: 2}
"""
    load = {"old.yaml": old, "new.yaml": new}.get
    report = run_cases(text, file="c.yaml", load=load)
    assert report.failures == ()
    assert report.ruleset is new
    wrong = run_cases(text.replace("version: 2", "version: 1"), file="c.yaml", load=load)
    assert [each.code for each in wrong.failures] == ["case.difference"]
    lost = run_cases(text.replace("old.yaml", "none.yaml"), file="c.yaml", load=load)
    assert [each.code for each in lost.failures] == ["case.ruleset"]


def test_one_case_can_be_chosen() -> None:
    both = TEST + TEST.replace("封顶", "另一个").replace("awards: {R1", "awards: {R2")
    chosen = run_cases(
        HEAD + both,
        file="c.yaml",
        load={"party.yaml": RULES}.get,
        chosen=lambda name: name == "封顶",
    )
    assert (chosen.failures, [each.name for each in chosen.results]) == ((), ["封顶"])


@pytest.mark.parametrize(
    ("right", "wrong", "place", "hint"),
    [
        ("hours: 3", "hour: 3", "c.yaml:7:80", "did you mean 'hours'?"),
        ("capped: [c]", "capped: [d]", "c.yaml:10:16", "expected one of c"),
        ("hours: 3", "hours: 99", "c.yaml:7:87", "Hours"),
    ],
)
def test_findings_stand_where_the_mistake_is(right: str, wrong: str, place: str, hint: str) -> None:
    found = run(TEST.replace(right, wrong)).failures
    assert any(each.place() == place and hint in each.en for each in found), found


def test_a_case_file_needs_its_rule_set() -> None:
    assert codes(TEST, HEAD.replace("party.yaml", "other.yaml")) == ["case.ruleset"]
    assert codes(TEST, HEAD.replace("ruleset: party.yaml\n", "")) == [
        "file.missing_key",
        "case.ruleset",
    ]
    assert codes("  - [", HEAD) == ["yaml.syntax"]


def test_coverage_names_what_no_test_saw() -> None:
    missing = coverage(RULES, [run(TEST)])
    assert (missing.never_hit, missing.never_refused, missing.complete) == (("R2",), (), False)
    untested = coverage(RULES, [])
    assert untested.never_refused == ("R1", "R2")
    hit = CaseReport(hit=frozenset({"R2"}))
    assert coverage(RULES, [run(TEST), hit]).complete


def test_schemas_know_the_keys_that_the_loaders_know() -> None:
    found = schemas()
    names = ("ruleset", "activities", "cases", "duties", "vouchers", "offline", "benefits", "watch")
    assert set(found) == {f"{name}.v1.json" for name in (*names, "budget")}
    rule = found["ruleset.v1.json"]["properties"]["rules"]["items"]
    assert set(rule["properties"]) >= {"id", "on", "when", "points", "table", "caps", "review"}
    assert rule["properties"]["evidence"]["items"]["enum"][0] == "check_in"
    assert found["cases.v1.json"]["additionalProperties"] is False


def test_one_version_is_tried_whatever_its_effective_days_say() -> None:
    """Cases go on from version to version: nobody has to date them anew."""
    later = HEAD_OF_RULES.replace('from: "2024-01-01"', 'from: "2029-01-01"')
    assert later != HEAD_OF_RULES
    ruleset = ruleset_of(f"rules:\n{RULE}points: 1}}\n", later)
    text = """
ruleset: r.yaml
tests:
  - name: 早于生效日
    event: {at: "2026-03-01T20:00", type: shift.done, fields: {hours: 3, verified: true}}
    expect: {awards: {R1: {wallet: 1}}}
"""
    report = run_cases(text, file="c.yaml", load=lambda _: ruleset)
    assert report.failures == ()
    assert report.ruleset is ruleset


LONG = """  - name: 很久
    history:
      - {at: "2026-01-01T09:00", repeat: 400, type: shift.done, fields: {hours: 2, verified: false}}
    event: {at: "2026-03-01T20:00", type: shift.done, source: roster, fields: {hours: 3, verified: true}}
    expect: {awards: {R1: {wallet: 30, rating: 30}}, refused: {R2: condition}}
"""


def test_a_small_file_does_not_ask_for_hours() -> None:
    """Without a bound it is tried whole; with one it ends, and passes nothing that was cut short."""
    assert run(LONG).failures == ()
    work = Work(left=500)
    cut = run_cases(HEAD + LONG * 3, file="c.yaml", load={"party.yaml": RULES}.get, work=work)
    assert [each.code for each in cut.failures] == ["case.too_much"]
    assert len(cut.results) == 1
    assert -10 < work.left <= 0
    again = run_cases(HEAD + TEST, file="d.yaml", load={"party.yaml": RULES}.get, work=work)
    assert ([each.code for each in again.failures], again.passed) == (["case.too_much"], 0)
    enough = Work()
    assert run_cases(HEAD + TEST, file="c.yaml", load={"party.yaml": RULES}.get, work=enough).passed
    # Each activity looks back at those before it: the later ones cost more.
    looked = Work()
    looked.take(2, 0)
    looked.take(2, 1000)
    assert enough.left - looked.left == 24 - 4
