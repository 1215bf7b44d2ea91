"""What is posted: ten points for a random member, under an operation id that never returns."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from points.cli.bench.scratch import ASSOCIATION, MEASURE, Scratch
from points.flows.grant import Grant
from points.kernel.amounts import Points
from points.kernel.clock import SystemClock
from points.kernel.ids import AccountId, Actor, Ids, MemberId, OperationId, TransactionId
from points.ledger.model import account_id

POINTS = Points(10)
ACTOR = Actor("source:bench")
REASON = "bench"
BODY_HASH = "0" * 64
"""What a reference stores in place of a command's hash: it computes none."""


class Posting(NamedTuple):
    """What a reference writes: a posting with all its ids drawn."""

    operation_id: OperationId
    transaction_id: TransactionId
    member_id: MemberId
    account: AccountId
    at: datetime


@dataclass(frozen=True, slots=True)
class Postings:
    """Draws postings for one run; safe to share between threads."""

    members: tuple[MemberId, ...]
    clock: SystemClock
    ids: Ids
    numbers: Iterator[int]
    chance: random.Random

    @classmethod
    def of(cls, scratch: Scratch) -> "Postings":
        """Draw members in an order that is the same in every run."""
        clock = SystemClock()
        return cls(scratch.members, clock, Ids(clock), itertools.count(), random.Random(1))  # noqa: S311

    def command(self) -> Grant:
        """Return the next posting as a command of the engine."""
        return Grant(
            association_id=ASSOCIATION,
            operation_id=self._operation(),
            actor=ACTOR,
            member_id=self.chance.choice(self.members),
            measure=MEASURE,
            points=POINTS,
            reason=REASON,
        )

    def posting(self) -> Posting:
        """Return the next posting for a reference."""
        member = self.chance.choice(self.members)
        return Posting(
            self._operation(),
            TransactionId(self.ids.next()),
            member,
            account_id(member, MEASURE),
            self.clock.now(),
        )

    def _operation(self) -> OperationId:
        return OperationId(f"{ACTOR}:{next(self.numbers)}")


class Reference(Protocol):
    """Plain SQL on one connection of its own, writing the tables that the engine writes."""

    def post(self, posting: Posting) -> None:
        """Write one posting in one transaction."""
        ...

    def post_many(self, postings: list[Posting]) -> None:
        """Write many postings in one transaction, set-based."""
        ...

    def close(self) -> None:
        """Give the connection back."""
        ...
