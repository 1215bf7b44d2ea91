"""The counter's bench: what is measured in turn is compared round by round, and judged by its goal."""

import json
from collections.abc import Callable

import pytest
from typer.testing import CliRunner

from points.cli.bench.command import app
from points.cli.bench.counter import GOAL, WARMING, Latencies, compare, judged


def taking(milliseconds: float) -> Latencies:
    return Latencies((tuple([milliseconds] * 10), tuple([2 * milliseconds] * 10)))


def test_each_way_is_gone_in_turn_and_the_first_times_do_not_count() -> None:
    gone: list[str] = []

    def way(name: str) -> Callable[[], None]:
        return lambda: gone.append(name)

    found = compare({name: way(name) for name in ("commit", "desk", "http")}, 4, 2)
    assert gone == ["commit", "desk", "http"] * (WARMING + 8)
    assert [len(each) for each in found["http"].rounds] == [4, 4]


def test_a_ratio_is_the_median_of_the_rounds_own() -> None:
    said = judged({"commit": taking(2), "desk": taking(5), "http": taking(9)})
    assert (said["ratio_p95"], said["ratio_desk_p95"], said["reached"]) == (4.5, 2.5, True)
    assert said["milliseconds"]["http"] == {"p50": 13.5, "p95": 13.5}


def test_it_says_from_which_commit_on_the_goal_is_reached() -> None:
    said = judged({"commit": taking(1), "desk": taking(7), "http": taking(9)})
    assert not said["reached"]
    # 13.5 ms of which 1.5 are the commit: four times a commit of 3 ms, beside the commit itself.
    commit = said["reached_from_commit_ms"]
    assert commit == 3.0
    assert (12 + commit) / commit == GOAL


@pytest.mark.nightly
def test_a_tiny_run_measures_a_server(database_url: str) -> None:
    tiny = ["counter", "--database", database_url, "--captures", "4", "--rounds", "2", "--json"]
    done = CliRunner().invoke(app, tiny)
    said = json.loads(done.stdout)
    assert said["captures"] == 4
    assert set(said["milliseconds"]) == {"commit", "desk", "http"}
    assert said["milliseconds"]["http"]["p50"] > said["milliseconds"]["commit"]["p50"] > 0
    assert done.exit_code == (0 if said["reached"] else 1)
