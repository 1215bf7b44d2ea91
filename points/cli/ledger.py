"""``points ledger``: prove it, rebuild what can be rebuilt, read a member's account."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import REFUSED, Presenter
from points.flows import look, verify
from points.flows.rebuild import rebuild
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import MemberId
from points.web.shown import when
from points.web.texts import texts

app = typer.Typer(no_args_is_help=True, help="账本：验证、重建、查询 · The ledger.")

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]


@app.command("verify")
def verify_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Re-derive every projection from the facts; name the first row that differs.

    Ends with 1 when something differs. Example: points ledger verify --json
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.VERIFY, examined=False) as here:
        with present.progress() as bars:
            task = bars.add_task(present.pick("验证", "verify"), total=verify.CHECKS)
            verdict = verify.verify(
                here.engine, here.association, tell=lambda _: bars.advance(task)
            )
        present.result(verdict.as_json())
        for checked in verdict.checks:
            mark = "✗" if checked.difference else "✓"
            present.say(*(f"{mark} {checked.check}  {checked.rows}",) * 2)
        first = verdict.first_difference
        if first is not None:
            present.say(
                f"第一处不符：{first.place}，应为 {first.expected}，实为 {first.found}",
                f"first difference: {first.place}: expected {first.expected}, found {first.found}",
            )
            raise typer.Exit(REFUSED)
        present.say("账本验证通过", "The ledger is sound.")


@app.command("rebuild")
def rebuild_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Rewrite every projection from the facts; facts are never touched.

    Example: points ledger rebuild
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPERATE) as here:
        rebuild(here.engine, here.association)
        present.say("投影已由事实重建", "Projections were rebuilt from the facts.")
        present.result({"rebuilt": True})


@app.command("balance")
def balance(
    member: MemberArgument,
    at: Annotated[
        str | None, typer.Option("--at", metavar="INSTANT", help="ISO 8601 with zone")
    ] = None,
    axis: Annotated[
        str, typer.Option("--axis", metavar="recorded|effective", help="which time --at means")
    ] = "recorded",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print a member's balances, now or as of an instant.

    Example: points ledger balance 01J9… --at 2026-01-01T00:00:00+08:00 --axis effective
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BALANCE) as here:
        here.needs_member(MemberId(member))
        found = look.balances(
            here.engine, here.association, MemberId(member), at=_instant(at), axis=axis
        )
        present.result({"balances": found})
        table = Table(
            *(present.pick(*names) for names in (("项目", "measure"), ("可用", "available"))),
            *(present.pick(*names) for names in (("待生效", "pending"), ("已占用", "held"))),
            present.pick("欠分", "debt"),
        )
        for each in found:
            figures = (each.available, each.pending, each.held, each.debt)
            table.add_row(each.measure, *map(str, figures))
        present.show(table)


@app.command("statement")
def statement(
    member: MemberArgument,
    measure: Annotated[str, typer.Option(metavar="MEASURE", help="as health.wallet")],
    before: Annotated[
        int | None, typer.Option(metavar="VERSION", help="lines older than this version")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=200)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Print an account's newest lines first; page on with --before.

    Example: points ledger statement 01J9… --measure party.wallet
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_BALANCE) as here:
        here.needs_member(MemberId(member))
        lines = look.statement(
            here.engine, here.association, MemberId(member), measure, before=before, limit=limit
        )
        present.result({"lines": lines})
        table = Table(
            "#",
            *(present.pick(*names) for names in (("时间", "when"), ("事由", "what"))),
            *(present.pick(*names) for names in (("状态", "state"), ("变动", "change"))),
            present.pick("余额", "balance"),
        )
        said = texts(lang)
        for line in lines:
            table.add_row(
                str(line.version),
                when(line.recorded_at),
                f"{said.word('line_kind', line.kind)} {said.word('line_reason', line.reason)}",
                said.word("point_state", line.state),
                f"{line.points:+d}",
                str(line.balance_after),
            )
        present.show(table)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    found = instant(text)
    if found is None:
        raise Misused(
            "bad_instant",
            "时间应为带时区的 ISO 8601，例如 2026-01-01T00:00:00+08:00",
            "give an ISO 8601 instant with its zone, as 2026-01-01T00:00:00+08:00",
        )
    return found
