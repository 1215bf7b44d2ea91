"""Break the glass: in an emergency an admin borrows one role, for a while, seen by everybody."""

from dataclasses import dataclass, replace
from datetime import timedelta

from points.engine import Decision, Flow
from points.flows.staffing import NO_ACCOUNT, needs_everyone
from points.flows.wording import refuse_wording
from points.identity.errors import GlassBroken, MinutesInvalid, NotBorrowable, StaffUnchanged
from points.identity.roles import Grant, Role
from points.identity.segregation import BORROWABLE, WATCHERS
from points.identity.staff import BORROWED_REST, Account, Change
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

MINUTES_MAX = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakGlass:
    """Borrow a role.

    Attributes:
        staff_id: The admin's own account.
        role: Which.
        minutes: How long; the role ends by itself.
        reason: Why, in words; kept for ever and shown to all who watch.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    role: Role
    minutes: int
    reason: str


def needs(_command: BreakGlass, keys: Keys) -> None:
    """Lock all accounts: those who watch are told."""
    needs_everyone(keys)


def decide(command: BreakGlass, on: WorkingSet) -> Decision:
    """Grant the role until it ends, and tell everybody who watches."""
    account = on.staff.accounts.get(command.staff_id)
    if account is None or account.actor != command.actor:
        return NO_ACCOUNT
    if refusal := _refuse(command, account, on):
        return refusal
    until = on.now + timedelta(minutes=command.minutes)
    borrowed = account.with_grant(Grant(role=command.role, until=until))
    reason = command.reason.strip()
    stands = on.staff.happened(
        replace(borrowed, borrowed_at=on.now), Change.BORROWED, command.actor, on.now, reason
    )
    said = {"role": command.role.value, "until": until.isoformat(), "reason": reason}
    on.trail.note("break_glass", command.staff_id, after=stands.standing(), reason=reason)
    watching = on.staff.holders(WATCHERS, on.now)
    on.staff.tell(watching, "glass_broken", command.staff_id, ids=on.ids, now=on.now, said=said)
    return {"staff_id": command.staff_id, "role": command.role.value, "until": until.isoformat()}


def _refuse(command: BreakGlass, account: Account, on: WorkingSet) -> Refusal | None:
    if command.role not in BORROWABLE:
        return NotBorrowable()
    if not 0 < command.minutes <= MINUTES_MAX:
        return MinutesInvalid(minutes_max=MINUTES_MAX)
    if account.has(command.role, on.now):
        return StaffUnchanged()
    if account.borrowed_at is not None and on.now < account.borrowed_at + BORROWED_REST:
        until = account.borrowed_at + BORROWED_REST
        return GlassBroken(until=until.isoformat(timespec="seconds"))
    return refuse_wording(command.reason)


FLOW = Flow("break_glass", needs, decide)
