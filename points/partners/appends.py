"""Appends a batch's partners, corrections and statements, and writes how far statements reach."""

from datetime import datetime

from sqlalchemy import Connection

from points.db.bulk import append_rows, update_rows
from points.kernel.canonical import plain
from points.kernel.ids import AssociationId
from points.partners.model import Contracts
from points.partners.tables import (
    counter_policy,
    operator,
    outlet,
    partner,
    partner_account,
    statement,
    statement_correction,
    statement_line,
    till_event,
)


def save_contracts(
    connection: Connection, association: AssociationId, contracts: Contracts, now: datetime
) -> None:
    """Append the facts, then bring the accounts up to them."""
    _save_register(connection, association, contracts, now)
    _save_corrections(connection, association, contracts, now)
    _save_statements(connection, association, contracts)
    columns = ("association_id", "partner_id", "closed_until", "statements")
    accounts = contracts.accounts.values()
    append_rows(
        connection,
        partner_account,
        columns,
        [(association, a.partner_id, a.closed_until, a.statements) for a in accounts if a.fresh],
    )
    update_rows(
        connection,
        partner_account,
        columns,
        [
            (association, a.partner_id, a.closed_until, a.statements)
            for a in accounts
            if a.touched and not a.fresh
        ],
    )


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
    _save_counters(connection, association, contracts, now)


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
        ),
        [
            (association, t.outlet_id, t.device_id, t.version, t.active, t.actor, t.recorded_at)
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


def _save_statements(
    connection: Connection, association: AssociationId, contracts: Contracts
) -> None:
    append_rows(
        connection,
        statement,
        (
            "association_id",
            "statement_id",
            "partner_id",
            "number",
            "period",
            "begins",
            "ends",
            "count",
            "total_fen",
            "outlets",
            "sha256",
            "closed_at",
        ),
        [
            (
                association,
                s.statement_id,
                s.partner_id,
                s.number,
                s.period,
                s.begins,
                s.ends,
                s.totals.count,
                s.totals.total_fen,
                plain(s.totals.outlets),
                s.totals.sha256,
                s.closed_at,
            )
            for s in contracts.new_statements
        ],
    )
    append_rows(
        connection,
        statement_line,
        (
            "association_id",
            "statement_id",
            "number",
            "source_id",
            "kind",
            "outlet_id",
            "reward_id",
            "reference",
            "last4",
            "amount_fen",
            "booked_at",
        ),
        [
            (
                association,
                s.statement_id,
                x.number,
                x.source_id,
                x.kind.value,
                x.outlet_id,
                x.reward_id,
                x.reference,
                x.last4,
                x.amount_fen,
                x.booked_at,
            )
            for s in contracts.new_statements
            for x in s.lines
        ],
    )
