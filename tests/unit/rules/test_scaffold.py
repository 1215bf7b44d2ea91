"""Cases made of what happened: nobody's data, only the past that mattered, and they pass."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.cli.rules.case_file import new_file
from points.rules import Facts, RuleSet, Tallies, evaluate, run_cases, scaffold
from points.rules.cases import scaffold as scaffold_module
from points.rules.covering import places
from points.rules.reliving import Life, relive
from points.rules.replay import Entry, replay
from tests.unit.rules.worlds import RULE, facts_of, one_rule, ruleset_of

CAPPED = ruleset_of(
    "caps: {c: {window: day, max: 30}, m: {window: month, max: 60}}\nrules:\n"
    f"{RULE}when: event.verified && (!has(event.task) || event.task != 'secret'),\n"
    "     points: event.hours * 10, caps: [c], review: {first: grid}}\n"
    "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, caps: [m], cooldown: P1D,\n"
    "     points: \"history.count('shift.done', 'P3D') * 2\"}\n"
)


def passes(case: Mapping[str, Any], rules: RuleSet) -> bool:
    report = run_cases(new_file("r.yaml", case), file="c.yaml", load=lambda _: rules)
    return report.failures == () and report.passed == 1


def made(past: list[Facts], facts: Facts, rules: RuleSet = CAPPED) -> Mapping[str, Any]:
    found = scaffold("x", past, facts, rules)
    assert found is not None
    assert passes(found, rules)
    return found


def test_what_did_not_matter_is_left_out() -> None:
    at = [f"2026-0{month}-01T0{hour}:00:00+08:00" for month in (1, 3) for hour in range(1, 9)]
    past = [facts_of({"hours": 1}, at=each, name=each) for each in at]
    found = made(past, facts_of({"hours": 3}))
    assert len(found["history"]) < len(past)
    assert all(each["at"].startswith("2026-03-01") for each in found["history"])
    assert made([], facts_of())["expect"]["awards"] == {"R1": {"wallet": 20}}


def test_what_tells_who_somebody_is_is_renamed_but_what_rules_name_stays() -> None:
    task = {"task": "王小明 13800000000", "closed_on": "2026-03-01"}
    found = made(
        [],
        facts_of(task, member={"branch": "甲支部", "roles": ["pioneer"]}, name="01ABC"),
    )
    spelled = new_file("r.yaml", found)
    assert "王小明" not in spelled
    assert "甲支部" not in spelled
    assert found["event"]["fields"]["closed_on"] == "2026-03-01"
    assert found["member"]["roles"] == ["pioneer"]
    known = made([], facts_of({"task": "secret"}))
    assert known["event"]["fields"]["task"] == "secret"
    assert known["expect"]["refused"]["R1"] == "condition"


def test_everything_that_a_case_can_say_is_said() -> None:
    first = facts_of(
        {"hours": 2.5}, member={"kind": "courier"}, received="2026-03-04T09:30:15+08:00"
    )
    event = facts_of({"hours": 1}, at="2026-03-01T13:00:00+08:00", name="b")
    object.__setattr__(first, "external_id", "source-17")
    object.__setattr__(event, "day_kind", "holiday")
    object.__setattr__(event, "proved", False)
    found = made([first], event)
    (history,) = found["history"]
    assert (history["received"], history["number"]) == ("2026-03-04T09:30:15", "n1")
    assert history["member"] == {"kind": "courier"}
    assert (found["event"]["day"], found["event"]["proved"]) == ("holiday", False)
    assert found["expect"]["capped"] == ["c"]
    assert found["expect"]["forgone"] == {"R1": {"wallet": 5}}


def test_the_same_name_becomes_the_same_again_and_oneself_stays_oneself() -> None:
    past = [facts_of({"hours": 3, "task": "张三"}, name="p")]
    found = made(past, facts_of({"hours": 1, "task": "张三"}))
    (history,) = found["history"]
    assert history["fields"]["task"] == found["event"]["fields"]["task"] == "n1"
    cleaning = scaffold_module._Cleaning(CAPPED)
    spec = CAPPED.types.types["shift.done"].fields["task"]
    assert cleaning._value(spec, "01ME", "01ME") == "me"


def test_tables_and_multipliers_may_name_texts() -> None:
    rules = ruleset_of(
        "multipliers: [{id: m, when: event.hours > 1, times: 2, title: {zh: 倍, en: M}}]\n"
        f"rules:\n{RULE}multipliers: [m],\n"
        "     table: {hit: first, columns: [event.verified], rows: [[true, 5]]}}\n"
    )
    assert made([], facts_of(), rules)["expect"]["awards"] == {"R1": {"wallet": 10}}


def test_a_name_on_which_all_depends_makes_no_case(monkeypatch: pytest.MonkeyPatch) -> None:
    clean = scaffold_module._Cleaning.facts

    def careless(self: Any, facts: Facts) -> Facts:
        return clean(self, facts_of({"hours": 9}, name=facts.activity_id))

    monkeypatch.setattr(scaffold_module._Cleaning, "facts", careless)
    assert scaffold("x", [], facts_of(), CAPPED) is None


def test_errors_and_effects_make_cases_too() -> None:
    broken = one_rule("points: 10 / (event.hours - 2)")
    assert made([], facts_of(), broken)["expect"] == {"version": 1, "error": "division_by_zero"}
    veto = one_rule("effect: {veto: rating}")
    assert made([], facts_of(), veto)["expect"]["effects"] == {"R1": "veto"}


def test_what_another_version_scored_is_left_out() -> None:
    elsewhere = facts_of({"hours": 3}, at="2020-03-01T09:00:00+08:00", name="old")
    assert "history" not in made([elsewhere], facts_of())


def test_what_a_case_cannot_say_makes_none() -> None:
    object.__setattr__(closed := facts_of(), "measures", frozenset({"rating"}))
    case = scaffold("x", [], closed, CAPPED)
    assert case is not None
    assert not passes(case, CAPPED), "a case's member is enrolled everywhere; whoever asks tries it"


def test_a_long_past_is_only_cut_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaffold_module, "TRIES_MAX", 2)
    past = [
        facts_of({"hours": 1}, at=f"2026-03-01T0{n}:00:00+08:00", name=f"h{n}") for n in range(9)
    ]
    assert len(made(past, facts_of({"hours": 1}))["history"]) >= 3


SHIFTS = st.lists(
    st.tuples(st.integers(1, 4), st.integers(1, 28), st.booleans()), min_size=1, max_size=12
)


@given(SHIFTS)
def test_every_case_passes(shifts: list[tuple[int, int, bool]]) -> None:
    events = [
        facts_of(
            {"hours": hours, "verified": verified},
            at=f"2026-03-{day:02}T{number:02}:00:00+08:00",
            name=f"s{number}",
        )
        for number, (hours, day, verified) in enumerate(shifts)
    ]
    made(events[:-1], events[-1])


def test_a_life_that_is_taken_back_leaves_room_and_nothing_waiting() -> None:
    """Relived: what was put off goes with what was reversed; failures have nothing to give back."""
    rules = ruleset_of(
        "caps: {c: {window: day, max: 20, mode: defer}}\nrules:\n"
        f"{RULE}points: 60 / event.hours, caps: [c]}}\n"
    )

    def life(number: int, hours: int, until: int | None = None) -> Life:
        facts = facts_of({"hours": hours}, name=f"l{number}")
        began = facts.received_at + timedelta(minutes=number)
        ended = None if until is None else facts.received_at + timedelta(minutes=until)
        return Life(Entry("m", facts, ("party",)), began, ended)

    tallies = Tallies()
    lives = [life(0, 1, until=2), life(1, 0, until=2), life(3, 3)]
    found = list(relive(lives, lambda _: lambda __, ___: rules, traced={"l3"}, tallies=tallies))
    assert [len(each.found) for each in found] == [1, 1, 1]
    assert tallies.waiting == [], "what was put off went with its activity"
    last = found[-1].found[0].result
    assert getattr(last, "totals", None) == {"wallet": 20}
    assert found[-1].before is not None
    assert found[0].before is None
    later = [life(0, 1), Life(lives[2].entry, lives[2].since + timedelta(days=3), None)]
    resumed = Tallies()
    assert len(list(relive(later, lambda _: lambda __, ___: rules, tallies=resumed))) == 2
    again = list(replay([each.entry for each in later], lambda _, __: rules, Tallies()))
    assert again


def test_a_tally_forgets_exactly_what_it_recorded() -> None:
    rules = ruleset_of(
        "caps: {own: {window: day, max: 30}, all: {window: day, max: 90, for: programme}}\n"
        f"rules:\n{RULE}points: event.hours, caps: [own]}}\n"
        "  - {id: R2, title: {zh: 乙, en: B}, on: shift.done, points: 3, caps: [all]}\n"
    )
    tally = Tallies().of("party", "m")
    numbered = facts_of()
    object.__setattr__(numbered, "external_id", "n7")
    for facts in (numbered, facts_of(name="b")):
        found = evaluate(facts, rules, tally)
        tally.record(facts, found)
        tally.forget(facts, found)
        assert all(not any(spent) for spent in [*tally.spendings.values(), *tally.shared.values()])
        assert not any([*tally.grants.values(), *tally.references.values()])
        assert not any(tally.happened_at.values())
        tally.record(facts, found)
        tally.forget(facts, found, happened=False)
        assert tally.happened_at[facts.type] == [facts.occurred_at], "what happened stays"
        tally.happened_at.clear()


def test_places_of_what_was_never_written_are_the_beginning() -> None:
    found = places.Places("rules: [{id: A}]\n")
    assert found.of(places.Branch("rule:B", "when", 0, 4, "true")) == (1, 1, "")
