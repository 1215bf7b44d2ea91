"""``points partner statement`` and what is done with one: dispute, confirm, pay, verify."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from rich.table import Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.answer_dispute import AnswerDispute, Verdict
from points.flows.confirm_statement import CountersignStatement
from points.flows.draw_up_statement import draft_statement, prepare
from points.flows.pay_statement import PayStatement
from points.flows.statement_files import StatementFiles
from points.flows.statement_steps import NO_STATEMENT
from points.flows.verify_statement import verify_statement
from points.identity.policy import Action
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import PartnerId
from points.kernel.yuan import yuan
from points.partners.agreement import Agreement
from points.partners.errors import PartnerUnknown
from points.partners.model import Line, Statement
from points.partners.standing import Standing
from points.partners.statement_store import Filed, find_covering, page_of_lines
from points.partners.store import find_agreement
from points.web.texts import texts

PartnerArgument = Annotated[
    str, typer.Argument(metavar="PARTNER", help="the association's code for it")
]
PeriodArgument = Annotated[
    str, typer.Argument(metavar="PERIOD", help="a month, 2026-03, or any day of the period")
]
AN_INSTANT = timedelta(microseconds=1)
LINES_SHOWN_MAX = 500


def add_to(app: typer.Typer) -> None:
    """Put the commands about statements beside those about partners."""
    app.command("statement")(statement)
    app.command("dispute")(dispute)
    app.command("confirm")(confirm)
    app.command("pay")(pay)
    app.command("verify")(verify)


def statement(
    partner: PartnerArgument,
    month: Annotated[str | None, typer.Option(metavar="2026-01", help="which month")] = None,
    day: Annotated[
        str | None, typer.Option(metavar="2026-01-31", help="any day of the period; today if none")
    ] = None,
    draw_up: Annotated[
        bool, typer.Option("--draw-up", help="draw the period up for ever; it must have ended")
    ] = False,
    csv_file: Annotated[Path | None, typer.Option("--csv", metavar="FILE")] = None,
    xlsx_file: Annotated[Path | None, typer.Option("--xlsx", metavar="FILE")] = None,
    pdf_file: Annotated[Path | None, typer.Option("--pdf", metavar="FILE")] = None,
    canonical_file: Annotated[
        Path | None, typer.Option("--jsonl", metavar="FILE", help="what the hash is made of")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a partner is owed for a period: a drawn-up statement, or a draft of an open one.

    Example: points partner statement YF --month 2026-01 --draw-up --pdf 对账单.pdf
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        which = _agreement(present, here, partner)
        asked = _day(month, day) or which.partner.day(here.clock.now())
        if draw_up:
            _draw_up(present, here, which, asked)
        filed = _covering(here, which, asked)
        found = filed.statement if filed else _draft(here, which, asked)
        files = StatementFiles(
            engine=here.engine,
            association=here.association,
            partner=which.partner,
            statement=found,
        )
        wanted = {"csv": csv_file, "xlsx": xlsx_file, "pdf": pdf_file, "jsonl": canonical_file}
        for ending, path in wanted.items():
            if path is not None:
                with path.open("wb") as file:
                    file.writelines(files.chunks(ending))
        _print(present, found, filed.standing if filed else None)
        present.result(_account(found, filed, _first_lines(here, found)))


def _first_lines(here: Terminal, found: Statement) -> list[Line]:
    """Return as many lines as are shown; a file holds all of them."""
    if found.statement_id is None:
        return list(found.lines[:LINES_SHOWN_MAX])
    with here.engine.reading(here.association) as connection:
        return page_of_lines(connection, here.association, found.statement_id, most=LINES_SHOWN_MAX)


def dispute(
    partner: PartnerArgument,
    period: PeriodArgument,
    line: Annotated[int | None, typer.Option(min=1, help="answer the dispute of this line")] = None,
    accept: Annotated[bool, typer.Option("--accept", help="adjusts the next statement")] = False,
    reject: Annotated[str, typer.Option(metavar="REASON", help="the partner reads it")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List a statement's disputed lines, or answer one of them for the association.

    Example: points partner dispute YF 2026-03 --line 17 --reject "当天已撤销，见第 18 行"
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        filed = _filed(present, here, partner, period)
        if line is not None:
            if accept == bool(reject):
                _misused("accept_or_reject", "请给出 --accept 或 --reject 之一", "one of the two")
            here.needs(Action.ANSWER_DISPUTE)
            here.carry_out(
                AnswerDispute(
                    **_step(here, filed.standing),
                    line=line,
                    verdict=Verdict.ACCEPT if accept else Verdict.REJECT,
                    text=reject,
                )
            )
            filed = _filed(present, here, partner, period)
        _print_disputes(present, filed.standing)
        present.result({"disputes": [filed.standing.disputes[n] for n in _numbers(filed)]})


def confirm(
    partner: PartnerArgument,
    period: PeriodArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Countersign a statement for the association, as another person than whoever drew it up.

    The partner confirms with its own key or log-in: nobody here can do so for it.

    Example: points partner confirm YF 2026-03
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.COUNTERSIGN_STATEMENT) as here:
        filed = _filed(present, here, partner, period)
        done = here.carry_out(
            CountersignStatement(
                **_step(here, filed.standing),
                drawn_by=filed.standing.drawn_by,
                person=here.principal.person,
            )
        )
        state = _word(present, str(done["state"]))
        present.say(
            f"已复核 {partner} {filed.statement.period}（{state}），"
            f"可付 {yuan(int(done['payable_fen']))} 元",
            f"{partner} {filed.statement.period} is countersigned ({state}); "
            f"{yuan(int(done['payable_fen']))} yuan can be paid",
        )
        present.result(done)


def pay(
    partner: PartnerArgument,
    period: PeriodArgument,
    amount_fen: Annotated[int, typer.Option(help="below zero where the partner paid back")],
    reference: Annotated[str, typer.Option(help="the bank's number of the transfer")],
    paid_on: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="the day of it")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Mark a payment, as another person than whoever countersigned; several add up.

    Example: points partner pay YF 2026-03 --amount-fen 123400 --reference B202604 --paid-on ...
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.PAY_STATEMENT) as here:
        filed = _filed(present, here, partner, period)
        done = here.carry_out(
            PayStatement(
                **_step(here, filed.standing),
                amount_fen=amount_fen,
                reference=reference,
                paid_on=paid_on.date(),
                countersigned_by=filed.standing.countersigned_by or "",
                person=here.principal.person,
            )
        )
        present.say(
            f"已登记 {yuan(amount_fen)} 元，还可付 {yuan(int(done['payable_fen']))} 元",
            f"{yuan(amount_fen)} yuan marked; {yuan(int(done['payable_fen']))} yuan can be paid",
        )
        present.result(done)


def verify(
    partner: PartnerArgument,
    period: PeriodArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Hold a statement against all that was booked, line by line; names the first that differs.

    Example: points partner verify YF 2026-03
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT, examined=False) as here:
        filed = _filed(present, here, partner, period)
        found = verify_statement(here.engine, here.association, filed.statement)
        first = found.first_difference
        if first is None:
            present.say(
                f"{partner} {filed.statement.period}：{found.lines} 行与账本一致",
                f"{partner} {filed.statement.period}: {found.lines} lines agree with the books",
            )
        else:
            present.say(
                f"不一致：{first.place}，应为 {first.expected}，实为 {first.found}",
                f"differs at {first.place}: {first.expected} expected, {first.found} found",
            )
        present.result({"ok": found.ok, "lines": found.lines, "first_difference": first})
        if not found.ok:
            raise typer.Exit(1)


def _agreement(present: Presenter, here: Terminal, partner: str) -> Agreement:
    with here.engine.reading(here.association) as connection:
        found = find_agreement(connection, here.association, PartnerId(partner))
    if found is None:
        present.refuse(PartnerUnknown())
    return found[0]


def _filed(present: Presenter, here: Terminal, partner: str, period: str) -> Filed:
    month = len(period) == len("2026-03")
    asked = _day(period if month else None, None if month else period)
    found = _covering(here, _agreement(present, here, partner), asked) if asked else None
    if found is None:
        present.refuse(NO_STATEMENT)
    return found


def _covering(here: Terminal, which: Agreement, day: date) -> Filed | None:
    """Return the statement that lists a period: the one in which the period's last moment lies."""
    last = which.span(day)[1] - AN_INSTANT
    with here.engine.reading(here.association) as connection:
        return find_covering(connection, here.association, which.partner.partner_id, last)


def _draft(here: Terminal, which: Agreement, day: date) -> Statement:
    found = draft_statement(here.engine, here.association, which.partner.partner_id, day)
    if found is None:
        here.present.refuse(PartnerUnknown())
    return found


def _draw_up(present: Presenter, here: Terminal, which: Agreement, day: date) -> None:
    here.needs(Action.DRAW_UP_STATEMENT)
    by = here.acting()
    partner_id = which.partner.partner_id
    command = prepare(
        here.engine, here.association, by["operation_id"], by["actor"], partner_id, day
    )
    if isinstance(command, Refusal):
        present.refuse(command)
    here.carry_out(command)


def _step(here: Terminal, standing: Standing) -> dict[str, Any]:
    about = {"partner_id": standing.partner_id, "statement_id": standing.statement_id}
    return {**here.acting(), **about}


def _day(month: str | None, day: str | None) -> date | None:
    text = day or (f"{month}-01" if month else None)
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        _misused(
            "bad_day",
            "日期应写作 2026-01-31，月份应写作 2026-01",
            "write a day as 2026-01-31 and a month as 2026-01",
        )


def _misused(code: str, zh: str, en: str) -> NoReturn:
    raise Misused(code, zh, en) from None


def _numbers(filed: Filed) -> list[int]:
    return sorted(filed.standing.disputes)


def _account(found: Statement, filed: Filed | None, lines: list[Line]) -> dict[str, Any]:
    totals = found.totals
    return {
        "partner": found.partner_id,
        "statement_id": found.statement_id,
        "number": found.number,
        "period": found.period,
        "drawn_at": found.drawn_at,
        "state": filed.standing.state if filed else "draft",
        "payable_fen": filed.standing.payable_fen if filed else 0,
        "paid_fen": filed.standing.paid_fen if filed else 0,
        "count": totals.count,
        "captured_fen": totals.captured_fen,
        "voided_fen": totals.voided_fen,
        "corrected_fen": totals.corrected_fen,
        "fees_fen": totals.fees_fen,
        "total_fen": totals.total_fen,
        "sha256": totals.sha256,
        "previous_sha256": found.previous_sha256,
        "outlets": totals.outlets,
        "lines": lines,
        "lines_left_out": totals.count - len(lines),
    }


def _print(present: Presenter, found: Statement, standing: Standing | None) -> None:
    names = (
        *(("门店", "outlet"), ("笔数", "lines"), ("核销", "captured"), ("撤销", "voided")),
        *(("更正", "corrected"), ("服务费", "fees"), ("应付（元）", "net yuan")),
    )
    table = Table(*(present.pick(*each) for each in names))
    for each in found.totals.outlets:
        sums = (each.captured_fen, each.voided_fen, each.corrected_fen, each.fees_fen)
        table.add_row(
            each.outlet_id or "", str(each.count), *map(yuan, sums), yuan(each.amount_fen)
        )
    present.show(table)
    totals = found.totals
    state = present.pick("草稿", "draft") if standing is None else _word(present, standing.state)
    present.say(
        f"{found.partner_id} {found.period}（{state}）：{totals.count} 行，"
        f"合计 {yuan(totals.total_fen)} 元，校验 {totals.sha256}",
        f"{found.partner_id} {found.period} ({state}): {totals.count} lines, "
        f"{yuan(totals.total_fen)} yuan, hash {totals.sha256}",
    )


def _word(present: Presenter, state: str) -> str:
    """Return how people call where a statement stands; programs read the code."""
    return texts(present.language).word("statement_state", state)


def _print_disputes(present: Presenter, standing: Standing) -> None:
    names = (
        *(("行", "line"), ("状态", "state"), ("理由", "reason"), ("原金额", "says")),
        *(("主张", "claimed"), ("次数", "rounds")),
    )
    table = Table(*(present.pick(*each) for each in names))
    t = texts(present.language)
    for _, each in sorted(standing.disputes.items()):
        said = t.word("dispute_state", each.state.value), t.word("dispute_reason", each.reason)
        table.add_row(
            *(str(each.line), *said),
            *(yuan(each.line_fen), yuan(each.claims_fen), str(each.rounds)),
        )
    present.show(table)
