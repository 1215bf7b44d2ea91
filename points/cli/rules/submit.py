"""``points rules submit``: runs the gate, and puts a draft before another person."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import REFUSED, Presenter
from points.cli.rules.draft import DraftArgument, NoteOption, read_text
from points.flows.gate import REASONS, Gate
from points.flows.rule_shelf import gate_of
from points.flows.submit_draft import SubmitDraft
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import DraftId
from points.rulebook.model import Draft
from points.rules import render


def submit_command(
    draft: DraftArgument,
    backtest: Annotated[
        Path | None,
        typer.Option(
            "--backtest",
            metavar="FILE",
            help="the summary that `points rules backtest --json` wrote",
        ),
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="only say whether it would pass")] = False,
    reaches_back: Annotated[
        bool,
        typer.Option("--reaches-back", help="it holds for the past too, by `rules correct`"),
    ] = False,
    note: NoteOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Submit a draft for approval, if lint, cases and back-test are in order; say so if not.

    Ends with 1 where they are not. Example: points rules submit 01J9… --backtest impact.json
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.WRITE_RULES) as here:
        summary = None if backtest is None else _summary(backtest)
        found = gate_of(here.engine, here.association, DraftId(draft), summary)
        if isinstance(found, Refusal):
            present.refuse(found)
        standing, gate = found
        _tell(present, standing.draft, gate)
        if check or gate.reasons:
            present.result(gate.as_json())
            raise typer.Exit(REFUSED if gate.reasons else 0)
        command = SubmitDraft(
            **here.acting(),
            draft_id=DraftId(draft),
            revision=standing.draft.revision,
            gate=gate,
            note=note,
            correction=reaches_back,
        )
        result = here.carry_out(command)
        present.say("已提交，须由另一人审批", "submitted; another person has to approve it")
        present.result(result)


def _summary(path: Path) -> dict[str, Any]:
    try:
        said = json.loads(read_text(path))
    except (ValueError, RecursionError):
        said = None
    if not isinstance(said, dict):
        raise Misused(
            "no_summary", f"{path.name} 不是回测摘要", f"{path.name} is no summary of a back-test"
        )
    return said


def _tell(present: Presenter, draft: Draft, gate: Gate) -> None:
    """Print what the gate found: findings with their places, then what stops the draft."""
    if gate.lint:
        present.say(*(render(gate.lint, draft.text, language) for language in ("zh", "en")))
    for name, text in sorted(draft.cases.items()):
        mine = [each for each in gate.failures if each.file == name]
        if mine:
            present.say(*(render(mine, text, language) for language in ("zh", "en")))
    for zh, en, rules in (
        ("从未命中", "never hit", gate.never_hit),
        ("从未拒绝", "never refused", gate.never_refused),
    ):
        if rules:
            present.say(f"{zh}：{', '.join(rules)}", f"{en}: {', '.join(rules)}")
    present.say(
        f"{len(gate.warnings)} 个提醒，{gate.passed} 个用例通过",
        f"{len(gate.warnings)} warnings, {gate.passed} cases passed",
    )
    for reason in gate.reasons:
        zh, en = REASONS[reason]
        present.say(f"✗ {zh} [{reason}]", f"✗ {en} [{reason}]")
