"""Decide a proposal: another person approves it, and it is carried out at once, or rejects it.

The proposal itself never changes, so it was looked up before and travels in the command: what has
to be locked follows from it. Where it stands is read under its lock.
"""

from dataclasses import dataclass
from enum import StrEnum

from points.engine import Decision, Flow
from points.flows import grant, return_donation, reverse, supersede
from points.flows.casework import NO_PROPOSAL, refuse_involved
from points.flows.drafting import need_people, refuse_own
from points.flows.grant import Grant
from points.flows.return_donation import ReturnDonation
from points.flows.reverse import Reverse
from points.flows.supersede import Supersede
from points.flows.wording import refuse_wording
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, ProposalId
from points.ledger.model import Measure
from points.proposals.errors import ExpiryPast, OwnProposal, ProposalDecided, ProposalExpired
from points.proposals.model import Proposal, Settled, State
from points.unit_of_work import Keys, WorkingSet


class Verdict(StrEnum):
    """What the second person says."""

    APPROVE = "approve"
    REJECT = "reject"


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideProposal:
    """Approve or reject a proposal of somebody else.

    Attributes:
        proposal: The fact itself.
        reason: Needed for a rejection; kept for ever.
        person: The member that the one who decides also is, if any.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    proposal: Proposal
    verdict: Verdict
    reason: str = ""
    person: MemberId | None = None

    @property
    def proposal_id(self) -> ProposalId:
        """What it is about."""
        return self.proposal.proposal_id


def needs(command: DecideProposal, keys: Keys) -> None:
    """Lock the proposal and whatever its approval changes."""
    keys.proposals.proposals.add(command.proposal_id)
    need_people(keys, (command.actor, command.proposal.proposed_by))
    if command.verdict is Verdict.REJECT:
        return
    carried = _carried(command)
    _flow(carried).needs(carried, keys)


def decide(command: DecideProposal, on: WorkingSet) -> Decision:
    """Carry the proposal out and end it, or end it alone."""
    if refusal := _refuse(command, on):
        return refusal
    posted: list[str] = []
    made: dict[str, str] = {}
    if command.verdict is Verdict.APPROVE:
        carried = _carried(command)
        done = _flow(carried).decide(carried, on)
        if isinstance(done, Refusal):
            return done
        # A reversal posts nothing where all that was granted has expired meanwhile.
        posted = done["transactions"] if "transactions" in done else [done["transaction_id"]]
        made = {"activity_id": done["activity_id"]} if isinstance(carried, Supersede) else {}
    step = State.APPROVED if command.verdict is Verdict.APPROVE else State.REJECTED
    _settle(command, step, command.reason.strip(), on)
    return {
        "proposal_id": command.proposal_id,
        "state": step.value,
        "transactions": posted,
        **made,
    }


def _settle(command: DecideProposal, step: State, reason: str, on: WorkingSet) -> None:
    """End a proposal and put it on the trail."""
    on.agenda.settle(
        Settled(
            proposal=command.proposal,
            step=step,
            actor=command.actor,
            reason=reason,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        f"proposal_{step.value}",
        command.proposal_id,
        before={"state": State.PROPOSED.value},
        after={"state": step.value, "member_id": command.proposal.member_id},
        reason=reason,
    )


def _refuse(command: DecideProposal, on: WorkingSet) -> Refusal | None:
    standing = on.agenda.proposals.get(command.proposal_id)
    if standing is None or standing.proposal != command.proposal:
        return NO_PROPOSAL
    # Two accounts of one human are one person.
    if refuse_own(on, command.actor, command.person, (command.proposal.proposed_by,)) is not None:
        return OwnProposal()
    about = command.proposal.member_id
    if refusal := refuse_involved(on, command.actor, command.person, about):
        return refusal
    return refuse_ended(standing.state(on.now)) or _refuse_content(command, on)


def refuse_ended(state: State) -> Refusal | None:
    """Return why a proposal can no longer be ended, or None."""
    if state is State.EXPIRED:
        return ProposalExpired()
    return None if state is State.PROPOSED else ProposalDecided(state=state.value)


def _refuse_content(command: DecideProposal, on: WorkingSet) -> Refusal | None:
    expires_at = command.proposal.expires_at
    approves = command.verdict is Verdict.APPROVE
    if approves and expires_at is not None and expires_at <= on.now:
        return ExpiryPast()
    return refuse_wording(command.reason, needed=not approves)


Carried = Grant | ReturnDonation | Reverse | Supersede


def _flow(carried: Carried) -> Flow:
    if isinstance(carried, Grant):
        return grant.FLOW
    if isinstance(carried, ReturnDonation):
        return return_donation.FLOW
    return reverse.FLOW if isinstance(carried, Reverse) else supersede.FLOW


def _carried(command: DecideProposal) -> Carried:
    """Return what an approval carries out, under the same operation and whoever approves."""
    wanted = command.proposal
    if wanted.measure is not None and wanted.points is not None:
        return Grant(
            association_id=command.association_id,
            operation_id=command.operation_id,
            actor=command.actor,
            member_id=wanted.member_id,
            measure=Measure.parse(wanted.measure),
            points=wanted.points,
            reason=wanted.reason,
            expires_at=wanted.expires_at,
            proposal_id=wanted.proposal_id,
        )
    if wanted.donation_id is not None:
        return ReturnDonation(
            association_id=command.association_id,
            operation_id=command.operation_id,
            actor=command.actor,
            donation_id=wanted.donation_id,
            member_id=wanted.member_id,
            programme=Measure.parse(wanted.measure or "").programme,
            reason=wanted.reason,
            proposal_id=wanted.proposal_id,
        )
    ensure(wanted.activity_id is not None, "a reversal says of which activity")
    if wanted.replacement is not None:
        return Supersede(
            association_id=command.association_id,
            operation_id=command.operation_id,
            actor=command.actor,
            proposed_by=wanted.proposed_by,
            proposal_id=wanted.proposal_id,
            activity_id=wanted.activity_id,  # type: ignore[arg-type]  # ensured above
            member_id=wanted.member_id,
            replacement=wanted.replacement,
            transactions=wanted.transactions,
            peers=wanted.peers,
        )
    return Reverse(
        association_id=command.association_id,
        operation_id=command.operation_id,
        actor=command.actor,
        activity_id=wanted.activity_id,  # type: ignore[arg-type]  # ensured above
        member_id=wanted.member_id,
        transactions=wanted.transactions,
        peers=wanted.peers,
        reason=wanted.reason,
        proposal_id=wanted.proposal_id,
    )


FLOW = Flow("decide_proposal", needs, decide)
