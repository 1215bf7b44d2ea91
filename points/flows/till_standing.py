"""Tills of outlets, and what holds at a partner's counters, for those who look after them."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.counters import (
    CounterPolicy,
    NewPolicy,
    OutsideHours,
    TillEvent,
    device_ok,
)
from points.partners.errors import (
    OutletUnknown,
    PartnerUnknown,
    PolicyUnchanged,
    TillExists,
    TillInvalid,
    TillUnchanged,
    TillUnknown,
)
from points.partners.model import Outlet
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterTill:
    """Register a till; from the first one on the outlet's counter works at registered ones only.

    Attributes:
        firm: The partner whose office asks; None for the association, which may anywhere.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    device_id: str
    firm: PartnerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchTill:
    """Switch a till off, or on again.

    Attributes:
        active: Whether it works from now on.
        firm: As in :class:`RegisterTill`.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    device_id: str
    active: bool
    firm: PartnerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreeCounters:
    """Say what holds at a partner's counters from now on."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    partner_id: PartnerId
    hours: OutsideHours
    operator_voids_max: int
    outlet_voids_max: int


def needs_till(command: RegisterTill | SwitchTill, keys: Keys) -> None:
    """Read the outlet with its tills."""
    keys.partners.outlets.add(command.outlet_id)


def register_till(command: RegisterTill, on: WorkingSet) -> Decision:
    """Register the till."""
    if _outlet(command, on) is None:
        return OutletUnknown()
    if not device_ok(command.device_id):
        return TillInvalid()
    if (command.outlet_id, command.device_id) in on.contracts.tills:
        return TillExists()
    return _stands(command, on, version=1, active=True)


def switch_till(command: SwitchTill, on: WorkingSet) -> Decision:
    """Switch the till off or on."""
    if _outlet(command, on) is None:
        return OutletUnknown()
    till = on.contracts.tills.get((command.outlet_id, command.device_id))
    if till is None:
        return TillUnknown()
    if till.active == command.active:
        return TillUnchanged()
    return _stands(command, on, version=till.version + 1, active=command.active)


def _outlet(command: RegisterTill | SwitchTill, on: WorkingSet) -> Outlet | None:
    """Return the outlet, if it is there and whoever asks may look after it."""
    outlet = on.contracts.outlets.get(command.outlet_id)
    own = outlet is not None and command.firm in {None, outlet.partner_id}
    return outlet if own else None


def _stands(
    command: RegisterTill | SwitchTill, on: WorkingSet, *, version: int, active: bool
) -> Decision:
    on.contracts.till(
        TillEvent(
            outlet_id=command.outlet_id,
            device_id=command.device_id,
            version=version,
            active=active,
            actor=command.actor,
            recorded_at=on.now,
        )
    )
    on.trail.note("till", f"{command.outlet_id}/{command.device_id}", after={"active": active})
    return {"outlet_id": command.outlet_id, "device_id": command.device_id, "active": active}


def needs_policy(command: AgreeCounters, keys: Keys) -> None:
    """Lock the partner, and read what holds."""
    keys.partners.partners.add(command.partner_id)
    keys.partners.policies.add(command.partner_id)


def agree_counters(command: AgreeCounters, on: WorkingSet) -> Decision:
    """Let the policy hold; what happened before stands."""
    if command.partner_id not in on.contracts.partners:
        return PartnerUnknown()
    before = on.contracts.policy(command.partner_id)
    policy = CounterPolicy(
        partner_id=command.partner_id,
        version=before.version + 1,
        hours=command.hours,
        operator_voids_max=command.operator_voids_max,
        outlet_voids_max=command.outlet_voids_max,
    )
    if terms(policy) == terms(before):
        return PolicyUnchanged()
    on.contracts.agree(NewPolicy(policy=policy, actor=command.actor))
    on.trail.note("counter_policy", command.partner_id, before=terms(before), after=terms(policy))
    return {"partner_id": command.partner_id, "version": policy.version, **terms(policy)}


def terms(policy: CounterPolicy) -> dict[str, str | int]:
    """Return what a policy says, plainly."""
    return {
        "hours": policy.hours.value,
        "operator_voids_max": policy.operator_voids_max,
        "outlet_voids_max": policy.outlet_voids_max,
    }


REGISTER = Flow("register_till", needs_till, register_till, audited=True)
SWITCH = Flow("switch_till", needs_till, switch_till, audited=True)
POLICY = Flow("agree_counters", needs_policy, agree_counters, audited=True)
