"""Keys in the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, Select, select

from points.db.bulk import append_rows, within
from points.identity.keyring import Keyring
from points.identity.keys import ApiKey
from points.identity.model import Principal
from points.identity.roles import Grant, Kind, read_grant
from points.identity.tables import api_key, api_key_revocation
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import AssociationId

KEYS_MAX = 200


@dataclass(slots=True)
class IdentityKeys:
    """What a batch needs of the keys: their public parts."""

    keys: set[str] = field(default_factory=set)


def load_keyring(
    connection: Connection, association: AssociationId, needed: IdentityKeys
) -> Keyring:
    """Load the keys that a batch names."""
    if not needed.keys:
        return Keyring()
    wanted = _keys(association).where(within(connection, api_key.c.key_id, needed.keys))
    return Keyring(keys={key.key_id: key for key in _read(connection, wanted, association)})


def save_keyring(
    connection: Connection, association: AssociationId, keyring: Keyring, now: datetime
) -> None:
    """Append issued and revoked keys."""
    append_rows(
        connection,
        api_key,
        (
            "association_id",
            "key_id",
            "kind",
            "subject",
            "outlet",
            "grants",
            "actions",
            "secret_hash",
            "created_at",
            "created_by",
            "expires_at",
        ),
        [
            (
                association,
                key.key_id,
                key.principal.kind.value,
                key.principal.subject,
                key.principal.outlet,
                [each.spelled for each in key.principal.grants],
                _actions(key.principal),
                key.secret_hash,
                key.created_at,
                actor,
                key.expires_at,
            )
            for key, actor in keyring.issued
        ],
    )
    append_rows(
        connection,
        api_key_revocation,
        ("association_id", "key_id", "revoked_at", "revoked_by"),
        [(association, key_id, now, actor) for key_id, actor in keyring.revoked],
    )


def find_key(connection: Connection, association: AssociationId, key_id: str) -> ApiKey | None:
    """Return a key by its public part, or None."""
    wanted = _keys(association).where(api_key.c.key_id == key_id)
    return next(iter(_read(connection, wanted, association)), None)


def list_keys(connection: Connection, association: AssociationId) -> list[ApiKey]:
    """Return an association's newest keys, at most ``KEYS_MAX``."""
    wanted = _keys(association).order_by(api_key.c.key_id.desc()).limit(KEYS_MAX)
    return list(_read(connection, wanted, association))


def _keys(association: AssociationId) -> Select[tuple[object, ...]]:
    revocation = api_key_revocation.c
    return (
        select(api_key, revocation.revoked_at)
        .outerjoin(
            api_key_revocation,
            (revocation.association_id == api_key.c.association_id)
            & (revocation.key_id == api_key.c.key_id),
        )
        .where(api_key.c.association_id == association)
    )


def _read(
    connection: Connection, wanted: Select[tuple[object, ...]], association: AssociationId
) -> Iterable[ApiKey]:
    for row in connection.execute(wanted).mappings():
        yield ApiKey(
            key_id=row["key_id"],
            principal=Principal(
                association_id=association,
                kind=Kind(row["kind"]),
                subject=row["subject"],
                outlet=row["outlet"],
                grants=tuple(_grant(each) for each in row["grants"]),
                actions=None if row["actions"] is None else frozenset(row["actions"]),
            ),
            secret_hash=row["secret_hash"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            revoked_at=row["revoked_at"],
        )


def _actions(principal: Principal) -> list[str] | None:
    return None if principal.actions is None else sorted(principal.actions)


def _grant(spelled: str) -> Grant:
    found = read_grant(spelled)
    if found is None:
        raise BrokenInvariant("what is kept of a grant can be read")
    return found
