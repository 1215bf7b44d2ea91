"""Who types a command: every write says which member of staff answers for it."""

import re
from typing import Annotated, Any

import typer

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


def carried_out(present: Presenter, here: Installation, command: Command) -> Result:
    """Carry a command out and return its result; a refusal ends the program with 1."""
    outcome = here.engine.submit(command)
    if outcome.refusal is not None:
        present.refuse(outcome.refusal)
    return outcome.result
