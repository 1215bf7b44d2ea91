"""What a rule set makes of an activity: every construct, its order, and its borders."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal, getcontext
from typing import Any

import pytest

from points.kernel.errors import BrokenInvariant
from points.rules import (
    EvaluationError,
    Facts,
    Tally,
    UsageKey,
    evaluate,
    member_snapshot,
    usage_keys,
)
from points.rules.facts import GrantQuery, HistoryQuery
from tests.unit.rules.worlds import (
    HEAD,
    RULE,
    facts_of,
    one_rule,
    play,
    points_of,
    reason_of,
    ruleset_of,
)

CAPS = """caps:
  day: {window: day, max: 30, within: month, title: {zh: 日, en: Day}}
  month: {window: month, max: 50, title: {zh: 月, en: Month}}
"""


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        ("event.hours * 10", 20),
        ("min(event.hours, 1) * 10", 10),
        ("max(event.hours, 3)", 3),
        ("max(event.hours)", 2),
        ("10 / 4", 2),
        ("7 % 4", 3),
        ("-7 % 4 + 10", 7),
        ("abs(-3)", 3),
        ("floor(2.7) + ceil(2.1)", 5),
        ("round(2.5) + round(0.5)", 4),
        ("event.verified ? 4 : 5", 4),
        ("!event.verified ? 4 : 5", 5),
        ("has(event.trips) ? event.trips : 6", 6),
        ("size(member.roles)", 0),
        ("0.1 + 0.2 == 0.3 ? 1 : 2", 1),
        ("event.hours in [1, 2] ? 3 : 4", 3),
        ("event.hours in [] ? 3 : 4", 4),
        ("1 / 3 * 3 == 1 ? 1 : 2", 2),
    ],
)
def test_expressions(points: str, expected: int) -> None:
    assert points_of(f"points: '{points}'").get("wallet", 0) == expected


def test_optional_fields_of_every_kind() -> None:
    said = {
        "trips": 2, "level": "city", "kinds": ["ct"], "task": "sweep", "closed_on": "2026-01-01",
    }  # fmt: skip
    when = (
        "has(event.trips) && event.trips == 2 && has(event.level) && event.level == 'city'"
        " && has(event.kinds) && 'ct' in event.kinds && size(event.kinds) == 1"
        " && has(event.task) && event.task != 'x' && has(event.closed_on)"
        " && event.closed_on < date('2026-01-02') && event.closed_on >= date('2026-01-01')"
    )
    assert points_of(f'when: "{when}", points: 1', said) == {"wallet": 1}
    assert reason_of(f'when: "{when}", points: 1') == "condition"


@pytest.mark.parametrize(
    ("rounding", "expected"),
    [
        ("down", 12), ("up", 13), ("half_up", 13), ("half_even", 12),
        ("{mode: down, step: 5}", 10), ("{mode: up, step: 5}", 15),
        ("{mode: half_up, step: 5}", 15),
    ],
)  # fmt: skip
def test_points_are_rounded_once(rounding: str, expected: int) -> None:
    assert points_of(f"points: '12.5', round: {rounding}") == {"wallet": expected}


def test_rounding_comes_after_multipliers() -> None:
    before = "multipliers: [{id: m, when: event.verified, times: '1.5'}]\n"
    rules = one_rule("points: event.hours / 2, multipliers: [m]", before=before)
    # 1.5 hours: 0.75 × 1.5 = 1.125; rounded first it would be nothing.
    assert evaluate(facts_of({"hours": "1.5"}), rules, Tally()).totals == {"wallet": 1}


@pytest.mark.parametrize(("stacking", "expected"), [("highest", 20), ("multiply", 30)])
def test_stacking(stacking: str, expected: int) -> None:
    before = (
        f"stacking: {stacking}\nmultipliers:\n  - {{id: a, when: event.verified, times: '1.5'}}\n"
        "  - {id: b, when: event.hours > 1, times: 2}\n"
        "  - {id: c, when: event.hours > 100, times: 9}\n"
    )
    rules = one_rule("points: 10, multipliers: [a, b, c]", before=before)
    assert evaluate(facts_of(), rules, Tally()).totals == {"wallet": expected}


def test_a_lone_multiplier_below_one_lowers() -> None:
    before = "multipliers: [{id: a, when: event.verified, times: '0.5'}]\n"
    rules = one_rule("points: 10, multipliers: [a]", before=before)
    assert evaluate(facts_of(), rules, Tally()).totals == {"wallet": 5}


def test_measures() -> None:
    assert points_of("points: 3, measures: [wallet, rating]") == {"wallet": 3, "rating": 3}
    assert points_of("points: {wallet: 3, rating: 0}") == {"wallet": 3}
    only = frozenset({"rating"})
    assert points_of("points: {wallet: 3, rating: 2}", measures=only) == {"rating": 2}
    assert reason_of("points: 3", measures=only) == "measure"
    head = HEAD.replace("[rating, wallet]", "[rating]")
    assert evaluate(facts_of(), one_rule("points: 3", head=head), Tally()).totals == {"rating": 3}


@pytest.mark.parametrize(
    ("rest", "said", "reason"),
    [
        ("audience: member.party_member, points: 1", {}, "audience"),
        ("audience: member.party_member, points: 1", {"member": {"party_member": True}}, ""),
        ("when: event.hours > 9, points: 1", {}, "condition"),
        ("when: event.hours > 1 && event.hours > 9, points: 1", {}, "condition"),
        ("points: 0", {}, "zero"),
        ("points: '0.9'", {}, "zero"),
        ("sources: [grid], points: 1", {}, "source"),
        ("sources: [grid], points: 1", {"source": "grid"}, ""),
        ("schedule: {weekdays: [mon]}, points: 1", {}, "schedule"),
        ("schedule: {weekdays: [sun]}, points: 1", {}, ""),
        ("schedule: {from: '12:00', until: '13:00'}, points: 1", {}, ""),
        ("schedule: {from: '11:00', until: '12:00'}, points: 1", {}, "schedule"),
        ("schedule: {from: '12:01'}, points: 1", {}, "schedule"),
        ("schedule: {until: '12:01'}, points: 1", {}, ""),
        ("schedule: {from: '22:00', until: '06:00'}, points: 1", {}, "schedule"),
        ("schedule: {from: '22:00', until: '06:00'}, points: 1", {"at": "2026-03-01T23:00:00+08:00"}, ""),
        ("schedule: {from: '22:00', until: '06:00'}, points: 1", {"at": "2026-03-01T05:59:00+08:00"}, ""),
        ("schedule: {never: ['2026-03-01']}, points: 1", {}, "schedule"),
        ("schedule: {only: ['2026-03-02']}, points: 1", {}, "schedule"),
        ("schedule: {only: ['2026-03-01']}, points: 1", {}, ""),
    ],
)  # fmt: skip
def test_why_a_rule_gives_nothing(rest: str, said: dict[str, Any], reason: str) -> None:
    assert reason_of(rest, **said) == reason


def test_a_cap_trims_rejects_or_defers() -> None:
    def of(mode: str) -> Any:
        caps = f"caps: {{c: {{window: day, max: 15, mode: {mode}}}}}\n"
        rules = one_rule("points: 10, caps: [c]", before=caps)
        return play(rules, facts_of(name="a"), facts_of(name="b"), facts_of(name="c"))[1]

    trim = of("trim")
    assert [each.totals for each in trim] == [{"wallet": 10}, {"wallet": 5}, {}]
    assert trim[1].awards[0].forgone == {"wallet": 5}
    assert (trim[1].capped, trim[2].capped) == (("c",), ("c",))
    assert trim[2].refused[0].reason == "cap"
    assert [each.totals for each in of("reject")] == [{"wallet": 10}, {}, {}]
    defer = of("defer")
    assert [each.totals for each in defer] == [{"wallet": 10}, {"wallet": 5}, {}]
    put_off = [(each.points, each.until) for each in (*defer[1].deferred, *defer[2].deferred)]
    tomorrow = datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert put_off == [(5, tomorrow), (10, tomorrow)]
    assert defer[1].awards[0].forgone == {}


def test_a_cap_counts_what_the_outer_cap_left() -> None:
    rules = one_rule("points: 20, caps: [day]", before=CAPS)
    days = [f"2026-03-0{day}T12:00:00+08:00" for day in (1, 1, 2, 2, 3)]
    tally, outcomes = play(rules, *(facts_of(at=at, name=f"a{n}") for n, at in enumerate(days)))
    assert [each.totals.get("wallet", 0) for each in outcomes] == [20, 10, 20, 0, 0]
    assert outcomes[3].refused[0].capped == ("day", "month")
    assert outcomes[4].refused[0].capped == ("month",)
    assert tally.spent(UsageKey("day", "wallet", "2026-03-02")).points == 20
    assert tally.spent(UsageKey("month", "wallet", "2026-03")) == (50, 3)


def test_rules_of_one_activity_share_a_cap() -> None:
    body = f"{CAPS}rules:\n{RULE}points: 20, caps: [day]}}\n" + (
        f"{RULE}points: 20, caps: [day]}}\n".replace("R1", "R2")
    )
    outcome = evaluate(facts_of(), ruleset_of(body), Tally())
    assert [(each.rule_id, each.points) for each in outcome.awards] == [
        ("R1", {"wallet": 20}), ("R2", {"wallet": 10}),
    ]  # fmt: skip


def test_a_cap_on_times_counts_awards_of_each_measure_apart() -> None:
    caps = "caps: {c: {window: month, max: 2, unit: times}}\n"
    rules = one_rule(
        "points: {wallet: 5, rating: 'event.hours > 2 ? 1 : 0'}, caps: [c]", before=caps
    )
    events = [facts_of({"hours": h}, name=f"a{n}") for n, h in enumerate((1, 3, 3, 3))]
    outcomes = play(rules, *events)[1]
    assert [each.totals for each in outcomes] == [
        {"wallet": 5}, {"wallet": 5, "rating": 1}, {"rating": 1}, {},
    ]  # fmt: skip
    assert outcomes[2].awards[0].forgone == {"wallet": 5}


def test_a_cap_per_value_of_a_field() -> None:
    caps = "caps: {c: {window: year, max: 5, per: event.level}}\n"
    rules = one_rule("points: 5, caps: [c]", before=caps)
    levels = [{"level": "city"}, {"level": "city"}, {"level": "county"}, {}, {}]
    events = [facts_of(said, name=f"a{n}") for n, said in enumerate(levels)]
    assert [each.totals.get("wallet", 0) for each in play(rules, *events)[1]] == [5, 0, 5, 5, 0]
    caps = "caps: {c: {window: year, max: 5, per: member.kind}}\n"
    rules = one_rule("points: 5, caps: [c]", before=caps)
    events = [facts_of(name=k, member={"kind": k}) for k in ("rider", "rider", "courier")]
    assert [each.totals.get("wallet", 0) for each in play(rules, *events)[1]] == [5, 0, 5]


@pytest.mark.parametrize(
    ("window", "first", "second", "same"),
    [
        ("activity", "2026-03-01T12:00:00+08:00", "2026-03-01T12:00:00+08:00", False),
        ("day", "2026-03-01T00:00:00+08:00", "2026-03-01T23:59:59+08:00", True),
        ("day", "2026-03-01T23:59:59+08:00", "2026-03-02T00:00:00+08:00", False),
        ("day", "2026-03-01T15:59:59+00:00", "2026-03-01T16:00:00+00:00", False),
        ("week", "2026-03-01T12:00:00+08:00", "2026-03-02T12:00:00+08:00", False),
        ("month", "2026-02-28T23:59:59+08:00", "2026-03-01T00:00:00+08:00", False),
        ("month", "2026-02-28T20:00:00+00:00", "2026-03-01T00:00:00+08:00", True),
        ("quarter", "2026-01-01T00:00:00+08:00", "2026-03-31T23:00:00+08:00", True),
        ("year", "2026-12-31T23:59:59+08:00", "2027-01-01T00:00:00+08:00", False),
        ("lifetime", "2024-01-01T00:00:00+08:00", "2029-12-31T00:00:00+08:00", True),
    ],
)
def test_windows_are_local_and_half_open(
    window: str, first: str, second: str, *, same: bool
) -> None:
    rules = one_rule("points: 5, caps: [c]", before=f"caps: {{c: {{window: {window}, max: 5}}}}\n")
    outcomes = play(rules, facts_of(at=first, name="a"), facts_of(at=second, name="b"))[1]
    assert outcomes[1].totals == ({} if same else {"wallet": 5})


def groups(mode: str, window: str = "activity", more: str = "") -> Any:
    body = f"groups: {{g: {{mode: {mode}, window: {window}{more}}}}}\nrules:\n" + "".join(
        f"{RULE}points: '{points}', group: g}}\n".replace("R1", name)
        for name, points in (("R1", "event.hours"), ("R2", "6 - event.hours"))
    )
    return ruleset_of(body)


def test_groups_within_an_activity() -> None:
    for mode, hours, expected in [
        ("stack", 2, {"R1": 2, "R2": 4}), ("first", 2, {"R1": 2}), ("best_one", 2, {"R2": 4}),
        ("best_one", 5, {"R1": 5}), ("best_one", 3, {"R1": 3}), ("first", 0, {"R2": 6}),
    ]:  # fmt: skip
        outcome = evaluate(facts_of({"hours": hours}), groups(mode), Tally())
        given = {each.rule_id: each.points["wallet"] for each in outcome.awards}
        assert given == expected, mode
        assert {each.reason for each in outcome.refused} <= {"group", "zero"}


def test_the_best_of_a_window_is_the_same_in_any_order() -> None:
    for hours in [(2, 5, 3), (5, 3, 2), (3, 2, 5)]:
        events = [facts_of({"hours": each}, name=str(each)) for each in hours]
        outcomes = play(groups("best_one", "year"), *events)[1]
        assert sum(each.totals.get("wallet", 0) for each in outcomes) == 5
    assert outcomes[1].refused[0].reason == "group"
    outcomes = play(groups("first", "year"), *events)[1]
    assert [each.totals.get("wallet", 0) for each in outcomes] == [3, 0, 0]


def test_a_group_per_deed() -> None:
    rules = groups("best_one", "year", ", per: event.task")
    events = [
        facts_of({"hours": hours, "task": task}, name=f"{task}{hours}")
        for task, hours in (("a", 4), ("a", 5), ("b", 4))
    ]
    assert [each.totals.get("wallet", 0) for each in play(rules, *events)[1]] == [4, 1, 4]


def test_a_cooldown_looks_both_ways() -> None:
    rules = one_rule("points: 1, cooldown: P1D")

    def at(day: int, hour: int) -> Facts:
        return facts_of(at=f"2026-03-{day:02}T{hour:02}:00:00+08:00", name=f"{day}.{hour}")

    tally, _ = play(rules, at(10, 12))
    for moment, reason in [
        (at(10, 13), "cooldown"), (at(11, 11), "cooldown"), (at(11, 12), ""),
        (at(9, 13), "cooldown"), (at(9, 12), ""),
    ]:  # fmt: skip
        refused = evaluate(moment, rules, tally).refused
        assert [each.reason for each in refused] == ([reason] if reason else [])


def test_history_counts_earlier_activities_within_reach() -> None:
    when = "history.count('report.made', 'P2D') >= 2"
    rules = one_rule(f'when: "{when}", points: 1')

    def report(day: int, hour: int) -> Facts:
        return facts_of(kind="report.made", at=f"2026-02-{day}T{hour}:00:00+08:00", name=f"{day}")

    shift = facts_of(at="2026-02-20T12:00:00+08:00")
    assert play(rules, report(18, 12), report(19, 12), shift)[1][-1].totals == {"wallet": 1}
    assert play(rules, report(18, 11), report(19, 12), shift)[1][-1].totals == {}
    assert play(rules, report(19, 12), report(20, 12), shift)[1][-1].totals == {}


@pytest.mark.parametrize(
    ("points", "fields", "code"),
    [
        ("1 / (event.hours - 2)", {}, "division_by_zero"),
        ("1 % (event.hours - 2)", {}, "division_by_zero"),
        ("1 - event.hours", {}, "negative_points"),
        ("1000001", {}, "points_out_of_range"),
    ],
)
def test_a_failing_rule_is_an_error_and_nothing_is_granted(
    points: str, fields: dict[str, Any], code: str
) -> None:
    body = f"rules:\n{RULE}points: 5}}\n" + f"{RULE}points: '{points}'}}\n".replace("R1", "R2")
    with pytest.raises(EvaluationError) as caught:
        evaluate(facts_of(fields), ruleset_of(body), Tally())
    assert (caught.value.rule_id, caught.value.code) == ("R2", code)
    assert caught.value.zh
    assert caught.value.en


def test_facts_that_do_not_fit_their_type_are_errors() -> None:
    rules = one_rule("points: event.hours * 2")
    good = facts_of()
    for fields, code in [
        ({}, "missing_field"), ({"hours": None}, "wrong_type"),
        ({"hours": Decimal("9e999999")}, "arithmetic"),
    ]:  # fmt: skip
        bad = Facts(
            activity_id="x", type=good.type, occurred_at=good.occurred_at,
            received_at=good.received_at, source="s", fields=fields, member=good.member,
        )  # fmt: skip
        rules = one_rule("points: event.hours * event.hours * 2")
        with pytest.raises(EvaluationError, match=code):
            evaluate(bad, rules, Tally())


def test_instants_carry_their_zone() -> None:
    good = facts_of()
    with pytest.raises(BrokenInvariant):
        Facts(
            activity_id="x", type=good.type, occurred_at=good.occurred_at.replace(tzinfo=None),
            received_at=good.received_at, source="s", fields={}, member={},
        )  # fmt: skip


@pytest.mark.parametrize(
    ("at", "force"),
    [
        ("2023-12-31T23:59:59+08:00", False),
        ("2024-01-01T00:00:00+08:00", True),
        ("2029-12-31T23:59:59+08:00", True),
        ("2030-01-01T00:00:00+08:00", False),
    ],
)
def test_the_version_is_chosen_by_when_it_happened(at: str, *, force: bool) -> None:
    rules = one_rule("points: 1")
    facts = facts_of(at=at)
    assert rules.in_force(facts.occurred_at) is force
    if not force:
        with pytest.raises(EvaluationError, match="not_in_force"):
            evaluate(facts, rules, Tally())


def test_expiry_stands_on_the_award() -> None:
    rest = "points: {wallet: 1, rating: 1}, expires: {wallet: P90D}"
    award = evaluate(facts_of(), one_rule(rest), Tally()).awards[0]
    assert award.expires == {
        "wallet": datetime(2026, 5, 30, 16, tzinfo=UTC),
        "rating": datetime(2026, 12, 31, 16, tzinfo=UTC),
    }
    rest = "points: {wallet: 1, rating: 1}, expires: never"
    award = evaluate(facts_of(), one_rule(rest), Tally()).awards[0]
    assert award.expires == {"wallet": None, "rating": None}


@pytest.mark.parametrize(
    ("review", "said", "expected"),
    [
        ("", {}, ("none", (), 0, False)),
        ("review: {first: system}", {}, ("none", (), 0, False)),
        ("review: {first: branch, publicity: P5D}", {}, ("first", ("branch",), 5, False)),
        ("review: {first: branch, trusted: [qr]}", {"source": "qr"}, ("none", (), 0, False)),
        ("review: {first: system, trusted: [qr]}", {}, ("first", ("association",), 0, False)),
        ("review: {first: system, trusted: [qr]}", {"source": "qr"}, ("none", (), 0, False)),
        ("review: {first: grid, second_above: 9}", {}, ("second", ("grid",), 0, False)),
        ("review: {first: grid, second_above: 10}", {}, ("first", ("grid",), 0, False)),
        (
            "late_after: P1D, review: {first: system}",
            {"received": "2026-03-02T12:00:01+08:00"},
            ("first", ("association",), 0, True),
        ),
        ("late_after: P1D", {"received": "2026-03-02T12:00:00+08:00"}, ("none", (), 0, False)),
        (
            "late_after: P1M, review: {first: grid, trusted: [qr]}",
            {"received": "2026-04-01T12:00:01+08:00", "source": "qr"},
            ("first", ("grid",), 0, True),
        ),
    ],
)
def test_review(review: str, said: dict[str, Any], expected: tuple[Any, ...]) -> None:
    rules = one_rule("points: 10" + (f", {review}" if review else ""))
    found = evaluate(facts_of(**said), rules, Tally()).review
    assert (found.level, found.reviewers, found.publicity_days, found.late) == expected


def test_the_strictest_review_of_all_awards_counts() -> None:
    body = f"rules:\n{RULE}points: 5, review: {{first: branch, publicity: P5D}}}}\n" + (
        f"{RULE}points: 9, review: {{first: grid, second_above: 8, publicity: P3D}}}}\n"
    ).replace("R1", "R2")
    found = evaluate(facts_of(), ruleset_of(body), Tally()).review
    assert (found.level, found.reviewers, found.publicity_days) == ("second", ("branch", "grid"), 5)


def test_what_must_be_loaded_is_what_is_asked() -> None:
    body = (
        f"{CAPS}groups: {{g: {{mode: best_one, window: year}}}}\nrules:\n{RULE}points: 1, caps: [day],"
        " group: g, cooldown: P1D, measures: [wallet, rating],"
        " when: \"history.count('report.made', 'P2D') > 0\"}\n"
    )
    rules, facts = ruleset_of(body), facts_of()

    class Watched(Tally):
        def __init__(self) -> None:
            super().__init__()
            self.asked: set[Any] = set()

        def spent(self, key: UsageKey) -> Any:
            self.asked.add(key)
            return super().spent(key)

        def granted_between(
            self, rule_id: str, after: datetime, before: datetime, peer: str = ""
        ) -> bool:
            self.asked.add(GrantQuery(rule_id, after, before, peer))
            return super().granted_between(rule_id, after, before, peer)

        def happened(
            self, activity_type: str, since: datetime, until: datetime
        ) -> Iterable[datetime]:
            self.asked.add(HistoryQuery(activity_type, since, until))
            return [since]

    watched, needs = Watched(), usage_keys(facts, rules)
    assert evaluate(facts, rules, watched).totals == {"wallet": 1, "rating": 1}
    assert watched.asked == needs.keys | needs.grants | needs.histories
    assert len(needs.keys) == 6
    other = usage_keys(facts_of(kind="report.made"), rules)
    assert not (other.keys)
    assert not (other.grants)
    assert not (other.histories)


def test_a_group_that_stacks_needs_nothing_loaded() -> None:
    assert usage_keys(facts_of(), groups("stack")).keys == frozenset()
    assert len(usage_keys(facts_of(), groups("first")).keys) == 1


def test_a_type_without_rules_gives_nothing() -> None:
    outcome = evaluate(facts_of(kind="report.made"), one_rule("points: 1"), Tally())
    assert (outcome.awards, outcome.refused, outcome.totals) == ((), (), {})


def test_the_thread_s_own_arithmetic_does_not_matter() -> None:
    before = getcontext().prec
    getcontext().prec = 2
    try:
        assert points_of("points: event.hours * 111.1 * 10") == {"wallet": 2222}
    finally:
        getcontext().prec = before


def test_a_member_snapshot_has_one_form() -> None:
    snapshot = member_snapshot({"kind": "rider", "roles": ["pioneer", "grid_agent"], "grid": None})
    assert snapshot == {
        "kind": "rider", "party_member": False, "mobile_party_member": False,
        "probationary": False, "roles": ("grid_agent", "pioneer"),
    }  # fmt: skip
    for bad in ({"kind": "pilot"}, {"kind": "rider", "phone": "1"}, {"roles": "x"}):
        with pytest.raises(ValueError, match=r"no member field|bad_enum|wrong_type"):
            member_snapshot(bad)


def test_stars_and_lookup() -> None:
    head = (
        HEAD + "stars: [{at_least: 90, stars: 5}, {at_least: 60, stars: 1}]\nbase: {rating: 60}\n"
    )
    rules = one_rule("points: 1", head=head)
    assert [rules.stars_of(rating) for rating in (100, 90, 89, 60, 59)] == [5, 5, 1, 1, 0]
    assert rules.base == {"rating": 60}
    assert rules.rule("R1") is rules.rules[0]
    assert rules.rule("R2") is None
