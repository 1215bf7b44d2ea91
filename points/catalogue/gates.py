"""Grants of gates in the database: who saw what for whom, until when, and what ended it."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, select

from points.catalogue.model import GateEnd, GateGrant
from points.catalogue.tables import gate_end, gate_grant
from points.db.base import indexed
from points.db.bulk import append_rows
from points.kernel.ids import Actor, AssociationId, MemberId

GRANTS_MAX = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """A grant with what became of it; no end while it is open or ran out unused."""

    grant: GateGrant
    end: GateEnd | None


def grant_from(row: RowMapping) -> GateGrant:
    """Return the grant of a row."""
    return GateGrant(
        grant_id=row["grant_id"],
        member_id=row["member_id"],
        reward_id=row["reward_id"],
        gate=row["gate"],
        seen_by=Actor(row["seen_by"]),
        granted_at=row["granted_at"],
        valid_until=row["valid_until"],
        operation_id=row["operation_id"],
    )


def grants_of(
    connection: Connection, association: AssociationId, member: MemberId
) -> list[Granted]:
    """Return a member's grants with their ends, the newest first."""
    g, e = gate_grant.c, gate_end.c
    rows = connection.execute(
        select(gate_grant, e.voucher_id, e.ended_by, e.ended_at)
        .outerjoin(gate_end, (e.association_id == g.association_id) & (e.grant_id == g.grant_id))
        .where(g.association_id == association, indexed(g.member_id), g.member_id == member)
        .order_by(g.grant_id.desc())
        .limit(GRANTS_MAX)
    )
    return [
        Granted(
            grant=grant_from(row),
            end=None
            if row["ended_at"] is None
            else GateEnd(
                grant_id=row["grant_id"],
                voucher_id=row["voucher_id"],
                ended_by=Actor(row["ended_by"]),
                ended_at=row["ended_at"],
            ),
        )
        for row in rows.mappings()
    ]


def save_gates(
    connection: Connection,
    association: AssociationId,
    grants: Iterable[GateGrant],
    ends: Iterable[GateEnd],
) -> None:
    """Append grants, then the ends of these and others."""
    append_rows(
        connection,
        gate_grant,
        (
            *("association_id", "grant_id", "member_id", "reward_id", "gate", "seen_by"),
            *("granted_at", "valid_until", "operation_id"),
        ),
        [
            (
                *(association, g.grant_id, g.member_id, g.reward_id, g.gate, g.seen_by),
                *(g.granted_at, g.valid_until, g.operation_id),
            )
            for g in grants
        ],
    )
    append_rows(
        connection,
        gate_end,
        ("association_id", "grant_id", "voucher_id", "ended_by", "ended_at"),
        [(association, e.grant_id, e.voucher_id, e.ended_by, e.ended_at) for e in ends],
    )
