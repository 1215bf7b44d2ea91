"""Take a person into the register and let them take part in programmes."""

from dataclasses import dataclass, field
from datetime import date

from points.engine import Decision, Flow
from points.flows.consenting import attest, refuse_joining
from points.flows.context import context
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.model import Measure, account_id
from points.members.errors import (
    IdentityInvalid,
    IdentityTaken,
    NameInvalid,
    PhoneInvalid,
    PhoneTaken,
    ProgrammeUnknown,
    StatusInconsistent,
)
from points.members.identifiers import identity_ok, phone_ok
from points.members.model import NAME_LENGTH_MAX, Personal, Profile
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """Enrol a person who is not in the register yet.

    Attributes:
        name: Without blanks around it.
        phone: Eleven digits, nothing else.
        identity_number: Eighteen characters with a right check character, or None.
        programmes: ``party``, ``health``; may be empty, to be joined later.
        joined_on: When they joined the association, if known.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    name: str = field(repr=False)
    phone: str = field(repr=False)
    profile: Profile
    programmes: tuple[str, ...] = ()
    identity_number: str | None = field(default=None, repr=False)
    joined_on: date | None = None


def needs(command: Enrol, keys: Keys) -> None:
    """Find out whose the numbers are, if anybody's."""
    keys.members.phones.add(command.phone)
    if command.identity_number is not None:
        keys.members.identities.add(command.identity_number)


def decide(command: Enrol, on: WorkingSet) -> Decision:
    """Add the member, and open their accounts at zero."""
    if refusal := _refuse(command, on):
        return refusal
    personal = Personal(
        member_id=MemberId(on.ids.next()),
        name=command.name.strip(),
        phone=command.phone,
        identity_number=command.identity_number,
    )
    member = on.register.join(personal, command.profile, command.joined_on, command.actor, on.now)
    for programme in command.programmes:
        attest(member.member_id, programme, command.actor, on)
        on.register.enrol(member, programme, command.actor, on.now)
        open_accounts(on, member.member_id, programme)
    programmes = list(command.programmes)
    on.trail.note(
        "enrol", member.member_id, after={**command.profile.facts(), "programmes": programmes}
    )
    return {"member_id": member.member_id, "programmes": programmes}


def _refuse(command: Enrol, on: WorkingSet) -> Refusal | None:
    number = command.identity_number
    known = context(on).rules.programmes()
    if not 0 < len(command.name.strip()) <= NAME_LENGTH_MAX:
        return NameInvalid(length_max=NAME_LENGTH_MAX)
    if not phone_ok(command.phone):
        return PhoneInvalid()
    if number is not None and not identity_ok(number):
        return IdentityInvalid()
    if not command.profile.consistent:
        return StatusInconsistent()
    if not all(programme in known for programme in command.programmes):
        return ProgrammeUnknown()
    for programme in command.programmes:
        if refusal := refuse_joining(None, programme, command.actor, on):
            return refusal
    return _refuse_numbers(command, on)


def _refuse_numbers(command: Enrol, on: WorkingSet) -> Refusal | None:
    if command.phone in on.register.phones:
        return PhoneTaken()
    return IdentityTaken() if command.identity_number in on.register.identities else None


def open_accounts(on: WorkingSet, member: MemberId, programme: str) -> None:
    """Open a member's accounts in every measure of a programme; open ones stay as they are."""
    for name in context(on).rules.programmes()[programme]:
        on.books.open_account(account_id(member, Measure(programme, name)))


FLOW = Flow("enrol", needs, decide)
