"""Whoever changes a correction behind the engine's back is found out."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from points.activities.verify import verify_activities
from points.corrections.verify import rebuild_corrections, verify_corrections
from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.flows.posting_corrections import post_due
from points.flows.rescoring import rescore_marked
from points.flows.table import FLOWS
from points.ledger.verify import verify_ledger
from points.rulebook.verify import verify_rulebook
from tests.faults.tamperings import Tampering
from tests.flows.corrections import approved
from tests.flows.drafts import rules
from tests.flows.test_corrections import worked
from tests.flows.test_rescore import reverse
from tests.flows.town import HERE, Town, town

CORRECTION = (
    "SELECT correction_id FROM correction WHERE association_id = 'panjin' ORDER BY 1 LIMIT 1"
)
CORRECTED = "SELECT activity_id FROM award WHERE association_id = 'panjin' AND calculation > 1 ORDER BY 1 LIMIT 1"
POSTED = "SELECT transaction_id FROM ledger_transaction WHERE association_id = 'panjin' AND corrects IS NOT NULL ORDER BY 1 LIMIT 1"

TAMPERINGS = [
    Tampering(
        "state",
        CORRECTION,
        "UPDATE correction_state SET state = 'rejected' WHERE correction_id = :it",
        "corrections_stand_where_their_events_left_them",
        mends=True,
    ),
    Tampering(
        "own_approval",
        CORRECTION,
        "UPDATE correction SET proposed_by = 'staff:chen' WHERE correction_id = :it",
        "corrections_are_decided_by_another",
    ),
    Tampering(
        "lost_lines",
        CORRECTION,
        "DELETE FROM correction_line WHERE correction_id = :it AND measure = 'party.rating'",
        "corrections_have_the_lines_that_they_say",
    ),
    Tampering(
        "more_than_approved",
        CORRECTION,
        "UPDATE correction_line SET new = new + 1 WHERE correction_id = :it",
        "parts_are_posted_as_approved",
    ),
    Tampering(
        "exchanged_lines",
        CORRECTION,
        "UPDATE correction_line SET old = old + 1, new = new + 1 WHERE correction_id = :it",
        "corrections_hash_to_what_was_proposed",
    ),
    Tampering(
        "another_hash",
        CORRECTION,
        "UPDATE correction SET lines_sha256 = sha256 WHERE correction_id = :it",
        "corrections_hash_to_what_was_proposed",
    ),
    Tampering(
        "other_totals",
        CORRECTION,
        "UPDATE correction SET totals = '{}' WHERE correction_id = :it",
        "corrections_hash_to_what_was_proposed",
    ),
    Tampering(
        "another_time",
        CORRECTION,
        "UPDATE correction SET ends = proposed_at WHERE correction_id = :it",
        "what_reaches_back_is_an_approved_correction",
    ),
    Tampering(
        "unposted_parts",
        CORRECTION,
        "DELETE FROM correction_posting WHERE correction_id = :it",
        "finished_corrections_left_nobody",
    ),
    Tampering(
        "award",
        CORRECTED,
        "UPDATE award SET points = points + 1 WHERE activity_id = :it AND calculation > 1",
        "corrections_are_what_was_posted",
    ),
    Tampering(
        "lapsed",
        CORRECTED,
        "UPDATE award SET lapsed = 1 WHERE activity_id = :it AND calculation > 1",
        "corrections_are_what_was_posted",
    ),
    Tampering(
        "link",
        POSTED,
        "UPDATE ledger_transaction SET corrects = transaction_id WHERE transaction_id = :it",
        "corrections_follow_awards",
    ),
]


@pytest.fixture(scope="module")
def here(module_database_url: str) -> Iterator[Town]:
    """A town with a correction that was posted."""
    with town(module_database_url, FLOWS) as it:
        member = it.person()
        for days in (1, 2, 3):
            lost = worked(it, member, days)
        worked(it, it.person())
        reverse(it, lost)
        rescore_marked(it.engine, HERE)
        approved(it, rules(2, "2026-01-01"))
        post_due(it.engine, HERE)
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


@contextmanager
def closing_pool(database: Database) -> Iterator[None]:
    """Let go of a database at the end."""
    try:
        yield
    finally:
        database.dispose()


VERIFIERS = (verify_corrections, verify_activities, verify_ledger, verify_rulebook)


def failed_checks(owner: Connection) -> dict[str, str]:
    """Return which checks fail, and where."""
    checked = [each for verifier in VERIFIERS for each in verifier(owner, HERE)]
    return {each.check: each.difference.place for each in checked if each.difference}


def test_nothing_is_found_where_nothing_was_done(owner: Connection) -> None:
    assert failed_checks(owner) == {}


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_the_verifier_names_and_rebuilding_mends(owner: Connection, tampering: Tampering) -> None:
    it = str(owner.execute(text(tampering.at)).scalar_one())
    assert owner.execute(text(tampering.change), {"it": it}).rowcount > 0
    failed = failed_checks(owner)
    assert tampering.check in failed, failed
    assert it in failed[tampering.check] or tampering.name == "another_time"
    rebuild_corrections(owner, HERE)
    assert (failed_checks(owner) == {}) == tampering.mends
