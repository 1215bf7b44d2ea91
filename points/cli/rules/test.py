"""``points rules test``: runs the case files of a rules folder."""

from pathlib import Path

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import REFUSED, Presenter, understood
from points.rules import (
    ActivityTypes,
    CaseReport,
    Coverage,
    RuleSet,
    coverage,
    load_ruleset,
    read_file,
    render,
    run_cases,
)


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
