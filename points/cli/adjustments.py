"""``points partner adjust``: what a partner is owed is changed, by two people."""

from typing import Annotated

import typer
from rich.table import Table

from points.adjustments.model import Adjustment, Reason
from points.adjustments.store import find_adjustment, list_adjustments
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.adjust_settlement import (
    NO_ADJUSTMENT,
    DecideAdjustment,
    ProposeAdjustment,
    WithdrawAdjustment,
    look_up,
)
from points.identity.policy import Action
from points.kernel.amounts import Fen
from points.kernel.errors import Refusal
from points.kernel.ids import AdjustmentId, OutletId, PartnerId
from points.kernel.two_people import Verdict
from points.kernel.yuan import yuan
from points.web.texts import texts

app = typer.Typer(
    no_args_is_help=True, help="结算调整，两人办理 · What a partner is owed, by two people."
)

PartnerArgument = Annotated[
    str, typer.Argument(metavar="PARTNER", help="the association's code for it")
]
AdjustmentArgument = Annotated[
    str, typer.Argument(metavar="ADJUSTMENT", help="the adjustment's id")
]


@app.command("list")
def list_command(
    partner: PartnerArgument,
    before: Annotated[
        int | None, typer.Option(metavar="NUMBER", help="the last one of the page before")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List a partner's adjustments, the newest first.

    Example: points partner adjust list YF
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        with here.engine.reading(here.association) as connection:
            found = list_adjustments(
                connection, here.association, PartnerId(partner), before=before
            )
        names = (("号", "no"), ("编号", "id"), ("金额（元）", "yuan"), ("门店", "outlet"))
        more = (("核销", "capture"), ("原因", "reason"), ("状态", "state"))
        table = Table(*(present.pick(*each) for each in (*names, *more)))
        t, now = texts(present.language), here.clock.now()
        for each in found:
            fact, state = each.fact, each.state(now).value
            table.add_row(
                str(fact.number),
                fact.adjustment_id,
                yuan(fact.amount_fen),
                fact.outlet_id or "",
                fact.request_no,
                t.word("adjustment_reason", fact.reason.value),
                t.word("return_state", state),
            )
        present.show(table)
        present.result(
            {"adjustments": [{"adjustment": e.fact, "state": e.state(now)} for e in found]}
        )


@app.command("propose")
def propose(
    partner: PartnerArgument,
    amount_fen: Annotated[
        int, typer.Option(help="above zero pays the partner more, below takes back")
    ],
    reason: Annotated[Reason, typer.Option(help="stands in the statement")],
    note: Annotated[str, typer.Option(help="why; the partner reads it, kept for ever")],
    capture: Annotated[
        str, typer.Option(metavar="NUMBER", help="a capture's request number, or its id")
    ] = "",
    programme: Annotated[str, typer.Option(help="whose pool, where no capture says so")] = "",
    outlet: Annotated[
        str | None, typer.Option(help="at which outlet, where no capture says so")
    ] = None,
    document: Annotated[str, typer.Option(help="number of the resolution")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Ask another person to change what a partner is owed.

    Example: points partner adjust propose YF --amount-fen -1200 --capture R-1 --reason late_void …
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ADJUST_SETTLEMENT) as here:
        about = look_up(
            here.engine,
            here.association,
            PartnerId(partner),
            programme=programme,
            outlet_id=OutletId(outlet) if outlet else None,
            capture=capture,
        )
        if isinstance(about, Refusal):
            present.refuse(about)
        result = here.carry_out(
            ProposeAdjustment(
                **here.acting(),
                partner_id=PartnerId(partner),
                about=about,
                amount_fen=Fen(amount_fen),
                reason=reason,
                note=note,
                document=document,
            )
        )
        present.say(
            f"已提交第 {result['number']} 号结算调整（{result['adjustment_id']}），等待另一人审批",
            f"proposed as number {result['number']} ({result['adjustment_id']}); "
            "another person decides",
        )
        present.result(result)


@app.command("approve")
def approve(
    partner: PartnerArgument,
    adjustment: AdjustmentArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Approve an adjustment that somebody else proposed; it is booked into the open period.

    Example: points partner adjust approve YF 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_ADJUSTMENT) as here:
        _decide(present, here, _found(present, here, partner, adjustment), Verdict.APPROVE, "")


@app.command("reject")
def reject(
    partner: PartnerArgument,
    adjustment: AdjustmentArgument,
    reason: Annotated[str, typer.Option(help="why; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Reject an adjustment that somebody else proposed.

    Example: points partner adjust reject YF 01J9… --reason 小票金额无误
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.DECIDE_ADJUSTMENT) as here:
        _decide(present, here, _found(present, here, partner, adjustment), Verdict.REJECT, reason)


@app.command("withdraw")
def withdraw(
    partner: PartnerArgument,
    adjustment: AdjustmentArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take one's own adjustment back before somebody decides.

    Example: points partner adjust withdraw YF 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ADJUST_SETTLEMENT) as here:
        fact = _found(present, here, partner, adjustment)
        result = here.carry_out(WithdrawAdjustment(**here.acting(), fact=fact))
        present.say("已撤回", "withdrawn")
        present.result(result)


def _decide(
    present: Presenter, here: Terminal, fact: Adjustment, verdict: Verdict, reason: str
) -> None:
    result = here.carry_out(
        DecideAdjustment(
            **here.acting(),
            fact=fact,
            verdict=verdict,
            reason=reason,
            person=here.principal.person,
        )
    )
    if verdict is Verdict.APPROVE:
        present.say(
            f"已批准，{yuan(fact.amount_fen)} 元计入未结账期",
            f"approved; {yuan(fact.amount_fen)} yuan are booked into the open period",
        )
    else:
        present.say("已退回", "rejected")
    present.result(result)


def _found(present: Presenter, here: Terminal, partner: str, adjustment: str) -> Adjustment:
    with here.engine.reading(here.association) as connection:
        found = find_adjustment(connection, here.association, AdjustmentId(adjustment))
    if found is None or found.fact.partner_id != partner:
        present.refuse(NO_ADJUSTMENT)
    return found.fact
