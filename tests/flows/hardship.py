"""An association whose rules let members give points away, and short ways to give and to grant."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from points.benefits.model import Fund
from points.benefits.store import funds_of
from points.engine import Outcome
from points.flows.context import Context
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.donate import Donate
from points.flows.propose import ProposeDonationReturn, ProposeGrant
from points.flows.table import FLOWS
from points.kernel.amounts import Points
from points.kernel.ids import MemberId, ProposalId
from points.ledger.model import Measure
from points.ledger.reads import balances
from points.proposals.model import Proposal
from points.proposals.store import find_proposal
from points.rules import BenefitPolicy, DonationPolicy, HardshipPolicy
from points.rules.benefits import FUND, ISSUANCE
from tests.flows.market import Market, market
from tests.flows.town import HERE, civic_context

WALLET = Measure("health", "wallet")
POLICY = BenefitPolicy(
    donations={"health": DonationPolicy(least=10, most=200, per_month=300)},
    hardship={
        "health": HardshipPolicy(source=FUND, per_member_month=60, days=30),
        "party": HardshipPolicy(source=ISSUANCE, per_member_month=60),
    },
)


def context(policy: BenefitPolicy = POLICY) -> Context:
    return replace(civic_context(), benefits=policy)


@dataclass
class Charity:
    """Members with points, and two people of staff."""

    market: Market

    def give(self, member: MemberId, points: int, **more: Any) -> Outcome:
        said = {"member_id": member, "programme": "health", "points": Points(points)}
        return self.market.engine.submit(
            Donate(**self.market.named(actor=f"member:{member}"), **(said | more))
        )

    def given(self, member: MemberId, points: int, **more: Any) -> str:
        outcome = self.give(member, points, **more)
        assert outcome.refusal is None, outcome.refusal
        return str(outcome.result["donation_id"])

    def proposal(self, command: Any) -> Proposal:
        found = ProposalId(self.market.town.done(command)["proposal_id"])
        with self.market.engine.reading(HERE) as connection:
            filed = find_proposal(connection, HERE, found)
        assert filed is not None
        return filed.standing.proposal

    def granting(self, member: MemberId, points: int, measure: Measure = WALLET) -> Proposal:
        said = {
            "member_id": member,
            "measure": measure,
            "points": Points(points),
            "reason": "hardship_grant",
            "note": "住院",
        }
        return self.proposal(ProposeGrant(**self.market.named(**said)))

    def returning(self, donation: str) -> Proposal:
        said = {"donation_id": donation, "reason": "donated_in_error", "note": "误点"}
        return self.proposal(ProposeDonationReturn(**self.market.named(**said)))

    def approve(self, proposal: Proposal) -> Outcome:
        said = self.market.named(actor="staff:chen", proposal=proposal, verdict=Verdict.APPROVE)
        return self.market.engine.submit(DecideProposal(**said))

    def fund(self, programme: str = "health") -> Fund:
        with self.market.engine.reading(HERE) as connection:
            return funds_of(connection, HERE).get(programme, Fund(programme=programme))

    def available(self, member: MemberId, measure: Measure = WALLET) -> int:
        with self.market.engine.reading(HERE) as connection:
            held = balances(connection, HERE, member, self.market.clock.now())
        return next(int(each.available) for each in held if each.measure == str(measure))


@contextmanager
def charity(url: str, policy: BenefitPolicy = POLICY) -> Iterator[Charity]:
    with market(url, dict(FLOWS), context(policy)) as here:
        yield Charity(here)
