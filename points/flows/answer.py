"""Answer an objection with a reason: it is upheld, or the publicity goes on."""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong, OwnClaim, SamePerson
from points.activities.model import Claim, State, Step
from points.engine import Decision, Flow
from points.flows.casework import (
    NO_CLAIM,
    handled,
    need_relations,
    own,
    refuse_involved,
    zone_of,
)
from points.flows.context import context
from points.flows.wording import refuse_wording
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer the open objection to a claim.

    Attributes:
        upheld: Whether the objection is right; the claim's points are then taken back.
        reason: In words; kept for ever.
        person: The member that the one who answers also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    upheld: bool
    reason: str
    person: MemberId | None = None


def needs(command: Answer, keys: Keys) -> None:
    """Lock the claim; working days say when the publicity ends now."""
    keys.activities.claims.add(command.activity_id)
    keys.activities.calendar = True
    need_relations(keys, command.actor)


def decide(command: Answer, on: WorkingSet) -> Decision:
    """Leave the claim to be reversed, or let its clock run on where it stopped."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if refusal := _refuse(command, claim, on):
        return refusal
    before = str(claim.state)
    if not command.upheld:
        _run_on(claim, on)
    step = Step.UPHELD if command.upheld else Step.DISMISSED
    on.docket.take(claim, step, command.actor, on.now, reason=command.reason.strip())
    on.trail.note(
        "answer",
        claim.activity_id,
        before={"state": before},
        after={"state": str(claim.state)},
        reason=command.reason.strip(),
        detail={"upheld": command.upheld, "member_id": claim.member_id},
    )
    until = claim.publicity_until
    return {
        "activity_id": claim.activity_id,
        "state": str(claim.state),
        "publicity_until": until.isoformat() if until and not command.upheld else None,
        "to_reverse": list(claim.transactions) if command.upheld else [],
    }


def _refuse(command: Answer, claim: Claim, on: WorkingSet) -> Refusal | None:
    if claim.state is not State.OBJECTED:
        return ClaimStateWrong(state=str(claim.state))
    if own(claim, on, command.actor, command.person):
        return OwnClaim()
    if handled(claim, on, command.actor, command.person):
        return SamePerson()
    if refusal := refuse_involved(on, command.actor, command.person, claim.member_id):
        return refusal
    return refuse_wording(command.reason)


def _run_on(claim: Claim, on: WorkingSet) -> None:
    # At least one working day: whoever else wants to object sees that the first did not succeed.
    days = max(claim.days_left or 0, 1)
    zone = zone_of(context(on), claim.type)
    until = on.docket.calendar.end_of(on.now, days, zone)
    claim.publicity_until = max(claim.publicity_until or until, until)
    claim.days_left = claim.objected_by = None


FLOW = Flow("answer", needs, decide)
