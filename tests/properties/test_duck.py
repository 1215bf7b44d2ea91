"""The fast preview grants, award for award, what the exact engine grants."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from points.flows.backtest.duck import preview
from points.flows.backtest.parquet import write_parquet
from points.rules import ActivityTypes, Entry, RuleSet, replay
from points.rules.award_rows import AwardRow, Failure, award_rows
from points.rules.sql_plan import Held
from points.wiring import load_rules, load_types, shipped
from tests.properties.activities import Activities

TYPES = load_types(shipped("rules"))
BOOK = load_rules(shipped("rules"), TYPES)
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
    write_parquet(entries, folder / "a.parquet", types)
    with preview(folder / "a.parquet", held(rulesets), types) as found:
        return sorted(found.rows()), sorted(found.failures())


def test_shipped_rules_award_for_award(tmp_path: Path) -> None:
    entries = list(Activities(TYPES, 1, members=20).take(5000))
    want = exactly(entries, BOOK.rulesets)
    assert previewed(entries, BOOK.rulesets, TYPES, tmp_path) == want
    assert want[0]
