"""``points hardship``: the hardship fund, which members give to and two people grant from."""

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.proposals import NoteOption, tell_proposed
from points.flows.hardship_desk import FundShown, fund_entries, funds_shown, shown_member
from points.flows.propose import ProposeDonationReturn
from points.identity.policy import Action
from points.web.shown import day

app = typer.Typer(no_args_is_help=True, help="帮扶基金 · The hardship fund.")


@app.command("show")
def show(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what each programme's fund holds, and the rules that it goes by.

    Example: points hardship show
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_HARDSHIP) as here:
        found = funds_shown(here.engine, here.association)
        names = (
            *(("项目", "programme"), ("余额", "holds"), ("捐入", "donated")),
            *(("退回", "returned"), ("发放", "granted"), ("来源", "grants from")),
        )
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            fund = each.fund
            amounts = (fund.balance, fund.donated, fund.returned, fund.granted)
            table.add_row(fund.programme, *map(str, amounts), each.hardship.source)
        present.show(table)
        present.result({"funds": [_fund(each) for each in found]})


@app.command("entries")
def entries(
    programme: Annotated[str, typer.Argument(help="party or health")],
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List what came into a fund and went out of it, newest first; donors stay unnamed.

    Example: points hardship entries health
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_HARDSHIP) as here:
        found = fund_entries(here.engine, here.association, programme, before=before, limit=limit)
        names = (("类别", "kind"), ("变动", "change"), ("分值", "points"), ("日期", "day"))
        table = Table(Column("id", no_wrap=True), *(present.pick(*each) for each in names))
        for each in found:
            row = (each.kind.value, f"{each.change:+}", str(each.points), day(each.recorded_at))
            table.add_row(each.entry_id, *row)
        present.show(table)
        shown = [
            {
                "entry_id": each.entry_id,
                "kind": each.kind,
                "points": each.points,
                "change": each.change,
                "member_id": shown_member(each),
                "recorded_at": each.recorded_at,
            }
            for each in found
        ]
        present.result({"entries": shown})


@app.command("return")
def return_(
    donation: Annotated[str, typer.Argument(metavar="DONATION", help="the donation's id")],
    reason: Annotated[str, typer.Option(help="donated_in_error or donor_in_need")],
    note: NoteOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Propose to give a donation back; another person has to approve it.

    Example: points hardship return 01J9… --reason donated_in_error --note 误点
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.PROPOSE) as here:
        command = ProposeDonationReturn(
            **here.acting(),
            donation_id=donation,
            reason=reason,
            note=note,
            person=here.principal.person,
        )
        tell_proposed(present, here.carry_out(command))


def _fund(shown: FundShown) -> dict[str, Any]:
    fund = shown.fund
    return {
        "programme": fund.programme,
        "balance": fund.balance,
        "donated": fund.donated,
        "returned": fund.returned,
        "granted": fund.granted,
        "source": shown.hardship.source,
        "per_member_month": shown.hardship.per_member_month,
    }
