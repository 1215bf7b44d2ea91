"""Keys in the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, or_, select
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from points.db.bulk import append_rows, put_rows, within
from points.identity.keyring import Keyring
from points.identity.keys import ApiKey
from points.identity.model import Conditions, Principal
from points.identity.roles import Grant, Kind, read_grant
from points.identity.tables import (
    api_key,
    api_key_revocation,
    api_key_rotation,
    api_key_use,
)
from points.kernel.errors import BrokenInvariant
from points.kernel.ids import AssociationId

KEYS_MAX = 200


@dataclass(slots=True)
class IdentityKeys:
    """What a batch needs of the keys.

    Attributes:
        keys: Their public parts.
        tills: By outlet and name, tills whose keys are needed.
    """

    keys: set[str] = field(default_factory=set)
    tills: set[tuple[str, str]] = field(default_factory=set)


def load_keyring(
    connection: Connection, association: AssociationId, needed: IdentityKeys
) -> Keyring:
    """Load the keys that a batch names, and those of the tills that it names."""
    if not needed.keys and not needed.tills:
        return Keyring()
    named = within(connection, api_key.c.key_id, needed.keys)
    if needed.tills:
        outlets, tills = zip(*needed.tills, strict=True)
        at_outlets = within(connection, api_key.c.outlet, outlets)
        named = or_(named, and_(at_outlets, within(connection, api_key.c.till, tills)))
    wanted = _keys(association).where(named)
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
            "networks",
            "feed_secret",
            "till",
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
                list(key.principal.conditions.networks) or None,
                key.principal.conditions.feed_secret,
                key.principal.till,
            )
            for key, actor in keyring.issued
        ],
    )
    append_rows(
        connection,
        api_key_rotation,
        ("association_id", "key_id", "successor_id", "ends_at", "rotated_at", "rotated_by"),
        [
            (association, each.key_id, each.successor_id, each.ends_at, now, each.actor)
            for each in keyring.rotated
        ],
    )
    append_rows(
        connection,
        api_key_revocation,
        ("association_id", "key_id", "revoked_at", "revoked_by"),
        [(association, key_id, now, actor) for key_id, actor in keyring.revoked],
    )
    put_rows(
        connection,
        api_key_use,
        ("association_id", "key_id", "last_used_on"),
        [(association, key_id, day.isoformat()) for key_id, day in keyring.used.items()],
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
    revocation, rotation, use = api_key_revocation.c, api_key_rotation.c, api_key_use.c
    return (
        select(
            api_key,
            revocation.revoked_at,
            rotation.successor_id,
            rotation.ends_at,
            use.last_used_on,
        )
        .outerjoin(api_key_revocation, _same_key(revocation))
        .outerjoin(api_key_rotation, _same_key(rotation))
        .outerjoin(api_key_use, _same_key(use))
        .where(api_key.c.association_id == association)
    )


def _same_key(of: ReadOnlyColumnCollection[str, Column[Any]]) -> ColumnElement[bool]:
    return and_(of.association_id == api_key.c.association_id, of.key_id == api_key.c.key_id)


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
                till=row["till"],
                grants=tuple(_grant(each) for each in row["grants"]),
                actions=None if row["actions"] is None else frozenset(row["actions"]),
                conditions=Conditions(
                    networks=tuple(row["networks"] or ()), feed_secret=row["feed_secret"]
                ),
            ),
            secret_hash=row["secret_hash"],
            created_at=row["created_at"],
            expires_at=row["expires_at"],
            superseded_by=row["successor_id"],
            superseded_at=row["ends_at"],
            revoked_at=row["revoked_at"],
            last_used_on=_day(row["last_used_on"]),
        )


def _day(kept: str | None) -> date | None:
    return None if kept is None else date.fromisoformat(kept)


def _actions(principal: Principal) -> list[str] | None:
    return None if principal.actions is None else sorted(principal.actions)


def _grant(spelled: str) -> Grant:
    found = read_grant(spelled)
    if found is None:
        raise BrokenInvariant("what is kept of a grant can be read")
    return found
