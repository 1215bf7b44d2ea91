"""Operators in the database: loads under locks, appends, and reads for channels."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, select, tuple_

from points.db.bulk import append_rows, put_rows
from points.kernel.ids import AssociationId, OutletId, PartnerId
from points.partners.operators import OperatorAccount, OperatorBook, OperatorCredential, Seat
from points.partners.tables import (
    HAS_PARTNER,
    operator_credential,
    operator_event,
    operator_state,
    outlet,
)

OPERATORS_MAX = 500


@dataclass(slots=True)
class OperatorKeys:
    """What a batch needs of the operators: those to lock, with what they log in."""

    operators: set[Seat] = field(default_factory=set)


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """An operator as an office sees them.

    Attributes:
        ready: Whether they have chosen a PIN.
    """

    account: OperatorAccount
    ready: bool


def load_operators(
    connection: Connection, association: AssociationId, needed: OperatorKeys
) -> OperatorBook:
    """Lock and load the operators that a batch names."""
    book = OperatorBook()
    if not needed.operators:
        return book
    for row in _locked(connection, association, operator_state, needed.operators):
        account = _account(row)
        book.accounts[account.seat] = account
    for row in _locked(connection, association, operator_credential, needed.operators):
        book.credentials[row["outlet_id"], row["operator_id"]] = _credential(row)
    return book


def _locked(
    connection: Connection, association: AssociationId, table: Table, seats: Iterable[Seat]
) -> list[RowMapping]:
    c = table.c
    # Sorted: two batches that lock the same rows in opposite orders would wait for ever.
    wanted = (
        _of(association, table)
        .where(tuple_(c.outlet_id, c.operator_id).in_(sorted(seats)))
        .order_by(c.outlet_id, c.operator_id)
        .with_for_update(key_share=True)
    )
    return list(connection.execute(wanted).mappings())


def save_operators(connection: Connection, association: AssociationId, book: OperatorBook) -> None:
    """Append what happened, bring the projection up to it, and write the credentials."""
    a = association
    append_rows(
        connection,
        operator_event,
        ("association_id", *_EVENT),
        [
            (
                a,
                event.outlet_id,
                event.operator_id,
                event.version,
                event.change.value,
                event.actor,
                event.active,
                event.recorded_at,
            )
            for event in book.events
        ],
    )
    accounts = [book.accounts[seat] for seat in sorted(book.touched)]
    put_rows(
        connection,
        operator_state,
        ("association_id", "outlet_id", "operator_id", "version", "active"),
        [(a, each.outlet_id, each.operator_id, each.version, each.active) for each in accounts],
    )
    credentials = [book.credentials[seat] for seat in sorted(book.secured)]
    put_rows(
        connection,
        operator_credential,
        ("association_id", *_CREDENTIAL),
        [(a, *(getattr(each, name) for name in _CREDENTIAL)) for each in credentials],
    )


_EVENT = ("outlet_id", "operator_id", "version", "change", "actor", "active", "recorded_at")
_CREDENTIAL = ("outlet_id", "operator_id", "pin_hash", "set_up_hash", "set_up_until")


def find_operator(
    connection: Connection, association: AssociationId, seat: Seat
) -> tuple[OperatorAccount | None, OperatorCredential | None]:
    """Return an operator and with what they log in; the same questions whether there is one."""
    account = _row(connection, association, operator_state, seat)
    credential = _row(connection, association, operator_credential, seat)
    return (
        None if account is None else _account(account),
        None if credential is None else _credential(credential),
    )


def _row(
    connection: Connection, association: AssociationId, table: Table, seat: Seat
) -> RowMapping | None:
    c = table.c
    wanted = _of(association, table).where(c.outlet_id == seat[0], c.operator_id == seat[1])
    return connection.execute(wanted).mappings().first()


def has_operators(connection: Connection, association: AssociationId, outlet: OutletId) -> bool:
    """Return whether an outlet has registered operators, disabled ones too."""
    wanted = _of(association, operator_state).where(operator_state.c.outlet_id == outlet)
    return connection.execute(wanted.limit(1)).first() is not None


def list_operators(
    connection: Connection,
    association: AssociationId,
    *,
    partner_id: PartnerId | None = None,
    outlet_id: OutletId | None = None,
) -> list[Registered]:
    """Return operators by outlet and number, at most ``OPERATORS_MAX``.

    Args:
        connection: For reads.
        association: Whose.
        partner_id: Of one partner only.
        outlet_id: Of one outlet only.
    """
    s, k, o = operator_state.c, operator_credential.c, outlet.c
    same = (k.association_id == s.association_id) & (k.outlet_id == s.outlet_id)
    wanted = (
        select(operator_state, k.pin_hash.is_not(None).label("ready"))
        .outerjoin(operator_credential, same & (k.operator_id == s.operator_id))
        .where(s.association_id == association)
    )
    if partner_id is not None:
        own = select(o.outlet_id).where(
            o.association_id == association, o.partner_id == partner_id, HAS_PARTNER
        )
        wanted = wanted.where(s.outlet_id.in_(own))
    if outlet_id is not None:
        wanted = wanted.where(s.outlet_id == outlet_id)
    rows = connection.execute(wanted.order_by(s.outlet_id, s.operator_id).limit(OPERATORS_MAX))
    return [Registered(account=_account(row), ready=bool(row["ready"])) for row in rows.mappings()]


def _of(association: AssociationId, table: Table) -> Select[Any]:
    return select(table).where(table.c.association_id == association)


def _account(row: RowMapping) -> OperatorAccount:
    return OperatorAccount(
        outlet_id=row["outlet_id"],
        operator_id=row["operator_id"],
        version=row["version"],
        active=row["active"],
    )


def _credential(row: RowMapping) -> OperatorCredential:
    return OperatorCredential(**{name: row[name] for name in _CREDENTIAL})
