"""The two clients: they send calls, try again where that is safe, and raise typed errors."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Generic, ParamSpec, Self, TypeVar, overload

import httpx2
from pydantic import BaseModel

from points.client import calls, counter_calls, duty_calls, privacy_calls
from points.client.calls import Call
from points.client.errors import Unreachable, error_of
from points.client.retry import Retry

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
        key: str,
        *,
        language: str = "zh",
        timeout_seconds: float = TIMEOUT_SECONDS,
        retry: Retry | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: As ``https://points.example.org``.
            key: A machine key, ``pk_live_…``.
            language: Of texts for people, ``zh`` or ``en``.
            timeout_seconds: For one attempt.
            retry: How often to try.
            transport: Another way to the server, for tests.
        """
        self._retry = retry or Retry()
        self._http = httpx2.Client(
            base_url=base_url,
            headers=_headers(key, language),
            timeout=timeout_seconds,
            transport=transport,
        )

    def send(self, call: Call[T]) -> T:
        """Send a call, again where no answer came or a passing failure did.

        Raises:
            ApiError: An answer came that is no success.
            Unreachable: No answer came; the same call may be sent again.
        """
        attempt = 1
        while True:
            answer = self._attempt(call)
            status = None if isinstance(answer, Exception) else answer.status_code
            if not self._retry.again(attempt, status):
                return _read(call, answer)
            time.sleep(self._retry.wait_seconds(attempt, _asked(answer)))
            attempt += 1

    def _attempt(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        try:
            return self._http.request(
                call.method, call.path, params=call.query, json=call.body, headers=_named(call)
            )
        except httpx2.TransportError as error:
            return error

    def close(self) -> None:
        """Let go of the connections."""
        self._http.close()

    def __enter__(self) -> Self:
        """Return the client, to be closed at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

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
    authorise = _Method(counter_calls.authorise)
    capture = _Method(counter_calls.capture)
    void = _Method(counter_calls.void)
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
        key: str,
        *,
        language: str = "zh",
        timeout_seconds: float = TIMEOUT_SECONDS,
        retry: Retry | None = None,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet; the arguments are those of :class:`Client`."""
        self._retry = retry or Retry()
        self._http = httpx2.AsyncClient(
            base_url=base_url,
            headers=_headers(key, language),
            timeout=timeout_seconds,
            transport=transport,
        )

    async def send(self, call: Call[T]) -> T:
        """Send a call as :meth:`Client.send` does."""
        attempt = 1
        while True:
            answer = await self._attempt(call)
            status = None if isinstance(answer, Exception) else answer.status_code
            if not self._retry.again(attempt, status):
                return _read(call, answer)
            await asyncio.sleep(self._retry.wait_seconds(attempt, _asked(answer)))
            attempt += 1

    async def _attempt(self, call: Call[T]) -> httpx2.Response | httpx2.TransportError:
        try:
            return await self._http.request(
                call.method, call.path, params=call.query, json=call.body, headers=_named(call)
            )
        except httpx2.TransportError as error:
            return error

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        """Return the client, to be closed at the block's end."""
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

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
    authorise = _AsyncMethod(counter_calls.authorise)
    capture = _AsyncMethod(counter_calls.capture)
    void = _AsyncMethod(counter_calls.void)
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


def _headers(key: str, language: str) -> dict[str, str]:
    return {
        "Authorization": f"Bearer {key}",
        "Accept": "application/json",
        "Accept-Language": language,
        "User-Agent": "points-client/1",
    }


def _named(call: Call[T]) -> dict[str, str]:
    return {} if call.key is None else {"Idempotency-Key": call.key}


def _asked(answer: httpx2.Response | httpx2.TransportError) -> dict[str, str]:
    return {} if isinstance(answer, Exception) else dict(answer.headers)


def _read(call: Call[T], answer: httpx2.Response | httpx2.TransportError) -> T:
    if isinstance(answer, Exception):
        raise Unreachable(f"{call.method} {call.path}: {type(answer).__name__}") from answer
    if answer.is_success:
        return call.reads.model_validate_json(answer.content)
    try:
        problem = answer.json()
    except ValueError:
        problem = None
    raise error_of(answer.status_code, problem)
