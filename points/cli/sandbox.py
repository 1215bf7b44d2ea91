"""``points sandbox``: an association beside the one that counts, where partners try their tills."""

import typer

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.cli.tills import PartnerArgument
from points.flows.open_sandbox import Opener
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import PartnerId

app = typer.Typer(no_args_is_help=True, help="测试环境 · Sandboxes of partners.")


@app.callback()
def group() -> None:
    """测试环境 · Sandboxes of partners."""


@app.command("open")
def open_command(
    partner: PartnerArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Open a partner's sandbox and print keys for it, once; opening it again prints fresh ones.

    The sandbox is an association of its own, whose name ends in -test; its keys open nothing else.

    Example: points sandbox open YF
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPEN_SANDBOX) as here:
        opener = Opener(
            engine=here.engine,
            ids=here.ids,
            association=here.association,
            actor=here.actor,
            origin=here.origin,
        )
        done = opener.open(here.fresh_operation, PartnerId(partner))
        if isinstance(done, Refusal):
            present.refuse(done)
        # A line each, no table: what is shown once is copied whole, however narrow the terminal.
        for each in done.keys:
            zh, en = each.outlet_id or "总部", each.outlet_id or "head office"
            present.say(f"{zh}  {each.key}", f"{en}  {each.key}")
        present.say(
            f"测试环境 {done.association_id} 已开通；密钥只显示一次",
            f"The sandbox {done.association_id} is open; keys are shown once.",
        )
        present.result(
            {
                "association": done.association_id,
                "partner_id": done.partner_id,
                "keys": [{"outlet_id": each.outlet_id, "key": each.key} for each in done.keys],
            }
        )
