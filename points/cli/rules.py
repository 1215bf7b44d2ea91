"""``points rules``: check, test and explain authored rules before anyone relies on them."""

from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import REFUSED, Presenter, understood
from points.kernel.errors import Misused
from points.kernel.findings import Finding, Severity
from points.rules import (
    ActivityTypes,
    CaseReport,
    Coverage,
    RuleSet,
    coverage,
    lint,
    load_ruleset,
    read_file,
    render,
    rule_sentence,
    run_cases,
)

app = typer.Typer(no_args_is_help=True, help="规则：检查、测试、解释 · Rules.")

FilesArgument = Annotated[
    list[Path] | None,
    typer.Argument(metavar="[FILE]...", help="rule set files; all of the folder's otherwise"),
]


@app.command("lint")
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
        for path in _files(files, folder):
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


@app.command("test")
def run_all_cases(
    rules_dir: RulesOption = None, lang: LanguageOption = "zh", as_json: JsonOption = False
) -> None:
    """Run the case files of a rules folder and print which rules no case covers.

    Ends with 1 when a case fails or a rule is never hit. Example: points rules test
    """
    present = Presenter(lang, as_json)
    with understood(present):
        folder = rules_dir or wiring.shipped("rules")
        types = wiring.load_types(folder)
        reports = _run_all(present, folder, types)
        passed = sum(report.passed for report in reports)
        failures = [finding for report in reports for finding in report.failures]
        untested = _untested(reports)
        for name, gaps in untested.items():
            if not gaps.complete:
                present.say(
                    f"{name}：从未命中 {', '.join(gaps.never_hit) or '无'}；"
                    f"从未拒绝 {', '.join(gaps.never_refused) or '无'}",
                    f"{name}: never hit {', '.join(gaps.never_hit) or 'none'}; "
                    f"never refused {', '.join(gaps.never_refused) or 'none'}",
                )
        present.say(
            f"{passed} 个通过，{len(failures)} 处不符", f"{passed} passed, {len(failures)} differ"
        )
        never_hit = {name: list(gaps.never_hit) for name, gaps in untested.items()}
        never_refused = {name: list(gaps.never_refused) for name, gaps in untested.items()}
        present.result(
            {
                "passed": passed,
                "failures": [finding.as_json() for finding in failures],
                "never_hit": never_hit,
                "never_refused": never_refused,
            }
        )
        if failures or any(never_hit.values()):
            raise typer.Exit(REFUSED)


@app.command("explain")
def explain_command(
    rule_id: Annotated[
        str | None, typer.Argument(metavar="[RULE]", help="as P06; all otherwise")
    ] = None,
    files: Annotated[
        list[Path] | None, typer.Option("--file", metavar="FILE", help="a rule set file")
    ] = None,
    rules_dir: RulesOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say in a sentence what each rule does, from the rule itself.

    Example: points rules explain P06 --lang en
    """
    present = Presenter(lang, as_json)
    with understood(present):
        folder = rules_dir or wiring.shipped("rules")
        types = wiring.load_types(folder)
        said = {}
        for path in _files(files, folder):
            ruleset, findings = load_ruleset(read_file(path), file=path.name, types=types)
            if ruleset is None:
                raise wiring.RulesRefused(findings)
            for rule in ruleset.rules:
                if rule_id in (None, rule.id):
                    said[rule.id] = {name: rule_sentence(rule, name) for name in ("zh", "en")}
        if not said:
            raise Misused("unknown_rule", "没有这条规则", "there is no such rule")
        for name, sentence in said.items():
            present.say(f"{name}  {sentence['zh']}", f"{name}  {sentence['en']}")
        present.result({"rules": said})


def _files(files: list[Path] | None, folder: Path) -> list[Path]:
    chosen = files or [folder / name for name in wiring.RULESETS if (folder / name).is_file()]
    for path in chosen:
        if not path.is_file():
            raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    return chosen


def _run_all(present: Presenter, folder: Path, types: ActivityTypes) -> list[CaseReport]:
    loaded: dict[str, RuleSet | None] = {}

    def load(name: str) -> RuleSet | None:
        if name not in loaded:
            path = folder / Path(name).name
            text = read_file(path) if path.is_file() else ""
            loaded[name] = load_ruleset(text, file=name, types=types)[0]
        return loaded[name]

    reports = []
    for path in sorted((folder / "cases").rglob("*.yaml")):
        text = read_file(path)
        report = run_cases(text, file=path.name, load=load)
        if report.failures:
            present.say(*(render(report.failures, text, language) for language in ("zh", "en")))
        reports.append(report)
    return reports


def _untested(reports: list[CaseReport]) -> dict[str, Coverage]:
    rulesets = {r.ruleset.programme: r.ruleset for r in reports if r.ruleset is not None}
    return {
        name: coverage(ruleset, [r for r in reports if r.ruleset is ruleset])
        for name, ruleset in sorted(rulesets.items())
    }
