"""``points rules export-activities``: what was scored, as a Parquet file without names."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.backtest.minimal import Kept, entries_between
from points.flows.backtest.parquet import write_parquet
from points.flows.backtest.stored import Stored
from points.flows.note_access import NoteAccess
from points.identity.policy import Action
from points.kernel.errors import Misused


def export_activities_command(
    to: Annotated[Path, typer.Option("--to", metavar="FILE.parquet", help="a new file")],
    since: Annotated[
        str, typer.Option("--from", metavar="DAY", help="first local day; from the beginning else")
    ] = "",
    until: Annotated[
        str, typer.Option("--until", metavar="DAY", help="first local day not in it any more")
    ] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write the activities that were scored to a file, for back-tests elsewhere.

    It names nobody: members by their id, and free text only where a rule reads it. Taking them out
    is put on the audit trail first.
    Example: points rules export-activities --to activities.parquet --from 2026-01-01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXPORT_ACTIVITIES) as here:
        if to.exists():
            raise Misused("file_exists", "文件已存在", "the file exists already")
        known = here.engine.context_of(here.association)
        kept = Kept.for_rules(known.rules.rulesets)
        detail = {"from": since, "until": until, "texts": sorted(kept.texts)}
        here.carry_out(
            NoteAccess(
                **here.acting(), action="export_activities", subject="activities", detail=detail
            )
        )
        source = Stored(
            engine=here.engine,
            association=here.association,
            programme="",
            as_of=here.installation.clock.now(),
            with_awards=False,
        )
        with present.progress() as bars:
            task = bars.add_task(present.pick("导出", "export"), total=source.mark().activities)
            chosen = entries_between(
                source.stream(),
                known.rules.rulesets[0].zone,
                _day(since, "--from"),
                _day(until, "--until"),
                tell=lambda: bars.advance(task, 1),
            )
            count = write_parquet(chosen, to, known.types, kept=kept)
        present.say(
            f"已导出 {count} 条活动，不含姓名", f"{count} activities written, without names"
        )
        present.result({"activities": count})


def _day(text: str, option: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise typer.BadParameter("YYYY-MM-DD", param_hint=option) from None
