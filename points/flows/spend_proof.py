"""Use up a proof of possession. No command: it is no fact, and is forgotten after two minutes."""

from datetime import datetime

from points.engine import Engine
from points.identity.reception_store import spend_proof
from points.kernel.ids import AssociationId
from points.unit_of_work import writing


def spend(
    engine: Engine, association: AssociationId, session: str, proof: str, ends_at: datetime
) -> bool:
    """Return whether a proof was not used before; from now on it was."""
    with writing(engine.database, association) as connection:
        return spend_proof(connection, association, session, proof, ends_at, engine.clock.now())
