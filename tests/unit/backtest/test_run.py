"""Back-tests on many processes, killed and resumed, say the same as one that was left alone."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from points.flows.backtest import processes
from points.flows.backtest.kept import Kept
from points.flows.backtest.processes import spread
from points.flows.backtest.run import backtest, inputs
from points.flows.backtest.scoring import Bench, sum_members
from points.flows.backtest.spark import _session, on_spark, sum_partition
from points.flows.backtest.trial import Trial, reach, spans
from points.flows.context import Published
from points.kernel.errors import BrokenInvariant, Misused
from points.rules import load_ruleset
from points.rules.impact import Partial
from tests.unit.backtest import killed
from tests.unit.backtest.cities import SINCE, Opens, book, city, draft, trial, types

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def left_alone() -> str:
    """The summary of a back-test that nobody disturbed."""
    return backtest(Bench(trial(), city())).canonical


def test_a_city_is_always_the_same(left_alone: str) -> None:
    assert backtest(Bench(trial(), city())).canonical == left_alone
    assert backtest(Bench(trial(), city(seed=2))).canonical != left_alone
    found = json.loads(left_alone)
    assert found["activities"]["changed"] > 0
    assert all(each["reasons"] for of in found["largest"].values() for each in of)


def test_two_processes_say_what_one_says(left_alone: str) -> None:
    opener, heard = Opens(), []
    with opener() as bench:
        found = backtest(
            bench, opener=opener, jobs=2, watch=lambda done, of: heard.append((done, of))
        )
    assert found.canonical == left_alone
    assert heard[-1][0] == found.part.activities
    assert heard[-1][1] == bench.source.mark().activities


def run_killed(folder: Path) -> int:
    command = [sys.executable, "-m", "tests.unit.backtest.killed", str(folder)]
    return subprocess.run(command, cwd=ROOT, check=False).returncode  # noqa: S603 - our own


def test_killed_and_resumed_it_is_byte_for_byte_the_same(left_alone: str, tmp_path: Path) -> None:
    assert run_killed(tmp_path) == -signal.SIGKILL
    assert not (tmp_path / "summary").exists()
    done = (tmp_path / "kept").read_bytes()
    assert done.count(b"\n") == 3, "what was done before is kept: a head and two groups"
    # The machine may die in the middle of a line as well.
    (tmp_path / "kept").write_bytes(done + b'{"shard": "torn')
    killed.main(tmp_path)  # in this process now: the other one is dead
    assert (tmp_path / "summary").read_text("utf-8") == left_alone
    assert (tmp_path / "kept").read_bytes().startswith(done)


def test_control_a_part_that_is_not_as_it_was_is_seen(left_alone: str, tmp_path: Path) -> None:
    kept = Kept.at(tmp_path / "kept", {})
    backtest(Bench(trial(), city()), kept=kept)
    head, first, *rest = (tmp_path / "kept").read_bytes().splitlines(keepends=True)
    other = json.loads(first)
    other["part"]["activities"] += 1
    (tmp_path / "kept").write_bytes(b"".join([head, json.dumps(other).encode() + b"\n", *rest]))
    again = backtest(Bench(trial(), city()), kept=Kept.at(tmp_path / "kept", {}))
    assert again.canonical != left_alone


def test_nothing_is_done_twice(tmp_path: Path) -> None:
    backtest(Bench(trial(), city()), kept=Kept.at(tmp_path / "kept", {"as_of": "then"}))
    bench = Bench(trial(), city())
    calls: list[Sequence[str]] = []

    def engine(_opener: Any, shards: Any, _jobs: int) -> Iterator[tuple[Sequence[str], Partial]]:
        for shard in shards:
            calls.append(shard)
            yield shard, sum_members(bench, shard)

    kept = Kept.at(tmp_path / "kept", {"as_of": "now"})
    assert kept.facts == {"as_of": "then"}
    found = backtest(bench, kept=kept, opener=Opens(), jobs=2, engine=engine)
    assert calls == []
    assert found.part.as_json() == backtest(Bench(trial(), city())).part.as_json()
    kept.done()
    assert not (tmp_path / "kept").exists()
    Kept().done()


def test_other_inputs_do_not_go_on(tmp_path: Path) -> None:
    backtest(Bench(trial(), city(2)), kept=Kept.at(tmp_path / "kept", {}))
    with pytest.raises(Misused, match=r"backtest\.other_inputs"):
        backtest(Bench(trial(), city(3)), kept=Kept.at(tmp_path / "kept", {}))
    with pytest.raises(Misused, match=r"backtest\.other_inputs"):
        backtest(Bench(trial(after=None), city(2)), kept=Kept.at(tmp_path / "kept", {}))


@pytest.mark.parametrize("content", ["hello\n", "[]\n", '{"format": 99}\n'])
def test_another_file_is_not_taken_for_ours(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kept"
    path.write_text(content, "utf-8")
    with pytest.raises(Misused, match=r"backtest\.not_kept"):
        Kept.at(path, {})
    path.write_text("torn", "utf-8")
    assert Kept.at(path, {}).part(["m1"]) is None


def test_inputs_are_all_that_a_result_follows_from() -> None:
    mark = city().mark()
    said = inputs(trial(), mark)
    assert said["after"]["sha256"] == draft().sha256
    assert inputs(trial(budget_fen=1), mark) != said
    assert inputs(trial(since=SINCE.replace(day=2)), mark) != said


# --- processes --------------------------------------------------------------------------------


def test_a_process_that_opened_nothing_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_opened", [])
    with pytest.raises(BrokenInvariant):
        processes._sum(["m1"])


def test_a_process_opens_once_and_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_opened", [])
    monkeypatch.setattr(processes, "parent_process", lambda: None)
    processes._open(Opens())
    with Opens()() as bench:
        assert processes._sum(["m0000001"]).as_json() == sum_members(bench, ["m0000001"]).as_json()


def test_children_end_with_their_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    class Gone:
        def join(self) -> None:
            """Return at once: it is dead."""

    monkeypatch.setattr(processes, "parent_process", Gone)
    monkeypatch.setattr("os._exit", ended.append)
    processes._end_with_parent()
    assert ended == [1]


def test_nothing_to_sum_is_nothing() -> None:
    assert list(spread(Opens(), [], 1)) == []


# --- Spark ------------------------------------------------------------------------------------


def test_a_partition_is_what_a_process_does() -> None:
    shards = list(city().shards())[:2]
    with Opens()() as bench:
        expected = [(list(shard), sum_members(bench, shard).as_json()) for shard in shards]
    assert list(sum_partition(Opens(), shards)) == expected


def test_without_spark_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyspark.sql", None)
    with pytest.raises(Misused, match=r"backtest\.no_spark"):
        list(on_spark("local[1]", Opens(), [], 1))


class FakeSpark:
    """Does what a Spark does, here and now."""

    def __init__(self) -> None:
        self.stopped = False
        self.sparkContext = self

    def parallelize(self, rows: list[Any], partitions: int) -> "FakeSpark":
        self.rows, self.partitions = rows, partitions
        return self

    def mapPartitions(self, work: Any) -> "FakeSpark":  # noqa: N802
        half = len(self.rows) // 2
        self.rows = [*work(iter(self.rows[:half])), *work(iter(self.rows[half:]))]
        return self

    def toLocalIterator(self, *, prefetchPartitions: bool) -> Iterator[Any]:  # noqa: N802, N803
        assert prefetchPartitions
        return iter(self.rows)

    def stop(self) -> None:
        self.stopped = True


def test_spark_says_what_a_process_says(monkeypatch: pytest.MonkeyPatch, left_alone: str) -> None:
    spark = FakeSpark()
    monkeypatch.setattr("points.flows.backtest.spark._session", lambda _master: spark)
    with Opens()() as bench:
        found = backtest(
            bench,
            opener=Opens(),
            jobs=3,
            engine=lambda opener, shards, jobs: on_spark("local[2]", opener, shards, jobs),
        )
    assert spark.stopped
    assert spark.partitions == 3
    expected = json.loads(left_alone) | {"engine": "spark"}
    assert json.loads(found.canonical) == expected


@pytest.mark.parametrize("master", ["local[2]", "spark://host:7077"])
def test_a_local_spark_takes_this_python(monkeypatch: pytest.MonkeyPatch, master: str) -> None:
    spark = SimpleNamespace(sparkContext=SimpleNamespace(pythonExec="python3"))

    class Builder:
        def __getattr__(self, name: str) -> Any:
            return lambda *_: spark if name == "getOrCreate" else self

    session = SimpleNamespace(SparkSession=SimpleNamespace(builder=Builder()))
    monkeypatch.setitem(sys.modules, "pyspark.sql", session)
    assert _session(master) is spark
    assert (spark.sparkContext.pythonExec == sys.executable) == (master == "local[2]")


@pytest.mark.nightly
def test_on_a_real_spark(left_alone: str) -> None:
    pytest.importorskip("pyspark", reason="pyspark is not installed here; uv run --with pyspark")
    with Opens()() as bench:
        found = backtest(
            bench,
            opener=Opens(),
            jobs=2,
            engine=lambda opener, shards, jobs: on_spark("local[2]", opener, shards, jobs),
        )
    assert json.loads(found.canonical) == json.loads(left_alone) | {"engine": "spark"}


# --- the trial --------------------------------------------------------------------------------

NESTED = """
ruleset: party
version: 1
effective: {from: "2024-01-01", until: "2030-01-01"}
timezone: Asia/Shanghai
title: {zh: 规则, en: Rules}
measures: [rating, wallet]
"""
RULE = "rules:\n  - {{id: R1, title: {{zh: 甲, en: A}}, on: volunteer.shift, points: 1, {rest}}}\n"


def rules(caps: str, rest: str = "caps: [one]") -> list[Any]:
    text = f"{NESTED}caps:\n  one: {{title: {{zh: 上限, en: Cap}}, {caps}}}\n" + RULE.format(
        rest=rest
    )
    found, findings = load_ruleset(text, file="r.yaml", types=types())
    assert found is not None, findings
    return [found]


@pytest.mark.parametrize(
    ("caps", "expected"),
    [
        ("window: activity, max: 5", "2026-05-19T16:00"),
        ("window: day, max: 5", "2026-05-19T16:00"),
        ("window: month, max: 5", "2026-04-30T16:00"),
        ("window: quarter, max: 5", "2026-03-31T16:00"),
        ("window: year, max: 5", "2025-12-31T16:00"),
        ("window: year, years: 2, max: 5", None),
        ("window: lifetime, max: 5", None),
        ("window: week, max: 5", None),
        ("window: month, max: 5, mode: defer", None),
    ],
)
def test_as_much_is_read_as_bears_on_the_period(caps: str, expected: str | None) -> None:
    found = reach(rules(caps), SINCE.replace(month=5, day=20))
    assert (found.strftime("%Y-%m-%dT%H:%M") if found else None) == expected


@pytest.mark.parametrize(
    "rest",
    [
        "cooldown: P1D",
        'when: \'history.count("grid.report", "P30D") > 1\'',
    ],
)
def test_what_looks_back_reads_everything(rest: str) -> None:
    assert reach(rules("window: day, max: 5", f"caps: [one], {rest}"), SINCE) is None


def test_what_members_share_is_seen() -> None:
    assert not trial().shared
    (shared,) = rules("window: month, max: 5, for: programme")
    assert trial(after=shared).shared
    assert isinstance(trial(), Trial)


def test_spans_are_what_holds_when() -> None:
    base = book()
    (first,) = [each for each in base.rulesets if each.programme == "party"]
    middle = first.starts_at + timedelta(days=100)
    later = middle + timedelta(days=50)
    known = {"published_at": middle, "until": later}
    published = Published(ruleset=draft(), starts_at=middle, ends_at=later, **known)
    assert spans(base, "party") == [(first, first.starts_at, first.ends_at)]
    assert spans(replace(base, published=(published,)), "party") == [
        (first, first.starts_at, middle),
        (draft(), middle, later),
        (first, later, first.ends_at),
    ]
    gap = replace(base, rulesets=(), published=(published, replace(published, starts_at=later + timedelta(1), ends_at=later + timedelta(2))))  # fmt: skip
    assert [each[1:] for each in spans(gap, "party")] == [
        (middle, later),
        (later + timedelta(1), later + timedelta(2)),
    ]


def test_versions_in_force_hold_before_the_period() -> None:
    tried = trial()
    at = [tried.begins - timedelta(seconds=1), tried.begins]
    assert [tried.choose_after("party", each).version for each in at] == [1, 2]  # type: ignore[union-attr]
    health = tried.choose_after("health", at[1])
    assert health is book().in_force("health", at[1])
