"""The retention schedule, and the records of impact assessments."""

from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.origin import console_origin
from points.cli.present import Presenter
from points.flows.assess import Assess
from points.flows.assessment_file import read_assessment
from points.flows.retention import apply, due
from points.identity.policy import Action
from points.kernel.errors import Misused, NotFound
from points.privacy.reads import assessments
from points.rules import read_file
from points.wiring import RulesRefused

assessment = typer.Typer(no_args_is_help=True, help="个人信息保护影响评估 · Impact assessments.")


def retention(
    do: Annotated[
        bool, typer.Option("--apply", help="destroy what is due, and propose erasures")
    ] = False,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what is kept longer than the schedule says, or act on it.

    Example: points privacy retention --apply
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        schedule = here.installation.schedule
        found = due(here.engine, here.association, schedule)
        counts = {each.line.kind: each.count for each in found}
        names = (("内容", "what"), ("期限", "keep"), ("到期", "due"), ("处理", "action"))
        table = Table(*(present.pick(*each) for each in names), present.pick("依据", "ground"))
        for line in schedule.lines:
            ground = present.pick(line.ground.zh, line.ground.en)
            count = str(counts.get(line.kind, ""))
            table.add_row(line.kind, line.keep.text, count, line.action, ground)
        present.show(table)
        done: dict[str, int] = {}
        if do:
            done = apply(here.engine, here.association, schedule, console_origin())
            present.say(f"已处理：{done}", f"done: {done}")
        present.result({"due": {kind.value: n for kind, n in counts.items()}, "done": done})


@assessment.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE.yaml", help="see the template in the docs")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Record an impact assessment; a record is never changed, the next one is a new version.

    Example: points privacy assessment add 影响评估.yaml
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        if not file.is_file():
            raise Misused("no_file", f"找不到文件 {file.name}", f"there is no file {file.name}")
        said, findings = read_assessment(read_file(file), file=file.name)
        if said is None:
            raise RulesRefused(findings)
        command = Assess(**here.acting(), **cast("dict[str, Any]", said))
        result = here.carry_out(command)
        present.say(f"已登记第 {result['version']} 版", f"recorded as version {result['version']}")
        present.result(result)


@assessment.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the records of impact assessments, newest first.

    Example: points privacy assessment list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        with here.engine.reading(here.association) as connection:
            found = assessments(connection, here.association)
        names = (("版", "version"), ("日期", "made on"), ("标题", "title"), ("负责", "author"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            table.add_row(str(each.version), each.made_on, each.title, each.author)
        present.show(table)
        present.result({"assessments": found})


@assessment.command("show")
def show(
    version: Annotated[int, typer.Argument(metavar="VERSION", min=1)],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show one record.

    Example: points privacy assessment show 1
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        with here.engine.reading(here.association) as connection:
            listed = assessments(connection, here.association)
        found = next((each for each in listed if each.version == version), None)
        if found is None:
            present.refuse(NotFound(noun="impact assessment", noun_zh="影响评估记录"))
        present.say(*(f"{found.version}  {found.made_on}  {found.title}",) * 2)
        for name, said in found.body.items():
            present.say(*(f"  {name}: {said}",) * 2)
        present.result({"assessment": found})
