"""``points rules test``: runs case files, and says what of the rules they cover."""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Column, Table

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import REFUSED, Presenter, understood
from points.cli.rules.junit import junit
from points.kernel.errors import Misused
from points.rules import (
    ActivityTypes,
    CaseReport,
    CaseResult,
    Coverage,
    Covered,
    RuleSet,
    coverage,
    covered,
    load_ruleset,
    read_file,
    render,
    run_cases,
)


class Form(StrEnum):
    """How results are written."""

    TEXT = "text"
    JSON = "json"
    JUNIT = "junit"


@dataclass(slots=True)
class _Tested:
    """Everything that was run, and the rule sets that it was run against.

    Attributes:
        loaded: Rule sets with their texts, by path.
        reports: Of each case file.
    """

    types: ActivityTypes
    folder: Path
    loaded: dict[Path, tuple[RuleSet | None, str]] = field(default_factory=dict)
    reports: dict[Path, tuple[CaseReport, str]] = field(default_factory=dict)

    def run(self, path: Path, name: str | None) -> None:
        text = read_file(path)
        report = run_cases(
            text,
            file=path.name,
            load=lambda named: self._load(path, named),
            chosen=(lambda each: name in each) if name else lambda _: True,
        )
        self.reports[path] = report, text

    def _load(self, cases: Path, named: str) -> RuleSet | None:
        """Return the rule set that a case file names: beside it, or in the rules folder."""
        beside = cases.parent / named
        path = (beside if beside.is_file() else self.folder / Path(named).name).resolve()
        if path not in self.loaded:
            text = read_file(path) if path.is_file() else ""
            self.loaded[path] = load_ruleset(text, file=path.name, types=self._types(path))[0], text
        return self.loaded[path][0]

    def _types(self, path: Path) -> ActivityTypes:
        """Return the activity types beside a rule set, or else those of the rules folder."""
        beside = path.parent / "activities.yaml"
        return wiring.load_types(path.parent) if beside.is_file() else self.types

    @property
    def empty(self) -> bool:
        return not any(report.results for report, _ in self.reports.values())

    def tested(self) -> list["_Share"]:
        """Return what was seen of each rule set; of several versions of the newest."""
        found = []
        for path, (ruleset, text) in self.loaded.items():
            of = [report for report, _ in self.reports.values() if report.ruleset is ruleset]
            if ruleset is not None and of:
                seen = frozenset().union(*(report.seen for report in of))
                share = covered(ruleset, seen, text)
                found.append(_Share(path.name, ruleset, coverage(ruleset, of), share))
        return sorted(found, key=lambda each: (each.file, each.ruleset.version))


class _Share(NamedTuple):
    """What cases saw of one rule set."""

    file: str
    ruleset: RuleSet
    gaps: Coverage
    covered: Covered


def run_all_cases(
    files: Annotated[
        list[Path] | None, typer.Option("--file", metavar="FILE", help="a case file; all otherwise")
    ] = None,
    case: Annotated[
        str | None, typer.Option(metavar="NAME", help="only cases whose name contains this")
    ] = None,
    form: Annotated[Form, typer.Option("--format", help="how to write results")] = Form.TEXT,
    show_coverage: Annotated[
        bool, typer.Option("--coverage", help="list every branch that no case takes")
    ] = False,
    fail_under: Annotated[
        float | None, typer.Option(metavar="PERCENT", min=0, max=100, help="coverage to reach")
    ] = None,
    rules_dir: RulesOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Run case files and print what of the rules they cover.

    Ends with 1 when a case fails, a rule is never hit, or coverage is below --fail-under.
    Example: points rules test --coverage --fail-under 100
    """
    present = Presenter(lang, form is Form.JSON or (as_json and form is Form.TEXT))
    with understood(present):
        folder = rules_dir or wiring.shipped("rules")
        tested = _Tested(wiring.load_types(folder), folder)
        for path in _chosen(files, folder):
            tested.run(path, case)
        if case and tested.empty:
            raise Misused("no_case", "没有这个名称的用例", "no case has this name")
        shares = tested.tested()
        failures = [each for report, _ in tested.reports.values() for each in report.failures]
        if form is Form.JUNIT:
            typer.echo(junit({path.name: report for path, (report, _) in tested.reports.items()}))
        else:
            _print_failed(present, tested)
            # A few cases say little about what all of them cover.
            for share in shares if show_coverage or not (case or files) else ():
                _print_coverage(present, share, everything=show_coverage)
            passed = sum(report.passed for report, _ in tested.reports.values())
            zh, en = f"{len(failures)} 处不符", f"{len(failures)} differ"
            present.say(f"{passed} 个通过，{zh}", f"{passed} passed, {en}")
        present.result(_json(tested, shares))
        never_hit = any(each.gaps.never_hit for each in shares) and not (case or files)
        low = fail_under is not None and any(s.covered.percent < fail_under for s in shares)
        if failures or never_hit or low:
            raise typer.Exit(REFUSED)


def _chosen(files: list[Path] | None, folder: Path) -> list[Path]:
    for path in files or ():
        if not path.is_file():
            raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    return files or sorted((folder / "cases").rglob("*.yaml"))


def _print_failed(present: Presenter, tested: _Tested) -> None:
    for report, text in tested.reports.values():
        if report.failures:
            present.say(*(render(report.failures, text, language) for language in ("zh", "en")))
        for result in report.results:
            if result.differences:
                _print_differences(present, result)


def _print_differences(present: Presenter, result: CaseResult) -> None:
    table = Table(title=result.name, title_justify="left")
    for each in (("项目", "what"), ("期望", "expected"), ("实际", "actual")):
        table.add_column(present.pick(*each), overflow="fold")
    for difference in result.differences:
        table.add_row(*difference)
    present.show(table)
    for zh, en in zip(result.told["zh"], result.told["en"], strict=True):
        present.say(f"  {zh}", f"  {en}")


def _print_coverage(present: Presenter, share: _Share, *, everything: bool) -> None:
    name, gaps, found = share.file, share.gaps, share.covered
    if everything:
        _print_branches(present, share)
    if not gaps.complete:
        present.say(
            f"{name}：从未命中 {', '.join(gaps.never_hit) or '无'}；"
            f"从未拒绝 {', '.join(gaps.never_refused) or '无'}",
            f"{name}: never hit {', '.join(gaps.never_hit) or 'none'}; "
            f"never refused {', '.join(gaps.never_refused) or 'none'}",
        )
    percent = f"{found.percent:g}%"
    present.say(
        f"{name}：分支覆盖 {found.taken}/{found.total}（{percent}）",
        f"{name}: {found.taken} of {found.total} branches ({percent})",
    )


def _print_branches(present: Presenter, share: _Share) -> None:
    table = Table(
        Column(share.file, no_wrap=True),
        Column(present.pick("分支", "branches"), justify="right"),
        Column("%", justify="right"),
    )
    for owner, each in share.covered.shares.items():
        percent = f"{each.taken * 100 // each.total}"
        table.add_row(owner.removeprefix("rule:"), f"{each.taken}/{each.total}", percent)
    present.show(table)
    for missing in share.covered.missing:
        said, place = missing.said(), f"{share.file}:{missing.line}:{missing.column}"
        owner = missing.branch.owner.partition(":")[2]
        present.say(f"  {place}: {owner}：{said.zh}", f"  {place}: {owner}: {said.en}")


def _json(tested: _Tested, shares: list[_Share]) -> dict[str, Any]:
    reports = [(path.name, report) for path, (report, _) in tested.reports.items()]
    return {
        "passed": sum(report.passed for _, report in reports),
        "failures": [each.as_json() for _, report in reports for each in report.failures],
        "never_hit": {each.ruleset.programme: list(each.gaps.never_hit) for each in shares},
        "never_refused": {each.ruleset.programme: list(each.gaps.never_refused) for each in shares},
        "coverage": [{"file": each.file, **each.covered.as_json()} for each in shares],
        "cases": [_case(file, result) for file, report in reports for result in report.results],
    }


def _case(file: str, result: CaseResult) -> dict[str, Any]:
    return {
        "file": file,
        "name": result.name,
        "line": result.line,
        "passed": result.passed,
        "differences": [each._asdict() for each in result.differences],
        "told": result.told,
    }
