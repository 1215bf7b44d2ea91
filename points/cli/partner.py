"""``points partner``: partners of the counter, and what was agreed with each."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich.table import Table

from points.cli import adjustments, operators, statements, tills
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.add_partner import AddPartner
from points.flows.make_contract import MakeContract
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import PartnerId
from points.partners.agreement import (
    BASIS_POINTS,
    DAYS_MAX,
    Agreement,
    Contract,
    Fee,
    Rounding,
)
from points.partners.errors import PartnerUnknown
from points.partners.model import Category, Cycle
from points.partners.store import find_agreement, list_partners

app = typer.Typer(no_args_is_help=True, help="合作单位与结算 · Partners and their statements.")
app.add_typer(operators.app, name="operator")
statements.add_to(app)
app.add_typer(adjustments.app, name="adjust")
app.add_typer(tills.app, name="device")
app.command("policy")(tills.policy_command)
app.command("hours")(tills.hours_command)

PartnerArgument = Annotated[
    str, typer.Argument(metavar="PARTNER", help="the association's code for it")
]


@app.command("add")
def add(
    partner: PartnerArgument,
    name: Annotated[str, typer.Option(help="as it stands on its statements")],
    category: Annotated[Category, typer.Option(help="which rewards it honours")],
    cycle: Annotated[Cycle, typer.Option(help="how often it gets a statement")] = Cycle.MONTH,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take up a partner; its outlets come with a sheet.

    Example: points partner add YF --name 示例大药房 --category pharmacy
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_PARTNERS) as here:
        command = AddPartner(
            **here.acting(),
            partner_id=PartnerId(partner),
            category=category,
            name=name,
            cycle=cycle,
        )
        result = here.carry_out(command)
        present.say(f"已添加 {partner}", f"{partner} was added")
        present.result(result)


@app.command("list")
def list_command(
    after: Annotated[
        str | None, typer.Option(metavar="PARTNER", help="the last one of the page before")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List partners by code; page on with --after.

    Example: points partner list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        with here.engine.reading(here.association) as connection:
            found = list_partners(
                connection, here.association, after=PartnerId(after) if after else None
            )
        names = (("代号", "code"), ("类别", "category"), ("名称", "name"), ("账期", "cycle"))
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            table.add_row(each.partner_id, each.category.value, each.name, each.cycle.value)
        present.show(table)
        present.result({"partners": found})


@app.command("contract")
def contract(
    partner: PartnerArgument,
    starts_on: Annotated[
        datetime | None,
        typer.Option(
            "--from", formats=["%Y-%m-%d"], help="first day of a new version; none shows what is"
        ),
    ] = None,
    cycle: Annotated[Cycle, typer.Option(help="how often there is a statement")] = Cycle.MONTH,
    tariff: Annotated[
        list[str] | None,
        typer.Option(metavar="REWARD=FEN", help="what one use of a reward pays; repeatable"),
    ] = None,
    fee_fen: Annotated[int, typer.Option(min=0, help="fee for each capture, in fen")] = 0,
    fee_points: Annotated[
        int, typer.Option("--fee-bp", min=0, max=BASIS_POINTS, help="or in basis points")
    ] = 0,
    fee_rounding: Annotated[Rounding, typer.Option(help="of a fee in parts")] = Rounding.HALF_UP,
    fee_least: Annotated[int, typer.Option(min=0, help="a fee in parts is at least this")] = 0,
    fee_most: Annotated[int | None, typer.Option(min=0, help="and at most this")] = None,
    payment_days: Annotated[
        int, typer.Option(min=0, max=DAYS_MAX, help="paid so long after both agreed")
    ] = 30,
    grace_days: Annotated[
        int | None,
        typer.Option(min=0, max=DAYS_MAX, help="drawn up by itself so long after a period"),
    ] = None,
    silence_days: Annotated[
        int | None,
        typer.Option(min=1, max=DAYS_MAX, help="silence counts as confirmed after so long"),
    ] = None,
    contact: Annotated[str, typer.Option(help="a desk of the partner's; no person's")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show every version of a partner's contract, or with --from put the next one on file.

    Example: points partner contract YF --from 2026-04-01 --fee-bp 60 --tariff C12=800
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        if starts_on is not None:
            here.needs(Action.MANAGE_PARTNERS)
            made = here.carry_out(
                MakeContract(
                    **here.acting(),
                    partner_id=PartnerId(partner),
                    starts_on=starts_on.date(),
                    cycle=cycle,
                    tariff_fen=_tariffs(tariff or []),
                    fee=_fee_of(fee_fen, fee_points, fee_rounding, fee_least, fee_most),
                    payment_days=payment_days,
                    grace_days=grace_days,
                    silence_days=silence_days,
                    contact=contact,
                )
            )
            present.say(
                f"{partner} 的合同第 {made['version']} 版已备案",
                f"version {made['version']} of {partner}'s contract is on file",
            )
        with here.engine.reading(here.association) as connection:
            found = find_agreement(connection, here.association, PartnerId(partner))
        if found is None:
            present.refuse(PartnerUnknown())
        _print_contracts(present, found[0], found[0].partner.day(here.clock.now()))
        present.result({"partner": partner, "contracts": found[0].versions})


def _tariffs(spelled: list[str]) -> dict[str, int]:
    tariffs = {}
    for each in spelled:
        reward, _, fen = each.partition("=")
        if not reward or not fen.isascii() or not fen.isdigit():
            raise Misused(
                "tariff_unreadable",
                "结算价应写作 商品=分，例如 C12=800",
                "write a tariff as REWARD=FEN, as C12=800",
            )
        tariffs[reward] = int(fen)
    return tariffs


def _fee_of(fen: int, points: int, rounding: Rounding, least: int, most: int | None) -> Fee:
    if (fen and points) or (most is not None and most < least):
        raise Misused(
            "fee_invalid",
            "服务费须为每笔定额或比例之一，上限不得低于下限",
            "a fee is an amount or a part, and its most is not below its least",
        )
    return Fee(
        per_capture_fen=fen,
        basis_points=points,
        rounding=rounding,
        least_fen=least,
        most_fen=most,
    )


def _print_contracts(present: Presenter, agreement: Agreement, today: date) -> None:
    names = (
        ("版本", "version"),
        ("生效", "starts"),
        ("周期", "cycle"),
        ("服务费", "fee"),
        ("付款", "payment"),
        ("另定结算价", "tariffs"),
    )
    table = Table(*(present.pick(*each) for each in names))
    in_force = agreement.on(today)
    for each in agreement.versions:
        mark = " ←" if each is in_force else ""
        table.add_row(
            f"{each.version}{mark}",
            each.starts_on.isoformat(),
            each.cycle.value,
            _fee(present, each),
            present.pick(f"{each.payment_days} 天", f"{each.payment_days} days"),
            ", ".join(f"{reward} {fen}" for reward, fen in sorted(each.tariff_fen.items())),
        )
    present.show(table)


def _fee(present: Presenter, contract_: Contract) -> str:
    fee = contract_.fee
    if fee.nothing:
        return present.pick("无", "none")
    if fee.per_capture_fen:
        return present.pick(
            f"每笔 {fee.per_capture_fen} 分（人民币）", f"{fee.per_capture_fen} fen each"
        )
    return present.pick(f"万分之 {fee.basis_points}", f"{fee.basis_points} basis points")
