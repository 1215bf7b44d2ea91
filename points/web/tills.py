"""A partner's tills, its policy and its opening hours, as both doors show and change them."""

from typing import Any

from points.flows.opening import openings
from points.flows.till_standing import AgreeCounters, RegisterTill, SwitchTill
from points.kernel.ids import OutletId, PartnerId
from points.partners.counter_store import TILLS_MAX, list_tills, policies_of
from points.partners.counters import VOIDS_MAX_MOST, CounterPolicy, OutsideHours
from points.partners.hours import DAY_MINUTES, Spans, Week
from points.partners.store import PAGE_MAX, outlets_of
from points.web.stops import Missing
from points.web.visit import Visit


def shown(visit: Visit, partner_id: str, address: str) -> dict[str, Any]:
    """Return what the page shows of a partner.

    Raises:
        Missing: There is no such partner.
    """
    firm, after = PartnerId(partner_id), visit.query("after", 26)
    found = openings(visit.engine, visit.association, firm, OutletId(after) if after else None)
    if found is None:
        raise Missing
    partner, rows = found
    with visit.engine.reading(visit.association) as connection:
        tills = list_tills(connection, visit.association, partner_id=firm)
        agreed = policies_of(connection, visit.association, [firm])
        outlets = outlets_of(connection, visit.association, firm)
    return {
        "partner": partner,
        "rows": [(each, read_as(each.week)) for each in rows],
        "more": rows[-1].outlet_id if len(rows) >= PAGE_MAX else "",
        "outlets": outlets,
        "tills": tills,
        "cut": len(tills) >= TILLS_MAX,
        "policy": agreed[0] if agreed else CounterPolicy(partner_id=firm),
        "choices": [each.value for each in OutsideHours],
        "address": address,
    }


def read_as(week: Week | None) -> list[tuple[str, str]]:
    """Return the hours of each day by the name of its text; empty where none could be read."""
    if week is None:
        return []
    days = [(f"weekday_{number}", spans) for number, spans in enumerate(week.days)]
    special = [("day_worked", week.worked), ("day_holiday", week.holiday)]
    named = [*days, *((name, spans) for name, spans in special if spans is not None)]
    return [(name, _spelled(spans)) for name, spans in named]


def _spelled(spans: Spans) -> str:
    return "、".join(f"{_clock(each.opens)}–{_clock(each.closes)}" for each in spans)


def _clock(minute: int) -> str:
    late = "+1 " if minute > DAY_MINUTES else ""
    return f"{late}{(minute - DAY_MINUTES if late else minute) // 60:02}:{minute % 60:02}"


def register(visit: Visit, partner_id: str) -> None:
    """Register a till of one of the partner's outlets."""
    form = visit.form
    outlet, device = form.text("outlet", most=26), form.text("device", most=80)
    if form.sound:
        about = _about(visit, partner_id, outlet, device)
        visit.submit(
            RegisterTill(**about),
            outlet_unknown="outlet",
            till_invalid="device",
            till_exists="device",
        )


def switch(visit: Visit, partner_id: str) -> None:
    """Switch one of the partner's tills off, or on again."""
    form = visit.form
    outlet, device = form.text("outlet", most=26), form.text("device", most=80)
    active = form.choice("active", ["yes", "no"]) == "yes"
    if form.sound:
        about = _about(visit, partner_id, outlet, device)
        visit.submit(SwitchTill(**about, active=active))


def agree(visit: Visit, partner_id: str) -> None:
    """Say what holds at the partner's counters from now on."""
    form = visit.form
    hours = form.choice("hours", [each.value for each in OutsideHours])
    operator = form.whole("operator_voids", least=0, most=VOIDS_MAX_MOST)
    outlet = form.whole("outlet_voids", least=0, most=VOIDS_MAX_MOST)
    if form.sound:
        visit.submit(
            AgreeCounters(
                **visit.acting(),
                partner_id=PartnerId(partner_id),
                hours=OutsideHours(hours),
                operator_voids_max=operator,
                outlet_voids_max=outlet,
            )
        )


def _about(visit: Visit, partner_id: str, outlet: str, device: str) -> dict[str, Any]:
    # The association's staff too stand on one partner's page: another's outlets are unknown here.
    return {
        **visit.acting(),
        "outlet_id": OutletId(outlet),
        "device_id": device,
        "firm": PartnerId(partner_id),
    }
