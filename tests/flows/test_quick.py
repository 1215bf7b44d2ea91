"""The back-test on DuckDB sums up to what the exact one sums up to."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from points.cli.bench.city import City
from points.flows.backtest.quick import backtest_quickly
from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.flows.backtest.trial import Trial
from points.flows.context import RuleBook
from points.rules import RuleSet, load_ruleset
from tests.flows.town import RULES, activity_types, ruleset

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
    city = City(types=activity_types(), members_count=25, days=120)
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
    quick = backtest_quickly(tried, watch=lambda done, _all: heard.append(done))
    exact = backtest(tried)
    assert quick.engine == "duckdb"
    assert replace(quick, engine="exact").as_json() == exact.as_json()
    assert exact.part.changed
    assert heard[-1] == exact.part.activities


def test_two_versions_against_each_other() -> None:
    tried = bench(PARTY, before=drafted("party", ("max: 200", "max: 100")))
    assert backtest_quickly(tried).part.as_json() == backtest(tried).part.as_json()
