"""Withdraw one's own proposal before somebody decides it."""

from dataclasses import dataclass

from points.engine import Decision, Flow
from points.flows.casework import NO_PROPOSAL
from points.flows.decide_proposal import refuse_ended
from points.kernel.ids import Actor, AssociationId, OperationId, ProposalId
from points.proposals.errors import NotProposer
from points.proposals.model import Settled, State
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawProposal:
    """Take a proposal back."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    proposal_id: ProposalId


def needs(command: WithdrawProposal, keys: Keys) -> None:
    """Lock the proposal."""
    keys.proposals.proposals.add(command.proposal_id)


def decide(command: WithdrawProposal, on: WorkingSet) -> Decision:
    """End the proposal; nothing is carried out."""
    standing = on.agenda.proposals.get(command.proposal_id)
    if standing is None:
        return NO_PROPOSAL
    if standing.proposal.proposed_by != command.actor:
        return NotProposer()
    if refusal := refuse_ended(standing.state(on.now)):
        return refusal
    on.agenda.settle(
        Settled(
            proposal=standing.proposal,
            step=State.WITHDRAWN,
            actor=command.actor,
            reason="",
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    return {"proposal_id": command.proposal_id, "state": State.WITHDRAWN.value}


FLOW = Flow("withdraw_proposal", needs, decide)
