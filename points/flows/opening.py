"""Opening hours of a partner's outlets: what was read of their texts, and who is open now."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from points.activities.store import load_calendar
from points.engine import Engine
from points.kernel.ids import AssociationId, OutletId, PartnerId
from points.partners.hours import Week, read_hours
from points.partners.model import Outlet, Partner
from points.partners.store import PAGE_MAX, find_partner, list_outlets


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """An outlet's hours.

    Attributes:
        text: As people wrote them.
        week: What was read of it; None where that is not certain, so that it never counts.
        open_now: Whether it is open; None where that is not known.
    """

    outlet_id: OutletId
    name: str
    text: str
    week: Week | None
    open_now: bool | None


def openings(
    engine: Engine, association: AssociationId, partner_id: PartnerId, after: OutletId | None = None
) -> tuple[Partner, list[Opening]] | None:
    """Return a partner and the hours of a page of its outlets, by id; None for no partner."""
    now = engine.clock.now()
    with engine.reading(association) as connection:
        found = find_partner(connection, association, partner_id)
        if found is None:
            return None
        outlets = list_outlets(connection, association, partner_id, after=after, most=PAGE_MAX)
        calendar = load_calendar(connection, association)
    partner = found[0]
    local = now.astimezone(ZoneInfo(partner.zone))
    kinds = calendar.kind(local.date()), calendar.kind(_day_before(local))
    return partner, [_opening(each, local, kinds) for each in outlets]


def _day_before(local: datetime) -> date:
    return local.date() - timedelta(days=1)


def _opening(outlet: Outlet, local: datetime, kinds: tuple[str, str]) -> Opening:
    week = read_hours(outlet.opening_hours)
    return Opening(
        outlet_id=outlet.outlet_id,
        name=outlet.name,
        text=outlet.opening_hours,
        week=week,
        open_now=None if week is None else week.open_at(local, *kinds),
    )
