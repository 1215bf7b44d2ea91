"""Tills of outlets, and what holds at a partner's counters: limits, and opening hours."""

from typing import Annotated, Any

from pydantic import Field

from points.api.caller import Asking, Caller
from points.api.problems import Problem
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Asked, Body, Code, Id
from points.flows.opening import Opening, openings
from points.flows.till_standing import AgreeCounters, RegisterTill, SwitchTill, terms
from points.identity.policy import Action
from points.identity.roles import Kind
from points.kernel.ids import OutletId, PartnerId
from points.partners.counter_store import list_tills, policies_of
from points.partners.counters import VOIDS_MAX_MOST, CounterPolicy, OutsideHours
from points.partners.errors import PartnerUnknown
from points.partners.store import PAGE_MAX


class NewTill(Body):
    """A till to register: from the first one on an outlet works at registered ones only."""

    outlet_id: Id
    device_id: Code = Field(description="as the till sends it; `web` for counters in browsers")


class TillsQuery(Asked):
    """Whose tills."""

    partner_id: Id | None = None
    outlet_id: Id | None = None


class OfPartner(Asked):
    """Which partner; a head office's own where none is said."""

    partner_id: Id | None = None


class HoursQuery(OfPartner):
    """Which partner's outlets; ``after`` is the last one of the page before."""

    after: Id | None = None


class TillOut(Answer):
    """A till as it stands."""

    outlet_id: str
    device_id: str
    active: bool
    own_key: bool = Field(default=False, description="only its own key speaks under its name")


class TillList(Answer):
    """Tills by outlet and name, at most 500; ask by outlet for more."""

    items: list[TillOut]


class NewCounterPolicy(Body):
    """What is to hold at a partner's counters from now on."""

    partner_id: Id
    hours: OutsideHours = Field(
        default=OutsideHours.FLAG,
        strict=False,
        description="outside opening hours: allow, flag for the fraud watch, or refuse",
    )
    operator_voids_max: int = Field(ge=0, le=VOIDS_MAX_MOST, description="a day and operator")
    outlet_voids_max: int = Field(ge=0, le=VOIDS_MAX_MOST, description="a day and outlet")


class CounterPolicyOut(Answer):
    """What holds at a partner's counters; version 0 is what is usual."""

    partner_id: str
    version: int
    hours: str
    operator_voids_max: int
    outlet_voids_max: int


class OpeningOut(Answer):
    """An outlet's hours as people wrote them, and whether they could be read."""

    outlet_id: str
    name: str
    text: str
    read: bool = Field(description="where not, a capture there is never out of hours")
    open_now: bool | None = None


class OpeningList(Answer):
    """Hours by outlet."""

    items: list[OpeningOut]
    next: str | None = None


async def register_till(caller: Asking, body: NewTill) -> TillOut:
    """Register a till."""
    about = _about(caller, body.outlet_id, body.device_id)
    return TillOut(**await caller.carry_out(RegisterTill(**about)))


async def disable_till(caller: Asking, outlet: str, till: str) -> TillOut:
    """Switch a till off: nothing is captured there any more."""
    about = _about(caller, outlet, till)
    return TillOut(**await caller.carry_out(SwitchTill(**about, active=False)))


async def enable_till(caller: Asking, outlet: str, till: str) -> TillOut:
    """Switch a till on again."""
    about = _about(caller, outlet, till)
    return TillOut(**await caller.carry_out(SwitchTill(**about, active=True)))


def get_tills(caller: Asking, query: Annotated[TillsQuery, IN_QUERY]) -> TillList:
    """List registered tills: an office its own, the association all."""
    partner = _asked_for(caller, query.partner_id)
    outlet = None if query.outlet_id is None else OutletId(query.outlet_id)
    with caller.engine.reading(caller.association) as connection:
        found = list_tills(connection, caller.association, partner_id=partner, outlet_id=outlet)
    return TillList(items=[TillOut.model_validate(each) for each in found])


def get_counter_policy(caller: Asking, query: Annotated[OfPartner, IN_QUERY]) -> CounterPolicyOut:
    """Return what holds at a partner's counters."""
    partner = _one(caller, query.partner_id)
    with caller.engine.reading(caller.association) as connection:
        found = policies_of(connection, caller.association, [partner])
    policy = found[0] if found else CounterPolicy(partner_id=partner)
    return CounterPolicyOut.model_validate(
        {"partner_id": partner, "version": policy.version, **terms(policy)}
    )


async def agree_counter_policy(caller: Asking, body: NewCounterPolicy) -> CounterPolicyOut:
    """Say what holds at a partner's counters from now on."""
    done = await caller.carry_out(
        AgreeCounters(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            partner_id=PartnerId(body.partner_id),
            hours=body.hours,
            operator_voids_max=body.operator_voids_max,
            outlet_voids_max=body.outlet_voids_max,
        )
    )
    return CounterPolicyOut(**done)


def get_opening_hours(caller: Asking, query: Annotated[HoursQuery, IN_QUERY]) -> OpeningList:
    """List outlets' hours, and which of them could not be read."""
    after = None if query.after is None else OutletId(query.after)
    found = openings(caller.engine, caller.association, _one(caller, query.partner_id), after)
    if found is None:
        raise Problem.of(PartnerUnknown())
    rows = found[1]
    more = rows[-1].outlet_id if len(rows) >= PAGE_MAX else None
    return OpeningList(items=[_opening(each) for each in rows], next=more)


def _opening(each: Opening) -> OpeningOut:
    return OpeningOut(
        outlet_id=each.outlet_id,
        name=each.name,
        text=each.text,
        read=each.week is not None,
        open_now=each.open_now,
    )


def _firm(caller: Caller) -> PartnerId | None:
    """Return the partner whose office asks; None for the association."""
    principal = caller.principal
    return PartnerId(principal.subject) if principal.kind is Kind.PARTNER else None


def _asked_for(caller: Caller, partner_id: str | None) -> PartnerId | None:
    """Return whose things are asked for: an office sees its own, whatever it asks for."""
    asked, firm = None if partner_id is None else PartnerId(partner_id), _firm(caller)
    if firm is not None and asked not in {None, firm}:
        raise Problem.of(PartnerUnknown())
    return firm or asked


def _one(caller: Caller, partner_id: str | None) -> PartnerId:
    partner = _asked_for(caller, partner_id)
    if partner is None:
        raise Problem.of(PartnerUnknown())
    return partner


def _about(caller: Caller, outlet: str, till: str) -> dict[str, Any]:
    return {
        "association_id": caller.association,
        "operation_id": caller.operation,
        "actor": caller.actor,
        "outlet_id": OutletId(outlet),
        "device_id": till,
        "firm": _firm(caller),
    }


_OFFICE = Action.MANAGE_TILLS
_ONE = "/v1/counter/tills/{outlet}/{till}"
ROUTES = (
    post("/v1/counter/tills", register_till, allows=_OFFICE, zh="登记收银设备", status=201),
    get("/v1/counter/tills", get_tills, allows=_OFFICE, zh="收银设备"),
    post(f"{_ONE}:disable", disable_till, allows=_OFFICE, zh="停用收银设备"),
    post(f"{_ONE}:enable", enable_till, allows=_OFFICE, zh="启用收银设备"),
    get("/v1/counter/policy", get_counter_policy, allows=_OFFICE, zh="核销政策"),
    post(
        "/v1/counter/policy",
        agree_counter_policy,
        allows=Action.MANAGE_PARTNERS,
        zh="设定核销政策",
    ),
    get("/v1/counter/hours", get_opening_hours, allows=_OFFICE, zh="门店营业时间"),
)
