"""Reads of members for channels: bounded, by key, and masked unless the caller may see more."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, or_, select

from points.db.base import indexed
from points.db.bulk import within
from points.kernel.ids import Actor, AssociationId, MemberId
from points.members.identifiers import blind_index, mask_name, mask_phone
from points.members.model import Change, Member, MemberEvent, Personal
from points.members.store import IndexSecret, MemberKeys, load_register
from points.members.tables import enrolment, member_event, member_state, personal

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
    secret: IndexSecret,
) -> dict[str, Personal]:
    """Return whose numbers these are, by number; the ones that nobody has are left out."""
    wanted = {blind_index(secret.index_key, "phone", phone): phone for phone in phones}
    p = personal.c
    rows = connection.execute(
        select(personal).where(
            p.association_id == association,
            within(connection, p.phone_index, wanted),
            indexed(p.phone_index),
        )
    )
    return {wanted[row["phone_index"]]: _personal(row) for row in rows.mappings()}


def any_member(connection: Connection, association: AssociationId) -> bool:
    """Return whether an association has members, which is whether there is such an association."""
    s = member_state.c
    wanted = select(s.member_id).where(s.association_id == association).limit(1)
    return connection.execute(wanted).first() is not None


def member_by_phone(
    connection: Connection, association: AssociationId, phone: str, secret: IndexSecret
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
    connection: Connection, association: AssociationId, members: Collection[MemberId]
) -> dict[MemberId, Personal]:
    """Return who members are, unmasked: for themselves, and for staff who may see it."""
    p = personal.c
    rows = connection.execute(
        select(personal).where(
            p.association_id == association, within(connection, p.member_id, members)
        )
    )
    return {MemberId(row["member_id"]): _personal(row) for row in rows.mappings()}


def _personal(row: Any) -> Personal:  # noqa: ANN401 - a row mapping
    return Personal(
        member_id=MemberId(row["member_id"]),
        name=row["name"],
        phone=row["phone"],
        identity_number=row["identity_number"],
    )


def masked_names(
    connection: Connection, association: AssociationId, members: Collection[MemberId]
) -> dict[MemberId, str]:
    """Return members' names as strangers may see them; whoever was erased is left out."""
    found = persons(connection, association, members)
    return {member: mask_name(person.name) for member, person in found.items()}


def page(
    connection: Connection,
    association: AssociationId,
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
        branch: Only of this one.
        places: Only of these branches or these grids, whatever else is asked for.
        after: The last id of the page before.
        limit: How many at most.
    """
    s, p = member_state.c, personal.c
    wanted = [s.association_id == association, s.member_id > after]
    if branch is not None:
        wanted.extend((s.branch == branch, indexed(s.branch)))
    if places is not None:
        branches, grids = places
        wanted.append(
            or_(within(connection, s.branch, branches), within(connection, s.grid, grids))
        )
    rows = connection.execute(
        select(member_state, p.name, p.phone)
        # Outer: a member who was erased is still a member, without a name.
        .outerjoin(personal, (p.association_id == s.association_id) & (p.member_id == s.member_id))
        .where(*wanted)
        .order_by(s.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [
        Listed(
            member_id=MemberId(row["member_id"]),
            name=mask_name(row["name"] or ""),
            phone=mask_phone(row["phone"] or ""),
            kind=row["kind"],
            branch=row["branch"],
            grid=row["grid"],
            party_member=row["party_member"],
            mobile_party_member=row["mobile_party_member"],
        )
        for row in rows.mappings()
    ]


def members(
    connection: Connection,
    association: AssociationId,
    ids: Collection[MemberId],
    secret: IndexSecret,
) -> dict[MemberId, Member]:
    """Return members as they stand, with enrolments; unlocked."""
    keys = MemberKeys(seen=set(ids))
    return load_register(connection, association, keys, secret).members


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
