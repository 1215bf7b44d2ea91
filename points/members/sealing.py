"""Sealing what is still plain, and wrapping keys anew: a page at a time, each under its locks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from points.db.base import indexed
from points.db.bulk import update_rows
from points.kernel.ids import AssociationId, MemberId
from points.members.store import SEALED, save_keys, seal_field
from points.members.tables import personal, subject_key
from points.vault.keychain import Keychain, Vault
from points.vault.tokens import key_of

PAGE = 500


def _plain(association: AssociationId) -> Any:  # noqa: ANN401 - a select's parts
    p, k = personal.c, subject_key.c
    joined = personal.outerjoin(
        subject_key, (k.association_id == p.association_id) & (k.member_id == p.member_id)
    )
    return joined, (p.association_id == association) & k.member_id.is_(None)


def count_plain(connection: Connection, association: AssociationId) -> int:
    """Return of how many members name and numbers are not sealed yet."""
    joined, wanted = _plain(association)
    count = select(func.count()).select_from(joined).where(wanted)
    return int(connection.execute(count).scalar_one())


def seal_plain(
    connection: Connection, association: AssociationId, keychain: Keychain, now: datetime
) -> list[MemberId]:
    """Seal a page of members; return them, or none where everything is sealed."""
    joined, wanted = _plain(association)
    rows = connection.execute(
        select(personal)
        .select_from(joined)
        .where(wanted)
        .order_by(personal.c.member_id)
        .limit(PAGE)
        .with_for_update(of=personal)
    ).mappings()
    found = list(rows)
    for row in found:
        keychain.make(row["member_id"])
    update_rows(
        connection,
        personal,
        ("association_id", "member_id", *SEALED),
        [
            (
                association,
                row["member_id"],
                *(seal_field(keychain, row["member_id"], name, row[name]) for name in SEALED),
            )
            for row in found
        ],
    )
    save_keys(connection, association, keychain, now)
    return [MemberId(row["member_id"]) for row in found]


def masters_in_use(connection: Connection, association: AssociationId) -> dict[str, int]:
    """Return how many keys each master key wraps."""
    k = subject_key.c
    rows = connection.execute(
        select(k.master_key, func.count())
        .where(k.association_id == association, indexed(k.master_key))
        .group_by(k.master_key)
    )
    return {master: int(count) for master, count in rows}


def rewrap(connection: Connection, association: AssociationId, vault: Vault) -> int:
    """Wrap a page of keys with the current master key; return how many, 0 when all are.

    What the keys sealed is not touched: only 32 bytes a person are written anew.
    """
    k, current = subject_key.c, vault.masters.current.key_id
    rows: Sequence[Any] = connection.execute(
        select(k.member_id, k.wrapped)
        .where(k.association_id == association, k.master_key != current)
        .order_by(k.member_id)
        .limit(PAGE)
        .with_for_update()
    ).all()
    wrapped = [
        (member, vault.wrap(association, member, vault.unwrap(association, member, before)))
        for member, before in rows
    ]
    update_rows(
        connection,
        subject_key,
        ("association_id", "member_id", "wrapped", "master_key"),
        [(association, member, token, key_of(token)) for member, token in wrapped],
    )
    return len(wrapped)
