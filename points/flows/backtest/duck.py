"""The fast preview: what rules grant for a file of activities, as SQL on DuckDB.

Award for award what the exact engine grants. Rules that SQL cannot say exactly, and whatever counts
together with them, are scored by the exact engine itself, over the activities that they are about.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from heapq import merge
from itertools import groupby, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import duckdb

from points.flows.backtest.parquet import open_parquet, read_entries
from points.kernel.ensure import ensure
from points.rules import ActivityTypes, RuleSet, replay
from points.rules.award_rows import AwardRow, Failure, award_rows
from points.rules.impact.sides import UNKNOWN, Subject
from points.rules.sql import named, quoted
from points.rules.sql_activities import local_moment, unfit
from points.rules.sql_grants import chosen, closed_form, cuts, guess, keys, step
from points.rules.sql_plan import Held, Numbered, Part, Plan, plan

MEMORY = "1GB"
CHUNK = 20_000
"""Rows that go into a table, or come out of one, at once."""
_AWARDS = (
    "CREATE TABLE awards (seq BIGINT, rule INTEGER, measure INTEGER, who BIGINT, points BIGINT, "
    "forgone BIGINT, cut STRUCT(place INTEGER, took BIGINT)[])"
)
_SCORED = (
    "CREATE TABLE scored (member_id VARCHAR, activity_id VARCHAR, programme VARCHAR, "
    "rule_id VARCHAR, measure VARCHAR, points BIGINT, forgone BIGINT, capped VARCHAR, cuts VARCHAR)"
)
_STOPPED = (
    "CREATE TABLE stopped (activity_id VARCHAR, programme VARCHAR, rule_id VARCHAR, code VARCHAR)"
)
_FAILURES = (
    "CREATE TABLE failures (seq BIGINT, rule INTEGER, programme VARCHAR, rule_id VARCHAR, "
    "code VARCHAR)"
)


class Placed(NamedTuple):
    """An award with its place in scored order."""

    seq: int
    row: AwardRow


@contextmanager
def preview(
    path: Path,
    versions: Sequence[Held],
    types: ActivityTypes,
    *,
    threads: int = 2,
    memory: str = MEMORY,
    until: datetime | None = None,
) -> Iterator["Preview"]:
    """Score a file of activities, and keep what was granted for as long as it is asked.

    Args:
        path: A Parquet file of activities.
        versions: Who holds when; no two of a programme at the same time.
        types: The activity types under which the file was written.
        threads: How many processors may be used.
        memory: How much memory may be; what does not fit goes to disk.
        until: Up to when points that were put off are granted; up to the last scoring otherwise.

    Raises:
        Misused: The file cannot be read.
    """
    with TemporaryDirectory(prefix="points-") as folder:
        config: dict[str, Any] = {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": folder,
        }
        with duckdb.connect(str(Path(folder) / "preview.duckdb"), config=config) as connection:
            open_parquet(connection, path, types)
            found = Preview(
                connection=connection, versions=tuple(versions), types=types, until=until
            )
            found.score()
            yield found


@dataclass(kw_only=True)
class Preview:
    """What was granted, in a database of its own.

    Attributes:
        rounds: How often grants had to be put to the test until nothing changed, at most.
    """

    connection: duckdb.DuckDBPyConnection
    versions: tuple[Held, ...]
    types: ActivityTypes
    until: datetime | None = None
    rounds: int = 0
    measures: list[str] = field(init=False)

    def __post_init__(self) -> None:
        """Number the measures."""
        self.measures = sorted({m for held in self.versions for m in held.ruleset.measures})

    @cached_property
    def plan(self) -> Plan:
        """Which rules SQL scores, and which the exact engine does, and why."""
        tests = ", ".join(f"bool_or({unfit(kind)})" for kind in self.types.types.values())
        found = self._one(f"SELECT {tests} FROM activities")  # noqa: S608
        names = zip(self.types.types, found, strict=True)
        return plan(self.versions, unfit=frozenset(name for name, bad in names if bad))

    @cached_property
    def span(self) -> tuple[datetime, datetime]:
        """The first and the last instant at which anything happened."""
        first, last = self._one("SELECT min(occurred_at), max(occurred_at) FROM activities")
        now = datetime(2000, 1, 1)  # noqa: DTZ001 - any day will do where nothing happened
        return (first or now).replace(tzinfo=UTC), (last or now).replace(tzinfo=UTC)

    def score(self) -> None:
        """Fill the tables: worths first, because whatever fails gets nothing from any rule."""
        run = self.connection.execute
        for table in (_AWARDS, _SCORED, _STOPPED, _FAILURES):
            run(table)
        run(
            "CREATE TABLE people AS SELECT member_id, row_number() OVER (ORDER BY member_id) "
            "AS who FROM (SELECT DISTINCT member_id FROM activities)"
        )
        present = {name for (name,) in self._read("SELECT DISTINCT type FROM activities")}
        parts = [
            (f"part_{number}", part)
            for number, part in enumerate(self.plan.parts)
            if not present.isdisjoint(each.rule.type.name for each in part.rules)
        ]
        for table, part in parts:
            self._weigh(part, table)
        self._score_exactly()
        for table, part in parts:
            self._grant(part, table)

    def rows(self, *, by_member: bool = False) -> Iterator[AwardRow]:
        """Yield what every rule granted, or would have but for its caps.

        Args:
            by_member: Member after member, each in scored order; else all in scored order.
        """
        order = "member_id, seq" if by_member else "seq"
        streams = (self._granted(order), self._scored(order))

        def place(each: Placed) -> tuple[str, int]:
            return (each.row.member_id if by_member else "", each.seq)

        yield from (each.row for each in merge(*streams, key=place))

    def subjects(self, zone: ZoneInfo) -> Iterator[tuple[Subject, list[str]]]:
        """Yield every activity as reports tell it apart, and its programmes, in scored order.

        Args:
            zone: Of the months.
        """
        for activity_id, member_id, name, at, programmes, branch, kind in self._read(
            "SELECT activity_id, member_id, type, occurred_at, programmes, member.branch, "
            "member.kind FROM activities ORDER BY seq"
        ):
            happened = at.replace(tzinfo=UTC)
            local = happened.astimezone(zone)
            month = f"{local.year:04}-{local.month:02}"
            who = (branch or UNKNOWN, kind or UNKNOWN)
            yield Subject(activity_id, member_id, name, happened, month, *who), programmes

    def failures(self) -> Iterator[Failure]:
        """Yield the activities that were set aside, by the first rule of each programme to fail."""
        rows = self._read(
            "SELECT activity_id, programme, rule_id, code "
            "FROM failures JOIN activities USING (seq) ORDER BY seq, programme, rule"
        )
        for _, found in groupby(rows, key=lambda row: row[:2]):
            yield Failure(*next(found))

    def _weigh(self, part: Part, table: str) -> None:
        """Fill the table of what each rule of a part is worth."""
        run = self.connection.execute
        columns = {name: kind for limit in part.limits for name, kind in limit.columns.items()}
        typed = "".join(f", {name} {kind}" for name, kind in columns.items())
        run(
            f"CREATE TABLE {table} (seq BIGINT, rule INTEGER, measure INTEGER, who BIGINT, "
            f"asked BIGINT{typed})"
        )
        for each in part.rules:
            worth, told = part.worths[each.number], _told(each, part)
            kept = ("seq", "who", *columns)
            selected = worth.select(self._relation(each, columns, told), kept)
            if worth.failing:
                run(f"CREATE OR REPLACE TABLE weighed AS {selected}")
                run(
                    f"INSERT INTO failures SELECT seq, {each.number}, {quoted(each.programme)}, "  # noqa: S608
                    f"{quoted(each.rule.id)}, failed FROM weighed "
                    "WHERE failed IS NOT NULL"
                )
                selected = "SELECT * FROM weighed WHERE failed IS NULL"
            if worth.points:
                names = ", ".join(("who", *columns))
                listed = ", ".join(str(self.measures.index(name)) for name in worth.points)
                asked = ", ".join(f"p_{name}" for name in worth.points)
                run(
                    f"INSERT INTO {table} BY NAME SELECT * FROM (SELECT seq, "  # noqa: S608
                    f"{each.number} AS rule, unnest([{listed}]) AS measure, "
                    f"unnest([{asked}]) AS asked, {names} FROM ({selected})) WHERE asked > 0"
                )

    def _relation(self, each: Numbered, columns: dict[str, str], told: dict[str, str]) -> str:
        """Return SQL of the activities that a rule is asked about, with its limits' columns."""
        held = each.held
        local = local_moment("occurred_at", held.ruleset.zone, *self.span)
        named_keys = ", ".join(f"{told.get(name, 'NULL')} AS {name}" for name in columns)
        weekend = "CASE WHEN isodow(local) < 6 THEN 'workday' ELSE 'weekend' END"
        return (
            f"(SELECT *{', ' if named_keys else ''}{named_keys} FROM ("  # noqa: S608
            "SELECT seq, who, source, proved, enrolled, local, CAST(local AS DATE) AS day, "
            f"coalesce(day_kind, {weekend}) AS day_kind, member, event FROM ("
            f"SELECT seq, who, source, proved, enrolled, day_kind, member, {local} AS local, "
            f"{named(each.rule.type.name)} AS event FROM activities JOIN people USING (member_id) "
            f"WHERE type = {quoted(each.rule.type.name)} "
            f"AND list_contains(programmes, {quoted(each.programme)}) "
            f"AND occurred_at >= {_moment(held.since)} AND occurred_at < {_moment(held.until)})))"
        )

    def _score_exactly(self) -> None:
        """Score what SQL cannot say, by the exact engine."""
        types = self.plan.exact_types
        reduced = [(held, self.plan.reduced(held)) for held in self.versions]

        def choose(programme: str, at: datetime) -> RuleSet | None:
            for held, ruleset in reduced:
                if ruleset.programme == programme and held.since <= at < held.until:
                    return ruleset
            return None

        passed = "seq NOT IN (SELECT seq FROM failures)"
        entries = (
            entry for _, entry in read_entries(self.connection, self.types, types, where=passed)
        )
        found = award_rows(replay(entries, choose, until=self.until or self._last_scored()))
        for chunk in _chunks(found):
            awards = [
                (*row[:-2], ",".join(row.capped), json.dumps(row.cuts))
                for row in chunk
                if isinstance(row, AwardRow)
            ]
            self._insert("scored", 9, awards)
            self._insert("stopped", 4, [row for row in chunk if isinstance(row, Failure)])
        self.connection.execute(
            "INSERT INTO failures SELECT seq, 0, programme, rule_id, code "
            "FROM stopped JOIN activities USING (activity_id)"
        )

    def _last_scored(self) -> datetime | None:
        """Return when the last activity was scored: what was put off until then is granted."""
        (at,) = self._one("SELECT max(coalesce(scored_at, received_at)) FROM activities")
        return None if at is None else at.replace(tzinfo=UTC)

    def _insert(self, table: str, width: int, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            values = ", ".join(["unnest(?)"] * width)
            self.connection.execute(f"INSERT INTO {table} SELECT {values}", columns)

    def _grant(self, part: Part, table: str) -> None:
        """Grant what groups and caps leave of a part's worths."""
        run = self.connection.execute
        run(f"DELETE FROM {table} WHERE seq IN (SELECT seq FROM failures)")  # noqa: S608
        relation = chosen(table, part.groups)
        run(f"CREATE TABLE granted AS {guess(relation, part.limits)}")
        rounds = 0
        while not closed_form(part.limits):
            rounds += 1
            run(f"CREATE TABLE tested AS {step('granted', part.limits)}")
            changed = self._one("SELECT count_if(was <> granted) FROM tested")[0]
            run("DROP TABLE granted")
            run("ALTER TABLE tested RENAME TO granted")
            if not changed:
                break
        self.rounds = max(self.rounds, rounds)
        cut, forgone = cuts(part.limits)
        run(
            "INSERT INTO awards SELECT * FROM (SELECT seq, rule, measure, who, granted, "  # noqa: S608
            f"{forgone} AS forgone, {cut} AS cut FROM granted) WHERE granted > 0 OR forgone > 0"
        )
        run("DROP TABLE granted")
        run(f"DROP TABLE {table}")

    def _granted(self, order: str) -> Iterator[Placed]:
        """Yield what SQL granted."""
        rows = self._read(
            "SELECT seq, rule, measure, points, forgone, cut, member_id, activity_id "  # noqa: S608
            "FROM awards JOIN people USING (who) JOIN activities USING (seq, member_id) "
            f"ORDER BY {order}, rule"
        )
        for _, group in groupby(rows, key=lambda row: row[:2]):
            found = list(group)
            numbered = self.plan.rules[found[0][1]]
            part = self._parts[numbered.number]
            worth = list(part.worths[numbered.number].points)
            found.sort(key=lambda row: worth.index(self.measures[row[2]]))
            capped = dict.fromkeys(cut["place"] for row in found for cut in row[5])
            names = tuple(part.limits[place].name for place in capped)
            for seq, _, measure, points, forgone, cut, member_id, activity_id in found:
                yield Placed(
                    seq,
                    AwardRow(
                        member_id=member_id,
                        activity_id=activity_id,
                        programme=numbered.programme,
                        rule_id=numbered.rule.id,
                        measure=self.measures[measure],
                        points=points,
                        forgone=forgone,
                        capped=names,
                        cuts=tuple((part.limits[c["place"]].name, c["took"]) for c in cut),
                    ),
                )

    def _scored(self, order: str) -> Iterator[Placed]:
        """Yield what the exact engine granted."""
        for seq, member_id, *rest, capped, cuts_told in self._read(
            "SELECT a.seq, s.member_id AS member_id, s.activity_id, s.programme, s.rule_id, "  # noqa: S608
            "s.measure, s.points, s.forgone, s.capped, s.cuts FROM scored s "
            f"JOIN activities a USING (activity_id) ORDER BY {order}"
        ):
            names = tuple(capped.split(",")) if capped else ()
            taken = tuple((cap, took) for cap, took in json.loads(cuts_told))
            yield Placed(seq, AwardRow._make((member_id, *rest, names, taken)))

    @cached_property
    def _parts(self) -> dict[int, Part]:
        return {each.number: part for part in self.plan.parts for each in part.rules}

    def _one(self, sql: str) -> tuple[Any, ...]:
        found = self.connection.execute(sql).fetchone()
        ensure(found is not None, "an aggregate has one row")
        return found or ()

    def _read(self, sql: str) -> Iterator[tuple[Any, ...]]:
        cursor = self.connection.cursor()
        cursor.execute(sql)
        while rows := cursor.fetchmany(CHUNK):
            yield from rows


def _told(each: Numbered, part: Part) -> dict[str, str]:
    """Return SQL of the columns that tell a rule's limits apart."""
    found = {}
    for limit in part.limits:
        if each.number in limit.rules:
            told = keys(limit.limit, each.rule.type.fields)
            found.update({f"{letter}{limit.place}": sql for letter, (sql, _) in told.items()})
    return found


def _moment(at: datetime) -> str:
    return f"TIMESTAMP '{at.astimezone(UTC).replace(tzinfo=None).isoformat(sep=' ')}'"


def _chunks(rows: Iterable[AwardRow | Failure]) -> Iterator[list[AwardRow | Failure]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
