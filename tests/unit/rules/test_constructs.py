"""Streaks, bands, shared budgets, peers, effects, once, kinds of day: read, refused and scored."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.rules import (
    Deferred,
    Entry,
    Evaluation,
    EvaluationError,
    Facts,
    RuleSet,
    Tallies,
    Tally,
    coverage,
    covered,
    evaluate,
    evaluate_deferred,
    explain,
    load_activity_types,
    load_ruleset,
    member_snapshot,
    read_file,
    replay,
    run_cases,
    usage_keys,
)
from points.rules.bands import shares
from points.rules.compile import NO_PAST
from points.rules.facts import ReferenceQuery
from points.rules.granting import ROUNDS_MAX
from points.rules.history import STREAK_DAYS_MAX, streak, streak_span
from tests.flows.town import RULES
from tests.unit.rules.worlds import (
    RULE,
    codes_of,
    facts_of,
    one_rule,
    play,
    points_of,
    reason_of,
    ruleset_of,
)

ZONE = ZoneInfo("Asia/Shanghai")
EVER = (datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))
EXAMPLES = RULES / "examples"
KINDS = load_activity_types(read_file(EXAMPLES / "activities.yaml"), file="a.yaml")[0]
assert KINDS is not None
SHOWN = load_ruleset(read_file(EXAMPLES / "constructs.yaml"), file="c.yaml", types=KINDS)[0]
assert SHOWN is not None


def shown(kind: str, fields: dict[str, Any], at: str = "2026-03-03T09:00", **other: Any) -> Facts:
    """Return an activity of the examples, in local time."""
    moment = datetime.fromisoformat(at).replace(tzinfo=ZONE).astimezone(UTC)
    member = member_snapshot({"kind": "rider", **other.pop("member", {})})
    said: dict[str, Any] = {"activity_id": f"{kind}@{at}", "source": "feed", "member_id": "me"}
    assert KINDS is not None
    return Facts(
        **{**said, **other},
        type=kind,
        occurred_at=moment,
        received_at=moment,
        fields=KINDS.types[kind].normalise(fields),
        member=member,
    )


def score(facts: Facts, tally: Tally | None = None) -> Evaluation:
    assert SHOWN is not None
    return evaluate(facts, SHOWN, tally or Tally())


# Reading.

STEPS = "bands: {of: event.hours, steps: ["


@pytest.mark.parametrize(
    ("rest", "code"),
    [
        (f"{STEPS}]}}", "bands.steps"),
        (f"{STEPS}{{each: 1}}, {{up_to: 3, each: 1}}]}}", "bands.steps"),
        (f"{STEPS}{{up_to: 3, each: 1}}, {{up_to: 3, each: 1}}]}}", "bands.steps"),
        (f"{STEPS}{{up_to: 0, each: 1}}]}}", "bands.steps"),
        (f"{STEPS}{{each: -1}}]}}", "bands.each"),
        (f"points: 1, {STEPS}{{each: 1}}]}}", "rule.points"),
        ("effect: {veto: rating}, points: 1", "rule.points"),
        ("effect: {}", "effect.kind"),
        ("effect: {veto: rating, freeze: true}", "effect.kind"),
        ("effect: {veto: wallet}", "effect.veto"),
        ("effect: {freeze: false}", "effect.freeze"),
        ("effect: {freeze: true}, caps: [c]", "rule.effect"),
        ("points: 1, to: event.task", "rule.peer"),
        ("points: 1, once: never", "file.bad_value"),
        ("points: 1, once: {per: event.task}", "file.missing_key"),
        ("points: 1, once: {window: year, per: event.hours}", "cap.per"),
        ("points: 1, schedule: {days: [sunday]}", "file.bad_value"),
        ('points: \'history.streak("shift.dome", "day")\'', "expression.unknown_name"),
        ('points: \'history.streak("shift.done", "year")\'', "expression.arguments"),
        ("points: 'history.streak(\"shift.done\")'", "expression.arguments"),
        ("points: 'history.awarded(\"R2\", event.task)'", "expression.unknown_name"),
        ('points: \'history.awarded("R1", "x")\'', "expression.arguments"),
        ("points: 'history.awarded(\"R1\", event.hours)'", "expression.type"),
        ("points: 'history.awarded(\"R1\", event.task)'", "expression.may_be_missing"),
        ("points: 'history.awarded(\"R1\")'", "expression.arguments"),
    ],
)
def test_what_is_wrong_with_a_construct_is_said(rest: str, code: str) -> None:
    assert code in codes_of(f"caps: {{c: {{window: day, max: 1}}}}\nrules:\n{RULE}{rest}}}\n")


@pytest.mark.parametrize(("inner", "outer"), [("branch", "member"), ("programme", "branch")])
def test_what_many_share_lies_in_no_smaller_cap(inner: str, outer: str) -> None:
    def codes(first: str, second: str) -> list[str]:
        caps = f"a: {{window: day, max: 1, for: {first}, within: b}}"
        caps += f", b: {{window: day, max: 1, for: {second}}}"
        return codes_of(f"caps: {{{caps}}}\nrules:\n{RULE}points: 1, caps: [a]}}\n")

    assert "cap.nesting" in codes(inner, outer)
    assert codes(outer, inner) == []


def test_a_group_that_chooses_puts_nothing_off() -> None:
    body = (
        "caps: {d: {window: day, max: 1, mode: defer}}\ngroups: {g: {mode: MODE}}\n"
        f"rules:\n{RULE}points: 1, caps: [d], group: g}}\n"
    )
    assert "cap.defer" in codes_of(body.replace("MODE", "first"))
    assert codes_of(body.replace("MODE", "stack")) == []


# Bands.


@given(
    st.lists(st.integers(1, 40), min_size=1, max_size=5, unique=True).map(sorted),
    st.decimals(0, 24, places=1),
    st.data(),
)
def test_bands_are_what_they_say(ends: list[int], hours: Decimal, data: Any) -> None:
    each = data.draw(st.lists(st.integers(0, 9), min_size=len(ends), max_size=len(ends)))
    steps = ", ".join(f"{{up_to: {end}, each: {n}}}" for end, n in zip(ends, each, strict=True))
    found = points_of(f"{STEPS}{steps}]}}, measures: [wallet]", {"hours": hours})
    tenths = sum(
        next((n for end, n in zip(ends, each, strict=True) if tenth < 10 * end), 0)
        for tenth in range(int(hours * 10))
    )
    assert found.get("wallet", 0) == tenths // 10


def test_bands_say_what_each_comes_to() -> None:
    (step,) = (s for s in _trace("volunteer.shift", {"hours": "5", "verified": True}, "BANDS"))
    assert [(b["above"], b["units"], b["points"]) for b in step["bands"]] == [
        ("0", "2", "20"),
        ("2", "3", "15"),
    ]
    assert SHOWN is not None
    bands = SHOWN.rules[0].bands
    assert bands is not None
    assert list(shares(bands.steps, Decimal(0))) == []


def _trace(kind: str, fields: dict[str, Any], rule: str) -> list[dict[str, Any]]:
    trace = score(shown(kind, fields)).trace
    assert trace is not None
    return [step for step in trace["steps"] if step["rule"] == rule]


# Streaks.


def moments(*days: str) -> list[datetime]:
    return [datetime.fromisoformat(f"{day}T23:30").replace(tzinfo=ZONE) for day in days]


@pytest.mark.parametrize(
    ("window", "days", "length"),
    [
        ("day", ("2026-03-02", "2026-03-01", "2026-02-27"), 2),
        ("day", ("2026-03-03",), 0),
        ("week", ("2026-02-23", "2026-02-22", "2026-02-08"), 2),
        ("month", ("2026-02-28", "2026-01-01", "2025-12-31", "2025-10-31"), 3),
        ("day", (), 0),
    ],
)
def test_a_streak_is_windows_in_a_row_before_this_one(
    window: str, days: tuple[str, ...], length: int
) -> None:
    assert streak(moments(*days), window, date(2026, 3, 3), ZONE) == length


def test_no_streak_goes_back_for_ever() -> None:
    local = datetime(2026, 3, 3, 9, tzinfo=ZONE)
    since, until = streak_span("day", local, ZONE)
    assert until == datetime(2026, 3, 3, tzinfo=ZONE)
    assert until - since == timedelta(days=STREAK_DAYS_MAX)
    rules = one_rule('points: \'history.streak("shift.done", "day")\', measures: [wallet]')
    start = datetime(2024, 2, 1, 9, tzinfo=ZONE)
    days = [facts_of(at=(start + timedelta(days=n)).isoformat(), name=f"a{n}") for n in range(402)]
    assert [sum(each.totals.values()) for each in play(rules, *days)[1]][-3:] == [399, 400, 400]


# Kinds of day.


@pytest.mark.parametrize(
    ("day", "kind", "points"),
    [("01", None, 0), ("01", "holiday", 5), ("03", "holiday", 5), ("03", None, 0), ("02", None, 0)],
)
def test_a_schedule_goes_by_the_calendar(day: str, kind: str | None, points: int) -> None:
    rules = one_rule("points: 5, schedule: {days: [holiday]}")
    facts = replace(facts_of(at=f"2026-03-{day}T12:00:00+08:00"), day_kind=kind)
    assert evaluate(facts, rules, Tally()).totals.get("wallet", 0) == points
    weekend = one_rule("points: 5, schedule: {days: [weekend]}")
    by_weekday = evaluate(replace(facts, day_kind=None), weekend, Tally()).totals
    assert bool(by_weekday) is (day == "01")


# Peers, effects, sources, closed years.


def test_a_peer_has_to_be_there() -> None:
    fields = {"hours": "2", "mentee": "you"}
    enrolled = {"you": frozenset({"wallet"})}
    for peers, found in (
        (None, True),
        (enrolled, True),
        ({}, False),
        ({"you": frozenset()}, False),
    ):
        granted = score(shown("mentoring.session", fields, peers=peers))
        assert ({award.rule_id for award in granted.awards} >= {"MENTEE"}) is found
    needs = usage_keys(shown("mentoring.session", fields), SHOWN)  # type: ignore[arg-type]
    assert needs.peers == {"you"}
    assert {key.holder for key in needs.keys} == {"", "branch:", "programme", "member:you"}


def test_a_peers_room_is_the_peers_whoever_did_it() -> None:
    tallies = Tallies()
    assert SHOWN is not None
    fields = {"hours": "1", "mentee": "you"}
    done = [
        Entry(who, shown("mentoring.session", fields, member_id=who, activity_id=who), ("party",))
        for who in ("a", "b")
    ]
    found = [each.result for each in replay(done, lambda *_: SHOWN, tallies)]
    got = [
        award.points["wallet"]
        for each in found
        if isinstance(each, Evaluation)
        for award in each.awards
        if award.to
    ]
    assert got == [5, 3]
    peer = tallies.of("party", "you")
    assert sum(spent.points for spent in peer.spendings.values()) == 8
    assert peer.granted_between("MENTEE", *EVER)


def test_without_tallies_of_others_a_peer_is_still_somebody_else() -> None:
    tally = Tally()
    facts = shown("mentoring.session", {"hours": "1", "mentee": "you"})
    tally.record(facts, score(facts, tally))
    assert tally.granted_between("MENTEE", *EVER, "you")
    assert not tally.granted_between("MENTEE", *EVER)


def test_a_veto_is_for_whoever_has_a_rating() -> None:
    fields = {"kind": "false_report"}
    assert score(shown("conduct.violation", fields)).effects[0].kind == "veto"
    away = score(shown("conduct.violation", fields, measures=frozenset({"wallet"})))
    assert away.effects == ()
    assert away.refused[0].reason == "measure"
    frozen = score(shown("conduct.violation", {"kind": "resale"}, measures=frozenset({"wallet"})))
    assert [effect.kind for effect in frozen.effects] == ["freeze"]
    assert (frozen.review.level, frozen.review.publicity_days) == ("second", 5)


def test_a_name_proves_nothing() -> None:
    fields = {"accepted": True}
    named = shown("grid.report", fields, source="grid_platform")
    assert {award.rule_id for award in score(named).awards} == {"REPORT", "THANKS", "ACCEPTED"}
    assert {award.rule_id for award in score(replace(named, proved=False)).awards} == {
        "THANKS",
        "ACCEPTED",
    }


def test_a_closed_year_takes_no_more_and_says_so() -> None:
    facts = shown("volunteer.shift", {"hours": "2", "verified": True}, closed=frozenset({"rating"}))
    found = score(facts)
    bands = next(award for award in found.awards if award.rule_id == "BANDS")
    assert (bands.points, bands.forgone) == ({"wallet": 20}, {"rating": 20})
    assert (found.review.level, found.review.closed) == ("first", True)
    rules = one_rule("points: 5, measures: [rating]")
    only = evaluate(replace(facts_of(), closed=frozenset({"rating"})), rules, Tally())
    assert [(each.reason, each.forgone) for each in only.refused] == [("closed", {"rating": 5})]


def test_a_reference_asks_for_the_number() -> None:
    assert SHOWN is not None
    needs = usage_keys(shown("grid.resolution", {"report": "R1"}), SHOWN)
    (asked,) = needs.references
    assert isinstance(asked, ReferenceQuery)
    assert asked[:2] == ("REPORT", "R1")
    assert usage_keys(shown("grid.resolution", {}), SHOWN).references == frozenset()


# Putting off.


def put_off(points: int, round_: int = 1) -> Deferred:
    until = datetime(2026, 3, 4, tzinfo=ZONE).astimezone(UTC)
    return Deferred(rule_id="DUTY", measure="wallet", points=points, until=until, round=round_)


def test_what_is_put_off_too_often_is_forgone() -> None:
    facts = shown("emergency.duty", {"hours": "10"})
    assert SHOWN is not None
    found = evaluate_deferred(facts, SHOWN, Tally(), put_off(50))
    assert (found.totals, found.deferred[0].round) == ({"wallet": 30}, 2)
    last = evaluate_deferred(facts, SHOWN, Tally(), put_off(50, ROUNDS_MAX), trace=False)
    assert (last.totals, last.forgone, last.deferred) == ({"wallet": 30}, {"wallet": 20}, ())
    with pytest.raises(EvaluationError) as failed:
        evaluate_deferred(facts, SHOWN, Tally(), replace(put_off(5), rule_id="GONE"))
    assert failed.value.code == "no_such_rule"


def test_a_replay_grants_what_was_put_off_when_its_time_comes() -> None:
    assert SHOWN is not None
    first = shown("emergency.duty", {"hours": "10"}, activity_id="a")
    second = shown("emergency.duty", {"hours": "3"}, "2026-03-04T09:00", activity_id="b")
    entries = [Entry("me", each, ("party",)) for each in (first, second)]
    end = datetime(2026, 3, 6, tzinfo=ZONE)
    found = list(replay(entries, lambda *_: SHOWN, until=end))
    names = [(each.entry.facts.activity_id, each.resumed is not None) for each in found]
    assert names == [("a", False), ("a", True), ("b", False), ("b", True)]
    assert [each.result.totals["wallet"] for each in found] == [30, 20, 10, 5]  # type: ignore[union-attr]
    # In life the worker came late, and what came in before it took the room.
    lived = {("party", "01"): datetime(2026, 3, 4, 12, tzinfo=ZONE)}
    late = [entries[0]._replace(resumed=lived), entries[1]]
    again = list(replay(late, lambda *_: SHOWN, until=end))
    assert [each.result.totals["wallet"] for each in again] == [30, 15, 15, 5]  # type: ignore[union-attr]
    gone: Callable[..., RuleSet | None] = lambda _p, at: SHOWN if at < end else None  # noqa: E731
    assert len(list(replay(entries, gone, until=end))) == 4


def test_everything_about_an_award_is_told() -> None:
    facts = shown("emergency.duty", {"hours": "10"})
    assert SHOWN is not None
    told = {
        language: [
            *explain(score(facts).trace or {}, language),
            *explain(evaluate_deferred(facts, SHOWN, Tally(), put_off(20)).trace or {}, language),
            *explain(score(shown("conduct.violation", {"kind": "resale"})).trace or {}, language),
            *explain(
                score(shown("mentoring.session", {"hours": "1", "mentee": "n"})).trace or {},
                language,
            ),
        ]
        for language in ("zh", "en")
    }
    zh, en = " ".join(told["zh"]), " ".join(told["en"])
    assert "钱包有 20 分推迟到 2026-03-04" in zh
    assert "wallet: 20 points wait until 2026-03-04" in en
    assert "推迟到 2026-03-04 的分 = 20 分" in zh
    assert "冻结积分使用" in zh
    assert "记给同伴" in zh
    assert "for the peer" in en
    full = Tally()
    for day in ("08", "12", "16"):
        lesson = shown("micro.lesson", {"passed": True}, f"2026-03-03T{day}:00")
        found = score(lesson, full)
        full.record(lesson, found)
    assert "；钱包不计 3 分" in " ".join(explain(found.trace or {}, "zh"))


# Sharing does not depend on who comes first.

SHARED = """caps:
  mine: {window: day, max: 10, within: branch}
  branch: {window: month, max: 25, for: branch, within: all}
  all: {window: year, max: 60, for: programme}
rules:
"""
SHARING = ruleset_of(f"{SHARED}{RULE}points: event.hours, caps: [mine]}}\n")
SHIFTS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 40), st.integers(0, 12)), max_size=16)


def total(shifts: list[tuple[int, int, int]]) -> int:
    tallies = Tallies()
    entries = []
    for number, (who, day, hours) in enumerate(shifts):
        at = datetime(2026, 1, 1, 9, tzinfo=ZONE) + timedelta(days=day)
        member = {"branch": f"b{who % 2}"} if who < 4 else {}
        facts = facts_of({"hours": hours}, at=at.isoformat(), name=f"a{number}", member=member)
        entries.append(Entry(f"m{who}", facts, ("party",)))
    found = [each.result for each in replay(entries, lambda *_: SHARING, tallies)]
    for shared in tallies.shared.values():
        for key, spent in shared.items():
            assert spent.points <= SHARING.caps[key.cap].maximum
    return sum(each.totals.get("wallet", 0) for each in found if isinstance(each, Evaluation))


@given(SHIFTS, st.randoms(use_true_random=False))
def test_totals_of_shared_budgets_do_not_depend_on_the_order(shifts: Any, chance: Any) -> None:
    shuffled = list(shifts)
    chance.shuffle(shuffled)
    assert total(shifts) == total(shuffled)


def test_a_tally_that_shared_nothing_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    shifts = [(who, 0, 10) for who in range(4)]
    assert total(shifts) == 40
    monkeypatch.setattr(Tally, "_counts", lambda self, key: (self.spendings, key))
    assert total([*shifts, *((who, 1, 10) for who in range(4))]) > 50


CASES = sorted((RULES / "cases" / "constructs").glob("*.yaml"))


def test_every_construct_has_cases_that_pass() -> None:
    reports = [run_cases(read_file(path), file=path.name, load=lambda _: SHOWN) for path in CASES]
    assert [finding.en for report in reports for finding in report.failures] == []
    assert SHOWN is not None
    assert coverage(SHOWN, reports).never_hit == ()
    seen = frozenset().union(*(report.seen for report in reports))
    found = covered(SHOWN, seen, read_file(EXAMPLES / "constructs.yaml"))
    assert found.taken == found.total


def test_without_a_trace_everything_is_the_same() -> None:
    assert SHOWN is not None
    for facts in (
        shown("conduct.violation", {"kind": "resale"}),
        shown("emergency.duty", {"hours": "10"}),
        shown("volunteer.shift", {"hours": "7", "verified": True}, day_kind="holiday"),
    ):
        plain = evaluate(facts, SHOWN, Tally(), trace=False)
        assert plain == score(facts)._replace(trace=None)
    to_peer = replace(put_off(5), rule_id="MENTEE", to="you")
    facts = shown("mentoring.session", {"hours": "1", "mentee": "you"})
    step = (evaluate_deferred(facts, SHOWN, Tally(), to_peer).trace or {})["steps"][0]
    assert step["to"] == "you"


@pytest.mark.parametrize("value", ["", "li si", "张三", 7, "x" * 27])
def test_a_member_field_holds_an_id(value: object) -> None:
    assert KINDS is not None
    kind = KINDS.types["mentoring.session"]
    assert [fault.code for fault in kind.validate({"hours": "1", "mentee": value})] == [
        "wrong_type"
    ]


def test_a_catalogue_knows_no_past() -> None:
    assert NO_PAST.count("x", timedelta(1)) == NO_PAST.streak("x", "day") == 0
    assert NO_PAST.awarded("x", "y") == 0


def test_rules_that_are_gone_when_their_window_opens_grant_nothing() -> None:
    assert SHOWN is not None
    entry = Entry("me", shown("emergency.duty", {"hours": "10"}), ("party",))
    end = datetime(2026, 3, 6, tzinfo=ZONE)
    tallies = Tallies()
    assert len(list(replay([entry], lambda *_: SHOWN, tallies))) == 1
    kept = list(tallies.waiting)
    assert list(replay([], lambda *_: None, tallies, until=end)) == []
    tallies.waiting[:] = kept
    without = replace(SHOWN, rules=())
    (failed,) = replay([], lambda *_: without, tallies, until=end)
    assert isinstance(failed.result, EvaluationError)


def test_once_is_a_cap_of_its_own() -> None:
    rules = one_rule("points: 5, once: {window: year, per: event.task}")
    first, second = facts_of({"task": "a"}, name="1"), facts_of({"task": "a"}, name="2")
    other = facts_of({"task": "b"}, name="3")
    assert [each.totals for each in play(rules, first, second, other)[1]] == [
        {"wallet": 5},
        {},
        {"wallet": 5},
    ]
    assert rules.caps["once:R1"].maximum == 1
    assert reason_of("points: 1, once: lifetime") == ""
