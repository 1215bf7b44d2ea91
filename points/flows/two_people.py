"""What all decisions by a second person share: who may not take them, when, and how one is kept.

The proposal itself never changes, so it was looked up before and travels in the command; where it
stands is read under the lock of what it is about.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from points.flows.drafting import need_people, refuse_own
from points.flows.wording import refuse_wording
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, MemberId, OperationId
from points.kernel.two_people import Fact, Proposals, Settled, State, Verdict
from points.unit_of_work import Keys, WorkingSet

Kind_co = TypeVar("Kind_co", covariant=True)


class Ending(Protocol[Kind_co]):
    """A command that ends a proposal."""

    @property
    def operation_id(self) -> OperationId:
        """The command's id."""
        ...

    @property
    def actor(self) -> Actor:
        """Who ends it."""
        ...

    @property
    def fact(self) -> Kind_co:
        """The proposal itself."""
        ...


class Deciding(Ending[Kind_co], Protocol[Kind_co]):
    """A command that approves a proposal or rejects it."""

    @property
    def verdict(self) -> Verdict:
        """Which of the two."""
        ...

    @property
    def reason(self) -> str:
        """Why, in words."""
        ...

    @property
    def person(self) -> MemberId | None:
        """The member that the one who decides also is, if any."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What decisions about one kind of proposal are refused with.

    Attributes:
        absent: There is none.
        own: Whoever proposed decides.
        not_proposer: Somebody else withdraws.
        ended: It has ended in a state.
    """

    absent: NotFound
    own: Refusal
    not_proposer: Refusal
    ended: Callable[[State], Refusal]


def need_decider(command: Deciding[Any], keys: Keys) -> None:
    """Load who the two people also are."""
    need_people(keys, (command.actor, command.fact.proposed_by))


def refuse_deciding(
    command: Deciding[Fact], found: Proposals[Fact], refusals: Refusals, on: WorkingSet
) -> Refusal | None:
    """Return why somebody may not decide: it has ended, it is theirs, or a rejection says nothing.

    Two accounts of one human are one person.
    """
    if refusal := refuse_ended(command, found, refusals, on.now):
        return refusal
    if refuse_own(on, command.actor, command.person, (command.fact.proposed_by,)) is not None:
        return refusals.own
    return refuse_wording(command.reason, needed=command.verdict is Verdict.REJECT)


def refuse_withdrawing(
    command: Ending[Fact], found: Proposals[Fact], refusals: Refusals, now: datetime
) -> Refusal | None:
    """Return why somebody may not withdraw: it has ended, or it is not theirs."""
    if refusal := refuse_ended(command, found, refusals, now):
        return refusal
    return None if command.fact.proposed_by == command.actor else refusals.not_proposer


def refuse_ended(
    command: Ending[Fact], found: Proposals[Fact], refusals: Refusals, now: datetime
) -> Refusal | None:
    """Return why a proposal cannot be ended: there is none, not such a one, or it has ended."""
    standing = found.standings.get(command.fact.key)
    if standing is None or standing.fact != command.fact:
        return refusals.absent
    state = standing.state(now)
    return None if state is State.PROPOSED else refusals.ended(state)


def settle(
    command: Ending[Fact], step: State, why: str, found: Proposals[Fact], now: datetime
) -> None:
    """End a proposal."""
    found.settle(
        Settled(
            of=command.fact,
            step=step,
            actor=command.actor,
            reason=why.strip(),
            operation_id=command.operation_id,
            recorded_at=now,
        )
    )
