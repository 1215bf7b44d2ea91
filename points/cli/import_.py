"""``points import``: check sheets, take their good rows once, hand the bad ones back."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.origin import console_origin
from points.cli.present import REFUSED, Presenter
from points.flows.import_.bad_rows import bad_rows_workbook
from points.flows.import_.model import ReadResult
from points.flows.import_.profiles.file import choose, load_profiles
from points.flows.import_.profiles.model import Profile
from points.flows.import_.run import Imported, Upload, check_file, import_file
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.findings import Finding
from points.kernel.ids import PartnerId

PLACES_SHOWN = 5
"""How many places a person is shown for one kind of finding; programs get all."""


def command(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help=".xlsx .xls .csv .jsonl")],
    profile: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="which kind of sheet; otherwise by the file's name"),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="only check; write nothing")] = False,
    bad_rows: Annotated[
        Path | None,
        typer.Option("--bad-rows", metavar="OUT.xlsx", help="refused rows, to mend and send again"),
    ] = None,
    partner: Annotated[
        str | None, typer.Option(metavar="PARTNER", help="whose outlets a list of outlets holds")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take the good rows of sheets, each exactly once, and say what is wrong with the others.

    Ends with 1 when rows were refused.
    Example: points import 志愿服务签到_2025.csv --check --bad-rows 待修改.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.IMPORT) as here:
        if bad_rows is not None and len(files) > 1:
            raise Misused(
                "one_file",
                "--bad-rows 一次只能用于一个文件",
                "--bad-rows goes with one file at a time",
            )
        profiles = load_profiles(here.rules_dir / "sheets")
        uploads = [_upload(here, path, partner) for path in files]
        chosen = [_profile(profiles, upload.name, profile) for upload in uploads]
        done = [
            _one(present, here, upload, how, check=check)
            for upload, how in zip(uploads, chosen, strict=True)
        ]
        if bad_rows is not None:
            bad_rows.write_bytes(bad_rows_workbook(done[0].read))
        _print(present, done, check=check)
        accounts = [each.as_json() for each in done]
        present.result({"checked_only": check, "files": accounts} | _sums(accounts))
        if any(each.read.refused or not each.read.readable for each in done):
            raise typer.Exit(REFUSED)


def _upload(here: Terminal, path: Path, partner: str | None) -> Upload:
    if not path.is_file():
        raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    return Upload(
        association_id=here.association,
        actor=here.actor,
        name=path.name,
        content=path.read_bytes(),
        partner_id=PartnerId(partner) if partner else None,
        origin=console_origin(),
    )


def _profile(profiles: dict[str, Profile], file: str, name: str | None) -> Profile:
    found = profiles.get(name) if name else choose(profiles, file)
    if found is None:
        known = ", ".join(profiles)
        raise Misused(
            "no_profile",
            f"{file}：没有适用的表格模板，请用 --profile 指定：{known}",
            f"{file}: no profile fits; choose one with --profile: {known}",
        )
    return found


def _one(
    present: Presenter, here: Terminal, upload: Upload, profile: Profile, *, check: bool
) -> Imported:
    if check:
        read, _ = check_file(here.engine, upload, profile)
        return Imported(read=read, batch_id="", duplicates=read.duplicates, accepted=read.accepted)
    with present.progress() as bars:
        task = bars.add_task(upload.name, total=None)
        return import_file(here.engine, upload, profile, lambda n: bars.advance(task, n))


def _sums(accounts: list[dict[str, Any]]) -> dict[str, int]:
    names = ("rows", "accepted", "refused", "duplicates")
    return {name: sum(account[name] for account in accounts) for name in names}


def _print(present: Presenter, done: list[Imported], *, check: bool) -> None:
    taken = ("可收", "good") if check else ("收", "taken")
    names = (("文件", "file"), ("行", "rows"), taken, ("退", "refused"), ("重", "again"))
    table = Table(*(present.pick(*each) for each in names))
    for each in done:
        figures = (each.read.rows, each.accepted, len(each.read.refused), each.duplicates)
        table.add_row(each.read.file, *map(str, figures))
    present.show(table)
    for each in done:
        _print_findings(present, each.read)
    if check:
        present.say("仅检查，未写入任何内容", "Checked only: nothing was written.")


def _print_findings(present: Presenter, read: ReadResult) -> None:
    grouped: dict[tuple[str, str], list[Finding]] = {}
    for finding in read.findings:
        said = present.pick(finding.zh, finding.en)
        grouped.setdefault((finding.code, said), []).append(finding)
    for (code, said), findings in grouped.items():
        places = [finding.place() for finding in findings[:PLACES_SHOWN]]
        more = len(findings) - len(places)
        rest = present.pick(f" 等 {len(findings)} 处", f" and {more} more") if more else ""
        present.say(*(f"{said} [{code}]\n  {'; '.join(places)}{rest}",) * 2)
