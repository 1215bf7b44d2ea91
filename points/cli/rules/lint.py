"""``points rules lint``: what is wrong with authored files, before anyone relies on them."""

import json
import sys
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import REFUSED, Presenter, understood
from points.cli.rules.files import chosen_files
from points.cli.rules.workflow_commands import workflow_commands
from points.flows.lint import Surroundings, lint_file
from points.kernel.errors import Misused
from points.kernel.findings import Finding, Severity
from points.rules import Budget, diagnostics, read_file, render

ALSO = ("activities.yaml", "catalogue.yaml")


class Form(StrEnum):
    """How findings are written."""

    TEXT = "text"
    JSON = "json"
    LSP = "lsp"
    GITHUB = "github"


def lint_command(
    files: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[FILE]...", help="rule sets, activity types, catalogues"),
    ] = None,
    form: Annotated[
        Form, typer.Option("--format", help="text, json, lsp (for editors) or github (for CI)")
    ] = Form.TEXT,
    strict: Annotated[bool, typer.Option("--strict", help="warnings are errors")] = False,
    stdin: Annotated[
        str | None,
        typer.Option("--stdin", metavar="NAME", help="read this file from standard input"),
    ] = None,
    cases: Annotated[bool, typer.Option(help="run the cases: rules that none reaches")] = True,
    budget_fen: Annotated[
        int | None, typer.Option(metavar="FEN", min=0, help="what a year may cost")
    ] = None,
    members: Annotated[int | None, typer.Option(metavar="N", min=1, help="who takes part")] = None,
    rules_dir: RulesOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print everything that is wrong with authored files: file, line, column, how to mend it.

    Ends with 1 when there are errors. Example: points rules lint rules/party.yaml --strict
    """
    form = Form.JSON if as_json and form is Form.TEXT else form
    present = Presenter(lang, form is not Form.TEXT)
    with understood(present):
        folder = rules_dir or wiring.shipped("rules")
        around = Surroundings(
            types=wiring.load_types(folder),
            policy=wiring.load_limits(folder),
            cases=_cases(folder) if cases else None,
            budget=_budget(budget_fen, members),
        )
        linted = {
            path: (text, lint_file(text, file=path.name, around=around))
            for path, text in _texts(files, stdin, folder)
        }
        found = [finding for _, findings in linted.values() for finding in findings]
        _print(present, linted, form)
        if any(_stops(finding, strict=strict) for finding in found):
            raise typer.Exit(REFUSED)


def _texts(files: list[Path] | None, stdin: str | None, folder: Path) -> Iterable[tuple[Path, str]]:
    if stdin is not None:
        yield Path(stdin), sys.stdin.read()
        return
    chosen = chosen_files(files, folder)
    if not files:
        chosen += [folder / name for name in ALSO if (folder / name).is_file()]
    for path in chosen:
        yield path, read_file(path)


def _cases(folder: Path) -> dict[str, str]:
    return {str(path): read_file(path) for path in sorted((folder / "cases").rglob("*.yaml"))}


def _budget(fen: int | None, members: int | None) -> Budget | None:
    if (fen is None) != (members is None):
        raise Misused(
            "half_a_budget",
            "--budget-fen 与 --members 须一起写",
            "--budget-fen and --members go together",
        )
    return None if fen is None or members is None else Budget(fen=fen, members=members)


def _stops(finding: Finding, *, strict: bool) -> bool:
    stopping = (Severity.ERROR, Severity.WARNING) if strict else (Severity.ERROR,)
    return finding.severity in stopping


def _print(present: Presenter, linted: dict[Path, tuple[str, list[Finding]]], form: Form) -> None:
    found = [finding for _, findings in linted.values() for finding in findings]
    counts = {each: sum(f.severity is each for f in found) for each in Severity}
    if form is Form.GITHUB:
        for path, (_, findings) in linted.items():
            for line in workflow_commands(findings, str(path), present.language):
                typer.echo(line)
        return
    if form is Form.LSP:
        said = {
            str(path): diagnostics(findings, text, present.language, path.name)
            for path, (text, findings) in linted.items()
        }
        typer.echo(json.dumps(said, ensure_ascii=False))
        return
    for text, findings in linted.values():
        if findings:
            present.say(*(render(findings, text, language) for language in ("zh", "en")))
    errors, warnings, remarks = (counts[each] for each in Severity)
    present.say(
        f"{errors} 个错误，{warnings} 个警告，{remarks} 个提示",
        f"{errors} errors, {warnings} warnings, {remarks} remarks",
    )
    present.result(
        {
            "errors": errors,
            "warnings": warnings,
            "remarks": remarks,
            "findings": [finding.as_json() for finding in found],
        }
    )
