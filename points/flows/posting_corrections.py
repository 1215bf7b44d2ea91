"""Posting what was approved: page after page of members, each once, whoever starts over."""

from collections.abc import Callable
from dataclasses import dataclass

from points.corrections.model import Result, Standing, State
from points.corrections.reads import list_corrections, members_left
from points.engine import Engine
from points.flows.context import Context
from points.flows.correcting import override_of
from points.flows.post_correction import AGAIN, FinishCorrection, PostCorrection
from points.flows.rescoring import WORKER, Foreseen, foresee
from points.kernel.ids import Actor, AssociationId, CorrectionId, MemberId, OperationId

MEMBERS_A_PAGE = 20
ROUNDS_MAX = 3
"""How often a batch is gone through in one go: what has to wait a moment is tried again."""


@dataclass(slots=True)
class Posted:
    """How much was done.

    Attributes:
        left: Parts that have to wait for another round.
        done: Whether the batch has ended.
    """

    posted: int = 0
    stale: int = 0
    failed: int = 0
    left: int = 0
    done: bool = False


def post_due(engine: Engine, association: AssociationId) -> int:
    """Post every approved batch; return how many members' parts came to something."""
    with engine.reading(association) as connection:
        found = list_corrections(connection, association, State.APPROVED, limit=1000)
    came = 0
    for standing in found:
        posted = post_batch(engine, association, standing)
        came += posted.posted + posted.stale + posted.failed
    return came


def post_batch(
    engine: Engine,
    association: AssociationId,
    standing: Standing,
    actor: Actor = WORKER,
    tell: Callable[[int], None] = lambda _: None,
) -> Posted:
    """Post what is left of an approved batch, and end it when nothing is."""
    posted, correction_id = Posted(), standing.correction.correction_id
    for _ in range(ROUNDS_MAX):
        posted.left = _once(engine, association, standing, actor, posted, tell)
        if not posted.left:
            break
    if posted.left:
        return posted
    outcome = engine.submit(
        FinishCorrection(
            association_id=association,
            operation_id=OperationId(f"system:correction:{correction_id}:done:{engine.ids.next()}"),
            actor=actor,
            correction_id=correction_id,
        )
    )
    posted.done = outcome.refusal is None
    return posted


def _once(
    engine: Engine,
    association: AssociationId,
    standing: Standing,
    actor: Actor,
    posted: Posted,
    tell: Callable[[int], None],
) -> int:
    """Go through the members that are left; return how many have to wait."""
    correction, after, waiting = standing.correction, "", 0
    while page := _left(engine, association, correction.correction_id, after):
        known: Context = engine.context_of(association)
        override = override_of(correction, known.rules)
        seen = foresee(engine, association, page, override, frozenset({correction.programme}))
        commands = [
            _post(association, actor, correction.correction_id, each, engine.ids.next())
            for each in seen
        ]
        for outcome in engine.submit_many(commands):
            result = outcome.result.get("result", AGAIN)
            waiting += result == AGAIN
            posted.posted += result == Result.POSTED
            posted.stale += result == Result.STALE
            posted.failed += result == Result.FAILED
        after = page[-1]
        tell(len(page))
    return waiting


def _left(
    engine: Engine, association: AssociationId, correction_id: CorrectionId, after: str
) -> list[MemberId]:
    with engine.reading(association) as connection:
        return members_left(
            connection, association, correction_id, after=after, limit=MEMBERS_A_PAGE
        )


def _post(
    association: AssociationId,
    actor: Actor,
    correction_id: CorrectionId,
    seen: Foreseen,
    fresh: str,
) -> PostCorrection:
    # A name of its own each time: what had to wait is asked again. That a part is posted once hangs
    # on its row, which has the part as its key, and not on the name.
    return PostCorrection(
        association_id=association,
        operation_id=OperationId(f"system:correct:{correction_id}:{seen.member_id}:{fresh}"),
        actor=actor,
        correction_id=correction_id,
        member_id=seen.member_id,
        grants=seen.grants,
    )
