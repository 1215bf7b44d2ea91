"""How long a capture takes through HTTP, beside a bare commit on the same database.

Both are measured in turn, one after the other, so that whatever else the machine does meets both.
In between stands the desk: the same capture without HTTP, in a process that serves nobody else.
"""

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from itertools import count
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from points import wiring
from points.cli.bench.market import OFFICE, ZONE, Market, partner_of
from points.cli.bench.scratch import ASSOCIATION, place, take_statistics
from points.cli.present import REFUSED
from points.db.engines import open_database
from points.flows.counter import Desk, Till
from points.flows.issue_key import IssueKey
from points.identity.keys import fresh_secret, secret_hash, spell_key
from points.identity.roles import Grant, Role
from points.kernel.ensure import ensure
from points.kernel.errors import Unavailable
from points.kernel.ids import OutletId, RewardId

GOAL = 5.0
"""A capture's p95 through HTTP is to be below so many times that of a bare commit."""
OUTLETS, PEOPLE = 12, 50
HOST, STARTING_SECONDS_MAX, PAUSE_SECONDS = "127.0.0.1", 300.0, 0.05
WARMING = 20
MILLI = 1000
SAID = {
    "commit": ("单行插入并提交", "one row, inserted and committed"),
    "desk": ("核销，不经 HTTP", "a capture without HTTP"),
    "http": ("核销，经 HTTP", "a capture through HTTP"),
}

Act = Callable[[], None]
"""Does the thing once; raises where it failed."""


@dataclass(frozen=True, slots=True)
class Latencies:
    """How long one way took, by round, in milliseconds."""

    rounds: tuple[tuple[float, ...], ...]

    def share(self, percent: int) -> float:
        """Return the median of the rounds' own percentiles."""
        return median(_percentile(each, percent) for each in self.rounds)

    def over(self, other: "Latencies", percent: int) -> float:
        """Return the median of the rounds' own ratios of a percentile."""
        pairs = zip(self.rounds, other.rounds, strict=True)
        return median(
            _percentile(mine, percent) / _percentile(theirs, percent) for mine, theirs in pairs
        )


def _percentile(values: tuple[float, ...], percent: int) -> float:
    return quantiles(values, n=100, method="inclusive")[percent - 1]


def counter(
    *,
    database: Annotated[
        str | None,
        typer.Option(
            envvar="POINTS_DATABASE_URL",
            help="在其旁新建临时库，用后删除 · a scratch one is made beside it",
        ),
    ] = None,
    captures: Annotated[
        int, typer.Option(min=2, help="每轮核销笔数 · how many captures in each round")
    ] = 200,
    rounds: Annotated[int, typer.Option(min=1, help="轮数 · how many rounds")] = 5,
    as_data: Annotated[
        bool, typer.Option("--json", help="输出 JSON · print JSON instead of tables")
    ] = False,
) -> None:
    """Compare a capture through HTTP with a bare commit on the same database.

    Example: points bench counter --captures 200 --rounds 5 --json
    """
    found = measured(database, captures, rounds)
    if as_data:
        typer.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        _print(found)
    if not found["reached"]:
        raise typer.Exit(REFUSED)


def measured(url: str | None, captures: int, rounds: int) -> dict[str, Any]:
    """Measure in a scratch database; return what was found."""
    with ExitStack() as stack:
        there = stack.enter_context(place(url)).render_as_string(hide_password=False)
        folder = stack.enter_context(TemporaryDirectory(prefix="points-bench-"))
        journal = f"{folder}/points.erasures"
        chosen = wiring.settings(
            database_url=there,
            association=ASSOCIATION,
            insecure_dev=True,
            erasure_journal=journal,
            secret_file=f"{folder}/points.secret",
        )
        here = stack.enter_context(wiring.open_installation(chosen, migrate=True))
        market = Market(here.engine, ASSOCIATION, OUTLETS, PEOPLE)
        market.furnish(here.clock.now().astimezone(ZONE).date())
        codes = _codes(here, market, 2 * (WARMING + captures * rounds))
        take_statistics(here.engine.database)
        commit = stack.enter_context(_committing(there))
        served = stack.enter_context(_serving(there, folder))
        capture = stack.enter_context(_capturing(served, _keys(here, market), codes))
        acts = {"commit": commit, "desk": _at_desk(here, market, codes), "http": capture}
        found = compare(acts, captures, rounds)
        kind = here.engine.database.dialect.name
    return {"database": kind, "captures": captures, "rounds": rounds, **judged(found)}


def judged(found: dict[str, Latencies]) -> dict[str, Any]:
    """Return what came of a comparison, and whether the goal was reached."""
    ratio = found["http"].over(found["commit"], 95)
    # What a capture takes beside its own commit is the same on a slower disk.
    beside = found["http"].share(95) - found["commit"].share(95)
    return {
        "milliseconds": {
            name: {f"p{percent}": round(each.share(percent), 3) for percent in (50, 95)}
            for name, each in found.items()
        },
        "ratio_p95": round(ratio, 2),
        "ratio_p50": round(found["http"].over(found["commit"], 50), 2),
        "ratio_desk_p95": round(found["desk"].over(found["commit"], 95), 2),
        "goal": GOAL,
        "reached_from_commit_ms": round(beside / (GOAL - 1), 2),
        "reached": ratio < GOAL,
    }


def compare(acts: dict[str, Act], times: int, rounds: int) -> dict[str, Latencies]:
    """Do each thing once in turn, so many times a round, after a few that nobody counts."""
    for _ in range(WARMING):
        for act in acts.values():
            act()
    found: dict[str, list[tuple[float, ...]]] = {name: [] for name in acts}
    for _ in range(rounds):
        taken: dict[str, list[float]] = {name: [] for name in acts}
        for _ in range(times):
            for name, act in acts.items():
                begun = time.perf_counter()
                act()
                taken[name].append((time.perf_counter() - begun) * MILLI)
        for name, each in taken.items():
            found[name].append(tuple(each))
    return {name: Latencies(tuple(each)) for name, each in found.items()}


def _codes(here: wiring.Installation, market: Market, wanted: int) -> Iterator[str]:
    """Return the codes of so many fresh vouchers."""
    drawn = market.draw(RewardId("ITEM") for _ in range(wanted))
    codes = here.context.codes
    return iter([codes.codes(ASSOCIATION, links.voucher_id).code for links in drawn])


@contextmanager
def _committing(url: str) -> Iterator[Act]:
    """Yield what inserts one row and commits: the least that any write costs here.

    One statement that commits by itself; a transaction of its own would cost round trips more.
    """
    database = open_database(url, pool_size=1, migrating=True)
    numbers, mark = count(), "%s" if database.dialect.name == "postgresql" else "?"
    statement = f"INSERT INTO bench_commit (n) VALUES ({mark})"  # noqa: S608 - a mark
    with closing(database.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        if database.dialect.name == "postgresql":
            driven: Any = connection.driver_connection
            driven.autocommit = True
        cursor.execute("CREATE TABLE bench_commit (n BIGINT PRIMARY KEY)")

        def act() -> None:
            cursor.execute(statement, (next(numbers),))

        yield act
    database.dispose()


def _at_desk(here: wiring.Installation, market: Market, codes: Iterator[str]) -> Act:
    """Return what captures without HTTP, through the engine of this process."""
    desk, outlet, numbers = (
        Desk(here.engine, here.context.codes, here.ids),
        market.shops()[0],
        count(),
    )
    till = Till(
        association_id=ASSOCIATION,
        partner_id=partner_of(outlet),
        outlet_id=outlet,
        device_id="bench",
    )

    def act() -> None:
        outcome = desk.capture(till, next(codes), f"desk-{next(numbers)}")
        ensure(outcome.refusal is None, f"a bench capture is not refused: {outcome.refusal}")

    return act


def _keys(here: wiring.Installation, market: Market) -> dict[OutletId, str]:
    """Issue a key for each till; a single one would meet its limit of requests a minute."""
    keys = {}
    for outlet in market.shops():
        key_id, secret = here.ids.next(), fresh_secret()
        market.done(
            [
                IssueKey(
                    association_id=ASSOCIATION,
                    operation_id=market.operation(OFFICE),
                    actor=OFFICE,
                    key_id=key_id,
                    secret_hash=secret_hash(secret),
                    grants=(Grant(role=Role.TILL),),
                    subject=partner_of(outlet),
                    outlet=outlet,
                )
            ]
        )
        keys[outlet] = spell_key(ASSOCIATION, key_id, secret)
    return keys


@contextmanager
def _serving(url: str, folder: str) -> Iterator[int]:
    """Start ``points serve`` as a process of its own; yield its port."""
    with socket.socket() as free:
        free.bind((HOST, 0))
        port = free.getsockname()[1]
    # Nothing else: what the caller's shell happens to set would be measured as well.
    environment = {
        "POINTS_DATABASE_URL": url,
        "POINTS_ASSOCIATION": ASSOCIATION,
        "POINTS_INSECURE_DEV": "1",
        "POINTS_ERASURE_JOURNAL": f"{folder}/points.erasures",
        "POINTS_SECRET_FILE": f"{folder}/points.secret",
    }
    serve = ["serve", "--no-worker", "--host", HOST, "--port", str(port)]
    server = subprocess.Popen(  # noqa: S603 - this interpreter and our own command
        [sys.executable, "-m", "points.cli", *serve],
        env=environment,
        stdout=subprocess.DEVNULL,
    )
    try:
        _await(port, server)
        yield port
    finally:
        server.terminate()
        server.wait()


def _await(port: int, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server answers.

    Raises:
        Unavailable: It ended, or does not answer in time.
    """
    until = time.monotonic() + STARTING_SECONDS_MAX
    while time.monotonic() < until and server.poll() is None:
        with suppress(OSError, HTTPException), closing(HTTPConnection(HOST, port)) as http:
            http.request("GET", "/readyz")
            if http.getresponse().status == 200:  # noqa: PLR2004 - OK
                return
        time.sleep(PAUSE_SECONDS)
    raise Unavailable("the server did not start")


@contextmanager
def _capturing(port: int, keys: dict[OutletId, str], codes: Iterator[str]) -> Iterator[Act]:
    """Yield what captures through one connection that stays open, till after till."""
    numbers, tills = count(), list(keys)
    ensure(bool(tills), "a bench has tills")

    def act() -> None:
        number = next(numbers)
        outlet = tills[number % len(tills)]
        body = json.dumps({"code": next(codes), "request_no": f"http-{number}"})
        headers = {"Authorization": f"Bearer {keys[outlet]}", "Content-Type": "application/json"}
        http.request("POST", "/v1/counter/captures", body, headers)
        answer = http.getresponse()
        said = answer.read()
        ensure(answer.status == 200, f"a bench capture is not refused: {said!r}")  # noqa: PLR2004

    with closing(HTTPConnection(HOST, port)) as http:
        yield act


def _print(found: dict[str, Any]) -> None:
    table = Table(title=f"柜台核销 · a capture at the counter · {found['database']}")
    for heading in ("", "p50 ms", "p95 ms"):
        table.add_column(heading, justify="right" if heading else "left")
    for name, (zh, en) in SAID.items():
        each = found["milliseconds"][name]
        table.add_row(f"{zh} · {en}", f"{each['p50']:.2f}", f"{each['p95']:.2f}")
    Console().print(table)
    zh, en = ("达到", "reached") if found["reached"] else ("未达到", "missed")
    print(
        f"经 HTTP 的核销 ÷ 单行提交（p95）：{found['ratio_p95']:.2f}，目标 < {GOAL:g}，{zh}\n"
        f"a capture through HTTP ÷ a bare commit (p95): {found['ratio_p95']:.2f}, "
        f"goal < {GOAL:g}, {en}\n"
        f"数据库单行提交的 p95 不低于 {found['reached_from_commit_ms']:.2f} 毫秒时即达到\n"
        f"reached where a bare commit's p95 is at least {found['reached_from_commit_ms']:.2f} ms"
    )
