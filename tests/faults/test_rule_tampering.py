"""Someone who may do anything changes drafts, versions or what awards name: the verifier says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Connection, text
from sqlalchemy import Engine as Database

from points.db.append_only import append_only_tables, unprotect
from points.db.engines import open_database
from points.flows.table import FLOWS
from points.flows.verify_rules import verify_rules
from points.rulebook.verify import rebuild_rulebook, verify_rulebook
from tests.faults.tamperings import Tampering
from tests.flows.drafts import cases, published, rules, submitted
from tests.flows.town import HERE, RULES, Town, civic_context, town

OURS = "association_id = 'panjin'"
APPROVED = f"SELECT draft_id FROM rule_draft_event WHERE {OURS} AND step = 'approved'"  # noqa: S608
WAITING = f"SELECT draft_id FROM rule_draft_state WHERE {OURS} AND state = 'submitted'"  # noqa: S608
VERSION = f"SELECT programme FROM rule_version WHERE {OURS}"  # noqa: S608
BASE = f"SELECT sha256 FROM rule_base WHERE {OURS}"  # noqa: S608
AWARD = f"SELECT programme FROM award WHERE {OURS} AND ruleset_version = 2"  # noqa: S608

STANDING = "rule_drafts_stand_where_their_last_event_left_them"
ANOTHER = "rule_drafts_are_decided_by_another"
APPROVAL = "rule_versions_are_what_was_approved"
WORDS = "rules_are_kept_word_for_word"
HASHES = "rules_hash_to_what_stands_on_awards"
DAYS = "rules_hold_on_the_days_that_they_say"
BACK = "what_reaches_back_is_an_approved_correction"
KEPT = "awards_name_rules_that_are_kept"
VERSION_IS = "UPDATE rule_version SET {} WHERE programme = :it"

TAMPERINGS = [
    Tampering(
        "unsubmitted",
        WAITING,
        "UPDATE rule_draft_state SET state = 'approved' WHERE draft_id = :it",
        STANDING,
        mends=True,
    ),
    Tampering(
        "lost", WAITING, "DELETE FROM rule_draft_state WHERE draft_id = :it", STANDING, mends=True
    ),
    Tampering(
        "another_submitter",
        APPROVED,
        "UPDATE rule_draft_event SET submitted_by = 'staff:zhao' WHERE draft_id = :it"
        " AND step = 'approved'",
        ANOTHER,
    ),
    Tampering(
        "own_approval",
        APPROVED,
        "UPDATE rule_draft SET author = 'staff:chen' WHERE draft_id = :it",
        ANOTHER,
    ),
    Tampering(
        "draft_text",
        WAITING,
        "UPDATE rule_draft SET text = text || ' ' WHERE draft_id = :it",
        WORDS,
    ),
    Tampering("text", VERSION, VERSION_IS.format("text = text || '# more'"), WORDS),
    Tampering("unlike_its_draft", VERSION, VERSION_IS.format("text = text || '# more'"), APPROVAL),
    Tampering("approver", VERSION, VERSION_IS.format("approved_by = 'staff:zhao'"), APPROVAL),
    Tampering("operation", VERSION, VERSION_IS.format("operation_id = 'none'"), APPROVAL),
    Tampering("points", VERSION, VERSION_IS.format("text = REPLACE(text, '7', '9')"), HASHES),
    Tampering("hash", VERSION, VERSION_IS.format(f"sha256 = '{'0' * 64}'"), HASHES),
    Tampering(
        "longer",
        VERSION,
        VERSION_IS.format("ends_at = (SELECT MAX(recorded_at) FROM rule_draft_event)"),
        DAYS,
    ),
    Tampering("of_no_correction", VERSION, VERSION_IS.format("correction_id = draft_id"), BACK),
    Tampering("no_yaml", VERSION, VERSION_IS.format("text = '{'"), HASHES),
    Tampering("base", BASE, "UPDATE rule_base SET text = 'a: 1' WHERE sha256 = :it", HASHES),
    Tampering(
        "award",
        AWARD,
        f"UPDATE award SET ruleset_sha256 = '{'0' * 64}' WHERE programme = :it"  # noqa: S608
        " AND ruleset_version = 2",
        KEPT,
    ),
]


@pytest.fixture(scope="module")
def here(module_database_url: str) -> Iterator[Town]:
    """A town that scored by the folder's rules and by its own, with a draft that waits."""
    known = civic_context()
    texts = {
        each.sha256: (RULES / f"{each.programme}.yaml").read_text("utf-8")
        for each in known.rules.rulesets
    }
    context = replace(known, rules=replace(known.rules, texts=texts))
    with town(module_database_url, FLOWS, context) as it:
        published(it, rules(2, "2026-03-10"))
        member = it.person()
        it.in_publicity(member)
        it.clock.advance(timedelta(days=12))
        it.in_publicity(member)
        submitted(it, rules(3, "2026-05-01", points=8), cases=cases(8))
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


def failed_checks(owner: Connection, here: Town) -> dict[str, str]:
    """Return which checks fail, and where."""
    checked = [*verify_rulebook(owner, HERE), *verify_rules(owner, HERE, here.engine.context)]
    return {each.check: each.difference.place for each in checked if each.difference}


def test_nothing_is_found_where_nothing_was_done(owner: Connection, here: Town) -> None:
    assert failed_checks(owner, here) == {}
    assert owner.execute(text(BASE)).all()


@pytest.mark.parametrize("tampering", TAMPERINGS, ids=lambda tampering: tampering.name)
def test_the_verifier_names_and_rebuilding_mends(
    owner: Connection, here: Town, tampering: Tampering
) -> None:
    it = str(owner.execute(text(tampering.at)).scalars().first())
    assert owner.execute(text(tampering.change), {"it": it}).rowcount > 0
    failed = failed_checks(owner, here)
    assert tampering.check in failed, failed
    assert it in failed[tampering.check]
    rebuild_rulebook(owner, HERE)
    assert (failed_checks(owner, here) == {}) == tampering.mends


def test_a_folder_that_lost_its_file_explains_its_awards_still(
    owner: Connection, here: Town
) -> None:
    """What was kept when it scored does not depend on the folder any more; without it, it would."""
    known = here.engine.context
    emptied = replace(known, rules=replace(known.rules, rulesets=()))
    assert all(each.difference is None for each in verify_rules(owner, HERE, emptied))
    owner.execute(text("DELETE FROM rule_base"))
    gone = {each.check for each in verify_rules(owner, HERE, emptied) if each.difference}
    assert gone == {KEPT}
