"""Members in the database: set-based loads under locks, and appends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.db.bulk import append_rows, delete_rows, put_rows, within
from points.kernel.ids import AssociationId, MemberId
from points.members.enrolments import first_enrolled
from points.members.identifiers import blind_index
from points.members.model import Enrolment, Member, Personal, Profile
from points.members.register import Register
from points.members.tables import (
    enrolment,
    member,
    member_event,
    member_state,
    personal,
    subject_key,
)
from points.vault.keychain import Keychain, Vault
from points.vault.tokens import key_of


class Secrets(Protocol):
    """Whatever holds the secrets of the register, which live outside the database."""

    @property
    def index_key(self) -> bytes:
        """Return the secret of the blind indexes; only read where a number is at hand."""
        ...

    @property
    def vault(self) -> Vault:
        """Return what wraps and unwraps the keys of persons."""
        ...


@dataclass(slots=True)
class MemberKeys:
    """What a batch needs of the register.

    Attributes:
        members: Members to lock and load.
        seen: Members to load without a lock, for decisions that only read them.
        phones: Telephone numbers of which must be known whose they are.
        identities: The same for identity numbers.
        keys: Members of whom something is to be sealed.
        enrolled: Members of whom must be known since when they have had accounts.
    """

    members: set[MemberId] = field(default_factory=set)
    seen: set[MemberId] = field(default_factory=set)
    phones: set[str] = field(default_factory=set)
    identities: set[str] = field(default_factory=set)
    keys: set[MemberId] = field(default_factory=set)
    enrolled: set[MemberId] = field(default_factory=set)


def load_register(
    connection: Connection, association: AssociationId, keys: MemberKeys, secret: Secrets
) -> Register:
    """Lock and load members, and find whose numbers are taken."""
    register = Register(keychain=Keychain(secret, association))
    if keys.members:
        # Sorted: two batches that lock the same members in opposite orders would wait for ever.
        locked = (
            _members(connection, association, keys.members)
            .order_by(member_state.c.member_id)
            .with_for_update(key_share=True)
        )
        register.members.update(_read(connection.execute(locked).mappings()))
    if seen := keys.seen - keys.members:
        rows = connection.execute(_members(connection, association, seen)).mappings()
        register.members.update(_read(rows))
    if register.members:
        _load_enrolments(connection, association, register.members)
    if keys.enrolled:
        register.enrolled.update(first_enrolled(connection, association, keys.enrolled))
    if keys.keys:
        register.keychain.admit(wrapped_keys(connection, association, keys.keys))
    for kind, numbers, found in (
        ("phone", keys.phones, register.phones),
        ("identity", keys.identities, register.identities),
    ):
        if numbers:
            found.update(_owners(connection, association, kind, numbers, secret.index_key))
    return register


def _members(connection: Connection, association: AssociationId, ids: Iterable[str]) -> Any:  # noqa: ANN401 - a select
    s = member_state.c
    return select(member_state).where(
        s.association_id == association, within(connection, s.member_id, ids)
    )


def _read(rows: Any) -> dict[MemberId, Member]:  # noqa: ANN401 - row mappings
    return {
        MemberId(row["member_id"]): Member(
            member_id=MemberId(row["member_id"]),
            profile=Profile.of(row),
            joined_on=date.fromisoformat(row["joined_on"]) if row["joined_on"] else None,
            version=row["version"],
            erased_at=row["erased_at"],
        )
        for row in rows
    }


def wrapped_keys(
    connection: Connection, association: AssociationId, members: Iterable[str]
) -> dict[str, str]:
    """Return the wrapped keys of members; whoever was erased has none."""
    k = subject_key.c
    rows = connection.execute(
        select(k.member_id, k.wrapped).where(
            k.association_id == association, within(connection, k.member_id, members)
        )
    )
    return {row.member_id: row.wrapped for row in rows}


def _load_enrolments(
    connection: Connection, association: AssociationId, members: dict[MemberId, Member]
) -> None:
    e = enrolment.c
    rows = connection.execute(
        select(enrolment).where(
            e.association_id == association, within(connection, e.member_id, members)
        )
    )
    for row in rows.mappings():
        members[MemberId(row["member_id"])].enrolments[row["programme"]] = Enrolment(
            programme=row["programme"],
            enrolled_at=row["enrolled_at"],
            left_at=row["left_at"],
            opened_year=row["opened_year"],
            frozen_because=row["frozen_because"],
        )


def _owners(
    connection: Connection,
    association: AssociationId,
    kind: str,
    numbers: Iterable[str],
    index_key: bytes,
) -> dict[str, MemberId]:
    column = personal.c.phone_index if kind == "phone" else personal.c.identity_index
    wanted = {blind_index(index_key, kind, number): number for number in numbers}
    rows = connection.execute(
        select(column, personal.c.member_id).where(
            personal.c.association_id == association,
            within(connection, column, wanted),
            indexed(column),
        )
    )
    return {wanted[index]: MemberId(member_id) for index, member_id in rows}


def save_register(
    connection: Connection,
    association: AssociationId,
    register: Register,
    secret: Secrets,
    now: datetime,
) -> None:
    """Append what happened, then bring the projections up to it."""
    a = association
    append_rows(
        connection,
        member,
        ("association_id", "member_id", "kind", "joined_on", "recorded_at"),
        [(a, m.member_id, m.profile.kind.value, _day(m.joined_on), now) for m in register.joined],
    )
    append_rows(
        connection,
        member_event,
        (
            "association_id",
            "member_id",
            "version",
            "change",
            "programme",
            "actor",
            "reason",
            "detail",
            "recorded_at",
        ),
        [
            (
                a,
                e.member_id,
                e.version,
                e.change.value,
                e.programme,
                e.actor,
                e.reason,
                dict(e.detail),
                e.recorded_at,
            )
            for e in register.events
        ],
    )
    if register.new_personal:
        _save_personal(connection, association, register, secret.index_key)
    if register.keychain.made:
        save_keys(connection, association, register.keychain, now)
    for table in (personal, subject_key):
        delete_rows(connection, table, association, "member_id", register.erased)
    _save_states(connection, association, register)


def _save_personal(
    connection: Connection, association: AssociationId, register: Register, index_key: bytes
) -> None:
    for each in register.new_personal:
        register.keychain.make(each.member_id)
    rows = [
        personal_row(association, p, register.keychain, index_key) for p in register.new_personal
    ]
    append_rows(connection, personal, PERSONAL, rows)


def personal_row(
    association: AssociationId, p: Personal, keychain: Keychain, index_key: bytes
) -> tuple[Any, ...]:
    """Return the sealed row of who somebody is."""
    number = p.identity_number
    return (
        association,
        p.member_id,
        *(seal_field(keychain, p.member_id, name, getattr(p, name)) for name in SEALED),
        blind_index(index_key, "phone", p.phone),
        blind_index(index_key, "identity", number) if number else None,
    )


def seal_field(keychain: Keychain, member: MemberId, name: str, text: str | None) -> str | None:
    """Return one column of :class:`Personal`, sealed."""
    return None if text is None else keychain.seal(member, f"personal.{name}", text)


def save_keys(
    connection: Connection, association: AssociationId, keychain: Keychain, now: datetime
) -> None:
    """Keep the keys that were made for new persons."""
    rows = [
        (association, member, wrapped, key_of(wrapped), now)
        for member, wrapped in keychain.made.items()
    ]
    columns = ("association_id", "member_id", "wrapped", "master_key", "made_at")
    append_rows(connection, subject_key, columns, rows)


SEALED = ("name", "phone", "identity_number")
PERSONAL = ("association_id", "member_id", *SEALED, "phone_index", "identity_index")
_STATE = (
    "association_id",
    "member_id",
    "version",
    "kind",
    "branch",
    "grid",
    "party_member",
    "mobile_party_member",
    "probationary",
    "roles",
    "joined_on",
    "erased_at",
)
_ENROLMENT = (
    "association_id",
    "member_id",
    "programme",
    "enrolled_at",
    "left_at",
    "opened_year",
    "frozen_because",
)


def _save_states(connection: Connection, association: AssociationId, register: Register) -> None:
    put_rows(
        connection,
        member_state,
        _STATE,
        [_state_row(association, each) for each in register.touched.values()],
    )
    put_rows(
        connection,
        enrolment,
        _ENROLMENT,
        [
            (
                association,
                each.member_id,
                e.programme,
                e.enrolled_at,
                e.left_at,
                e.opened_year,
                e.frozen_because,
            )
            for each in register.touched.values()
            for e in each.enrolments.values()
        ],
    )


def _state_row(association: AssociationId, each: Member) -> tuple[Any, ...]:
    p = each.profile
    return (
        association,
        each.member_id,
        each.version,
        p.kind.value,
        p.branch,
        p.grid,
        p.party_member,
        p.mobile_party_member,
        p.probationary,
        sorted(role.value for role in p.roles),
        _day(each.joined_on),
        each.erased_at,
    )


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
