"""``points activity correct``: propose what an activity should have said."""

from typing import Annotated

import typer

from points.activities import reads
from points.cli.opened import opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import MISUNDERSTOOD, Presenter
from points.cli.proposals import BAD_INSTANT, NoteOption, tell_proposed
from points.flows.casework import NO_CLAIM
from points.flows.set_right import ProposeCorrection, read_field, said_right
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import ActivityId

BAD_FIELD = Misused(
    "bad_field",
    "--set 应写成 字段=值，例如 hours=1.5；值留空表示不填该字段",
    "--set takes name=value, as hours=1.5; an empty value leaves the field out",
)


def correct(
    activity: Annotated[str, typer.Argument(metavar="ID", help="the activity's id")],
    reason: Annotated[str, typer.Option(help="misrecorded or misreported")],
    note: NoteOption,
    fields: Annotated[
        list[str] | None, typer.Option("--set", metavar="FIELD=VALUE", help="repeat it")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="when it began, with its zone")
    ] = None,
    ended: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="when it ended, with its zone")
    ] = None,
    kind: Annotated[
        str | None, typer.Option("--type", help="what it was; then every field is set")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose what an activity should have said; another person decides (points proposal).

    Example: points activity correct 01J9… --set hours=1.5 --reason misrecorded --note 签到表抄错
    """
    present = Presenter(lang, as_json)
    begins, ends = (instant(each) if each else None for each in (at, ended))
    if (at and begins is None) or (ended and ends is None):
        present.end(BAD_INSTANT.code, BAD_INSTANT.zh, BAD_INSTANT.en, status=MISUNDERSTOOD)
    typed = [each.partition("=") for each in fields or ()]
    if not all(name and equals for name, equals, _ in typed):
        present.end(BAD_FIELD.code, BAD_FIELD.zh, BAD_FIELD.en, status=MISUNDERSTOOD)
    with opened(present, database, association, Action.PROPOSE) as here:
        with here.engine.reading(here.association) as connection:
            found = reads.one(connection, here.association, ActivityId(activity))
        if found is None:
            present.refuse(NO_CLAIM)
        spec = here.engine.context_of(here.association).types.types.get(kind or found.claim.type)
        right = said_right(
            found.activity,
            {name: read_field(spec, name, text) for name, _, text in typed},
            type=kind,
            occurred_at=begins,
            ended_at=ends,
        )
        command = ProposeCorrection(
            **here.acting(),
            activity=found.activity,
            replacement=right,
            reason=reason,
            note=note,
            person=here.principal.person,
        )
        tell_proposed(present, here.carry_out(command))
