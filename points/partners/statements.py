"""Draws statements up: numbered lines, control totals, and the hash that pins them. Pure."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from points.kernel.canonical import digest
from points.kernel.ids import StatementId
from points.partners.model import (
    Account,
    Correction,
    Line,
    LineKind,
    OutletTotal,
    Partner,
    Statement,
    Totals,
)


def correction_line(correction: Correction) -> Line:
    """Return the line of a correction."""
    return Line(
        number=0,
        source_id=correction.correction_id,
        kind=LineKind.CORRECTION,
        outlet_id=correction.outlet_id,
        reference=correction.reason,
        amount_fen=correction.amount_fen,
        booked_at=correction.booked_at,
    )


def totals_of(lines: tuple[Line, ...]) -> Totals:
    """Return the control totals of numbered lines; every fen is counted in one outlet."""
    outlets = []
    for outlet_id in sorted({line.outlet_id for line in lines}, key=lambda each: each or ""):
        own = [line.amount_fen for line in lines if line.outlet_id == outlet_id]
        outlets.append(OutletTotal(outlet_id=outlet_id, count=len(own), amount_fen=sum(own)))
    return Totals(
        count=len(lines),
        total_fen=sum(line.amount_fen for line in lines),
        outlets=tuple(outlets),
        sha256=digest(lines),
    )


def draw_up(
    partner: Partner,
    account: Account,
    lines: Iterable[Line],
    *,
    period: str,
    begins: datetime,
    ends: datetime,
    closed: tuple[StatementId, datetime] | None = None,
) -> Statement:
    """Return the statement of a period; without an id and a closing time it is a draft."""
    ordered = sorted(lines, key=lambda line: (line.booked_at, line.source_id))
    numbered = tuple(replace(line, number=n) for n, line in enumerate(ordered, 1))
    return Statement(
        statement_id=closed[0] if closed else None,
        partner_id=partner.partner_id,
        number=account.statements + 1,
        period=period,
        begins=begins,
        ends=ends,
        lines=numbered,
        totals=totals_of(numbered),
        closed_at=closed[1] if closed else None,
    )
