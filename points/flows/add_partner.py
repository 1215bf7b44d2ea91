"""Take up a partner or an outlet: two commands of the partners' register."""

from dataclasses import dataclass
from decimal import Decimal

from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.errors import (
    OutletExists,
    PartnerExists,
    PartnerUnknown,
    PlaceImplausible,
)
from points.partners.model import Category, Cycle, Outlet, Partner, Place, inside
from points.unit_of_work import Keys, WorkingSet

MILLION = 10**6


@dataclass(frozen=True, slots=True, kw_only=True)
class AddPartner:
    """Take up a partner.

    Attributes:
        partner_id: The association's code for it, at most 26 characters.
        cycle: How often it gets a statement.
        zone: IANA name of the zone of its days.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    category: Category
    name: str
    cycle: Cycle = Cycle.MONTH
    zone: str = "Asia/Shanghai"


def needs_partner(command: AddPartner, keys: Keys) -> None:
    """See whether the code is taken."""
    keys.partners.partners.add(command.partner_id)


def add_partner(command: AddPartner, on: WorkingSet) -> Decision:
    """Take the partner up, unless its code is taken."""
    if command.partner_id in on.contracts.partners:
        return PartnerExists()
    on.contracts.add_partner(
        Partner(
            partner_id=command.partner_id,
            category=command.category,
            name=command.name,
            cycle=command.cycle,
            zone=command.zone,
        )
    )
    # Not its name: a shop is often called after its owner.
    after = {"category": command.category, "cycle": command.cycle, "zone": command.zone}
    on.trail.note("add_partner", command.partner_id, after=after)
    return {"partner_id": command.partner_id}


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOutlet:
    """Take up an outlet of a partner; its phone is the shop's own."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    outlet_id: OutletId
    name: str
    address: str = ""
    phone: str = ""
    opening_hours: str = ""
    services: tuple[str, ...] = ()
    district: str = ""
    latitude: Decimal | None = None
    longitude: Decimal | None = None


def needs_outlet(command: AddOutlet, keys: Keys) -> None:
    """Read the partner, and see whether the outlet's code is taken."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.outlets.add(command.outlet_id)


def add_outlet(command: AddOutlet, on: WorkingSet) -> Decision:
    """Take the outlet up."""
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    if command.outlet_id in on.contracts.outlets:
        return OutletExists()
    place = _place(command.latitude, command.longitude)
    if isinstance(place, PlaceImplausible):
        return place
    on.contracts.add_outlet(
        Outlet(
            outlet_id=command.outlet_id,
            partner_id=command.partner_id,
            name=command.name,
            address=command.address,
            phone=command.phone,
            opening_hours=command.opening_hours,
            services=command.services,
            district=command.district,
            place=place,
        )
    )
    after = {"partner_id": command.partner_id, "services": list(command.services)}
    on.trail.note("add_outlet", command.outlet_id, after=after)
    return {"outlet_id": command.outlet_id}


def _place(latitude: Decimal | None, longitude: Decimal | None) -> Place | PlaceImplausible | None:
    """Return a place from decimal degrees; half of one is none."""
    if latitude is None and longitude is None:
        return None
    if latitude is None or longitude is None:
        return PlaceImplausible()
    north, east = (int((each * MILLION).to_integral_value()) for each in (latitude, longitude))
    return Place(north, east) if inside(north, east) else PlaceImplausible()


PARTNER = Flow("add_partner", needs_partner, add_partner)
OUTLET = Flow("add_outlet", needs_outlet, add_outlet)
