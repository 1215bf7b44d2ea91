"""Adjustments by hand: one person proposes, another decides, and it happens once."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.duties.model import RelationKind
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.declare_relation import DeclareRelation
from points.flows.propose import ProposeGrant, ProposeReversal
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.flows.withdraw_proposal import WithdrawProposal
from points.kernel.amounts import Points
from points.kernel.ids import MemberId, ProposalId
from points.ledger.model import Measure
from points.ledger.reads import balances
from points.proposals.model import Proposal, State
from points.proposals.store import find_proposal, list_proposals
from tests.flows.town import HERE, Town, town

WALLET = Measure("party", "wallet")


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url, FLOWS) as it:
        yield it


def granting(here: Town, member: MemberId, actor: str = "staff:li", **other: Any) -> ProposeGrant:
    everyday = {
        "member_id": member,
        "measure": WALLET,
        "points": Points(50),
        "reason": "hardship_grant",
        "note": "住院，家庭困难",
    }
    command: ProposeGrant = here.command(ProposeGrant, actor, **(everyday | other))
    return command


def proposed(here: Town, command: Any) -> Proposal:
    found = here.done(command)["proposal_id"]
    return standing(here, found)


def standing(here: Town, proposal_id: str) -> Proposal:
    with here.engine.reading(HERE) as connection:
        filed = find_proposal(connection, HERE, ProposalId(proposal_id))
    assert filed is not None
    return filed.standing.proposal


def deciding(
    here: Town, proposal: Proposal, actor: str = "staff:chen", **other: Any
) -> DecideProposal:
    everyday = {"proposal": proposal, "verdict": Verdict.APPROVE}
    command: DecideProposal = here.command(DecideProposal, actor, **(everyday | other))
    return command


def available(here: Town, member: MemberId) -> int:
    with here.engine.reading(HERE) as connection:
        found = balances(connection, HERE, member, here.clock.now())
    return next(each.available for each in found if str(each.measure) == "party.wallet")


def in_state(here: Town, state: State) -> list[str]:
    with here.engine.reading(HERE) as connection:
        found = list_proposals(connection, HERE, state, here.clock.now(), limit=1000)
    return [each.standing.proposal.proposal_id for each in found]


def test_one_proposes_and_another_approves(here: Town) -> None:
    member = here.person()
    proposal = proposed(here, granting(here, member))
    assert available(here, member) == 0
    assert proposal.proposal_id in in_state(here, State.PROPOSED)
    command = deciding(here, proposal)
    done = here.done(command)
    assert done["state"] == "approved"
    assert len(done["transactions"]) == 1
    assert available(here, member) == 50
    assert here.submit(command).replayed
    assert here.refused(deciding(here, proposal, "staff:sun")) == "proposal_decided"
    assert available(here, member) == 50
    assert proposal.proposal_id in in_state(here, State.APPROVED)
    with here.engine.reading(HERE) as connection:
        filed = find_proposal(connection, HERE, proposal.proposal_id)
    assert filed is not None
    assert filed.settled is not None
    assert (filed.settled.actor, filed.standing.kept) == ("staff:chen", State.APPROVED)


def test_whoever_proposes_does_not_decide(here: Town) -> None:
    proposal = proposed(here, granting(here, here.person()))
    assert here.refused(deciding(here, proposal, "staff:li")) == "own_proposal"
    no = {"verdict": Verdict.REJECT, "reason": "不符合条件"}
    assert here.refused(deciding(here, proposal, "staff:li", **no)) == "own_proposal"
    assert proposal.proposal_id in in_state(here, State.PROPOSED)


def test_nobody_decides_for_themselves_or_a_relative(here: Town) -> None:
    member = here.person()
    proposal = proposed(here, granting(here, member))
    assert here.refused(deciding(here, proposal, person=member)) == "involved"
    assert here.refused(granting(here, member, person=member)) == "involved"
    for staff, kind in (("staff:wife", RelationKind.SPOUSE), ("staff:same", RelationKind.SELF)):
        declared = here.command(DeclareRelation, staff, staff=staff, member_id=member, kind=kind)
        here.done(declared)
        assert here.refused(deciding(here, proposal, staff)) == "involved"
        assert here.refused(granting(here, member, staff)) == "involved"
    assert here.done(deciding(here, proposal))["state"] == "approved"


def test_nobody_is_two_people(here: Town) -> None:
    """One who declared that two accounts are theirs, or logged in as the same member."""
    proposal, self = proposed(here, granting(here, here.person())), here.person()
    for staff in ("staff:li", "staff:li-too"):
        here.done(
            here.command(
                DeclareRelation, staff, staff=staff, member_id=self, kind=RelationKind.SELF
            )
        )
    no = {"verdict": Verdict.REJECT, "reason": "不符合条件"}
    for said in ({}, no):
        assert here.refused(deciding(here, proposal, "staff:li-too", **said)) == "own_proposal"
        assert here.refused(deciding(here, proposal, person=self, **said)) == "own_proposal"
    assert here.done(deciding(here, proposal))["state"] == "approved"


def test_a_rejection_has_a_reason_and_gives_nothing(here: Town) -> None:
    member = here.person()
    proposal = proposed(here, granting(here, member))
    no = {"verdict": Verdict.REJECT}
    assert here.refused(deciding(here, proposal, **no)) == "reason_needed"
    assert here.done(deciding(here, proposal, **no, reason="不符合条件"))["state"] == "rejected"
    assert here.refused(deciding(here, proposal)) == "proposal_decided"
    assert available(here, member) == 0


def test_only_the_proposer_withdraws(here: Town) -> None:
    proposal = proposed(here, granting(here, here.person()))
    name = {"proposal_id": proposal.proposal_id}
    assert here.refused(here.command(WithdrawProposal, "staff:chen", **name)) == "not_proposer"
    assert here.done(here.command(WithdrawProposal, "staff:li", **name))["state"] == "withdrawn"
    assert here.refused(here.command(WithdrawProposal, "staff:li", **name)) == "proposal_decided"
    assert here.refused(deciding(here, proposal)) == "proposal_decided"
    unknown = here.command(WithdrawProposal, "staff:li", proposal_id=ProposalId("0" * 26))
    assert here.refused(unknown) == "not_found"


def test_what_is_not_decided_in_time_expires(here: Town) -> None:
    proposal = proposed(here, granting(here, here.person()))
    here.clock.advance(timedelta(days=7) - timedelta(seconds=1))
    assert proposal.proposal_id in in_state(here, State.PROPOSED)
    here.clock.advance(timedelta(seconds=1))
    assert proposal.proposal_id not in in_state(here, State.PROPOSED)
    assert proposal.proposal_id in in_state(here, State.EXPIRED)
    assert here.refused(deciding(here, proposal)) == "proposal_expired"


@pytest.mark.parametrize(
    ("other", "code"),
    [
        ({"points": 501}, "proposal_too_large"),
        ({"points": 0}, "proposal_too_large"),
        ({"reason": "friendship"}, "proposal_reason"),
        ({"reason": "falsified"}, "proposal_reason"),
        ({"note": " "}, "reason_needed"),
        ({"note": "电话 13800138000"}, "personal_in_text"),
        ({"measure": Measure("health", "wallet")}, "not_enrolled"),
        ({"member_id": MemberId("0" * 26)}, "not_found"),
    ],
)
def test_what_cannot_be_proposed(here: Town, other: dict[str, Any], code: str) -> None:
    assert here.refused(granting(here, here.person(), **other)) == code


def test_points_that_have_expired_help_nobody(here: Town) -> None:
    member = here.person()
    past = granting(here, member, expires_at=here.clock.now())
    assert here.refused(past) == "expiry_past"
    soon = granting(here, member, expires_at=here.clock.now() + timedelta(days=1))
    proposal = proposed(here, soon)
    here.clock.advance(timedelta(days=1))
    assert here.refused(deciding(here, proposal)) == "expiry_past"


def test_a_proposal_that_was_made_up_is_none(here: Town) -> None:
    member = here.person()
    proposal = proposed(here, granting(here, member, points=Points(5)))
    changed = {name: getattr(proposal, name) for name in proposal.__slots__}
    larger = Proposal(**(changed | {"points": Points(500)}))
    assert here.refused(deciding(here, larger)) == "not_found"
    assert available(here, member) == 0


def test_an_activitys_points_are_taken_back_by_two(here: Town) -> None:
    member = here.person()
    activity = here.in_publicity(member)
    name = {"activity_id": activity, "reason": "falsified", "note": "当日不在场"}
    assert here.refused(here.command(ProposeReversal, person=member, **name)) == "involved"
    proposal = proposed(here, here.command(ProposeReversal, **name))
    assert proposal.transactions == here.filed(activity).claim.transactions
    assert here.refused(deciding(here, proposal, "staff:li")) == "own_proposal"
    twice = proposed(here, here.command(ProposeReversal, "staff:zhao", **name))
    assert here.done(deciding(here, proposal))["state"] == "approved"
    assert here.state(activity) == "reversed"
    assert here.refused(deciding(here, twice)) == "claim_state"
    assert here.refused(here.command(ProposeReversal, **name)) == "claim_state"
    unknown = name | {"activity_id": "0" * 26}
    assert here.refused(here.command(ProposeReversal, **unknown)) == "not_found"


def test_everything_above_follows_from_the_facts(here: Town) -> None:
    verdict = verify(here.engine, HERE)
    assert verdict.ok, verdict.first_difference
