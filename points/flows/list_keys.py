"""List machine keys, without their secrets. Reads only."""

from points.engine import Engine
from points.identity.keys import ApiKey
from points.identity.store import list_keys as read_keys
from points.kernel.ids import AssociationId


def list_keys(engine: Engine, association: AssociationId) -> list[ApiKey]:
    """Return an association's newest keys; a bounded number."""
    with engine.reading(association) as connection:
        return read_keys(connection, association)
