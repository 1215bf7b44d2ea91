"""Adjustments in the database: loads under the partner's lock, appends, and lists."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, RowMapping, func, select

from points.adjustments.book import AdjustmentBook
from points.adjustments.model import Adjustment, Reason
from points.adjustments.tables import adjustment, adjustment_event
from points.db.base import indexed
from points.db.bulk import append_rows, within
from points.db.two_people import append_endings, standing_of, with_endings
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AdjustmentId, AssociationId, OutletId, PartnerId
from points.kernel.two_people import Standing, State

LIMIT_MAX = 201

_COLUMNS = (
    *("adjustment_id", "partner_id", "number", "programme", "outlet_id", "amount_fen"),
    *("capture_id", "request_no", "reason", "note", "document", "proposed_by", "proposed_at"),
    "until",
)


@dataclass(slots=True)
class AdjustmentKeys:
    """What a batch needs of the adjustments; whoever asks locks the partner's account as well.

    Attributes:
        adjustments: To read, with what ended them.
        numbered: Partners whose next adjustment is to be numbered.
    """

    adjustments: set[AdjustmentId] = field(default_factory=set)
    numbered: set[PartnerId] = field(default_factory=set)


def load_adjustments(
    connection: Connection, association: AssociationId, keys: AdjustmentKeys
) -> AdjustmentBook:
    """Read adjustments; the locks of accounts, taken before, make what is read the newest."""
    found = AdjustmentBook()
    if keys.adjustments:
        standings = _standings(connection, association, keys.adjustments)
        found.standings = {each.fact.key: each for each in standings}
    if keys.numbered:
        a = adjustment.c
        rows = connection.execute(
            select(a.partner_id, func.max(a.number))
            .where(
                a.association_id == association,
                within(connection, a.partner_id, keys.numbered),
                indexed(a.partner_id),
            )
            .group_by(a.partner_id)
        )
        found.numbers = {row[0]: row[1] for row in rows}
    return found


def save_adjustments(
    connection: Connection, association: AssociationId, found: AdjustmentBook
) -> None:
    """Append what was proposed and what ended it."""
    append_rows(
        connection,
        adjustment,
        ("association_id", *_COLUMNS),
        [
            (
                *(association, f.adjustment_id, f.partner_id, f.number, f.programme, f.outlet_id),
                *(f.amount_fen, f.capture_id, f.request_no, f.reason.value, f.note, f.document),
                *(f.proposed_by, f.proposed_at, f.until),
            )
            for f in found.opened
        ],
    )
    append_endings(connection, association, adjustment_event, found.settled)


def find_adjustment(
    connection: Connection, association: AssociationId, adjustment_id: AdjustmentId
) -> Standing[Adjustment] | None:
    """Return an adjustment with what became of it, or None."""
    return next(iter(_standings(connection, association, [adjustment_id])), None)


def adjustments_among(
    connection: Connection, association: AssociationId, ids: Iterable[str]
) -> dict[str, Standing[Adjustment]]:
    """Return the adjustments among some sources of lines, by id."""
    return {each.fact.key: each for each in _standings(connection, association, ids)}


def list_adjustments(
    connection: Connection,
    association: AssociationId,
    partner_id: PartnerId,
    *,
    approved_only: bool = False,
    before: int | None = None,
    limit: int = 50,
) -> list[Standing[Adjustment]]:
    """Return a partner's adjustments, the newest first.

    Args:
        connection: For reads.
        association: Whose.
        partner_id: Of which partner.
        approved_only: Without those that are not in its statements: what the partner sees.
        before: The number of the last one of the page before.
        limit: How many at most.
    """
    a = adjustment.c
    wanted = with_endings(adjustment, adjustment_event, association).where(
        a.partner_id == partner_id, indexed(a.partner_id)
    )
    if approved_only:
        wanted = wanted.where(adjustment_event.c.step == State.APPROVED.value)
    if before is not None:
        wanted = wanted.where(a.number < before)
    rows = connection.execute(wanted.order_by(a.number.desc()).limit(min(limit, LIMIT_MAX)))
    return [standing_of(row, _adjustment) for row in rows.mappings()]


def waiting_adjustments(
    connection: Connection, association: AssociationId, now: datetime, *, limit: int = 50
) -> list[Standing[Adjustment]]:
    """Return what waits for another person, of all partners, the newest first."""
    wanted = with_endings(adjustment, adjustment_event, association).where(
        adjustment.c.until > now, adjustment_event.c.step.is_(None)
    )
    rows = connection.execute(
        wanted.order_by(adjustment.c.adjustment_id.desc()).limit(min(limit, LIMIT_MAX))
    )
    return [standing_of(row, _adjustment) for row in rows.mappings()]


def _standings(
    connection: Connection, association: AssociationId, ids: Iterable[str]
) -> list[Standing[Adjustment]]:
    wanted = with_endings(adjustment, adjustment_event, association).where(
        within(connection, adjustment.c.adjustment_id, ids)
    )
    return [standing_of(row, _adjustment) for row in connection.execute(wanted).mappings()]


def _adjustment(row: RowMapping) -> Adjustment:
    return Adjustment(
        adjustment_id=AdjustmentId(row["adjustment_id"]),
        partner_id=PartnerId(row["partner_id"]),
        number=row["number"],
        programme=row["programme"],
        outlet_id=None if row["outlet_id"] is None else OutletId(row["outlet_id"]),
        amount_fen=Fen(row["amount_fen"]),
        capture_id=row["capture_id"],
        request_no=row["request_no"],
        reason=Reason(row["reason"]),
        note=row["note"],
        document=row["document"],
        proposed_by=Actor(row["proposed_by"]),
        proposed_at=row["proposed_at"],
        until=row["until"],
    )
