"""``points rules new-case``: a case from a stored activity, which passes as it is written."""

from pathlib import Path
from typing import Annotated

import typer

from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
)
from points.cli.present import Presenter
from points.cli.rules.case_file import NoCaseFile, new_file, put_case, written
from points.flows.casework import NO_CLAIM
from points.flows.new_case import NO_CASE, NewCase, new_case
from points.flows.reconstruct import Reconstruction, reconstruct
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import ActivityId
from points.rules import read_file, run_cases

NO_CASE_FILE = Misused(
    "no_case_file",
    "这不是用例文件：没有 tests 列表，或其中的用例与规则对不上",
    "it is no case file: it has no list of tests, or is about other rules",
)


def new_case_command(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="a stored activity's id")],
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="what to call it; its type otherwise")
    ] = None,
    programme: Annotated[
        str, typer.Option(metavar="PROGRAMME", help="by whose rules, where there are several")
    ] = "",
    into: Annotated[
        Path | None, typer.Option(metavar="FILE", help="the case file to put it in; printed if not")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Make a case of a stored activity, with as much of its past as mattered and nobody's data.

    It is run before it is given out; comments of FILE stay as they are.
    Example: points rules new-case 01J9… --into rules/cases/party/mine.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_ACTIVITY) as here:
        made = _made(present, here, ActivityId(activity), name, programme)
        file = f"{made.ruleset.programme}.yaml"
        text = _text(into, file, made)
        _try(text, made)
        if into is None:
            present.say(*(written(made.case),) * 2)
        else:
            into.write_text(text, "utf-8")
            present.say(f"已写入 {into.name}", f"written to {into.name}")
        present.result({"ruleset": file, "case": made.case, "written": into is not None})


def _made(
    present: Presenter, here: Terminal, activity: ActivityId, name: str | None, programme: str
) -> NewCase:
    found = reconstruct(here.engine, here.association, activity)
    if isinstance(found, Refusal):
        present.refuse(found)
    claim = found.filed.claim
    if not here.sees(claim.branch, claim.grid):
        present.refuse(NO_CLAIM)
    named = name or _title(here, found, present.language)
    return new_case(here.engine, here.association, found, named, programme)


def _title(here: Terminal, found: Reconstruction, language: str) -> str:
    kind = here.context.types.types.get(found.filed.claim.type)
    return kind.title.of(language) if kind else found.filed.claim.type


def _text(into: Path | None, ruleset: str, made: NewCase) -> str:
    if into is None or not into.is_file():
        return new_file(ruleset, made.case)
    try:
        return put_case(read_file(into), made.case)
    except NoCaseFile:
        raise NO_CASE_FILE from None


def _try(text: str, made: NewCase) -> None:
    """Run the case as it stands in the text.

    Raises:
        Misused: It would fail.
    """
    wanted = made.case["name"]
    report = run_cases(
        text, file="", load=lambda _: made.ruleset, chosen=lambda each: each == wanted
    )
    if not report.results:
        raise NO_CASE_FILE
    if not report.results[-1].passed:
        raise NO_CASE
