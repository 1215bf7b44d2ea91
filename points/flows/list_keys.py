"""List machine keys, without their secrets. Reads only."""

from points.engine import Engine
from points.identity.keys import ApiKey
from points.identity.store import find_key
from points.identity.store import list_keys as read_keys
from points.kernel.ids import AssociationId


def list_keys(engine: Engine, association: AssociationId) -> list[ApiKey]:
    """Return an association's newest keys; a bounded number."""
    with engine.reading(association) as connection:
        return read_keys(connection, association)


def find(engine: Engine, association: AssociationId, key_id: str) -> ApiKey | None:
    """Return one key, or None."""
    with engine.reading(association) as connection:
        return find_key(connection, association, key_id)
