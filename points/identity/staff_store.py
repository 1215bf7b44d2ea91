"""Accounts of staff in the database: loads under locks, and appends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, delete, select, text

from points.db.bulk import append_rows, put_rows, within
from points.identity.guards import Guard
from points.identity.staff import Account, Credential, Notice
from points.identity.staffroom import Staffroom
from points.identity.tables import (
    credential,
    log_in_guard,
    notice,
    staff,
    staff_event,
    staff_state,
)
from points.kernel.ids import AssociationId

Row = RowMapping | Mapping[str, Any]


@dataclass(slots=True)
class StaffKeys:
    """What a batch needs of the staff.

    Attributes:
        accounts: Accounts to lock and load, with what they log in with.
        everyone: Whether to do so with all of the association: who else is there may matter.
        guards: Guards to lock.
        notices: Notices to lock.
    """

    accounts: set[str] = field(default_factory=set)
    everyone: bool = False
    guards: set[str] = field(default_factory=set)
    notices: set[str] = field(default_factory=set)


def load_staffroom(
    connection: Connection, association: AssociationId, needed: StaffKeys
) -> Staffroom:
    """Lock and load what a batch needs, in one order: accounts, credentials, guards, notices."""
    room = Staffroom()
    if needed.accounts or needed.everyone:
        some = None if needed.everyone else needed.accounts
        for row in _locked(connection, association, staff_state, "staff_id", some):
            account = Account.of(row["staff_id"], row["version"], row["standing"])
            room.accounts[account.staff_id] = account
        for row in _locked(connection, association, credential, "staff_id", some):
            room.credentials[row["staff_id"]] = credential_from(row)
        room.ready = {name for name, each in room.credentials.items() if each.ready}
    if needed.guards:
        _load_guards(connection, association, needed.guards, room)
    if needed.notices:
        for row in _locked(connection, association, notice, "notice_id", needed.notices):
            room.notices[row["notice_id"]] = notice_from(row)
    return room


def _locked(
    connection: Connection,
    association: AssociationId,
    table: Table,
    key: str,
    names: Iterable[str] | None,
) -> list[dict[str, Any]]:
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    wanted = of(association, table).order_by(table.c[key]).with_for_update(key_share=True)
    if names is not None:
        wanted = wanted.where(within(connection, table.c[key], names))
    return [dict(row) for row in connection.execute(wanted).mappings()]


def _load_guards(
    connection: Connection, association: AssociationId, names: set[str], room: Staffroom
) -> None:
    found = _locked(connection, association, log_in_guard, "name", names)
    if len(found) < len(names):
        # A row that does not exist locks nothing. Whoever comes second waits for the first's row.
        fresh = [{"a": association, "name": name} for name in sorted(names)]
        connection.execute(text(_FRESH_GUARD), fresh)
        found = _locked(connection, association, log_in_guard, "name", names)
    for row in found:
        row.pop("association_id")
        guard = Guard(**row)
        room.guards[guard.name] = guard


def credential_from(row: Row) -> Credential:
    """Return the credential of a row."""
    said = {name: row[name] for name in _CREDENTIAL}
    said["recovery"] = tuple(said["recovery"])
    return Credential(**said)


def notice_from(row: Row) -> Notice:
    """Return the notice of a row."""
    return Notice(**{name: row[name] for name in _NOTICE})


def of(association: AssociationId, table: Table) -> Select[Any]:
    """Return the query for an association's rows of a table."""
    return select(table).where(table.c.association_id == association)


def save_staffroom(connection: Connection, association: AssociationId, room: Staffroom) -> None:
    """Append what happened, bring the projection up to it, and write what is ordinary."""
    a = association
    events = {event.staff_id: event for event in room.events if event.version == 1}
    append_rows(
        connection,
        staff,
        ("association_id", "staff_id", "recorded_at"),
        [(a, name, events[name].recorded_at) for name in room.joined],
    )
    append_rows(
        connection,
        staff_event,
        ("association_id", *_EVENT),
        [
            (
                a,
                event.staff_id,
                event.version,
                event.change.value,
                event.actor,
                event.reason,
                dict(event.standing),
                event.recorded_at,
            )
            for event in room.events
        ],
    )
    touched = [room.accounts[name] for name in sorted(room.touched)]
    put_rows(
        connection,
        staff_state,
        ("association_id", "staff_id", "version", "standing"),
        [(a, each.staff_id, each.version, each.standing()) for each in touched],
    )
    _save_ordinary(connection, a, room)


def _save_ordinary(connection: Connection, a: AssociationId, room: Staffroom) -> None:
    put_rows(
        connection,
        credential,
        ("association_id", *_CREDENTIAL),
        [
            (
                a,
                each.staff_id,
                each.password_hash,
                each.factor,
                each.factor_step,
                list(each.recovery),
                each.set_up_hash,
                each.set_up_until,
                each.pending_password,
                each.pending_factor,
            )
            for _, each in sorted(room.new_credentials.items())
        ],
    )
    put_rows(
        connection,
        log_in_guard,
        ("association_id", "name", "failures", "since", "closed_until"),
        [
            (a, each.name, each.failures, each.since, each.closed_until)
            for _, each in sorted(room.new_guards.items())
        ],
    )
    put_rows(
        connection,
        notice,
        ("association_id", *_NOTICE),
        [
            (a, *(getattr(each, name) for name in _NOTICE))
            for each in (*room.new_notices, *room.read_notices.values())
        ],
    )
    if room.forgotten is not None:
        since = log_in_guard.c.since
        old = delete(log_in_guard).where(log_in_guard.c.association_id == a, since < room.forgotten)
        connection.execute(old)


_FRESH_GUARD = (
    "INSERT INTO log_in_guard (association_id, name, failures) VALUES (:a, :name, 0) "
    "ON CONFLICT DO NOTHING"
)
_EVENT = ("staff_id", "version", "change", "actor", "reason", "standing", "recorded_at")
_CREDENTIAL = (
    "staff_id",
    "password_hash",
    "factor",
    "factor_step",
    "recovery",
    "set_up_hash",
    "set_up_until",
    "pending_password",
    "pending_factor",
)
_NOTICE = ("notice_id", "recipient", "code", "subject", "said", "created_at", "read_at")
