"""Tills of outlets, and what holds at a partner's counters, for those who look after them."""

from dataclasses import dataclass, replace
from typing import Any

from points.engine import Decision, Flow
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.counters import (
    CounterPolicy,
    NewPolicy,
    OutsideHours,
    RegisteredTill,
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
)
from points.partners.model import Outlet
from points.unit_of_work import Keys, WorkingSet

NO_TILL = NotFound(noun="till", noun_zh="收银设备")
"""Of whom looks after tills; whoever works at a counter hears that this device is none of them."""


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
    till = RegisteredTill(
        outlet_id=command.outlet_id,
        device_id=command.device_id,
        version=0,
        active=True,
        own_key=False,
    )
    return stands(command.actor, till, on)


def switch_till(command: SwitchTill, on: WorkingSet) -> Decision:
    """Switch the till off or on."""
    if _outlet(command, on) is None:
        return OutletUnknown()
    till = on.contracts.tills.get((command.outlet_id, command.device_id))
    if till is None:
        return NO_TILL
    if till.active == command.active:
        return TillUnchanged()
    return stands(command.actor, replace(till, active=command.active), on)


def _outlet(command: RegisterTill | SwitchTill, on: WorkingSet) -> Outlet | None:
    """Return the outlet, if it is there and whoever asks may look after it."""
    outlet = on.contracts.outlets.get(command.outlet_id)
    own = outlet is not None and command.firm in {None, outlet.partner_id}
    return outlet if own else None


def stands(actor: Actor, till: RegisteredTill, on: WorkingSet) -> dict[str, Any]:
    """Let a till stand so from now on; return how, which is the answer to the command.

    Args:
        actor: Who wants it so.
        till: As it is to stand, but with the version that it had; zero where it is new.
        on: With the outlet's tills.
    """
    after = replace(till, version=till.version + 1)
    on.contracts.till(
        TillEvent(
            outlet_id=after.outlet_id,
            device_id=after.device_id,
            version=after.version,
            active=after.active,
            actor=actor,
            recorded_at=on.now,
            own_key=after.own_key,
        )
    )
    standing = {"active": after.active, "own_key": after.own_key}
    on.trail.note("till", f"{after.outlet_id}/{after.device_id}", after=standing)
    return how_it_stands(after)


def how_it_stands(till: RegisteredTill) -> dict[str, Any]:
    """Return how a till stands, plainly."""
    return {
        "outlet_id": till.outlet_id,
        "device_id": till.device_id,
        "active": till.active,
        "own_key": till.own_key,
    }


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
