"""Shut an account of staff, open it again, or let its holder set it up anew."""

from dataclasses import dataclass, replace

from points.engine import Decision, Flow
from points.flows.staffing import (
    account_of,
    forget_failures,
    needs_everyone,
    opened_anew,
    refuse_grants,
    refuse_last_admin,
    refuse_second_account,
    tell_watchers,
)
from points.flows.wording import refuse_wording
from points.identity.errors import StaffUnchanged
from points.identity.guards import Watch, guard_name
from points.identity.roles import Kind
from points.identity.sessions import Ended
from points.identity.staff import Account, Change
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class DisableStaff:
    """Let a person in no more; all their sessions end."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnableStaff:
    """Let a person in again, with the roles that they had and that have not ended."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetStaff:
    """Take a person's password and second factor away and let them set both up anew.

    Attributes:
        set_up_hash: Keyed hash of the new set-up code.
        guard: Keyed hash of the account's name, under which its failures are counted.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    set_up_hash: str
    guard: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EndStaffSessions:
    """Log a person out everywhere."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str


def needs(_command: DisableStaff | EnableStaff | EndStaffSessions, keys: Keys) -> None:
    """Lock all accounts."""
    needs_everyone(keys)


def needs_reset(command: ResetStaff, keys: Keys) -> None:
    """Lock all accounts, and the guards of this one."""
    needs_everyone(keys)
    for watch in (Watch.ACCOUNT, Watch.FACTOR):
        keys.staff.guards.add(guard_name(watch, command.guard))


def decide_disable(command: DisableStaff, on: WorkingSet) -> Decision:
    """Disable the account and end its sessions."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    if not account.active:
        return StaffUnchanged()
    after = replace(account, active=False)
    if refusal := refuse_last_admin(after, on) or refuse_wording(command.reason, needed=False):
        return refusal
    on.sessions.end_all(Kind.STAFF, command.staff_id, Ended.DISABLED)
    return _stands(account, after, Change.DISABLED, command, on)


def decide_enable(command: EnableStaff, on: WorkingSet) -> Decision:
    """Enable the account."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    if account.active:
        return StaffUnchanged()
    after = replace(account, active=True)
    refusal = refuse_grants(after.roles(on.now), on.now) or refuse_second_account(after, on)
    if refusal := refusal or refuse_wording(command.reason, needed=False):
        return refusal
    return _stands(account, after, Change.ENABLED, command, on)


def decide_reset(command: ResetStaff, on: WorkingSet) -> Decision:
    """Replace what the person logs in with, end their sessions, and tell them and who watches."""
    account = account_of(command.staff_id, command.actor, on, rescue=True)
    if isinstance(account, Refusal):
        return account
    if refusal := refuse_wording(command.reason, needed=False):
        return refusal
    credential = opened_anew(command.staff_id, command.set_up_hash, on.now)
    on.staff.secure(credential)
    on.sessions.end_all(Kind.STAFF, command.staff_id, Ended.BY_ADMIN)
    forget_failures(command.guard, on)
    done = _stands(account, account, Change.RESET, command, on)
    until = credential.set_up_until
    return {**done, "set_up_until": until and until.isoformat()}


def _stands(
    account: Account,
    after: Account,
    change: Change,
    command: DisableStaff | EnableStaff | ResetStaff,
    on: WorkingSet,
) -> dict[str, object]:
    reason = command.reason.strip()
    stands = on.staff.happened(after, change, command.actor, on.now, reason)
    on.trail.note(
        f"{_VERBS[change]}_staff",
        command.staff_id,
        before=account.standing(),
        after=stands.standing(),
        reason=reason,
    )
    # To shut out whoever watches would be the first thing to do.
    tell_watchers(_NOTICES[change], command.staff_id, command.actor, on, command.staff_id)
    return {"staff_id": command.staff_id, "version": stands.version}


_NOTICES = {
    Change.DISABLED: "account_disabled",
    Change.ENABLED: "account_enabled",
    Change.RESET: "account_reset",
}
_VERBS = {Change.DISABLED: "disable", Change.ENABLED: "enable", Change.RESET: "reset"}


def decide_end_sessions(command: EndStaffSessions, on: WorkingSet) -> Decision:
    """End all sessions of the person."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    on.sessions.end_all(Kind.STAFF, command.staff_id, Ended.BY_ADMIN)
    on.trail.note("end_staff_sessions", command.staff_id)
    return {"staff_id": command.staff_id}


DISABLE = Flow("disable_staff", needs, decide_disable)
ENABLE = Flow("enable_staff", needs, decide_enable)
RESET = Flow("reset_staff", needs_reset, decide_reset)
END_SESSIONS = Flow("end_staff_sessions", needs, decide_end_sessions)
