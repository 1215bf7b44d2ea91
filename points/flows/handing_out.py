"""Giving out what was approved: page after page of members, each once, whoever starts over."""

from collections.abc import Callable
from dataclasses import dataclass

from points.engine import Engine, Outcome
from points.flows.hand_out import FinishHandout, HandOut
from points.handouts.model import Handout, Result, State
from points.handouts.reads import list_handouts, members_left
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId

WORKER = Actor("system:handout")
MEMBERS_A_PAGE = 500
OPEN_MAX = 1000
AGAIN_LATER = ("day", "week", "month")


@dataclass(slots=True)
class HandedOut:
    """How much was done.

    Attributes:
        stopped: Why nobody else can have one, as a stable code; empty where everybody was served.
        paused: Whether the rest has to wait for another day.
        done: Whether the handout has ended.
    """

    issued: int = 0
    refused: int = 0
    stopped: str = ""
    paused: bool = False
    done: bool = False


def hand_out_due(engine: Engine, association: AssociationId) -> int:
    """Give out every approved handout; return how many members' parts came to something."""
    with engine.reading(association) as connection:
        found = list_handouts(connection, association, State.APPROVED, limit=OPEN_MAX)
    came = 0
    for standing in reversed(found):
        done = hand_out(engine, association, standing.handout)
        came += done.issued + done.refused
    return came


def hand_out(
    engine: Engine,
    association: AssociationId,
    handout: Handout,
    tell: Callable[[int], None] = lambda _: None,
) -> HandedOut:
    """Give out what is left of an approved handout, and end it when nothing can follow."""
    done, after = HandedOut(), ""
    while not done.stopped and (page := _left(engine, association, handout, after)):
        outcomes = engine.submit_many(
            [_give(engine, association, handout, member) for member in page]
        )
        for outcome in outcomes:
            _count(done, outcome)
        after = page[-1]
        tell(len(page))
    if not done.paused:
        done.done = _finish(engine, association, handout, done.stopped)
    return done


def _count(done: HandedOut, outcome: Outcome) -> None:
    done.issued += outcome.result.get("result") == Result.ISSUED
    done.refused += outcome.result.get("result") == Result.REFUSED
    if outcome.refusal is not None:
        done.stopped = outcome.refusal.code
        # Of what is drawn by the day or week there is more later; nothing is given up for it.
        done.paused = outcome.refusal.details().get("of") in AGAIN_LATER


def _left(
    engine: Engine, association: AssociationId, handout: Handout, after: str
) -> list[MemberId]:
    with engine.reading(association) as connection:
        return members_left(
            connection, association, handout.handout_id, after=after, limit=MEMBERS_A_PAGE
        )


def _give(
    engine: Engine, association: AssociationId, handout: Handout, member: MemberId
) -> HandOut:
    # A name of its own each time: who had to wait is asked again. That a member gets one hangs on
    # a row, which has member and handout as its key, and not on the name.
    name = f"system:handout:{handout.handout_id}:{member}:{engine.ids.next()}"
    return HandOut(
        association_id=association,
        operation_id=OperationId(name),
        actor=WORKER,
        handout_id=handout.handout_id,
        member_id=member,
        reward_id=handout.reward_id,
        programme=handout.programme,
        outlet_id=handout.outlet_id,
    )


def _finish(engine: Engine, association: AssociationId, handout: Handout, reason: str) -> bool:
    name = f"system:handout:{handout.handout_id}:done:{engine.ids.next()}"
    outcome = engine.submit(
        FinishHandout(
            association_id=association,
            operation_id=OperationId(name),
            actor=WORKER,
            handout_id=handout.handout_id,
            programme=handout.programme,
            reason=reason,
        )
    )
    return outcome.refusal is None
