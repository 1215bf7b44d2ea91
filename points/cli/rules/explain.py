"""``points rules explain``: says in a sentence what each rule does."""

from pathlib import Path
from typing import Annotated

import typer

from points import wiring
from points.cli.options import JsonOption, LanguageOption, RulesOption
from points.cli.present import Presenter, understood
from points.cli.rules.files import chosen_files
from points.kernel.errors import Misused
from points.rules import load_ruleset, read_file, rule_sentence


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
        looked_at = chosen_files(files, folder)
        for path in looked_at:
            ruleset, findings = load_ruleset(read_file(path), file=path.name, types=types)
            if ruleset is None:
                raise wiring.RulesRefused(findings)
            for rule in ruleset.rules:
                if rule_id in (None, rule.id):
                    said[rule.id] = {name: rule_sentence(rule, name) for name in ("zh", "en")}
        if not said:
            names = [path.name for path in looked_at]
            raise Misused(
                "unknown_rule",
                f"{'、'.join(names)} 中没有这条规则；别的文件请用 --file 指明",
                f"there is no such rule in {', '.join(names)}; name another file with --file",
            )
        for name, sentence in said.items():
            present.say(f"{name}  {sentence['zh']}", f"{name}  {sentence['en']}")
        present.result({"rules": said})
