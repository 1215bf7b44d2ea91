"""What is read of staff without locks: log-ins, lists, notices."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.db.bulk import within
from points.identity.guards import Guard
from points.identity.roles import Kind
from points.identity.staff import Account, Credential, Notice, StaffEvent
from points.identity.staff_store import credential_from, notice_from, of
from points.identity.tables import (
    credential,
    log_in_guard,
    notice,
    session,
    staff,
    staff_event,
    staff_state,
)
from points.kernel.ids import AssociationId

ACCOUNTS_MAX, EVENTS_MAX, NOTICES_MAX = 500, 200, 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Knocking:
    """What a log-in needs: read by the same questions whoever knocks.

    Attributes:
        account: None where there is none.
        credential: None where there is none.
        guards: Those that have failed before.
        known_device: Whether the account has been used from such a device.
        anybody: Whether the association has any account: nothing is written about names of
            associations that somebody made up.
    """

    account: Account | None
    credential: Credential | None
    guards: dict[str, Guard]
    known_device: bool
    anybody: bool


def find_account(
    connection: Connection, association: AssociationId, staff_id: str
) -> Account | None:
    """Return an account, or None."""
    wanted = of(association, staff_state).where(staff_state.c.staff_id == staff_id)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else Account.of(row["staff_id"], row["version"], row["standing"])


def find_credential(
    connection: Connection, association: AssociationId, staff_id: str
) -> Credential | None:
    """Return with what an account logs in, or None."""
    wanted = of(association, credential).where(credential.c.staff_id == staff_id)
    row = connection.execute(wanted).mappings().first()
    return None if row is None else credential_from(row)


def knocking(
    connection: Connection,
    association: AssociationId,
    staff_id: str,
    guards: tuple[str, ...],
    device: str,
) -> Knocking:
    """Return what a log-in needs; the same questions whether there is such an account or not."""
    s = session.c
    account = find_account(connection, association, staff_id)
    kept = find_credential(connection, association, staff_id)
    found = find_guards(connection, association, guards)
    before = connection.execute(
        select(s.session_id)
        .where(
            s.association_id == association,
            s.subject == staff_id,
            indexed(s.subject),
            s.kind == Kind.STAFF.value,
            s.device == device,
        )
        .limit(1)
    ).first()
    anybody = connection.execute(of(association, staff).limit(1)).first()
    return Knocking(
        account=account,
        credential=kept,
        guards=found,
        known_device=before is not None,
        anybody=anybody is not None,
    )


def find_guards(
    connection: Connection, association: AssociationId, names: tuple[str, ...]
) -> dict[str, Guard]:
    """Return those of some guards that have failed before."""
    wanted = of(association, log_in_guard).where(within(connection, log_in_guard.c.name, names))
    return {
        row["name"]: Guard(**{name: row[name] for name in row if name != "association_id"})
        for row in connection.execute(wanted).mappings()
    }


def list_accounts(connection: Connection, association: AssociationId) -> list[Account]:
    """Return an association's accounts, by name; a bounded number."""
    wanted = of(association, staff_state).order_by(staff_state.c.staff_id).limit(ACCOUNTS_MAX)
    rows = connection.execute(wanted).mappings()
    return [Account.of(row["staff_id"], row["version"], row["standing"]) for row in rows]


def ready_accounts(connection: Connection, association: AssociationId) -> set[str]:
    """Return which accounts have been set up."""
    c = credential.c
    wanted = select(c.staff_id).where(
        c.association_id == association, c.password_hash.is_not(None), c.factor.is_not(None)
    )
    return set(connection.execute(wanted).scalars())


def list_events(
    connection: Connection, association: AssociationId, staff_id: str
) -> list[StaffEvent]:
    """Return what happened to an account, the newest first; a bounded number."""
    e = staff_event.c
    wanted = (
        of(association, staff_event)
        .where(e.staff_id == staff_id)
        .order_by(e.version.desc())
        .limit(EVENTS_MAX)
    )
    return [
        StaffEvent(**{name: row[name] for name in row if name != "association_id"})
        for row in connection.execute(wanted).mappings()
    ]


def list_notices(
    connection: Connection, association: AssociationId, recipient: str
) -> list[Notice]:
    """Return somebody's notices, the newest first; a bounded number."""
    n = notice.c
    wanted = (
        of(association, notice)
        .where(n.recipient == recipient, indexed(n.recipient))
        .order_by(n.notice_id.desc())
        .limit(NOTICES_MAX)
    )
    return [notice_from(row) for row in connection.execute(wanted).mappings()]
