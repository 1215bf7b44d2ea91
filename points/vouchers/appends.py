"""Appends a batch's vouchers, codes, events and failed attempts, and writes the standings."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from points.db.bulk import append_rows, update_rows
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId
from points.vouchers.drawer import Drawer
from points.vouchers.passing_store import save_passing
from points.vouchers.standing import Reservation, Standing
from points.vouchers.tables import (
    failed_attempt,
    guess_guard,
    voucher,
    voucher_code,
    voucher_event,
    voucher_state,
)


def save_drawer(
    connection: Connection, association: AssociationId, drawer: Drawer, now: datetime
) -> None:
    """Append vouchers, codes, events and failures, then bring the standings up to them."""
    _save_vouchers(connection, association, drawer)
    _save_events(connection, association, drawer)
    _save_states(connection, association, drawer)
    save_passing(connection, association, drawer)
    append_rows(
        connection,
        failed_attempt,
        ("association_id", "attempt_id", "outlet_id", "device_id", "attempted_at"),
        [(association, f.attempt_id, f.outlet_id, f.device_id, now) for f in drawer.new_failures],
    )
    touched = [guard for guard in drawer.guards.values() if guard.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        write(
            connection,
            guess_guard,
            ("association_id", "outlet_id", "total", "reopened_at"),
            [
                (association, g.outlet_id, g.total, g.reopened_at)
                for g in touched
                if g.fresh is fresh
            ],
        )


def _save_vouchers(connection: Connection, association: AssociationId, drawer: Drawer) -> None:
    append_rows(
        connection,
        voucher,
        (
            "association_id",
            "voucher_id",
            "member_id",
            "reward_id",
            "reward_version",
            "programme",
            "hold_id",
            "terms",
            "last4",
            "valid_from",
            "valid_until",
            "operation_id",
            "actor",
        ),
        [
            (
                association,
                v.voucher_id,
                v.member_id,
                v.reward_id,
                v.reward_version,
                v.programme,
                v.hold_id,
                plain(v.terms),
                v.last4,
                v.valid_from,
                v.valid_until,
                v.operation_id,
                v.actor,
            )
            for v in drawer.issued
        ],
    )
    append_rows(
        connection,
        voucher_code,
        ("association_id", "code_hash", "voucher_id", "form", "issue_no"),
        [
            (association, hashed, voucher_id, form.value, issue_no)
            for voucher_id, issue_no, hashes in drawer.codes
            for form, hashed in hashes.items()
        ],
    )


def _save_events(connection: Connection, association: AssociationId, drawer: Drawer) -> None:
    append_rows(
        connection,
        voucher_event,
        (
            "association_id",
            "event_id",
            "voucher_id",
            "version",
            "kind",
            "partner_id",
            "outlet_id",
            "operator_id",
            "request_no",
            "parts",
            "points",
            "cost_fen",
            "undoes",
            "device_id",
            "outside_hours",
            "authorisation_id",
            "booked_at",
            "recorded_at",
            "operation_id",
            "actor",
            "last4",
        ),
        [
            (
                association,
                e.event_id,
                e.voucher_id,
                e.version,
                e.kind.value,
                e.partner_id,
                e.outlet_id,
                e.operator_id,
                e.request_no,
                e.parts,
                e.points,
                e.cost_fen,
                e.undoes,
                e.device_id,
                e.outside_hours,
                e.authorisation_id,
                e.booked_at,
                e.recorded_at,
                e.operation_id,
                e.actor,
                e.last4,
            )
            for e in drawer.events
        ],
    )


_STATE = (
    "association_id",
    "voucher_id",
    "state",
    "version",
    "captured_parts",
    "captured_points",
    "cost_fen",
    "voids",
    "captured_at",
    "captured_outlet",
    "authorised_outlet",
    "authorised_until",
    "authorisation_id",
    "valid_until",
    "reserved_token",
    "reserved_outlet",
    "reserved_until",
    "settles_until",
    "issue_no",
    "last4",
    "owner_id",
    "passes",
)


def _save_states(connection: Connection, association: AssociationId, drawer: Drawer) -> None:
    touched = [standing for standing in drawer.vouchers.values() if standing.touched]
    for write, fresh in ((append_rows, True), (update_rows, False)):
        rows = [_state_row(association, each) for each in touched if each.fresh is fresh]
        write(connection, voucher_state, _STATE, rows)


def _state_row(association: AssociationId, standing: Standing) -> tuple[Any, ...]:
    return (
        association,
        standing.voucher.voucher_id,
        standing.state.value,
        standing.version,
        standing.captured_parts,
        standing.captured_points,
        standing.cost_fen,
        standing.voids,
        standing.captured_at,
        standing.captured_outlet,
        standing.authorised_outlet,
        standing.authorised_until,
        standing.authorisation_id,
        standing.voucher.valid_until,
        *_reservation(standing.reserved),
        standing.issue_no,
        standing.last4,
        standing.owner_id,
        standing.passes,
    )


def _reservation(reserved: Reservation | None) -> tuple[Any, ...]:
    if reserved is None:
        return (None, None, None, None)
    return (reserved.token_id, reserved.outlet_id, reserved.until, reserved.settles_until)
