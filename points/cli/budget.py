"""``points budget``: what pools hold, money that goes back, and the budget report."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from points.catalogue.model import PROGRAMMES, Source
from points.catalogue.money import list_entries
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.budget import BudgetReport, ProgrammeBudget, budget_report
from points.flows.budget_export import budget_as_csv, budget_as_xlsx
from points.flows.return_funds import (
    NO_RETURN,
    DecideReturn,
    ProposeReturn,
    WithdrawReturn,
)
from points.funds.model import Return
from points.funds.store import find_return, list_returns
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.errors import Misused
from points.kernel.ids import ReturnId
from points.kernel.two_people import Verdict
from points.web.budget import percent
from points.web.budget_file import standalone
from points.web.shown import money, when

app = typer.Typer(no_args_is_help=True, help="经费、结余退回与积分负债 · Pools and liability.")
returns = typer.Typer(
    no_args_is_help=True, help="结余退回，两人办理 · Unspent money, by two people."
)
app.add_typer(returns, name="returns")

ProgrammeArgument = Annotated[str, typer.Argument(metavar="PROGRAMME", help="party or health")]
ReturnArgument = Annotated[str, typer.Argument(metavar="RETURN", help="the return's id")]
AtOption = Annotated[
    datetime | None,
    typer.Option(
        metavar="2026-03-31T23:59:59+08:00",
        formats=["%Y-%m-%dT%H:%M:%S%z"],
        help="as recorded by then; now if nothing is said",
    ),
]


@app.command("show")
def show(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show each pool: what is free, what is kept back, and when it runs out.

    Example: points budget show
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BUDGET) as here:
        found = budget_report(here.engine, here.association)
        names = (("项目", "programme"), ("结余", "free"), ("可兑换", "may be promised"))
        more = (("预计用完", "runs out"), ("最早", "earliest"), ("最迟", "latest"))
        table = Table(*(present.pick(*each) for each in (*names, *more)))
        for each in found.programmes:
            pool = each.pool
            ends = (pool.forecast.runs_out, pool.forecast.earliest, pool.forecast.latest)
            days = [str(day) if day else "—" for day in ends]
            table.add_row(each.programme, money(pool.free_fen), money(pool.sellable_fen), *days)
        present.show(table)
        for each in found.programmes:
            if each.pool.warns:
                present.say(
                    f"注意：{each.programme} 经费可能在 {each.pool.warn_days} 天内用完",
                    f"note: {each.programme} may run out within {each.pool.warn_days} days",
                )
        present.result({"pools": {each.programme: each.pool for each in found.programmes}})


@app.command("entries")
def entries(
    programme: ProgrammeArgument,
    before: Annotated[
        str, typer.Option(metavar="ENTRY", help="the last one of the page before")
    ] = "",
    funding: Annotated[bool, typer.Option("--funding", help="only money in and out")] = False,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List a pool's entries, the newest first; page on with --before.

    Example: points budget entries health --funding
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BUDGET) as here:
        with here.engine.reading(here.association) as connection:
            found = list_entries(
                connection,
                here.association,
                _known(programme),
                before=before,
                funding_only=funding,
            )
        names = (("时间", "when"), ("类别", "kind"), ("入池", "given"), ("承诺", "promised"))
        more = (("核销", "spent"), ("来源", "source"), ("文号", "document"))
        table = Table(*(present.pick(*each) for each in (*names, *more)))
        for each in found:
            entry, moved = each.entry, each.entry.moved
            fen = (money(part) for part in (moved.funded, moved.reserved, moved.spent))
            source = entry.source.value if entry.source else ""
            table.add_row(when(each.recorded_at), entry.kind.value, *fen, source, entry.document)
        present.show(table)
        present.result({"entries": found})


def _known(programme: str) -> str:
    if programme not in PROGRAMMES:
        raise Misused("unknown_programme", "没有这个积分项目", "there is no such programme")
    return programme


@app.command("report")
def report(
    at: AtOption = None,
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE")] = None,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE")] = None,
    html_file: Annotated[Path | None, typer.Option("--html", metavar="FILE")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Report pools, forecasts and what open points may cost, with charts where a file is asked for.

    Example: points budget report --xlsx 经费.xlsx --html budget.html
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BUDGET) as here:
        found = budget_report(here.engine, here.association, at)
        if xlsx_file is not None:
            xlsx_file.write_bytes(budget_as_xlsx(found))
        if csv_file is not None:
            csv_file.write_bytes(budget_as_csv(found))
        if html_file is not None:
            html_file.write_text(standalone(found, lang), "utf-8")
        for each in found.programmes:
            _tell(present, each)
        _owed(present, found)
        present.result({"report": found})


def _tell(present: Presenter, each: ProgrammeBudget) -> None:
    owed, share = each.liability, each.liability.share
    rate = f"{percent(share.low_ppm)}–{percent(share.high_ppm)}" if share else "—"
    present.say(
        f"{each.programme}：公示中 {owed.pending}，可用 {owed.available}，冻结 {owed.held}；"
        f"全额 {money(owed.value_fen)}，预计兑换率 {rate}，预计成本 {money(owed.expected_fen)}；"
        f"帮扶基金 {owed.fund} 分，{money(owed.fund_fen)}",
        f"{each.programme}: {owed.pending} pending, {owed.available} available, {owed.held} held; "
        f"{money(owed.value_fen)} in all, {rate} redeemed, expected {money(owed.expected_fen)}; "
        f"hardship fund {owed.fund}, {money(owed.fund_fen)}",
    )


def _owed(present: Presenter, found: BudgetReport) -> None:
    unpaid, unbilled = money(found.owed.unpaid_fen), money(found.owed.open_fen)
    present.say(
        f"应付合作单位：对账单未付 {unpaid}，未结账期 {unbilled}",
        f"owed to partners: {unpaid} of statements not yet paid, {unbilled} in open periods",
    )


@returns.command("list")
def list_command(
    programme: ProgrammeArgument,
    before: Annotated[
        str, typer.Option(metavar="RETURN", help="the last one of the page before")
    ] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the money that went back or is asked to, the newest first.

    Example: points budget returns list health
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BUDGET) as here:
        with here.engine.reading(here.association) as connection:
            found = list_returns(connection, here.association, _known(programme), before=before)
        names = (("编号", "id"), ("金额", "amount"), ("退给", "to"), ("状态", "state"))
        table = Table(*(present.pick(*each) for each in names))
        now = here.clock.now()
        for each in found:
            fact = each.fact
            state = each.state(now).value
            table.add_row(fact.return_id, money(fact.amount_fen), fact.source, state)
        present.show(table)
        present.result({"returns": found})


@returns.command("propose")
def propose(
    programme: ProgrammeArgument,
    yuan: Annotated[int, typer.Argument(min=1, help="whole yuan")],
    source: Annotated[Source, typer.Option(help="who gave it and gets it back")],
    note: Annotated[str, typer.Option(help="why; kept for ever")],
    document: Annotated[str, typer.Option(help="number of the resolution")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Ask another person to give unspent money back.

    Example: points budget returns propose health 5000 --source union --note 年底结余
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.FUND) as here:
        result = here.carry_out(
            ProposeReturn(
                **here.acting(),
                programme=programme,
                amount_fen=Fen(yuan * 100),
                source=source,
                note=note,
                document=document,
            )
        )
        present.say("已提交，等待另一人审批", "proposed; another person decides")
        present.result(result)


@returns.command("approve")
def approve(
    return_id: ReturnArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve a return that somebody else proposed; the money leaves the pool at once.

    Example: points budget returns approve 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_FUNDS) as here:
        _decide(present, here, return_id, Verdict.APPROVE, "")


@returns.command("reject")
def reject(
    return_id: ReturnArgument,
    reason: Annotated[str, typer.Option(help="why; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject a return that somebody else proposed.

    Example: points budget returns reject 01J9… --reason 仍需使用
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_FUNDS) as here:
        _decide(present, here, return_id, Verdict.REJECT, reason)


@returns.command("withdraw")
def withdraw(
    return_id: ReturnArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take one's own return back before somebody decides.

    Example: points budget returns withdraw 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.FUND) as here:
        result = here.carry_out(
            WithdrawReturn(**here.acting(), fact=_found(present, here, return_id))
        )
        present.say("已撤回", "withdrawn")
        present.result(result)


def _decide(
    present: Presenter, here: Terminal, return_id: str, verdict: Verdict, reason: str
) -> None:
    fact = _found(present, here, return_id)
    result = here.carry_out(
        DecideReturn(
            **here.acting(),
            fact=fact,
            verdict=verdict,
            reason=reason,
            person=here.principal.person,
        )
    )
    if verdict is Verdict.APPROVE:
        present.say("已批准，款项已出池", "approved; the money has left the pool")
    else:
        present.say("已退回", "rejected")
    present.result(result)


def _found(present: Presenter, here: Terminal, return_id: str) -> Return:
    with here.engine.reading(here.association) as connection:
        found = find_return(connection, here.association, ReturnId(return_id))
    if found is None:
        present.refuse(NO_RETURN)
    return found.fact
