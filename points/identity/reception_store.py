"""Codes, allowances, devices and used proofs in the database."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, bindparam, delete, or_, select, text, update

from points.db.base import indexed
from points.db.bulk import put_rows, within
from points.db.types import Instant
from points.identity.allowances import WINDOWS, Allowance
from points.identity.devices import Device
from points.identity.login_codes import LoginCode
from points.identity.reception import Reception
from points.identity.tables import allowance, login_code, member_device, spent_proof
from points.kernel.ids import AssociationId, MemberId

DEVICES_MAX = 50
LONGEST = max(window for _, window in WINDOWS.values())


@dataclass(slots=True)
class ReceptionKeys:
    """What a batch needs of those who want to be let in.

    Attributes:
        allowances: Names of what is counted.
        codes: Blind indexes of telephones.
        devices: Ids.
    """

    allowances: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    devices: set[str] = field(default_factory=set)


def load_reception(
    connection: Connection, association: AssociationId, needed: ReceptionKeys
) -> Reception:
    """Lock and load; counters are made first, for what does not exist locks nothing."""
    found = Reception()
    if needed.codes:
        rows = _locked(connection, association, login_code, "phone_index", needed.codes)
        found.codes = {row["phone_index"]: LoginCode(**_without_owner(row)) for row in rows}
    if needed.devices:
        rows = _locked(connection, association, member_device, "device_id", needed.devices)
        found.devices = {row["device_id"]: Device(**_without_owner(row)) for row in rows}
    if needed.allowances:
        _begin(connection, association, needed.allowances)
        rows = _locked(connection, association, allowance, "name", needed.allowances)
        found.allowances = {row["name"]: Allowance(**_without_owner(row)) for row in rows}
    return found


def _begin(connection: Connection, association: AssociationId, names: Iterable[str]) -> None:
    for name in sorted(names):
        connection.execute(
            text(
                "INSERT INTO allowance (association_id, name, count) VALUES (:a, :name, 0) "
                "ON CONFLICT DO NOTHING"
            ),
            {"a": association, "name": name},
        )


def _locked(
    connection: Connection, association: AssociationId, table: Table, key: str, names: set[str]
) -> list[Any]:
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    wanted = (
        select(table)
        .where(table.c.association_id == association, within(connection, table.c[key], names))
        .order_by(table.c[key])
        .with_for_update(key_share=True)
    )
    return list(connection.execute(wanted).mappings())


def _without_owner(row: Any) -> dict[str, Any]:  # noqa: ANN401 - a row mapping
    return {name: value for name, value in row.items() if name != "association_id"}


_CODE = ("association_id", "phone_index", "code_hash", "expires_at", "tries", "used_at")
_DEVICE = (
    "association_id",
    "device_id",
    "member_id",
    "name",
    "thumbprint",
    "generation",
    "created_at",
    "renewed_at",
    "ended_at",
    "ended_because",
)


def save_reception(
    connection: Connection, association: AssociationId, found: Reception, now: datetime
) -> None:
    """Write what was counted, sent and renewed; then end what ends all at once."""
    a = association
    codes = [found.codes[name] for name in sorted(found.coded)]
    put_rows(
        connection,
        login_code,
        _CODE,
        [(a, c.phone_index, c.code_hash, c.expires_at, c.tries, c.used_at) for c in codes],
    )
    devices = [found.devices[name] for name in sorted(found.moved)]
    put_rows(
        connection,
        member_device,
        _DEVICE,
        [(a, *(getattr(each, name) for name in _DEVICE[1:])) for each in devices],
    )
    counted = [found.allowances[name] for name in sorted(found.counted)]
    put_rows(
        connection,
        allowance,
        ("association_id", "name", "count", "since"),
        [(a, each.name, each.count, each.since) for each in counted],
    )
    c = member_device.c
    for member, because in found.endings.items():
        connection.execute(
            update(member_device)
            .where(
                c.association_id == a,
                c.member_id == member,
                indexed(c.member_id),
                c.ended_at.is_(None),
            )
            .values(name="", ended_at=now, ended_because=because.value)
        )


def devices_of(
    connection: Connection, association: AssociationId, member: MemberId, now: datetime
) -> list[Device]:
    """Return a member's devices that may still renew their tokens, the newest first."""
    c = member_device.c
    wanted = (
        select(member_device)
        .where(
            c.association_id == association,
            c.member_id == member,
            indexed(c.member_id),
            c.ended_at.is_(None),
        )
        .order_by(c.device_id.desc())
        .limit(DEVICES_MAX)
    )
    found = (Device(**_without_owner(row)) for row in connection.execute(wanted).mappings())
    return [device for device in found if device.counts(now)]


def spend_proof(
    connection: Connection,
    association: AssociationId,
    session: str,
    proof: str,
    ends_at: datetime,
    now: datetime,
) -> bool:
    """Return whether a proof was not presented before, and see to it that it is not again."""
    c = spent_proof.c
    connection.execute(
        delete(spent_proof).where(
            c.association_id == association, c.session_id == session, c.ends_at < now
        )
    )
    fresh = text(
        "INSERT INTO spent_proof (association_id, session_id, proof, ends_at) "
        "VALUES (:a, :session, :proof, :ends_at) ON CONFLICT DO NOTHING"
    ).bindparams(bindparam("ends_at", type_=Instant()))
    said = {"a": association, "session": session, "proof": proof, "ends_at": ends_at}
    return connection.execute(fresh, said).rowcount == 1


def sweep_reception(connection: Connection, association: AssociationId, now: datetime) -> None:
    """Forget what counts no more: dead codes, windows that are over, proofs that are too old."""
    day_ago = now - LONGEST
    connection.execute(
        delete(login_code).where(
            login_code.c.association_id == association, login_code.c.expires_at < day_ago
        )
    )
    connection.execute(
        delete(allowance).where(
            allowance.c.association_id == association,
            # One without a beginning was made for a request that another allowance refused.
            or_(allowance.c.since < day_ago, allowance.c.since.is_(None)),
        )
    )
    connection.execute(
        delete(spent_proof).where(
            spent_proof.c.association_id == association, spent_proof.c.ends_at < now
        )
    )
