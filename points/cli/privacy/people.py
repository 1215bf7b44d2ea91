"""Look at somebody, hand them their data, erase them, and the requests to be erased."""

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from points.cli.opened import Terminal, opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.origin import console_origin
from points.cli.present import Presenter
from points.flows.erase import Erase, Ground
from points.flows.erasing import erase_person
from points.flows.person_export import PersonExport
from points.flows.request_erasure import EndRequest, RequestErasure
from points.flows.unmask import FIELDS, Reason, Unmask, today, unmasked
from points.identity.policy import Action
from points.kernel.canonical import plain
from points.kernel.errors import Misused
from points.kernel.ids import MemberId
from points.privacy.model import Look
from points.privacy.reads import open_requests
from points.vault.files import make_private_file
from points.web.shown import day

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]
ReasonOption = Annotated[Reason, typer.Option("--reason", help="why, as a code")]
WordsOption = Annotated[str, typer.Option("--words", help="why, in words; kept for ever")]
ENDINGS = (".json", ".xlsx")


def show(
    member: MemberArgument,
    reason: ReasonOption,
    words: WordsOption,
    fields: Annotated[
        list[str] | None,
        typer.Option("--field", help="name, phone, identity_number, evidence; may be repeated"),
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what is masked elsewhere, after writing down who looks and why.

    Example: points privacy show 01J9… --reason contact --words 联系会员核实 --field phone
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.UNMASK) as here:
        here.needs_member(MemberId(member))
        wanted = tuple(dict.fromkeys(fields or FIELDS[:2]))
        command = _look(here, member, Look.UNMASK, wanted, reason, words)
        here.carry_out(command)
        found = unmasked(here.engine, here.context, here.association, MemberId(member), wanted)
        for name in wanted:
            value = getattr(found, name)
            present.say(*(f"  {name}  {plain(value) if value else ''}",) * 2)
        present.result(plain(found))


def _look(
    here: Terminal,
    member: str,
    kind: Look,
    fields: tuple[str, ...],
    reason: Reason,
    words: str,
) -> Unmask:
    return Unmask(
        **here.acting(),
        member_id=MemberId(member),
        fields=fields,
        reason=reason,
        words=words,
        kind=kind,
        day=today(here.engine),
    )


def export(
    member: MemberArgument,
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help=".json or .xlsx; a new file")],
    words: WordsOption = "right of access",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write everything that is kept about a member into a file that only you may read.

    Example: points privacy export 01J9… --to 会员数据.xlsx
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXPORT_PERSON) as here:
        if to.suffix not in ENDINGS:
            raise Misused("bad_ending", "文件名应以 .json 或 .xlsx 结尾", "a .json or .xlsx file")
        command = _look(here, member, Look.EXPORT, FIELDS, Reason.ACCESS, words)
        here.carry_out(command)
        if not make_private_file(to, ""):
            raise Misused(
                "file_exists", "文件已存在，不会覆盖", "the file exists and is not overwritten"
            )
        found = PersonExport(here.engine, here.association, MemberId(member), here.clock.now())
        (found.write_xlsx if to.suffix == ".xlsx" else found.write_json)(to)
        os.chmod(to, 0o600)  # noqa: PTH101 - a library may have made the file anew
        present.say(f"已导出到 {to.name}", f"exported to {to.name}")
        present.result({"file": to.name, "member_id": member})


def erase(
    member: MemberArgument,
    ground: Annotated[Ground, typer.Option("--ground", help="on which ground")],
    confirm: Annotated[
        str, typer.Option(prompt="再次输入会员编号 type the member's id again", help="asked for")
    ],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Erase a person for ever; the books stay whole, vouchers that were issued stay good.

    Example: points privacy erase 01J9… --ground request
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ERASE_PERSON) as here:
        if confirm != member:
            raise Misused("not_confirmed", "两次编号不一致，未执行", "the ids differ: nothing done")
        command = Erase(**here.acting(), member_id=MemberId(member), ground=ground)
        outcome = erase_person(here.engine, here.installation.journal, command, console_origin())
        if outcome.refusal is not None:
            present.refuse(outcome.refusal)
        present.say("已删除个人信息", "The person is erased.")
        present.result(outcome.result)


def request(
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Write down that a member asks to be erased; it is answered within fifteen days.

    Example: points privacy request 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.CONSENT) as here:
        command = RequestErasure(**here.acting(), member_id=MemberId(member))
        result = here.carry_out(command)
        due = day(datetime.fromisoformat(result["due_at"]))
        present.say(f"已登记，期限 {due}", f"due {due}")
        present.result(result)


def decline(
    member: MemberArgument,
    reason: Annotated[str, typer.Option("--reason", help="why, in words; kept for ever")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Decline a request for erasure, with the reason that the member is told.

    Example: points privacy decline 01J9… --reason 争议处理中，依法须保留
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ERASE_PERSON) as here:
        command = EndRequest(**here.acting(), member_id=MemberId(member), reason=reason)
        result = here.carry_out(command)
        present.say("已驳回", "Declined.")
        present.result(result)


def requests(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List the requests for erasure that wait for an answer, the most urgent first.

    Example: points privacy requests
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.KEEP_PRIVACY_RECORDS) as here:
        with here.engine.reading(here.association) as connection:
            found = open_requests(connection, here.association)
        names = (("会员", "member"), ("理由", "ground"), ("期限", "due"), ("", ""))
        table = Table(*(present.pick(*each) for each in names))
        now = here.clock.now()
        for each in found:
            late = each.due_at is not None and each.due_at < now
            due_on = "" if each.due_at is None else day(each.due_at)
            said = present.pick("逾期", "overdue") if late else ""
            table.add_row(each.member_id, each.reason, due_on, said)
        present.show(table)
        present.result({"requests": found})
