"""Who may change whose account: what all flows about accounts of staff ask first."""

from dataclasses import replace
from datetime import datetime, timedelta

from points.duties.model import STAFF
from points.identity.errors import (
    LastAdmin,
    NotAtConsole,
    OwnRoles,
    PersonTaken,
    RoleInvalid,
    RolesConflict,
)
from points.identity.guards import Watch, guard_name
from points.identity.roles import STAFF_ROLES, Grant, Role
from points.identity.segregation import WATCHERS, conflict
from points.identity.staff import CONSOLE, Account, Credential
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import Actor
from points.unit_of_work import Keys, WorkingSet

SET_UP_LASTS = timedelta(hours=72)
NO_ACCOUNT = NotFound(noun="account", noun_zh="账号")


def needs_everyone(keys: Keys) -> None:
    """Lock all accounts: who else is there decides, as whether an admin is left."""
    keys.staff.everyone = True


def account_of(
    staff_id: str, actor: Actor, on: WorkingSet, *, rescue: bool = False
) -> Account | Refusal:
    """Return the account that somebody wants to change, or why they may not.

    Args:
        staff_id: The account.
        actor: Who wants to.
        on: With all accounts.
        rescue: Whether it is to let a person back in; the console may do so with the last admin.
    """
    if refusal := refuse_console(actor, on, besides=staff_id if rescue else ""):
        return refusal
    account = on.staff.accounts.get(staff_id)
    if account is None:
        return NO_ACCOUNT
    return OwnRoles() if account.actor == actor else account


def refuse_console(actor: Actor, on: WorkingSet, *, besides: str = "") -> Refusal | None:
    """Return the refusal where the machine's console acts although an admin could."""
    admins = on.staff.admins(on.now) - {besides}
    return NotAtConsole() if actor == CONSOLE and admins else None


def refuse_grants(grants: tuple[Grant, ...], now: datetime) -> Refusal | None:
    """Return why nobody can have these grants together, or None."""
    for each in grants:
        if each.role not in STAFF_ROLES or not each.counts(now):
            return RoleInvalid()
    pair = conflict(each.role for each in grants)
    return None if pair is None else RolesConflict(first=pair[0].value, second=pair[1].value)


def refuse_last_admin(after: Account, on: WorkingSet) -> Refusal | None:
    """Return the refusal where nobody would be left who manages staff."""
    left = on.staff.admins(on.now) - {after.staff_id}
    before = on.staff.accounts[after.staff_id].has(Role.ADMIN, on.now)
    lost = before and not _stays_admin(after)
    return LastAdmin() if lost and not left else None


def _stays_admin(account: Account) -> bool:
    # One that ends by itself would leave nobody one day.
    kept = any(each.role is Role.ADMIN and each.until is None for each in account.grants)
    return account.active and kept


def refuse_second_account(account: Account, on: WorkingSet) -> Refusal | None:
    """Return the refusal where another account that is in use is the same person's."""
    if account.person is None or not account.active:
        return None
    others = (each for each in on.staff.accounts.values() if each.staff_id != account.staff_id)
    taken = any(each.active and each.person == account.person for each in others)
    return PersonTaken() if taken else None


def tell_watchers(code: str, subject: str, actor: Actor, on: WorkingSet, *besides: str) -> None:
    """Leave a notice for everybody who watches, but for whoever acts: they know.

    Args:
        code: Of the notice.
        subject: Which account or key it is about.
        actor: Who acts.
        on: With all accounts.
        besides: Who is told whatever their role.
    """
    told = {*on.staff.holders(WATCHERS, on.now), *besides}
    told = {each for each in told if Actor(f"{STAFF}{each}") != actor}
    on.staff.tell(tuple(sorted(told)), code, subject, ids=on.ids, now=on.now)


def opened_anew(staff_id: str, code_hash: str, now: datetime) -> Credential:
    """Return what an account logs in with that has only a set-up code."""
    return Credential(staff_id=staff_id, set_up_hash=code_hash, set_up_until=now + SET_UP_LASTS)


def forget_failures(name: str, on: WorkingSet) -> None:
    """Open the guards of an account, whose holder proved otherwise to be the person."""
    for watch in (Watch.ACCOUNT, Watch.FACTOR):
        guard = on.staff.guard(guard_name(watch, name))
        on.staff.keep(replace(guard, failures=0, closed_until=None))
