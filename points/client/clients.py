"""The two clients: they send calls, try again where that is safe, and raise typed errors."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, Self, TypeVar, overload

import httpx2
from pydantic import BaseModel

from points.client import (
    answers,
    calls,
    counter_calls,
    duty_calls,
    login_calls,
    privacy_calls,
    session_calls,
)
from points.client.calls import Call
from points.client.devices import MemberLogin
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
P = ParamSpec("P")
T = TypeVar("T", bound=BaseModel)


class _Method(Generic[P, T]):
    """A method of :class:`Client` that makes a call and sends it."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: "Client", owner: type) -> Callable[P, T]: ...

    def __get__(self, client: "Client | None", owner: type) -> "Self | Callable[P, T]":
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> T:
            return client.send(self._make(*args, **kwargs))

        return send


class _AsyncMethod(Generic[P, T]):
    """The same for :class:`AsyncClient`."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make, self.__doc__ = make, make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Self: ...

    @overload
    def __get__(self, client: "AsyncClient", owner: type) -> Callable[P, Awaitable[T]]: ...

    def __get__(
        self, client: "AsyncClient | None", owner: type
    ) -> "Self | Callable[P, Awaitable[T]]":
        if client is None:
            return self

        def send(*args: P.args, **kwargs: P.kwargs) -> Awaitable[T]:
            return client.send(self._make(*args, **kwargs))

        return send


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

    devices = _Method(login_calls.devices)
    end_device = _Method(login_calls.end_device)
    me = _Method(calls.me)
    enrol = _Method(calls.enrol)
    member = _Method(calls.member)
    balances = _Method(calls.balances)
    lines = _Method(calls.lines)
    expiring = _Method(calls.expiring)
    explain = _Method(calls.explain)
    record = _Method(calls.record)
    record_batch = _Method(calls.record_batch)
    file_claim = _Method(calls.file_claim)
    claims = _Method(calls.claims)
    claim = _Method(calls.claim)
    review = _Method(calls.review)
    rewards = _Method(calls.rewards)
    quote = _Method(calls.quote)
    redeem = _Method(calls.redeem)
    vouchers = _Method(calls.vouchers)
    voucher = _Method(calls.voucher)
    audit = _Method(calls.audit)
    audit_event = _Method(calls.audit_event)
    verify_audit = _Method(calls.verify_audit)
    authorise = _Method(counter_calls.authorise)
    capture = _Method(counter_calls.capture)
    void = _Method(counter_calls.void)
    verify_session = _Method(session_calls.verify_session)
    sessions = _Method(session_calls.sessions)
    log_out = _Method(session_calls.log_out)
    find_capture = _Method(counter_calls.find_capture)
    statements = _Method(counter_calls.statements)
    statement = _Method(counter_calls.statement)
    draft_statement = _Method(counter_calls.draft_statement)
    close_statement = _Method(counter_calls.close_statement)
    propose_grant = _Method(duty_calls.propose_grant)
    propose_reversal = _Method(duty_calls.propose_reversal)
    proposals = _Method(duty_calls.proposals)
    proposal = _Method(duty_calls.proposal)
    approve_proposal = _Method(duty_calls.approve_proposal)
    reject_proposal = _Method(duty_calls.reject_proposal)
    withdraw_proposal = _Method(duty_calls.withdraw_proposal)
    batch = _Method(duty_calls.batch)
    approve_batch = _Method(duty_calls.approve_batch)
    notices = _Method(privacy_calls.notices)
    my_consents = _Method(privacy_calls.my_consents)
    consents = _Method(privacy_calls.consents)
    give_consent = _Method(privacy_calls.give_consent)
    withdraw_consent = _Method(privacy_calls.withdraw_consent)
    unmask = _Method(privacy_calls.unmask)
    export_me = _Method(privacy_calls.export_me)
    export = _Method(privacy_calls.export)
    erase = _Method(privacy_calls.erase)
    request_erasure = _Method(privacy_calls.request_erasure)
    end_erasure_request = _Method(privacy_calls.end_erasure_request)


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

    devices = _AsyncMethod(login_calls.devices)
    end_device = _AsyncMethod(login_calls.end_device)
    me = _AsyncMethod(calls.me)
    enrol = _AsyncMethod(calls.enrol)
    member = _AsyncMethod(calls.member)
    balances = _AsyncMethod(calls.balances)
    lines = _AsyncMethod(calls.lines)
    expiring = _AsyncMethod(calls.expiring)
    explain = _AsyncMethod(calls.explain)
    record = _AsyncMethod(calls.record)
    record_batch = _AsyncMethod(calls.record_batch)
    file_claim = _AsyncMethod(calls.file_claim)
    claims = _AsyncMethod(calls.claims)
    claim = _AsyncMethod(calls.claim)
    review = _AsyncMethod(calls.review)
    rewards = _AsyncMethod(calls.rewards)
    quote = _AsyncMethod(calls.quote)
    redeem = _AsyncMethod(calls.redeem)
    vouchers = _AsyncMethod(calls.vouchers)
    voucher = _AsyncMethod(calls.voucher)
    audit = _AsyncMethod(calls.audit)
    audit_event = _AsyncMethod(calls.audit_event)
    verify_audit = _AsyncMethod(calls.verify_audit)
    authorise = _AsyncMethod(counter_calls.authorise)
    capture = _AsyncMethod(counter_calls.capture)
    void = _AsyncMethod(counter_calls.void)
    verify_session = _AsyncMethod(session_calls.verify_session)
    sessions = _AsyncMethod(session_calls.sessions)
    log_out = _AsyncMethod(session_calls.log_out)
    find_capture = _AsyncMethod(counter_calls.find_capture)
    statements = _AsyncMethod(counter_calls.statements)
    statement = _AsyncMethod(counter_calls.statement)
    draft_statement = _AsyncMethod(counter_calls.draft_statement)
    close_statement = _AsyncMethod(counter_calls.close_statement)
    propose_grant = _AsyncMethod(duty_calls.propose_grant)
    propose_reversal = _AsyncMethod(duty_calls.propose_reversal)
    proposals = _AsyncMethod(duty_calls.proposals)
    proposal = _AsyncMethod(duty_calls.proposal)
    approve_proposal = _AsyncMethod(duty_calls.approve_proposal)
    reject_proposal = _AsyncMethod(duty_calls.reject_proposal)
    withdraw_proposal = _AsyncMethod(duty_calls.withdraw_proposal)
    batch = _AsyncMethod(duty_calls.batch)
    approve_batch = _AsyncMethod(duty_calls.approve_batch)
    notices = _AsyncMethod(privacy_calls.notices)
    my_consents = _AsyncMethod(privacy_calls.my_consents)
    consents = _AsyncMethod(privacy_calls.consents)
    give_consent = _AsyncMethod(privacy_calls.give_consent)
    withdraw_consent = _AsyncMethod(privacy_calls.withdraw_consent)
    unmask = _AsyncMethod(privacy_calls.unmask)
    export_me = _AsyncMethod(privacy_calls.export_me)
    export = _AsyncMethod(privacy_calls.export)
    erase = _AsyncMethod(privacy_calls.erase)
    request_erasure = _AsyncMethod(privacy_calls.request_erasure)
    end_erasure_request = _AsyncMethod(privacy_calls.end_erasure_request)
