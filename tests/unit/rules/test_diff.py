"""The semantic diff misses nothing that counts, and reports nothing that does not."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from points.rules import RuleSet, Title, load_ruleset
from points.rules.compile import Compiled, compile_expression
from points.rules.diff import Diff, Direction, compare, diff
from points.rules.diff import content as contents
from points.rules.diff import direction as way
from points.rules.diff import fields as named
from points.rules.diff.wording import Wording
from points.rules.durations import Duration
from points.rules.model import (
    Band,
    Bands,
    Cap,
    Effect,
    Group,
    Multiplier,
    ReviewPolicy,
    Rounding,
    Row,
    Rule,
    Schedule,
    Star,
    Table,
)
from points.rules.parser import parse
from tests.unit.rules.worlds import HEAD, WORLD, ruleset_of

BODY = """
base: {rating: 60}
stars: [{at_least: 90, stars: 5}, {at_least: 60, stars: 1}]
let: {counted: 'min(event.hours, 4)'}
caps:
  day: {window: day, max: 25, within: month, title: {zh: 每日上限, en: Daily cap}}
  month: {window: month, max: 200, title: {zh: 每月上限, en: Monthly cap}}
groups: {best: {mode: best_one, window: year, title: {zh: 取高, en: Best}}}
multipliers: [{id: m, when: event.verified, times: '1.5', title: {zh: 应急, en: Emergency}}]
rules:
  - id: R1
    title: {zh: 甲, en: A}
    category: volunteer
    on: shift.done
    audience: member.kind == "rider"
    when: event.verified && event.hours >= 1
    points: let.counted * 10
    measures: [wallet, rating]
    round: {mode: down, step: 5}
    multipliers: [m]
    caps: [day]
    group: best
    review: {first: grid, second_above: 20, publicity: P5D, trusted: [venue_qr]}
    evidence: [check_in]
    late_after: P90D
    cooldown: P1D
    schedule: {weekdays: [sat], from: "08:00", until: "18:00", only: ["2026-05-01"], never: ["2026-05-02"]}
    sources: [manual]
    expires: {wallet: end_of_next_year, rating: P1Y}
  - id: R2
    title: {zh: 乙, en: B}
    on: shift.done
    when: has(event.trips)
    table: {hit: first, columns: [event.trips], rows: [['> 4', 9], ['> 2', 5], [any, 1]]}
"""
OLD = ruleset_of(BODY)


def expression(text: str) -> Compiled:
    """Return a compiled expression without bindings."""
    return compile_expression(text, parse(text), {})


def other(value: Any) -> Any:
    """Return a value of the same kind that means something else."""
    if is_dataclass(value) and not isinstance(value, type | Compiled | Duration):
        name = contents.counted(type(value))[0]
        known = (type(value), name)
        return replace(value, **{name: WORDS.get(known) or other(getattr(value, name))})
    for kinds, make in OTHERS:
        if isinstance(value, kinds):
            return make(value)
    raise AssertionError(type(value))


OTHERS: tuple[tuple[Any, Callable[[Any], Any]], ...] = (
    (bool, lambda value: not value),
    (int, lambda value: value + 1),
    (Decimal, lambda value: value + 1),
    (str, lambda value: value + "x"),
    (
        Compiled,
        lambda value: expression(value.tree and f"({unparsed(value)}) == ({unparsed(value)})"),
    ),
    (Duration, lambda value: Duration(months=value.months + 1, elapsed=value.elapsed, text="x")),
    (date, lambda value: value + timedelta(days=1)),
    (time, lambda value: value.replace(minute=59)),
    (timedelta, lambda value: value * 2),
    (ZoneInfo, lambda _value: ZoneInfo("Asia/Tokyo")),
    (frozenset, lambda value: frozenset(list(value)[1:])),
    (tuple, lambda value: value[1:]),
    (Mapping, lambda value: dict(list(value.items())[1:])),
)


def unparsed(compiled: Compiled) -> str:
    return contents.content(compiled)


# Words that the models know by heart: a made-up one could not have been read from any file.
WORDS = {
    (Cap, "window"): "year",
    (Cap, "unit"): "times",
    (Cap, "mode"): "reject",
    (Cap, "within"): None,
    (Cap, "per"): "event.task",
    (Group, "mode"): "first",
    (Group, "window"): "lifetime",
    (Group, "per"): "event.task",
    (Rounding, "mode"): "up",
    (ReviewPolicy, "first"): "branch",
    (Table, "hit"): "sum",
    (RuleSet, "stacking"): "multiply",
    (Cap, "scope"): "branch",
    (Rule, "table"): OLD.rules[1].table,
    (Rule, "bands"): Bands(
        of=expression("event.hours"),
        said=Title("时长", "Hours"),
        steps=(Band(up_to=None, each=Decimal(5)),),
    ),
    (Rule, "to"): "task",
    (Rule, "effect"): Effect(kind="freeze"),
    (Schedule, "days"): frozenset({"holiday"}),
}


def mutated(value: Any) -> Iterator[tuple[str, Any]]:
    """Yield every variant of a model that differs in one field that counts."""
    for name in contents.counted(type(value)):
        known = (type(value), name)
        changed = WORDS[known] if known in WORDS else other(getattr(value, name))
        yield name, replace(value, **{name: changed})


def with_first(**changed: Any) -> RuleSet:
    """Return the old rule set with another first rule."""
    return replace(OLD, rules=(replace(OLD.rules[0], **changed), OLD.rules[1]))


def with_table(table: Table) -> RuleSet:
    """Return the old rule set with another table in its second rule."""
    return replace(OLD, rules=(OLD.rules[0], replace(OLD.rules[1], table=table)))


def mutants() -> Iterator[tuple[str, RuleSet]]:
    """Yield rule sets that differ from the old one in one field of one model."""
    first, table = OLD.rules[0], OLD.rules[1].table
    assert table is not None
    places: tuple[tuple[Any, Callable[[Any], RuleSet]], ...] = (
        (OLD, lambda ruleset: ruleset),
        (OLD.caps["day"], lambda cap: replace(OLD, caps={**OLD.caps, "day": cap})),
        (OLD.groups["best"], lambda group: replace(OLD, groups={"best": group})),
        (OLD.stars[0], lambda star: replace(OLD, stars=(star, *OLD.stars[1:]))),
        (first, lambda rule: replace(OLD, rules=(rule, OLD.rules[1]))),
        (first.multipliers[0], lambda factor: with_first(multipliers=(factor,))),
        (first.rounding, lambda rounding: with_first(rounding=rounding)),
        (first.review, lambda review: with_first(review=review)),
        (first.schedule, lambda schedule: with_first(schedule=schedule)),
        (table, with_table),
        (table.rows[0], lambda row: with_table(replace(table, rows=(row, *table.rows[1:])))),
    )
    for model, put in places:
        for name, changed in mutated(model):
            yield f"{type(model).__name__}.{name}", put(changed)


MUTANTS = dict(mutants())


def test_every_field_of_every_model_is_tried() -> None:
    kinds = (
        RuleSet,
        Rule,
        Cap,
        Group,
        Multiplier,
        Rounding,
        ReviewPolicy,
        Schedule,
        Table,
        Row,
        Star,
    )
    wanted = {f"{kind.__name__}.{name}" for kind in kinds for name in contents.counted(kind)}
    assert wanted == set(MUTANTS)


def test_every_field_has_a_name_for_staff_or_is_derived() -> None:
    tables = {
        RuleSet: named.RULESET,
        Rule: named.RULE,
        Cap: named.CAP,
        Group: named.GROUP,
        Multiplier: named.MULTIPLIER,
        ReviewPolicy: named.REVIEW,
    }
    for kind, table in tables.items():
        assert set(table) == set(contents.counted(kind)), kind.__name__
        assert {field.name for field in fields(kind)} >= contents.DERIVED.get(kind, frozenset())


@pytest.mark.parametrize("name", MUTANTS)
def test_a_change_of_any_field_is_found_and_said(name: str) -> None:
    found = diff(OLD, MUTANTS[name])
    assert found, name
    for change in found.changes:
        assert change.old != change.new or change.code.endswith(".order")
        assert change.said.zh
        assert change.said.en


def test_a_diff_that_ignored_one_field_would_be_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    blind = {**contents.DERIVED, Cap: frozenset({"maximum"})}
    changed = MUTANTS["Cap.maximum"]
    assert diff(OLD, changed)
    monkeypatch.setattr(contents, "DERIVED", blind)
    assert not diff(OLD, changed)


@pytest.mark.parametrize("ruleset", [OLD, *list(MUTANTS.values())[::7]])
def test_nothing_differs_from_itself(ruleset: RuleSet) -> None:
    assert not diff(ruleset, ruleset)
    assert list(diff(ruleset, ruleset).lines("zh")) == ["两份规则完全相同。"]


def changed_text(old: str, new: str) -> Diff:
    assert old in BODY
    return diff(OLD, ruleset_of(BODY.replace(old, new)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("let.counted * 10", "min(event.hours, 4) * 10"),
        ("let.counted * 10", "(min( event.hours,4.0 )) * 10"),
        ("event.verified && event.hours >= 1", "(event.verified) && (event.hours >= 1.0)"),
        ("P1Y", "P12M"),
        ("category: volunteer", "category: volunteer\n    note: 备注"),
        ("times: '1.5'", "times: '1.50'"),
    ],
)  # fmt: skip
def test_what_means_the_same_is_no_change(old: str, new: str) -> None:
    found = changed_text(old, new)
    assert not found, [change.code for change in found.changes]
    assert "计分没有变化" in next(found.lines("zh")) or found.old[2] == found.new[2]


@pytest.mark.parametrize(
    ("old", "new", "code", "towards", "said"),
    [
        ("max: 25", "max: 20", "cap.maximum", "tighten", "封顶“每日上限”（R1）：每日至多：25 分 → 20 分（收紧）"),
        ("max: 200", "max: 300", "cap.maximum", "loosen", "封顶“每月上限”（R1）：每月至多：200 分 → 300 分（放宽）"),
        ("event.hours >= 1", "event.hours >= 2", "rule.when", "tighten", "R1 甲：条件：时长不少于 1 小时 → 时长不少于 2 小时（收紧）"),
        ("event.hours >= 1", "event.hours > 1", "rule.when", "tighten", "R1 甲：条件：时长不少于 1 小时 → 时长超过 1 小时（收紧）"),
        ("event.verified && event.hours >= 1", "event.hours >= 1", "rule.when.removed", "loosen", "R1 甲：取消条件（原为：已核对）（放宽）"),
        ("['> 4', 9]", "['> 4', 8]", "rule.table.rows.points", "tighten", "R2 乙：分值表“趟次超过 4”：9 → 8（收紧）"),
        ("['> 4', 9], ", "", "rule.table.rows.removed", "undecided", "R2 乙：取消分值表“趟次超过 4”（原为：9）"),
        ("second_above: 20, ", "", "rule.review.second_above", "loosen", "R1 甲：须复核的分数线：20 → 无（放宽）"),
        ("cooldown: P1D", "cooldown: P2D", "rule.cooldown", "tighten", "R1 甲：间隔时间：1 天 → 2 天（收紧）"),
        ("late_after: P90D", "late_after: P30D", "rule.late_after", "tighten", "R1 甲：逾期须审核：90 天 → 30 天（收紧）"),
        ("end_of_next_year", "end_of_year", "rule.expires.wallet", "tighten", "R1 甲：钱包有效期：次年年底到期 → 当年年底到期（收紧）"),
        ("evidence: [check_in]", "evidence: [check_in, photo]", "rule.evidence", "tighten", "R1 甲：申报材料：签到 → 签到、照片（收紧）"),
        ("base: {rating: 60}", "base: {rating: 70}", "ruleset.base.rating", "loosen", "整份规则：年度评定年初基础分：60 → 70（放宽）"),
        ("at_least: 90", "at_least: 95", "ruleset.stars", "tighten", "整份规则：星级分数线：90 分 5 星、60 分 1 星 → 95 分 5 星、60 分 1 星（收紧）"),
        ("sources: [manual]", "sources: [manual, feed]", "rule.sources", "loosen", "R1 甲：只认来源：manual → feed、manual（放宽）"),
        ("times: '1.5'", "times: '2'", "multiplier.times", "loosen", "倍数“应急”（R1）：倍数：1.5 → 2（放宽）"),
    ],
)  # fmt: skip
def test_staff_read_what_changed_and_which_way(
    old: str, new: str, code: str, towards: str, said: str
) -> None:
    found = changed_text(old, new)
    (change,) = found.changes
    assert (change.code, change.direction) == (code, towards)
    assert list(found.lines("zh")) == [said]


@pytest.mark.parametrize(
    ("old", "new", "code", "towards"),
    [
        ("base: {rating: 60}", "base: {}", "ruleset.base.rating", "tighten"),
        ("evidence: [check_in]", "evidence: [photo]", "rule.evidence", "undecided"),
        ("evidence: [check_in]", "evidence: []", "rule.evidence", "loosen"),
        ("{mode: down, step: 5}", "{mode: down, step: 1}", "rule.rounding", "undecided"),
        ("{mode: down, step: 5}", "{mode: up, step: 5}", "rule.rounding", "loosen"),
        ("{mode: down, step: 5}", "{mode: half_up, step: 5}", "rule.rounding", "loosen"),
        ("weekdays: [sat]", "weekdays: [sun]", "rule.schedule", "undecided"),
        ("let.counted * 10", "10", "rule.points.wallet", "undecided"),
        ("let.counted * 10", "let.counted * event.hours", "rule.points.wallet", "undecided"),
        ("let.counted * 10", "event.hours * 10", "rule.points.wallet", "undecided"),
        ("event.hours >= 1", "event.hours <= 1", "rule.when", "undecided"),
        ("event.hours >= 1", "event.hours < 2", "rule.when", "undecided"),
        ("event.hours >= 1", "event.verified", "rule.when", "undecided"),
        ('member.kind == "rider"', 'member.kind == "courier"', "rule.audience", "undecided"),
        ('member.kind == "rider"', "member.party_member", "rule.audience", "undecided"),
        ("stars: 1}", "stars: 2}", "ruleset.stars", "undecided"),
        ("{at_least: 90, stars: 5}, {at_least: 60, stars: 1}", "{at_least: 91, stars: 5}, {at_least: 59, stars: 1}", "ruleset.stars", "undecided"),
        ("{at_least: 90, stars: 5}", "{at_least: 80, stars: 5}", "ruleset.stars", "loosen"),
        ("rating: P1Y", "rating: P2Y", "rule.expires.rating", "loosen"),
        ("rating: P1Y", "rating: never", "rule.expires.rating", "undecided"),
        ("first: grid", "first: branch", "rule.review.first", "undecided"),
        ("first: grid", "first: system", "rule.review.first", "loosen"),
        ("trusted: [venue_qr]", "trusted: []", "rule.review.trusted", "tighten"),
        ("sources: [manual]", "sources: []", "rule.sources", "loosen"),
        ("sources: [manual]", "sources: [feed]", "rule.sources", "undecided"),
        ("event.verified && event.hours >= 1", "event.hours >= 1 && event.verified", "rule.when.order", "neutral"),
        ("[any, 1]]", "[any, 1], ]", "", ""),
        ("late_after: P90D", "late_after: P3M", "rule.late_after", "undecided"),
        ("hit: first", "hit: sum", "rule.table.hit", "undecided"),
        ("table: {hit: first, columns: [event.trips], rows: [['> 4', 9], ['> 2', 5], [any, 1]]}", "points: 1", "rule.points.wallet", "undecided"),
        ("window: day, max: 25", "window: day, max: 25, per: event.task", "cap.per", "undecided"),
        ("within: month, ", "", "cap.within", "undecided"),
        ("window: month, max: 200", "window: month, max: 200, mode: reject", "cap.mode", "undecided"),
        ("title: {zh: 每日上限, en: Daily cap}", "title: {zh: 日封顶, en: Daily cap}", "cap.title", "neutral"),
        ("when: event.verified, times", "when: event.hours > 2, times", "multiplier.when", "undecided"),
    ],
)  # fmt: skip
def test_the_way_a_change_goes_is_told_only_where_it_is_sure(
    old: str, new: str, code: str, towards: str
) -> None:
    loaded, findings = load_ruleset(HEAD + BODY.replace(old, new), file="r.yaml", types=WORLD)
    if not code:
        assert loaded is None or not diff(OLD, loaded)
        return
    assert loaded is not None, findings
    found = {change.code: change.direction for change in diff(OLD, loaded).changes}
    assert found[code] == towards


@pytest.mark.parametrize(
    ("old", "new", "towards"),
    [
        ("event.hours < 5", "event.hours < 6", "loosen"),
        ("event.hours <= 5", "event.hours <= 4", "tighten"),
        ("event.hours == 5", "event.hours == 4", "undecided"),
        ("event.hours == 5", "event.hours != 5", "undecided"),
        ("event.hours < 5", "event.trips < 5", "undecided"),
        ("event.verified", "event.hours < 5", "undecided"),
    ],
)
def test_a_limit_in_a_condition_moves(old: str, new: str, towards: str) -> None:
    assert way.condition(parse(old), parse(new)) == towards


def test_products_that_differ_on_both_sides_are_not_judged() -> None:
    old, new = expression("event.hours * 2"), expression("event.trips * 3")
    assert way.points(old, new) is Direction.UNDECIDED
    assert way.points(expression("2 * event.hours"), expression("3 * event.hours")) == "loosen"


def test_an_audience_comes_and_goes() -> None:
    found = changed_text('    audience: member.kind == "rider"\n', "")
    (change,) = found.changes
    assert (change.code, change.direction) == ("rule.audience.removed", Direction.LOOSEN)
    (back,) = diff(
        ruleset_of(BODY.replace('    audience: member.kind == "rider"\n', "")), OLD
    ).changes
    assert (back.code, back.direction) == ("rule.audience.added", Direction.TIGHTEN)


def test_a_schedule_comes_and_goes() -> None:
    bare = with_first(schedule=None)
    (change,) = diff(OLD, bare).changes
    assert (change.direction, change.new) == (Direction.LOOSEN, Title("不限", "at any time"))
    assert diff(bare, OLD).changes[0].direction == Direction.TIGHTEN


def test_rows_of_a_table_that_change_places_are_said() -> None:
    table = OLD.rules[1].table
    assert table is not None
    (change,) = diff(OLD, with_table(replace(table, rows=tuple(reversed(table.rows))))).changes
    assert change.code == "rule.table.rows.order"


@pytest.mark.parametrize(
    "value", [None, True, Decimal("1.50"), {"a": 1}, date(2026, 1, 1), Star(at_least=1, stars=1)]
)
def test_values_of_any_kind_have_words(value: Any) -> None:
    said = Wording(OLD).any(value)
    assert said.zh
    assert said.en


def test_what_no_rule_uses_is_named_alone() -> None:
    more = BODY.replace(
        "  month:", "  spare: {window: year, max: 9, title: {zh: 备用, en: Spare}}\n  month:"
    )
    (change,) = diff(OLD, ruleset_of(more)).changes
    assert change.code == "cap.added"
    assert change.heading == Title("封顶“备用”", "Cap 'Spare'")


def test_multipliers_and_groups_come_and_go_with_the_rules_that_use_them() -> None:
    bare = with_first(multipliers=(), group=None)
    codes = {change.code for change in diff(OLD, replace(bare, groups={})).changes}
    assert codes == {"multiplier.removed", "group.removed", "rule.multipliers", "rule.group"}


def test_lines_in_english_and_an_empty_diff_that_has_another_hash() -> None:
    found = changed_text("category: volunteer", "category: volunteer\n    note: 备注")
    assert list(found.lines("en")) == [
        "Nothing scores differently: only notes, spelling, or what is not used differ."
    ]
    assert next(changed_text("max: 25", "max: 20").lines("en")) == (
        "Cap 'Daily cap' (R1): at most a day: 25 points → 20 points (tighter)"
    )


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("-event.hours", "-(event.hours)", True),
        ("event.verified ? 1 : 2", "(event.verified) ? 1.0 : 2", True),
        ("event.verified ? 1 : 2", "event.verified ? 2 : 1", False),
        ("event.hours in [1, 2]", "event.hours in [1.0, 2]", True),
        ("event.hours in [1, 2]", "event.hours in [2, 1]", False),
        ("(a.b && c.d) && e.f".replace("a.b", "event.verified").replace("c.d", "event.hours > 1").replace("e.f", "true"), "event.verified && (event.hours > 1 && true)", True),
        ("event.hours - (1 - 2)", "event.hours - 1 - 2", False),
        ("!event.verified", "event.verified", False),
    ],
)  # fmt: skip
def test_one_spelling_for_what_is_one_expression(left: str, right: str, *, same: bool) -> None:
    assert (contents.content(expression(left)) == contents.content(expression(right))) is same


def test_bindings_are_written_out_wherever_they_stand() -> None:
    lets = {"n": parse("event.hours + 1")}
    for text in ("-let.n", "let.n > 1 ? let.n : 2", "min(let.n, 3)", "let.n in [1, 2]", "let.n"):
        bound = compile_expression(text, parse(text), lets)
        plain = expression(text.replace("let.n", "(event.hours + 1)"))
        assert contents.content(bound) == contents.content(plain)


def test_rules_come_and_go_and_are_renamed() -> None:
    more = BODY + "  - {id: R3, title: {zh: 丙, en: C}, on: report.made, points: 3}\n"
    (added,) = diff(OLD, ruleset_of(more)).changes
    assert (added.code, added.subject_id, added.direction) == ("rule.added", "R3", "loosen")
    assert added.new is not None
    assert "丙" in added.new.zh
    (removed,) = diff(ruleset_of(more), OLD).changes
    assert (removed.code, removed.direction) == ("rule.removed", Direction.TIGHTEN)
    (renamed,) = changed_text("id: R2", "id: R7").changes
    assert (renamed.code, renamed.subject_id) == ("rule.id", "R7")
    assert renamed.said == Title("编号：R2 → R7", "id: R2 → R7")


def test_order_of_rules_counts_and_is_said() -> None:
    turned = replace(OLD, rules=tuple(reversed(OLD.rules)))
    (change,) = diff(OLD, turned).changes
    assert change.code == "ruleset.rules.order"
    assert "R1" in change.said.zh


def test_json_has_codes_counts_and_both_languages() -> None:
    said = changed_text("max: 25", "max: 20").as_json()
    assert said["counts"] == {"tighten": 1, "loosen": 0, "neutral": 0, "undecided": 0}
    (change,) = said["changes"]
    assert change["code"] == "cap.maximum"
    assert change["rules"] == ["R1"]
    assert change["old"] == {"zh": "25 分", "en": "25 points"}


# ── Random mutations of the text: whatever loads and counts differently is found ──


_NUMBERS = [("max: 25", "max: {}"), ("max: 200", "max: {}"), ("* 10", "* {}"), (">= 1\n", ">= {}\n"), ("second_above: 20", "second_above: {}"), ("rating: 60", "rating: {}"), ("step: 5", "step: {}"), ("P90D", "P{}D"), ("9], ['> 2'", "{}], ['> 2'")]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(
    pair=st.sampled_from(_NUMBERS),
    number=st.integers(min_value=1, max_value=99),
    again=st.sampled_from(_NUMBERS),
)
def test_a_diff_is_empty_exactly_when_the_content_is_equal(
    pair: tuple[str, str], number: int, again: tuple[str, str]
) -> None:
    text = BODY.replace(pair[0], pair[1].format(number))
    text = text.replace(again[0], again[1].format(number))
    loaded, _ = load_ruleset(HEAD + text, file="r.yaml", types=WORLD)
    assert loaded is not None
    assert bool(diff(OLD, loaded)) == (loaded.sha256 != OLD.sha256)


def test_the_parts_of_the_diff_are_found_by_the_names_that_tests_break() -> None:
    assert compare.diff is diff
