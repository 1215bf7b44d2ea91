"""The rules by hand agree with the engine award for award, so that the ratio compares like with like."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from points.cli.bench import by_hand
from points.cli.bench.by_hand import SCORERS, Cap, Given, Usage, score_by_hand
from points.cli.bench.city import City
from points.cli.bench.command import app
from points.cli.bench.scoring import CHUNK, GOAL, Scorings
from points.rules import Entry, Evaluation, Tallies, replay
from points.wiring import load_rules, load_types, shipped

TYPES = load_types(shipped("rules"))
BOOK = load_rules(shipped("rules"), TYPES)


@pytest.fixture(scope="module")
def entries() -> list[Entry]:
    city = City(types=TYPES, members_count=40, days=365, a_month=40)
    return [item.entry for item in city.stream()]


@pytest.fixture(scope="module")
def ours(entries: list[Entry]) -> list[tuple[str, Given]]:
    return sorted(engine(entries))


def engine(entries: list[Entry]) -> Iterator[tuple[str, Given]]:
    for each in replay(entries, BOOK.in_force, Tallies()):
        assert isinstance(each.result, Evaluation)
        for award in each.result.awards:
            for measure, points in award.points.items():
                given = Given(award.rule_id, measure, points)
                yield each.entry.facts.activity_id, given


def hand(entries: list[Entry]) -> Iterator[tuple[str, Given]]:
    usage: Usage = {}
    for entry in entries:
        for given in score_by_hand(entry.member_id, entry.facts, usage):
            yield entry.facts.activity_id, given


def test_every_type_is_written_by_hand() -> None:
    assert set(SCORERS) == set(TYPES.types)


def test_by_hand_agrees_award_for_award(
    entries: list[Entry], ours: list[tuple[str, Given]]
) -> None:
    assert ours == sorted(hand(entries))
    rules = {rule.id for ruleset in BOOK.rulesets for rule in ruleset.rules}
    assert {given.rule_id for _, given in ours} == rules, "every rule was compared"


def test_a_cap_forgotten_by_hand_is_noticed(
    entries: list[Entry], ours: list[tuple[str, Given]], monkeypatch: pytest.MonkeyPatch
) -> None:
    capless = tuple(replace_cap(cap) for cap in by_hand.VOLUNTEERING)
    monkeypatch.setattr(by_hand, "VOLUNTEERING", capless)
    assert ours != sorted(hand(entries))


def replace_cap(cap: Cap) -> Cap:
    return cap._replace(most=10_000)


def test_every_way_scores_the_chunks_it_counts(entries: list[Entry]) -> None:
    scorings = Scorings(entries=entries[: CHUNK + 7], choose=BOOK.in_force)
    for pair in scorings.pairs():
        for way in (pair.engine, pair.reference):
            with way.open() as score:
                assert [score(), score(), score()] == [CHUNK, 7, CHUNK], "the next pass begins"


def test_one_tiny_run_tells_every_line() -> None:
    asked = ["rules", "--seconds", "0.02", "--rounds", "1", "--members", "5", "--json"]
    answer = CliRunner().invoke(app, asked)
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    codes = {line["code"] for line in told["lines"]}
    assert codes == {"rules.score", "rules.trace", "python.by_hand"}
    assert all(line["activities_per_second"] > 0 for line in told["lines"])
    assert [each["goal"] for each in told["ratios"]] == [GOAL, None]


def test_the_tables_say_what_is_measured() -> None:
    asked = ["rules", "--seconds", "0.02", "--rounds", "1", "--members", "5"]
    answer = CliRunner().invoke(app, asked)
    assert answer.exit_code == 0, answer.output
    assert "每秒活动数" in answer.output


def test_other_cities_are_other_cities() -> None:
    city = City(types=TYPES, members_count=2)
    assert city.entries("m0000001") != replace(city, seed=2).entries("m0000001")
