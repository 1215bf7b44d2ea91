"""``points login``, ``logout``, ``whoami``, ``setup``: people at this command line.

Passwords and codes are asked for and never typed as an option, where the history of the shell and
the list of processes would show them.
"""

from typing import Annotated

import typer

from points import wiring
from points.cli.opened import opened
from points.cli.options import AssociationOption, DatabaseOption, JsonOption, LanguageOption
from points.cli.origin import console_origin
from points.cli.present import Presenter, understood
from points.cli.session import forget_session, keep_session, kept_session
from points.flows.authenticate import authenticate
from points.flows.end_session import EndSession
from points.flows.log_in import Knock, log_in
from points.flows.prove import prove
from points.flows.set_up_staff import begin_set_up, finish_set_up
from points.identity.model import Principal, console
from points.identity.policy import Action
from points.kernel.errors import Refusal
from points.kernel.ids import OperationId
from points.web.shown import when

AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT")]


def login(
    account: AccountArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Log in at this command line; commands act as this person until `points logout`.

    Example: points login li
    """
    present = Presenter(lang, as_json)
    chosen = wiring.settings(database_url=database, association=association)
    with understood(present), wiring.open_installation(chosen) as here:
        knock = Knock(
            association_id=here.association,
            account=account,
            password=_asked(present, "密码", "Password"),
            code=_asked(present, "验证码或恢复码", "Code, or a recovery code"),
        )
        opened_session = log_in(here.engine, knock, console_origin())
        if isinstance(opened_session, Refusal):
            present.refuse(opened_session)
        keep_session(here, opened_session.token)
        shown = when(opened_session.session.expires_at)
        present.say(
            f"已登录，最迟至 {shown}；剩余恢复码 {opened_session.recovery_left} 个",
            f"Logged in until {shown} at the latest; "
            f"{opened_session.recovery_left} recovery codes left.",
        )
        present.result(
            {
                "account": opened_session.session.subject,
                "expires_at": opened_session.session.expires_at.isoformat(timespec="minutes"),
                "recovery_left": opened_session.recovery_left,
            }
        )


def verify(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Prove the second factor again, for what asks for a proof of just now.

    Example: points verify
    """
    present = Presenter(lang, as_json)
    with opened(present, database, association, Action.OWN_SESSIONS) as here:
        code = _asked(present, "验证码", "Code")
        verified = prove(here.engine, here.principal, code, console_origin())
        if isinstance(verified, Refusal):
            present.refuse(verified)
        present.say("第二因素已验证", "The second factor is proved.")
        present.result({"verified_at": verified})


def logout(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Log out at this command line; a session that has ended already is forgotten.

    Example: points logout
    """
    present = Presenter(lang, as_json)
    chosen = wiring.settings(database_url=database, association=association)
    with understood(present), wiring.open_installation(chosen) as here:
        who = _sitting(here)
        if who is not None and who.session is not None:
            here.engine.submit(
                EndSession(
                    association_id=who.association_id,
                    operation_id=OperationId(f"{who.actor}:log-out-{here.ids.next()}"),
                    actor=who.actor,
                    session_id=who.session,
                    kind=who.kind,
                    subject=who.subject,
                ),
                console_origin(),
            )
        forget_session(here)
        present.say("已退出登录", "Logged out.")
        present.result({"logged_out": who is not None})


def whoami(
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Say who sits at this command line, in which roles.

    Example: points whoami
    """
    present = Presenter(lang, as_json)
    chosen = wiring.settings(database_url=database, association=association)
    with understood(present), wiring.open_installation(chosen) as here:
        kept = kept_session(here) is not None
        who = _sitting(here) if kept else console(here.association)
        if who is None:
            present.end(
                "session_ended",
                "登录已失效，请重新登录（points login）",
                "the session has ended: log in again with `points login`",
            )
        roles = [each.spelled for each in who.grants]
        line = f"{who.actor}  {', '.join(roles)}"
        present.say(line, line)
        present.result({"actor": who.actor, "roles": roles, "verified_at": who.verified_at})


def setup(
    account: AccountArgument,
    database: DatabaseOption = None,
    association: AssociationOption = None,
    lang: LanguageOption = "zh",
    as_json: JsonOption = False,
) -> None:
    """Set an account up with the code of an admin: choose a password, enrol the second factor.

    Example: points setup li
    """
    present = Presenter(lang, as_json)
    chosen = wiring.settings(database_url=database, association=association)
    with understood(present), wiring.open_installation(chosen) as here:
        code = _asked(present, "一次性设置码", "Set-up code")
        password = _asked(
            present, "新密码（至少 12 个字符）", "New password, 12 characters or more", twice=True
        )
        where = (here.engine, here.association, account, code)
        begun = begin_set_up(*where, password, console_origin())
        if isinstance(begun, Refusal):
            present.refuse(begun)
        typer.echo(
            present.pick("请将此密钥加入身份验证器：", "Add this to your authenticator: ")
            + f"{begun.secret}\n{begun.uri}",
            err=True,
        )
        factor = _asked(present, "验证码", "Code")
        codes = finish_set_up(*where, factor, console_origin())
        if isinstance(codes, Refusal):
            present.refuse(codes)
        listed = "\n".join(codes)
        present.say(
            f"账号已启用。恢复码（每个可用一次，仅显示这一次）：\n{listed}",
            f"The account is open. Recovery codes, each good once, shown this once:\n{listed}",
        )
        present.result({"account": account, "recovery_codes": list(codes)})


def _asked(present: Presenter, zh: str, en: str, *, twice: bool = False) -> str:
    # On stderr: a program that reads stdout finds the answer alone there.
    said: str = typer.prompt(
        present.pick(zh, en),
        hide_input=True,
        err=True,
        confirmation_prompt=present.pick("请再输入一次", "Once more") if twice else False,
    )
    return said


def _sitting(here: wiring.Installation) -> Principal | None:
    token = kept_session(here)
    return None if token is None else authenticate(here.engine, token)
