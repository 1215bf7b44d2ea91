"""Put on the audit trail what is no command: an unmasked read, an export, a refusal at the door."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from points.audit.model import Result
from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteAccess:
    """Say who saw, took out, or was kept from what.

    Attributes:
        actor: Who it was, whatever kind of caller; ``staff:unknown`` where nobody knows. Never what
            somebody typed into a log-in.
        action: Stable, as ``unmask_member``, ``export_members``, ``log_in``.
        subject: The id of what it was about; never a name or a number of a person.
        reason: In the words of whoever asked, where a reason was asked for.
        detail: Plain values, as how many rows or which fields; never the values of those fields.
        outcome: ``done`` or ``refused``.
        code: Of the refusal.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    action: str
    subject: str = ""
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)
    outcome: Result = Result.DONE
    code: str = ""


def needs(_command: NoteAccess, _keys: Keys) -> None:
    """Need nothing but the trail, which the engine sees to."""


def decide(command: NoteAccess, on: WorkingSet) -> Decision:
    """Note it."""
    on.trail.note(
        command.action,
        command.subject,
        reason=command.reason,
        detail=command.detail,
        outcome=Result(command.outcome),
        code=command.code,
    )
    return {"noted": command.action}


FLOW = Flow("note_access", needs, decide, audited=True)
