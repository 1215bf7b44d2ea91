"""The fast preview grants, award for award, what the exact engine grants."""

from collections.abc import Iterable, Sequence
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


def held(rulesets: Iterable[RuleSet]) -> list[Held]:
    return [Held(each, each.starts_at, each.ends_at) for each in rulesets]


def exactly(
    entries: Iterable[Entry], rulesets: Sequence[RuleSet]
) -> tuple[set[AwardRow], set[Failure]]:
    def choose(programme, at):  # type: ignore[no-untyped-def]
        return next((r for r in rulesets if r.programme == programme and r.in_force(at)), None)

    rows = list(award_rows(replay(entries, choose)))
    awards = [row for row in rows if isinstance(row, AwardRow)]
    assert len(set(awards)) == len(awards)
    return set(awards), {row for row in rows if isinstance(row, Failure)}


def previewed(
    entries: Iterable[Entry], rulesets: Sequence[RuleSet], types: ActivityTypes, folder: Path
) -> tuple[set[AwardRow], set[Failure]]:
    write_parquet(entries, folder / "a.parquet", types)
    with preview(folder / "a.parquet", held(rulesets), types) as found:
        rows = list(found.rows())
        assert len(set(rows)) == len(rows)
        return set(rows), set(found.failures())


def test_shipped_rules_award_for_award(tmp_path: Path) -> None:
    entries = list(Activities(TYPES, 1, members=20).take(5000))
    want, got = exactly(entries, BOOK.rulesets), previewed(entries, BOOK.rulesets, TYPES, tmp_path)
    print(len(want[0]), len(want[0] - got[0]), len(got[0] - want[0]))
    for row in sorted(want[0] - got[0])[:10]:
        print("want", row)
    for row in sorted(got[0] - want[0])[:10]:
        print("got ", row)
    assert want == got
