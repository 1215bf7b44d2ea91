"""Handouts as facts: what is given to whom, who decided it, and what came of each member's.

Money for every voucher is set aside when the handout is approved; each voucher takes its share, and
what is left goes back to the pool when the handout ends.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from points.kernel.amounts import Fen
from points.kernel.canonical import digest
from points.kernel.ensure import ensure
from points.kernel.ids import (
    Actor,
    HandoutId,
    MemberId,
    OperationId,
    OutletId,
    RewardId,
    VoucherId,
)

NOTE_LENGTH_MAX = 500
SOURCE_LENGTH_MAX = 500


class Mode(StrEnum):
    """How members come to their vouchers: on the phone, or on a sheet that staff print once."""

    PHONE = "phone"
    PAPER = "paper"


class State(StrEnum):
    """Where a handout stands; ``expired`` follows from the time alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    DONE = "done"
    EXPIRED = "expired"


DECIDED = (State.APPROVED, State.REJECTED, State.WITHDRAWN)


class Result(StrEnum):
    """What a member's part came to."""

    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handout:
    """What one person asks another to approve; never changed.

    Attributes:
        programme: Whose pool pays.
        outlet_id: Where the vouchers are good, of rewards that are had at chosen outlets only.
        note: Why, in words; kept for ever.
        source: Whence the members came: a sheet, or the expression that chose them.
        members: How many there are.
        members_sha256: The hash of them all, in order, so that nobody exchanges them.
        cost_fen: What one voucher can cost at most; so much is set aside for each.
        until: The first instant at which it can no longer be decided.
    """

    handout_id: HandoutId
    reward_id: RewardId
    reward_version: int
    programme: str
    outlet_id: OutletId | None = None
    mode: Mode
    note: str
    source: str = ""
    members: int
    members_sha256: str
    cost_fen: Fen
    proposed_by: Actor
    proposed_at: datetime
    until: datetime

    def __post_init__(self) -> None:
        ensure(len(self.note) <= NOTE_LENGTH_MAX, "notes are short")
        ensure(len(self.source) <= SOURCE_LENGTH_MAX, "expressions are short")
        ensure(self.members > 0, "a handout is for somebody")
        ensure(self.cost_fen >= 0, "a voucher costs nothing or something")
        ensure(self.proposed_at < self.until, "a handout can be decided for a while")

    @property
    def reserved_fen(self) -> Fen:
        """What is set aside when it is approved."""
        return Fen(self.members * self.cost_fen)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a handout: it is decided once, and done once.

    Attributes:
        reason: Why, in words, of a decision; why it ended before its last member, of an end.
        freed_fen: What went back to the pool at the end.
    """

    handout: Handout
    step: State
    actor: Actor
    reason: str
    freed_fen: Fen = Fen(0)  # noqa: RUF009 - a plain number
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step in (*DECIDED, State.DONE), "a step leads somewhere")
        if self.step in DECIDED:
            mine = self.actor == self.handout.proposed_by
            right = mine is (self.step is State.WITHDRAWN)
            ensure(right, "another person decides, the same withdraws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one member's part came to; written once.

    Attributes:
        code: Why it was refused, as a stable code; empty where it was not.
    """

    handout_id: HandoutId
    member_id: MemberId
    result: Result
    code: str = ""
    voucher_id: VoucherId | None = None
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        issued = self.result is Result.ISSUED
        ensure(issued is (self.voucher_id is not None), "what is issued is a voucher")
        ensure(issued is not bool(self.code), "what is refused says why")


@dataclass(frozen=True, slots=True, kw_only=True)
class Printing:
    """That a handout's codes were printed: once."""

    handout_id: HandoutId
    actor: Actor
    operation_id: OperationId
    recorded_at: datetime


@dataclass(slots=True, kw_only=True)
class Standing:
    """A handout and where it stands: a projection.

    Attributes:
        issued: How many vouchers were issued.
        refused: How many members were refused.
        reserved_fen: What is set aside for those who are left.
        printed: Whether its codes were printed.
    """

    handout: Handout
    kept: State = State.PROPOSED
    issued: int = 0
    refused: int = 0
    reserved_fen: int = 0
    printed: bool = False
    fresh: bool = False
    touched: bool = False

    def state(self, now: datetime) -> State:
        """Return where it stands at an instant."""
        late = self.kept is State.PROPOSED and self.handout.until <= now
        return State.EXPIRED if late else self.kept

    @property
    def left(self) -> int:
        """How many members' parts have come to nothing yet."""
        return self.handout.members - self.issued - self.refused


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """What was asked and what became of it, to the last voucher and the last fen.

    Attributes:
        refused: How many members were refused, by stable code.
        left: Members whose part came to nothing when it ended, or has not yet.
        reserved_fen: What was set aside in all.
        passed_fen: What went to vouchers of it.
        freed_fen: What went back at the end.
        held_fen: What is still set aside for those who are left.
    """

    asked: int
    issued: int
    refused: Mapping[str, int] = field(default_factory=dict)
    left: int
    reserved_fen: int
    passed_fen: int
    freed_fen: int
    held_fen: int

    @property
    def adds_up(self) -> bool:
        """Return whether nobody and no fen is missing."""
        people = self.issued + sum(self.refused.values()) + self.left
        money = self.passed_fen + self.freed_fen + self.held_fen
        return people == self.asked and money == self.reserved_fen


def members_hash(members: Iterable[MemberId]) -> str:
    """Return the hash of members in their one order."""
    return digest(sorted(members))
