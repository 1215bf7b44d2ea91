"""The back-test on DuckDB sums up to what the exact one sums up to."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.cli.bench.city import City
from points.flows.backtest import quick
from points.flows.backtest.quick import backtest_quickly, versions
from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.flows.backtest.source import Mark
from points.flows.backtest.trial import Trial
from points.flows.context import RuleBook
from points.kernel.errors import Misused
from points.rules import RuleSet, load_ruleset
from points.rules.sql_plan import Held
from tests.flows.test_backtest import bench as on_stored
from tests.flows.test_backtest import busy_days, draft, trial
from tests.flows.town import RULES, Town, activity_types, ruleset, town


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


BOOK = RuleBook((ruleset("party"), ruleset("health")))


def drafted(programme: str, *changes: tuple[str, str]) -> RuleSet:
    """Return a shipped rule set with some of its text changed."""
    text = (RULES / f"{programme}.yaml").read_text("utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    found, findings = load_ruleset(text, file="draft.yaml", types=activity_types())
    assert found is not None, findings
    return found


def bench(after: RuleSet, **said: Any) -> Bench:
    city = City(types=activity_types(), members_count=12, days=120)
    since, until = date(2026, 2, 1), date(2026, 4, 1)
    trial = Trial(
        programme=after.programme, book=BOOK, since=since, until=until, after=after, **said
    )
    return Bench(trial, city)


PARTY = drafted(
    "party",
    ("max: 40, within: vol_month", "max: 25, within: vol_month"),
    ("points: event.trips * 30", "points: event.trips * 25"),
    ('when: event.accepted && event.kind == "hazard"', 'when: event.kind == "hazard"'),
)
HEALTH = drafted(
    "health",
    ("points: 2\n    caps: [bp_day", "points: 3\n    caps: [bp_day"),
    ("glucose_week:      {window: week, max: 1", "glucose_week:      {window: week, max: 2"),
)


@pytest.mark.parametrize("after", [PARTY, HEALTH])
def test_sums_are_those_of_the_exact_back_test(after: RuleSet) -> None:
    heard = []
    tried = bench(after)
    fast = backtest_quickly(tried, watch=lambda done, _all: heard.append(done))
    exact = backtest(tried)
    assert fast.engine == "duckdb"
    assert replace(fast, engine="exact").as_json() == exact.as_json()
    assert exact.part.changed
    assert heard[-1] == exact.part.activities


@pytest.mark.nightly
def test_two_versions_against_each_other() -> None:
    tried = bench(PARTY, before=drafted("party", ("max: 200", "max: 100")))
    assert backtest_quickly(tried).part.as_json() == backtest(tried).part.as_json()


FAILING = drafted("party", ("points: event.trips * 30", "points: 30 / (event.trips - 2)"))


def test_what_fails_is_set_aside_in_both() -> None:
    tried = bench(FAILING)
    fast, exact = backtest_quickly(tried), backtest(tried)
    assert fast.part.as_json() == exact.part.as_json()
    assert exact.part.failures


def test_what_was_posted_is_compared_too(here: Town) -> None:
    busy_days(here, seed=2, people=2, shifts=8)
    tried = on_stored(
        here, trial(after=draft(("max: 40, within: vol_month", "max: 20, within: vol_month")))
    )
    fast, exact = backtest_quickly(tried), backtest(tried)
    assert fast.part.as_json() == exact.part.as_json()
    assert exact.part.activities


def test_activities_that_come_meanwhile_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    marks = iter("ab")
    monkeypatch.setattr(City, "mark", lambda _: Mark(1, next(marks)))
    monkeypatch.setattr(quick, "STEP", 10)
    heard: list[int] = []
    with pytest.raises(Misused) as refused:
        backtest_quickly(bench(PARTY), watch=lambda done, _all: heard.append(done))
    assert refused.value.code == "backtest.moved"
    assert heard[0] == 10


def test_a_draft_takes_over_where_the_period_begins() -> None:
    after = PARTY
    tried = bench(after).trial
    found = versions(tried, after)
    mine = [each for each in found if each.ruleset.programme == "party"]
    assert [(each.since, each.until) for each in mine] == [
        (BOOK.rulesets[0].starts_at, tried.begins),
        (tried.begins, mine[1].ruleset.ends_at),
    ]
    early = replace(tried, since=date(2020, 1, 1))
    assert len([each for each in versions(early, after) if each.ruleset.programme == "party"]) == 1
    assert versions(tried, None) == [Held(r, r.starts_at, r.ends_at) for r in BOOK.rulesets]
