"""Revoke a machine key; it opens nothing from then on."""

from dataclasses import dataclass, replace

from points.engine import Decision, Flow
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeKey:
    """Shut a caller out; revoking twice changes nothing."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str


def needs(command: RevokeKey, keys: Keys) -> None:
    """Load the key."""
    keys.identity.keys.add(command.key_id)


def decide(command: RevokeKey, on: WorkingSet) -> Decision:
    """Add the revocation."""
    key = on.keyring.keys.get(command.key_id)
    if key is None:
        return NotFound(noun="key", noun_zh="密钥")
    stood_for = {"grants": key.principal.grants, "subject": key.principal.subject}
    on.trail.note(
        "revoke_key",
        key.key_id,
        before={**stood_for, "revoked_at": key.revoked_at},
        after={"revoked_at": key.revoked_at or on.now},
    )
    if key.revoked_at is None:
        on.keyring.keys[key.key_id] = replace(key, revoked_at=on.now)
        on.keyring.revoked.append((key.key_id, command.actor))
    return {"key_id": key.key_id}


FLOW = Flow("revoke_key", needs, decide)
