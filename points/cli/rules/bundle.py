"""``points rules export | import``: rules that travel from one association to another."""

from pathlib import Path
from typing import Annotated

import typer

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.rules.draft import NoteOption, read_text, tell_saved
from points.cli.rules.shelf import ProgrammeArgument, VersionArgument, printed_of
from points.flows.rule_bundle import (
    parse_bundle,
    read_bundle,
    spell_bundle,
    strange_types,
    write_bundle,
)
from points.flows.save_draft import SaveDraft
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.rulebook.store import shelved


def export_command(
    programme: ProgrammeArgument,
    version: VersionArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="where to")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Export a published version with its cases and the activity types that it needs.

    Example: points rules export party 3 --to party-v3.rules.json
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_RULES) as here:
        printed = printed_of(here, programme, version)
        with here.engine.reading(here.association) as connection:
            found = shelved(connection, here.association).values()
        history = [each for each in found if each.version.programme == programme]
        bundle = write_bundle(printed, history, here.context)
        to.write_text(spell_bundle(bundle), encoding="utf-8")
        present.say(f"已写入 {to.name}", f"written to {to.name}")
        present.result({"file": to.name, "sha256": bundle["sha256"]})


def import_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what another association exported")],
    note: NoteOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Make a draft of a bundle; say which activity types and fields are different here.

    Example: points rules import party-v3.rules.json
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.WRITE_RULES) as here:
        bundle = read_bundle(parse_bundle(read_text(file)))
        if isinstance(bundle, Refusal):
            present.refuse(bundle)
        result = here.carry_out(
            SaveDraft(
                **here.acting(),
                programme=bundle.programme,
                text=bundle.text,
                cases=bundle.cases,
                note=note,
            )
        )
        differences = strange_types(bundle, here.context.types)
        present.findings(differences)
        tell_saved(present, {**result, "differences": [each.as_json() for each in differences]})
