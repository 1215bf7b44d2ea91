"""``points rules backtest``: what other rules would have made of what really happened."""

from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.rules.benches import OpensBench
from points.cli.rules.impact_text import as_text
from points.flows.backtest import run
from points.flows.backtest.files import as_csv, as_xlsx
from points.flows.backtest.kept import Kept
from points.flows.backtest.plan import IN_FORCE, STORED, Plan
from points.flows.backtest.processes import spread
from points.flows.backtest.quick import backtest_quickly
from points.flows.backtest.spark import on_spark
from points.flows.backtest.trial import FEN_A_POINT
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.rules import read_file
from points.rules.impact import Impact
from points.web.impact_file import standalone

FEW = 20_000
"""So few activities are scored before another process has begun."""
EXACT, SPARK, DUCKDB = "exact", "spark", "duckdb"


def backtest_command(
    draft: Annotated[
        Path | None,
        typer.Argument(metavar="[DRAFT]", help="a rule set file; the rules in force otherwise"),
    ] = None,
    since: Annotated[str, typer.Option("--from", metavar="DAY", help="first local day")] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="first local day not in it any more")
    ] = "",
    against: Annotated[
        str,
        typer.Option(metavar="stored|in-force|FILE", help="what was posted, or other rules"),
    ] = STORED,
    programme: Annotated[str, typer.Option(help="where no draft says which")] = "",
    engine: Annotated[
        str,
        typer.Option(metavar="exact|duckdb|spark", help="what scores; DuckDB for a fast preview"),
    ] = EXACT,
    jobs: Annotated[int, typer.Option(min=0, help="processes; as many as cores if 0")] = 0,
    spark_master: Annotated[
        str, typer.Option(metavar="URL", help="with --engine spark: where the Spark is")
    ] = "local[*]",
    fen_a_point: Annotated[int, typer.Option(min=0, help="what a point is worth")] = FEN_A_POINT,
    budget_fen: Annotated[
        int | None, typer.Option(min=0, help="what spendable points may come to")
    ] = None,
    resume: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="go on where a killed back-test was; kept here"),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE.html", help="write a report with charts")
    ] = None,
    xlsx: Annotated[Path | None, typer.Option(metavar="FILE.xlsx", help="write a workbook")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="DIR", help="write CSV files")] = None,
    summary: Annotated[
        Path | None,
        typer.Option(metavar="FILE.json", help="write the summary that a submission needs"),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Score what happened in a period by a draft, and say who would get more, who less, and why.

    Example: points rules backtest draft.yaml --from 2026-01-01 --until 2026-07-01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.BACKTEST_RULES) as here:
        period = (_day(since, "--from"), _day(until, "--until"))
        kept, as_of = _kept(resume, here)
        plan = Plan(
            since=period[0],
            until=period[1],
            programme=programme,
            after=None if draft is None else _text(draft),
            against=_against(against),
            names=(draft.name if draft else "", Path(against).name),
            fen_a_point=fen_a_point,
            budget_fen=budget_fen,
            as_of=as_of,
        )
        opener = OpensBench(
            plan=plan,
            database=database,
            association=here.association,
            rules_dir=here.rules_dir,
        )
        if engine == DUCKDB:
            found = _quickly(here, plan, jobs, resume)
        else:
            found = _run(here, plan, opener, kept, jobs, _engine(engine, spark_master))
        kept.done()
        _write(found, lang, report, xlsx, csv, summary)
        present.show(as_text(found.as_json(), found.sha256, lang))
        present.result({"summary": found.as_json(), "sha256": found.sha256})


def _run(
    here: Terminal, plan: Plan, opener: OpensBench, kept: Kept, jobs: int, engine: run.Engine
) -> Impact:
    bench = plan.bench(here.engine, here.association)
    few = bench.source.mark().activities < FEW
    with here.present.progress() as bars:
        task = bars.add_task(here.present.pick("回测", "back-test"), total=None)
        return run.backtest(
            bench,
            watch=lambda done, of: bars.update(task, completed=done, total=max(done, of)),
            kept=kept,
            opener=opener,
            jobs=jobs or (1 if few else run.cores()),
            engine=engine,
        )


def _quickly(here: Terminal, plan: Plan, jobs: int, resume: Path | None) -> Impact:
    if resume is not None:
        raise Misused(
            "backtest.no_resume",
            "--engine duckdb 不能续跑，也用不着",
            "--engine duckdb does not go on where it was, nor need it",
        )
    with here.present.progress() as bars:
        task = bars.add_task(here.present.pick("回测", "back-test"), total=None)
        return backtest_quickly(
            plan.bench(here.engine, here.association),
            watch=lambda done, of: bars.update(task, completed=done, total=max(done, of)),
            threads=jobs or run.cores(),
        )


def _kept(path: Path | None, here: Terminal) -> tuple[Kept, datetime]:
    now = here.installation.clock.now()
    if path is None:
        return Kept(), now
    kept = Kept.at(path, {"as_of": now.isoformat()})
    return kept, datetime.fromisoformat(kept.facts["as_of"])


def _engine(name: str, master: str) -> run.Engine:
    if name == SPARK:
        return partial(on_spark, master)
    if name != EXACT:
        raise Misused("backtest.engine", "没有这种计算引擎", "there is no such engine")
    return spread


def _against(said: str) -> str:
    if said == STORED:
        return STORED
    return IN_FORCE if said == "in-force" else _text(Path(said))


def _text(path: Path) -> str:
    if not path.is_file():
        raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    return read_file(path)


def _day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter("YYYY-MM-DD", param_hint=option) from None


def _write(
    found: Impact,
    lang: str,
    report: Path | None,
    xlsx: Path | None,
    csv: Path | None,
    summary: Path | None,
) -> None:
    plain: dict[str, Any] = found.as_json()
    if report is not None:
        report.write_text(standalone(plain, found.sha256, lang), "utf-8")
    if xlsx is not None:
        xlsx.write_bytes(as_xlsx(plain, found.sha256))
    if csv is not None:
        csv.mkdir(parents=True, exist_ok=True)
        for name, content in as_csv(plain, found.sha256).items():
            (csv / name).write_bytes(content)
    if summary is not None:
        summary.write_text(found.canonical, "utf-8")
