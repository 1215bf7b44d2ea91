"""Find out who presents a key."""

from dataclasses import dataclass

from points.engine import Engine
from points.identity.model import ApiKey, Principal, read_key
from points.identity.store import find_key


@dataclass(frozen=True, slots=True)
class Turned:
    """A key that exists and was presented in vain.

    Attributes:
        key: Whom it stands for; whoever presented it need not be them.
        code: ``key_revoked``, or ``key_wrong`` where the secret part is another.
    """

    key: ApiKey
    code: str


def authenticate(engine: Engine, spelled: str) -> Principal | None:
    """Return whom a key stands for; None for anything but a valid key, whatever is wrong."""
    found = examine(engine, spelled)
    return found if isinstance(found, Principal) else None


def examine(engine: Engine, spelled: str) -> Principal | Turned | None:
    """Return whom a key stands for, or which known key it pretends to be.

    The difference is for the audit trail; whoever presents a key is not told.
    """
    presented = read_key(spelled)
    if presented is None:
        return None
    with engine.reading() as connection:
        key = find_key(connection, presented.association_id, presented.key_id)
    if key is None:
        return None
    opens = presented.opens(key)
    if key.revoked_at is not None:
        return Turned(key, "key_revoked")
    return key.principal if opens else Turned(key, "key_wrong")
