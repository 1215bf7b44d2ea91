"""The command line of the bench."""

import json
import time
from typing import Annotated

import typer
from rich.console import Console

from points import wiring
from points.cli.bench.backtest import backtest
from points.cli.bench.city import City
from points.cli.bench.counter import counter
from points.cli.bench.measure import Measured, measure
from points.cli.bench.report import POSTINGS, SCORINGS, as_json, as_tables
from points.cli.bench.scoring import Scorings
from points.cli.bench.scratch import scratch
from points.cli.bench.settle import settle
from points.cli.bench.ways import new_engine, pairs

app = typer.Typer(
    name="bench",
    help="测量引擎的速度 · measure how fast the engine is",
    no_args_is_help=True,
)


app.command()(backtest)
app.command()(counter)
app.command()(settle)


@app.command()
def post(
    *,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="POINTS_DATABASE_URL",
            help="在其旁新建临时库，用后删除 · a scratch one is made beside it",
        ),
    ] = None,
    seconds: Annotated[
        float, typer.Option(min=0.01, help="每种方式每轮时长（秒）· of each way in each round")
    ] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="轮数 · how many rounds")] = 3,
    members: Annotated[int, typer.Option(min=1, help="会员数 · accounts to choose from")] = 14_000,
    as_data: Annotated[
        bool, typer.Option("--json", help="输出 JSON · print JSON instead of tables")
    ] = False,
) -> None:
    """Compare postings a second through the engine with plain SQL on the same database.

    Example: points bench post --seconds 2 --rounds 3 --json
    """
    kind, measured = run(database, seconds=seconds, rounds=rounds, members=members)
    if as_data:
        found = {"database": kind, **as_json(measured, POSTINGS, seconds=seconds)}
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        Console().print(as_tables(measured, POSTINGS, subject=kind))


def run(url: str | None, *, seconds: float, rounds: int, members: int) -> tuple[str, Measured]:
    """Measure in a scratch database; return its kind and what was found."""
    with scratch(url, members=members) as there, new_engine(there) as engine:
        return there.kind, measure(pairs(there, engine), seconds=seconds, rounds=rounds)


@app.command("rules")
def rules_command(
    *,
    seconds: Annotated[
        float, typer.Option(min=0.01, help="每种方式每轮时长（秒）· of each way in each round")
    ] = 2.0,
    rounds: Annotated[int, typer.Option(min=1, help="轮数 · how many rounds")] = 3,
    members: Annotated[
        int, typer.Option(min=1, help="生成的城市的人数 · members of the made-up city")
    ] = 500,
    as_data: Annotated[
        bool, typer.Option("--json", help="输出 JSON · print JSON instead of tables")
    ] = False,
) -> None:
    """Compare scoring by the shipped rule sets with a Python function of the same rules.

    Example: points bench rules --seconds 2 --rounds 3 --json
    """
    measured = score(seconds=seconds, rounds=rounds, members=members)
    if as_data:
        found = as_json(measured, SCORINGS, seconds=seconds)
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        Console().print(as_tables(measured, SCORINGS, subject=f"{members} 人 · members"))


def score(*, seconds: float, rounds: int, members: int) -> Measured:
    """Measure scoring of a made-up city's year."""
    folder = wiring.shipped("rules")
    types = wiring.load_types(folder)
    book = wiring.load_rules(folder, types)
    entries = [item.entry for item in City(types=types, members_count=members).stream()]
    pairs = Scorings(entries=entries, choose=book.in_force).pairs()
    # The processor's time, since scoring waits for nothing: other work then disturbs it less.
    return measure(pairs, seconds=seconds, rounds=rounds, clock=time.process_time)
