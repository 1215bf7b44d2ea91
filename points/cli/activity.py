"""``points activity``: what became of an activity and why; what one would be worth."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.activities import reads
from points.activities.model import Award, State
from points.activities.reads import Filed
from points.activities.store import awards_of
from points.cli.examination import examination, print_claim, print_examination
from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import REFUSED, Presenter
from points.flows.casework import NO_CLAIM
from points.flows.examine import Examined, Example, examine
from points.flows.reconstruct import reconstruct
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import ActivityId, MemberId
from points.rules import explain
from points.web.shown import when
from points.web.texts import texts
from points.web.texts.words import STEP

app = typer.Typer(no_args_is_help=True, help="活动与申报 · Activities and their claims.")

EXAMPLE_KEYS = {"type", "member_id", "occurred_at", "fields"}
EXAMPLE_BYTES_MAX = 100_000
BAD_EXAMPLE = Misused(
    "bad_example",
    "文件应为 JSON：type、member_id、occurred_at（带时区）、fields",
    "the file is JSON with type, member_id, occurred_at (with zone) and fields",
)


@app.command("show")
def show(
    activity: Annotated[str, typer.Argument(metavar="ID", help="the activity's id")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show an activity, every step of its claim, and what each rule made of it.

    Example: points activity show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_ACTIVITY) as here:
        wanted = ActivityId(activity)
        with here.engine.reading(here.association) as connection:
            found = reads.one(connection, here.association, wanted)
            if found is None or not here.sees(found.claim.branch, found.claim.grid):
                present.refuse(NO_CLAIM)
            events = reads.history(connection, here.association, wanted)
            awards = awards_of(connection, here.association, [wanted]).get(wanted, [])
        print_claim(present, found.claim)
        for event in events:
            said = f"{event.actor} {texts(lang).word('line_reason', event.reason)}".rstrip()
            zh, en = STEP[event.step.value]
            at = when(event.recorded_at)
            present.say(f"  {at}  {zh}  {said}", f"  {at}  {en}  {said}")
        sentences = {name: _sentences(awards, name) for name in ("zh", "en")}
        for zh, en in zip(sentences["zh"], sentences["en"], strict=True):
            present.say(f"  {zh}", f"  {en}")
        present.result(
            {
                "activity": found.activity,
                "claim": found.claim,
                "history": events,
                "awards": awards,
                "sentences": sentences,
            }
        )


@app.command("list")
def list_command(
    state: Annotated[State, typer.Option(help="where their claims stand")] = State.SUBMITTED,
    after: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List activities whose claims stand in a state, by id; page on with --after.

    Example: points activity list --state submitted
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_ACTIVITY) as here:
        seen = here.areas
        scope = reads.Scope(everything=seen.everything, branches=seen.branches, grids=seen.grids)
        with here.engine.reading(here.association) as connection:
            found = reads.queue(
                connection, here.association, [state], scope, after=after, limit=limit
            )
        # An id or a type that is broken over two lines cannot be copied.
        kind = present.pick("类型", "type")
        table = Table(Column("id", no_wrap=True), Column(kind, no_wrap=True))
        for each in (("时间", "when"), ("提示", "flags")):
            table.add_column(present.pick(*each))
        for filed in found:
            claim = filed.claim
            flags = "、".join(texts(lang).word("flag", each) for each in claim.flags)
            table.add_row(claim.activity_id, claim.type, when(claim.occurred_at), flags)
        present.show(table)
        present.result({"activities": [_line(each) for each in found]})


@app.command("examine")
def examine_command(
    activity: Annotated[
        str, typer.Argument(metavar="ID|FILE.json", help="a stored activity, or one as it might be")
    ],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Account for every point of an activity, each condition and cap, and why not; write nothing.

    A stored one is scored again as it was scored then, and compared with what was recorded; what
    was not scored yet, as it would be now. FILE.json holds type, member_id, occurred_at (with its
    zone) and fields. Ends with 1 where what was recorded is not what it comes to.

    Example: points activity examine 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_ACTIVITY) as here:
        if activity.endswith(".json"):
            _examine_example(present, here, Path(activity))
            return
        found = reconstruct(here.engine, here.association, ActivityId(activity))
        claim = None if isinstance(found, Refusal) else found.filed.claim
        if isinstance(found, Refusal) or not (claim and here.sees(claim.branch, claim.grid)):
            present.refuse(NO_CLAIM)
        print_examination(present, found)
        present.result(examination(found))
        if not found.sound:
            raise typer.Exit(REFUSED)


def _examine_example(present: Presenter, here: Terminal, file: Path) -> None:
    example = _example(file)
    here.needs_member(example.member_id)
    found = examine(here.engine, here.association, example)
    if isinstance(found, Refusal):
        present.refuse(found)
    if not found:
        present.say("没有适用的规则，不计分", "No rules apply: it is worth nothing.")
    for each in found:
        _print_examined(present, each)
    present.result({"written": False, "programmes": [_examined(each) for each in found]})


def _example(file: Path) -> Example:
    """Return what a file describes; no message quotes it, for it may hold what is personal."""
    try:
        with file.open(encoding="utf-8") as stream:
            body = json.loads(stream.read(EXAMPLE_BYTES_MAX))
    except (OSError, ValueError):
        raise BAD_EXAMPLE from None
    if not isinstance(body, dict) or not EXAMPLE_KEYS <= set(body) <= {*EXAMPLE_KEYS, "source"}:
        raise BAD_EXAMPLE
    occurred_at = instant(body["occurred_at"])
    if occurred_at is None or not isinstance(body["fields"], dict):
        raise BAD_EXAMPLE
    return Example(
        type=str(body["type"]),
        member_id=MemberId(str(body["member_id"])),
        occurred_at=occurred_at,
        fields=body["fields"],
        source=str(body.get("source", "example")),
    )


def _sentences(awards: list[Award], language: str) -> list[str]:
    """Return a sentence a rule; a rule that grants several measures says so in one."""
    traces = {award.rule_id: award.trace for award in awards if award.trace is not None}
    return explain({"steps": list(traces.values())}, language)


def _line(filed: Filed) -> dict[str, Any]:
    claim = filed.claim
    return {
        "activity_id": claim.activity_id,
        "type": claim.type,
        "member_id": claim.member_id,
        "occurred_at": claim.occurred_at,
        "state": claim.state,
        "second_needed": claim.second_needed,
        "flags": claim.flags,
        "source": filed.activity.source,
    }


def _print_examined(present: Presenter, found: Examined) -> None:
    ruleset, totals = found.ruleset, found.evaluation.totals
    worth = ", ".join(f"{name} {points}" for name, points in totals.items()) or "0"
    title = f"{ruleset.programme} v{ruleset.version}"
    present.say(f"{title}：{worth}", f"{title}: {worth}")
    trace = found.evaluation.trace or {"steps": []}
    for zh, en in zip(explain(trace, "zh"), explain(trace, "en"), strict=True):
        present.say(f"  {zh}", f"  {en}")


def _examined(found: Examined) -> dict[str, Any]:
    trace = found.evaluation.trace or {"steps": []}
    return {
        "programme": found.ruleset.programme,
        "version": found.ruleset.version,
        "sha256": found.ruleset.sha256,
        "totals": found.evaluation.totals,
        "review": found.evaluation.review,
        "sentences": {name: explain(trace, name) for name in ("zh", "en")},
        "trace": trace,
    }
