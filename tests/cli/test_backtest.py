"""``points rules backtest``: from stored activities to reports, at the command line."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from points.cli.bench.backtest import measured
from points.flows.backtest.kept import Kept
from points.kernel.canonical import digest
from tests.cli.conftest import Console
from tests.flows.test_backtest import busy_days
from tests.flows.town import RULES, town

PERIOD = ("--from", "2026-01-01", "--until", "2026-07-01")
PARTY = (RULES / "party.yaml").read_text("utf-8").replace("version: 1", "version: 2", 1)


@pytest.fixture
def busy(console: Console) -> Iterator[Console]:
    """A console where two people worked, and a draft that asks more of them."""
    with town(os.environ["POINTS_DATABASE_URL"]) as here:
        busy_days(here, seed=2, shifts=12)
    console.file("draft.yaml", PARTY.replace("event.hours >= 0.5", "event.hours >= 2"))
    return console


def test_a_draft_is_tried_and_every_file_written(busy: Console, tmp_path: Path) -> None:
    files = ("--report", "r.html", "--xlsx", "r.xlsx", "--csv", "out/csv", "--summary", "s.json")
    answer = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, *files, "--budget-fen", "1")
    summary = answer["summary"]
    assert answer["sha256"] == digest(summary)
    assert summary["activities"]["changed"] > 0
    assert summary["cost"]["over_budget"]
    assert json.loads((tmp_path / "s.json").read_text("utf-8")) == summary
    assert "规则回测报告" in (tmp_path / "r.html").read_text("utf-8")
    assert (tmp_path / "r.xlsx").read_bytes().startswith(b"PK")
    assert (tmp_path / "out/csv/by_rule.csv").read_text("utf-8-sig").startswith("规则 rule")
    said = busy.says("rules", "backtest", "draft.yaml", *PERIOD, "--lang", "en")
    assert "version 2 against what was posted" in " ".join(said.split())
    assert "█" in said


def test_other_engines_and_other_rules_say_as_much(busy: Console) -> None:
    exact = busy.answers("rules", "backtest", "draft.yaml", *PERIOD)["summary"]
    quick = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--engine", "duckdb")[
        "summary"
    ]
    assert quick["engine"] == "duckdb"
    assert quick["measures"] == exact["measures"]
    held = busy.answers(
        "rules", "backtest", *PERIOD, "--programme", "party", "--against", "in-force"
    )
    assert held["summary"]["activities"]["changed"] == 0
    busy.file("old.yaml", PARTY)
    two = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--against", "old.yaml")
    assert two["summary"]["before"]["kind"] == "file"
    assert two["summary"]["measures"] == exact["measures"]


def test_it_goes_on_where_it_was_and_by_the_time_when_it_began(
    busy: Console, tmp_path: Path
) -> None:
    kept = tmp_path / "kept.jsonl"
    Kept.at(kept, {"as_of": "2026-01-01T00:00:00+00:00"})._append(
        {"format": 1, "inputs": "", "facts": {"as_of": "2026-01-01T00:00:00+00:00"}}
    )
    found = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--resume", str(kept))
    assert found["summary"]["activities"]["compared"] == 0, "nothing was scored by then"
    assert not kept.exists()
    fresh = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--resume", str(kept))
    assert fresh["summary"]["activities"]["compared"] > 0


def test_what_does_not_fit_is_said(console: Console) -> None:
    base = ("rules", "backtest")
    assert console.refused(*base, "none.yaml", *PERIOD, status=2) == "no_file"
    assert console.refused(*base, *PERIOD, status=2) == "unknown_programme"
    party = (*base, "--programme", "party")
    assert console.refused(*party, *PERIOD, "--engine", "moon", status=2) == "backtest.engine"
    turned = ("--from", "2026-07-01", "--until", "2026-07-01")
    assert console.refused(*party, *turned, status=2) == "backtest.period"
    assert console.run(*party, "--from", "today").exit_code == 2
    console.file("broken.yaml", PARTY.replace("event.hours", "event.hourz"))
    said = console.says(*base, "broken.yaml", *PERIOD, status=2)
    assert "broken.yaml:" in said
    assert "hourz" in said


@pytest.mark.nightly
def test_two_processes_open_the_database_each(busy: Console) -> None:
    one = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--jobs", "1")["summary"]
    two = busy.answers("rules", "backtest", "draft.yaml", *PERIOD, "--jobs", "2")["summary"]
    one["data"] = two["data"]
    assert one == two


def test_the_bench_measures_a_small_city(console: Console) -> None:
    found = console.answers("bench", "backtest", "--members", "10", "--jobs", "1")
    assert found["activities"] == sum(each["compared"] for each in found["programmes"]) > 0
    assert found["peak_mib"] > 0
    assert "MiB" in console.says("bench", "backtest", "--members", "3", "--jobs", "1")
    assert measured(3, 1, "party")["sha256"] == measured(3, 1, "party")["sha256"]
