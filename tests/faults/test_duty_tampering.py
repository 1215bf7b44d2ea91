"""Someone who may do anything changes proposals, relations or counts: the verifier names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from points.activities.verify import verify_activities
from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.duties.model import RelationKind
from points.duties.verify import rebuild_duties, verify_duties
from points.flows.decide_proposal import DecideProposal, Verdict
from points.flows.declare_relation import DeclareRelation
from points.flows.propose import ProposeGrant
from points.flows.table import FLOWS
from points.kernel.amounts import Points
from points.kernel.ids import ProposalId
from points.ledger.model import Measure
from points.proposals.store import find_proposal
from points.proposals.verify import rebuild_proposals, verify_proposals
from tests.faults.tamperings import Tampering
from tests.flows.town import HERE, Town, town

OURS = "association_id = 'panjin'"
PROPOSAL = f"SELECT proposal_id FROM proposal WHERE {OURS} ORDER BY 1 LIMIT 1"  # noqa: S608
REVIEWED = f"SELECT activity_id FROM claim_event WHERE {OURS} AND step = 'first_approved' ORDER BY 1 LIMIT 1"  # noqa: S608
HOLDER = f"SELECT holder FROM quota_use WHERE {OURS} AND quota = 'claims' ORDER BY 1 LIMIT 1"  # noqa: S608
STAFF = f"SELECT staff FROM relation WHERE {OURS} ORDER BY 1 LIMIT 1"  # noqa: S608

TAMPERINGS = [
    Tampering(
        "reopened_proposal",
        PROPOSAL,
        "UPDATE proposal_state SET state = 'proposed' WHERE proposal_id = :it",
        "proposals_stand_where_their_event_left_them",
        mends=True,
    ),
    Tampering(
        "deleted_state",
        PROPOSAL,
        "DELETE FROM proposal_state WHERE proposal_id = :it",
        "proposals_stand_where_their_event_left_them",
        mends=True,
    ),
    Tampering(
        "another_proposer",
        PROPOSAL,
        "UPDATE proposal SET proposed_by = 'staff:nobody' WHERE proposal_id = :it",
        "proposals_are_decided_by_another",
    ),
    Tampering(
        "larger_proposal",
        PROPOSAL,
        "UPDATE proposal SET points = points + 1 WHERE proposal_id = :it",
        "approved_grants_are_what_was_posted",
    ),
    Tampering(
        "invented_approval",
        PROPOSAL,
        "UPDATE proposal_event SET operation_id = 'none' WHERE proposal_id = :it",
        "approved_grants_are_what_was_posted",
    ),
    Tampering(
        "forgotten_reviews",
        HOLDER,
        "DELETE FROM quota_use WHERE holder = :it AND quota = 'claims'",
        "quota_use_follows_from_claim_events",
        mends=True,
    ),
    Tampering(
        "fewer_points",
        HOLDER,
        "UPDATE quota_use SET used = used - 1 WHERE holder = :it AND quota = 'points'",
        "quota_use_follows_from_claim_events",
        mends=True,
    ),
    Tampering(
        "another_day",
        HOLDER,
        "UPDATE quota_use SET day = '2026-01-01' WHERE holder = :it AND quota = 'claims'",
        "quota_use_follows_from_claim_events",
        mends=True,
    ),
    Tampering(
        "uncounted_approval",
        REVIEWED,
        "UPDATE claim_event SET detail = '{}' WHERE activity_id = :it AND step = 'first_approved'",
        "approvals_count_against_their_reviewer",
    ),
    Tampering(
        "another_reviewer",
        REVIEWED,
        "UPDATE claim_event SET actor = 'staff:nobody' WHERE activity_id = :it"
        " AND step = 'first_approved'",
        "approvals_count_against_their_reviewer",
    ),
    Tampering(
        "claims_worth",
        REVIEWED,
        "UPDATE claim SET worth = worth + 1 WHERE activity_id = :it",
        "claims_are_worth_what_their_first_event_says",
    ),
    Tampering(
        "hidden_relation",
        STAFF,
        "UPDATE relation SET active = FALSE WHERE staff = :it",
        "relations_follow_from_their_events",
        mends=True,
    ),
    Tampering(
        "deleted_relation",
        STAFF,
        "DELETE FROM relation WHERE staff = :it",
        "relations_follow_from_their_events",
        mends=True,
    ),
]


@pytest.fixture(scope="module")
def here(module_database_url: str) -> Iterator[Town]:
    """A town with a proposal, a relation and reviews."""
    with town(module_database_url, FLOWS) as it:
        member = it.person()
        it.approve(it.done(it.shift(member))["activity_id"])
        it.approve(it.done(it.shift(it.person(), batch_id="s"))["activity_id"])
        kin = {"staff": "staff:kin", "member_id": member, "kind": RelationKind.CHILD}
        it.done(it.command(DeclareRelation, "staff:kin", **kin))
        wish: dict[str, Any] = {"member_id": member, "measure": Measure("party", "wallet")}
        words = {"points": Points(5), "reason": "goodwill", "note": "感谢"}
        made = it.done(it.command(ProposeGrant, **wish, **words))["proposal_id"]
        with it.engine.reading(HERE) as connection:
            filed = find_proposal(connection, HERE, ProposalId(made))
        assert filed is not None
        said = {"proposal": filed.standing.proposal, "verdict": Verdict.APPROVE}
        it.done(it.command(DecideProposal, "staff:chen", **said))
        yield it


@contextmanager
def closing_engine(here: Town) -> Iterator[Database]:
    """A way into the database of a town that no authorizer watches."""
    url = here.engine.database.url.render_as_string(hide_password=False)
    database = open_database(url, migrating=True)
    try:
        yield database
    finally:
        database.dispose()


@pytest.fixture
def owner(here: Town) -> Iterator[Connection]:
    """A connection that nothing holds back; whatever it does is undone afterwards."""
    with closing_engine(here) as database, database.connect() as connection:
        names = [table.name for table in append_only_tables()]
        if connection.dialect.name == "sqlite":
            connection.execution_options(writes=True)
            for statement in unprotect("sqlite", names):
                connection.execute(text(statement))
        else:
            for name in names:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER ALL"))
            connection.execute(text("SET LOCAL points.association = 'panjin'"))
        yield connection
        connection.rollback()


def failed_checks(owner: Connection) -> dict[str, str]:
    """Return which checks fail, and where."""
    checked = [
        each
        for verifier in (verify_proposals, verify_duties, verify_activities)
        for each in verifier(owner, HERE)
    ]
    return {each.check: each.difference.place for each in checked if each.difference}


def test_nothing_is_found_where_nothing_was_done(owner: Connection) -> None:
    assert failed_checks(owner) == {}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_the_verifier_names_and_rebuilding_mends(owner: Connection, tampering: Tampering) -> None:
    it = str(owner.execute(text(tampering.at)).scalar_one())
    assert owner.execute(text(tampering.change), {"it": it}).rowcount > 0
    failed = failed_checks(owner)
    assert tampering.check in failed, failed
    assert it in failed[tampering.check]
    rebuild_proposals(owner, HERE)
    rebuild_duties(owner, HERE)
    assert (failed_checks(owner) == {}) == tampering.mends
