"""``points partner operator``: who logs in at the tills of partners."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.guessing import blinded, operator_name
from points.flows.operator_sessions import operators_of
from points.flows.operator_standing import (
    AddOperator,
    DisableOperator,
    EnableOperator,
    ResetOperator,
)
from points.flows.set_up_operator import set_up_hash
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import OutletId, PartnerId
from points.web.shown import when

app = typer.Typer(no_args_is_help=True, help="门店操作员 · Operators of outlets.")

OutletArgument = Annotated[str, typer.Argument(metavar="OUTLET", help="the outlet's code")]
OperatorArgument = Annotated[
    str, typer.Argument(metavar="OPERATOR", help="a number, as 07 or A-12; never a name")
]


@app.command("add")
def add(
    outlet: OutletArgument,
    operator: OperatorArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Register an operator and print the code with which they choose a PIN, once, within 72 hours.

    From the first operator on the outlet's counter asks for a log-in.

    Example: points partner operator add YF01 07
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_OPERATORS) as here:
        code, hashed = _set_up_code(here, outlet, operator)
        command = AddOperator(**_about(here, outlet, operator), set_up_hash=hashed)
        _tell_code(present, code, here.carry_out(command))


@app.command("list")
def list_command(
    outlet: Annotated[str | None, typer.Option(metavar="OUTLET", help="of one outlet only")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List operators by outlet and number, at most 500.

    Example: points partner operator list --outlet YF01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_OPERATORS) as here:
        place = None if outlet is None else OutletId(outlet)
        found = operators_of(here.engine, here.association, _firm(here), place)
        names = (("门店", "outlet"), ("操作员", "operator"), ("状态", "state"), ("PIN", "PIN"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            account = each.account
            state = ("启用", "enabled") if account.active else ("停用", "disabled")
            ready = ("已设定", "chosen") if each.ready else ("未设定", "not chosen")
            cells = account.outlet_id, account.operator_id, present.pick(*state)
            table.add_row(*map(Text, (*cells, present.pick(*ready))))
        present.show(table)
        present.result(
            {
                "operators": [
                    {
                        "outlet_id": each.account.outlet_id,
                        "operator_id": each.account.operator_id,
                        "active": each.account.active,
                        "ready": each.ready,
                    }
                    for each in found
                ]
            }
        )


@app.command("reset")
def reset(
    outlet: OutletArgument,
    operator: OperatorArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take an operator's PIN away and print a code with which they choose another.

    Example: points partner operator reset YF01 07
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_OPERATORS) as here:
        code, hashed = _set_up_code(here, outlet, operator)
        guard = blinded(here.engine, here.association, operator_name(outlet, operator))
        about = _about(here, outlet, operator)
        done = here.carry_out(ResetOperator(**about, set_up_hash=hashed, guard=guard))
        _tell_code(present, code, done)


@app.command("disable")
def disable(
    outlet: OutletArgument,
    operator: OperatorArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Let an operator in no more; their sessions end at once.

    Example: points partner operator disable YF01 07
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_OPERATORS) as here:
        _done(present, here.carry_out(DisableOperator(**_about(here, outlet, operator))))


@app.command("enable")
def enable(
    outlet: OutletArgument,
    operator: OperatorArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Let an operator in again, with the PIN that they had.

    Example: points partner operator enable YF01 07
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_OPERATORS) as here:
        _done(present, here.carry_out(EnableOperator(**_about(here, outlet, operator))))


def _firm(here: Terminal) -> PartnerId | None:
    """Return the partner whose office sits here; None for the association."""
    principal = here.principal
    return PartnerId(principal.subject) if principal.kind is Kind.PARTNER else None


def _about(here: Terminal, outlet: str, operator: str) -> dict[str, Any]:
    return {
        **here.acting(),
        "outlet_id": OutletId(outlet),
        "operator_id": operator,
        "firm": _firm(here),
    }


def _set_up_code(here: Terminal, outlet: str, operator: str) -> tuple[str, str]:
    code = here.context.factors.set_up_code(f"{here.association}|{here.ids.next()}")
    return code, set_up_hash(here.context, here.association, (OutletId(outlet), operator), code)


def _tell_code(present: Presenter, code: str, done: dict[str, Any]) -> None:
    until = when(datetime.fromisoformat(done["set_up_until"]))
    present.say(
        f"一次性设置码（仅显示一次，{until} 前有效）：{code}\n操作员首次在门店登录时用它设定 PIN",
        f"The set-up code, shown once, good until {until}: {code}\n"
        "With it the operator chooses a PIN at the till.",
    )
    present.result({**done, "set_up_code": code})


def _done(present: Presenter, done: dict[str, Any]) -> None:
    present.say("已完成", "Done.")
    present.result(done)
