"""Give a person of staff an account; they set it up themselves, with a code that is shown once."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.staffing import (
    needs_everyone,
    opened_anew,
    refuse_console,
    refuse_grants,
    refuse_second_account,
    tell_watchers,
)
from points.identity.errors import StaffExists, StaffNameInvalid
from points.identity.roles import Grant
from points.identity.staff import Account, name_ok
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class AddStaff:
    """Add an account.

    Attributes:
        staff_id: With which the person logs in; used once, for ever.
        grants: What the person may do.
        set_up_hash: Keyed hash of the set-up code; the code itself never comes here.
        person: The member that the person also is, if any: nobody reviews themselves.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    staff_id: str
    grants: tuple[Grant, ...]
    set_up_hash: str
    person: MemberId | None = None


def needs(command: AddStaff, keys: Keys) -> None:
    """Lock all accounts, and look whether there is such a member."""
    needs_everyone(keys)
    if command.person is not None:
        keys.members.seen.add(command.person)


def decide(command: AddStaff, on: WorkingSet) -> Decision:
    """Add the account."""
    if refusal := refuse_console(command.actor, on):
        return refusal
    if not name_ok(command.staff_id):
        return StaffNameInvalid()
    if command.staff_id in on.staff.accounts:
        return StaffExists()
    if refusal := refuse_grants(command.grants, on.now) or refuse_person(command.person, on):
        return refusal
    account = Account(
        staff_id=command.staff_id, version=0, grants=command.grants, person=command.person
    )
    if refusal := refuse_second_account(account, on):
        return refusal
    credential = opened_anew(command.staff_id, command.set_up_hash, on.now)
    tell_watchers("account_added", command.staff_id, command.actor, on)
    on.staff.add(account, credential, command.actor, on.now)
    on.trail.note(
        "add_staff", command.staff_id, after=on.staff.accounts[command.staff_id].standing()
    )
    until = credential.set_up_until
    return {"staff_id": command.staff_id, "set_up_until": until and until.isoformat()}


def refuse_person(person: MemberId | None, on: WorkingSet) -> Refusal | None:
    """Return the refusal where somebody is said to be a member who does not exist."""
    return NO_MEMBER if person is not None and on.register.member(person) is None else None


FLOW = Flow("add_staff", needs, decide)
