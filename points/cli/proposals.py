"""``points proposal``: adjustments by hand, which one person proposes and another decides."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import MISUNDERSTOOD, Presenter
from points.flows.casework import NO_PROPOSAL
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.propose import ProposeGrant, ProposeReversal
from points.flows.withdraw_proposal import WithdrawProposal
from points.identity.policy import Action
from points.kernel.amounts import Points
from points.kernel.errors import Misused
from points.kernel.ids import ActivityId, MemberId, ProposalId
from points.ledger.model import Measure
from points.proposals.model import State
from points.proposals.store import Filed, find_proposal, list_proposals
from points.web.shown import when

app = typer.Typer(no_args_is_help=True, help="人工调整 · Adjustments that two people make.")

BAD_INSTANT = Misused(
    "bad_instant",
    "时刻须含时区，例如 2026-12-31T00:00:00+08:00",
    "an instant says its zone, as 2026-12-31T00:00:00+08:00",
)
ProposalArgument = Annotated[str, typer.Argument(metavar="ID", help="the proposal's id")]
NoteOption = Annotated[
    str, typer.Option("--note", help="why, in words; kept for ever, nothing personal")
]


@app.command("add-grant")
def add_grant(
    member: Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")],
    measure: Annotated[str, typer.Option(help="party.wallet, health.wallet …")],
    points: Annotated[int, typer.Option(min=1, max=10**9)],
    reason: Annotated[str, typer.Option(help="hardship_grant, missed_award or goodwill")],
    note: NoteOption,
    expires: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="ISO 8601 with its zone; else never")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose to give a member points outside the rules.

    Example: points proposal add-grant 01J9… --measure party.wallet --points 50
    --reason hardship_grant --note 住院
    """
    present = Presenter(lang, as_json)
    expires_at = instant(expires) if expires else None
    if expires and expires_at is None:
        present.end(BAD_INSTANT.code, BAD_INSTANT.zh, BAD_INSTANT.en, status=MISUNDERSTOOD)
    with opened(present, database, association, Action.PROPOSE) as here:
        command = ProposeGrant(
            **here.acting(),
            member_id=MemberId(member),
            measure=Measure.parse(measure),
            points=Points(points),
            reason=reason,
            note=note,
            expires_at=expires_at,
            person=here.principal.person,
        )
        tell_proposed(present, here.carry_out(command))


@app.command("add-reverse")
def add_reverse(
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="the activity's id")],
    reason: Annotated[str, typer.Option(help="error or falsified")],
    note: NoteOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose to take back what an activity was granted.

    Example: points proposal add-reverse 01J9… --reason falsified --note 当日不在场
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.PROPOSE) as here:
        command = ProposeReversal(
            **here.acting(),
            activity_id=ActivityId(activity),
            reason=reason,
            note=note,
            person=here.principal.person,
        )
        tell_proposed(present, here.carry_out(command))


@app.command("list")
def list_command(
    state: Annotated[State, typer.Option(help="where they stand")] = State.PROPOSED,
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List proposals in a state, newest first; page on with --before.

    Example: points proposal list --state proposed
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_PROPOSALS) as here:
        with here.engine.reading(here.association) as connection:
            found = list_proposals(
                connection, here.association, state, here.clock.now(), before=before, limit=limit
            )
        names = (("类别", "kind"), ("分值", "points"), ("事由", "reason"), ("提出人", "by"))
        table = Table(Column("id", no_wrap=True), *(present.pick(*each) for each in names))
        for filed in found:
            each = filed.standing.proposal
            table.add_row(
                each.proposal_id,
                each.kind.value,
                "" if each.points is None else str(each.points),
                each.reason,
                each.proposed_by,
            )
        present.show(table)
        present.result({"proposals": [_shown(here, filed) for filed in found]})


@app.command("show")
def show(
    proposal: ProposalArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a proposal and what became of it.

    Example: points proposal show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_PROPOSALS) as here:
        shown = _shown(here, _found(present, here, proposal))
        for name, value in shown.items():
            if value is not None:
                present.say(*(f"{name}: {value}",) * 2)
        present.result(shown)


@app.command("approve")
def approve(
    proposal: ProposalArgument,
    reason: Annotated[str, typer.Option(help="in words, if there is something to say")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve somebody else's proposal; it is carried out at once.

    Example: points proposal approve 01J9…
    """
    _decide(Presenter(lang, as_json), database, association, proposal, Verdict.APPROVE, reason)


@app.command("reject")
def reject(
    proposal: ProposalArgument,
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject somebody else's proposal, with a reason.

    Example: points proposal reject 01J9… --reason 不符合条件
    """
    _decide(Presenter(lang, as_json), database, association, proposal, Verdict.REJECT, reason)


@app.command("withdraw")
def withdraw(
    proposal: ProposalArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Withdraw one's own proposal.

    Example: points proposal withdraw 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.PROPOSE) as here:
        command = WithdrawProposal(**here.acting(), proposal_id=ProposalId(proposal))
        result = here.carry_out(command)
        present.say("已撤回", "withdrawn")
        present.result(result)


def _decide(
    present: Presenter,
    database: str | None,
    association: str | None,
    proposal: str,
    verdict: Verdict,
    reason: str,
) -> None:
    with opened(present, database, association, Action.DECIDE) as here:
        command = DecideProposal(
            **here.acting(),
            proposal=_found(present, here, proposal).standing.proposal,
            verdict=verdict,
            reason=reason,
            person=here.principal.person,
        )
        result = here.carry_out(command)
        present.say(f"已办结：{result['state']}", f"ended: {result['state']}")
        present.result(result)


def _found(present: Presenter, here: Terminal, proposal: str) -> Filed:
    with here.engine.reading(here.association) as connection:
        filed = find_proposal(connection, here.association, ProposalId(proposal))
    return filed if filed is not None else present.refuse(NO_PROPOSAL)


def _shown(here: Terminal, filed: Filed) -> dict[str, Any]:
    proposal, settled = filed.standing.proposal, filed.settled
    return {
        "proposal_id": proposal.proposal_id,
        "kind": proposal.kind.value,
        "state": filed.standing.state(here.clock.now()).value,
        "member_id": proposal.member_id,
        "measure": proposal.measure,
        "points": proposal.points,
        "expires_at": proposal.expires_at,
        "activity_id": proposal.activity_id,
        "replacement": proposal.replacement and asdict(proposal.replacement),
        "reason": proposal.reason,
        "note": proposal.note,
        "proposed_by": proposal.proposed_by,
        "proposed_at": proposal.proposed_at,
        "until": proposal.until,
        "decided_by": settled.actor if settled else None,
        "decided_at": settled.recorded_at if settled else None,
        "decided_reason": settled.reason if settled else None,
    }


def tell_proposed(present: Presenter, result: dict[str, Any]) -> None:
    """Say what was proposed, and until when another person decides."""
    name, until = result["proposal_id"], when(datetime.fromisoformat(result["until"]))
    present.say(
        f"已提出 {name}，须由另一人在 {until} 前审批",
        f"proposed as {name}; another person decides until {until}",
    )
    present.result(result)
