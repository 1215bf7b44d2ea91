"""Whole rules as SQL: each construct grants what the exact engine grants, or is left to it."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from points.rules import (
    Cap,
    Entry,
    RuleSet,
    Title,
    load_activity_types,
    load_ruleset,
)
from points.rules.award_rows import AwardRow, Failure
from points.rules.sql_grants import keys
from points.rules.sql_numbers import NotInSql
from points.rules.sql_plan import plan
from tests.properties.activities import Activities
from tests.properties.test_duck import exactly, held, previewed
from tests.unit.rules.worlds import HEAD, WORLD, facts_of, ruleset_of

EXAMPLES = Path(__file__).parents[3] / "rules" / "examples"
T = "title: {zh: 甲, en: A}"


def rules(*lines: str, before: str = "") -> RuleSet:
    """Return a rule set, given the keys of its rules; ids and types where they are not said."""
    listed = "".join(
        f"  - {{id: R{number}, {T}, {'' if 'on:' in line else 'on: shift.done, '}{line}}}\n"
        for number, line in enumerate(lines)
    )
    return ruleset_of(f"{before}rules:\n{listed}", HEAD)


def both(
    ruleset: RuleSet, folder: Path, *, seed: int = 1, count: int = 150
) -> tuple[list[AwardRow], list[Failure]]:
    """Return what both engines grant, which has to be the same."""
    entries = list(Activities(WORLD, seed, members=4, days=40).take(count))
    want = exactly(entries, [ruleset])
    assert previewed(entries, [ruleset], WORLD, folder) == want
    return want


def left_to_exact(ruleset: RuleSet) -> dict[str, str]:
    return {each.numbered.rule.id: each.why for each in plan(held([ruleset])).exact}


MANY = "multipliers:\n" + "".join(
    f"  - {{id: m{n}, {T}, times: '{times}', when: '{when}'}}\n"
    for n, (times, when) in enumerate(
        (("1.5", "event.hours > 2"), ("1", "event.verified"), ("0.5", "event.hours > 1"),
         ("2", "has(event.trips) && event.trips > 3"), ("1.25", "true"), ("3", "event.hours > 5"))
    )
)  # fmt: skip
FIVE = "multipliers: [m0, m1, m2, m3, m4]"


@pytest.mark.parametrize(
    "ruleset",
    [
        rules("points: 3, sources: [manual, roster]", "points: 1, audience: member.party_member"),
        rules(
            "points: 2, audience: has(member.branch) && member.branch == 'a', when: event.verified",
            "points: 1, when: has(event.trips) && event.trips > 1 && event.verified",
        ),
        rules("points: {wallet: event.hours * 2, rating: 1}", "points: event.hours / 3"),
        rules(
            "points: event.hours, round: {mode: half_even, step: 1}",
            "points: event.hours, round: {mode: up, step: 3}, measures: [rating]",
            "points: event.hours / 7, round: {mode: half_up, step: 1}",
            "points: event.hours * 4, round: {mode: half_even, step: 5}",
            "points: floor(event.hours), round: {mode: down, step: 4}",
        ),
        rules(f"points: event.hours, {FIVE}", before=MANY.replace("  - {id: m5", "  # {id: m5")),
        rules(
            f"points: event.hours, {FIVE}",
            before=MANY.replace("  - {id: m5", "  # {id: m5") + "stacking: multiply\n",
        ),
        rules(
            "points: 1, schedule: {weekdays: [sat, sun], only: ['2026-01-03', '2026-01-04']}",
            "points: 2, schedule: {never: ['2026-01-01'], from: '07:00'}",
            "points: 3, schedule: {until: '12:00', days: [workday]}",
            "points: 4, schedule: {from: '08:00', until: '18:30', days: [weekend, holiday]}",
        ),
        rules(
            "when: has(event.trips), table: {hit: first, columns: [event.trips], rows: [['>= 40', 9], [any, event.hours]]}",
            "when: has(event.trips), table: {hit: sum, columns: [event.trips], rows: [['>= 1', 1], ['>= 9', 2]]}",
            "table: {hit: unique, columns: [event.verified], rows: [[true, 2]]}",
        ),
        rules(
            "points: event.hours * 2, caps: [b, p]", "points: 3, caps: [s, p]",
            before="caps:\n"
            f"  b: {{window: month, max: 30, for: branch, {T}}}\n"
            f"  s: {{window: quarter, max: 40, mode: reject, {T}}}\n"
            f"  p: {{window: year, max: 60, for: programme, per: member.kind, {T}}}\n",
        ),
        rules(
            "points: 2, group: g", "points: event.hours, group: g, caps: [c]",
            "points: 5, group: f, caps: [c]", "points: 1, group: f",
            before=f"caps:\n  c: {{window: month, max: 20, {T}}}\ngroups:\n"
            f"  g: {{mode: best_one, window: week, {T}}}\n  f: {{mode: first, window: month, {T}}}\n",
        ),
        rules("points: 1, once: year", "points: 2, once: lifetime"),
        rules("bands: {of: event.hours, steps: [{up_to: 2, each: 10}, {each: 2.5}]}"),
    ],
)  # fmt: skip
def test_sql_grants_what_the_exact_engine_grants(ruleset: RuleSet, tmp_path: Path) -> None:
    assert left_to_exact(ruleset) == {}
    awards, failures = both(ruleset, tmp_path)
    assert awards
    assert not failures


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("points: 10 / floor(event.hours)", "division_by_zero"),
        ("points: event.hours / floor(event.hours)", "division_by_zero"),
        ("when: event.hours / floor(event.hours) > 1, points: 1", "division_by_zero"),
        ("when: 1 % floor(event.hours) >= 0 && event.verified, points: 1", "division_by_zero"),
        ("points: event.hours - 2", "negative_points"),
        ("points: (event.hours - 2) / 7", "negative_points"),
        ("points: event.hours * 900000", "points_out_of_range"),
        ("points: 1, multipliers: [m]", "division_by_zero"),
        (
            "table: {hit: first, columns: [event.hours], rows: [['>= 9', 1], [any, '1 % floor(event.hours)']]}",
            "division_by_zero",
        ),
    ],
)
def test_what_fails_is_set_aside_for_every_rule(line: str, code: str, tmp_path: Path) -> None:
    before = f"multipliers:\n  - {{id: m, {T}, times: '2', when: 1 % floor(event.hours) > 2}}\n"
    ruleset = rules(line, "points: 1", before=before if "multipliers" in line else "")
    assert left_to_exact(ruleset) == {}
    awards, failures = both(ruleset, tmp_path)
    assert {each.code for each in failures} == {code}
    assert awards
    assert not {each.activity_id for each in awards} & {each.activity_id for each in failures}


CROSSED = f"caps:\n  a: {{window: week, max: 9, {T}}}\n  b: {{window: month, max: 15, {T}}}\n"
OFF = f"caps:\n  a: {{window: month, max: 9, mode: defer, {T}}}\n"


@pytest.mark.parametrize(
    ("ruleset", "why"),
    [
        (rules("points: 1, cooldown: P3D"), {"R0": "history"}),
        (rules("points: 1, when: \"history.count('report.made', 'P9D') > 0\""), {"R0": "history"}),
        (
            rules("points: \"has(event.task) ? history.awarded('R1', event.task) : 0\"", "points: 2", "points: 3"),
            {"R0": "history", "R1": "history"},
        ),
        (rules("points: 1, caps: [a]", before=OFF), {"R0": "defer"}),
        (
            rules("points: 4, caps: [a, b]", "points: 3, caps: [b, a]", before=CROSSED),
            {"R0": "order", "R1": "order"},
        ),
        (rules("points: event.hours / 0.3, round: {mode: down, step: 2}"), {"R0": "division"}),
        (rules("points: event.hours / 3, multipliers: [m0]", before=MANY), {"R0": "division"}),
        (rules(f"points: 1, {FIVE[:-1]}, m5]", before=MANY), {"R0": "multipliers"}),
        (
            rules("table: {hit: first, columns: [event.hours], rows: [[any, event.hours / 3]]}"),
            {"R0": "division"},
        ),
        # What may fail is scored where the other rules of its type are.
        (
            rules("points: 1, cooldown: P3D", "points: 10 / floor(event.hours)", "points: 5, on: report.made"),
            {"R0": "history", "R1": "failure"},
        ),
    ],
)  # fmt: skip
def test_what_sql_cannot_say_is_left_to_the_exact_engine(
    ruleset: RuleSet, why: dict[str, str], tmp_path: Path
) -> None:
    assert left_to_exact(ruleset) == why
    awards, _ = both(ruleset, tmp_path)
    assert awards


def test_values_beyond_their_type_are_left_to_the_exact_engine(tmp_path: Path) -> None:
    """What was written down under an earlier type: SQL counts on the bounds of the present one."""
    ruleset = rules("points: event.hours", "points: 3, on: report.made")
    entries = list(Activities(WORLD, 1, members=2).take(40))
    fields = {**entries[0].facts.fields, "hours": 40}
    beyond = replace(facts_of(), fields=fields, activity_id="beyond")
    entries.append(entries[0]._replace(facts=beyond))
    assert plan(held([ruleset]), unfit=frozenset({"shift.done"})).exact[0].why == "values"
    assert previewed(entries, [ruleset], WORLD, tmp_path) == exactly(entries, [ruleset])


def test_every_example_of_a_construct(tmp_path: Path) -> None:
    types, findings = load_activity_types(
        (EXAMPLES / "activities.yaml").read_text("utf-8"), file="activities.yaml"
    )
    assert types is not None, findings
    text = (EXAMPLES / "constructs.yaml").read_text("utf-8")
    ruleset, problems = load_ruleset(text, file="constructs.yaml", types=types)
    assert ruleset is not None, problems
    since = ruleset.starts_at.astimezone(ruleset.zone)
    drawn = Activities(types, 2, members=6, since=since, days=60)
    entries: list[Entry] = list(drawn.take(800))
    want = exactly(entries, [ruleset])
    assert previewed(entries, [ruleset], types, tmp_path) == want
    assert len({row.rule_id for row in want[0]}) > 5
    assert plan(held([ruleset])).parts
    assert {each.why for each in plan(held([ruleset])).exact} >= {"history", "defer", "peer"}


def test_a_count_by_numbers_is_left_to_the_exact_engine() -> None:
    cap = Cap(id="c", title=Title("", ""), window="day", maximum=1, per="event.hours")
    with pytest.raises(NotInSql) as why:
        keys(cap, WORLD.types["shift.done"].fields)
    assert why.value.code == "per"


def test_nothing_happened(tmp_path: Path) -> None:
    ruleset = rules("points: 1", "points: 1, cooldown: P1D")
    assert previewed([], [ruleset], WORLD, tmp_path) == ([], [])


def test_a_version_that_begins_within_a_day_is_aligned_with_no_window() -> None:
    caps = f"caps:\n  a: {{window: %s, max: 9, {T}}}\n"
    for window, turn, why in (
        ("day", "2026-02-02T00:00:00+08:00", set()),
        ("day", "2026-02-02T12:00:00+08:00", {"versions"}),
        ("week", "2026-02-02T00:00:00+08:00", set()),
        ("month", "2026-02-02T00:00:00+08:00", {"versions"}),
        ("quarter", "2026-04-01T00:00:00+08:00", set()),
        ("quarter", "2026-03-01T00:00:00+08:00", {"versions"}),
        ("year", "2026-01-01T00:00:00+08:00", set()),
        ("lifetime", "2026-01-01T00:00:00+08:00", {"versions"}),
    ):
        at = datetime.fromisoformat(turn).astimezone(UTC)
        first = rules("points: 4, caps: [a]", before=caps % window)
        second = rules("points: 4, caps: [a]", before=(caps % window).replace("9", "8"))
        versions = held([replace(first, ends_at=at), replace(second, starts_at=at)])
        assert {each.why for each in plan(versions).exact} == why, (window, turn)
