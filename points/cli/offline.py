"""``points offline``: what tills handed over without network, and who bears a loss."""

from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.rule_offline import RuleOffline, prepare
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId
from points.offline.model import Decision
from points.offline.reads import conflicts
from points.web.texts.offline import OFFLINE_BEARER, OFFLINE_REASON

app = typer.Typer(
    no_args_is_help=True,
    help="离线凭证：冲突与裁定 · Offline conflicts and who bears them.",
)


@app.command("conflicts")
def conflicts_command(
    partner: Annotated[
        str | None, typer.Option(metavar="PARTNER", help="only this partner's")
    ] = None,
    waiting: Annotated[
        bool, typer.Option("--waiting", help="only those that wait for a decision")
    ] = False,
    after: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List conflicts, the oldest first; page on with --after.

    Example: points offline conflicts --waiting
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_STATEMENT) as here:
        with here.engine.reading(here.association) as connection:
            found = conflicts(
                connection,
                here.association,
                partner_id=PartnerId(partner) if partner else None,
                waiting=waiting,
                after=after,
            )
        names = (
            ("编号", "id"),
            ("门店", "outlet"),
            ("请求号", "request"),
            ("金额（分）", "fen"),
            ("原因", "reason"),
            ("承担方", "borne by"),
        )
        table = Table(*(present.pick(*each) for each in names))
        for each in found:
            use = each.use
            table.add_row(
                use.use_id,
                use.outlet_id,
                use.request_no,
                str(use.value_fen),
                present.pick(*OFFLINE_REASON[use.reason.value]),
                present.pick(*OFFLINE_BEARER[use.bearer.value]),
            )
        present.show(table)
        present.result({"conflicts": [{"use": each.use, "ruling": each.ruling} for each in found]})


@app.command("decide")
def decide_command(
    use: Annotated[str, typer.Argument(metavar="ID", help="the conflict's id")],
    decision: Annotated[Decision, typer.Option(help="paid or refused")],
    reason: Annotated[str, typer.Option(help="why, in words; kept for ever, nothing personal")],
    programme: Annotated[
        str, typer.Option(help="whose pool pays, where the token itself is lost")
    ] = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Decide a conflict that the association bears; what is paid stands in the next statement.

    Example: points offline decide 01K… --decision paid --reason "断网期间，按约定承担"
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.RULE_OFFLINE) as here:
        found = prepare(here.engine, here.association, use, programme)
        if isinstance(found, Refusal):
            present.refuse(found)
        fact, pool = found
        result = here.carry_out(
            RuleOffline(
                **here.acting(),
                use_id=use,
                partner_id=fact.partner_id,
                outlet_id=fact.outlet_id,
                programme=pool,
                decision=decision,
                reason=reason,
            )
        )
        present.say("已裁定", "decided")
        present.result(result)
