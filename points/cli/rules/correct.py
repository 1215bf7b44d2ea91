"""``points rules correct``: what was scored before is scored anew, previewed and by two people."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table

from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import Presenter
from points.cli.rules.shown import local, tell
from points.corrections.model import Correction, Line, State
from points.corrections.reads import Filed, list_corrections
from points.flows.correcting import (
    Preview,
    Wish,
    preview,
    sound,
    to_catch_up,
    to_replace,
    to_undo,
)
from points.flows.correction_desk import (
    correction_shown,
    find,
    line_shown,
    lines_in,
    only_member,
    owners_of,
    preview_shown,
)
from points.flows.correction_export import lines_as_csv, lines_as_xlsx
from points.flows.decide_correction import DecideCorrection, Verdict
from points.flows.posting_corrections import post_batch
from points.flows.propose_correction import proposing
from points.flows.withdraw_correction import WithdrawCorrection
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import CorrectionId, DraftId
from points.web.texts.words import CORRECTION_KIND, CORRECTION_STATE

app = typer.Typer(
    no_args_is_help=True, help="更正：按规则重新计分 · Correct what was scored, by two people."
)

LINES_SHOWN = 20
CorrectionArgument = Annotated[str, typer.Argument(metavar="ID", help="the correction's id")]
DraftOption = Annotated[
    str | None,
    typer.Option("--draft", metavar="ID", help="a submitted draft that reaches back"),
]
ProgrammeOption = Annotated[
    str | None,
    typer.Option("--programme", help="catch up with the rules in force; with --from and --until"),
]
FromOption = Annotated[
    str | None, typer.Option("--from", metavar="INSTANT", help="as 2026-01-01T00:00:00+08:00")
]
UntilOption = Annotated[str | None, typer.Option("--until", metavar="INSTANT")]
ToOption = Annotated[
    Path | None,
    typer.Option("--to", metavar="FILE", help="write every line to a .csv, .xlsx or .json file"),
]
NoteOption = Annotated[
    str, typer.Option("--note", help="why, in words; kept for ever, nothing personal")
]


@app.command("preview")
def preview_command(
    draft: DraftOption = None,
    programme: ProgrammeOption = None,
    since: FromOption = None,
    until: UntilOption = None,
    to: ToOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say who would get how much more or less, and why; nothing is changed.

    Example: points rules correct preview --draft 01J9… --to lines.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CORRECT) as here:
        found = _previewed(here, _wish(here, draft, programme, since, until))
        _tell(here, found)
        if to is not None:
            _write(here, to, list(found.lines), found.wish.programme)
        lines = [line_shown(line) for line in found.lines[:LINES_SHOWN]]
        present.result({**preview_shown(found), "first_lines": lines})


@app.command("propose")
def propose_command(
    note: NoteOption,
    draft: DraftOption = None,
    programme: ProgrammeOption = None,
    since: FromOption = None,
    until: UntilOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Preview a correction, and put it with all its lines before another person.

    Example: points rules correct propose --draft 01J9… --note 年初口径有误
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CORRECT) as here:
        _propose(here, _wish(here, draft, programme, since, until), note)


@app.command("reverse")
def reverse_command(
    correction: CorrectionArgument,
    note: NoteOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose to take a finished correction back, the same way: previewed and by two people.

    Example: points rules correct reverse 01J9… --note 依据文件已撤回
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CORRECT) as here:
        wish = to_undo(here.engine, here.association, CorrectionId(correction))
        _propose(here, wish, note)


@app.command("list")
def list_command(
    state: Annotated[State | None, typer.Option(help="where they stand")] = None,
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List corrections, newest first; page on with --before.

    Example: points rules correct list --state proposed
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_CORRECTIONS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_corrections(
                connection, here.association, state, before=before, limit=limit
            )
        shown = [correction_shown(Filed(standing=each), here.clock.now()) for each in found]
        names = (
            *(("类别", "kind"), ("状态", "state"), ("项目", "programme"), ("版本", "version")),
            *(("会员", "members"), ("行数", "lines"), ("提出人", "by")),
        )
        folding = (Column(present.pick(*each), overflow="fold") for each in names)
        table = Table(Column("id", no_wrap=True), *folding)
        for each in shown:
            keys = ("programme", "version", "members", "lines", "proposed_by")
            words = CORRECTION_KIND[each["kind"]], CORRECTION_STATE[each["state"]]
            table.add_row(
                each["correction_id"],
                *(present.pick(*word) for word in words),
                *(str(each[key] or "") for key in keys),
            )
        present.show(table)
        present.result({"corrections": shown})


@app.command("show")
def show_command(
    correction: CorrectionArgument,
    to: ToOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a correction: what it does, who decided, how far it is; --to writes its lines.

    Example: points rules correct show 01J9… --to lines.csv
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_CORRECTIONS) as here:
        filed = _found(here, correction)
        shown = correction_shown(filed, here.clock.now())
        zone = here.context.rules.of(filed.standing.correction.programme).zone
        tell(present, shown, zone)
        if to is not None:
            fact = filed.standing.correction
            lines = lines_in(here.engine, here.association, fact)
            _write(here, to, lines, fact.programme)
        present.result(shown)


@app.command("approve")
def approve_command(
    correction: CorrectionArgument,
    reason: Annotated[str, typer.Option(help="in words, if there is something to say")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve somebody else's correction; the worker posts it member by member.

    Example: points rules correct approve 01J9…
    """
    _decide(Presenter(lang, as_json), database, association, correction, Verdict.APPROVE, reason)


@app.command("reject")
def reject_command(
    correction: CorrectionArgument,
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject somebody else's correction, with a reason.

    Example: points rules correct reject 01J9… --reason 期间不对
    """
    _decide(Presenter(lang, as_json), database, association, correction, Verdict.REJECT, reason)


@app.command("withdraw")
def withdraw_command(
    correction: CorrectionArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Withdraw one's own correction before somebody decides it.

    Example: points rules correct withdraw 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CORRECT) as here:
        command = WithdrawCorrection(**here.acting(), correction_id=CorrectionId(correction))
        result = here.carry_out(command)
        present.say("已撤回", "withdrawn")
        present.result(result)


@app.command("post")
def post_command(
    correction: CorrectionArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Post what is left of an approved correction now; the worker would do the same.

    Safe to stop and to start again: each member's part is posted once.
    Example: points rules correct post 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_CORRECTION) as here:
        filed = _found(here, correction)
        with present.progress() as progress:
            task = progress.add_task(
                present.pick("过账", "posting"), total=filed.standing.correction.members
            )
            done = post_batch(
                here.engine,
                here.association,
                filed.standing,
                tell=lambda number: progress.advance(task, number),
            )
        present.say(
            f"已过账 {done.posted} 人，已变化而未过账 {done.stale} 人，无法计分 {done.failed} 人",
            f"{done.posted} posted, {done.stale} left out as changed, {done.failed} not scorable",
        )
        present.result(
            {
                "posted": done.posted,
                "stale": done.stale,
                "failed": done.failed,
                "left": done.left,
                "done": done.done,
            }
        )


def _wish(
    here: Terminal,
    draft: str | None,
    programme: str | None,
    since: str | None,
    until: str | None,
) -> Wish | Refusal:
    if (draft is None) == (programme is None):
        raise Misused(
            "one_correction",
            "请用 --draft 引入一个版本，或用 --programme 按现行规则补正",
            "give --draft to bring a version in, or --programme to catch up with the rules",
        )
    if draft is not None:
        return to_replace(here.engine, here.association, DraftId(draft))
    starts, ends = instant(since), instant(until)
    if starts is None or ends is None:
        raise Misused(
            "bad_instant",
            "请以 --from 和 --until 给出含时区的时刻，例如 2026-01-01T00:00:00+08:00",
            "say --from and --until with their zone, as 2026-01-01T00:00:00+08:00",
        )
    return to_catch_up(here.engine, here.association, programme or "", starts, ends)


def _previewed(here: Terminal, wish: Wish | Refusal) -> Preview:
    if isinstance(wish, Refusal):
        here.present.refuse(wish)
    with here.present.progress() as progress:
        task = progress.add_task(here.present.pick("重新计分", "scoring again"), total=None)
        found = preview(
            here.engine, here.association, wish, lambda number: progress.advance(task, number)
        )
    if isinstance(found, Refusal):
        here.present.refuse(found)
    return found


def _propose(here: Terminal, wish: Wish | Refusal, note: str) -> None:
    found = _previewed(here, wish)
    _tell(here, found)
    if (refusal := sound(found)) is not None:
        here.present.refuse(refusal)
    named = here.acting()
    command = proposing(here.association, named["operation_id"], named["actor"], found, note)
    result = here.carry_out(command)
    zone = here.context.rules.of(found.wish.programme).zone
    name, until = result["correction_id"], local(datetime.fromisoformat(result["until"]), zone)
    here.present.say(
        f"已提出 {name}，须由另一人在 {until} 前审批",
        f"proposed as {name}; another person decides until {until}",
    )
    here.present.result({**preview_shown(found), **result})


def _tell(here: Terminal, found: Preview) -> None:
    """Print what a preview comes to, and its first lines."""
    present = here.present
    names = (
        *(("积分", "measure"), ("增加人数", "members up"), ("减少人数", "members down")),
        *(("增加分", "points up"), ("减少分", "points down")),
    )
    totals = Table(*(present.pick(*each) for each in names))
    for measure, each in found.totals.items():
        totals.add_row(
            measure,
            *(str(each[key]) for key in ("members_up", "members_down", "up", "down")),
        )
    present.show(totals)
    present.say(
        f"{found.members} 人，{len(found.lines)} 行，校验 {found.lines_sha256[:12]}",
        f"{found.members} members, {len(found.lines)} lines, hash {found.lines_sha256[:12]}",
    )
    heads = (
        *(("会员", "member"), ("规则", "rule"), ("积分", "measure")),
        *(("原", "old"), ("新", "new"), ("原因", "why")),
    )
    table = Table(*(Column(present.pick(*each), overflow="fold") for each in heads))
    for line in found.lines[:LINES_SHOWN]:
        said = line_shown(line)
        table.add_row(
            *(line.member_id, line.rule_id, line.measure, str(line.old), str(line.new)),
            present.pick(said["zh"], said["en"]),
        )
    present.show(table)
    for failed in preview_shown(found)["failed"]:
        present.say(
            f"✗ {failed['activity_id']} {failed['zh']}", f"✗ {failed['activity_id']} {failed['en']}"
        )


WRITERS: dict[str, Callable[[list[Line], str], bytes]] = {
    ".csv": lines_as_csv,
    ".xlsx": lines_as_xlsx,
}


def _write(here: Terminal, to: Path, lines: list[Line], programme: str) -> None:
    zone = here.context.rules.of(programme).zone.key
    writer = WRITERS.get(to.suffix.lower())
    if writer is None:
        raise Misused(
            "bad_suffix", "文件名应以 .csv 或 .xlsx 结尾", "write to a .csv or an .xlsx file"
        )
    to.write_bytes(writer(lines, zone))
    here.present.say(f"已写入 {to}", f"written to {to}")


def _found(here: Terminal, correction: str) -> Filed:
    filed = find(here.engine, here.association, CorrectionId(correction))
    return here.present.refuse(filed) if isinstance(filed, Refusal) else filed


def _decide(
    present: Presenter,
    database: str | None,
    association: str | None,
    correction: str,
    verdict: Verdict,
    reason: str,
) -> None:
    with opened(present, database, association, Action.DECIDE_CORRECTION) as here:
        fact: Correction = _found(here, correction).standing.correction
        command = DecideCorrection(
            **here.acting(),
            correction=fact,
            owners=owners_of(here.engine, here.association, fact),
            only=only_member(here.engine, here.association, fact),
            verdict=verdict,
            reason=reason,
            person=here.principal.person,
        )
        result = here.carry_out(command)
        zh, en = CORRECTION_STATE[result["state"]]
        present.say(f"已办结：{zh}", f"ended: {en}")
        present.result(result)
