"""The same back-test with the fast preview: two runs of SQL in place of two of the exact engine.

The sums are those of the exact engine. The reasons for the largest changes come from it anyway:
only those few members are scored again with it.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby, repeat
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from points.flows.backtest.duck import Preview, preview
from points.flows.backtest.parquet import write_parquet
from points.flows.backtest.run import Watch, report
from points.flows.backtest.scoring import Bench, Scored
from points.flows.backtest.source import Item
from points.flows.backtest.trial import Trial, spans
from points.kernel.errors import Misused
from points.rules import RuleSet
from points.rules.award_rows import AwardRow, Failure
from points.rules.impact import Impact, Partial, Side
from points.rules.impact.sides import Subject, side_of_rows
from points.rules.sql_plan import Held

STEP = 20_000
"""How many activities are compared between two words about how it goes on."""


def backtest_quickly(
    bench: Bench,
    *,
    watch: Watch = lambda _done, _all: None,
    threads: int = 2,
    folder: Path | None = None,
) -> Impact:
    """Score the activities of a period both ways with DuckDB, and return what differs.

    Args:
        bench: What is tried, and on what.
        watch: Hears how it goes on.
        threads: How many processors may be used.
        folder: Where activities wait as a file meanwhile; the machine's own place otherwise.

    Raises:
        Misused: The activities changed meanwhile.
    """
    trial, source, part = bench.trial, bench.source, Partial()
    mark = source.mark()
    types = (trial.after or trial.before or trial.book.of(trial.programme)).types
    with TemporaryDirectory(prefix="points-", dir=folder) as place:
        file = Path(place) / "activities.parquet"
        write_parquet((item.entry for item in _items(bench)), file, types)
        said: dict[str, Any] = {"types": types, "threads": threads, "until": source.as_of}
        with (
            preview(file, versions(trial, trial.before), **said) as before,
            preview(file, versions(trial, trial.after), **said) as after,
        ):
            for scored, otherwise in _pairs(bench, before, after):
                part.add(scored)
                part.otherwise += otherwise
                if part.activities % STEP == 0:
                    watch(part.activities, mark.activities)
    part.close()
    watch(part.activities, mark.activities)
    impact = report(bench, part, mark, engine="duckdb")
    if source.mark() != mark:
        raise Misused(
            "backtest.moved",
            "回测期间数据有变化，请重新回测",
            "the activities changed meanwhile; try again",
        )
    return impact


def versions(trial: Trial, tried: RuleSet | None) -> list[Held]:
    """Return who holds when, as the exact back-test chooses: what is tried, from the period on."""
    found = []
    for programme in trial.book.programmes():
        for ruleset, starts_at, ends_at in spans(trial.book, programme):
            until = ends_at
            if tried is not None and programme == tried.programme:
                until = min(ends_at, trial.begins)
            if starts_at < until:
                found.append(Held(ruleset, starts_at, until))
    if tried is not None:
        held = tried.at_any_time()
        found.append(Held(held, trial.begins, held.ends_at))
    return found


def _items(bench: Bench) -> Iterator[Item]:
    """Yield what counts in the programme, in scored order: all at once or member by member."""
    for item in bench.source.stream() if bench.trial.shared else _by_member(bench):
        if bench.trial.programme in item.entry.programmes:
            yield item


def _by_member(bench: Bench) -> Iterator[Item]:
    for shard in bench.source.shards():
        for items in bench.source.members(shard):
            yield from items


def _pairs(bench: Bench, before: Preview, after: Preview) -> Iterator[tuple[Any, bool]]:
    """Yield every activity of the period, scored both ways, and whether it was posted otherwise."""
    trial = bench.trial
    old, new = _Sides(before, trial.programme), _Sides(after, trial.programme)
    # The file has all that is asked but what was posted: for that the source is read once more.
    posted = (item.stored for item in _items(bench)) if trial.stored else repeat(None)
    for (subject, programmes), stored in zip(before.subjects(trial.zone), posted, strict=False):
        sides = [old.of(subject, programmes), new.of(subject, programmes)]
        if trial.begins <= subject.occurred_at < trial.ends:
            yield Scored(subject, sides, stored).pair(stored=trial.stored)


class _Sides:
    """What a preview granted, activity after activity in scored order."""

    def __init__(self, found: Preview, programme: str) -> None:
        self.programme = programme
        self.rows = _Groups(found.rows())
        self.failures = _Groups(found.failures())

    def of(self, subject: Subject, programmes: Sequence[str]) -> Side:
        """Return what the activity that comes next was granted."""
        failures: list[Failure] = self.failures.of(subject.activity_id)
        if failures:
            first = min(failures, key=lambda each: programmes.index(each.programme))
            return Side(failed=(first.rule_id, first.code))
        rows: list[AwardRow] = self.rows.of(subject.activity_id)
        mine = [row for row in rows if row.programme == self.programme]
        return side_of_rows(mine, member_id=subject.member_id)


class _Groups:
    """Rows by activity, given out in the order in which they come."""

    def __init__(self, rows: Iterable[AwardRow | Failure]) -> None:
        self._groups = groupby(rows, key=lambda row: row.activity_id)
        self._next: tuple[str, list[Any]] | None = None

    def of(self, activity_id: str) -> list[Any]:
        """Return the rows of an activity, if it is the one that comes next."""
        if self._next is None:
            found = next(self._groups, None)
            self._next = None if found is None else (found[0], list(found[1]))
        if self._next is None or self._next[0] != activity_id:
            return []
        rows, self._next = self._next[1], None
        return rows
