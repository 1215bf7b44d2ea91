"""Operators, for their office: take one up, let them choose a PIN anew, shut them out."""

from dataclasses import dataclass, replace

from points.engine import Decision, Flow
from points.identity.guards import Watch, guard_name
from points.identity.roles import Kind
from points.identity.sessions import Ended
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, PartnerId
from points.partners.errors import (
    OperatorExists,
    OperatorInvalid,
    OperatorUnchanged,
    OperatorUnknown,
    OutletUnknown,
)
from points.partners.model import Operator, Outlet
from points.partners.operators import (
    OperatorAccount,
    OperatorChange,
    number_ok,
    opened_anew,
)
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class AddOperator:
    """Register an operator; from the first one on the outlet's counter asks for a log-in.

    Attributes:
        firm: The partner whose office asks; None for the association, which may anywhere.
        set_up_hash: Keyed hash of the set-up code; the code itself never comes here.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    firm: PartnerId | None = None
    set_up_hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetOperator:
    """Take an operator's PIN away and let them choose another.

    Attributes:
        firm: As in :class:`AddOperator`.
        set_up_hash: Keyed hash of the new set-up code.
        guard: Keyed hash under which the operator's failures are counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    firm: PartnerId | None = None
    set_up_hash: str
    guard: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableOperator:
    """Let an operator in no more; all their sessions end."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    firm: PartnerId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableOperator:
    """Let an operator in again, with the PIN that they had."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    outlet_id: OutletId
    operator_id: str
    firm: PartnerId | None = None


Standing = ResetOperator | DisableOperator | EnableOperator


def needs(command: AddOperator | Standing, keys: Keys) -> None:
    """Read the outlet, and lock the operator."""
    keys.partners.outlets.add(command.outlet_id)
    keys.operators.operators.add((command.outlet_id, command.operator_id))


def needs_reset(command: ResetOperator, keys: Keys) -> None:
    """Lock the operator, and the guard of their failures."""
    needs(command, keys)
    keys.staff.guards.add(guard_name(Watch.OPERATOR, command.guard))


def decide_add(command: AddOperator, on: WorkingSet) -> Decision:
    """Register the operator."""
    if _outlet(command, on) is None:
        return OutletUnknown()
    if not number_ok(command.operator_id):
        return OperatorInvalid()
    if (command.outlet_id, command.operator_id) in on.contracts.operators:
        return OperatorExists()
    on.contracts.add_operator(
        Operator(operator_id=command.operator_id, outlet_id=command.outlet_id)
    )
    account = OperatorAccount(outlet_id=command.outlet_id, operator_id=command.operator_id)
    return _opened(account, OperatorChange.ADDED, command, on)


def decide_reset(command: ResetOperator, on: WorkingSet) -> Decision:
    """Replace what the operator logs in with, and end their sessions."""
    account = _account(command, on)
    if isinstance(account, Refusal):
        return account
    _end_sessions(account, Ended.BY_ADMIN, on)
    guard = on.staff.guard(guard_name(Watch.OPERATOR, command.guard))
    on.staff.keep(replace(guard, failures=0, closed_until=None))
    return _opened(account, OperatorChange.RESET, command, on)


def decide_disable(command: DisableOperator, on: WorkingSet) -> Decision:
    """Disable the operator and end their sessions."""
    account = _account(command, on)
    if isinstance(account, Refusal):
        return account
    if not account.active:
        return OperatorUnchanged()
    _end_sessions(account, Ended.DISABLED, on)
    on.contracts.disabled.add(account.seat)
    return _stands(replace(account, active=False), OperatorChange.DISABLED, command, on)


def decide_enable(command: EnableOperator, on: WorkingSet) -> Decision:
    """Enable the operator."""
    account = _account(command, on)
    if isinstance(account, Refusal):
        return account
    if account.active:
        return OperatorUnchanged()
    on.contracts.disabled.discard(account.seat)
    return _stands(replace(account, active=True), OperatorChange.ENABLED, command, on)


def _outlet(command: AddOperator | Standing, on: WorkingSet) -> Outlet | None:
    """Return the outlet; another partner's is as good as none."""
    outlet = on.contracts.outlets.get(command.outlet_id)
    if outlet is None or command.firm not in {None, outlet.partner_id}:
        return None
    return outlet


def _account(command: Standing, on: WorkingSet) -> OperatorAccount | Refusal:
    if _outlet(command, on) is None:
        return OutletUnknown()
    found = on.operators.accounts.get((command.outlet_id, command.operator_id))
    return found or OperatorUnknown()


def _end_sessions(account: OperatorAccount, because: Ended, on: WorkingSet) -> None:
    partner = on.contracts.outlets[account.outlet_id].partner_id
    on.sessions.end_all(
        Kind.PARTNER, partner, because, outlet=account.outlet_id, operator=account.operator_id
    )


def _opened(
    account: OperatorAccount,
    change: OperatorChange,
    command: AddOperator | ResetOperator,
    on: WorkingSet,
) -> dict[str, object]:
    credential = opened_anew(account, command.set_up_hash, on.now)
    on.operators.secure(credential)
    until = credential.set_up_until
    return {
        **_stands(account, change, command, on),
        "set_up_until": until and until.isoformat(),
    }


def _stands(
    account: OperatorAccount,
    change: OperatorChange,
    command: AddOperator | Standing,
    on: WorkingSet,
) -> dict[str, object]:
    after = on.operators.happened(account, change, command.actor, on.now)
    detail = {"operator_id": after.operator_id, "active": after.active}
    on.trail.note(f"{_VERBS[change]}_operator", after.outlet_id, detail=detail)
    return {"outlet_id": after.outlet_id, "operator_id": after.operator_id}


_VERBS = {
    OperatorChange.ADDED: "add",
    OperatorChange.RESET: "reset",
    OperatorChange.DISABLED: "disable",
    OperatorChange.ENABLED: "enable",
}

# Offices are no staff; what they do to operators is put on the trail like what staff do.
ADD = Flow("add_operator", needs, decide_add, audited=True)
RESET = Flow("reset_operator", needs_reset, decide_reset, audited=True)
DISABLE = Flow("disable_operator", needs, decide_disable, audited=True)
ENABLE = Flow("enable_operator", needs, decide_enable, audited=True)
