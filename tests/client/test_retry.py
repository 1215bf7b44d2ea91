"""When the client tries again, how long it waits, and that it covers the interface."""

from datetime import UTC, date, datetime
from typing import Any

import httpx2
import pytest

from points.api.app import ENTRANCES, ROUTES
from points.api.gate import Keyed
from points.client import (
    ApiError,
    AsyncClient,
    Client,
    RateLimited,
    Retry,
    ServerError,
    alert_calls,
    backtest_calls,
    benefit_calls,
    budget_calls,
    calls,
    catalogue_calls,
    correction_calls,
    counter_calls,
    duty_calls,
    examination_calls,
    login_calls,
    operator_calls,
    privacy_calls,
    rule_calls,
    rule_diff_calls,
    session_calls,
    statement_calls,
    till_calls,
    token_calls,
    voucher_calls,
    webhook_calls,
)
from points.client.calls import Call


def answering(
    *statuses: int, headers: dict[str, str] | None = None
) -> tuple[Client, list[httpx2.Request]]:
    left, asked = list(statuses), []

    def handle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        status = left.pop(0)
        body = (
            {"association": "a", "kind": "staff", "roles": [], "subject": "li"}
            if status == 200
            else {"code": "x"}
        )
        return httpx2.Response(status, json=body, headers=headers)

    retry = Retry(attempts_max=3, first_seconds=0.0)
    transport = httpx2.MockTransport(handle)
    return Client("http://server", "pk", retry=retry, transport=transport), asked


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_passing_failures_are_tried_again(status: int) -> None:
    client, asked = answering(status, status, 200)
    with client:
        assert client.me().subject == "li"
    assert len(asked) == 3


@pytest.mark.parametrize(("status", "kind"), [(429, RateLimited), (503, ServerError)])
def test_at_last_the_failure_is_raised(status: int, kind: type[ApiError]) -> None:
    client, asked = answering(status, status, status)
    with client, pytest.raises(kind):
        client.me()
    assert len(asked) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_other_failures_are_final(status: int) -> None:
    client, asked = answering(status)
    with client, pytest.raises(ApiError):
        client.me()
    assert len(asked) == 1


def test_every_attempt_carries_the_same_key() -> None:
    client, asked = answering(503, 503, 503)
    with client, pytest.raises(ServerError):
        client.redeem("C12", "health")
    assert len({request.headers["idempotency-key"] for request in asked}) == 1
    assert calls.redeem("C12", "health").key != calls.redeem("C12", "health").key


def test_waits_grow_up_to_a_limit_and_heed_the_server() -> None:
    retry = Retry(first_seconds=1.0, wait_seconds_max=5.0, chance=lambda: 1.0)
    assert [retry.wait_seconds(n, {}) for n in (1, 2, 3, 4, 9)] == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert retry.wait_seconds(1, {"retry-after": "3"}) == 3.0
    assert retry.wait_seconds(1, {"retry-after": "3600"}) == 5.0
    assert retry.wait_seconds(1, {"retry-after": "tomorrow"}) == 1.0
    assert 0.0 <= Retry().wait_seconds(1, {}) <= 0.2


def test_ids_are_escaped() -> None:
    assert calls.member("../../keys").path == "/v1/members/..%2F..%2Fkeys"


NOW, TODAY = datetime(2026, 3, 2, tzinfo=UTC), date(2026, 3, 2)
MADE: dict[str, Call[Any]] = {
    "me": calls.me(),
    "devices": login_calls.devices(),
    "propose_grant": duty_calls.propose_grant("m", "health.wallet", 1, "r", "n"),
    "propose_reversal": duty_calls.propose_reversal("a", "r", "n"),
    "propose_correction_of": duty_calls.propose_correction_of("a", {}, "r", "n"),
    "proposals": duty_calls.proposals(),
    "proposal": duty_calls.proposal("p"),
    "approve_proposal": duty_calls.approve_proposal("p"),
    "reject_proposal": duty_calls.reject_proposal("p", "r"),
    "withdraw_proposal": duty_calls.withdraw_proposal("p"),
    "pools": budget_calls.pools(),
    "pool": budget_calls.pool("health"),
    "pool_entries": budget_calls.pool_entries("health"),
    "fund_pool": budget_calls.fund_pool("health", 1, "union"),
    "propose_return": budget_calls.propose_return("health", 1, "union", "n"),
    "pool_returns": budget_calls.pool_returns("health"),
    "approve_return": budget_calls.approve_return("r"),
    "reject_return": budget_calls.reject_return("r", "w"),
    "withdraw_return": budget_calls.withdraw_return("r"),
    "budget": budget_calls.budget(),
    "alerts": alert_calls.alerts(),
    "alert": alert_calls.alert("a"),
    "look_at_alert": alert_calls.look_at_alert("a"),
    "answer_alert": alert_calls.answer_alert("a", "explained", "n"),
    "batch": duty_calls.batch("b"),
    "approve_batch": duty_calls.approve_batch("b", "s"),
    "save_draft": rule_calls.save_draft("party", "t"),
    "revise_draft": rule_calls.revise_draft("d", 1, "party", "t"),
    "rule_drafts": rule_calls.rule_drafts(),
    "rule_draft": rule_calls.rule_draft("d"),
    "check_draft": rule_calls.check_draft("d"),
    "submit_draft": rule_calls.submit_draft("d", 1, {}),
    "approve_draft": rule_calls.approve_draft("d", 1),
    "reject_draft": rule_calls.reject_draft("d", 1, "r"),
    "withdraw_draft": rule_calls.withdraw_draft("d"),
    "rule_versions": rule_calls.rule_versions(),
    "rule_version": rule_calls.rule_version("party", 1),
    "retire_version": rule_calls.retire_version("party", 1, "r"),
    "export_rules": rule_calls.export_rules("party", 1),
    "import_rules": rule_calls.import_rules({}),
    "my_inbox": benefit_calls.my_inbox(),
    "my_wishes": benefit_calls.my_wishes(),
    "add_wish": benefit_calls.add_wish("C12"),
    "remove_wish": benefit_calls.remove_wish("C12"),
    "my_stamp_cards": benefit_calls.my_stamp_cards(),
    "stamp_cards": benefit_calls.stamp_cards(),
    "my_donations": benefit_calls.my_donations(),
    "donate": benefit_calls.donate("health", 10),
    "hardship_funds": benefit_calls.hardship_funds(),
    "hardship_entries": benefit_calls.hardship_entries("health"),
    "propose_donation_return": benefit_calls.propose_donation_return("d", "donated_in_error", "n"),
    "read_my_inbox": benefit_calls.read_my_inbox(["n"]),
    "notices": privacy_calls.notices(),
    "my_consents": privacy_calls.my_consents(),
    "consents": privacy_calls.consents("m"),
    "give_consent": privacy_calls.give_consent("m", "contact", 1),
    "withdraw_consent": privacy_calls.withdraw_consent("m", "contact"),
    "unmask": privacy_calls.unmask("m", ["name"], reason="review", words="w"),
    "export_me": privacy_calls.export_me(),
    "export": privacy_calls.export("m"),
    "erase": privacy_calls.erase("m", "court"),
    "request_erasure": privacy_calls.request_erasure("m"),
    "end_erasure_request": privacy_calls.end_erasure_request("m"),
    "end_device": login_calls.end_device("d"),
    "enrol": calls.enrol("n", "p", "rider"),
    "member": calls.member("m"),
    "balances": calls.balances("m", at=NOW, axis="effective"),
    "lines": calls.lines("m", "health.wallet"),
    "expiring": calls.expiring("m", "health.wallet"),
    "explain": calls.explain("m", "t"),
    "record": calls.record({}),
    "record_batch": calls.record_batch([]),
    "file_claim": calls.file_claim("t", NOW, {}),
    "claims": calls.claims(),
    "claim": calls.claim("c"),
    "examination": examination_calls.examination("a"),
    "why": examination_calls.why("a"),
    "try_rules": examination_calls.try_rules("party", "t", NOW, {}, member_id="m"),
    "review": calls.review("c", "approve"),
    "rewards": calls.rewards(),
    "quote": calls.quote("r", "health"),
    "redeem": calls.redeem("r", "health"),
    "outlets_of": catalogue_calls.outlets_of("r"),
    "catalogue_versions": catalogue_calls.catalogue_versions(),
    "catalogue_version": catalogue_calls.catalogue_version(1),
    "check_catalogue": catalogue_calls.check_catalogue("t"),
    "publish_catalogue": catalogue_calls.publish_catalogue("t"),
    "keep_photo": catalogue_calls.keep_photo(b"p"),
    "open_gate": catalogue_calls.open_gate("m", "r", days=3),
    "gates": catalogue_calls.gates("m"),
    "close_gate": catalogue_calls.close_gate("m", "g"),
    "vouchers": calls.vouchers(),
    "voucher": calls.voucher("v"),
    "voucher_events": voucher_calls.voucher_events("v"),
    "reissue_voucher": voucher_calls.reissue_voucher("v"),
    "offer_voucher": voucher_calls.offer_voucher("v", "m"),
    "voucher_offers": voucher_calls.voucher_offers(),
    "accept_voucher_offer": voucher_calls.accept_voucher_offer("o"),
    "decline_voucher_offer": voucher_calls.decline_voucher_offer("o"),
    "withdraw_voucher_offer": voucher_calls.withdraw_voucher_offer("o"),
    "reassign_voucher": voucher_calls.reassign_voucher("v", "m", "r"),
    "propose_handout": voucher_calls.propose_handout("C05", "party", "n", where="true"),
    "handouts": voucher_calls.handouts(),
    "handout": voucher_calls.handout("h"),
    "handout_results": voucher_calls.handout_results("h"),
    "approve_handout": voucher_calls.approve_handout("h"),
    "reject_handout": voucher_calls.reject_handout("h", "r"),
    "withdraw_handout": voucher_calls.withdraw_handout("h"),
    "voucher_qr": token_calls.voucher_qr("v"),
    "issue_offline_token": token_calls.issue_offline_token("v", "o"),
    "offline_token": token_calls.offline_token("v"),
    "offline_keys": token_calls.offline_keys(),
    "bring_offline": token_calls.bring_offline([]),
    "offline_conflicts": token_calls.offline_conflicts(),
    "rule_offline_conflict": token_calls.rule_offline_conflict("u", "paid", "r"),
    "register_webhook": webhook_calls.register_webhook("https://a.cn/", ["voucher.captured"]),
    "webhooks": webhook_calls.webhooks(),
    "webhook": webhook_calls.webhook("e"),
    "change_webhook": webhook_calls.change_webhook("e", standing="disabled"),
    "rotate_webhook": webhook_calls.rotate_webhook("e"),
    "send_test_message": webhook_calls.send_test_message("e"),
    "replay_webhook": webhook_calls.replay_webhook("e", messages=["m"]),
    "webhook_messages": webhook_calls.webhook_messages(),
    "webhook_message": webhook_calls.webhook_message("e", "m"),
    "audit": calls.audit(),
    "audit_event": calls.audit_event(1),
    "verify_audit": calls.verify_audit(),
    "backtest": backtest_calls.backtest(NOW.date(), NOW.date(), programme="party"),
    "compare_rulesets": rule_diff_calls.compare_rulesets("a", "b"),
    "authorise": counter_calls.authorise("c"),
    "capture": counter_calls.capture("c", "r"),
    "void": counter_calls.void("r", "v"),
    "verify_session": session_calls.verify_session("c"),
    "sessions": session_calls.sessions(),
    "log_out": session_calls.log_out(),
    "add_operator": operator_calls.add_operator("o", "1"),
    "operators": operator_calls.operators(),
    "reset_operator": operator_calls.reset_operator("o", "1"),
    "disable_operator": operator_calls.disable_operator("o", "1"),
    "enable_operator": operator_calls.enable_operator("o", "1"),
    "till_sessions": operator_calls.till_sessions(),
    "end_till_session": operator_calls.end_till_session("s"),
    "find_capture": counter_calls.find_capture("r"),
    "statements": statement_calls.statements(),
    "statement": statement_calls.statement("s"),
    "statement_lines": statement_calls.statement_lines("s"),
    "statement_disputes": statement_calls.statement_disputes("s"),
    "statement_events": statement_calls.statement_events("s"),
    "verify_statement": statement_calls.verify_statement("s"),
    "draft_statement": statement_calls.draft_statement(TODAY),
    "draw_up_statement": statement_calls.draw_up_statement("p", TODAY),
    "dispute_line": statement_calls.dispute_line("s", 1, 2, "other"),
    "answer_dispute": statement_calls.answer_dispute("s", 1, "accept"),
    "confirm_statement": statement_calls.confirm_statement("s"),
    "countersign_statement": statement_calls.countersign_statement("s"),
    "pay_statement": statement_calls.pay_statement("s", 1, "B-1", TODAY),
    "adjustments": statement_calls.adjustments("p"),
    "adjustment": statement_calls.adjustment("p", "a"),
    "propose_adjustment": statement_calls.propose_adjustment("p", -1, "late_void", "n"),
    "decide_adjustment": statement_calls.decide_adjustment("p", "a", "approve"),
    "withdraw_adjustment": statement_calls.withdraw_adjustment("p", "a"),
    "partners": statement_calls.partners(),
    "partner_contracts": statement_calls.partner_contracts("p"),
    "make_contract": statement_calls.make_contract("p", TODAY, "month"),
    "release": counter_calls.release("a"),
    "find_void": counter_calls.find_void("v"),
    "find_authorisation": counter_calls.find_authorisation("k"),
    "day_captures": counter_calls.day_captures(),
    "register_till": till_calls.register_till("o", "d"),
    "tills": till_calls.tills(),
    "disable_till": till_calls.disable_till("o", "d"),
    "enable_till": till_calls.enable_till("o", "d"),
    "counter_policy": till_calls.counter_policy(),
    "agree_counter_policy": till_calls.agree_counter_policy(
        "p", hours="flag", operator_voids_max=1, outlet_voids_max=1
    ),
    "opening_hours": till_calls.opening_hours(),
    "open_sandbox": till_calls.open_sandbox("p"),
    "mint_voucher": till_calls.mint_voucher(),
    "reset_sandbox": till_calls.reset_sandbox(),
    "preview_correction": correction_calls.preview_correction(draft_id="d"),
    "propose_correction": correction_calls.propose_correction("n", draft_id="d"),
    "corrections": correction_calls.corrections(),
    "correction": correction_calls.correction("c"),
    "correction_lines": correction_calls.correction_lines("c"),
    "correction_postings": correction_calls.correction_postings("c"),
    "approve_correction": correction_calls.approve_correction("c"),
    "reject_correction": correction_calls.reject_correction("c", "r"),
    "withdraw_correction": correction_calls.withdraw_correction("c"),
    "reverse_correction": correction_calls.reverse_correction("c", "n"),
}


def test_both_clients_make_every_call() -> None:
    for kind in (Client, AsyncClient):
        methods = {name for name, each in vars(kind).items() if "Method" in type(each).__name__}
        assert methods == set(MADE)


@pytest.mark.parametrize("name", MADE)
def test_calls_ask_for_what_is_served(name: str) -> None:
    call = MADE[name]
    served = [r for r in ROUTES if r.method == call.method and r.path_regex.fullmatch(call.path)]
    assert served
    assert (call.key is not None) == (served[0].keyed in {Keyed.HEADER, Keyed.SIGNED})
    assert call.signed == (served[0].keyed is Keyed.SIGNED)


OPENING: dict[str, Call[Any]] = {
    "code": login_calls.ask_login_code("a", "p"),
    "log_in": login_calls.log_in("a", "p", "c", "n", {}),
    "renew": login_calls.renew("r"),
}


@pytest.mark.parametrize("name", OPENING)
def test_calls_that_log_in_are_served_to_anybody(name: str) -> None:
    call = OPENING[name]
    assert call.opens
    assert [r for r in ENTRANCES if r.method == call.method and r.path == call.path]


def test_a_body_that_is_no_problem_still_has_its_status() -> None:
    handle = httpx2.MockTransport(lambda _: httpx2.Response(404, text="<html>"))
    with (
        Client("http://server", "pk", transport=handle) as client,
        pytest.raises(ApiError) as error,
    ):
        client.me()
    assert (error.value.status, error.value.code) == (404, "unknown")
