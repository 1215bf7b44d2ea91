"""Returns of unspent money as facts: what is asked for, and the one step that ends it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from points.kernel.amounts import Fen
from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId, ReturnId

NOTE_LENGTH_MAX = 500
DOCUMENT_LENGTH_MAX = 80


class State(StrEnum):
    """Where a return stands; ``expired`` follows from the time alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Return:
    """Money of a pool that one person asks another to give back; never changed.

    Attributes:
        source: Who gave it and gets it back, as funding entries name it.
        note: Why, in words; kept for ever.
        document: The number of the resolution or the payment.
        until: The first instant at which it can no longer be decided.
    """

    return_id: ReturnId
    programme: str
    amount_fen: Fen
    source: str
    note: str
    document: str
    proposed_by: Actor
    proposed_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        ensure(self.amount_fen > 0, "a return gives something back")
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(len(self.document) <= DOCUMENT_LENGTH_MAX, "numbers of documents are short")
        ensure(self.proposed_at < self.until, "a return can be decided for a while")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """The one step that ends a return.

    Attributes:
        step: ``approved``, ``rejected`` or ``withdrawn``.
        reason: Why, in words; needed for a rejection.
    """

    of: Return
    step: State
    actor: Actor
    reason: str
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step not in (State.PROPOSED, State.EXPIRED), "a step ends a return")
        mine = self.actor == self.of.proposed_by
        ensure(mine is (self.step is State.WITHDRAWN), "another person decides, the same withdraws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A return and what ended it, if anything did."""

    fact: Return
    settled: Settled | None = None

    def state(self, now: datetime) -> State:
        """Return where it stands at an instant."""
        if self.settled is not None:
            return self.settled.step
        return State.EXPIRED if self.fact.until <= now else State.PROPOSED
