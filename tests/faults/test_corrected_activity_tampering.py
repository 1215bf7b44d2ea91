"""Whoever changes what two people set right behind the engine's back is found out."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, text

from points.activities.verify import verify_activities
from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.flows.table import FLOWS
from points.proposals.verify import verify_proposals
from tests.faults.tamperings import Tampering
from tests.faults.test_correction_tampering import closing_pool
from tests.flows.test_corrected_activities import corrected, shift
from tests.flows.town import HERE, Town, town

RIGHT = (
    "SELECT activity_id FROM activity WHERE association_id = 'panjin'"
    " AND supersedes IS NOT NULL ORDER BY 1 LIMIT 1"
)
WRONG = (
    "SELECT supersedes FROM activity WHERE association_id = 'panjin'"
    " AND supersedes IS NOT NULL ORDER BY 1 LIMIT 1"
)
PROPOSAL = "SELECT proposal_id FROM proposal WHERE association_id = 'panjin' ORDER BY 1 LIMIT 1"

PLACE = "corrected_activities_take_the_place_of_reversed_ones"
RECORDED = "approved_corrections_are_what_was_recorded"
TAMPERINGS = [
    Tampering(
        "not_reversed",
        RIGHT,
        "UPDATE claim_event SET reason = 'error' WHERE step = 'reversed' AND activity_id ="
        " (SELECT supersedes FROM activity WHERE activity_id = :it)",
        PLACE,
    ),
    Tampering(
        "another_source",
        RIGHT,
        "UPDATE activity SET said_by = 'checkin' WHERE activity_id = :it",
        PLACE,
    ),
    Tampering(
        "another_number",
        RIGHT,
        "UPDATE activity SET external_id = 'x' WHERE activity_id = :it",
        PLACE,
    ),
    Tampering(
        "another_place",
        RIGHT,
        "UPDATE activity SET counts_from = occurred_at WHERE activity_id = :it",
        PLACE,
    ),
    Tampering(
        "another_snapshot",
        RIGHT,
        "UPDATE activity SET member = '{}' WHERE activity_id = :it",
        PLACE,
    ),
    Tampering(
        "lost_link",
        WRONG,
        "UPDATE activity SET supersedes = NULL, said_by = NULL, first = NULL, counts_from = NULL"
        " WHERE supersedes = :it",
        "what_was_corrected_has_a_successor",
    ),
    Tampering(
        "other_fields",
        PROPOSAL,
        "UPDATE activity SET fields = '{}' WHERE supersedes ="
        " (SELECT supersedes FROM proposal WHERE proposal_id = :it)",
        RECORDED,
    ),
    Tampering(
        "another_filer",
        PROPOSAL,
        "UPDATE activity SET filed_by = 'staff:nobody' WHERE supersedes ="
        " (SELECT supersedes FROM proposal WHERE proposal_id = :it)",
        RECORDED,
    ),
    Tampering(
        "undecided",
        RIGHT,
        "UPDATE proposal_event SET step = 'rejected' WHERE proposal_id = (SELECT p.proposal_id"
        " FROM proposal p JOIN activity a ON a.supersedes = p.supersedes"
        " WHERE a.activity_id = :it)",
        "corrected_activities_were_decided",
    ),
]


@pytest.fixture(scope="module")
def here(module_database_url: str) -> Iterator[Town]:
    """A town with an activity that was set right, and set right once more."""
    with town(module_database_url, FLOWS) as it:
        right = corrected(it, shift(it, it.person(), hours="3"), fields={"hours": "1.5"})
        corrected(it, right, fields={"hours": "2"})
        yield it


@pytest.fixture
def owner(here: Town) -> Iterator[Connection]:
    """A connection that nothing holds back; whatever it does is undone afterwards."""
    url = here.engine.database.url.render_as_string(hide_password=False)
    database = open_database(url, migrating=True)
    with closing_pool(database), database.connect() as connection:
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
        each for verifier in (verify_activities, verify_proposals) for each in verifier(owner, HERE)
    ]
    return {each.check: each.difference.place for each in checked if each.difference}


def test_nothing_is_found_where_nothing_was_done(owner: Connection) -> None:
    assert failed_checks(owner) == {}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_the_verifier_names_what_was_changed(owner: Connection, tampering: Tampering) -> None:
    it = str(owner.execute(text(tampering.at)).scalar_one())
    assert owner.execute(text(tampering.change), {"it": it}).rowcount > 0
    failed = failed_checks(owner)
    assert tampering.check in failed, failed
    assert it in failed[tampering.check]
