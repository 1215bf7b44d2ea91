"""``points voucher``: which vouchers there are, what happened to one, a new code, a new owner."""

from typing import Annotated, Any

import typer
from rich.table import Column, Table

from points.cli.handouts import app as bulk
from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.reassign import Reassign
from points.flows.reissue import NO_VOUCHER, Reissue
from points.identity.policy import Action
from points.kernel.errors import Misused
from points.kernel.ids import MemberId, VoucherId
from points.vouchers.reads import Chapter, Held, Sought, find_voucher, history_of, search_vouchers
from points.web.shown import last_day, second
from points.web.texts.words import VOUCHER_EVENT, VOUCHER_STATE

app = typer.Typer(no_args_is_help=True, help="券 · Vouchers: found, accounted for, mended.")
app.add_typer(bulk, name="bulk")

VoucherArgument = Annotated[str, typer.Argument(metavar="ID", help="the voucher's id")]
ReasonOption = Annotated[
    str, typer.Option("--reason", help="why, in words; kept for ever, nothing personal")
]


@app.command("list")
def list_command(
    last4: Annotated[
        str, typer.Option("--last4", metavar="XXXX", help="how the newest code ends")
    ] = "",
    member: Annotated[
        str | None, typer.Option("--member", metavar="ID", help="who owns it, or drew it")
    ] = None,
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=100)] = 20,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Search vouchers by how their code ends, or by member, newest first; codes are not shown.

    Example: points voucher list --last4 7KQ2
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_VOUCHER) as here:
        if not last4 and member is None:
            raise Misused(
                "voucher_sought", "请给出 --last4 或 --member", "give --last4 or --member"
            )
        sought = Sought(last4=last4.upper(), member=None if member is None else MemberId(member))
        with here.engine.reading(here.association) as connection:
            found = search_vouchers(
                connection,
                here.association,
                sought,
                before=VoucherId(before) if before else None,
                most=limit,
            )
        shown = [_shown(here, each) for each in found]
        names = (
            *(("尾号", "ends in"), ("商品", "reward"), ("状态", "state"), ("持有人", "owner")),
            ("到期", "until"),
        )
        table = Table(
            Column("id", no_wrap=True),
            *(Column(present.pick(*each), overflow="fold") for each in names),
        )
        for each, held in zip(shown, found, strict=True):
            table.add_row(
                *(each["voucher_id"], each["last4"], each["reward_id"]),
                present.pick(*VOUCHER_STATE[each["state"]]),
                *(each["member_id"], last_day(held.voucher.valid_until)),
            )
        present.show(table)
        present.result({"vouchers": shown})


@app.command("show")
def show_command(
    voucher: VoucherArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a voucher and everything that happened to it; its code is not shown.

    Example: points voucher show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_VOUCHER) as here:
        held = _found(here, voucher)
        with here.engine.reading(here.association) as connection:
            chapters = history_of(connection, here.association, held.voucher.voucher_id)
        shown = _shown(here, held)
        zh, en = VOUCHER_STATE[shown["state"]]
        present.say(
            f"{held.voucher.terms.title_zh}（…{held.last4}，第 {held.issue_no} 个券码）：{zh}，"
            f"持有人 {held.owner_id}",
            f"{held.voucher.terms.title_en} (…{held.last4}, code {held.issue_no}): {en}, "
            f"owned by {held.owner_id}",
        )
        for each in chapters:
            _say(present, each)
        present.result({**shown, "events": [_event(each) for each in chapters]})


@app.command("reissue")
def reissue_command(
    voucher: VoucherArgument,
    reason: ReasonOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Replace the code of who lost the phone: the ones before open nothing from now on.

    The new code is shown to the member alone, on the phone; nobody of staff sees it.
    Example: points voucher reissue 01J9… --reason 手机丢失
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.REISSUE_VOUCHER) as here:
        result = here.carry_out(
            Reissue(**here.acting(), voucher_id=VoucherId(voucher), reason=reason)
        )
        present.say(
            f"已换码（第 {result['issue_no']} 个）；请会员在手机上查看",
            f"replaced (code {result['issue_no']}); the member sees it on the phone",
        )
        present.result(result)


@app.command("reassign")
def reassign_command(
    voucher: VoucherArgument,
    to: Annotated[str, typer.Option("--to", metavar="MEMBER", help="who gets it")],
    reason: ReasonOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Give a voucher another owner, as the policy in rules/vouchers.yaml lets staff do.

    Example: points voucher reassign 01J9… --to 01J8… --reason 登记错人
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.REASSIGN_VOUCHER) as here:
        held = _found(here, voucher)
        result = here.carry_out(
            Reassign(
                **here.acting(),
                voucher_id=held.voucher.voucher_id,
                reward_id=held.voucher.reward_id,
                owner=held.owner_id,
                receiver=MemberId(to),
                reason=reason,
                person=here.principal.person,
            )
        )
        present.say("已改换持有人，双方会收到消息", "it has another owner; both are told")
        present.result(result)


def _found(here: Terminal, voucher: str) -> Held:
    with here.engine.reading(here.association) as connection:
        held = find_voucher(connection, here.association, VoucherId(voucher))
    return here.present.refuse(NO_VOUCHER) if held is None else held


def _shown(here: Terminal, held: Held) -> dict[str, Any]:
    voucher = held.voucher
    return {
        "voucher_id": voucher.voucher_id,
        "member_id": held.owner_id,
        "drawn_by": voucher.member_id,
        "reward_id": voucher.reward_id,
        "programme": voucher.programme,
        "state": held.shown_state(here.clock.now()).value,
        "remaining": held.remaining_parts,
        "last4": held.last4,
        "issue_no": held.issue_no,
        "valid_until": voucher.valid_until.isoformat(),
    }


def _event(each: Chapter) -> dict[str, Any]:
    event = each.event
    return {
        "version": event.version,
        "kind": event.kind.value,
        "recorded_at": event.recorded_at.isoformat(),
        "outlet_id": event.outlet_id,
        "parts": event.parts,
        "points": int(event.points),
        "actor": event.actor,
        "last4": event.last4,
        "to_member": each.to_member,
        "reason": each.reason,
    }


def _say(present: Presenter, each: Chapter) -> None:
    zh, en = VOUCHER_EVENT[each.event.kind.value]
    at = second(each.event.recorded_at)
    more = " ".join(
        part for part in (each.event.outlet_id, each.to_member, each.reason) if part is not None
    )
    present.say(f"{at} {zh} {more}".rstrip(), f"{at} {en} {more}".rstrip())
