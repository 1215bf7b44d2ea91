"""``points audit``: search the trail of what staff did, prove it, export it to write-once files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from points.audit.archive import read_anchor
from points.audit.model import Channel, Event, Result
from points.audit.reads import Search
from points.cli.opened import opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import REFUSED, Presenter
from points.flows import audit
from points.flows.archive_audit import Comparison, compare_archive, export_audit
from points.flows.note_access import NoteAccess
from points.identity.policy import Action
from points.kernel.canonical import plain
from points.kernel.errors import Misused
from points.web.shown import second

app = typer.Typer(no_args_is_help=True, help="审计：查询、验证、归档 · The audit trail.")

LIMIT_MAX = 500


@app.command("list")
def list_command(
    actor: Annotated[str | None, typer.Option(metavar="staff:NAME", help="who did it")] = None,
    action: Annotated[str | None, typer.Option(help="what was done, as freeze")] = None,
    subject: Annotated[str | None, typer.Option(metavar="ID", help="to whom or what")] = None,
    outcome: Annotated[Result | None, typer.Option(help="how it ended")] = None,
    channel: Annotated[Channel | None, typer.Option(help="by which way it came")] = None,
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="ISO 8601 with zone; this one included")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="ISO 8601 with zone; this one excluded")
    ] = None,
    before: Annotated[
        int | None, typer.Option(metavar="SEQ", help="only older ones: the next page")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=LIMIT_MAX)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print events, the newest first; page on with --before.

    Example: points audit list --action freeze --since 2026-03-01T00:00:00+08:00
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_AUDIT, examined=False) as here:
        wanted = Search(
            actor=actor,
            action=action,
            subject=subject,
            outcome=outcome,
            channel=channel,
            since=_instant(since),
            until=_instant(until),
        )
        found = audit.search(here.engine, here.association, wanted, before=before, limit=limit)
        present.show(_table(present, found))
        more = found[-1].sequence if len(found) == limit else None
        present.result({"events": [_shown(each) for each in found], "before": more})


@app.command("show")
def show(
    sequence: Annotated[int, typer.Argument(metavar="SEQ", min=1, help="the event's number")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print everything about one event, what was there before and after included.

    Example: points audit show 128
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_AUDIT, examined=False) as here:
        event = audit.find(here.engine, here.association, sequence)
        if event is None:
            present.end("not_found", "没有这一条审计记录", "there is no such event")
        shown = _shown(event)
        table = Table(show_header=False)
        for name, value in shown.items():
            # As text: rich would take staff:chair: for a picture, and brackets for a colour.
            table.add_row(name, Text(_lines(value)))
        present.show(table)
        present.result(shown)


@app.command("verify")
def verify(
    anchor: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="an event noted outside: a manifest, or --json of this"),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option(metavar="DIR", help="compare with what was exported there")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Recompute the chain and name the first event that differs; ends with 1 when one does.

    Example: points audit verify --archive /mnt/worm/audit
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_AUDIT, examined=False) as here:
        noted = None if anchor is None else read_anchor(_content(anchor))
        proof = audit.prove(here.engine, here.association, noted)
        compared = archive and compare_archive(here.engine, here.association, archive)
        said = proof.as_json()
        if isinstance(compared, Comparison):
            said |= {"ok": proof.ok and compared.ok, "archive": compared.as_json()}
            _say_compared(present, compared)
        present.result(said)
        first = proof.first_difference
        if first is not None:
            present.say(
                f"第一处不符：{first.place}，应为 {first.expected}，实为 {first.found}",
                f"first difference: {first.place}: expected {first.expected}, found {first.found}",
            )
        if not said["ok"]:
            raise typer.Exit(REFUSED)
        present.say(
            f"审计链完整：共 {proof.rows} 条，链尾 {proof.head.hash}",
            f"The chain is whole: {proof.rows} events, its head is {proof.head.hash}",
        )


@app.command("export")
def export(
    to: Annotated[Path, typer.Option("--to", metavar="DIR", help="an existing folder")],
    since_last: Annotated[
        bool, typer.Option("--since-last", help="go on after what the folder holds already")
    ] = False,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write the trail to files that are created once and never overwritten.

    The export itself is put on the trail first. Run again, it goes on where it was interrupted.
    Example: points audit export --to /mnt/worm/audit --since-last
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_AUDIT, examined=False) as here:
        note = NoteAccess(**here.acting(), action="export_audit", subject="audit")
        here.carry_out(note)
        with present.progress() as bars:
            task = bars.add_task(present.pick("归档", "export"), total=None)
            done = export_audit(
                here.engine,
                here.association,
                to,
                since_last=since_last,
                months=here.installation.settings.audit_months,
                tell=lambda n: bars.advance(task, n),
            )
        present.say(
            f"已归档 {done.events} 条，至第 {done.head.sequence} 条",
            f"{done.events} events written, up to {done.head.sequence}",
        )
        present.result(
            {"events": done.events, "sequence": done.head.sequence, "hash": done.head.hash}
        )


_HEADINGS = (
    ("序号", "no."),
    ("时间", "when"),
    ("谁", "who"),
    ("动作", "what"),
    ("对象", "to what"),
    ("结果", "outcome"),
    ("来源", "from"),
)
_OUTCOMES = {Result.DONE: ("已办", "done"), Result.REFUSED: ("拒绝", "refused")}


def _table(present: Presenter, events: list[Event]) -> Table:
    table = Table()
    for names in _HEADINGS:
        table.add_column(present.pick(*names), overflow="fold")
    for event in events:
        outcome = " ".join(filter(None, (present.pick(*_OUTCOMES[event.outcome]), event.code)))
        origin = " ".join(filter(None, (event.origin.channel.value, event.origin.address)))
        cells = (
            str(event.sequence),
            second(event.recorded_at),
            event.actor,
            event.action,
            event.subject,
            outcome,
            origin,
        )
        table.add_row(*map(Text, cells))
    return table


def _shown(event: Event) -> dict[str, object]:
    return {**event.content(), "hash": event.hash}


def _lines(value: object) -> str:
    if not isinstance(value, dict):
        return str(value)
    return "\n".join(f"{name}: {plain(each)}" for name, each in value.items())


def _say_compared(present: Presenter, found: Comparison) -> None:
    said = found.as_json()
    present.say(
        f"归档 {found.rows} 条，至第 {found.archived} 条；数据库至第 {found.stored} 条",
        f"archive: {found.rows} events up to {found.archived}; database up to {found.stored}",
    )
    names = (
        ("missing", "数据库缺少", "the database lacks"),
        ("differing", "与归档不一致", "the database says otherwise"),
        ("damaged", "归档文件已损坏", "damaged segments"),
        ("gaps", "归档缺少", "the archive lacks"),
    )
    for name, zh, en in names:
        if said[name]:
            listed = ", ".join(said[name])
            present.say(f"{zh}：{listed}", f"{en}: {listed}")


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise Misused(
            "no_file", f"找不到文件 {path.name}", f"there is no file {path.name}"
        ) from None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = instant(text)
    if found is None:
        raise Misused(
            "bad_instant",
            "时间应为带时区的 ISO 8601，例如 2026-01-01T00:00:00+08:00",
            "give an ISO 8601 instant with its zone, as 2026-01-01T00:00:00+08:00",
        )
    return found
