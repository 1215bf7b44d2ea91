"""``points catalogue gate``: record that a referral was seen, so that the member can redeem."""

from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from points.catalogue.gates import grants_of
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.open_gate import DAYS, DAYS_MAX, CloseGate, OpenGate
from points.identity.policy import Action
from points.kernel.ids import MemberId, RewardId
from points.web.shown import last_day

app = typer.Typer(no_args_is_help=True, help="核验登记（如医嘱转诊）· Gates that staff open.")

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]


@app.command("open")
def open_command(
    member: MemberArgument,
    reward: Annotated[str, typer.Argument(metavar="REWARD", help="as C09")],
    days: Annotated[int, typer.Option(min=1, max=DAYS_MAX, help="how long it counts")] = DAYS,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Record that you saw what a reward asks for; what stands in it is not recorded.

    Example: points catalogue gate open 01J9… C09
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPEN_GATE) as here:
        result = here.carry_out(
            OpenGate(
                **here.acting(),
                member_id=MemberId(member),
                reward_id=RewardId(reward),
                days=days,
                person=here.principal.person,
            )
        )
        last = last_day(datetime.fromisoformat(result["valid_until"]))
        present.say(
            f"已登记，{last} 当天仍有效，可兑换一次",
            f"Recorded: good once, through {last}.",
        )
        present.result(result)


@app.command("list")
def list_command(
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List who recorded what for a member, and what became of it.

    Example: points catalogue gate list 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPEN_GATE) as here:
        with here.engine.reading(here.association) as connection:
            found = grants_of(connection, here.association, MemberId(member))
        names = (("编号", "id"), ("项目", "reward"), ("登记人", "by"), ("最后一天", "last day"))
        table = Table(*(present.pick(*each) for each in (*names, ("结果", "end"))))
        for each in found:
            grant, end = each.grant, each.end
            ended = "" if end is None else end.voucher_id or present.pick("已撤回", "taken back")
            last = last_day(grant.valid_until)
            table.add_row(grant.grant_id, grant.reward_id, grant.seen_by, last, ended)
        present.show(table)
        present.result({"grants": [{"grant": each.grant, "end": each.end} for each in found]})


@app.command("close")
def close_command(
    member: MemberArgument,
    grant: Annotated[str, typer.Argument(metavar="GRANT", help="its id")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take back a record that was not used.

    Example: points catalogue gate close 01J9… 01JA…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OPEN_GATE) as here:
        result = here.carry_out(
            CloseGate(**here.acting(), member_id=MemberId(member), grant_id=grant)
        )
        present.say("已撤回", "Taken back.")
        present.result(result)
