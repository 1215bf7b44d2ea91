"""Give a person of staff a role, take one away, or say which member the person also is."""

from dataclasses import dataclass, replace

from points.engine import Decision, Flow
from points.flows.add_staff import refuse_person
from points.flows.staffing import (
    account_of,
    needs_everyone,
    refuse_grants,
    refuse_last_admin,
    refuse_second_account,
    tell_watchers,
)
from points.flows.wording import refuse_wording
from points.identity.errors import StaffUnchanged
from points.identity.roles import Grant
from points.identity.staff import Account, Change
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole:
    """Let a person do more, for good or until a moment."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    grant: Grant
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole:
    """Let a person do less, from now on.

    Attributes:
        grant: As people spell it: ``officer``, ``reviewer:branch:第一支部``.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    grant: str
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkPerson:
    """Say which member a person of staff also is, or that they are none."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    person: MemberId | None


def needs(_command: GrantRole | RevokeRole, keys: Keys) -> None:
    """Lock all accounts."""
    needs_everyone(keys)


def needs_link(command: LinkPerson, keys: Keys) -> None:
    """Lock all accounts, and look whether there is such a member."""
    needs_everyone(keys)
    if command.person is not None:
        keys.members.seen.add(command.person)


def decide_grant(command: GrantRole, on: WorkingSet) -> Decision:
    """Add the grant; one that goes as far is replaced."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    after = account.with_grant(command.grant)
    # Roles that have ended stand in nobody's way.
    counting = tuple(each for each in after.grants if each.counts(on.now))
    refusal = (
        refuse_grants((command.grant,), on.now)
        or refuse_grants(counting, on.now)
        or refuse_wording(command.reason, needed=False)
        # An admin's role that ends is no admin's for good.
        or refuse_last_admin(after, on)
    )
    if refusal:
        return refusal
    if command.grant in account.grants:
        return StaffUnchanged()
    return _changed(account, after, Change.GRANTED, command, on)


def decide_revoke(command: RevokeRole, on: WorkingSet) -> Decision:
    """Take the grant away; the next request of the person has it no more."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    after = account.without(command.grant)
    if after == account:
        return StaffUnchanged()
    if refusal := refuse_last_admin(after, on) or refuse_wording(command.reason, needed=False):
        return refusal
    return _changed(account, after, Change.REVOKED, command, on)


def _changed(
    account: Account,
    after: Account,
    change: Change,
    command: GrantRole | RevokeRole,
    on: WorkingSet,
) -> Decision:
    reason = command.reason.strip()
    stands = on.staff.happened(after, change, command.actor, on.now, reason)
    on.trail.note(
        "grant_role" if change is Change.GRANTED else "revoke_role",
        command.staff_id,
        before=account.standing(),
        after=stands.standing(),
        reason=reason,
    )
    tell_watchers("roles_changed", command.staff_id, command.actor, on, command.staff_id)
    return {"staff_id": command.staff_id, "version": stands.version}


def decide_link(command: LinkPerson, on: WorkingSet) -> Decision:
    """Link the person."""
    account = account_of(command.staff_id, command.actor, on)
    if isinstance(account, Refusal):
        return account
    if account.person == command.person:
        return StaffUnchanged()
    if refusal := refuse_person(command.person, on):
        return refusal
    after = replace(account, person=command.person)
    if refusal := refuse_second_account(after, on):
        return refusal
    stands = on.staff.happened(after, Change.LINKED, command.actor, on.now)
    on.trail.note(
        "link_person", command.staff_id, before=account.standing(), after=stands.standing()
    )
    # Whom somebody may not decide about hangs on it.
    tell_watchers("person_linked", command.staff_id, command.actor, on, command.staff_id)
    return {"staff_id": command.staff_id, "version": stands.version}


GRANT = Flow("grant_role", needs, decide_grant)
REVOKE = Flow("revoke_role", needs, decide_revoke)
LINK = Flow("link_person", needs_link, decide_link)
