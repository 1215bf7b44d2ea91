"""Reads of members for channels: bounded, by key, and masked unless the caller may see more."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from points.db.base import indexed
from points.db.bulk import within
from points.kernel.ids import Actor, AssociationId, MemberId
from points.members.identifiers import blind_index, mask_name, mask_phone
from points.members.model import Change, Member, MemberEvent, Personal
from points.members.store import MemberKeys, Secrets, load_register
from points.members.tables import (
    enrolment,
    member_event,
    member_state,
    personal,
    subject_key,
)
from points.vault.keychain import Keychain

LIMIT_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A member as a list shows them: masked.

    Attributes:
        name: 张*.
        phone: 138****5678.
    """

    member_id: MemberId
    name: str
    phone: str
    kind: str
    branch: str | None
    grid: str | None
    party_member: bool
    mobile_party_member: bool


def by_phones(
    connection: Connection,
    association: AssociationId,
    phones: Collection[str],
    secret: Secrets,
) -> dict[str, Personal]:
    """Return whose numbers these are, by number; the ones that nobody has are left out."""
    wanted = {blind_index(secret.index_key, "phone", phone): phone for phone in phones}
    p = personal.c
    rows = _sealed(
        connection,
        association,
        within(connection, p.phone_index, wanted) & indexed(p.phone_index),
    )
    opened = _opened(association, rows, secret)
    return {wanted[row["phone_index"]]: opened[row["member_id"]] for row in rows}


def any_member(connection: Connection, association: AssociationId) -> bool:
    """Return whether an association has members, which is whether there is such an association."""
    s = member_state.c
    wanted = select(s.member_id).where(s.association_id == association).limit(1)
    return connection.execute(wanted).first() is not None


def member_by_phone(
    connection: Connection, association: AssociationId, phone: str, secret: Secrets
) -> MemberId | None:
    """Return whose number it is, or None; nothing of the person is read."""
    p = personal.c
    found = connection.execute(
        select(p.member_id).where(
            p.association_id == association,
            p.phone_index == blind_index(secret.index_key, "phone", phone),
            indexed(p.phone_index),
        )
    ).scalar()
    return None if found is None else MemberId(found)


def persons(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId],
    secret: Secrets,
) -> dict[MemberId, Personal]:
    """Return who members are, unmasked: for themselves, and for staff who may see it."""
    rows = _sealed(connection, association, within(connection, personal.c.member_id, members))
    return _opened(association, rows, secret)


def _sealed(connection: Connection, association: AssociationId, wanted: Any) -> list[Any]:  # noqa: ANN401 - a condition, row mappings
    p, k = personal.c, subject_key.c
    rows = connection.execute(
        select(personal, k.wrapped)
        # Outer: what was taken over from an earlier version is sealed only once `upgrade` ran.
        .outerjoin(
            subject_key,
            (k.association_id == p.association_id) & (k.member_id == p.member_id),
        )
        .where(p.association_id == association, wanted)
    )
    return list(rows.mappings())


def _opened(
    association: AssociationId, rows: list[Any], secret: Secrets
) -> dict[MemberId, Personal]:
    keychain = keychain_of(association, rows, secret)
    return {MemberId(row["member_id"]): open_personal(keychain, row) for row in rows}


def keychain_of(association: AssociationId, rows: Iterable[Any], secret: Secrets) -> Keychain:
    """Return the keychain of rows that carry their person's wrapped key."""
    wrapped = {row["member_id"]: row["wrapped"] for row in rows if row["wrapped"] is not None}
    return Keychain(secret, association, wrapped)


def open_personal(keychain: Keychain, row: Any) -> Personal:  # noqa: ANN401 - a row mapping
    """Return who a sealed row says somebody is."""
    member = MemberId(row["member_id"])
    number = row["identity_number"]
    return Personal(
        member_id=member,
        name=keychain.open(member, "personal.name", row["name"]),
        phone=keychain.open(member, "personal.phone", row["phone"]),
        identity_number=number and keychain.open(member, "personal.identity_number", number),
    )


def masked_names(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId],
    secret: Secrets,
) -> dict[MemberId, str]:
    """Return members' names as strangers may see them; whoever was erased is left out."""
    rows = _sealed(connection, association, within(connection, personal.c.member_id, members))
    keychain = keychain_of(association, rows, secret)
    return {
        MemberId(row["member_id"]): mask_name(
            keychain.open(row["member_id"], "personal.name", row["name"])
        )
        for row in rows
    }


def page(
    connection: Connection,
    association: AssociationId,
    secret: Secrets,
    *,
    branch: str | None = None,
    places: tuple[Collection[str], Collection[str]] | None = None,
    after: str = "",
    limit: int = 50,
) -> list[Listed]:
    """Return members by id, masked; page on with the last one's id.

    Args:
        connection: Where to look.
        association: Whose members.
        secret: Opens names and numbers, to be masked.
        branch: Only of this one.
        places: Only of these branches or these grids, whatever else is asked for.
        after: The last id of the page before.
        limit: How many at most.
    """
    s, p, k = member_state.c, personal.c, subject_key.c
    wanted = [s.association_id == association, s.member_id > after]
    if branch is not None:
        wanted.extend((s.branch == branch, indexed(s.branch)))
    if places is not None:
        branches, grids = places
        wanted.append(
            or_(within(connection, s.branch, branches), within(connection, s.grid, grids))
        )
    rows = connection.execute(
        select(member_state, p.name, p.phone, k.wrapped)
        # Outer: a member who was erased is still a member, without a name.
        .outerjoin(personal, (p.association_id == s.association_id) & (p.member_id == s.member_id))
        .outerjoin(
            subject_key, (k.association_id == s.association_id) & (k.member_id == s.member_id)
        )
        .where(*wanted)
        .order_by(s.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    found = list(rows.mappings())
    keychain = keychain_of(association, found, secret)
    return [_listed(keychain, row) for row in found]


def _listed(keychain: Keychain, row: Any) -> Listed:  # noqa: ANN401 - a row mapping
    member = row["member_id"]
    name, phone = row["name"] or "", row["phone"] or ""
    return Listed(
        member_id=MemberId(member),
        name=mask_name(name and keychain.open(member, "personal.name", name)),
        phone=mask_phone(phone and keychain.open(member, "personal.phone", phone)),
        kind=row["kind"],
        branch=row["branch"],
        grid=row["grid"],
        party_member=row["party_member"],
        mobile_party_member=row["mobile_party_member"],
    )


def members(
    connection: Connection,
    association: AssociationId,
    ids: Collection[MemberId],
    secret: Secrets,
) -> dict[MemberId, Member]:
    """Return members as they stand, with enrolments; unlocked."""
    keys = MemberKeys(seen=set(ids))
    return load_register(connection, association, keys, secret).members


def member_ids(
    connection: Connection, association: AssociationId, *, after: str = "", limit: int = LIMIT_MAX
) -> list[MemberId]:
    """Return ids of members who were not erased, in order; nothing of a person is read."""
    s = member_state.c
    rows = connection.execute(
        select(s.member_id)
        .where(s.association_id == association, s.member_id > after, s.erased_at.is_(None))
        .order_by(s.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [MemberId(each) for each in rows.scalars()]


def to_open(
    connection: Connection,
    association: AssociationId,
    programme: str,
    year: int,
    *,
    after: str = "",
    limit: int = 500,
) -> list[MemberId]:
    """Return members of a programme whose year is not opened yet, by id."""
    e = enrolment.c
    rows = connection.execute(
        select(e.member_id)
        .where(
            e.association_id == association,
            e.programme == programme,
            indexed(e.programme),
            e.left_at.is_(None),
            e.opened_year < year,
            e.member_id > after,
        )
        .order_by(e.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [MemberId(row[0]) for row in rows]


def left_before(
    connection: Connection,
    association: AssociationId,
    before: datetime,
    *,
    after: str = "",
    limit: int = 500,
) -> list[MemberId]:
    """Return members whose name is kept although they left every programme before an instant."""
    e, p = enrolment.c, personal.c
    rows = connection.execute(
        select(e.member_id)
        .join(personal, (p.association_id == e.association_id) & (p.member_id == e.member_id))
        .where(e.association_id == association, e.member_id > after)
        .group_by(e.member_id)
        # Whoever still takes part somewhere has a row without an end.
        .having(func.count() == func.count(e.left_at), func.max(e.left_at) < before)
        .order_by(e.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [MemberId(row[0]) for row in rows]


def erased(
    connection: Connection, association: AssociationId, among: Collection[MemberId] | None = None
) -> dict[MemberId, datetime]:
    """Return who was erased, and when; of some members, or of all."""
    s = member_state.c
    wanted = [s.association_id == association, s.erased_at.is_not(None)]
    if among is not None:
        wanted.append(within(connection, s.member_id, among))
    rows = connection.execute(select(s.member_id, s.erased_at).where(*wanted))
    return {MemberId(row.member_id): row.erased_at for row in rows}


def history(
    connection: Connection, association: AssociationId, member: MemberId
) -> list[MemberEvent]:
    """Return everything that happened to a member's standing, in order, notices included."""
    e = member_event.c
    rows = connection.execute(
        select(member_event)
        .where(e.association_id == association, e.member_id == member)
        .order_by(e.version)
    )
    return [
        MemberEvent(
            member_id=MemberId(row["member_id"]),
            version=row["version"],
            change=Change(row["change"]),
            actor=Actor(row["actor"]),
            recorded_at=row["recorded_at"],
            programme=row["programme"],
            reason=row["reason"],
            detail=row["detail"],
        )
        for row in rows.mappings()
    ]
