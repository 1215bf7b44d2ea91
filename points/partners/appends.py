"""Appends a batch's partners, contracts and corrections, and writes how far statements reach."""

from datetime import datetime

from sqlalchemy import Connection

from points.db.bulk import append_rows, update_rows
from points.kernel.ids import AssociationId
from points.partners.contracts import Contracts
from points.partners.statement_store import save_statements
from points.partners.tables import (
    counter_policy,
    operator,
    outlet,
    partner,
    partner_account,
    partner_contract,
    statement_correction,
    till_event,
)


def save_contracts(
    connection: Connection, association: AssociationId, contracts: Contracts, now: datetime
) -> None:
    """Append the facts, then bring the accounts up to them."""
    _save_register(connection, association, contracts, now)
    _save_corrections(connection, association, contracts, now)
    save_statements(connection, association, contracts)
    columns = ("association_id", "partner_id", "closed_until", "statements", "last_sha256")
    fresh, moved = [], []
    for a in contracts.accounts.values():
        row = (association, a.partner_id, a.closed_until, a.statements, a.last_sha256)
        if a.fresh:
            fresh.append(row)
        elif a.touched:
            moved.append(row)
    append_rows(connection, partner_account, columns, fresh)
    update_rows(connection, partner_account, columns, moved)


def _save_register(
    connection: Connection, association: AssociationId, contracts: Contracts, now: datetime
) -> None:
    append_rows(
        connection,
        partner,
        ("association_id", "partner_id", "category", "name", "cycle", "zone", "added_at"),
        [
            (association, p.partner_id, p.category.value, p.name, p.cycle.value, p.zone, now)
            for p in contracts.new_partners
        ],
    )
    append_rows(
        connection,
        outlet,
        (
            "association_id",
            "outlet_id",
            "partner_id",
            "name",
            "address",
            "phone",
            "opening_hours",
            "services",
            "added_at",
            "district",
            "latitude_e6",
            "longitude_e6",
        ),
        [
            (
                association,
                o.outlet_id,
                o.partner_id,
                o.name,
                o.address,
                o.phone,
                o.opening_hours,
                list(o.services),
                now,
                o.district,
                o.place.latitude_e6 if o.place else None,
                o.place.longitude_e6 if o.place else None,
            )
            for o in contracts.new_outlets
        ],
    )
    append_rows(
        connection,
        operator,
        ("association_id", "outlet_id", "operator_id", "added_at"),
        [(association, o.outlet_id, o.operator_id, now) for o in contracts.new_operators],
    )
    append_rows(
        connection,
        partner_contract,
        ("association_id", *_CONTRACT),
        [
            (
                association,
                c.partner_id,
                c.version,
                c.starts_on.isoformat(),
                c.cycle.value,
                dict(c.tariff_fen),
                c.fee.per_capture_fen,
                c.fee.basis_points,
                c.fee.rounding.value,
                c.fee.least_fen,
                c.fee.most_fen,
                c.payment_days,
                c.grace_days,
                c.silence_days,
                c.contact,
                c.operation_id,
                c.actor,
                c.recorded_at,
            )
            for c in contracts.new_contracts
        ],
    )
    _save_counters(connection, association, contracts, now)


_CONTRACT = (
    *("partner_id", "version", "starts_on", "cycle", "tariff_fen", "fee_per_capture_fen"),
    *("fee_basis_points", "fee_rounding", "fee_least_fen", "fee_most_fen", "payment_days"),
    *("grace_days", "silence_days", "contact", "operation_id", "actor", "recorded_at"),
)


def _save_counters(
    connection: Connection, association: AssociationId, contracts: Contracts, now: datetime
) -> None:
    append_rows(
        connection,
        till_event,
        (
            "association_id",
            "outlet_id",
            "device_id",
            "version",
            "active",
            "actor",
            "recorded_at",
            "own_key",
        ),
        [
            (
                association,
                t.outlet_id,
                t.device_id,
                t.version,
                t.active,
                t.actor,
                t.recorded_at,
                t.own_key,
            )
            for t in contracts.new_tills
        ],
    )
    append_rows(
        connection,
        counter_policy,
        (
            "association_id",
            "partner_id",
            "version",
            "hours",
            "operator_voids_max",
            "outlet_voids_max",
            "actor",
            "recorded_at",
        ),
        [
            (
                association,
                new.policy.partner_id,
                new.policy.version,
                new.policy.hours.value,
                new.policy.operator_voids_max,
                new.policy.outlet_voids_max,
                new.actor,
                now,
            )
            for new in contracts.new_policies
        ],
    )


def _save_corrections(
    connection: Connection, association: AssociationId, contracts: Contracts, now: datetime
) -> None:
    append_rows(
        connection,
        statement_correction,
        (
            "association_id",
            "correction_id",
            "partner_id",
            "programme",
            "outlet_id",
            "amount_fen",
            "reason",
            "corrects",
            "booked_at",
            "recorded_at",
        ),
        [
            (
                association,
                c.correction_id,
                c.partner_id,
                c.programme,
                c.outlet_id,
                c.amount_fen,
                c.reason,
                c.corrects,
                c.booked_at,
                now,
            )
            for c in contracts.new_corrections
        ],
    )
