"""The two clients: they send calls, try again where that is safe, and raise typed errors."""

import asyncio
import threading
import time
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel

from points.client import (
    alert_calls,
    answers,
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
from points.client.devices import MemberLogin
from points.client.methods import AsyncMethod, Method
from points.client.retry import Retry
from points.client.signing import FeedSigner
from points.client.wire import (
    answer_of,
    asked_by,
    body_of,
    headers_of,
    login_of,
    needed,
    outlived,
    prove,
    said_with,
    signer_of,
)

TIMEOUT_SECONDS = 10.0
T = TypeVar("T", bound=BaseModel)


class Client:
    """Asks a points server, and waits for its answers."""

    def __init__(
        self,
        base_url: str,
        key: str | MemberLogin,
        *,
        feed_secret: str | FeedSigner | None = None,
        language: str = "zh",
        timeout_seconds: float = TIMEOUT_SECONDS,
        retry: Retry | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: As ``https://points.example.org``.
            key: A machine key, ``pk_live_…``, the token of a session, ``ps_…``, or a member's
                log-in on this device.
            feed_secret: What a source signs with, ``whsec_…``; two with a space between them while
                it rotates.
            language: Of texts for people, ``zh`` or ``en``.
            timeout_seconds: For one attempt.
            retry: How often to try.
            transport: Another way to the server, for tests.
        """
        self._retry, self._signer = retry or Retry(), signer_of(feed_secret)
        self._login, self._renewing = login_of(key), threading.Lock()
        self._http = httpx2.Client(
            base_url=base_url,
            headers=headers_of(language, key),
            timeout=timeout_seconds,
            transport=transport,
        )

    def send(self, call: Call[T]) -> T:
        """Send a call, again where no answer came or a passing failure did.

        Raises:
            ApiError: An answer came that is no success.
            Unreachable: No answer came; the same call may be sent again.
        """
        answer = self._try(call)
        if self._login is not None and outlived(call, answer, self._login):
            answer = self._try(call)
        return answer_of(call, answer)

    def _try(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        attempt = 1
        while True:
            self._renew(call)
            answer = self._attempt(call)
            status = None if isinstance(answer, Exception) else answer.status_code
            if not self._retry.again(attempt, status):
                return answer
            time.sleep(self._retry.wait_seconds(attempt, asked_by(answer)))
            attempt += 1

    def _attempt(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        body = body_of(call)
        request = self._http.build_request(
            call.method,
            call.path,
            params=call.query,
            content=body,
            headers=said_with(call, body, self._signer),
        )
        prove(request, call, self._login)
        try:
            return self._http.send(request)
        except httpx2.TransportError as error:
            return error

    def _renew(self, call: Call[T]) -> None:
        """Renew a member's tokens where they are nearly over; one thread does, the others wait."""
        login = self._login
        if login is None or call.opens or login.due is None:
            return
        with self._renewing:
            if (token := login.due) is not None:
                login.take(self.send(login_calls.renew(token)))

    def ask_login_code(self, phone: str) -> answers.CodeSent:
        """Let a code be sent to a member's telephone."""
        return self.send(login_calls.ask_login_code(needed(self._login).association, phone))

    def log_in(self, phone: str, code: str, device: str) -> answers.Tokens:
        """Log a member in on this device with the code that came; the client goes on as them."""
        login = needed(self._login)
        tokens = self.send(
            login_calls.log_in(login.association, phone, code, device, login.key.public)
        )
        login.take(tokens)
        return tokens

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client, to be closed at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    devices = Method(login_calls.devices)
    end_device = Method(login_calls.end_device)
    me = Method(calls.me)
    enrol = Method(calls.enrol)
    member = Method(calls.member)
    balances = Method(calls.balances)
    lines = Method(calls.lines)
    expiring = Method(calls.expiring)
    explain = Method(calls.explain)
    record = Method(calls.record)
    record_batch = Method(calls.record_batch)
    file_claim = Method(calls.file_claim)
    claims = Method(calls.claims)
    claim = Method(calls.claim)
    examination = Method(examination_calls.examination)
    why = Method(examination_calls.why)
    try_rules = Method(examination_calls.try_rules)
    review = Method(calls.review)
    rewards = Method(calls.rewards)
    quote = Method(calls.quote)
    redeem = Method(calls.redeem)
    outlets_of = Method(catalogue_calls.outlets_of)
    catalogue_versions = Method(catalogue_calls.catalogue_versions)
    catalogue_version = Method(catalogue_calls.catalogue_version)
    check_catalogue = Method(catalogue_calls.check_catalogue)
    publish_catalogue = Method(catalogue_calls.publish_catalogue)
    keep_photo = Method(catalogue_calls.keep_photo)
    open_gate = Method(catalogue_calls.open_gate)
    gates = Method(catalogue_calls.gates)
    close_gate = Method(catalogue_calls.close_gate)
    vouchers = Method(calls.vouchers)
    voucher = Method(calls.voucher)
    voucher_events = Method(voucher_calls.voucher_events)
    reissue_voucher = Method(voucher_calls.reissue_voucher)
    offer_voucher = Method(voucher_calls.offer_voucher)
    voucher_offers = Method(voucher_calls.voucher_offers)
    accept_voucher_offer = Method(voucher_calls.accept_voucher_offer)
    decline_voucher_offer = Method(voucher_calls.decline_voucher_offer)
    withdraw_voucher_offer = Method(voucher_calls.withdraw_voucher_offer)
    reassign_voucher = Method(voucher_calls.reassign_voucher)
    propose_handout = Method(voucher_calls.propose_handout)
    handouts = Method(voucher_calls.handouts)
    handout = Method(voucher_calls.handout)
    handout_results = Method(voucher_calls.handout_results)
    approve_handout = Method(voucher_calls.approve_handout)
    reject_handout = Method(voucher_calls.reject_handout)
    withdraw_handout = Method(voucher_calls.withdraw_handout)
    voucher_qr = Method(token_calls.voucher_qr)
    issue_offline_token = Method(token_calls.issue_offline_token)
    offline_token = Method(token_calls.offline_token)
    offline_keys = Method(token_calls.offline_keys)
    bring_offline = Method(token_calls.bring_offline)
    offline_conflicts = Method(token_calls.offline_conflicts)
    rule_offline_conflict = Method(token_calls.rule_offline_conflict)
    audit = Method(calls.audit)
    audit_event = Method(calls.audit_event)
    verify_audit = Method(calls.verify_audit)
    compare_rulesets = Method(rule_diff_calls.compare_rulesets)
    backtest = Method(backtest_calls.backtest)
    authorise = Method(counter_calls.authorise)
    capture = Method(counter_calls.capture)
    void = Method(counter_calls.void)
    verify_session = Method(session_calls.verify_session)
    sessions = Method(session_calls.sessions)
    log_out = Method(session_calls.log_out)
    find_capture = Method(counter_calls.find_capture)
    release = Method(counter_calls.release)
    find_void = Method(counter_calls.find_void)
    find_authorisation = Method(counter_calls.find_authorisation)
    day_captures = Method(counter_calls.day_captures)
    register_till = Method(till_calls.register_till)
    tills = Method(till_calls.tills)
    disable_till = Method(till_calls.disable_till)
    enable_till = Method(till_calls.enable_till)
    counter_policy = Method(till_calls.counter_policy)
    agree_counter_policy = Method(till_calls.agree_counter_policy)
    opening_hours = Method(till_calls.opening_hours)
    open_sandbox = Method(till_calls.open_sandbox)
    mint_voucher = Method(till_calls.mint_voucher)
    reset_sandbox = Method(till_calls.reset_sandbox)
    add_operator = Method(operator_calls.add_operator)
    operators = Method(operator_calls.operators)
    reset_operator = Method(operator_calls.reset_operator)
    disable_operator = Method(operator_calls.disable_operator)
    enable_operator = Method(operator_calls.enable_operator)
    till_sessions = Method(operator_calls.till_sessions)
    end_till_session = Method(operator_calls.end_till_session)
    statements = Method(statement_calls.statements)
    statement = Method(statement_calls.statement)
    draft_statement = Method(statement_calls.draft_statement)
    statement_lines = Method(statement_calls.statement_lines)
    statement_disputes = Method(statement_calls.statement_disputes)
    statement_events = Method(statement_calls.statement_events)
    verify_statement = Method(statement_calls.verify_statement)
    draw_up_statement = Method(statement_calls.draw_up_statement)
    dispute_line = Method(statement_calls.dispute_line)
    answer_dispute = Method(statement_calls.answer_dispute)
    confirm_statement = Method(statement_calls.confirm_statement)
    countersign_statement = Method(statement_calls.countersign_statement)
    pay_statement = Method(statement_calls.pay_statement)
    adjustments = Method(statement_calls.adjustments)
    adjustment = Method(statement_calls.adjustment)
    propose_adjustment = Method(statement_calls.propose_adjustment)
    decide_adjustment = Method(statement_calls.decide_adjustment)
    withdraw_adjustment = Method(statement_calls.withdraw_adjustment)
    partners = Method(statement_calls.partners)
    partner_contracts = Method(statement_calls.partner_contracts)
    make_contract = Method(statement_calls.make_contract)
    propose_grant = Method(duty_calls.propose_grant)
    propose_reversal = Method(duty_calls.propose_reversal)
    propose_correction_of = Method(duty_calls.propose_correction_of)
    proposals = Method(duty_calls.proposals)
    proposal = Method(duty_calls.proposal)
    approve_proposal = Method(duty_calls.approve_proposal)
    reject_proposal = Method(duty_calls.reject_proposal)
    withdraw_proposal = Method(duty_calls.withdraw_proposal)
    pools = Method(budget_calls.pools)
    pool = Method(budget_calls.pool)
    pool_entries = Method(budget_calls.pool_entries)
    fund_pool = Method(budget_calls.fund_pool)
    propose_return = Method(budget_calls.propose_return)
    pool_returns = Method(budget_calls.pool_returns)
    approve_return = Method(budget_calls.approve_return)
    reject_return = Method(budget_calls.reject_return)
    withdraw_return = Method(budget_calls.withdraw_return)
    budget = Method(budget_calls.budget)
    alerts = Method(alert_calls.alerts)
    alert = Method(alert_calls.alert)
    look_at_alert = Method(alert_calls.look_at_alert)
    answer_alert = Method(alert_calls.answer_alert)
    batch = Method(duty_calls.batch)
    approve_batch = Method(duty_calls.approve_batch)
    save_draft = Method(rule_calls.save_draft)
    revise_draft = Method(rule_calls.revise_draft)
    rule_drafts = Method(rule_calls.rule_drafts)
    rule_draft = Method(rule_calls.rule_draft)
    check_draft = Method(rule_calls.check_draft)
    submit_draft = Method(rule_calls.submit_draft)
    approve_draft = Method(rule_calls.approve_draft)
    reject_draft = Method(rule_calls.reject_draft)
    withdraw_draft = Method(rule_calls.withdraw_draft)
    rule_versions = Method(rule_calls.rule_versions)
    rule_version = Method(rule_calls.rule_version)
    retire_version = Method(rule_calls.retire_version)
    export_rules = Method(rule_calls.export_rules)
    import_rules = Method(rule_calls.import_rules)
    my_inbox = Method(benefit_calls.my_inbox)
    read_my_inbox = Method(benefit_calls.read_my_inbox)
    my_wishes = Method(benefit_calls.my_wishes)
    add_wish = Method(benefit_calls.add_wish)
    remove_wish = Method(benefit_calls.remove_wish)
    my_stamp_cards = Method(benefit_calls.my_stamp_cards)
    stamp_cards = Method(benefit_calls.stamp_cards)
    my_donations = Method(benefit_calls.my_donations)
    donate = Method(benefit_calls.donate)
    hardship_funds = Method(benefit_calls.hardship_funds)
    hardship_entries = Method(benefit_calls.hardship_entries)
    propose_donation_return = Method(benefit_calls.propose_donation_return)
    preview_correction = Method(correction_calls.preview_correction)
    propose_correction = Method(correction_calls.propose_correction)
    corrections = Method(correction_calls.corrections)
    correction = Method(correction_calls.correction)
    correction_lines = Method(correction_calls.correction_lines)
    correction_postings = Method(correction_calls.correction_postings)
    approve_correction = Method(correction_calls.approve_correction)
    reject_correction = Method(correction_calls.reject_correction)
    withdraw_correction = Method(correction_calls.withdraw_correction)
    reverse_correction = Method(correction_calls.reverse_correction)
    notices = Method(privacy_calls.notices)
    my_consents = Method(privacy_calls.my_consents)
    consents = Method(privacy_calls.consents)
    give_consent = Method(privacy_calls.give_consent)
    withdraw_consent = Method(privacy_calls.withdraw_consent)
    unmask = Method(privacy_calls.unmask)
    export_me = Method(privacy_calls.export_me)
    export = Method(privacy_calls.export)
    erase = Method(privacy_calls.erase)
    request_erasure = Method(privacy_calls.request_erasure)
    end_erasure_request = Method(privacy_calls.end_erasure_request)
    register_webhook = Method(webhook_calls.register_webhook)
    webhooks = Method(webhook_calls.webhooks)
    webhook = Method(webhook_calls.webhook)
    change_webhook = Method(webhook_calls.change_webhook)
    rotate_webhook = Method(webhook_calls.rotate_webhook)
    send_test_message = Method(webhook_calls.send_test_message)
    replay_webhook = Method(webhook_calls.replay_webhook)
    webhook_messages = Method(webhook_calls.webhook_messages)
    webhook_message = Method(webhook_calls.webhook_message)


class AsyncClient:
    """The same, for asyncio."""

    def __init__(
        self,
        base_url: str,
        key: str | MemberLogin,
        *,
        feed_secret: str | FeedSigner | None = None,
        language: str = "zh",
        timeout_seconds: float = TIMEOUT_SECONDS,
        retry: Retry | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet; the arguments are those of :class:`Client`."""
        self._retry, self._signer = retry or Retry(), signer_of(feed_secret)
        self._login, self._renewing = login_of(key), asyncio.Lock()
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            headers=headers_of(language, key),
            timeout=timeout_seconds,
            transport=transport,
        )

    async def send(self, call: Call[T]) -> T:
        """Send a call as :meth:`Client.send` does."""
        answer = await self._try(call)
        if self._login is not None and outlived(call, answer, self._login):
            answer = await self._try(call)
        return answer_of(call, answer)

    async def _try(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        attempt = 1
        while True:
            await self._renew(call)
            answer = await self._attempt(call)
            status = None if isinstance(answer, Exception) else answer.status_code
            if not self._retry.again(attempt, status):
                return answer
            await asyncio.sleep(self._retry.wait_seconds(attempt, asked_by(answer)))
            attempt += 1

    async def _attempt(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        body = body_of(call)
        request = self._http.build_request(
            call.method,
            call.path,
            params=call.query,
            content=body,
            headers=said_with(call, body, self._signer),
        )
        prove(request, call, self._login)
        try:
            return await self._http.send(request)
        except httpx2.TransportError as error:
            return error

    async def _renew(self, call: Call[T]) -> None:
        """Renew a member's tokens as :meth:`Client._renew` does."""
        login = self._login
        if login is None or call.opens or login.due is None:
            return
        async with self._renewing:
            if (token := login.due) is not None:
                login.take(await self.send(login_calls.renew(token)))

    async def ask_login_code(self, phone: str) -> answers.CodeSent:
        """Let a code be sent to a member's telephone."""
        return await self.send(login_calls.ask_login_code(needed(self._login).association, phone))

    async def log_in(self, phone: str, code: str, device: str) -> answers.Tokens:
        """Log a member in on this device with the code that came; the client goes on as them."""
        login = needed(self._login)
        tokens = await self.send(
            login_calls.log_in(login.association, phone, code, device, login.key.public)
        )
        login.take(tokens)
        return tokens

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client, to be closed at the block's end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    devices = AsyncMethod(login_calls.devices)
    end_device = AsyncMethod(login_calls.end_device)
    me = AsyncMethod(calls.me)
    enrol = AsyncMethod(calls.enrol)
    member = AsyncMethod(calls.member)
    balances = AsyncMethod(calls.balances)
    lines = AsyncMethod(calls.lines)
    expiring = AsyncMethod(calls.expiring)
    explain = AsyncMethod(calls.explain)
    record = AsyncMethod(calls.record)
    record_batch = AsyncMethod(calls.record_batch)
    file_claim = AsyncMethod(calls.file_claim)
    claims = AsyncMethod(calls.claims)
    claim = AsyncMethod(calls.claim)
    examination = AsyncMethod(examination_calls.examination)
    why = AsyncMethod(examination_calls.why)
    try_rules = AsyncMethod(examination_calls.try_rules)
    review = AsyncMethod(calls.review)
    rewards = AsyncMethod(calls.rewards)
    quote = AsyncMethod(calls.quote)
    redeem = AsyncMethod(calls.redeem)
    outlets_of = AsyncMethod(catalogue_calls.outlets_of)
    catalogue_versions = AsyncMethod(catalogue_calls.catalogue_versions)
    catalogue_version = AsyncMethod(catalogue_calls.catalogue_version)
    check_catalogue = AsyncMethod(catalogue_calls.check_catalogue)
    publish_catalogue = AsyncMethod(catalogue_calls.publish_catalogue)
    keep_photo = AsyncMethod(catalogue_calls.keep_photo)
    open_gate = AsyncMethod(catalogue_calls.open_gate)
    gates = AsyncMethod(catalogue_calls.gates)
    close_gate = AsyncMethod(catalogue_calls.close_gate)
    vouchers = AsyncMethod(calls.vouchers)
    voucher = AsyncMethod(calls.voucher)
    voucher_events = AsyncMethod(voucher_calls.voucher_events)
    reissue_voucher = AsyncMethod(voucher_calls.reissue_voucher)
    offer_voucher = AsyncMethod(voucher_calls.offer_voucher)
    voucher_offers = AsyncMethod(voucher_calls.voucher_offers)
    accept_voucher_offer = AsyncMethod(voucher_calls.accept_voucher_offer)
    decline_voucher_offer = AsyncMethod(voucher_calls.decline_voucher_offer)
    withdraw_voucher_offer = AsyncMethod(voucher_calls.withdraw_voucher_offer)
    reassign_voucher = AsyncMethod(voucher_calls.reassign_voucher)
    propose_handout = AsyncMethod(voucher_calls.propose_handout)
    handouts = AsyncMethod(voucher_calls.handouts)
    handout = AsyncMethod(voucher_calls.handout)
    handout_results = AsyncMethod(voucher_calls.handout_results)
    approve_handout = AsyncMethod(voucher_calls.approve_handout)
    reject_handout = AsyncMethod(voucher_calls.reject_handout)
    withdraw_handout = AsyncMethod(voucher_calls.withdraw_handout)
    voucher_qr = AsyncMethod(token_calls.voucher_qr)
    issue_offline_token = AsyncMethod(token_calls.issue_offline_token)
    offline_token = AsyncMethod(token_calls.offline_token)
    offline_keys = AsyncMethod(token_calls.offline_keys)
    bring_offline = AsyncMethod(token_calls.bring_offline)
    offline_conflicts = AsyncMethod(token_calls.offline_conflicts)
    rule_offline_conflict = AsyncMethod(token_calls.rule_offline_conflict)
    audit = AsyncMethod(calls.audit)
    audit_event = AsyncMethod(calls.audit_event)
    verify_audit = AsyncMethod(calls.verify_audit)
    compare_rulesets = AsyncMethod(rule_diff_calls.compare_rulesets)
    backtest = AsyncMethod(backtest_calls.backtest)
    authorise = AsyncMethod(counter_calls.authorise)
    capture = AsyncMethod(counter_calls.capture)
    void = AsyncMethod(counter_calls.void)
    verify_session = AsyncMethod(session_calls.verify_session)
    sessions = AsyncMethod(session_calls.sessions)
    log_out = AsyncMethod(session_calls.log_out)
    find_capture = AsyncMethod(counter_calls.find_capture)
    release = AsyncMethod(counter_calls.release)
    find_void = AsyncMethod(counter_calls.find_void)
    find_authorisation = AsyncMethod(counter_calls.find_authorisation)
    day_captures = AsyncMethod(counter_calls.day_captures)
    register_till = AsyncMethod(till_calls.register_till)
    tills = AsyncMethod(till_calls.tills)
    disable_till = AsyncMethod(till_calls.disable_till)
    enable_till = AsyncMethod(till_calls.enable_till)
    counter_policy = AsyncMethod(till_calls.counter_policy)
    agree_counter_policy = AsyncMethod(till_calls.agree_counter_policy)
    opening_hours = AsyncMethod(till_calls.opening_hours)
    open_sandbox = AsyncMethod(till_calls.open_sandbox)
    mint_voucher = AsyncMethod(till_calls.mint_voucher)
    reset_sandbox = AsyncMethod(till_calls.reset_sandbox)
    add_operator = AsyncMethod(operator_calls.add_operator)
    operators = AsyncMethod(operator_calls.operators)
    reset_operator = AsyncMethod(operator_calls.reset_operator)
    disable_operator = AsyncMethod(operator_calls.disable_operator)
    enable_operator = AsyncMethod(operator_calls.enable_operator)
    till_sessions = AsyncMethod(operator_calls.till_sessions)
    end_till_session = AsyncMethod(operator_calls.end_till_session)
    statements = AsyncMethod(statement_calls.statements)
    statement = AsyncMethod(statement_calls.statement)
    draft_statement = AsyncMethod(statement_calls.draft_statement)
    statement_lines = AsyncMethod(statement_calls.statement_lines)
    statement_disputes = AsyncMethod(statement_calls.statement_disputes)
    statement_events = AsyncMethod(statement_calls.statement_events)
    verify_statement = AsyncMethod(statement_calls.verify_statement)
    draw_up_statement = AsyncMethod(statement_calls.draw_up_statement)
    dispute_line = AsyncMethod(statement_calls.dispute_line)
    answer_dispute = AsyncMethod(statement_calls.answer_dispute)
    confirm_statement = AsyncMethod(statement_calls.confirm_statement)
    countersign_statement = AsyncMethod(statement_calls.countersign_statement)
    pay_statement = AsyncMethod(statement_calls.pay_statement)
    adjustments = AsyncMethod(statement_calls.adjustments)
    adjustment = AsyncMethod(statement_calls.adjustment)
    propose_adjustment = AsyncMethod(statement_calls.propose_adjustment)
    decide_adjustment = AsyncMethod(statement_calls.decide_adjustment)
    withdraw_adjustment = AsyncMethod(statement_calls.withdraw_adjustment)
    partners = AsyncMethod(statement_calls.partners)
    partner_contracts = AsyncMethod(statement_calls.partner_contracts)
    make_contract = AsyncMethod(statement_calls.make_contract)
    propose_grant = AsyncMethod(duty_calls.propose_grant)
    propose_reversal = AsyncMethod(duty_calls.propose_reversal)
    propose_correction_of = AsyncMethod(duty_calls.propose_correction_of)
    proposals = AsyncMethod(duty_calls.proposals)
    proposal = AsyncMethod(duty_calls.proposal)
    approve_proposal = AsyncMethod(duty_calls.approve_proposal)
    reject_proposal = AsyncMethod(duty_calls.reject_proposal)
    withdraw_proposal = AsyncMethod(duty_calls.withdraw_proposal)
    pools = AsyncMethod(budget_calls.pools)
    pool = AsyncMethod(budget_calls.pool)
    pool_entries = AsyncMethod(budget_calls.pool_entries)
    fund_pool = AsyncMethod(budget_calls.fund_pool)
    propose_return = AsyncMethod(budget_calls.propose_return)
    pool_returns = AsyncMethod(budget_calls.pool_returns)
    approve_return = AsyncMethod(budget_calls.approve_return)
    reject_return = AsyncMethod(budget_calls.reject_return)
    withdraw_return = AsyncMethod(budget_calls.withdraw_return)
    budget = AsyncMethod(budget_calls.budget)
    alerts = AsyncMethod(alert_calls.alerts)
    alert = AsyncMethod(alert_calls.alert)
    look_at_alert = AsyncMethod(alert_calls.look_at_alert)
    answer_alert = AsyncMethod(alert_calls.answer_alert)
    batch = AsyncMethod(duty_calls.batch)
    approve_batch = AsyncMethod(duty_calls.approve_batch)
    save_draft = AsyncMethod(rule_calls.save_draft)
    revise_draft = AsyncMethod(rule_calls.revise_draft)
    rule_drafts = AsyncMethod(rule_calls.rule_drafts)
    rule_draft = AsyncMethod(rule_calls.rule_draft)
    check_draft = AsyncMethod(rule_calls.check_draft)
    submit_draft = AsyncMethod(rule_calls.submit_draft)
    approve_draft = AsyncMethod(rule_calls.approve_draft)
    reject_draft = AsyncMethod(rule_calls.reject_draft)
    withdraw_draft = AsyncMethod(rule_calls.withdraw_draft)
    rule_versions = AsyncMethod(rule_calls.rule_versions)
    rule_version = AsyncMethod(rule_calls.rule_version)
    retire_version = AsyncMethod(rule_calls.retire_version)
    export_rules = AsyncMethod(rule_calls.export_rules)
    import_rules = AsyncMethod(rule_calls.import_rules)
    my_inbox = AsyncMethod(benefit_calls.my_inbox)
    read_my_inbox = AsyncMethod(benefit_calls.read_my_inbox)
    my_wishes = AsyncMethod(benefit_calls.my_wishes)
    add_wish = AsyncMethod(benefit_calls.add_wish)
    remove_wish = AsyncMethod(benefit_calls.remove_wish)
    my_stamp_cards = AsyncMethod(benefit_calls.my_stamp_cards)
    stamp_cards = AsyncMethod(benefit_calls.stamp_cards)
    my_donations = AsyncMethod(benefit_calls.my_donations)
    donate = AsyncMethod(benefit_calls.donate)
    hardship_funds = AsyncMethod(benefit_calls.hardship_funds)
    hardship_entries = AsyncMethod(benefit_calls.hardship_entries)
    propose_donation_return = AsyncMethod(benefit_calls.propose_donation_return)
    preview_correction = AsyncMethod(correction_calls.preview_correction)
    propose_correction = AsyncMethod(correction_calls.propose_correction)
    corrections = AsyncMethod(correction_calls.corrections)
    correction = AsyncMethod(correction_calls.correction)
    correction_lines = AsyncMethod(correction_calls.correction_lines)
    correction_postings = AsyncMethod(correction_calls.correction_postings)
    approve_correction = AsyncMethod(correction_calls.approve_correction)
    reject_correction = AsyncMethod(correction_calls.reject_correction)
    withdraw_correction = AsyncMethod(correction_calls.withdraw_correction)
    reverse_correction = AsyncMethod(correction_calls.reverse_correction)
    notices = AsyncMethod(privacy_calls.notices)
    my_consents = AsyncMethod(privacy_calls.my_consents)
    consents = AsyncMethod(privacy_calls.consents)
    give_consent = AsyncMethod(privacy_calls.give_consent)
    withdraw_consent = AsyncMethod(privacy_calls.withdraw_consent)
    unmask = AsyncMethod(privacy_calls.unmask)
    export_me = AsyncMethod(privacy_calls.export_me)
    export = AsyncMethod(privacy_calls.export)
    erase = AsyncMethod(privacy_calls.erase)
    request_erasure = AsyncMethod(privacy_calls.request_erasure)
    end_erasure_request = AsyncMethod(privacy_calls.end_erasure_request)
    register_webhook = AsyncMethod(webhook_calls.register_webhook)
    webhooks = AsyncMethod(webhook_calls.webhooks)
    webhook = AsyncMethod(webhook_calls.webhook)
    change_webhook = AsyncMethod(webhook_calls.change_webhook)
    rotate_webhook = AsyncMethod(webhook_calls.rotate_webhook)
    send_test_message = AsyncMethod(webhook_calls.send_test_message)
    replay_webhook = AsyncMethod(webhook_calls.replay_webhook)
    webhook_messages = AsyncMethod(webhook_calls.webhook_messages)
    webhook_message = AsyncMethod(webhook_calls.webhook_message)
