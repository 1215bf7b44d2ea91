"""``points rules diff``: what changed between two rule sets, by meaning."""

import re
from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.cli.opened import opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    RulesOption,
)
from points.cli.present import Presenter, understood
from points.flows.drafting import NO_VERSION
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.rules import ActivityTypes, RuleSet, load_ruleset, read_file
from points.rules.diff import Diff, diff

_VERSION = re.compile(r"([a-z][a-z0-9_]*)/([0-9]{1,7})")


def diff_command(
    old: Annotated[str, typer.Argument(metavar="OLD", help="as it was: a file, or party/1")],
    new: Annotated[str, typer.Argument(metavar="NEW", help="as it is to be: the same")],
    rules_dir: RulesOption = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say what changed between two rule sets: what they mean, not how they are written.

    Each is a file, or a version as `points rules list` names it, which takes the database.
    Example: points rules diff rules/party.yaml draft.yaml
    """
    present = Presenter(lang, as_json)
    with understood(present):
        types = wiring.load_types(rules_dir or wiring.shipped("rules"))
        both = [
            _version(present, database, association, named)
            if (named := _VERSION.fullmatch(each)) and not Path(each).is_file()
            else _loaded(Path(each), types)
            for each in (old, new)
        ]
        found = diff(*both)
        _say(present, found)
        present.result(found.as_json())


def _version(
    present: Presenter, database: str | None, association: str | None, named: re.Match[str]
) -> RuleSet:
    """Return a version of an association, for whoever may see it."""
    programme, number = named[1], int(named[2])
    with opened(present, database, association, Action.EXAMINE_RULES) as here:
        known = here.engine.context_of(here.association).rules.all_of(programme)
        found: RuleSet | None = next((each for each in known if each.version == number), None)
        if found is None:
            present.refuse(NO_VERSION)
        return found


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
