"""Take down an activity that a source reports: a feed, a check-in, or a row of a sheet."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points.engine import Decision, Flow
from points.flows.filing import Filing, filing_needs, take_down
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Record one activity.

    Attributes:
        source: Who says so; the channel takes it from the caller's credentials or the profile.
        external_id: The source's own number; with the source unique for ever.
        ended_at: When it ended, if the source says so; else it follows from the field ``hours``.
        received_at: When the source took it down; the moment of the batch when None.
        fields: Plain values: numbers as strings or ints, dates as ISO 8601.
        trusted: Whether the source proved that it is the source; rules say which they trust.
        batch_id: The sheet that it came with.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    source: str
    external_id: str
    type: str
    member_id: MemberId
    occurred_at: datetime
    fields: Mapping[str, Any]
    ended_at: datetime | None = None
    received_at: datetime | None = None
    trusted: bool = False
    batch_id: str | None = None


def needs(command: Record, keys: Keys) -> None:
    """Load the member and what may stand in the way."""
    filing_needs(filing(command), keys)


def decide(command: Record, on: WorkingSet) -> Decision:
    """Append the activity; it is ready to be scored, or waits for a review."""
    return take_down(filing(command), on, "record")


def filing(command: Record) -> Filing:
    """Return what was reported."""
    return Filing(
        actor=command.actor,
        source=command.source,
        external_id=command.external_id,
        type=command.type,
        member_id=command.member_id,
        occurred_at=command.occurred_at,
        ended_at=command.ended_at,
        received_at=command.received_at,
        fields=command.fields,
        trusted=command.trusted,
        batch_id=command.batch_id,
    )


FLOW = Flow("record", needs, decide)
