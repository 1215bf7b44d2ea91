"""``points rules diff``: what changed between two rule sets, by meaning."""

from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import Presenter, understood
from points.kernel.errors import Misused
from points.rules import ActivityTypes, RuleSet, load_ruleset, read_file
from points.rules.diff import Diff, diff


def diff_command(
    old: Annotated[Path, typer.Argument(metavar="OLD", help="a rule set file, as it was")],
    new: Annotated[Path, typer.Argument(metavar="NEW", help="the same, as it is to be")],
    rules_dir: RulesOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two rule sets: what they mean, not how they are written.

    Example: points rules diff rules/party.yaml draft.yaml
    """
    present = Presenter(lang, as_json)
    with understood(present):
        types = wiring.load_types(rules_dir or wiring.shipped("rules"))
        found = diff(_loaded(old, types), _loaded(new, types))
        _say(present, found)
        present.result(found.as_json())


def _loaded(path: Path, types: ActivityTypes) -> RuleSet:
    if not path.is_file():
        raise Misused("no_file", f"找不到文件 {path.name}", f"there is no file {path.name}")
    ruleset, findings = load_ruleset(read_file(path), file=path.name, types=types)
    if ruleset is None:
        raise wiring.RulesRefused(findings)
    return ruleset


def _say(present: Presenter, found: Diff) -> None:
    for zh, en in zip(found.lines("zh"), found.lines("en"), strict=True):
        present.say(zh, en)
    counts = found.counts
    rest = counts["neutral"] + counts["undecided"]
    if found:
        present.say(
            f"共 {len(found.changes)} 处变化：收紧 {counts['tighten']}，"
            f"放宽 {counts['loosen']}，其他 {rest}",
            f"{len(found.changes)} changes: {counts['tighten']} tighter, "
            f"{counts['loosen']} looser, {rest} other",
        )
