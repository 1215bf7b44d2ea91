"""The fast preview grants, award for award, what the exact engine grants."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points.flows.backtest import duck
from points.flows.backtest.duck import preview
from points.flows.backtest.parquet import write_parquet
from points.rules import ActivityTypes, Entry, RuleSet, replay
from points.rules.award_rows import AwardRow, Failure, award_rows
from points.rules.sql_plan import Held, Plan, plan
from points.wiring import load_rules, load_types, shipped
from tests.properties.activities import ZONE, Activities
from tests.properties.rulesets import RuleSets
from tests.unit.rules.worlds import WORLD

TYPES = load_types(shipped("rules"))
BOOK = load_rules(shipped("rules"), TYPES)
CAPPED = (
    "volunteer.shift", "training.session", "grid.report", "station.check", "steps.week",
    "honour.award", "followup.visit", "mobile.checkin",
)  # fmt: skip
Rows = tuple[list[AwardRow], list[Failure]]


def held(rulesets: Iterable[RuleSet]) -> list[Held]:
    return [Held(each, each.starts_at, each.ends_at) for each in rulesets]


def exactly(entries: Iterable[Entry], rulesets: Sequence[RuleSet]) -> Rows:
    def choose(programme: str, at: datetime) -> RuleSet | None:
        return next((r for r in rulesets if r.programme == programme and r.in_force(at)), None)

    rows = list(award_rows(replay(entries, choose)))
    awards = sorted(row for row in rows if isinstance(row, AwardRow))
    return awards, sorted(row for row in rows if isinstance(row, Failure))


def previewed(
    entries: Iterable[Entry], rulesets: Sequence[RuleSet], types: ActivityTypes, folder: Path
) -> Rows:
    file = folder / "activities.parquet"
    write_parquet(entries, file, types)
    with preview(file, held(rulesets), types) as found:
        return sorted(found.rows()), sorted(found.failures())


def agrees(
    entries: Sequence[Entry], rulesets: Sequence[RuleSet], types: ActivityTypes, folder: Path
) -> bool:
    """Return whether both engines grant the same, award for award, and fail alike."""
    return previewed(entries, rulesets, types, folder) == exactly(entries, rulesets)


def test_every_shipped_rule_award_for_award(tmp_path: Path) -> None:
    entries = list(Activities(TYPES, 1, members=60).take(6_000))
    want = exactly(entries, BOOK.rulesets)
    assert previewed(entries, BOOK.rulesets, TYPES, tmp_path) == want
    assert {row.rule_id for row in want[0]} == {r.id for s in BOOK.rulesets for r in s.rules}
    assert {cap for row in want[0] for cap in row.capped}


def test_sql_scores_every_shipped_rule() -> None:
    assert plan(held(BOOK.rulesets)).exact == ()


def test_limits_that_do_not_nest_come_to_rest(tmp_path: Path) -> None:
    """A week crosses months: the first guess is wrong here, and putting it to the test mends it."""
    drawn = Activities(TYPES, 3, members=3, only=["station.check"], days=400).take(1_500)
    entries = sorted(drawn, key=lambda each: each.facts.occurred_at)
    file = tmp_path / "activities.parquet"
    write_parquet(entries, file, TYPES)
    with preview(file, held(BOOK.rulesets), TYPES) as found:
        assert sorted(found.rows()) == exactly(entries, BOOK.rulesets)[0]
        assert found.rounds > 1


MOMENTS = st.sampled_from(
    [
        datetime.fromisoformat(f"{day}T{time}+08:00")
        for day in ("2025-12-31", "2026-01-01", "2026-01-31", "2026-02-01", "2026-03-31")
        for time in ("00:00:00", "07:59:59.999999", "08:00:00", "23:59:59.999999")
    ]
)


@settings(max_examples=4, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(moments=st.lists(MOMENTS, min_size=5, max_size=60), seed=st.integers(0, 2**32))
def test_edges_of_days_and_months(moments: list[datetime], seed: int, tmp_path: Path) -> None:
    drawn = Activities(TYPES, seed, members=2, only=CAPPED).take(len(moments))
    entries = [
        each._replace(facts=replace(each.facts, occurred_at=at.astimezone(UTC)))
        for each, at in zip(drawn, moments, strict=True)
    ]
    assert agrees(entries, BOOK.rulesets, TYPES, tmp_path)


def random_case(seed: int) -> tuple[list[Entry], RuleSet]:
    entries = Activities(WORLD, seed, members=4, days=50).take(200)
    return list(entries), RuleSets(seed, exact=seed % 2 == 0).take()


@pytest.mark.parametrize("seed", range(6))
def test_random_rule_sets(seed: int, tmp_path: Path) -> None:
    entries, ruleset = random_case(seed)
    assert agrees(entries, [ruleset], WORLD, tmp_path)


@pytest.mark.nightly
def test_many_random_rule_sets(tmp_path: Path) -> None:
    for seed in range(100, 500):
        entries, ruleset = random_case(seed)
        assert agrees(entries, [ruleset], WORLD, tmp_path), seed


@pytest.mark.nightly
def test_half_a_million_activities(tmp_path: Path) -> None:
    def entries() -> Iterable[Entry]:
        return Activities(TYPES, 5, members=4_000, days=400).take(500_000)

    want = exactly(entries(), BOOK.rulesets)
    assert previewed(entries(), BOOK.rulesets, TYPES, tmp_path) == want
    print(len(want[0]), "rows")  # noqa: T201


def test_a_lost_cap_would_be_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: without the outermost cap of each chain the two differ."""
    entries = list(Activities(TYPES, 1, members=5, only=CAPPED).take(1_000))

    def lossy(*args: Any, **said: Any) -> Plan:
        found = plan(*args, **said)
        parts = (
            replace(part, limits=part.limits[: max(1, len(part.limits) - 1)])
            for part in found.parts
        )
        return replace(found, parts=tuple(parts))

    assert agrees(entries, BOOK.rulesets, TYPES, tmp_path)
    monkeypatch.setattr(duck, "plan", lossy)
    assert not agrees(entries, BOOK.rulesets, TYPES, tmp_path)


def test_days_of_another_zone_would_be_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: by days of UTC the two differ."""
    entries = list(Activities(TYPES, 1, members=5, only=CAPPED).take(1_000))
    monkeypatch.setattr(duck, "local_moment", lambda column, *_: column)
    assert not agrees(entries, BOOK.rulesets, TYPES, tmp_path)


def test_versions_follow_each_other(tmp_path: Path) -> None:
    """A cap that changes at a new year counts anew; one for life goes on, and is scored exactly."""
    turn = datetime(2026, 1, 1, tzinfo=ZONE)
    first, second = BOOK.rulesets[0], BOOK.rulesets[0]
    caps = {name: replace(cap, maximum=cap.maximum + 7) for name, cap in second.caps.items()}
    rules = tuple(
        replace(rule, caps=tuple(caps[cap.id] for cap in rule.caps)) for rule in second.rules
    )
    by_type = {
        name: tuple(rule for rule in rules if rule.type.name == name) for name in second.by_type
    }
    before = replace(first, ends_at=turn)
    after = replace(second, version=2, starts_at=turn, rules=rules, by_type=by_type, caps=caps)
    entries = list(Activities(TYPES, 9, members=5, days=40, only=CAPPED).take(1_000))
    assert plan(held([before, after])).exact == ()
    assert agrees(entries, [before, after], TYPES, tmp_path)
    within = timedelta(hours=12)
    torn = [replace(before, ends_at=turn + within), replace(after, starts_at=turn + within)]
    assert {each.why for each in plan(held(torn)).exact} == {"versions"}
    assert agrees(entries, torn, TYPES, tmp_path)
