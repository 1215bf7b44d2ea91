"""Each check of lint, on small rule sets: what it finds, where, and what it leaves alone."""

from decimal import Decimal

import pytest

from points.kernel.findings import Finding, Severity
from points.rules import Budget, diagnostics, lint, render
from points.rules.lint import draft, gaps, overlap
from points.rules.lint.possible import Words, join, meet
from points.rules.lint.ranges import Numbers, exactly, settled
from points.rules.lint.reasoning import Reasoning
from points.rules.lint.saying import number_said, possible_said
from points.rules.lint.worth import Window, touching
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from tests.unit.rules.worlds import HEAD, RULE, WORLD

OTHER = "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, "


def linted(body: str, head: str = HEAD, budget: Budget | None = None) -> list[Finding]:
    return lint(head + body, file="r.yaml", types=WORLD, budget=budget)


def codes(body: str, head: str = HEAD) -> list[str]:
    return [each.code for each in linted(body, head)]


def rule(rest: str, before: str = "") -> list[str]:
    return codes(f"{before}rules:\n{RULE}{rest}}}\n")


def caps(written: str, rest: str) -> list[str]:
    titled = ", title: {zh: 上限, en: Cap}}"
    lines = "".join(f"  {each}{titled}\n" for each in written.split("; "))
    return rule(rest, f"caps:\n{lines}")


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("when: event.hours > 24, points: 1", ["condition.never"]),
        ("when: event.hours >= 24, points: 1", []),
        ("when: event.hours > 2 && event.hours < 2, points: 1", ["condition.never"]),
        ("when: 'has(event.trips) && event.trips > 2 && event.trips < 3', points: 1", ["condition.never"]),
        ("when: 'has(event.level) && event.level == \"city\" && event.level == \"county\"', points: 1", ["condition.never"]),
        ("when: 'has(event.level) && event.level in [\"city\"] && event.level != \"city\"', points: 1", ["condition.never"]),
        ("when: 'has(event.task) && event.task == \"a\" && event.task == \"b\"', points: 1", ["condition.never"]),
        ("when: 'has(event.task) && event.task in [\"a\"] && event.task == \"b\"', points: 1", ["condition.never"]),
        ("when: 'has(event.task) && !(event.task in [\"a\"]) && event.task == \"a\"', points: 1", ["condition.never"]),
        ("when: 'has(event.kinds) && \"ct\" in event.kinds && !(\"ct\" in event.kinds)', points: 1", ["condition.never"]),
        ("when: 'has(event.closed_on) && event.closed_on > date(\"2026-01-02\") && event.closed_on < date(\"2026-01-03\")', points: 1", ["condition.never"]),
        ("when: event.verified && !event.verified, points: 1", ["condition.never"]),
        ("when: abs(event.hours * 2 - 12) > 8 && event.hours == 5, points: 1", ["condition.never"]),
        ("when: has(event.task) == false && has(event.task), points: 1", ["condition.never"]),
        ("when: has(event.trips) == event.verified, points: 1", []),
        ("when: event.verified == false && event.verified, points: 1", ["condition.never"]),
        ("when: event.verified != true && event.verified, points: 1", ["condition.never"]),
        ("when: has(event.trips) && !has(event.trips), points: 1", ["condition.never"]),
        ("when: has(event.hours), points: 1", ["condition.always"]),
        ("when: '!has(event.hours)', points: 1", ["condition.never"]),
        ("when: false, points: 1", ["condition.never"]),
        ("when: 'event.hours in [25]', points: 1", ["condition.never"]),
        ("when: 'history.count(\"report.made\", \"P30D\") < 0', points: 1", ["condition.never"]),
        ("when: 'history.count(\"report.made\", \"P30D\") >= 3', points: 1", []),
        ("when: event.hours * 2 > 48, points: 1", ["condition.never"]),
        ("when: event.hours - event.hours > 30, points: 1", ["condition.never"]),
        ("when: event.hours + 1 > 3 && event.hours + 1 < 2, points: 1", ["condition.never"]),
        ("when: 'size(member.roles) > 1 && size(member.roles) < 1', points: 1", ["condition.never"]),
        ("when: event.hours > 3 || event.hours > 30, points: 1", ["condition.never"]),
        ("when: event.hours > 3 || event.hours <= 3, points: 1", ["condition.always"]),
        ("when: event.verified || event.verified, points: 1", ["condition.never"]),
        ("when: 'event.verified ? event.verified : event.hours > 1', points: 1", ["condition.always"]),
        ("when: 'event.verified ? false : false', points: 1", ["condition.never"]),
        ("audience: member.party_member, when: member.party_member, points: 1", ["condition.always"]),
        ("audience: member.party_member, when: '!member.party_member', points: 1", ["condition.never"]),
        ("audience: member.party_member && !member.party_member, when: event.hours > 30, points: 1", ["condition.never"]),
        ("when: event.verified, points: 'event.verified ? 2 : 1'", ["condition.dead_branch"]),
        ("when: '!event.verified', points: 'event.verified ? 2 : 1'", ["condition.dead_branch"]),
        ("points: '(event.hours > 30 || event.verified) ? 2 : 1'", ["condition.never"]),
        ("points: {wallet: 'event.hours >= 0 ? 2 : 1', rating: 1}", ["condition.dead_branch"]),
        ("when: event.hours > 4, points: 'event.hours > 2 && event.verified ? 2 : 1'", ["condition.always"]),
        ("when: 'min(event.hours, 3) > 3', points: 1", ["condition.never"]),
        ("when: 'max(event.hours, 3) < 3', points: 1", ["condition.never"]),
        ("when: abs(event.hours - 30) < 6, points: 1", ["condition.never"]),
        ("when: floor(event.hours) > 24 || ceil(event.hours) > 24 || round(event.hours) > 24, points: 1", ["condition.never"]),
        ("when: event.hours % 2 >= 2, points: 1", ["condition.never"]),
        ("when: -event.hours > 0, points: 1", ["condition.never"]),
        ("when: event.hours / 2 > 12, points: 1", ["condition.never"]),
        ("when: 1 / event.hours < 0, points: 1", ["condition.never"]),
        ("when: '(event.verified ? 1 : 2) > 2', points: 1", ["condition.never"]),
    ],
)  # fmt: skip
def test_conditions(rest: str, expected: list[str]) -> None:
    assert rule(rest) == expected


def test_lets_are_seen_through_and_not_blamed() -> None:
    lets = "let:\n  long: event.hours > 4\n  half: event.hours / 2\n"
    assert rule("when: let.long && event.hours < 3, points: let.half", lets) == ["condition.never"]
    assert rule("when: let.long, points: let.half", lets) == []
    assert rule("when: 'let.half > 20', points: 'let.long ? 2 : 1'", lets) == ["condition.never"]


def test_a_multiplier_is_judged_with_each_rule_that_uses_it() -> None:
    factor = "multipliers: [{id: m, when: event.hours > 6, times: 2, title: {zh: 长, en: Long}}]\n"
    assert rule("when: event.hours < 3, points: event.hours, multipliers: [m]", factor) == [
        "condition.never"
    ]
    assert rule("when: event.hours > 7, points: event.hours, multipliers: [m]", factor) == [
        "condition.always"
    ]
    plain = "multipliers: [{id: m, times: 2, title: {zh: 倍, en: Twice}}]\n"
    assert "file.missing_key" in rule("points: event.hours, multipliers: [m]", plain)
    once = factor.replace("times: 2", "times: 1")
    assert rule("points: event.hours, multipliers: [m]", once) == ["multiplier.no_effect"]
    assert rule(
        "points: event.hours, multipliers: [m]",
        factor.replace("when: event.hours > 6", "when: [a]"),
    ) == ["file.bad_value"]


def test_a_finding_says_why_where_and_with_what_it_clashes() -> None:
    body = (
        f"rules:\n{RULE}when: event.hours > 4 && event.verified && event.hours < 3, points: 1}}\n"
    )
    (found,) = linted(body)
    assert found.severity is Severity.ERROR
    assert "event.hours is above 4 and at most 24" in found.en
    assert "大于 4 且不大于 24" in found.zh
    shown = render([found], HEAD + body, "en").splitlines()
    line = HEAD.splitlines() and (HEAD + body).splitlines()[found.line - 1 if found.line else 0]
    assert isinstance(found.column, int)
    assert found.end_column is not None
    assert line[found.column - 1 : found.end_column - 1] == "event.hours < 3"
    assert shown[-1].strip(" |") == "^" * len("event.hours < 3")
    (cause,) = found.related
    assert line[cause.column - 1 : (cause.end_column or 0) - 1] == "event.hours > 4"


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("event.verified && !event.verified", "event.verified is certainly true"),
        ("!event.verified && event.verified", "event.verified is certainly false"),
        ("has(event.level) && event.level in ['city'] && event.level == 'county'", "event.level is only city"),
        ("event.hours == 3 && event.hours > 4", "event.hours is only 3"),
        ("event.hours < 3 && event.hours > 4", "event.hours is at least 0 and below 3"),
        ("has(event.closed_on) && event.closed_on >= date('2026-01-02') && event.closed_on < date('2026-01-01')", "at least 2026-01-02"),
        ("has(event.trips) && event.trips < 1 && event.trips > 1", "event.trips is only 0"),
        ("has(event.task) && event.task == 'a' && event.task == 'b'", "event.task is only a"),
        ("member.kind == 'rider' && 'pioneer' in member.roles && member.kind == 'courier'", "only rider"),
        ("has(event.kinds) && 'ct' in event.kinds && !('ct' in event.kinds)", "this can never be true — change"),
        ("false", "this can never be true — change"),
    ],
)  # fmt: skip
def test_what_is_known_is_said_as_people_say_it(when: str, said: str) -> None:
    (found,) = linted(f'rules:\n{RULE}when: "{when}", points: 1}}\n')
    assert said in found.en


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("points: 0", ["points.never"]),
        ("points: event.hours - 24", ["points.never"]),
        ("points: event.hours - 2", ["points.may_be_negative"]),
        ("points: 'history.count(\"report.made\", \"P30D\") - 1'", ["points.may_be_negative"]),
        ("points: '1 - history.count(\"report.made\", \"P30D\")'", ["points.may_be_negative"]),
        ("when: event.hours > 2, points: event.hours - 2", []),
        ("points: {wallet: event.hours - 2, rating: event.hours - 3}", ["points.may_be_negative"] * 2),
        ("points: 10 / event.hours", ["points.may_divide_by_zero"]),
        ("points: {wallet: 10 / event.hours, rating: 10 % event.hours}", ["points.may_divide_by_zero"] * 2),
        ("points: 'event.hours > 1 ? 10 / event.hours : 1 / event.hours'", ["points.may_divide_by_zero"]),
        ("points: 'event.hours > 1 && 2 / event.hours > 1 ? 1 : 2'", []),
        ("points: '(2 / event.hours > 1) ? 1 : 2'", ["points.may_divide_by_zero"]),
        ("points: 10 / (event.hours - 30)", ["points.never"]),
        ("table: {hit: sum, columns: [event.verified], rows: [[true, -5], [false, 5]]}", ["points.may_be_negative"]),
        ("table: {hit: sum, columns: [event.verified], rows: [[true, 1 - 3], [any, 5]]}", ["points.may_be_negative"]),
        ("table: {hit: first, columns: [event.verified], rows: [[true, 0], [any, 0]]}", ["points.never"]),
        ("bands: {of: event.hours, steps: [{up_to: 2, each: 10}, {each: 5}]}", []),
        ("bands: {of: event.hours, steps: [{each: 0}]}", ["points.never"]),
        ("when: event.hours > 30, points: event.hours - 2", ["condition.never"]),
        ("effect: {freeze: true}", []),
    ],
)  # fmt: skip
def test_what_rules_are_worth(rest: str, expected: list[str]) -> None:
    assert rule(rest) == expected


@pytest.mark.parametrize(
    ("written", "rest", "expected"),
    [
        ("c: {window: day, max: 20", "points: event.hours, caps: [c]", []),
        ("c: {window: activity, max: 24", "points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: activity, max: 23", "points: event.hours, caps: [c]", []),
        ("c: {window: activity, max: 1, unit: times", "points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: day, max: 9, unit: times", "points: 1, caps: [c]", []),
        ("c: {window: day, max: 2, unit: times", "points: 1, caps: [c], cooldown: P1D", ["cap.never_bites"]),
        ("c: {window: day, max: 1, unit: times", "points: 1, caps: [c], cooldown: P2D", ["cap.never_bites"]),
        ("c: {window: day, max: 1, unit: times", "points: 1, caps: [c], cooldown: PT5H", []),
        ("c: {window: lifetime, max: 9, unit: times", "points: 1, caps: [c], cooldown: P2D", []),
        ("c: {window: day, max: 2, within: m; m: {window: month, max: 62", "points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: day, max: 2, within: m; m: {window: month, max: 61", "points: event.hours, caps: [c]", []),
        ("c: {window: day, max: 9, within: m; m: {window: month, max: 8", "points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: day, max: 9, mode: reject, within: m; m: {window: month, max: 8", "points: event.hours, caps: [c]", []),
        ("c: {window: day, max: 30, mode: reject, within: d; d: {window: day, max: 1, unit: times", "points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: month, max: 9; w: {window: week, max: 1, unit: times", "points: 1, caps: [c, w]", ["cap.never_bites"]),
        ("c: {window: month, max: 5; w: {window: week, max: 1, unit: times", "points: 1, caps: [c, w]", []),
        ("c: {window: year, years: 2, max: 9; y: {window: year, max: 4", "points: event.hours, caps: [c, y]", ["cap.never_bites"]),
        ("c: {window: day, max: 30, per: event.level", "when: has(event.level), points: event.hours, caps: [c]", []),
        ("c: {window: activity, max: 30, per: event.level", "when: has(event.level), points: event.hours, caps: [c]", ["cap.never_bites"]),
        ("c: {window: activity, max: 30, for: branch", "points: event.hours, caps: [c]", []),
        ("c: {window: day, max: 5", "points: 10, caps: [c]", ["cap.always_bites"]),
        ("c: {window: day, max: 50, within: m; m: {window: month, max: 5", "points: 10, caps: [c]", ["cap.never_bites", "cap.always_bites"]),
        ("c: {window: day, max: 5, mode: reject", "points: 10, caps: [c]", ["cap.never_fits"]),
        ("c: {window: day, max: 5", "points: 10 + event.hours, round: {mode: up, step: 5}, caps: [c]", ["cap.always_bites"]),
    ],
)  # fmt: skip
def test_caps(written: str, rest: str, expected: list[str]) -> None:
    assert caps(written, rest) == expected


def test_a_cap_that_nothing_uses_is_not_said_to_be_idle_as_well() -> None:
    assert caps("c: {window: activity, max: 99", "points: 1") == ["ruleset.unused"]


@pytest.mark.parametrize(
    ("stacking", "most", "expected"),
    [
        ("", 72, ["cap.never_bites"]), ("", 71, []),
        ("stacking: multiply\n", 144, ["cap.never_bites"]), ("stacking: multiply\n", 143, []),
    ],
)  # fmt: skip
def test_multipliers_count_towards_the_most(stacking: str, most: int, expected: list[str]) -> None:
    two = (
        "multipliers:\n  - {id: m, when: event.verified, times: 2, title: {zh: 甲, en: A}}\n"
        "  - {id: n, when: event.hours > 3, times: 3, title: {zh: 乙, en: B}}\n"
    )
    cap = f"caps:\n  c: {{window: activity, max: {most}, title: {{zh: 丙, en: C}}}}\n"
    found = rule("points: event.hours, multipliers: [m, n], caps: [c]", stacking + two + cap)
    assert found == expected


def test_the_second_review_and_lonely_groups() -> None:
    assert rule("points: event.hours, review: {first: branch, second_above: 24}") == [
        "review.second_unreachable"
    ]
    assert rule("points: event.hours, review: {first: branch, second_above: 23}") == []
    group = "groups:\n  g: {mode: first, title: {zh: 组, en: Group}}\n"
    assert rule("points: 1, group: g", group) == ["group.alone"]
    both = f"{group}rules:\n{RULE}points: 1, group: g}}\n{OTHER}points: 2, group: g}}\n"
    assert codes(both) == []
    yearly = group.replace("mode: first", "mode: first, window: year")
    assert rule("points: 1, group: g", yearly) == []


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("points: 1", "points: 2", ["rule.together"]),
        ("points: 1", "points: 1", ["rule.same", "rule.together"]),
        ("points: 1, measures: [rating]", "points: 2", []),
        ("when: event.hours > 2, points: 1", "when: event.hours <= 2, points: 2", []),
        ("when: event.hours > 2, points: 1", "when: event.hours > 30, points: 2", ["condition.never"]),
        ("points: 1, sources: [a]", "points: 2, sources: [b]", []),
        ("points: 1, sources: [a]", "points: 2, sources: [a]", ["rule.together"]),
        ("points: event.hours, caps: [c]", "points: 2, caps: [c]", []),
        ("points: event.hours, caps: [c]", "points: 2", ["rule.together"]),
        ("table: {hit: first, columns: [event.verified], rows: [[true, 1], [any, 2]]}", "table: {hit: first, columns: [event.verified], rows: [[true, 1], [any, 2]]}", ["rule.same", "rule.together"]),
        ("table: {hit: first, columns: [event.verified], rows: [[true, 1], [any, 2]]}", "table: {hit: first, columns: [event.verified], rows: [[true, 1], [any, 3]]}", ["rule.together"]),
        ("effect: {freeze: true}", "points: 1", []),
    ],
)  # fmt: skip
def test_two_rules_on_one_activity(one: str, other: str, expected: list[str]) -> None:
    cap = (
        "caps:\n  c: {window: day, max: 20, title: {zh: 丙, en: C}}\n" if "caps: [c]" in one else ""
    )
    assert codes(f"{cap}rules:\n{RULE}{one}}}\n{OTHER}{other}}}\n") == expected


def test_many_rules_are_compared_up_to_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    many = "".join(OTHER.replace("R2", f"Q{n}") + f"points: {n + 2}}}\n" for n in range(8))
    found = linted(f"rules:\n{RULE}points: 1}}\n{many}")
    assert [each.code for each in found] == ["rule.together"] * 8
    assert "and 3 more" in found[-1].en
    assert len(found[-1].related) == 5
    monkeypatch.setattr(overlap, "PAIRS_MAX", 3)
    assert len(linted(f"rules:\n{RULE}points: 1}}\n{many}")) == 2


def table(
    rows: str, columns: str = "[event.verified]", hit: str = "first", before: str = ""
) -> list[Finding]:
    return linted(
        f"rules:\n{RULE}{before}table: {{hit: {hit}, columns: {columns}, rows: {rows}}}}}\n"
    )


LEVEL, TASK = "when: has(event.level), ", "when: has(event.task), "


@pytest.mark.parametrize(
    ("rows", "columns", "before", "expected"),
    [
        ("[[true, 1], [false, 2]]", "[event.verified]", "", None),
        ("[[true, 1]]", "[event.verified]", "", "event.verified = false"),
        ("[[false, 1]]", "[event.verified]", "", "event.verified = true"),
        ("[[true, 1]]", "[event.verified]", "when: event.verified, ", None),
        ("[[true, 1], [any, 2]]", "[event.verified]", "", None),
        ('[["<= 2", 1], ["> 2", 2]]', "[event.hours]", "", None),
        ('[["< 2", 1], ["> 2", 2]]', "[event.hours]", "", "event.hours = 2"),
        ('[["<= 2", 1]]', "[event.hours]", "", "event.hours = 2…24"),
        ('[["0..24", 1]]', "[event.hours]", "", None),
        ("[[[1, 2], 1]]", "[event.hours]", "", "event.hours = 0…1"),
        ('[[">= 2", 1]]', "[event.trips]", "when: has(event.trips), ", "event.trips = 0"),
        ("[[city, 1], [county, 2]]", "[event.level]", LEVEL, "event.level = province"),
        ("[[[city, county, province], 2]]", "[event.level]", LEVEL, None),
        ("[[a, 1]]", "[event.task]", TASK, "event.task = …"),
        ("[[a, 1], [any, 2]]", "[event.task]", TASK, None),
        ("[[a, 1]]", "[event.task]", "when: 'has(event.task) && event.task == \"a\"', ", None),
        ("[[true, '> 2', 1], [false, any, 2], [true, '<= 2', 3]]", "[event.verified, event.hours]", "", None),
        ("[[true, '> 2', 1], [false, any, 2]]", "[event.verified, event.hours]", "", "event.verified = true, event.hours = 0…2"),
        ("[['> 2', 1]]", "[event.hours * 2]", "", None),
        ("[['> 2', 1]]", "['history.count(\"report.made\", \"P30D\")']", "", None),
        ("[['>= 2', 1]]", "[event.hours]", "when: event.hours > 2 && (event.verified || event.hours > 3), ", None),
    ],
)  # fmt: skip
def test_gaps_in_tables(rows: str, columns: str, before: str, expected: str | None) -> None:
    found = [each.en for each in table(rows, columns, before=before) if each.code == "table.gap"]
    assert len(found) == (expected is not None)
    assert expected is None or f"no row fits {expected}, which" in found[0]


def test_tables_with_too_many_cases_are_not_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [each.code for each in table("[[true, 1]]")] == ["table.gap"]
    monkeypatch.setattr(gaps, "CASES_MAX", 1)
    assert table("[[true, 1]]") == []
    assert [each.code for each in table("[]")] == ["points.never"]


def test_rows_that_never_fit() -> None:
    found = table('[["> 24", 9], [any, 1]]', "[event.hours]")
    assert [(each.code, each.severity) for each in found] == [("table.never", Severity.WARNING)]
    unverified = "when: '!event.verified', "
    found = table("[[true, 9], [any, 1]]", before=unverified)
    assert [each.code for each in found] == ["table.never"]
    found = table("[[true, 9]]", before=unverified)
    assert [each.code for each in found] == ["points.never", "table.gap", "table.never"]


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        (exactly(Decimal(2)), "2"), (Numbers(low=Decimal(1), whole=True), "1"),
        (Numbers(low=Decimal(1), open_low=True), "> 1"), (Numbers(low=Decimal(1)), ">= 1"),
        (Numbers(high=Decimal(3), open_high=True), "< 3"), (Numbers(high=Decimal(3)), "<= 3"),
        (Numbers(low=Decimal(1), high=Decimal(2)), "1…2"),
    ],
)  # fmt: skip
def test_numbers_are_said_shortly(numbers: Numbers, said: str) -> None:
    assert number_said(numbers) == said


@pytest.mark.parametrize(
    ("inner", "outer", "most"),
    [
        (("day", 1), ("week", 1), 7), (("week", 1), ("month", 1), 6), (("month", 1), ("day", 1), 1),
        (("day", 1), ("year", 2), 732), (("year", 1), ("year", 3), 3), (("year", 2), ("year", 3), 3),
        (("year", 1), ("month", 1), 1), (("year", 1), ("week", 1), 2), (("month", 1), ("week", 1), None),
        (("day", 1), ("lifetime", 1), None), (("activity", 1), ("day", 1), None), (("day", 1), ("activity", 1), 1),
        (("lifetime", 1), ("day", 1), 1),
    ],
)  # fmt: skip
def test_how_many_windows_touch_another(
    inner: tuple[str, int], outer: tuple[str, int], most: int | None
) -> None:
    found = touching(Window(*inner), Window(*outer))
    assert found == (Decimal("Infinity") if most is None else most)


MONTH = "caps:\n  m: {window: month, max: 10, title: {zh: 每月, en: A month}}\n"


@pytest.mark.parametrize(
    ("budget", "body", "expected"),
    [
        ("{fen: 24000, members: 10}", f"{MONTH}rules:\n{RULE}points: event.hours, caps: [m]}}\n", []),
        ("{fen: 23999, members: 10}", f"{MONTH}rules:\n{RULE}points: event.hours, caps: [m]}}\n", ["cost.above_budget"]),
        ("{fen: 12000, members: 10, fen_per_point: 10}", f"{MONTH}rules:\n{RULE}points: event.hours, caps: [m]}}\n", []),
        ("{fen: 1, members: 10}", f"rules:\n{RULE}points: event.hours, measures: [rating]}}\n", []),
        ("{fen: 1, members: 10}", f"rules:\n{RULE}points: event.hours}}\n", ["cost.unbounded"]),
        ("{fen: 480, members: 10, activities: {shift.done: 1}}", f"rules:\n{RULE}points: event.hours}}\n", []),
        ("{fen: 479, members: 10, activities: {shift.done: 1}}", f"rules:\n{RULE}points: event.hours}}\n", ["cost.above_budget"]),
        ("{fen: 9, members: 10, activities: {shift.dune: 1}}", f"rules:\n{RULE}points: event.hours}}\n", ["file.bad_value", "cost.unbounded"]),
        ("{fen: 9}", f"rules:\n{RULE}points: event.hours}}\n", ["file.missing_key"]),
        ("{fen: 24000, members: 10}", f"{MONTH}rules:\n{RULE}points: event.hours, caps: [m]}}\n{OTHER}points: 2, caps: [m]}}\n", []),
        ("{fen: 400, members: 10}", f"{MONTH.replace('month', 'year').replace('max: 10', 'max: 20, for: programme')}rules:\n{RULE}points: event.hours, caps: [m]}}\n", []),
        ("{fen: 399, members: 10}", f"{MONTH.replace('month', 'year').replace('max: 10', 'max: 20, for: programme')}rules:\n{RULE}points: event.hours, caps: [m]}}\n", ["cost.above_budget"]),
    ],
)  # fmt: skip
def test_costs_against_a_budget(budget: str, body: str, expected: list[str]) -> None:
    assert codes(f"budget: {budget}\n{body}") == expected


def test_a_budget_may_come_from_outside_and_names_the_dearest_rules() -> None:
    body = f"{MONTH}rules:\n{RULE}points: event.hours, caps: [m]}}\n"
    (found,) = linted(body, budget=Budget(fen=100, members=10))
    assert "240.00 yuan, the budget is 1.00" in found.en
    assert "R1 240.00" in found.en
    assert [each.line for each in found.related] == [11]
    assert linted(body, budget=Budget(fen=24_000, members=10)) == []


def test_allowances_hold_where_they_stand_and_nowhere_else() -> None:
    allow = ", lint: {allow: [points.may_be_negative], why: 试}"
    assert rule(f"points: event.hours - 1{allow}") == []
    two = f"rules:\n{RULE}points: event.hours - 1{allow}}}\n{OTHER}points: event.hours - 2, lint: {{allow: [rule.together], why: 试}}}}\n"
    assert codes(two) == ["points.may_be_negative"]
    top = "lint: {allow: [points.may_be_negative, rule.together], why: 试}\n"
    assert (
        codes(top + two.replace(allow, "").replace(", lint: {allow: [rule.together], why: 试}", ""))
        == []
    )
    assert rule("points: 1, lint: {allow: [points.never], why: 试}") == ["lint.idle"]
    assert rule("points: 1, lint: {allow: [test.never_hit], why: 试}") == []
    assert rule("points: 1, lint: {allow: [condition.nevr], why: 试}") == ["lint.unknown"]
    assert rule("points: 1, lint: {allow: [points.never]}") == ["file.missing_key", "lint.idle"]
    assert rule("points: 1, lint: {allow: [[a]], why: 试}") == ["file.bad_value"]
    # Errors stand whatever is allowed.
    assert rule("when: event.hours > 30, points: 1, lint: {allow: [condition.never], why: 试}") == [
        "condition.never",
    ]


def test_what_cannot_be_read_is_not_judged_and_the_rest_is() -> None:
    body = f"rules:\n{RULE}points: 1 +}}\n{OTHER}when: event.hours > 30, points: 1}}\n  - 5\n  - {{on: shift.done}}\n"
    assert codes(body) == ["expression.syntax", "condition.never", "file.bad_value"] + [
        "file.missing_key"
    ] * 2 + ["rule.points"]
    assert codes("rules: 1\ncaps: [a]\nlint: 1\n") == ["file.bad_value"] * 3
    assert codes("", "") == ["yaml.empty"]
    assert codes("[]", "") == ["file.bad_value"]


def test_diagnostics_count_as_editors_do() -> None:
    text = (
        HEAD.lstrip()
        + f"rules:\n{RULE.replace('甲', '𠀀甲')}when: event.hourz > 1 && event.hours > 4 && event.hours < 3, points: 1}}\n"
    )
    found = lint(text, file="r.yaml", types=WORLD)
    (one,) = diagnostics(found, text, "en", "file:///r.yaml")
    assert one["range"]["start"]["line"] == found[0].line - 1 if found[0].line else None
    assert one["range"]["start"]["character"] == found[0].column  # one astral character before it
    assert one["severity"] == 1
    assert one["source"] == "points"
    assert one["data"]["fix"]["newText"] == "event.hours"
    text = text.replace("event.hourz > 1 && ", "")
    (two,) = diagnostics(lint(text, file="r.yaml", types=WORLD), text, "zh", "file:///r.yaml")
    assert two["relatedInformation"][0]["location"]["uri"] == "file:///r.yaml"
    assert "此条件永远不成立" in two["message"]
    (three,) = diagnostics([Finding(code="x", zh="甲", en="a")], "", "en")
    assert three["range"]["end"] == {"line": 0, "character": 0}


def test_long_lines_are_shown_around_the_spot() -> None:
    text = HEAD + f"rules:\n{RULE}category: {'长' * 400}, when: event.nope > 1, points: 1}}\n"
    shown = render(lint(text, file="r.yaml", types=WORLD), text, "en").splitlines()
    assert len(shown[1]) < 250
    assert shown[1][shown[2].index("^") - (shown[1].count("长")) :].startswith("event.nope")


def test_reasoning_ends_when_its_steps_are_used_up(monkeypatch: pytest.MonkeyPatch) -> None:
    assert rule("when: event.hours > 30, points: 1") == ["condition.never"]
    monkeypatch.setattr(draft, "STEPS_A_FILE_MAX", 0)
    monkeypatch.setattr(draft, "STEPS_A_RULE_MIN", 0)
    assert rule("when: event.hours > 30, points: 1") == []


TRAPS = [
    ("when: event.hours ≥ 2", "expression.syntax", ">="),
    ("when: event.hours ＞ 2", "expression.syntax", ">"),
    ("when: event.hours >= 2。", "expression.syntax", None),
    ("when: member.kind == “rider”", "expression.syntax", '"rider"'),
    ("when: member.kind == “rider", "expression.syntax", None),
    ("when: member.kind == “it's”", "expression.syntax", None),
    ('when: "member.kind == “rider”"', "expression.syntax", None),
    ("when: event.hours = 2", "expression.syntax", "=="),
    ("when: event.verified & event.verified", "expression.syntax", "&&"),
    ("when: event.verified and event.verified", "expression.syntax", "&&"),
    ("when: NOT event.verified", "expression.syntax", None),
    ("when: event.verified && not event.verified", "expression.syntax", "!"),
    ("when: event.verified == TRUE", "expression.syntax", "true"),
    ("when: event.hours <> 2", "expression.syntax", "!="),
    ("when: event.hours < > 2", "expression.syntax", None),
    ("when: mim(event.hours) > 2", "expression.unknown_function", "min"),
    ("when: member.kind == 'ridr'", "expression.enum_value", '"rider"'),
    ("when: let.x > 2", "expression.unknown_name", None),
    ("round: dwon", "file.bad_value", "down"),
    ("whem: event.verified", "file.unknown_key", "when"),
    ("when: !event.verified", "yaml.tag", "'!event.verified'"),
    ("when: !event.verified # sic", "yaml.tag", None),
    ("category: &x a", "yaml.anchor", None),
    ("when: event.verified ? true : false", "yaml.unquoted", "'event.verified ? true : false'"),
    (
        "when: event.task == 'a: b' ? true : false",
        "yaml.unquoted",
        "'event.task == ''a: b'' ? true : false'",
    ),
    (
        "points: {wallet: event.verified ? 1 : 2, rating: 1}",
        "yaml.unquoted",
        "'event.verified ? 1 : 2'",
    ),
    ("points: {wallet: event.verified ? 1 : 2", "yaml.unquoted", "'event.verified ? 1 : 2'"),
    ("points: {wallet: 1, rating: [1}", "yaml.syntax", None),
    ('audience: "pioneer" in member.roles', "yaml.unquoted", "'\"pioneer\" in member.roles'"),
    ("when: %x", "yaml.unquoted", "'%x'"),
    ("when：event.verified", "yaml.wide_colon", ": "),
    ("\twhen: event.verified", "yaml.tab", "  "),
    ("when: 'event.verified", "yaml.quote", None),
    ("when: event.verified # && event.hours > 1", "yaml.comment", None),
    ("points: 2 # + 1", "yaml.comment", None),
    ("points: 2 # two", "", None),
    ("when: [event.verified", "yaml.syntax", None),
]


@pytest.mark.parametrize(("line", "code", "fix"), TRAPS, ids=[each[0] for each in TRAPS])
def test_traps_have_their_code_and_a_fix_where_one_is_certain(
    line: str, code: str, fix: str | None
) -> None:
    indent = "" if line.startswith("\t") else "    "
    points = "" if line.startswith("points") else "    points: 1\n"
    body = f"rules:\n  - id: A\n    title: {{zh: 甲, en: A}}\n    on: shift.done\n{indent}{line}\n{points}"
    found = linted(body, HEAD.lstrip())
    assert [each.code for each in found] == ([code] if code else [])
    assert not code or found[0].fix == fix
    if fix is not None and code != "yaml.tab":
        assert mended(HEAD.lstrip() + body, found[0])[0] not in (
            "yaml.tag",
            "yaml.unquoted",
            "yaml.wide_colon",
        )


def mended(text: str, finding: Finding) -> list[str]:
    """Return the codes of a file after the fix of a finding."""
    lines = text.split("\n")
    assert isinstance(finding.column, int)
    assert finding.line is not None
    assert finding.end_column is not None
    assert finding.end_line == finding.line
    line = lines[finding.line - 1]
    lines[finding.line - 1] = (
        line[: finding.column - 1] + (finding.fix or "") + line[finding.end_column - 1 :]
    )
    return [each.code for each in lint("\n".join(lines), file="r.yaml", types=WORLD)] or [""]


def test_a_fix_mends() -> None:
    for line in (
        "when: event.hours ≥ 2",
        "when: member.kind == “rider”",
        "when: !event.verified",
        "when：event.verified",
        "whem: event.verified",
    ):
        body = f"rules:\n  - id: A\n    title: {{zh: 甲, en: A}}\n    on: shift.done\n    {line}\n    points: 1\n"
        text = HEAD.lstrip() + body
        assert mended(text, lint(text, file="r.yaml", types=WORLD)[0]) == [""]


def test_corners_of_ranges_and_of_what_is_possible() -> None:
    scope = Scope(roots={"event": WORLD.types["shift.done"].scored, "member": MEMBER_FIELDS})
    thoughts = Reasoning(scope)
    assert thoughts.value(parse("[1]"), {}) is None
    assert thoughts.value(parse("event.nope"), {}) is None
    assert thoughts.value(parse("let.nope"), {}) is None
    assert thoughts.assume(parse("let.nope"), {}) == {}
    assert thoughts.assume(parse("event.nope"), {}) == {}
    assert thoughts.assume(parse("event.nope > 1"), {}) == {}
    assert thoughts.assume(parse("event.verified in [true]"), {}) == {}
    assert thoughts.assume(parse("event.hours in []"), {}) is None
    assert thoughts.assume(parse("member.kind in []"), {}) is None
    assert thoughts.assume(parse("member.kind in member.roles"), {}) == {}
    assert thoughts.numbers(parse("event.verified"), {}) == Numbers()
    assert thoughts.value(parse("event.verified ? event.nope : 1"), {}) is None
    assert join(Words(), Numbers()) is None
    assert meet(Words(), Numbers()) == Words()
    assert settled(Numbers(high=Decimal(3), open_high=True, whole=True)) == Numbers(
        high=Decimal(2), whole=True
    )
    assert settled(Numbers(low=Decimal(2), high=Decimal(2), never=frozenset((Decimal(2),)))) is None
    spec = WORLD.types["shift.done"].fields["trips"]
    assert possible_said("event.trips", spec, Numbers()).en == ""
    deep = parse("(" * 29 + "event.hours" + " + 1)" * 29)
    assert not thoughts.exhausted
    thoughts.depth = 50
    assert thoughts.value(deep, {}) is not None
    assert thoughts.exhausted


def test_what_stands_around_a_mistake() -> None:
    factor = "multipliers: [{id: m, times: 2, title: {zh: 长, en: Long}}]\n"
    assert rule("points: event.hours, multipliers: [m]", factor) == ["file.missing_key"]
    assert rule("when: event.hours > 30, points: 'false && 1 / event.hours > 1 ? 1 : 2'") == [
        "condition.never"
    ]
    assert rule("points: '(event.hours > 30 && 1 / event.hours > 1) ? 1 : 2'") == [
        "condition.dead_branch"
    ]
    assert rule("points: event.hours, measures: [walet]") == ["file.bad_value"]
    assert codes("rules: []\n", HEAD.replace("2024-01-01", "1024-01-01")) == ["file.bad_value"]
    shared = f"budget: {{fen: 999999, members: 10}}\n{MONTH}rules:\n{RULE}points: 1, caps: [m], cooldown: P300D}}\n"
    assert codes(shared + f"{OTHER}points: 2, caps: [m], cooldown: P300D}}\n") == [
        "cap.never_bites"
    ]
