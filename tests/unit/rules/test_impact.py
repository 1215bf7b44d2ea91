"""What a change of rules would have done: sums that merge, bands, the largest, and reasons."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.kernel.errors import BrokenInvariant
from points.rules import Entry, Facts, NotAwarded, RuleSet, Tallies, replay
from points.rules.award_rows import AwardRow
from points.rules.impact import (
    NOTHING,
    Basis,
    Impact,
    Line,
    Pair,
    Partial,
    Side,
    Subject,
    reasons,
    side_of,
)
from points.rules.impact.largest import LARGEST, Change, Largest
from points.rules.impact.partial import band_of
from points.rules.impact.reasons import by_member
from points.rules.impact.sides import side_of_rows, subject_of
from tests.unit.rules.worlds import facts_of, one_rule, ruleset_of

ZONE = ZoneInfo("Asia/Shanghai")
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


def scored(ruleset: RuleSet, *events: Facts, trace: bool = False) -> list[Side]:
    """Return what a rule set makes of one member's activities, one after another."""
    tallies = Tallies()
    sides = []
    for facts in events:
        entry = Entry("m1", facts, ("party",))
        found = list(replay([entry], lambda _p, _at: ruleset, tallies, trace=trace))
        sides.append(side_of(found, "party"))
    return sides


def pairs(old: RuleSet, new: RuleSet, *events: Facts, trace: bool = False) -> list[Pair]:
    before, after = scored(old, *events, trace=trace), scored(new, *events, trace=trace)
    subjects = [subject_of("m1", facts, ZONE) for facts in events]
    return [Pair(*each) for each in zip(subjects, before, after, strict=True)]


def why(old: RuleSet, new: RuleSet, *events: Facts, trace: bool = True) -> list[tuple[str, str]]:
    """Return code and words of each reason in the wallet, for the last activity."""
    last = pairs(old, new, *events, trace=trace)[-1]
    return [(r.code, r.said.zh) for r in reasons(last, old, new) if r.measure == "wallet"]


def impact(part: Partial, **said: Any) -> Impact:
    basis = Basis(kind="file", version=1, sha256="a" * 64)
    about: dict[str, Any] = {
        "programme": "party",
        "since": date(2026, 1, 1),
        "until": date(2026, 7, 1),
        "timezone": "Asia/Shanghai",
        "before": basis,
        "after": basis,
        "engine": "exact",
        "data": "b" * 64,
        "fen_a_point": 20,
        "budget_fen": None,
    }
    return Impact(part=part, **(about | said))


# --- one activity, two ways -------------------------------------------------------------------


def test_a_side_says_what_was_granted_refused_and_forgone() -> None:
    ruleset = one_rule(
        "points: event.hours, caps: [day]",
        before="caps: {day: {window: day, max: 3, title: {zh: 每日, en: A day}}}",
    )
    first, second, third = scored(ruleset, *(facts_of(name=f"a{n}") for n in range(3)))
    assert first.lines == (Line("R1", "wallet", 2),)
    assert second.lines == (Line("R1", "wallet", 1, 1, (("day", 1),)),)
    assert third.points("wallet") == 0
    assert [(each.rule_id, each.reason) for each in third.refused] == [("R1", "cap")]


def test_what_caps_took_is_said_cap_by_cap() -> None:
    ruleset = one_rule(
        "points: event.hours, caps: [day]",
        before="caps: {day: {window: day, max: 5, within: month, title: {zh: 每日, en: A day}}, "
        "month: {window: month, max: 8, title: {zh: 每月, en: A month}}}",
    )
    days = ("2026-03-01T12:00:00+08:00", "2026-03-02T12:00:00+08:00", "2026-03-03T12:00:00+08:00")
    sides = scored(ruleset, *(facts_of({"hours": 7}, name=at, at=at) for at in days))
    assert [side.lines for side in sides] == [
        (Line("R1", "wallet", 5, 2, (("day", 2),)),),
        (Line("R1", "wallet", 3, 4, (("day", 2), ("month", 2))),),
        (Line("R1", "wallet", 0, 7, (("day", 2), ("month", 5))),),
    ]


def test_a_year_that_is_closed_takes_a_measure_alone() -> None:
    ruleset = one_rule("points: event.hours, measures: [wallet, rating]")
    facts = replace(facts_of(), closed=frozenset({"rating"}))
    (side,) = scored(ruleset, facts)
    assert side.lines == (Line("R1", "rating", 0, 2), Line("R1", "wallet", 2))


def test_rows_of_any_engine_make_a_side() -> None:
    def row(measure: str, forgone: int, *capped: str) -> AwardRow:
        cuts = tuple((cap, forgone // len(capped)) for cap in capped)
        return AwardRow("m1", "a1", "party", "R1", measure, 3, forgone, capped, cuts)

    rows = [row("wallet", 2, "day", "month"), row("rating", 0)]
    assert side_of_rows(rows).lines == (
        Line("R1", "rating", 3),
        Line("R1", "wallet", 3, 2, (("day", 1), ("month", 1))),
    )
    assert side_of_rows([], ("R1", "arithmetic")).failed == ("R1", "arithmetic")


def test_what_comes_later_joins() -> None:
    first, later = Side(lines=(Line("R2", "wallet", 1),)), Side(lines=(Line("R1", "wallet", 2),))
    assert first.joined(later).lines == (Line("R1", "wallet", 2), Line("R2", "wallet", 1))


def test_no_rule_set_makes_nothing_of_anything() -> None:
    assert side_of([], "party") is NOTHING


def test_a_failure_is_a_side_of_its_own() -> None:
    ruleset = one_rule("points: 10 / event.hours")
    (side,) = scored(ruleset, facts_of({"hours": 0}))
    assert side.failed == ("R1", "division_by_zero")
    assert side.lines == ()
    fine, failed = Side(lines=(Line("R1", "wallet", 0),)), Side(failed=("R1", "arithmetic"))
    assert Pair(subject("a", "m"), fine, failed).changed


def test_another_programmes_failure_sets_it_aside_here_as_well() -> None:
    entry = Entry("m1", facts_of({"hours": 0}), ("party", "other"))
    good, bad = one_rule("points: 1"), one_rule("points: 1 / event.hours")
    found = list(replay([entry], lambda p, _at: good if p == "party" else bad))
    assert side_of(found, "party").failed == ("R1", "division_by_zero")


def test_what_only_counts_elsewhere_is_nothing_here() -> None:
    entry = Entry("m1", facts_of(), ("other",))
    assert side_of(replay([entry], lambda _p, _at: TEN), "elsewhere") is NOTHING


def test_a_subject_is_of_the_local_month_and_of_nowhere_if_nobody_knows() -> None:
    late = facts_of(at="2026-03-31T23:30:00+08:00", member={"branch": "b1"})
    found = subject_of("m1", late, ZONE)
    assert (found.month, found.branch, found.kind) == ("2026-03", "b1", "rider")
    assert subject_of("m1", facts_of(), ZONE).branch == "-"


# --- reasons ----------------------------------------------------------------------------------

TEN = one_rule("points: 10")
CAPS = "caps: {{day: {{window: day, max: {max}, unit: {unit}, title: {{zh: 每日, en: A day}}}}}}"


def capped(most: int, unit: str = "points", rest: str = "points: 10") -> RuleSet:
    return one_rule(f"{rest}, caps: [day]", before=CAPS.format(max=most, unit=unit))


def test_a_condition_that_fails_is_named() -> None:
    strict = one_rule("points: 10, when: 'event.verified && event.hours >= 3'")
    assert why(TEN, strict, facts_of()) == [
        ("refused", "现在不得分：条件不满足（时长不少于 3 小时；实为 2 小时）")
    ]
    assert why(strict, TEN, facts_of()) == [
        ("no_longer_refused", "原先不得分：条件不满足（时长不少于 3 小时；实为 2 小时）")
    ]
    assert why(TEN, strict, facts_of(), trace=False) == [("refused", "现在不得分：条件不满足")]


def test_what_is_asked_of_the_member_is_said_without_values() -> None:
    party = one_rule("points: 10, audience: member.party_member")
    ((code, said),) = why(TEN, party, facts_of())
    assert (code, said) == ("refused", "现在不得分：不属于这条规则的对象（中共党员）")
    level = one_rule("points: 10, when: 'has(event.trips) && event.trips > 2 && event.verified'")
    assert why(TEN, level, facts_of({"trips": 1})) == [
        ("refused", "现在不得分：条件不满足（趟次超过 2；实为 1）")
    ]
    assert "实为" not in why(TEN, one_rule("points: 10, when: '!event.verified'"), facts_of())[0][1]


def test_rules_come_and_go() -> None:
    two = ruleset_of(
        "rules:\n"
        "  - {id: R1, title: {zh: 甲, en: A}, on: shift.done, points: 10}\n"
        "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, points: 5}\n"
    )
    assert why(TEN, two, facts_of()) == [("rule_added", "新增的规则")]
    assert why(two, TEN, facts_of()) == [("rule_removed", "规则已取消")]


def test_other_points_are_said_as_formulas() -> None:
    other = one_rule("points: event.hours * 3")
    assert why(TEN, other, facts_of()) == [("worth", "计分由 10 分 改为 时长 × 3 = 6 分")]


def test_rows_of_a_table_are_named() -> None:
    table = "table: {hit: first, columns: [event.hours], rows: [['>= 2', 4], [any, 1]]}"
    assert why(TEN, one_rule(table), facts_of()) == [
        ("worth", "计分由 10 分 改为 表中第 1 行 = 4 分")
    ]


def test_an_unknown_formula_is_not_said() -> None:
    before, after = Side(lines=(Line("R1", "other", 1),)), Side(lines=(Line("R1", "other", 2),))
    (found,) = reasons(Pair(subject("a", "m"), before, after), TEN, TEN)
    assert found.said.en == "worth 2 points instead of 1 points"


def test_caps_are_compared() -> None:
    day = [facts_of(name="a1"), facts_of(name="a2")]
    assert why(capped(20), capped(15), *day) == [("cap_max", "“每日”由 20 分改为 15 分")]
    assert why(capped(20), capped(1, "times"), *day) == [("cap_max", "“每日”由 20 分改为 1 次")]
    assert why(TEN, capped(15), *day) == [("cap_max", "新的封顶“每日”（15 分）")]
    assert why(capped(15), TEN, *day) == [("cap_max", "不再受“每日”（15 分）限制")]


def test_room_that_was_used_otherwise_is_said() -> None:
    day = [facts_of({"hours": 5}, name="a1"), facts_of(name="a2")]
    generous = capped(15, rest="points: 'event.hours > 4 ? 15 : 10'")
    assert why(capped(15), generous, *day) == [("cap_used", "“每日”此前已用的额度不同")]


def test_what_only_the_ledger_knows_is_said_as_far_as_it_is_known() -> None:
    pair = Pair(
        subject("a", "m"),
        Side(lines=(Line("R9", "wallet", 5, 1, (("gone", 1),)),)),
        Side(lines=(Line("R9", "wallet", 6),)),
    )
    assert [r.code for r in reasons(pair, None, None)] == ["cap_other"]
    plain = pair._replace(before=Side(lines=(Line("R9", "wallet", 5, 1),)))
    assert [r.code for r in reasons(plain, None, None)] == ["other"]
    odd = pair._replace(before=Side(), after=Side(lines=(Line("R1", "wallet", 6),)))
    assert [r.code for r in reasons(odd, TEN, TEN)] == ["other"]


def test_a_failure_is_the_reason_whatever_else_differs() -> None:
    failing = one_rule("points: 10 / (event.hours - 2)")
    assert why(TEN, failing, facts_of()) == [
        ("failed", "现在规则 R1 计算出错（计算时除数为零），整条活动搁置")
    ]


def test_a_members_reasons_are_summed_the_largest_first() -> None:
    strict = one_rule("points: 10, when: event.hours >= 3")
    found = [
        reason
        for pair in pairs(TEN, strict, *(facts_of(name=f"a{n}") for n in range(3)))
        for reason in reasons(pair, TEN, strict)
    ]
    (only,) = by_member(found)
    assert (only["rule"], only["code"], only["activities"]) == ("R1", "refused", 3)
    assert (only["before"], only["after"]) == (30, 0)
    assert found[0].as_json()["said"]["en"] == "nothing now: the condition does not hold"


# --- sums -------------------------------------------------------------------------------------


def subject(name: str, member: str, month: str = "2026-03") -> Subject:
    return Subject(name, member, "shift.done", NOON, month, f"branch-{member}", "rider")


_POINTS = st.integers(0, 40)


@st.composite
def some_sides(draw: st.DrawFn) -> Side:
    if draw(st.integers(0, 9)) == 0:
        return Side(failed=("R1", "arithmetic"))
    lines = [
        Line(rule, measure, draw(_POINTS), forgone, (("day", forgone),) if forgone else ())
        for rule in draw(st.sets(st.sampled_from(["R1", "R2"])))
        for measure in ("rating", "wallet")
        for forgone in [draw(st.integers(0, 2))]
    ]
    refused = (NotAwarded("R3", "cap", ("month",)),) if draw(st.booleans()) else ()
    return Side(lines=tuple(sorted(lines)), refused=refused)


@st.composite
def some_people(draw: st.DrawFn) -> list[list[Pair]]:
    return [
        [
            Pair(
                subject(f"m{member}-a{number}", f"m{member}", f"2026-0{1 + number % 3}"),
                draw(some_sides()),
                draw(some_sides()),
            )
            for number in range(draw(st.integers(0, 3)))
        ]
        for member in range(draw(st.integers(0, 6)))
    ]


def summed(people: Sequence[Sequence[Pair]]) -> Partial:
    part = Partial()
    for mine in people:
        for pair in mine:
            part.add(pair)
    part.close()
    return part


@given(some_people(), st.randoms(use_true_random=False))
def test_parts_merge_in_any_order_to_the_whole(people: list[list[Pair]], chance: Any) -> None:
    whole = summed(people).as_json()
    parts = [summed([mine]) for mine in people]
    chance.shuffle(parts)
    while len(parts) > 1:
        other = parts.pop(chance.randrange(len(parts)))
        parts[chance.randrange(len(parts))].merge(other)
    assert (parts[0] if parts else Partial()).as_json() == whole
    assert Partial.read(whole).as_json() == whole
    report = impact(Partial.read(whole))
    assert report.sha256 == impact(summed(people)).sha256
    check_sums(report.as_json(), people)


def check_sums(found: dict[str, Any], people: Sequence[Sequence[Pair]]) -> None:
    """Whatever the points are summed by, they are the same points."""
    for total in found["measures"]:
        measure = total["measure"]
        flat = [pair for mine in people for pair in mine]
        assert total["before"] == sum(pair.before.points(measure) for pair in flat)
        assert total["after"] == sum(pair.after.points(measure) for pair in flat)
        for rows in found["by"].values():
            mine = [row for row in rows if row["measure"] == measure]
            for name in ("before", "after", "awards_after", "forgone_before"):
                assert sum(row[name] for row in mine) == total[name]
        moved = found["members"]["measures"][measure]
        assert moved["gained"] - moved["lost"] == total["delta"]
        everyone = moved["gaining"] + moved["losing"] + moved["unchanged"]
        assert everyone == found["members"]["compared"]


def test_control_a_part_that_forgets_a_figure_is_caught() -> None:
    mine = [
        [Pair(subject(f"a{n}", f"m{n}"), Side(), Side(lines=(Line("R1", "wallet", 5),)))]
        for n in range(2)
    ]
    whole, parts = summed(mine), [summed([each]) for each in mine]
    del parts[1].figures["rule", "R1", "wallet"]
    parts[0].merge(parts[1])
    assert parts[0].as_json() != whole.as_json()
    with pytest.raises(AssertionError):
        check_sums(impact(parts[0]).as_json(), mine)


def test_a_part_is_closed_before_it_merges() -> None:
    part = Partial()
    part.add(Pair(subject("a", "m"), Side(), Side()))
    with pytest.raises(BrokenInvariant):
        Partial().merge(part)


@pytest.mark.parametrize(
    ("delta", "band"),
    [(0, 0), (1, 1), (9, 1), (10, 10), (19, 10), (20, 20), (999, 500), (1000, 1000), (5000, 1000)],
)
def test_changes_fall_into_bands(delta: int, band: int) -> None:
    assert band_of(delta) == band
    assert band_of(-delta) == -band


def test_only_the_largest_are_kept_and_ids_decide_among_equals() -> None:
    largest = Largest()
    for number in range(LARGEST * 3):
        largest.add(Change(f"a{number:03}", "m", 0, 5 if number % 3 else 9))
    assert [each.id for each in largest.kept] == [f"a{n:03}" for n in range(0, LARGEST * 3, 3)]
    largest.add(Change("zzz", "m", 0, 9))
    assert "zzz" not in {each.id for each in largest.kept}


def test_points_for_someone_else_are_theirs() -> None:
    part = summed(
        [[Pair(subject("a", "m1"), Side(), Side(lines=(Line("R1", "wallet", 5, member_id="m2"),)))]]
    )
    (change,) = part.members_most["wallet", "up"].kept
    assert (change.member_id, change.delta) == ("m2", 5)
    assert part.wanted() == {"m1": {"a"}, "m2": set()}


# --- the report -------------------------------------------------------------------------------


def test_cost_is_of_what_can_be_spent_and_compared_with_the_budget() -> None:
    lines = (Line("R1", "rating", 50), Line("R1", "wallet", 30))
    part = summed([[Pair(subject("a", "m"), Side(), Side(lines=lines))]])
    cost = impact(part, budget_fen=500).as_json()["cost"]
    assert (cost["before_fen"], cost["after_fen"], cost["over_budget"]) == (0, 600, True)
    assert not impact(part).as_json()["cost"]["over_budget"]
    assert not impact(part, budget_fen=600).as_json()["cost"]["over_budget"]


def test_the_largest_come_with_their_reasons_and_the_hash_is_of_all_of_it() -> None:
    part = summed([[Pair(subject("a", "m"), Side(), Side(lines=(Line("R1", "wallet", 30),)))]])
    reason = {"rule": "R1", "measure": "wallet", "code": "rule_added"}
    rating = {"rule": "R1", "measure": "rating", "code": "rule_added"}
    report = impact(part, reasons={"a": [reason, rating]}, titles={"R1": {"zh": "甲", "en": "A"}})
    found = report.as_json()
    (activity,) = found["largest"]["activities"]
    assert activity["reasons"] == [reason]
    assert (activity["type"], activity["member"]) == ("shift.done", "m")
    assert found["largest"]["members"][0]["reasons"] == []
    assert len(report.sha256) == 64
    assert report.sha256 != impact(part).sha256


def test_failures_are_listed() -> None:
    failed = Side(failed=("R1", "arithmetic"))
    part = summed([[Pair(subject("a", "m"), Side(), failed)]])
    found = impact(part).as_json()
    assert found["quarantined"] == [{"rule": "R1", "code": "arithmetic", "before": 0, "after": 1}]
    assert found["activities"]["quarantined_after"] == 1
