"""Every mistake in an expression is found when the file is loaded, at its place."""

import pytest

from points.rules.check import check
from points.rules.parser import parse
from points.rules.scope import MEMBER_FIELDS, Scope
from points.rules.types import BOOLEAN, NUMBER, Type
from tests.unit.rules.worlds import WORLD

LETS = {"long": parse("event.hours > 4"), "many": parse("has(event.trips) && event.trips > 1")}
SCOPE = Scope(
    roots={"event": WORLD.types["shift.done"].fields, "member": MEMBER_FIELDS},
    lets=LETS,
    histories=frozenset(WORLD.types),
)


def faults(text: str, expected: Type | None = None) -> list[tuple[str, int]]:
    found = check(parse(text), SCOPE, expected=expected)[1]
    return [(fault.code.removeprefix("expression."), fault.start) for fault in found]


@pytest.mark.parametrize(
    "text",
    [
        "event.hours >= 0.5 && event.verified",
        "has(event.trips) && event.trips > 2",
        "!has(event.trips) || event.trips > 2",
        "has(event.trips) ? event.trips : 0",
        "!has(event.trips) ? 0 : event.trips",
        "!(!has(event.trips) || event.trips < 1)",
        "let.many && event.trips > 3",
        "has(event.level) && event.level == 'city'",
        "has(event.level) && event.level in ['city', 'county']",
        "has(event.kinds) && 'ct' in event.kinds && size(event.kinds) > 1",
        "has(event.task) && event.task != '' && size(event.task) < 9",
        "has(event.closed_on) && event.closed_on < date('2026-01-01')",
        "'pioneer' in member.roles && member.kind == 'rider'",
        "min(event.hours, 2, 3) * max(1) + abs(-1) % 2 / 4 > floor(1) + ceil(1) + round(1)",
        "history.count('report.made', 'P30D') >= 3",
        "event.hours in [1, 2]",
        "(event.verified ? member.kind : member.kind) == 'rider'",
        "(event.verified ? member.kind : 'rider') == 'rider'",
        "(has(event.level) ? event.level : member.kind) == 'rider'",
    ],
)
def test_what_is_right_passes(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize(
    ("text", "code", "start"),
    [
        ("event.hourz > 1", "unknown_name", 0),
        ("event.__class__ == 1", "unknown_name", 0),
        ("let.lang", "unknown_name", 0),
        ("event.trips > 2", "may_be_missing", 0),
        ("has(event.trips) || event.trips > 2", "may_be_missing", 20),
        ("event.verified && has(event.trips) ? 1 : event.trips", "may_be_missing", 41),
        ("!event.hours", "type", 1),
        ("event.hours && true", "type", 0),
        ("true || 1", "type", 8),
        ("event.verified + 1", "type", 0),
        ("1 + 'a'", "type", 4),
        ("event.hours == 'a'", "type", 0),
        ("member.kind < 'a'", "type", 0),
        ("member.roles == member.roles", "type", 0),
        ("member.kind == 'ridder'", "enum_value", 15),
        ("'ridder' == member.kind", "enum_value", 0),
        ("member.kind in ['rider', 'ridder']", "enum_value", 25),
        ("member.kind in ['rider', 5]", "type", 25),
        ("'pionier' in member.roles", "enum_value", 0),
        ("1 in member.roles", "type", 0),
        ("1 in 2", "type", 0),
        ("member.roles in ['a']", "type", 0),
        ("has(event.level) && event.level == member.kind", "enum_value", 35),
        ("event.hours in [event.hours]", "type", 16),
        ("event.hours in [event.nothing]", "unknown_name", 16),
        ("event.verified ? 1 : 'a'", "type", 0),
        ("event.hours / 0", "division_by_zero", 14),
        ("event.hours % 0", "division_by_zero", 14),
        ("floor(1, 2)", "arguments", 0),
        ("min()", "arguments", 0),
        ("min(true)", "type", 4),
        ("has(1)", "arguments", 4),
        ("has()", "arguments", 0),
        ("has(event.nothing)", "unknown_name", 4),
        ("size(1)", "type", 0),
        ("size()", "arguments", 0),
        ("size(event.nothing)", "unknown_name", 5),
        ("date('yesterday')", "arguments", 0),
        ("date(1)", "arguments", 0),
        ("history.count('report.maid', 'P30D')", "unknown_name", 14),
        ("history.count('report.made', 'P1M')", "arguments", 29),
        ("history.count('report.made', 30)", "arguments", 29),
        ("history.count('report.made')", "arguments", 0),
    ],
)
def test_mistakes_have_codes_and_places(text: str, code: str, start: int) -> None:
    assert (code, start) in faults(text)


def test_one_mistake_gives_one_fault() -> None:
    assert faults("event.hourz > 1 && event.nothing == 'a' && (event.nope ? 1 : 2) > 1") == [
        ("unknown_name", 0), ("unknown_name", 19), ("unknown_name", 44),
    ]  # fmt: skip
    assert faults("(true ? event.nope : 1) > 0 && event.nope in [1]") == [
        ("unknown_name", 8), ("unknown_name", 31),
    ]  # fmt: skip


def test_the_place_of_an_expression_asks_for_a_type() -> None:
    assert faults("event.hours", BOOLEAN) == [("type", 0)]
    assert faults("event.hours", NUMBER) == []


def test_a_hint_names_the_nearest_field() -> None:
    found = check(parse("event.hourz > 1"), SCOPE)[1][0]
    assert "did you mean 'hours'" in found.en
    assert "“hours”" in found.zh


def test_a_fault_within_a_let_says_so() -> None:
    scope = Scope(roots=SCOPE.roots, lets={"bad": parse("event.trips > 1")})
    assert [fault.let for fault in check(parse("let.bad"), scope)[1]] == ["bad"]
    assert check(parse("has(event.trips) && let.bad"), scope)[1] == []


def test_lets_cannot_multiply_beyond_the_bounds() -> None:
    lets = {"a0": parse("event.hours + event.hours")}
    for number in range(1, 20):
        lets[f"a{number}"] = parse(f"let.a{number - 1} + let.a{number - 1}")
    scope = Scope(roots=SCOPE.roots, lets=lets)
    assert check(parse("let.a3 > 0"), scope)[1] == []
    assert [fault.code for fault in check(parse("let.a19 > 0"), scope)[1]] == [
        "expression.too_complex"
    ]


def test_history_and_event_may_be_out_of_reach() -> None:
    scope = Scope(roots={"member": MEMBER_FIELDS})
    codes = [fault.code for fault in check(parse("event.hours > 1"), scope)[1]]
    assert codes == ["expression.unknown_name"]
