"""What one person proposes and another decides: the fact, the one step that ends it, and both.

Nouns say what is proposed; that two people are two and that it ends once is said here.
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, Protocol, TypeVar

from points.kernel.ensure import ensure
from points.kernel.ids import Actor, OperationId


class State(StrEnum):
    """Where a proposal stands; ``expired`` follows from the time alone."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


ENDS = (State.APPROVED, State.REJECTED, State.WITHDRAWN)
"""The steps that end one; each is somebody's."""


class Verdict(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


class Proposed(Protocol):
    """A fact that one person puts before another; never changed."""

    @property
    def key(self) -> str:
        """Its id."""
        ...

    @property
    def proposed_by(self) -> Actor:
        """Who proposed it."""
        ...

    @property
    def until(self) -> datetime:
        """The first instant at which it can no longer be decided."""
        ...


Fact = TypeVar("Fact", bound=Proposed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled(Generic[Fact]):
    """The one step that ends a proposal.

    Attributes:
        step: ``approved``, ``rejected`` or ``withdrawn``.
        reason: Why, in words; needed for a rejection.
    """

    of: Fact
    step: State
    actor: Actor
    reason: str
    operation_id: OperationId
    recorded_at: datetime

    def __post_init__(self) -> None:
        ensure(self.step in ENDS, "a step ends a proposal")
        mine = self.actor == self.of.proposed_by
        ensure(mine is (self.step is State.WITHDRAWN), "another person decides, the same withdraws")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing(Generic[Fact]):
    """A proposal and what ended it, if anything did."""

    fact: Fact
    settled: Settled[Fact] | None = None

    def state(self, now: datetime) -> State:
        """Return where it stands at an instant."""
        if self.settled is not None:
            return self.settled.step
        return State.EXPIRED if self.fact.until <= now else State.PROPOSED


@dataclass(slots=True)
class Proposals(Generic[Fact]):
    """A batch's proposals of one kind as they stand, and what is to be appended."""

    standings: dict[str, Standing[Fact]] = field(default_factory=dict)
    opened: list[Fact] = field(default_factory=list)
    settled: list[Settled[Fact]] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.opened) + len(self.settled)

    def open(self, fact: Fact) -> None:
        """Append a proposal."""
        self.opened.append(fact)
        self.standings[fact.key] = Standing(fact=fact)

    def settle(self, settled: Settled[Fact]) -> None:
        """End a proposal.

        Raises:
            BrokenInvariant: It has ended already.
        """
        found = self.standings[settled.of.key]
        ensure(found.settled is None, "a proposal ends once")
        self.settled.append(settled)
        self.standings[settled.of.key] = Standing(fact=found.fact, settled=settled)
