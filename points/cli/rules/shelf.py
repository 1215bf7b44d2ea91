"""``points rules list | show | retire``: versions and drafts as they stand."""

from datetime import date, datetime
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.rules.shown import ORIGIN, tell
from points.flows.context import Context
from points.flows.drafting import NO_DRAFT, NO_VERSION
from points.flows.retire_version import RetireVersion
from points.flows.rule_shelf import OnShelf, looked_up, versions
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import DraftId
from points.rulebook.model import DraftState, Standing
from points.rulebook.reads import Listed, Printed, find_version, list_drafts, steps_of
from points.web.shown import when
from points.web.texts.words import DRAFT_STATE, RULE_PHASE

ProgrammeArgument = Annotated[str, typer.Argument(metavar="PROGRAMME", help="party or health")]
VersionArgument = Annotated[int, typer.Argument(metavar="VERSION", min=1, max=999_999)]
HASH_SHOWN = 12


def list_command(
    state: Annotated[
        DraftState | None, typer.Option(help="only drafts that stand so; all open ones otherwise")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="so many drafts at most")] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List every version and where it stands, then the drafts.

    Example: points rules list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_RULES) as here:
        found = versions(here.engine, here.association, here.clock.now())
        with here.engine.reading(here.association) as connection:
            drafts = list_drafts(connection, here.association, state, limit=limit)
        known = here.context
        present.show(_versions(present, found, known))
        if drafts:
            present.show(_drafts(present, drafts))
        present.result(
            {
                "versions": [each.as_json() for each in found],
                "drafts": [_draft(each) for each in drafts],
            }
        )


def show_command(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="a draft's id, or a version as party/3")
    ],
    text: Annotated[bool, typer.Option("--text", help="only the rule file, word for word")] = False,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a draft with all its steps, or a version with who approved it.

    Example: points rules show party/3
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_RULES) as here:
        programme, slash, number = what.partition("/")
        said = _version(here, programme, number) if slash else _steps(here, what)
        if text:
            present.say(*(said["text"],) * 2)
        else:
            tell(present, said, here.context.rules.of(said["programme"]).zone)
        present.result(said)


def retire_command(
    programme: ProgrammeArgument,
    version: VersionArgument,
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever")],
    last: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="DAY", help="first day without it; otherwise it never begins"
        ),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Retire a version before it begins, or from a coming day on.

    Example: points rules retire party 3 --from 2026-07-01 --reason 上级另有通知
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.APPROVE_RULES) as here:
        printed = printed_of(here, programme, version)
        command = RetireVersion(
            **here.acting(),
            programme=programme,
            version=version,
            reason=reason,
            owners=(printed.shelved.version.submitted_by,),
            last=None if last is None else _day(last),
            person=here.principal.person,
        )
        result = here.carry_out(command)
        ends = when(datetime.fromisoformat(result["ends_at"]))
        present.say(f"已停用，自 {ends} 起", f"retired from {ends}")
        present.result(result)


def printed_of(here: Terminal, programme: str, number: int) -> Printed:
    """Return a published version; ends the program where there is none."""
    with here.engine.reading(here.association) as connection:
        found = find_version(connection, here.association, programme, number)
    return found if found is not None else here.present.refuse(NO_VERSION)


def _day(said: str) -> date:
    try:
        return date.fromisoformat(said)
    except ValueError:
        raise Misused("bad_day", "日期写作 2026-07-01", "write a day as 2026-07-01") from None


def _versions(present: Presenter, found: list[OnShelf], known: Context) -> Table:
    names = (
        *(("版本", "version"), ("状态", "phase"), ("自", "from"), ("至", "until")),
        *(("来自", "origin"), ("校验", "hash")),
    )
    table = Table(*(present.pick(*each) for each in names))
    for each in found:
        zone = known.rules.of(each.programme).zone
        said = each.as_json()
        table.add_row(
            f"{each.programme}/{each.version}",
            present.pick(*RULE_PHASE[each.phase.value]),
            *(
                moment.astimezone(zone).date().isoformat()
                for moment in (each.starts_at, each.ends_at)
            ),
            present.pick(*ORIGIN[said["origin"]]),
            each.sha256[:HASH_SHOWN],
        )
    return table


def _drafts(present: Presenter, found: list[Listed]) -> Table:
    names = (("修订", "revision"), ("项目", "programme"), ("状态", "state"), ("起草", "author"))
    table = Table(
        Column("id", no_wrap=True), *(present.pick(*each) for each in (*names, ("说明", "note")))
    )
    for each in found:
        draft = each.draft
        number = str(draft.revision)
        state = present.pick(*DRAFT_STATE[each.state.value])
        table.add_row(draft.draft_id, number, draft.programme, state, draft.author, draft.note)
    return table


def _draft(standing: Standing | Listed) -> dict[str, Any]:
    draft = standing.draft
    return {
        "draft_id": draft.draft_id,
        "revision": draft.revision,
        "programme": draft.programme,
        "state": standing.state.value,
        "author": draft.author,
        "saved_at": draft.saved_at,
        "note": draft.note,
        "digest": draft.digest,
    }


def _steps(here: Terminal, name: str) -> dict[str, Any]:
    standing = looked_up(here.engine, here.association, DraftId(name))
    if isinstance(standing, Refusal):
        here.present.refuse(NO_DRAFT)
    with here.engine.reading(here.association) as connection:
        steps = steps_of(connection, here.association, DraftId(name))
    return {
        **_draft(standing),
        "owners": sorted(standing.owners),
        "steps": [
            {
                "step": each.step.value,
                "revision": each.revision,
                "actor": each.actor,
                "recorded_at": each.recorded_at,
                "reason": each.reason,
                "sha256": each.detail.get("sha256"),
                "backtest_sha256": each.detail.get("backtest_sha256"),
                "backtest_confirmed": each.detail.get("backtest_confirmed"),
            }
            for each in steps
        ],
        "text": standing.draft.text,
        "cases": dict(standing.draft.cases),
    }


def _version(here: Terminal, programme: str, number: str) -> dict[str, Any]:
    found = versions(here.engine, here.association, here.clock.now())
    spelled = f"{programme}/{number}"
    one = next((each for each in found if f"{each.programme}/{each.version}" == spelled), None)
    if one is None:
        here.present.refuse(NO_VERSION)
    if one.published is None:
        return {**one.as_json(), "text": here.context.rules.texts.get(one.sha256, ""), "cases": {}}
    printed = printed_of(here, programme, one.version)
    return {**one.as_json(), "text": printed.text, "cases": dict(printed.cases)}
