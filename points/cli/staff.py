"""``points staff``: accounts of staff, for those who manage them."""

from datetime import datetime
from typing import Annotated, Any

import typer
from rich.table import Table

from points.cli.opened import Terminal, opened
from points.cli.options import (
    AssociationOption,
    DatabaseOption,
    JsonOption,
    LanguageOption,
    instant,
)
from points.cli.present import Presenter
from points.flows.add_staff import AddStaff
from points.flows.guessing import blinded
from points.flows.list_staff import Seat, history, list_staff, notices_of
from points.flows.staff_roles import GrantRole, RevokeRole
from points.flows.staff_standing import DisableStaff, EnableStaff, ResetStaff
from points.flows.staffing import NO_ACCOUNT
from points.identity.policy import Action
from points.identity.roles import Grant, read_grant
from points.identity.second_factor import about
from points.kernel.errors import Misused
from points.kernel.ids import MemberId
from points.web.shown import noticed, when
from points.web.texts import texts

app = typer.Typer(no_args_is_help=True, help="工作人员账号 · Accounts of staff.")

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT")]
ReasonOption = Annotated[str, typer.Option(help="kept for ever; no names, no numbers of persons")]
RoleOption = Annotated[str, typer.Option(metavar="ROLE", help="officer, reviewer:branch:CODE, …")]


@app.command("add")
def add(
    account: AccountArgument,
    role: Annotated[
        list[str],
        typer.Option(metavar="ROLE", help="officer, reviewer:branch:CODE, …; may be repeated"),
    ],
    person: Annotated[
        str | None, typer.Option(metavar="MEMBER_ID", help="the member that the person also is")
    ] = None,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Add an account and print the code with which its holder sets it up, once, within 72 hours.

    At the machine itself this works until the association has an admin.

    Example: points staff add li --role admin
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        code, hashed = _set_up_code(here, account)
        done = here.carry_out(
            AddStaff(
                **here.acting(),
                staff_id=account,
                grants=tuple(_grant(each) for each in role),
                set_up_hash=hashed,
                person=None if person is None else MemberId(person),
            )
        )
        _tell_code(present, account, code, done["set_up_until"])


@app.command("list")
def list_command(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """List all accounts with their roles.

    Example: points staff list
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        found = list_staff(here.engine, here.association)
        table = Table(*(present.pick(*each) for each in _HEADINGS))
        for seat in found:
            row = _seat(seat, here)
            table.add_row(
                row["account"],
                ", ".join(row["roles"]),
                present.pick(*_STATES[row["active"], row["ready"]]),
            )
        present.show(table)
        present.result({"staff": [_seat(each, here) for each in found]})


@app.command("show")
def show(
    account: AccountArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say what happened to an account, the newest first.

    Example: points staff show li
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        found = history(here.engine, here.association, account)
        if not found:
            present.refuse(NO_ACCOUNT)
        for each in found:
            change = texts(lang).word("account_change", each.change)
            line = f"{when(each.recorded_at)}  {change}  {each.actor}  {each.reason}"
            present.say(*(line.rstrip(),) * 2)
        present.result({"account": account, "events": [_event(each) for each in found]})


def _event(event: Any) -> dict[str, Any]:  # noqa: ANN401 - an event of the account
    return {
        "version": event.version,
        "change": event.change,
        "actor": event.actor,
        "reason": event.reason,
        "recorded_at": event.recorded_at,
        "standing": dict(event.standing),
    }


@app.command("grant")
def grant(
    account: AccountArgument,
    role: RoleOption,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="for good otherwise")] = None,
    reason: ReasonOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Give a person a role.

    Example: points staff grant wang --role reviewer:branch:第一支部
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        given = _grant(role, _until(until))
        command = GrantRole(**here.acting(), staff_id=account, grant=given, reason=reason)
        _done(present, here.carry_out(command))


@app.command("revoke")
def revoke(
    account: AccountArgument,
    role: RoleOption,
    reason: ReasonOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take a role away; the person's next request has it no more.

    Example: points staff revoke wang --role treasurer
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        taken = _grant(role).spelled
        command = RevokeRole(**here.acting(), staff_id=account, grant=taken, reason=reason)
        _done(present, here.carry_out(command))


@app.command("disable")
def disable(
    account: AccountArgument,
    reason: ReasonOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Let a person in no more; all their sessions end.

    Example: points staff disable wang --reason 离职
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        command = DisableStaff(**here.acting(), staff_id=account, reason=reason)
        _done(present, here.carry_out(command))


@app.command("enable")
def enable(
    account: AccountArgument,
    reason: ReasonOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Let a person in again.

    Example: points staff enable wang
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        command = EnableStaff(**here.acting(), staff_id=account, reason=reason)
        _done(present, here.carry_out(command))


@app.command("reset")
def reset(
    account: AccountArgument,
    reason: ReasonOption = "",
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Take password and second factor away and print a new set-up code.

    At the machine itself this works for the only admin, who would be locked out for ever otherwise.

    Example: points staff reset wang --reason 手机遗失
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.MANAGE_STAFF) as here:
        code, hashed = _set_up_code(here, account)
        done = here.carry_out(
            ResetStaff(
                **here.acting(),
                staff_id=account,
                set_up_hash=hashed,
                guard=blinded(here.engine, here.association, account),
                reason=reason,
            )
        )
        _tell_code(present, account, code, done["set_up_until"])


@app.command("notices")
def notices(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Show one's own notices, the newest first: new devices, borrowed roles, resets.

    Example: points staff notices
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OWN_SESSIONS) as here:
        found = notices_of(here.engine, here.principal)
        for each in found:
            told = (noticed(value, name, lang) for name, value in sorted(each.said.items()))
            said = "  ".join((texts(lang).word("notice", each.code), each.subject, *told))
            present.say(*(f"{when(each.created_at)}  {said}".rstrip(),) * 2)
        present.result(
            {
                "notices": [
                    {"code": each.code, "said": dict(each.said), "created_at": each.created_at}
                    for each in found
                ]
            }
        )


_HEADINGS = (("账号", "account"), ("角色", "roles"), ("状态", "state"))
_STATES = {
    (True, True): ("可用", "in use"),
    (True, False): ("待设置", "to be set up"),
    (False, True): ("已停用", "disabled"),
    (False, False): ("已停用", "disabled"),
}


def _seat(seat: Seat, here: Terminal) -> dict[str, Any]:
    now = here.clock.now()
    return {
        "account": seat.account.staff_id,
        "active": seat.account.active,
        "ready": seat.ready,
        "roles": [each.spelled for each in seat.account.grants if each.counts(now)],
        "person": seat.account.person,
    }


def _set_up_code(here: Terminal, account: str) -> tuple[str, str]:
    factors = here.context.factors
    code = factors.set_up_code(f"{here.association}|{here.ids.next()}")
    return code, factors.set_up_hash(code, about(here.association, account))


def _tell_code(present: Presenter, account: str, code: str, until: str) -> None:
    shown = when(datetime.fromisoformat(until))
    present.say(
        f"一次性设置码（仅显示一次，{shown} 前有效）：{code}\n本人请运行：points setup {account}",
        f"The set-up code, shown once, good until {shown}: {code}\n"
        f"Its holder runs: points setup {account}",
    )
    present.result({"account": account, "set_up_code": code, "set_up_until": until})


def _done(present: Presenter, done: dict[str, Any]) -> None:
    present.say("已完成", "Done.")
    present.result({"account": done["staff_id"], "version": done["version"]})


def _grant(spelled: str, until: datetime | None = None) -> Grant:
    found = read_grant(spelled, until=until)
    if found is None:
        raise Misused("role_unknown", "没有这个角色", "there is no such role")
    return found


def _until(typed: str | None) -> datetime | None:
    if typed is None:
        return None
    found = instant(typed)
    if found is None:
        raise Misused(
            "bad_instant",
            "--until 应为带时区的时间，例如 2026-06-01T00:00:00+08:00",
            "--until is an instant with its zone, as 2026-06-01T00:00:00+08:00",
        )
    return found
