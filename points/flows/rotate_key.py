"""Rotate a machine key: a successor may do the same, and the old one ends when the overlap does."""

from dataclasses import dataclass, replace
from datetime import timedelta

from points.engine import Decision, Flow
from points.flows.staffing import needs_everyone, tell_watchers
from points.identity.errors import KeyEnded, KeyExists, KeyRotated
from points.identity.keyring import Rotation
from points.identity.keys import ApiKey
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

OVERLAP_MAX = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RotateKey:
    """Give the holder of a key another one that may do the same.

    Attributes:
        key_id: The key that is to end.
        successor_id: Public part of the new one, 26 characters.
        secret_hash: SHA-256 of the new one's secret part.
        overlap_seconds: For how long the old one still counts; it never lives longer than before.
        feed_secret: The sealed secret that signs what a source feeds; a new one.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    key_id: str
    successor_id: str
    secret_hash: str
    overlap_seconds: int
    feed_secret: str | None = None


def needs(command: RotateKey, keys: Keys) -> None:
    """Load the key, look whether the successor's id is taken, and lock all accounts."""
    needs_everyone(keys)
    keys.identity.keys.update((command.key_id, command.successor_id))


def decide(command: RotateKey, on: WorkingSet) -> Decision:
    """Add the successor and say when the old one ends."""
    old = on.keyring.keys.get(command.key_id)
    if old is None:
        return NotFound(noun="key", noun_zh="密钥")
    if refusal := _refuse(old, command, on):
        return refusal
    overlap = min(timedelta(seconds=command.overlap_seconds), OVERLAP_MAX)
    ends_at = min(filter(None, (old.ends_at, on.now + overlap)))
    conditions = replace(old.principal.conditions, feed_secret=command.feed_secret)
    new = ApiKey(
        key_id=command.successor_id,
        principal=replace(old.principal, conditions=conditions),
        secret_hash=command.secret_hash,
        created_at=on.now,
        # It lives as long as the old one was given.
        expires_at=old.expires_at and on.now + (old.expires_at - old.created_at),
    )
    ring = on.keyring
    ring.keys |= {
        new.key_id: new,
        old.key_id: replace(old, superseded_by=new.key_id, superseded_at=ends_at),
    }
    ring.issued.append((new, command.actor))
    ring.rotated.append(
        Rotation(key_id=old.key_id, successor_id=new.key_id, ends_at=ends_at, actor=command.actor)
    )
    on.trail.note(
        "rotate_key",
        old.key_id,
        after={"successor_id": new.key_id, "ends_at": ends_at.isoformat()},
    )
    # Whoever rotates a key holds one that may do the same.
    tell_watchers("key_issued", new.key_id, command.actor, on)
    return {"key_id": new.key_id, "replaces": old.key_id, "ends_at": ends_at.isoformat()}


def _refuse(old: ApiKey, command: RotateKey, on: WorkingSet) -> Refusal | None:
    if command.successor_id in on.keyring.keys:
        return KeyExists()
    if old.superseded_by is not None:
        return KeyRotated()
    return None if old.counts(on.now) else KeyEnded()


FLOW = Flow("rotate_key", needs, decide)
