"""Scoring many activities in turn counts as scoring them live does."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from points.rules import (
    Entry,
    Evaluation,
    EvaluationError,
    Facts,
    Tallies,
    Tally,
    evaluate,
    member_snapshot,
    replay,
)
from points.wiring import load_rules, load_types, shipped

TYPES = load_types(shipped("rules"))
BOOK = load_rules(shipped("rules"), TYPES)
START = datetime(2026, 3, 2, 1, tzinfo=UTC)


def _shift(number: int, member: str, hours: str = "2") -> Entry:
    at = START + timedelta(hours=number)
    kind = TYPES.types["volunteer.shift"]
    fields = kind.normalise({"hours": hours, "verified": True})
    facts = Facts(
        activity_id=f"a{number}",
        type=kind.name,
        occurred_at=at,
        received_at=at,
        source="test",
        fields=fields,
        member=member_snapshot({"party_member": True, "kind": "rider"}),
    )
    return Entry(member, facts, kind.programmes)


def test_counts_as_live_scoring_does() -> None:
    entries = [_shift(number, "m1") for number in range(6)]
    tally, live = Tally(), []
    for entry in entries:
        ruleset = BOOK.in_force("party", entry.facts.occurred_at)
        assert ruleset is not None
        found = evaluate(entry.facts, ruleset, tally, trace=False)
        tally.record(entry.facts, found)
        live.append(found)
    assert [each.result for each in replay(entries, BOOK.in_force)] == live
    assert live[0].awards
    assert not live[-1].awards, "the day's cap was reached"


def test_members_do_not_use_each_others_room() -> None:
    entries = [_shift(number, f"m{number % 2}") for number in range(4)]
    found = [each.result for each in replay(entries, BOOK.in_force)]
    assert all(isinstance(each, Evaluation) and each.awards for each in found)


def test_goes_on_from_what_was_granted_before() -> None:
    entries = [_shift(number, "m1") for number in range(6)]
    tallies = Tallies()
    first = list(replay(entries[:3], BOOK.in_force, tallies))
    rest = list(replay(entries[3:], BOOK.in_force, tallies))
    whole = list(replay(entries, BOOK.in_force))
    assert [each.result for each in (*first, *rest)] == [each.result for each in whole]


def test_who_is_enrolled_in_nothing_is_not_asked() -> None:
    entry = _shift(1, "m1")._replace(measures={})
    assert list(replay([entry], BOOK.in_force)) == []
    half = _shift(1, "m1")._replace(measures={"party": frozenset({"wallet"})})
    (found,) = replay([half], BOOK.in_force)
    assert isinstance(found.result, Evaluation)
    assert set(found.result.totals) == {"wallet"}


def test_what_fails_counts_for_nothing() -> None:
    entry = _shift(1, "m1")
    broken = entry._replace(facts=_without(entry.facts, "hours"))
    tallies = Tallies()
    (found,) = replay([broken], BOOK.in_force, tallies)
    assert isinstance(found.result, EvaluationError)
    assert tallies.of("party", "m1").happened_at == {}


def test_one_programme_that_fails_sets_the_activity_aside_in_all() -> None:
    kind = TYPES.types["training.session"]
    entry = _shift(1, "m1")
    said = {"kind": "health_lecture", "channel": "offline", "complete": True}
    facts = replace(entry.facts, type=kind.name, fields=kind.normalise(said))
    broken = entry._replace(facts=_without(facts, "channel"), programmes=kind.programmes)
    tallies = Tallies()
    party, health = replay([broken], BOOK.in_force, tallies)
    assert isinstance(party.result, EvaluationError)
    assert isinstance(health.result, Evaluation)
    assert health.result.awards, "alone it would have been granted"
    assert not tallies.of("health", "m1").grants


def _without(facts: Facts, name: str) -> Facts:
    fields = {key: value for key, value in facts.fields.items() if key != name}
    return Facts(
        activity_id=facts.activity_id,
        type=facts.type,
        occurred_at=facts.occurred_at,
        received_at=facts.received_at,
        source=facts.source,
        fields=fields,
        member=facts.member,
    )
