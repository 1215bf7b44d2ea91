"""An installation for the length of one command, and who sits before it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from points import logs, wiring
from points.cli.origin import console_origin
from points.cli.present import Presenter, understood
from points.cli.session import kept_session
from points.engine import Command, Result
from points.flows.access import Access, note_refusal, refuse_entry
from points.flows.authenticate import authenticate
from points.flows.casework import NO_MEMBER
from points.identity.errors import Forbidden, SessionEnded
from points.identity.model import Principal, console
from points.identity.policy import TABLE, Action
from points.identity.roles import STAFF_ROLES, TITLES, Role
from points.kernel.clock import Clock
from points.kernel.ids import MemberId


@dataclass(slots=True, kw_only=True)
class Terminal(Access):
    """An installation, and somebody before it who may do what the command does.

    Attributes:
        installation: A running one.
        present: Where its words go.
    """

    installation: wiring.Installation
    present: Presenter

    @property
    def rules_dir(self) -> Path:
        """Where the rules lie."""
        return self.installation.rules_dir

    def acting(self) -> dict[str, Any]:
        """Return what every command begins with: whose data, a fresh operation id, who acts."""
        return {
            "association_id": self.association,
            "operation_id": self.named(f"console-{self.ids.next()}"),
            "actor": self.actor,
        }

    def carry_out(self, command: Command) -> Result:
        """Carry a command out and return its result; a refusal ends the program with 1."""
        outcome = self.submit(command)
        if outcome.refusal is not None:
            self.present.refuse(outcome.refusal)
        return outcome.result

    def needs(self, action: Action) -> None:
        """End the program unless whoever sits here may do this as well."""
        _judge(self.present, self.installation, self.principal, action)

    def needs_member(self, member: MemberId) -> None:
        """End the program unless the member may be seen; one who may not is answered as unknown."""
        if not self.sees_member(member):
            self.present.refuse(NO_MEMBER)


@contextmanager
def opened(
    present: Presenter,
    database: str | None,
    association: str | None,
    allows: Action,
    *,
    clock: Clock | None = None,
    migrate: bool = False,
    insecure_dev: bool | None = None,
    examined: bool = True,
) -> Iterator[Terminal]:
    """Open the chosen installation for somebody who may do what the command does.

    What goes wrong becomes a sentence and an exit code.

    Args:
        present: Where words go.
        database: The URL that was typed, if one was.
        association: The association that was typed, if one was.
        allows: What the command is for; there is none without.
        clock: Another clock than the machine's.
        migrate: Whether to bring the database's tables up to date first.
        insecure_dev: Whether to start on an unsafe database; the settings say so otherwise.
        examined: Whether the database has to be safe. Whoever looks for damage has to be let in
            where its guards were taken away.
    """
    chosen = wiring.settings(
        database_url=database, association=association, insecure_dev=insecure_dev
    )
    logs.configure(chosen.log_form, chosen.log_level, addresses=chosen.log_addresses)
    with (
        understood(present),
        wiring.open_installation(
            chosen, clock=clock, migrate=migrate, administering=not examined
        ) as here,
    ):
        yield _admitted(present, here, allows)


def _admitted(present: Presenter, here: wiring.Installation, action: Action) -> Terminal:
    principal = _sitting(present, here)
    _judge(present, here, principal, action)
    return Terminal(
        installation=here,
        principal=principal,
        action=action,
        origin=console_origin(),
        present=present,
    )


def _judge(
    present: Presenter, here: wiring.Installation, principal: Principal, action: Action
) -> None:
    refusal = refuse_entry(here, principal, action)
    if refusal is not None:
        note_refusal(here, principal, action, refusal, console_origin())
        if refusal.code == Forbidden.code:
            _forbid(present, principal, action)
        present.refuse(refusal)


def _forbid(present: Presenter, principal: Principal, action: Action) -> NoReturn:
    """Say who may, and to whoever may log in for it how."""
    roles = [role for role in TABLE[action] if role is not Role.CONSOLE]
    if not roles:
        present.end(
            Forbidden.code,
            f"{Forbidden.zh}：只由管理服务器的人办理，不用工作人员账号。请先退出：points logout",
            f"{Forbidden.en}: whoever has the machine does it, logged in as nobody: points logout",
        )
    zh = "、".join(f"{TITLES[role][0]}（{role.value}）" for role in roles)
    en = ", ".join(role.value for role in roles)
    zh, en = f"{Forbidden.zh}；可办理的角色：{zh}", f"{Forbidden.en}; it is for: {en}"
    if any(role in STAFF_ROLES for role in roles):
        if any(each.role is Role.CONSOLE for each in principal.grants):
            zh, en = f"{zh}。尚未登录，请先登录", f"{en}. Nobody is logged in; log in first"
        else:
            zh, en = f"{zh}。请由有此角色的人登录", f"{en}. Let somebody with such a role log in"
        zh, en = f"{zh}：points login 账号", f"{en}: points login ACCOUNT"
    present.end(Forbidden.code, zh, en)


def _sitting(present: Presenter, here: wiring.Installation) -> Principal:
    """Return whoever logged in here, else the console; a session that ended is not ignored."""
    token = kept_session(here)
    if token is None:
        return console(here.association)
    principal = authenticate(here.engine, token)
    if principal is None or principal.association_id != here.association:
        present.refuse(SessionEnded())
    return principal
