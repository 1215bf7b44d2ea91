"""The proposals' part of a batch: those under their locks, and what is to be appended."""

from dataclasses import dataclass, field

from points.kernel.ensure import ensure
from points.kernel.ids import ProposalId
from points.proposals.model import Proposal, Settled, Standing, State


@dataclass(slots=True)
class Agenda:
    """Proposals as they stand. Nothing here touches a database."""

    proposals: dict[ProposalId, Standing] = field(default_factory=dict)
    opened: list[Proposal] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.opened) + len(self.settled)

    def open(self, proposal: Proposal) -> None:
        """Append a proposal."""
        self.opened.append(proposal)
        self.proposals[proposal.proposal_id] = Standing(proposal=proposal, kept=State.PROPOSED)

    def settle(self, settled: Settled) -> None:
        """End a proposal.

        Raises:
            BrokenInvariant: It has ended already.
        """
        found = self.proposals[settled.proposal.proposal_id]
        ensure(found.kept is State.PROPOSED, "a proposal ends once")
        self.settled.append(settled)
        self.proposals[settled.proposal.proposal_id] = Standing(
            proposal=found.proposal, kept=settled.step
        )
