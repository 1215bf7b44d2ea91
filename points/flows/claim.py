"""File a claim: a member, or an organiser for a member, says what was done."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.engine import Decision, Flow
from points.flows.filing import Filing, filing_needs, take_down
from points.flows.wording import refuse_wording
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet

SOURCE = "claim"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileClaim:
    """File a claim for one activity.

    Attributes:
        actor: ``member:<id>`` for oneself; an organiser otherwise, who then may not review it.
        fields: Plain values: numbers as strings or ints, dates as ISO 8601.
        evidence: Which kinds are at hand, as the rules name them: ``photo``, ``roster``, ….
        note: In words, for the reviewer; kept sealed, and destroyed when it has served.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    type: str
    member_id: MemberId
    occurred_at: datetime
    fields: Mapping[str, Any]
    ended_at: datetime | None = None
    evidence: tuple[str, ...] = ()
    note: str = field(default="", repr=False)


def needs(command: FileClaim, keys: Keys) -> None:
    """Load the member and what may stand in the way."""
    filing_needs(_filing(command), keys)


def decide(command: FileClaim, on: WorkingSet) -> Decision:
    """Append the activity; its claim waits for a review, unless its rules ask for none."""
    return refuse_wording(command.note, needed=False) or take_down(_filing(command), on, "claim")


def _filing(command: FileClaim) -> Filing:
    return Filing(
        actor=command.actor,
        source=SOURCE,
        # Whoever files names the request; that name is the claim's own number as well.
        external_id=command.operation_id,
        type=command.type,
        member_id=command.member_id,
        occurred_at=command.occurred_at,
        ended_at=command.ended_at,
        received_at=None,
        fields=command.fields,
        detail={"evidence": list(command.evidence)},
        note=command.note.strip(),
    )


FLOW = Flow("claim", needs, decide)
