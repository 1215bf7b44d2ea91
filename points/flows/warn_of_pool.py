"""Tell staff that a pool runs low: once for each pool and week, however often somebody looks.

The worker looks every hour. What it told of a week stands under the operation's name for ever, so
a worker that dies, or a second one, tells nothing twice; a pool that is still low is told of again
when another week begins.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from points.catalogue.model import LowPool
from points.engine import Decision, Engine, Flow
from points.flows.budget import PoolFigures, pools_now
from points.flows.staffing import needs_everyone
from points.identity.policy import TABLE, Action
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId
from points.ledger.operations import find_operations
from points.unit_of_work import Keys, WorkingSet

WORKER = Actor("system:budget")
CODE = "pool_low"
READERS = frozenset(TABLE[Action.READ_BUDGET])
"""Who may see budgets, and is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnOfPool:
    """Tell of one pool in one week.

    Attributes:
        week: As ``2026-W10``, of ISO 8601.
        sellable_fen: What may still be promised.
        ends_on: The earliest day on which it may be used up; None where only the margin is left.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    programme: str
    week: str
    sellable_fen: Fen
    ends_on: date | None


def needs(_command: WarnOfPool, keys: Keys) -> None:
    """Know who is there to be told."""
    needs_everyone(keys)


def decide(command: WarnOfPool, on: WorkingSet) -> Decision:
    """Leave a notice for whoever may see budgets, and tell the association's own programs."""
    low = LowPool(
        programme=command.programme,
        week=command.week,
        sellable_fen=command.sellable_fen,
        ends_on=command.ends_on,
    )
    readers = on.staff.holders(READERS, on.now)
    on.staff.tell(readers, CODE, low.programme, ids=on.ids, now=on.now, said=low.said())
    on.shelf.low_pools.append(low)
    return {"programme": command.programme, "week": command.week, "told": len(readers)}


FLOW = Flow("warn_of_pool", needs, decide)


def warn_of_pools(engine: Engine, association: AssociationId) -> int:
    """Tell of each pool that runs low and of which nobody was told this week; return how many."""
    today, pools = pools_now(engine, association)
    year, number, _ = today.isocalendar()
    week = f"{year}-W{number:02}"
    low = {_operation(name, week): name for name, pool in pools.items() if pool.warns}
    with engine.reading(association) as connection:
        known = find_operations(connection, association, low)
    fresh = [
        WarnOfPool(
            association_id=association,
            operation_id=operation,
            actor=WORKER,
            programme=name,
            week=week,
            sellable_fen=Fen(pools[name].sellable_fen),
            ends_on=min(_ends(pools[name]), default=None),
        )
        for operation, name in low.items()
        if operation not in known
    ]
    # Of two workers at once the second is refused, where figures moved in between, or replayed.
    return sum(
        outcome.refusal is None and not outcome.replayed for outcome in engine.submit_many(fresh)
    )


def _operation(programme: str, week: str) -> OperationId:
    return OperationId(f"system:pool:{programme}:{week}")


def _ends(pool: PoolFigures) -> Iterator[date]:
    ends = pool.forecast
    yield from (each for each in (ends.earliest, ends.runs_out, ends.by_last_year) if each)
