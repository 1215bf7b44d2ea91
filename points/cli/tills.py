"""``points partner device``, ``policy`` and ``hours``: tills, and what holds at counters."""

from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.opening import Opening, openings
from points.flows.till_standing import AgreeCounters, RegisterTill, SwitchTill, terms
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import OutletId, PartnerId
from points.partners.counter_store import list_tills, policies_of
from points.partners.counters import VOIDS_MAX_MOST, CounterPolicy, OutsideHours
from points.partners.errors import PartnerUnknown

app = typer.Typer(no_args_is_help=True, help="收银设备 · Tills of outlets.")

OutletArgument = Annotated[str, typer.Argument(metavar="OUTLET", help="the outlet's code")]
DeviceArgument = Annotated[
    str, typer.Argument(metavar="DEVICE", help="as the till sends it; web for browsers")
]
PartnerArgument = Annotated[
    str, typer.Argument(metavar="PARTNER", help="the association's code for it")
]


@app.command("add")
def add(
    outlet: OutletArgument,
    device: DeviceArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Register a till; from the first one on the outlet works at registered tills only.

    Example: points partner device add YF01 pos-1
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        _done(present, here.carry_out(RegisterTill(**_about(here, outlet, device))))


@app.command("list")
def list_command(
    outlet: Annotated[str | None, typer.Option(metavar="OUTLET", help="of one outlet only")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List registered tills by outlet and name, at most 500.

    Example: points partner device list --outlet YF01
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        place = None if outlet is None else OutletId(outlet)
        with here.engine.reading(here.association) as connection:
            found = list_tills(
                connection, here.association, partner_id=_firm(here), outlet_id=place
            )
        names = (("门店", "outlet"), ("设备", "device"), ("状态", "state"), ("密钥", "key"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            state = present.pick(*_STATES[each.active])
            key = present.pick(*_OWN_KEY) if each.own_key else ""
            table.add_row(*map(Text, (each.outlet_id, each.device_id, state, key)))
        present.show(table)
        present.result({"tills": found})


@app.command("disable")
def disable(
    outlet: OutletArgument,
    device: DeviceArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Switch a till off: nothing is captured there any more.

    Example: points partner device disable YF01 pos-1
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        command = SwitchTill(**_about(here, outlet, device), active=False)
        _done(present, here.carry_out(command))


@app.command("enable")
def enable(
    outlet: OutletArgument,
    device: DeviceArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Switch a till on again.

    Example: points partner device enable YF01 pos-1
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        command = SwitchTill(**_about(here, outlet, device), active=True)
        _done(present, here.carry_out(command))


def policy_command(
    partner: PartnerArgument,
    hours: Annotated[
        OutsideHours | None, typer.Option(help="what happens to captures outside opening hours")
    ] = None,
    operator_voids: Annotated[
        int | None,
        typer.Option(min=0, max=VOIDS_MAX_MOST, help="voids a day and operator"),
    ] = None,
    outlet_voids: Annotated[
        int | None,
        typer.Option(min=0, max=VOIDS_MAX_MOST, help="voids a day and outlet"),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what holds at a partner's counters, or change what is given.

    Example: points partner policy YF --hours refuse --outlet-voids 10
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        policy = _policy(here, PartnerId(partner))
        if (hours, operator_voids, outlet_voids) != (None, None, None):
            here.needs(Action.MANAGE_PARTNERS)
            here.carry_out(
                AgreeCounters(
                    **here.acting(),
                    partner_id=policy.partner_id,
                    hours=hours or policy.hours,
                    operator_voids_max=_or(operator_voids, policy.operator_voids_max),
                    outlet_voids_max=_or(outlet_voids, policy.outlet_voids_max),
                )
            )
            policy = _policy(here, policy.partner_id)
        present.say(
            f"营业时间外：{_HOURS[policy.hours][0]}；每日撤销上限：每名操作员 "
            f"{policy.operator_voids_max} 次，每个门店 {policy.outlet_voids_max} 次",
            f"outside opening hours: {_HOURS[policy.hours][1]}; voids a day: "
            f"{policy.operator_voids_max} an operator, {policy.outlet_voids_max} an outlet",
        )
        present.result({"partner_id": partner, "version": policy.version, **terms(policy)})


def hours_command(
    partner: PartnerArgument,
    after: Annotated[
        str | None, typer.Option(metavar="OUTLET", help="the last one of the page before")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the opening hours of a partner's outlets, and which of them could not be read.

    Example: points partner hours YF
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_TILLS) as here:
        last = None if after is None else OutletId(after)
        found = openings(here.engine, here.association, _own(here, PartnerId(partner)), last)
        if found is None:
            present.refuse(PartnerUnknown())
        names = (("门店", "outlet"), ("营业时间", "hours"), ("现在", "now"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found[1]:
            table.add_row(*map(Text, (each.outlet_id, each.text, present.pick(*_now(each)))))
        present.show(table)
        present.result(
            {
                "outlets": [
                    {
                        "outlet_id": each.outlet_id,
                        "text": each.text,
                        "read": each.week is not None,
                        "open_now": each.open_now,
                    }
                    for each in found[1]
                ]
            }
        )


_STATES = {True: ("启用", "enabled"), False: ("停用", "disabled")}
_OWN_KEY = ("专用", "its own")
_HOURS = {
    OutsideHours.ALLOW: ("允许核销", "allowed"),
    OutsideHours.FLAG: ("允许并标记", "allowed and flagged"),
    OutsideHours.REFUSE: ("拒绝核销", "refused"),
}


def _now(each: Opening) -> tuple[str, str]:
    if each.open_now is None:
        return ("无法识别，不作判断", "not understood, so it never counts")
    return ("营业中", "open") if each.open_now else ("休息", "closed")


def _or(given: int | None, otherwise: int) -> int:
    return otherwise if given is None else given


def _own(here: Terminal, partner: PartnerId) -> PartnerId:
    """Return a partner that whoever sits here may look at."""
    if _firm(here) not in {None, partner}:
        here.present.refuse(PartnerUnknown())
    return partner


def _policy(here: Terminal, partner: PartnerId) -> CounterPolicy:
    with here.engine.reading(here.association) as connection:
        found = policies_of(connection, here.association, [_own(here, partner)])
    return found[0] if found else CounterPolicy(partner_id=partner)


def _firm(here: Terminal) -> PartnerId | None:
    """Return the partner whose office sits here; None for the association."""
    principal = here.principal
    return PartnerId(principal.subject) if principal.kind is Kind.PARTNER else None


def _about(here: Terminal, outlet: str, device: str) -> dict[str, Any]:
    return {
        **here.acting(),
        "outlet_id": OutletId(outlet),
        "device_id": device,
        "firm": _firm(here),
    }


def _done(present: Presenter, done: dict[str, Any]) -> None:
    state = _STATES[bool(done["active"])]
    where = f"{done['outlet_id']} {done['device_id']}"
    present.say(f"{where} 已{state[0]}", f"{where} is {state[1]}")
    present.result(done)
