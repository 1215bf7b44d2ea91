"""How long a month's settlement takes, and whether it adds up to the fen in three ways."""

import json
import resource
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from points import wiring
from points.cli.bench.market import Market
from points.cli.bench.month import BEGIN, Month
from points.cli.bench.recount import Recount, recount
from points.cli.bench.scratch import ASSOCIATION, place
from points.cli.present import REFUSED
from points.flows.verify import verify
from points.kernel.clock import ManualClock
from points.unit_of_work import snapshot

DIFFERENCES_SHOWN = 20
OUTLETS_MAX = 99
ROWS = (
    ("核销", "captured", "captured"),
    ("撤销", "voided", "voided"),
    ("更正", "corrected", "corrected"),
    ("重算合计", "recounted", "recount"),
    ("账本合计", "in the ledger", "ledger"),
    ("结算单合计", "on statements", "settled"),
    ("未结算", "open", "open"),
    ("结算单上的手续费", "fees on statements", "fees"),
)
"""What the table says: in Chinese, in English, and which figure it is."""
_KIB_A_MIB = 1024


@dataclass(slots=True)
class Stopwatch:
    """How many seconds each part took."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        """Add what the block takes to a part."""
        begun = time.perf_counter()
        yield
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - begun


def settle(
    *,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="POINTS_DATABASE_URL",
            help="在其旁新建临时库，用后删除 · a scratch one is made beside it",
        ),
    ] = None,
    captures: Annotated[
        int, typer.Option(min=31, help="核销笔数 · how many captures in the month")
    ] = 20_000,
    outlets: Annotated[int, typer.Option(min=1, max=OUTLETS_MAX, help="门店数 · outlets")] = 12,
    as_data: Annotated[
        bool, typer.Option("--json", help="输出 JSON · print JSON instead of tables")
    ] = False,
) -> None:
    """Build a month of captures, settle it, and count everything again in plain Python.

    It ends with 1 where the statements, the ledger and the recount do not agree to the fen.

    Example: points bench settle --captures 2000 --json
    """
    found = measured(database, captures, outlets)
    if as_data:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)
    if not found["agrees"]:
        raise typer.Exit(REFUSED)


def measured(url: str | None, captures: int, outlets: int) -> dict[str, Any]:
    """Build, settle and recount a month in a scratch database; return what it came to."""
    took, clock = Stopwatch(), ManualClock(BEGIN)
    with place(url) as there, TemporaryDirectory(prefix="points-bench-") as folder:
        chosen = wiring.settings(
            database_url=there.render_as_string(hide_password=False),
            association=ASSOCIATION,
            insecure_dev=True,
            erasure_journal=f"{folder}/points.erasures",
        )
        with wiring.open_installation(chosen, clock=clock, migrate=True) as here:
            with Progress(console=Console(stderr=True), transient=True) as bars, took.lap("build"):
                task = bars.add_task("核销 · captures", total=captures)
                month = Month(
                    market=Market(here.engine, ASSOCIATION, outlets, max(2, captures // 20)),
                    clock=clock,
                    captures=captures,
                    tell=lambda n: bars.advance(task, n),
                    lap=took.lap,
                )
                month.build()
            with took.lap("recount"), snapshot(here.engine.database, ASSOCIATION) as connection:
                again = recount(connection, ASSOCIATION)
            with took.lap("verify"):
                proof = verify(here.engine, ASSOCIATION)
            kind = here.engine.database.dialect.name
    again.differ("points ledger verify", None, proof.first_difference)
    return _account(kind, month, again, took.seconds)


def _account(kind: str, month: Month, again: Recount, seconds: dict[str, float]) -> dict[str, Any]:
    # Statements are drawn up while the month is built.
    seconds["build"] -= seconds["settle"]
    return {
        "database": kind,
        "agrees": not again.differences,
        "differences": again.differences[:DIFFERENCES_SHOWN],
        "differences_count": len(again.differences),
        "outlets": month.market.outlets,
        "counts": month.counts,
        "fen": {
            "captured": again.captured_fen,
            "voided": again.voided_fen,
            "corrected": again.corrected_fen,
            "recount": again.total_fen,
            "ledger": again.ledger_fen,
            "settled": again.settled_fen,
            "fees": again.fees_fen,
            "open": again.open_fen,
        },
        "points": {"recount": again.points, "ledger": again.ledger_points},
        "seconds": {name: round(each, 2) for name, each in seconds.items()},
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIB_A_MIB),
    }


def _print(found: dict[str, Any]) -> None:
    counts, fen, seconds = found["counts"], found["fen"], found["seconds"]
    console = Console()
    table = Table(title=f"一个月的结算 · a month settled · {found['database']}")
    for heading in ("", "元 · yuan"):
        table.add_column(heading, justify="right" if heading else "left")
    for zh, en, name in ROWS:
        table.add_row(f"{zh} · {en}", f"{fen[name] / 100:,.2f}")
    console.print(table)
    print(
        f"{found['outlets']} 家门店，兑换 {counts['redeemed']:,}，核销 {counts['captured']:,}，"
        f"撤销 {counts['voided']:,}，更正 {counts['corrected']:,}，"
        f"争议 {counts['disputed']:,}，"
        f"结算单 {counts['statements']:,}\n{found['outlets']} outlets, "
        f"{counts['redeemed']:,} drawn, {counts['captured']:,} captured,"
        f" {counts['voided']:,} voided, {counts['corrected']:,} corrections,"
        f" {counts['disputed']:,} disputes,"
        f" {counts['statements']:,} statements"
    )
    print(
        f"生成 {seconds['build']:.1f} 秒，出结算单 {seconds['settle']:.1f} 秒，"
        f"重算 {seconds['recount']:.1f} 秒，验证 {seconds['verify']:.1f} 秒，"
        f"内存峰值 {found['peak_mib']} MiB\n"
        f"{seconds['build']:.1f} s to build, {seconds['settle']:.1f} s to draw statements up,"
        f" {seconds['recount']:.1f} s to count again, {seconds['verify']:.1f} s to verify,"
        f" {found['peak_mib']} MiB at most"
    )
    for each in found["differences"]:
        print(f"  {each}")
    print(
        "结算单、账本与重算一致，分文不差 · statements, ledger and recount agree to the fen"
        if found["agrees"]
        else f"有 {found['differences_count']} 处不一致 · {found['differences_count']} differences"
    )
