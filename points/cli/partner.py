"""``points partner``: partners of the counter, and what each is owed."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, cast

import typer
from rich.table import Table
from sqlalchemy import Connection

from points.cli import operators, tills
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.add_partner import AddPartner
from points.flows.close_statement import draft_statement, prepare
from points.flows.statement_export import as_csv, as_xlsx
from points.identity.policy import Action
from points.kernel.ensure import ensure
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import PartnerId, StatementId
from points.partners.errors import PartnerUnknown
from points.partners.model import Category, Cycle, Partner, Statement
from points.partners.store import find_partner, find_statement, list_partners, list_statements

app = typer.Typer(no_args_is_help=True, help="合作单位与结算 · Partners and their statements.")
app.add_typer(operators.app, name="operator")
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


@app.command("statement")
def statement(
    partner: PartnerArgument,
    month: Annotated[str | None, typer.Option(metavar="2026-01", help="which month")] = None,
    day: Annotated[
        str | None, typer.Option(metavar="2026-01-31", help="any day of the period; today if none")
    ] = None,
    close: Annotated[
        bool, typer.Option("--close", help="close the period for ever; it must have ended")
    ] = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE")] = None,
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a partner is owed for a period: a closed statement, or a draft of an open one.

    Example: points partner statement YF --month 2026-01 --close --xlsx 对账单.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        which = _partner(present, here, PartnerId(partner))
        asked = _day(month, day) or which.day(here.clock.now())
        if close:
            _close(present, here, which, asked)
        found = _found(here, which, asked)
        if csv_file is not None:
            csv_file.write_bytes(as_csv(found, which.zone))
        if xlsx_file is not None:
            xlsx_file.write_bytes(as_xlsx(found, which.zone))
        _print(present, found)
        present.result(_account(found))


def _partner(present: Presenter, here: Terminal, partner: PartnerId) -> Partner:
    with here.engine.reading(here.association) as connection:
        found = find_partner(connection, here.association, partner)
    if found is None:
        present.refuse(PartnerUnknown())
    return found[0]


def _close(present: Presenter, here: Terminal, partner: Partner, day: date) -> None:
    here.needs(Action.CLOSE_STATEMENT)
    by = here.acting()
    command = prepare(
        here.engine, here.association, by["operation_id"], by["actor"], partner.partner_id, day
    )
    if isinstance(command, Refusal):
        present.refuse(command)
    here.carry_out(command)


def _found(here: Terminal, partner: Partner, day: date) -> Statement:
    """Return the closed statement that lists a period, or a draft of what it would list now."""
    with here.engine.reading(here.association) as connection:
        for each in _closed(connection, here, partner):
            if each.begins <= partner.span(day)[0] < each.ends:
                whole = find_statement(
                    connection, here.association, StatementId(str(each.statement_id))
                )
                ensure(whole is not None, "a listed statement can be read")
                return cast("Statement", whole)
    draft = draft_statement(here.engine, here.association, partner.partner_id, day)
    ensure(draft is not None, "the partner was found before")
    return cast("Statement", draft)


def _closed(connection: Connection, here: Terminal, partner: Partner) -> Iterator[Statement]:
    before: int | None = None
    while page := list_statements(connection, here.association, partner.partner_id, before=before):
        yield from page
        before = page[-1].number


def _day(month: str | None, day: str | None) -> date | None:
    text = day or (f"{month}-01" if month else None)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Misused(
            "bad_day",
            "日期应写作 2026-01-31，月份应写作 2026-01",
            "write a day as 2026-01-31 and a month as 2026-01",
        ) from None


def _account(found: Statement) -> dict[str, Any]:
    return {
        "partner": found.partner_id,
        "statement_id": found.statement_id,
        "number": found.number,
        "period": found.period,
        "closed_at": found.closed_at,
        "count": found.totals.count,
        "total_fen": found.totals.total_fen,
        "sha256": found.totals.sha256,
        "outlets": found.totals.outlets,
        "lines": found.lines,
    }


def _print(present: Presenter, found: Statement) -> None:
    names = (("门店", "outlet"), ("笔数", "lines"), ("金额（元）", "yuan"))
    table = Table(*(present.pick(*each) for each in names))
    for each in found.totals.outlets:
        table.add_row(each.outlet_id or "", str(each.count), _yuan(each.amount_fen))
    present.show(table)
    state = ("草稿", "draft") if found.closed_at is None else ("已结", "closed")
    totals = found.totals
    present.say(
        f"{found.partner_id} {found.period}（{state[0]}）：{totals.count} 行，"
        f"合计 {_yuan(totals.total_fen)} 元，校验 {totals.sha256}",
        f"{found.partner_id} {found.period} ({state[1]}): {totals.count} lines, "
        f"{_yuan(totals.total_fen)} yuan, hash {totals.sha256}",
    )


def _yuan(fen: int) -> str:
    """Return fen as yuan, exactly; no float touches money."""
    sign, whole = "-" if fen < 0 else "", abs(fen)
    return f"{sign}{whole // 100}.{whole % 100:02}"
