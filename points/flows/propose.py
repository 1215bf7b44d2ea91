"""Propose an adjustment by hand: points outside the rules, or an activity's points back.

Or a donation that is to be given back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from points.activities.errors import ClaimStateWrong
from points.activities.model import Step
from points.benefits.errors import DonationReturned
from points.engine import Decision, Flow, Result
from points.flows.casework import NO_CLAIM, need_relations, refuse_gone, refuse_involved
from points.flows.context import context
from points.flows.return_donation import NO_DONATION
from points.flows.wording import refuse_wording
from points.kernel.amounts import Points
from points.kernel.errors import Refusal
from points.kernel.ids import (
    ActivityId,
    Actor,
    AssociationId,
    MemberId,
    OperationId,
    ProposalId,
)
from points.ledger.errors import NoAccount
from points.ledger.model import Measure, account_id
from points.proposals.errors import ExpiryPast, ProposalReason, ProposalTooLarge
from points.proposals.model import REASONS, Kind, Proposal
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeGrant:
    """Propose to give a member points outside the rules.

    Attributes:
        reason: A stable code: ``hardship_grant``, ``missed_award`` or ``goodwill``.
        note: Why, in words; kept for ever.
        expires_at: When the points go; None for never.
        person: The member that the one who proposes also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    member_id: MemberId
    measure: Measure
    points: Points
    reason: str
    note: str
    expires_at: datetime | None = None
    person: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeReversal:
    """Propose to take back everything that an activity was granted.

    Attributes:
        reason: A stable code: ``error`` or ``falsified``.
        note: Why, in words; kept for ever.
        person: The member that the one who proposes also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity_id: ActivityId
    reason: str
    note: str
    person: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeDonationReturn:
    """Propose to give a donation back to whoever made it.

    Attributes:
        reason: A stable code: ``donated_in_error`` or ``donor_in_need``.
        note: Why, in words; kept for ever.
        person: The member that the one who proposes also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    donation_id: str
    reason: str
    note: str
    person: MemberId | None = None


def needs_grant(command: ProposeGrant, keys: Keys) -> None:
    """Look at the member and the account."""
    keys.members.members.add(command.member_id)
    keys.ledger.accounts.add(account_id(command.member_id, command.measure))
    need_relations(keys, command.actor)


def needs_reversal(command: ProposeReversal, keys: Keys) -> None:
    """Look at the claim."""
    keys.activities.claims.add(command.activity_id)
    need_relations(keys, command.actor)


def needs_return(command: ProposeDonationReturn, keys: Keys) -> None:
    """Look at the donation."""
    keys.hardship.donations.add(command.donation_id)
    need_relations(keys, command.actor)


def decide_return(command: ProposeDonationReturn, on: WorkingSet) -> Decision:
    """Put it before another person; whether the fund still has the points is seen then."""
    donation = on.hardship.donations.get(command.donation_id)
    if donation is None:
        return NO_DONATION
    if refusal := refuse_involved(on, command.actor, command.person, donation.member_id):
        return refusal
    if command.donation_id in on.hardship.returned:
        return DonationReturned()
    if refusal := refuse_words(Kind.RETURN, command.reason, command.note):
        return refusal
    return open_proposal(
        Proposal(
            proposal_id=ProposalId(on.ids.next()),
            kind=Kind.RETURN,
            member_id=donation.member_id,
            reason=command.reason,
            note=command.note.strip(),
            proposed_by=command.actor,
            proposed_at=on.now,
            until=until(on),
            measure=f"{donation.programme}.wallet",
            donation_id=donation.entry_id,
        ),
        on,
    )


def decide_grant(command: ProposeGrant, on: WorkingSet) -> Decision:
    """Put the grant before another person."""
    if refusal := refuse_gone(on, command.member_id, command.measure.programme):
        return refusal
    if refusal := refuse_involved(on, command.actor, command.person, command.member_id):
        return refusal
    if on.books.account(account_id(command.member_id, command.measure)) is None:
        return NoAccount()
    most = context(on).duties.proposal_points_max
    if not 0 < command.points <= most:
        return ProposalTooLarge(points_max=most)
    if command.expires_at is not None and command.expires_at <= on.now:
        return ExpiryPast()
    if refusal := refuse_words(Kind.GRANT, command.reason, command.note):
        return refusal
    return open_proposal(
        Proposal(
            proposal_id=ProposalId(on.ids.next()),
            kind=Kind.GRANT,
            member_id=command.member_id,
            reason=command.reason,
            note=command.note.strip(),
            proposed_by=command.actor,
            proposed_at=on.now,
            until=until(on),
            measure=str(command.measure),
            points=command.points,
            expires_at=command.expires_at,
        ),
        on,
    )


def decide_reversal(command: ProposeReversal, on: WorkingSet) -> Decision:
    """Put the reversal before another person, with the transactions as they stand."""
    claim = on.docket.claim(command.activity_id)
    if claim is None:
        return NO_CLAIM
    if refusal := refuse_involved(on, command.actor, command.person, claim.member_id):
        return refusal
    # What granted nothing may still count in a history, wait for its window or freeze somebody.
    if not claim.allows(Step.REVERSED):
        return ClaimStateWrong(state=str(claim.state))
    if refusal := refuse_words(Kind.REVERSE, command.reason, command.note):
        return refusal
    return open_proposal(
        Proposal(
            proposal_id=ProposalId(on.ids.next()),
            kind=Kind.REVERSE,
            member_id=claim.member_id,
            reason=command.reason,
            note=command.note.strip(),
            proposed_by=command.actor,
            proposed_at=on.now,
            until=until(on),
            activity_id=claim.activity_id,
            transactions=claim.transactions,
            peers=claim.peers,
        ),
        on,
    )


def refuse_words(kind: Kind, reason: str, note: str) -> Refusal | None:
    """Return what is wrong with why something is proposed, or None."""
    if reason not in REASONS[kind]:
        return ProposalReason(known=", ".join(REASONS[kind]))
    return refuse_wording(note)


def until(on: WorkingSet) -> datetime:
    """Return until when what is proposed now can be decided."""
    return on.now + timedelta(days=context(on).duties.proposal_days)


def open_proposal(proposal: Proposal, on: WorkingSet) -> Result:
    """Append a proposal and put it on the trail."""
    on.agenda.open(proposal)
    on.trail.note(
        f"propose_{proposal.kind.value}",
        proposal.proposal_id,
        after={
            "member_id": proposal.member_id,
            "measure": proposal.measure,
            "points": proposal.points,
            "activity_id": proposal.activity_id,
            **({"donation_id": proposal.donation_id} if proposal.donation_id else {}),
            "code": proposal.reason,
            **_replaced(proposal),
        },
        reason=proposal.note,
    )
    return {
        "proposal_id": proposal.proposal_id,
        "state": "proposed",
        "until": proposal.until.isoformat(),
    }


def _replaced(proposal: Proposal) -> dict[str, Any]:
    right = proposal.replacement
    if right is None:
        return {}
    return {
        "type": right.type,
        "occurred_at": right.occurred_at,
        "ended_at": right.ended_at,
        "fields": dict(right.fields),
    }


GRANT = Flow("propose_grant", needs_grant, decide_grant)
REVERSAL = Flow("propose_reversal", needs_reversal, decide_reversal)
RETURN = Flow("propose_donation_return", needs_return, decide_return)
