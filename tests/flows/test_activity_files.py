"""Files of activities: what is read back is what was written, and nothing else leaves."""

import stat
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from points.flows.backtest.minimal import Kept, entries_between
from points.flows.backtest.parquet import open_parquet, read_entries, write_parquet
from points.flows.backtest.source import Item
from points.kernel.errors import Misused
from points.rules import ActivityTypes, Entry
from tests.flows.town import activity_types, ruleset
from tests.properties.activities import ZONE, Activities
from tests.unit.rules.worlds import WORLD, one_rule, ruleset_of

TYPES = activity_types()


def drawn(count: int = 300) -> list[Entry]:
    return list(Activities(TYPES, 4, members=10).take(count))


def read_back(file: Path, types: ActivityTypes = TYPES) -> Iterator[Entry]:
    with duckdb.connect() as connection:
        open_parquet(connection, file, types)
        yield from (entry for _, entry in read_entries(connection, types, types.types))


def test_what_is_read_back_is_what_was_written(tmp_path: Path) -> None:
    entries = drawn()
    named = {"party": {"m00001": frozenset({"wallet"})}}
    facts = replace(
        entries[0].facts, external_id="no. 1", day_kind="holiday", closed=frozenset({"rating"})
    )
    entries[0] = entries[0]._replace(facts=facts, peers=named, scored_at=None)
    file = tmp_path / "a.parquet"
    assert write_parquet(entries, file, TYPES) == len(entries)
    assert list(read_back(file)) == entries
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"], "nothing is left behind"


def test_an_empty_file_is_a_file(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    assert write_parquet([], file, TYPES) == 0
    assert list(read_back(file)) == []
    with duckdb.connect() as connection:
        open_parquet(connection, file, TYPES)
        assert list(read_entries(connection, TYPES, ())) == []


def test_only_texts_that_rules_read_leave(tmp_path: Path) -> None:
    kept = Kept.for_rules([ruleset("party"), ruleset("health")])
    assert kept == Kept(texts=kept.texts)
    assert "honour.award.deed" in kept.texts, "a group counts by it"
    assert "volunteer.shift.site" not in kept.texts
    file = tmp_path / "a.parquet"
    write_parquet(drawn(), file, TYPES, kept=kept)
    texts = {
        f"{each.facts.type}.{name}"
        for each in read_back(file)
        for name in each.facts.fields
        if TYPES.types[each.facts.type].fields[name].kind == "text"
    }
    assert texts == {"honour.award.deed"}


def test_numbers_leave_where_a_rule_asks_for_them(tmp_path: Path) -> None:
    rules = one_rule("points: \"has(event.task) ? history.awarded('R1', event.task) : 1\"")
    kept = Kept.for_rules([rules])
    assert kept.numbers
    assert "shift.done.task" in kept.texts
    capped = ruleset_of(
        "caps:\n  c: {window: day, max: 3, per: event.task, title: {zh: 甲, en: A}}\n"
        "rules:\n  - {id: R1, title: {zh: 甲, en: A}, on: shift.done, points: 1, caps: [c]}\n"
    )
    assert Kept.for_rules([capped]) == Kept(texts=frozenset({"shift.done.task"}))
    for number, written in ((kept, "x"), (Kept(), "")):
        (entry,) = Activities(WORLD, 1).take(1)
        entry = entry._replace(facts=replace(entry.facts, external_id="x"))
        file = tmp_path / f"{written}.parquet"
        write_parquet([entry], file, WORLD, kept=number)
        assert [each.facts.external_id for each in read_back(file, WORLD)] == [written]


def test_other_types_and_other_files_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.parquet"
    write_parquet(drawn(1), file, TYPES)
    with pytest.raises(Misused) as refused:
        list(read_back(file, WORLD))
    assert refused.value.code == "backtest.types"
    with pytest.raises(Misused) as refused:
        list(read_back(tmp_path / "none.parquet"))
    assert refused.value.code == "backtest.file"
    (tmp_path / "text.parquet").write_text("no", "utf-8")
    with pytest.raises(Misused):
        list(read_back(tmp_path / "text.parquet"))
    with duckdb.connect() as connection:
        connection.execute(f"COPY (SELECT 1 AS x) TO '{tmp_path / 'b.parquet'}'")
    with pytest.raises(Misused) as refused:
        list(read_back(tmp_path / "b.parquet"))
    assert refused.value.code == "backtest.types"


def test_days_are_local() -> None:
    midnight = datetime(2026, 1, 1, tzinfo=ZONE).astimezone(UTC)
    (entry,) = drawn(1)
    items = [
        Item(entry._replace(facts=replace(entry.facts, occurred_at=midnight + after)))
        for after in (-timedelta(microseconds=1), timedelta(), timedelta(days=1))
    ]
    told: list[int] = []
    day = entries_between(
        items, ZONE, date(2026, 1, 1), date(2026, 1, 2), tell=lambda: told.append(1)
    )
    assert [each.facts.occurred_at for each in day] == [midnight]
    assert len(told) == 3
    assert len(list(entries_between(items, ZONE, None, None))) == 3
