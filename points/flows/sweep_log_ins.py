"""Forget what log-ins leave behind. No command: none of it is a fact, and nobody waits for it."""

from points.engine import Engine
from points.identity.reception_store import sweep_reception
from points.kernel.ids import AssociationId
from points.unit_of_work import writing


def sweep_log_ins(engine: Engine, association: AssociationId) -> None:
    """Delete dead codes, counters whose windows are over, and proofs that are too old to count."""
    with writing(engine.database, association) as connection:
        sweep_reception(connection, association, engine.clock.now())
