# ruff: noqa: S608 - its SQL is put together from its own words
"""Someone who may do anything takes facts of redemption away, or changes them: their acts tell."""

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any

import pytest
from sqlalchemy import Connection, Table, text

from points.db.acts import FORGED, LOST, check_acts
from points.db.append_only import append_only_tables, unprotect
from points.db.base import APPEND_ONLY
from points.db.checks import Checked
from points.db.engines import open_database
from points.flows import verify_acts as acts
from points.flows.table import FLOWS
from points.flows.verify import KNOWING
from points.flows.verify import VERIFIERS as FROM_FACTS
from points.flows.verify_codes import CODES as DRAWN
from points.flows.verify_codes import verify_codes
from points.partners.verify import rebuild_partners, verify_partners
from points.vouchers.codes import CodeBook
from tests.faults.act_story import LEFT_UNDONE, UNNOTED, known, story
from tests.flows.market import Market
from tests.flows.town import HERE

OURS = f"association_id = '{HERE}'"
OFFLINE = "offline_uses_are_of_tokens_that_were_issued"
LISTS = "handouts_hash_to_their_members"
TILLS = "tills_are_as_they_were_switched"
KEYS = "keys_of_tills_stand_at_their_tills"
CODES = "every_new_code_has_its_event"
TOLD = "members_are_told_what_happened"
SENT = "webhook_messages_are_kept_that_went_out"
NUMBERED = "adjustments_are_numbered_without_gaps"
CAPTURES = "adjustments_are_of_the_partners_own_captures"
ADJUSTED = "approved_adjustments_are_what_was_corrected"
OPERATIONS = "audit_events_have_operations"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing to do behind the engine's back.

    Attributes:
        name: What is done.
        table: To which table.
        change: How; several statements are parted by semicolons.
        check: Which must notice.
        at: Finds what it is done to; stands in the place that must be named, unless ``place`` does.
    """

    name: str
    table: str
    change: str
    check: str
    at: str
    place: str = ""


def gone(table: str, key: str, check: str = LOST, where: str = "", place: str = "") -> Case:
    """Return the case of a row that is taken away."""
    which = f"{OURS} AND {where}" if where else OURS
    at = f"SELECT {key} FROM {table} WHERE {which} ORDER BY 1 LIMIT 1"
    change = f"DELETE FROM {table} WHERE {which} AND {key} = :it"
    return Case(f"{table} gone {where}".strip(), table, change, check, at, place)


def changed(
    table: str, key: str, how: str, check: str = LOST, where: str = "", place: str = ""
) -> Case:
    """Return the case of a row that says something else."""
    case = gone(table, key, check, where, place)
    which = case.change.partition("WHERE ")[2]
    return replace(
        case,
        name=f"{table} {how} {where}".strip(),
        change=f"UPDATE {table} SET {how} WHERE {which}",
    )


_LAST = f"(SELECT MAX(voucher_id) FROM voucher WHERE {OURS})"
EXCHANGED = [
    Case(
        "two vouchers have each other's codes",
        "voucher_code",
        "UPDATE voucher_code SET voucher_id = '-' WHERE voucher_id = :it;"
        f" UPDATE voucher_code SET voucher_id = :it WHERE voucher_id = {_LAST};"
        f" UPDATE voucher_code SET voucher_id = {_LAST} WHERE voucher_id = '-'",
        DRAWN,
        f"SELECT MIN(voucher_id) FROM voucher WHERE {OURS}",
    ),
    Case(
        "a code that was replaced is the newest again",
        "voucher_code",
        "UPDATE voucher_code SET issue_no = 10 + issue_no WHERE voucher_id = :it;"
        " UPDATE voucher_code SET issue_no = 13 - issue_no WHERE voucher_id = :it",
        DRAWN,
        f"SELECT MIN(voucher_id) FROM voucher_state WHERE {OURS} AND issue_no = 2",
    ),
]
"""Whoever holds one voucher's code opens what is another's, or what a new code had closed."""

GAVE = "return_id IN (SELECT return_id FROM pool_return_event WHERE step = 'approved')"
RULED = "{0} IN (SELECT use_id FROM offline_ruling)".format
WRITTEN = [
    changed("adjustment", "adjustment_id", "note = 'x'"),
    changed("adjustment", "adjustment_id", "document = 'x'"),
    changed("adjustment_event", "adjustment_id", "reason = 'x'", where="step = 'approved'"),
    changed("pool_return", "return_id", "note = 'x'"),
    changed("pool_return", "return_id", "amount_fen = amount_fen + 1", where=f"NOT {GAVE}"),
    changed("pool_return_event", "return_id", "reason = 'x'", where="step = 'approved'"),
    changed("pool_entry", "operation_id", "note = 'x'", where="kind = 'fund' AND funded > 0"),
    changed("handout", "handout_id", "note = 'x'"),
    changed("handout", "handout_id", "source = 'x'"),
    changed("handout_event", "operation_id", "reason = 'x'", where="step = 'approved'"),
    changed("handout_event", "operation_id", "reason = 'x'", where="step = 'done'"),
    changed("offline_ruling", "use_id", "reason = 'x'"),
    changed("voucher_owner", "voucher_id", "reason = 'x'", where="offer_id IS NULL"),
    changed("statement_correction", "correction_id", "reason = 'x'", where="amount_fen = 700"),
    *(
        changed(
            "statement_event",
            "operation_id",
            f"{what} = {other}",
            where=f"step = '{step}'",
            place="statement_event ",
        )
        for what, other, step in (
            ("reason", "'other'", "disputed"),
            ("amount_fen", "amount_fen + 1", "disputed"),
            ("text", "'x'", "rejected"),
            ("line", "line + 1", "rejected"),
            ("reference", "'x'", "paid"),
            ("paid_on", "'2026-01-01'", "paid"),
        )
    ),
]
"""What people wrote, or put beside it: no answer repeats it."""

CASES = [
    # Offline: whoever takes a ruling away has the same loss paid twice.
    gone("offline_ruling", "use_id"),
    changed("offline_ruling", "use_id", "amount_fen = amount_fen + 1"),
    changed(
        "offline_ruling", "use_id", "decision = 'refused', amount_fen = 0, correction_id = NULL"
    ),
    Case(
        "a ruling is invented",
        "offline_ruling",
        "INSERT INTO offline_ruling SELECT association_id, :it, decision, amount_fen, correction_id,"
        " reason, decided_at, operation_id, actor FROM offline_ruling",
        FORGED,
        f"SELECT use_id FROM offline_use WHERE {OURS} AND bearer = 'association' AND NOT"
        f" {RULED('use_id')} LIMIT 1",
    ),
    Case(
        "a ruling goes with its operation",
        "offline_ruling",
        "DELETE FROM offline_ruling WHERE operation_id = :it;"
        " DELETE FROM operation WHERE operation_id = :it",
        OPERATIONS,
        f"SELECT operation_id FROM offline_ruling WHERE {OURS}",
    ),
    gone("offline_token", "token_id"),
    gone("offline_token", "token_id", OFFLINE, place="offline_use "),
    changed("offline_token", "token_id", "operation_id = 'none'"),
    changed("offline_token", "token_id", "outlet_id = 'YF02'", OFFLINE, place="offline_use "),
    Case(
        "a token is for another voucher",
        "offline_token",
        "UPDATE offline_token SET voucher_id = (SELECT MAX(voucher_id) FROM voucher)"
        " WHERE token_id = :it",
        OFFLINE,
        f"SELECT MIN(token_id) FROM offline_token WHERE {OURS}",
        "offline_use ",
    ),
    gone("offline_use", "use_id", where="outcome = 'conflict'"),
    changed("offline_use", "use_id", "bearer = 'partner'", where="bearer = 'association'"),
    changed("offline_use", "use_id", "value_fen = 1", where="outcome = 'conflict'"),
    # Handouts.
    gone("handout", "handout_id"),
    changed("handout", "handout_id", "cost_fen = cost_fen + 1"),
    changed("handout", "handout_id", "members = members + 1"),
    gone("handout_event", "operation_id", where="step = 'withdrawn'"),
    changed("handout_event", "operation_id", "step = 'rejected'", where="step = 'approved'"),
    changed("handout_event", "operation_id", "freed_fen = 7", where="step = 'done'"),
    gone("handout_result", "operation_id"),
    changed("handout_result", "operation_id", "voucher_id = 'another'"),
    gone("handout_printing", "handout_id"),
    gone("handout_member", "handout_id", LISTS),
    changed("handout_member", "member_id", "member_id = 'another'", LISTS, place="handout "),
    # Partners.
    gone("partner", "partner_id"),
    changed("partner", "partner_id", "zone = 'Asia/Tokyo'"),
    changed("partner", "partner_id", "category = 'hospital'", where="category = 'pharmacy'"),
    gone("outlet", "outlet_id"),
    changed("outlet", "outlet_id", "partner_id = 'YY'", where="partner_id = 'YF'"),
    gone("operator", "operator_id"),
    gone("partner_account", "partner_id", "partners_have_accounts"),
    gone("partner_contract", "partner_id"),
    changed("partner_contract", "partner_id", "tariff_fen = '{\"C05\"\\:4000}'"),
    changed("partner_contract", "partner_id", "fee_basis_points = 1"),
    changed("partner_contract", "partner_id", "fee_basis_points = 0, fee_per_capture_fen = 1"),
    changed("partner_contract", "partner_id", "fee_rounding = 'down'"),
    changed("partner_contract", "partner_id", "starts_on = '2026-05-01'"),
    changed("partner_contract", "partner_id", "silence_days = 1"),
    gone("counter_policy", "partner_id"),
    changed("counter_policy", "partner_id", "operator_voids_max = 0"),
    gone("till_event", "version", TILLS, "version = 3", "till_event CT01 till-9 3"),
    changed("till_event", "version", "active = NOT active", TILLS, "version = 2", "till-9 2"),
    changed("till_event", "version", "own_key = FALSE", TILLS, "version = 4", "till-9 4"),
    changed("till_event", "version", "own_key = TRUE", TILLS, "version = 3", "till-9 3"),
    Case(
        "a till is switched by nobody",
        "till_event",
        "INSERT INTO till_event SELECT association_id, outlet_id, device_id, :it, active, actor,"
        " recorded_at, own_key FROM till_event WHERE version = 4",
        TILLS,
        "SELECT 5",
    ),
    # Keys of tills: a name that was set free would be anybody's again.
    changed("till_event", "version", "own_key = FALSE", KEYS, "own_key", "api_key " + "T" * 26),
    gone("api_key", "key_id", KEYS, place="till_event CT01 till-9 4"),
    changed("api_key", "key_id", "till = NULL", KEYS, place="till_event CT01 till-9 4"),
    changed("api_key", "key_id", "till = 'till-8'", KEYS),
    changed("api_key", "key_id", "outlet = 'YF01'", KEYS),
    changed("api_key", "key_id", "subject = 'YF'", KEYS),
    gone("statement", "statement_id"),
    changed("statement", "statement_id", "total_fen = 1"),
    gone("statement_event", "version", where="step = 'paid'", place="statement_event "),
    gone("statement_correction", "correction_id"),
    changed("statement_correction", "correction_id", "amount_fen = 9", where="amount_fen = 700"),
    # Vouchers.
    gone("voucher", "voucher_id"),
    gone("voucher_event", "voucher_id", where="kind = 'voided'"),
    changed("voucher_event", "voucher_id", "cost_fen = 1", where="kind = 'captured'"),
    gone("voucher_code", "code_hash", CODES, "form = 'digits'", "voucher_code "),
    gone("voucher_code", "voucher_id", CODES),
    *EXCHANGED,
    changed("voucher_code", "voucher_id", "code_hash = '-' || SUBSTR(code_hash, 2)", DRAWN),
    changed("voucher_code", "voucher_id", "form = 'qr'", DRAWN, "form = 'code'"),
    changed("voucher", "voucher_id", "last4 = '0000'", DRAWN),
    changed("voucher_event", "voucher_id", "last4 = '0000'", DRAWN, "kind = 'reissued'"),
    changed("voucher_event", "voucher_id", "last4 = '0000'", DRAWN, "kind = 'reassigned'"),
    gone("voucher_owner", "voucher_id"),
    changed("voucher_owner", "voucher_id", "member_id = 'another'"),
    gone("voucher_offer", "offer_id"),
    changed("voucher_offer", "offer_id", "member_id = 'another'"),
    gone("voucher_offer_end", "offer_id", where="step = 'declined'"),
    gone(
        "voucher_offer_end",
        "offer_id",
        "offers_end_when_vouchers_change_hands",
        "step = 'withdrawn'",
    ),
    gone("voucher_reminder", "voucher_id"),
    gone("failed_attempt", "outlet_id", "tried_codes_are_counted"),
    # The catalogue.
    gone("catalogue_version", "version"),
    changed("catalogue_version", "version", "sha256 = 'x'"),
    changed("catalogue_version", "version", "zone = 'Asia/Tokyo'", acts.CATALOGUES),
    changed("catalogue_version", "version", "value_fen_per_point = 1", acts.CATALOGUES),
    gone("reward", "version", where="reward_id = 'C12'"),
    Case(
        "a reward is another's",
        "reward",
        "UPDATE reward SET body = (SELECT r.body FROM reward r WHERE r.reward_id = 'C05'"
        " AND r.version = 1) WHERE version = :it AND reward_id = 'C12'",
        acts.CATALOGUES,
        "SELECT 1",
    ),
    gone("photo", "sha256"),
    gone("photo", "sha256", "photos_are_kept_for_the_rewards_that_show_them"),
    changed("photo", "sha256", "width = width + 1"),
    changed("photo", "sha256", "content = SUBSTR(content, 2)", "photos_hash_to_their_names"),
    gone("gate_grant", "grant_id"),
    gone("gate_end", "grant_id", where="voucher_id IS NULL"),
    gone("gate_end", "voucher_id", "gates_were_passed_by_a_grant", where="voucher_id IS NOT NULL"),
    gone("pool_entry", "operation_id", where="kind = 'fund' AND funded > 0"),
    changed("pool_entry", "operation_id", "funded = 1", where="kind = 'fund' AND funded > 0"),
    gone("stock_entry", "reward_id", "stock_follows_from_its_entries"),
    gone("pool_return", "return_id"),
    gone("pool_return_event", "return_id"),
    changed("pool_return_event", "return_id", "step = 'rejected'", where="step = 'approved'"),
    # What partners are owed besides.
    gone("adjustment", "adjustment_id"),
    gone("adjustment", "partner_id", NUMBERED, "number = 1", "adjustment "),
    changed("adjustment", "adjustment_id", "amount_fen = 9"),
    changed("adjustment", "adjustment_id", "capture_id = 'another'", where="number = 1"),
    changed("adjustment", "adjustment_id", "reason = 'other'"),
    changed("adjustment", "adjustment_id", "request_no = 'r9'", CAPTURES, "number = 1"),
    changed("adjustment", "adjustment_id", "programme = 'party'", CAPTURES, "number = 1"),
    changed("adjustment", "adjustment_id", "amount_fen = 9", ADJUSTED, "number = 1"),
    gone("adjustment_event", "adjustment_id"),
    gone("adjustment_event", "adjustment_id", ADJUSTED, "step = 'approved'"),
    changed("adjustment_event", "adjustment_id", "step = 'rejected'", where="step = 'approved'"),
    changed(
        "adjustment_event",
        "adjustment_id",
        "actor = proposed_by, step = 'withdrawn'",
        where="step = 'approved'",
    ),
    Case(
        "an adjustment was decided by whoever proposed it",
        "adjustment_event",
        "UPDATE adjustment_event SET proposed_by = 'staff:nobody' WHERE adjustment_id = :it",
        "adjustments_are_decided_by_another",
        f"SELECT adjustment_id FROM adjustment_event WHERE {OURS} AND step = 'approved'",
    ),
    Case(
        "a correction says that it was an adjustment",
        "statement_correction",
        "UPDATE statement_correction SET reason = 'adjust:9/other' WHERE correction_id = :it",
        ADJUSTED,
        f"SELECT correction_id FROM statement_correction WHERE {OURS} AND amount_fen = 700",
    ),
    *WRITTEN,
    # What is told.
    gone("webhook_endpoint_event", "version", "webhook_changes_have_no_gaps", place="webhook_e"),
    gone("webhook_endpoint_event", "version", where="version = 2", place="webhook_endpoint_event"),
    gone("webhook_secret", "endpoint_id", "webhook_secrets_are_kept"),
    gone("webhook_message", "message_id", SENT),
    gone("webhook_message", "message_id", where="kind = 'webhook.test'"),
    Case(
        "a message goes with all that names it",
        "webhook_message",
        "DELETE FROM webhook_attempt WHERE message_id = :it;"
        " DELETE FROM webhook_replay WHERE message_id = :it;"
        " DELETE FROM webhook_delivery WHERE message_id = :it;"
        " DELETE FROM webhook_message WHERE message_id = :it",
        SENT,
        f"SELECT MIN(message_id) FROM webhook_message WHERE {OURS} AND kind <> 'webhook.test'",
    ),
    gone("webhook_replay", "endpoint_id", "webhook_replays_are_kept_that_were_asked_for"),
    gone("webhook_attempt", "endpoint_id", "webhook_deliveries_follow_from_their_attempts"),
    gone("member_notice", "about", TOLD),
    changed("member_notice", "about", "member_id = 'another'", TOLD, "kind = 'voucher_issued'"),
]

NOUNS = (
    *("catalogue", "vouchers", "handouts", "offline", "partners", "funds", "adjustments"),
    *("webhooks", "inbox"),
)
"""The nouns of the redemption side."""

NOT_HERE = {
    "operator_event": "operators_follow_from_their_events and events_of_operators_have_no_gaps",
    "statement_line": "statements_list_what_was_booked, see test_settlement_tampering.py",
    "member_notice_read": "whoever loses that a notice was read is shown it once more, and no more",
}
"""What holds tables of those nouns that are not tampered with here, or why nothing has to."""


def facts_of(nouns: Iterable[str]) -> set[str]:
    """Return the append-only tables of nouns."""
    modules = [vars(importlib.import_module(f"points.{noun}.tables")) for noun in nouns]
    tables = [each for names in modules for each in names.values() if isinstance(each, Table)]
    return {table.name for table in tables if table.info.get(APPEND_ONLY)}


def forgotten(facts: set[str]) -> set[str]:
    """Return tables of facts that nothing holds, and for which nobody said why not."""
    return facts - {case.table for case in CASES} - set(NOT_HERE)


def test_no_table_of_facts_is_forgotten() -> None:
    facts = facts_of(NOUNS)
    assert forgotten(facts) == set()
    assert set(NOT_HERE) <= facts, "an exception outlived its table"
    assert {each.table for each in acts.LEFT} <= facts


def test_the_control_a_new_table_of_facts_is_noticed() -> None:
    assert forgotten(facts_of(NOUNS) | {"voucher_blessing"}) == {"voucher_blessing"}


def kinds(*, trail: bool = False) -> set[str]:
    """Return what leaves facts: flows that answer, or actions of the trail."""
    return {act.kind for each in acts.LEFT if each.trail is trail for act in each.acts}


def test_acts_are_called_as_flows_are() -> None:
    """A flow that is renamed leaves what was done under its old name behind: that stays an act."""
    assert kinds() - {flow.name for flow in FLOWS.values()} == set()


@pytest.fixture(scope="module")
def here(module_database_url: str) -> Iterator[Market]:
    with story(module_database_url) as it:
        yield it


@pytest.fixture(scope="module")
def unguarded(here: Market) -> Iterator[Connection]:
    """A connection that nothing holds back; what it does is undone in the end."""
    url = here.engine.database.url.render_as_string(hide_password=False)
    database = open_database(url, migrating=True)
    names = [table.name for table in append_only_tables()]
    with database.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            connection.execution_options(writes=True)
            for statement in unprotect("sqlite", names):
                connection.execute(text(statement))
        else:
            for name in [*names, "partner_account", "webhook_delivery"]:
                connection.execute(text(f"ALTER TABLE {name} DISABLE TRIGGER ALL"))
            connection.execute(text(f"SET LOCAL points.association = '{HERE}'"))
        yield connection
        connection.rollback()
    database.dispose()


@pytest.fixture
def owner(unguarded: Connection) -> Iterator[Connection]:
    """The same, for one test."""
    undo = unguarded.begin_nested()
    yield unguarded
    undo.rollback()


Verifier = Callable[[Any, Any], Iterator[Checked]]
VERIFIERS: tuple[Verifier, ...] = (
    *FROM_FACTS,
    *(partial(each, known=known()) for each in KNOWING),
)


@cache
def verifiers(owner: Connection) -> dict[str, Verifier]:
    """Return who makes which check."""
    return {each.check: verifier for verifier in VERIFIERS for each in verifier(owner, HERE)}


def failed(owner: Connection, verifier: Verifier) -> dict[str, str]:
    """Return which checks fail, and where."""
    checked = list(verifier(owner, HERE))
    return {each.check: each.difference.place for each in checked if each.difference}


def tampered(owner: Connection, case: Case) -> Any:
    """Do it, and return to what."""
    it = owner.execute(text(case.at)).scalar_one()
    for statement in case.change.split(";"):
        wanted = {"it": it} if ":it" in statement else {}
        assert owner.execute(text(statement), wanted).rowcount > 0, statement
    return it


def test_nothing_is_found_where_nothing_was_done(owner: Connection) -> None:
    found = [each for verifier in VERIFIERS for each in verifier(owner, HERE)]
    assert [each.difference for each in found if each.difference] == []
    rows = {each.check: each.rows for each in found}
    assert [check for check in {case.check for case in CASES} if not rows[check]] == []


def test_everything_that_leaves_facts_was_done(owner: Connection) -> None:
    """Else a case would pass for want of anything to tamper with."""
    done = set(owner.execute(text("SELECT DISTINCT kind FROM operation")).scalars())
    assert kinds() - done == LEFT_UNDONE
    noted = set(owner.execute(text("SELECT DISTINCT action FROM audit_event")).scalars())
    assert kinds(trail=True) - noted == UNNOTED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_verifier_names(owner: Connection, case: Case) -> None:
    verifier = verifiers(owner)[case.check]
    it = tampered(owner, case)
    found = failed(owner, verifier)
    assert case.check in found, found
    assert (case.place or str(it)) in found[case.check]


def test_the_control_without_its_entry_a_table_is_not_missed(owner: Connection) -> None:
    """What is not said to be left by acts is not looked for: each entry is what finds its rows."""
    tampered(owner, CASES[0])
    others = [each for each in acts.LEFT if each.table != CASES[0].table]
    assert [each.difference for each in check_acts(owner, HERE, others)] == [None, None]


@pytest.mark.parametrize(
    "case", [each for each in WRITTEN if "disputed" not in each.name], ids=lambda case: case.name
)
def test_the_control_without_the_trail_nobody_misses_a_word(owner: Connection, case: Case) -> None:
    tampered(owner, case)
    others = [each for each in acts.LEFT if not (each.trail and each.table == case.table)]
    assert [each.difference for each in check_acts(owner, HERE, others)] == [None, None]


@pytest.mark.parametrize("case", EXCHANGED, ids=lambda case: case.name)
def test_the_control_where_no_code_is_drawn_again_nothing_is_found(
    owner: Connection, case: Case
) -> None:
    tampered(owner, case)
    drawing = verifiers(owner)[DRAWN]
    found = [failed(owner, each) for each in VERIFIERS if each is not drawing]
    assert [each for each in found if each] == []


def test_the_control_of_another_secret_no_code_is_right(owner: Connection) -> None:
    another = replace(known(), codes=CodeBook(b"another secret of 32 characters!"))
    (checked,) = verify_codes(owner, HERE, another)
    assert checked.difference is not None
    first = owner.execute(text(f"SELECT MIN(voucher_id) FROM voucher WHERE {OURS}")).scalar_one()
    assert str(first) in checked.difference.place


def test_rebuilding_gives_a_partner_its_account_again(owner: Connection) -> None:
    tampered(owner, gone("partner_account", "partner_id", where="partner_id = 'YF'"))
    assert failed(owner, verify_partners)
    rebuild_partners(owner, HERE)
    assert failed(owner, verify_partners) == {}
