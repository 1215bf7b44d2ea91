"""A proposal is decided by another, withdrawn by its own, and ends once."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from points.kernel.errors import BrokenInvariant
from points.kernel.ids import Actor, OperationId
from points.kernel.two_people import ENDS, Proposals, Settled, Standing, State

NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
WU, LIN = Actor("staff:wu"), Actor("staff:lin")


@dataclass(frozen=True, slots=True)
class Wish:
    key: str = "w1"
    proposed_by: Actor = WU
    until: datetime = NOON


def ended(step: State, actor: Actor) -> Settled[Wish]:
    return Settled(
        of=Wish(),
        step=step,
        actor=actor,
        reason="",
        operation_id=OperationId("o"),
        recorded_at=NOON,
    )


@pytest.mark.parametrize("step", State)
@pytest.mark.parametrize("actor", [WU, LIN])
def test_who_may_end_one(step: State, actor: Actor) -> None:
    if step in ENDS and (actor == WU) is (step is State.WITHDRAWN):
        assert ended(step, actor).step is step
    else:
        with pytest.raises(BrokenInvariant):
            ended(step, actor)


def test_it_expires_by_itself_and_ends_once() -> None:
    standing, before = Standing(fact=Wish()), NOON - timedelta(microseconds=1)
    assert (standing.state(before), standing.state(NOON)) == (State.PROPOSED, State.EXPIRED)
    found = Proposals[Wish]()
    found.open(Wish())
    found.settle(ended(State.APPROVED, LIN))
    assert found.standings["w1"].state(NOON) is State.APPROVED
    assert found.changes() == 2
    with pytest.raises(BrokenInvariant):
        found.settle(ended(State.REJECTED, LIN))
