"""The bench runs on both databases, posts what it says it posts, and leaves nothing behind.

No figure is checked: those are for people, on a quiet machine.
"""

import json
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import func, make_url, select
from typer.testing import CliRunner

from points import unit_of_work
from points.cli.bench.command import app
from points.cli.bench.measure import Line, Measured, Pair, Ratio, Way, measure, rate
from points.cli.bench.postings import Postings, Reference
from points.cli.bench.reference_postgres import PostgresReference
from points.cli.bench.reference_sqlite import SqliteReference
from points.cli.bench.report import POSTINGS, as_json
from points.cli.bench.scratch import ASSOCIATION, Scratch, conninfo, scratch
from points.ledger.tables import account, entry, operation
from points.ledger.tables import transaction as posted

CODES = [
    "engine.submit.1",
    "sql.single.1",
    "engine.submit.8",
    "sql.single.8",
    "engine.submit.32",
    "sql.single.32",
    "engine.batch.1",
    "engine.batch.100",
    "sql.batch.100",
    "engine.batch.1000",
    "sql.batch.1000",
]


def reference(there: Scratch) -> Reference:
    """Connect to a scratch database."""
    return (
        PostgresReference(there.url) if there.kind == "postgresql" else SqliteReference(there.url)
    )


def test_one_tiny_run_tells_every_line(database_url: str) -> None:
    asked = ["post", "--database", database_url, "--json"]
    answer = CliRunner().invoke(
        app, [*asked, "--seconds", "0.02", "--rounds", "1", "--members", "50"]
    )
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.output)
    assert told["database"] == make_url(database_url).get_backend_name()
    assert [line["code"] for line in told["lines"]] == CODES
    assert all(line["postings_per_second"] > 0 and line["zh"] for line in told["lines"])
    assert {each["goal"] for each in told["ratios"]} == {None, 1.5, 0.35}


@pytest.mark.parametrize("batched", [False, True])
def test_a_reference_writes_what_the_engine_writes(database_url: str, batched: bool) -> None:  # noqa: FBT001
    with scratch(database_url, members=3) as there:
        source = Postings.of(there)
        postings = [source.posting() for _ in range(20)]
        through = reference(there)
        if batched:
            through.post_many(postings)
        else:
            for each in postings:
                through.post(each)
        through.close()
        with unit_of_work.reading(there.database, ASSOCIATION) as connection:
            counted = [
                connection.execute(select(func.count()).select_from(table)).scalar_one()
                for table in (operation, posted, entry)
            ]
            state = connection.execute(select(account.c.version, account.c.available)).all()
            last = connection.execute(
                select(func.max(entry.c.balance_after)).where(entry.c.version.is_not(None))
            ).scalar_one()
    assert counted == [20, 20, 40]
    assert sum(row.version for row in state) == 20
    assert sum(row.available for row in state) == 200
    assert last == max(row.available for row in state)


def test_a_reference_posts_an_operation_once(postgres_url: str) -> None:
    with scratch(postgres_url, members=1) as there:
        posting, through = Postings.of(there).posting(), PostgresReference(there.url)
        through.post(posting)
        through.post(posting)
        through.post_many([posting])
        through.close()
        with unit_of_work.reading(there.database, ASSOCIATION) as connection:
            assert connection.execute(select(account.c.version)).scalar_one() == 1


def test_nothing_is_left_behind(postgres_url: str, tmp_path: Path) -> None:
    with scratch(postgres_url, members=1) as there:
        name = there.url.database
    with psycopg.connect(conninfo(make_url(postgres_url))) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        assert found.fetchone() is None
    with scratch(f"sqlite:///{tmp_path / 'mine.db'}", members=1) as there:
        assert Path(str(there.url.database)).is_file()
        assert there.members
    assert list(tmp_path.iterdir()) == []


def way(code: str, post: int, *, workers: int = 1) -> Way:
    """Return a way that posts in no time, or fails where it posts nothing."""

    @contextmanager
    def opened():  # type: ignore[no-untyped-def]  # noqa: ANN202
        yield lambda: post or 1 // post

    return Way(code=code, zh="甲", en="a", workers=workers, open=opened)


def test_a_way_in_two_pairs_is_driven_once_a_round() -> None:
    shared = way("b", 1)
    both = (Pair(engine=way("a", 1), reference=shared), Pair(engine=way("c", 1), reference=shared))
    found = measure(both, seconds=0.001, rounds=2)
    assert [(line.way.code, len(line.rates)) for line in found.lines] == [
        ("a", 2),
        ("b", 2),
        ("c", 2),
    ]


def test_a_worker_that_fails_is_heard() -> None:
    with pytest.raises(ZeroDivisionError):
        rate(way("a", 0, workers=3), seconds=0.001)


@pytest.mark.parametrize(("ratios", "reached"), [((2.0, 1.5, 0.1), True), ((1.4, 1.4, 9.0), False)])
def test_a_goal_is_judged_by_the_median(ratios: tuple[float, ...], reached: bool) -> None:  # noqa: FBT001
    pair = Pair(engine=way("a", 1), reference=way("b", 1), goal=1.5)
    measured = Measured(
        lines=(Line(way=pair.engine, rates=(1.0, 3.0, 2.0)),),
        ratios=(Ratio(pair=pair, ratios=ratios),),
    )
    told = as_json(measured, POSTINGS, seconds=1.0)
    assert told["lines"][0]["postings_per_second"] == 2.0
    assert told["ratios"][0]["reached"] is reached
