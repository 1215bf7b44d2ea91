"""``points rules lint``: everything that is wrong with rule files, before anyone relies on them."""

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import REFUSED, Presenter, understood
from points.cli.rules.files import FilesArgument, chosen_files
from points.kernel.findings import Finding, Severity
from points.rules import lint, read_file, render


def lint_command(
    files: FilesArgument = None,
    rules_dir: RulesOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print everything that is wrong with rule files: file, line, column, how to mend it.

    Ends with 1 when there are errors. Example: points rules lint rules/party.yaml
    """
    present = Presenter(lang, as_json)
    with understood(present):
        folder = rules_dir or wiring.shipped("rules")
        types = wiring.load_types(folder)
        found: list[Finding] = []
        for path in chosen_files(files, folder):
            text = read_file(path)
            findings = lint(text, file=path.name, types=types)
            found.extend(findings)
            if findings:
                present.say(*(render(findings, text, language) for language in ("zh", "en")))
        errors = sum(finding.severity is Severity.ERROR for finding in found)
        present.say(
            f"{errors} 个错误，{len(found) - errors} 个提醒",
            f"{errors} errors, {len(found) - errors} warnings",
        )
        present.result({"errors": errors, "findings": [f.as_json() for f in found]})
        if errors:
            raise typer.Exit(REFUSED)
