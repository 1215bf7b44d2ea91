"""``points watch``: what looks odd at counters, and what staff made of it."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.alert_desk import Known, about, names_in, read_cursor_of, shown
from points.flows.answer_alert import NO_ALERT, AnswerAlert, LookAtAlert, Verdict
from points.flows.watch_day import Judged, back_run, watch_due
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.findings import Severity
from points.kernel.ids import AlertId
from points.rules import WatchPolicy, load_watch, read_file
from points.watch.model import State
from points.watch.store import list_alerts
from points.web.shown import about as spelled
from points.web.shown import when
from points.web.texts import texts
from points.wiring import RulesRefused, shipped

app = typer.Typer(no_args_is_help=True, help="核销预警 · What looks odd at counters.")

AlertArgument = Annotated[str, typer.Argument(metavar="ALERT", help="the alert's id")]
FileOption = Annotated[
    Path | None, typer.Option("--file", metavar="FILE.yaml", help="other thresholds, to try")
]


@app.command("run")
def run(
    since: Annotated[
        str | None, typer.Option("--from", metavar="2026-03-01", help="of a dry run")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="2026-03-31", help="its last day")] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="say what would be raised; write nothing")
    ] = False,
    file: FileOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Judge the days that are over; or, dry, what thresholds would have raised in the past.

    Example: points watch run --from 2026-03-01 --until 2026-03-31 --dry-run --file watch.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ANSWER_ALERT) as here:
        if not dry_run:
            if since or until or file:
                raise _only_dry()
            raised = watch_due(here.engine, here.association)
            present.say(f"新增预警 {raised} 条", f"{raised} new alerts")
            present.result({"raised": raised})
            return
        policy = here.context.watch if file is None else _policy(file)
        days = back_run(
            here.engine, here.association, _day(since, "--from"), _day(until, "--until"), policy
        )
        found = [each for each in days if each.seen]
        findings = [one for each in found for one in each.findings]
        known = names_in(here.engine, here.association, findings, here.context)
        _tell(present, found, known)
        present.result(
            {
                "policy_sha256": policy.sha256,
                "days": len(found),
                "seen": sum(each.seen for each in found),
                "findings": findings,
            }
        )


def _only_dry() -> Misused:
    return Misused(
        "only_dry",
        "起止日期与其他阈值只能与 --dry-run 一起使用",
        "days and other thresholds go with --dry-run only",
    )


def _day(text: str | None, option: str) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        raise Misused(
            "bad_day",
            f"{option} 应写作 2026-01-31",
            f"write {option} as 2026-01-31",
        ) from None


def _policy(file: Path) -> WatchPolicy:
    policy, findings = load_watch(read_file(file), file=file.name)
    if policy is None:
        raise RulesRefused([each for each in findings if each.severity is Severity.ERROR])
    return policy


def _listed(figures: Mapping[str, int], lang: str, group: str = "alert_figure") -> str:
    t = texts(lang)
    return ", ".join(f"{t.word(group, name)} {value}" for name, value in figures.items())


def _tell(present: Presenter, found: list[Judged], known: Known) -> None:
    lang = present.language
    names = (("日期", "day"), ("类别", "kind"), ("对象", "about"), ("数字", "figures"))
    table = Table(*(present.pick(*each) for each in names))
    for each in found:
        for one in each.findings:
            kind = texts(lang).word("alert_kind", one.kind.value)
            told = spelled(about(one, known), lang)
            table.add_row(each.day.isoformat(), kind, told, _listed(one.figures, lang))
    present.show(table)
    count, seen = sum(len(each.findings) for each in found), sum(each.seen for each in found)
    present.say(
        f"{len(found)} 天、{seen} 笔核销与撤销中会有 {count} 条预警，未写入",
        f"{count} alerts in {len(found)} days with {seen} captures and voids; nothing written",
    )


@app.command("list")
def list_command(
    state: Annotated[State, typer.Option(help="where they stand")] = State.OPEN,
    before: Annotated[
        str, typer.Option(metavar="DAY~ALERT", help="the last one of the page before")
    ] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List alerts, the newest day first; page on with --before.

    Example: points watch list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_ALERTS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_alerts(connection, here.association, state, before=read_cursor_of(before))
        findings = [each.alert.finding for each in found]
        known = names_in(here.engine, here.association, findings, here.context)
        names = (("日期", "day"), ("编号", "id"), ("类别", "kind"), ("对象", "about"))
        table = Table(*(present.pick(*each) for each in names))
        t = texts(lang)
        for each in found:
            finding = each.alert.finding
            kind = t.word("alert_kind", finding.kind.value)
            row = (each.alert.day, each.alert.alert_id, kind)
            table.add_row(*row, spelled(about(finding, known), lang))
        present.show(table)
        present.result({"alerts": found})


@app.command("show")
def show(
    alert: AlertArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show an alert with its figures, its threshold and the captures that show it.

    Example: points watch show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_ALERTS) as here:
        found = shown(here.engine, here.association, AlertId(alert), here.context)
        if found is None:
            present.refuse(NO_ALERT)
        finding = found.filed.alert.finding
        names = (("时间", "when"), ("类别", "kind"), ("门店", "outlet"), ("操作员", "operator"))
        more = (("会员", "member"), ("券尾号", "code ends"), ("金额(分)", "fen"))
        table = Table(*(present.pick(*each) for each in (*names, *more)))
        for each in found.evidence:
            who = found.known.members.get(each.member_id, "—")
            trade = texts(lang).word("trade", each.kind.value)
            row = (when(each.recorded_at), trade, each.outlet_id, each.operator_id, who)
            table.add_row(*row, each.last4, str(each.cost_fen))
        told = f"{spelled(about(finding, found.known), lang)}; {_listed(finding.figures, lang)}"
        said = texts(lang).word("alert_kind", finding.kind.value)
        held = _listed(finding.threshold, lang, "alert_bound")
        present.say(f"{said}：{told}（阈值：{held}）", f"{said}: {told} (threshold: {held})")
        present.show(table)
        present.result({"alert": found.filed, "evidence": found.evidence})


@app.command("look")
def look(
    alert: AlertArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say that one is looking at an alert.

    Example: points watch look 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ANSWER_ALERT) as here:
        result = here.carry_out(LookAtAlert(**here.acting(), alert_id=AlertId(alert)))
        present.say("已登记核查", "noted")
        present.result(result)


@app.command("answer")
def answer(
    alert: AlertArgument,
    verdict: Annotated[Verdict, typer.Argument(help="what it was")],
    note: Annotated[str, typer.Option(help="what was found out; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say what an alert was; it ends the alert and nothing else.

    Example: points watch answer 01J9… explained --note 门店促销日
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ANSWER_ALERT) as here:
        result = here.carry_out(
            AnswerAlert(**here.acting(), alert_id=AlertId(alert), verdict=verdict, note=note)
        )
        present.say("已答复", "answered")
        present.result(result)


@app.command("lint")
def lint(
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="the shipped file otherwise")
    ] = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Check a file of thresholds; no database is needed.

    Example: points watch lint rules/watch.yaml
    """
    present = Presenter(lang, as_json)
    path = file or shipped("rules") / "watch.yaml"
    if not path.is_file():
        present.end("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}", status=2)
    policy, findings = load_watch(read_file(path), file=path.name)
    if policy is None:
        raise RulesRefused(findings)
    present.say(f"没有问题，{policy.sha256}", f"sound, {policy.sha256}")
    present.result({"sha256": policy.sha256, "findings": findings})
