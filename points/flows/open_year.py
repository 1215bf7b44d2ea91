"""Open a member's year: grant the base points of the yearly rating, once."""

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from points.engine import Decision, Flow
from points.flows.casework import NO_MEMBER
from points.flows.context import context
from points.flows.join import MEASURES
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.books import Draft
from points.ledger.errors import NoAccount
from points.ledger.model import Kind, Measure, account_id
from points.members.errors import (
    NoBasePoints,
    NotInProgramme,
    ProgrammeUnknown,
    YearAlreadyOpened,
    YearNotBegun,
)
from points.members.model import Member
from points.rules import RuleSet
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenYear:
    """Grant a member the year's base points in a programme."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    programme: str
    year: int


def needs(command: OpenYear, keys: Keys) -> None:
    """Lock the member and their accounts."""
    keys.members.members.add(command.member_id)
    keys.ledger.accounts.update(
        account_id(command.member_id, Measure(command.programme, name)) for name in MEASURES
    )


def decide(command: OpenYear, on: WorkingSet) -> Decision:
    """Post one grant that ends with the year; whoever enrols later in the year gets it too."""
    member = on.register.member(command.member_id)
    if member is None:
        return NO_MEMBER
    known = context(on)
    if command.programme not in known.rules.programmes():
        return ProgrammeUnknown()
    zone = known.rules.of(command.programme).zone
    begins, ends = (_new_year(year, zone) for year in (command.year, command.year + 1))
    # A rule set that begins within the year counts for whoever enrols after that.
    ruleset = known.rules.in_force(command.programme, begins) or known.rules.in_force(
        command.programme, on.now
    )
    if refusal := _refuse(command, on, member, ruleset, begins):
        return refusal
    enrolment = member.enrolments[command.programme]
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.GRANT,
        operation_id=command.operation_id,
        actor=command.actor,
        reason="year_base",
        now=on.now,
        effective_at=max(begins, enrolment.enrolled_at),
        origin={"programme": command.programme, "year": command.year},
    )
    for name, points in (ruleset.base if ruleset else {}).items():
        account = account_id(command.member_id, Measure(command.programme, name))
        draft.grant(account, points, expires_at=ends)
    on.register.open_year(member, command.programme, command.year, command.actor, on.now)
    transaction_id = draft.post().transaction_id
    on.trail.note(
        "open_year",
        member.member_id,
        after={"programme": command.programme, "year": command.year},
        detail={"transaction_id": transaction_id},
    )
    return {"transaction_id": transaction_id}


def _new_year(year: int, zone: ZoneInfo) -> datetime:
    return datetime(year, 1, 1, tzinfo=zone).astimezone(UTC)


def _refuse(
    command: OpenYear, on: WorkingSet, member: Member, ruleset: RuleSet | None, begins: datetime
) -> Refusal | None:
    if not member.enrolled(command.programme):
        return NotInProgramme()
    if begins > on.now:
        return YearNotBegun(year=command.year)
    if member.enrolments[command.programme].opened_year >= command.year:
        return YearAlreadyOpened(year=command.year)
    if ruleset is None or not ruleset.base:
        return NoBasePoints()
    accounts = (
        account_id(command.member_id, Measure(command.programme, name)) for name in ruleset.base
    )
    return None if all(map(on.books.account, accounts)) else NoAccount()


FLOW = Flow("open_year", needs, decide)
