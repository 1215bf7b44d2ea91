"""Find out who presents a key."""

from points.engine import Engine
from points.identity.keys import read_key
from points.identity.model import Principal
from points.identity.store import find_key


def authenticate(engine: Engine, spelled: str) -> Principal | None:
    """Return whom a key stands for; None for anything but a valid key, whatever is wrong."""
    presented = read_key(spelled)
    if presented is None:
        return None
    with engine.reading(presented.association_id) as connection:
        key = find_key(connection, presented.association_id, presented.key_id)
    if key is None or not key.counts(engine.clock.now()) or not presented.opens(key):
        return None
    return key.principal
