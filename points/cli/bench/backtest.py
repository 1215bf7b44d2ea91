"""How long a back-test of a made-up city's year takes, exactly, and how much memory."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any

import typer

from points import wiring
from points.cli.bench.city import MEMBERS, City
from points.flows.backtest import run
from points.flows.backtest.quick import backtest_quickly
from points.flows.backtest.scoring import Bench
from points.flows.backtest.trial import Trial

PROGRAMMES = ("party", "health")
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
_KIB_A_MIB = 1024
EXACT, DUCKDB = "exact", "duckdb"


@dataclass(frozen=True, slots=True)
class OpensCity:
    """Opens the bench of a city in any process: both versions are the rules in force.

    Two versions that are the same take as long as two that are not.
    """

    members: int
    programme: str

    @contextmanager
    def __call__(self) -> Iterator[Bench]:
        """Open it."""
        folder = wiring.shipped("rules")
        types = wiring.load_types(folder)
        book = wiring.load_rules(folder, types)
        tried = replace(book.of(self.programme), version=book.of(self.programme).version + 1)
        trial = Trial(
            programme=self.programme, book=book, since=YEAR[0], until=YEAR[1], after=tried
        )
        yield Bench(trial, City(types=types, members_count=self.members))


def backtest(
    members: Annotated[
        int, typer.Option(min=1, help="会员数 · how many people; the city has 13,000")
    ] = MEMBERS,
    jobs: Annotated[int, typer.Option(min=1, help="进程数 · processes")] = 2,
    engine: Annotated[str, typer.Option(metavar="exact|duckdb", help="引擎 · what scores")] = EXACT,
    as_data: Annotated[
        bool, typer.Option("--json", help="输出 JSON · print JSON instead of sentences")
    ] = False,
) -> None:
    """Back-test a year of a made-up city: every activity scored twice.

    Example: points bench backtest --members 1000 --jobs 2
    """
    found = [measured(members, jobs, programme, engine) for programme in PROGRAMMES]
    whole = {
        "activities": sum(each["compared"] for each in found),
        "jobs": jobs,
        "engine": engine,
        "seconds": sum(each["seconds"] for each in found),
        "cpu_seconds": sum(each["cpu_seconds"] for each in found),
        "peak_mib": max(each["peak_mib"] for each in found),
        "programmes": found,
    }
    if as_data:
        typer.echo(json.dumps(whole))
        return
    typer.echo(
        f"回测 {whole['activities']:,} 项活动，{jobs} 个进程：{whole['seconds']:.1f} 秒"
        f"（CPU {whole['cpu_seconds']:.1f} 秒），单个进程内存峰值 {whole['peak_mib']:.0f} MiB\n"
        f"{whole['activities']:,} activities scored twice, {jobs} processes: "
        f"{whole['seconds']:.1f} s ({whole['cpu_seconds']:.1f} s of CPU), "
        f"{whole['peak_mib']:.0f} MiB at most in one process"
    )


def measured(members: int, jobs: int, programme: str, engine: str = EXACT) -> dict[str, Any]:
    """Run the back-test of one programme and return what it took."""
    opener = OpensCity(members, programme)
    began, used = time.perf_counter(), _cpu_seconds()
    with opener() as bench:
        if engine == DUCKDB:
            found = backtest_quickly(bench, threads=jobs)
        else:
            found = run.backtest(bench, opener=opener, jobs=jobs)
    return {
        "programme": programme,
        "compared": found.part.activities,
        "changed": found.part.changed,
        "seconds": time.perf_counter() - began,
        "cpu_seconds": _cpu_seconds() - used,
        "peak_mib": _peak_mib(),
        "sha256": found.sha256,
    }


def _cpu_seconds() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in spent)


def _peak_mib() -> float:
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return max(each.ru_maxrss for each in spent) / _KIB_A_MIB
