"""``points member``: the register, masked; what identifies a person is typed at a prompt."""

from typing import Annotated

import typer
from rich.table import Column, Table

from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.present import Presenter
from points.flows.casework import NO_MEMBER
from points.flows.end_devices import EndDevices
from points.flows.enrol import Enrol
from points.flows.freeze import Freeze
from points.flows.look import balances
from points.flows.tell_why import tell_why
from points.flows.thaw import Thaw
from points.flows.wish_list import wish_list
from points.identity.policy import Action
from points.inbox.reads import notices_of
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, MemberId
from points.members.model import MemberKind, Profile
from points.members.reads import masked_names, members, page
from points.web.shown import day

app = typer.Typer(no_args_is_help=True, help="会员 · Members.")

MemberArgument = Annotated[str, typer.Argument(metavar="MEMBER", help="the member's id")]
ProgrammeOption = Annotated[str, typer.Option("--programme", help="party or health")]
ReasonOption = Annotated[str, typer.Option("--reason", help="why, in words; kept for ever")]
NoticeOption = Annotated[str, typer.Option("--notice", help="what the member is told")]


@app.command("add")
def add(
    kind: Annotated[MemberKind, typer.Option(help="what they do for a living")],
    name: Annotated[str, typer.Option(prompt="姓名 name", help="asked for; keep it off the line")],
    phone: Annotated[
        str, typer.Option(prompt="手机号 phone", help="asked for; keep it off the line")
    ],
    programme: Annotated[
        list[str] | None, typer.Option("--programme", help="party or health; may be repeated")
    ] = None,
    party_member: Annotated[bool, typer.Option("--party-member")] = False,
    branch: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    grid: Annotated[str | None, typer.Option(metavar="CODE")] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take a person into the register; name and phone are asked for, and never shown again.

    Example: points member add --kind rider --programme health
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.ENROL_MEMBER) as here:
        command = Enrol(
            **here.acting(),
            name=name,
            phone=phone,
            profile=Profile(kind=kind, branch=branch, grid=grid, party_member=party_member),
            programmes=tuple(dict.fromkeys(programme or ())),
        )
        result = here.carry_out(command)
        present.say(f"已登记 {result['member_id']}", f"enrolled as {result['member_id']}")
        present.result(result)


@app.command("list")
def list_command(
    branch: Annotated[str | None, typer.Option(metavar="CODE", help="of one branch")] = None,
    after: Annotated[
        str, typer.Option(metavar="MEMBER", help="the last one of the page before")
    ] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List members by id, masked; page on with --after.

    Example: points member list --limit 20
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_MEMBER) as here:
        seen = here.areas
        with here.engine.reading(here.association) as connection:
            found = page(
                connection,
                here.association,
                here.context,
                branch=branch,
                places=None if seen.everything else (seen.branches, seen.grids),
                after=after,
                limit=limit,
            )
        names = (("姓名", "name"), ("手机", "phone"), ("职业", "kind"), ("支部", "branch"))
        # An id that is broken over two lines cannot be copied.
        table = Table(Column("id", no_wrap=True), *(present.pick(*each) for each in names))
        for each in found:
            table.add_row(each.member_id, each.name, each.phone, each.kind, each.branch or "")
        present.show(table)
        present.result({"members": found})


@app.command("show")
def show(
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show a member, masked: programmes, freezes, balances.

    Example: points member show 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_MEMBER) as here:
        wanted = MemberId(member)
        here.needs_member(wanted)
        with here.engine.reading(here.association) as connection:
            found = members(connection, here.association, [wanted], here.context).get(wanted)
            names = masked_names(connection, here.association, [wanted], here.context)
        if found is None:
            present.refuse(NO_MEMBER)
        held = balances(here.engine, here.association, wanted)
        present.say(*(f"{found.member_id}  {names.get(wanted, '')}  {found.profile.kind}",) * 2)
        for each in found.enrolments.values():
            frozen = present.pick("已冻结", "frozen") if each.frozen_because is not None else ""
            present.say(*(f"  {each.programme}  {day(each.enrolled_at)}  {frozen}",) * 2)
        for balance in held:
            present.say(*(f"  {balance.measure}  {balance.available}",) * 2)
        present.result(
            {
                "member_id": found.member_id,
                "name": names.get(wanted),
                "profile": found.profile.facts(),
                "enrolments": list(found.enrolments.values()),
                "balances": held,
            }
        )


@app.command("freeze")
def freeze(
    member: MemberArgument,
    programme: ProgrammeOption,
    reason: ReasonOption,
    notice: NoticeOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Stop a member's spending in a programme; earning goes on.

    Example: points member freeze 01J9… --programme party --reason 核查 --notice 七日内可申诉
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.FREEZE) as here:
        command = Freeze(
            **here.acting(),
            member_id=MemberId(member),
            programme=programme,
            reason=reason,
            notice=notice,
            person=here.principal.person,
        )
        result = here.carry_out(command)
        present.say("已冻结", "Frozen.")
        present.result(result)


@app.command("log-out")
def log_out(
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Log a member out of every device, who lost a telephone or is not who they seem.

    Example: points member log-out 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.END_SESSIONS) as here:
        result = here.carry_out(EndDevices(**here.acting(), member_id=MemberId(member)))
        present.say("已令该会员退出全部设备", "The member is logged out everywhere.")
        present.result(result)


@app.command("notices")
def notices(
    member: MemberArgument,
    before: Annotated[str, typer.Option(metavar="ID", help="the last one of the page before")] = "",
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a member was told, the newest first, and whether they have read it.

    Example: points member notices 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_MEMBER) as here:
        wanted = MemberId(member)
        here.needs_member(wanted)
        with here.engine.reading(here.association) as connection:
            found = notices_of(connection, here.association, wanted, before=before, limit=limit)
        for each in found:
            mark = "" if each.read_at else present.pick("（未读）", " (not read)")
            present.say(
                f"{day(each.recorded_at)}  {each.title('zh')}{mark}：{each.text('zh')}",
                f"{day(each.recorded_at)}  {each.title('en')}{mark}: {each.text('en')}",
            )
        present.result({"notices": found})


@app.command("wishes")
def wishes(
    member: MemberArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show what a member saves up for, and how many points are missing.

    Example: points member wishes 01J9…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.READ_MEMBER) as here:
        wanted = MemberId(member)
        here.needs_member(wanted)
        found = wish_list(here.engine, here.association, wanted)
        shown = [
            {
                "reward_id": each.reward.reward_id,
                "price": each.price,
                "missing": each.missing,
            }
            for each in found
        ]
        for each in found:
            present.say(
                f"{each.reward.reward_id}  {each.reward.title_zh}  还差 {each.missing} 分",
                f"{each.reward.reward_id}  {each.reward.title_en}  {each.missing} points missing",
            )
        present.result({"wishes": shown})


@app.command("thaw")
def thaw(
    member: MemberArgument,
    programme: ProgrammeOption,
    reason: ReasonOption,
    notice: NoticeOption,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Let a member spend again.

    Example: points member thaw 01J9… --programme party --reason 核查完毕 --notice 已恢复使用
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.FREEZE) as here:
        command = Thaw(
            **here.acting(),
            member_id=MemberId(member),
            programme=programme,
            reason=reason,
            notice=notice,
            person=here.principal.person,
        )
        result = here.carry_out(command)
        present.say("已解除冻结", "Thawed.")
        present.result(result)


@app.command("why")
def why(
    member: MemberArgument,
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="the activity's id")],
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Tell a member in plain words why an activity brought points or none.

    Example: points member why 01J9… 01JA…
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.EXAMINE_ACTIVITY) as here:
        here.needs_member(MemberId(member))
        found = tell_why(here.engine, here.association, MemberId(member), ActivityId(activity))
        if isinstance(found, Refusal):
            present.refuse(found)
        for zh, en in zip(found.sentences("zh"), found.sentences("en"), strict=True):
            present.say(zh, en)
        present.result(
            {
                "activity_id": found.activity_id,
                "status": found.status,
                "programmes": found.programmes,
                "sentences": {name: found.sentences(name) for name in ("zh", "en")},
            }
        )
