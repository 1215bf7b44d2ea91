"""Who types a command: every write says which member of staff answers for it."""

import getpass
import os
import platform
import re
from functools import cache
from typing import Annotated, Any

import typer

from points.audit.model import Channel, Origin
from points.cli.present import Presenter
from points.engine import Command, Result
from points.kernel.errors import Misused
from points.kernel.ids import Actor, OperationId
from points.wiring import Installation

CONSOLE = "staff:console"

ActorOption = Annotated[
    str, typer.Option("--actor", metavar="staff:NAME", help="who answers for this")
]
_STAFF = re.compile(r"staff:[\w.-]{1,40}")


def staff(name: str) -> Actor:
    """Return a member of staff as an actor.

    Raises:
        Misused: It is another kind of actor; a member or a partner does not sit at this console.
    """
    if not _STAFF.fullmatch(name):
        raise Misused(
            "bad_actor",
            "--actor 应为 staff: 加工作人员代号，例如 staff:li",
            "--actor is staff: and a name, as staff:li",
        )
    return Actor(name)


def acting(here: Installation, actor: str) -> dict[str, Any]:
    """Return what every command begins with: whose data, a fresh operation id, who acts."""
    return {
        "association_id": here.association,
        "operation_id": OperationId(f"{staff(actor)}:console-{here.ids.next()}"),
        "actor": staff(actor),
    }


@cache
def console_origin() -> Origin:
    """Return from where a command is typed: the operating system's account, and the host."""
    return Origin(channel=Channel.CLI, device=f"{_account()}@{platform.node()}")


def _account() -> str:
    # Not from the environment, which whoever types may set.
    try:
        import pwd  # noqa: PLC0415 - there is none on Windows
    except ImportError:
        return getpass.getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container's user without an entry
        return str(os.getuid())


def carried_out(present: Presenter, here: Installation, command: Command) -> Result:
    """Carry a command out and return its result; a refusal ends the program with 1."""
    outcome = here.engine.submit(command, console_origin())
    if outcome.refusal is not None:
        present.refuse(outcome.refusal)
    return outcome.result
