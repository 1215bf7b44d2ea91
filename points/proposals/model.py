"""Proposals as facts: what is asked for, by whom, and the one step that ends it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from points.kernel.amounts import Points
from points.kernel.ensure import ensure
from points.kernel.ids import (
    ActivityId,
    Actor,
    MemberId,
    OperationId,
    ProposalId,
    TransactionId,
)

NOTE_LENGTH_MAX = 500


class Kind(StrEnum):
    """What is asked for: points outside the rules, an activity's points back, or it set right.

    Or a donation given back to whoever made it.
    """

    GRANT = "grant"
    REVERSE = "reverse"
    CORRECT = "correct"
    RETURN = "return"


class State(StrEnum):
    """Where a proposal stands; ``expired`` follows from the time alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


REASONS: dict[Kind, tuple[str, ...]] = {
    Kind.GRANT: ("hardship_grant", "missed_award", "goodwill"),
    Kind.REVERSE: ("error", "falsified"),
    Kind.CORRECT: ("misrecorded", "misreported"),
    Kind.RETURN: ("donated_in_error", "donor_in_need"),
}
"""The stable codes that the ledger keeps; what happened in words is the note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """What an activity should have said.

    Attributes:
        fields: Typed quantities in their plain spelling, as activities keep them.
    """

    type: str
    occurred_at: datetime
    fields: Mapping[str, Any]
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What one person asks another to decide; never changed.

    Attributes:
        member_id: Whose points.
        reason: A stable code, one of ``REASONS``.
        note: Why, in words; kept for ever.
        until: The first instant at which it can no longer be decided.
        measure: Of a grant, as ``party.wallet``.
        points: Of a grant, above zero.
        expires_at: When a grant's points go; None for never.
        activity_id: Whose points are taken back.
        replacement: What takes its place, of a correction.
        transactions: The claim's, as they stood when it was proposed.
        peers: Other members who got points for it, as it stood then.
        donation_id: What is given back; ``measure`` says of which wallet it was.
    """

    proposal_id: ProposalId
    kind: Kind
    member_id: MemberId
    reason: str
    note: str
    proposed_by: Actor
    proposed_at: datetime
    until: datetime
    measure: str | None = None
    points: Points | None = None
    expires_at: datetime | None = None
    activity_id: ActivityId | None = None
    transactions: tuple[TransactionId, ...] = ()
    peers: tuple[MemberId, ...] = ()
    replacement: Replacement | None = None
    donation_id: str | None = None

    def __post_init__(self) -> None:
        ensure(self.reason in REASONS[self.kind], "a proposal gives a reason that is known")
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(self.proposed_at < self.until, "a proposal can be decided for a while")
        grants = self.measure is not None and self.points is not None and self.points > 0
        takes, replaces = self.activity_id is not None, self.replacement is not None
        ensure(grants is (self.kind is Kind.GRANT), "a grant says how much of what")
        about = self.kind in (Kind.REVERSE, Kind.CORRECT)
        ensure(takes is about, "a reversal says of which activity")
        ensure(replaces is (self.kind is Kind.CORRECT), "a correction says what is right")
        returns = self.donation_id is not None and self.measure is not None
        ensure(returns is (self.kind is Kind.RETURN), "a return says of which donation")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The one step that ends a proposal.

    Attributes:
        step: ``approved``, ``rejected`` or ``withdrawn``.
        reason: Why, in words; needed for a rejection.
        operation_id: The request that decided; the ledger's transactions carry the same.
    """

    proposal: Proposal
    step: State
    actor: Actor
    reason: str
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step not in (State.PROPOSED, State.EXPIRED), "a step ends a proposal")
        mine = self.actor == self.proposal.proposed_by
        ensure(mine is (self.step is State.WITHDRAWN), "another person decides, the same withdraws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A proposal and where it stands, expiry left to whoever knows the time."""

    proposal: Proposal
    kept: State

    def state(self, now: datetime) -> State:
        """Return where it stands at an instant."""
        late = self.kept is State.PROPOSED and self.proposal.until <= now
        return State.EXPIRED if late else self.kept
