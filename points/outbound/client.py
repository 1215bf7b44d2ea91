"""The one client: resolves a name once, connects to that very address, follows nothing."""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx2

from points.outbound.errors import OutboundFailed, OutboundRefused
from points.outbound.names import resolve
from points.outbound.policy import Policy, Target

TIMEOUT_SECONDS_MAX = 60.0
METHODS = frozenset({"GET", "POST"})

Resolver = Callable[[str, int], Awaitable[list[str]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """Asks other machines; whatever a policy does not allow does not leave.

    It takes no proxy and no credentials from the environment. It blocks, so it is called from a
    thread, never from an event loop.

    Attributes:
        policy: What may leave.
        resolver: Finds addresses; a test brings its own.
        certificates: Whom to trust; the machine's authorities by default.
    """

    policy: Policy
    resolver: Resolver = resolve
    certificates: ssl.SSLContext | None = field(default=None, repr=False)

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None = None,
        content: bytes = b"",
        timeout_seconds: float = 10.0,
    ) -> Response:
        """Ask once and return the answer, whatever its status; redirects are not followed.

        Args:
            method: ``GET`` or ``POST``.
            url: Absolute.
            headers: Besides what the protocol needs.
            content: The body.
            timeout_seconds: For everything together: name, connection, answer.

        Raises:
            OutboundRefused: The request may not leave.
            OutboundFailed: Nothing usable came back.
        """
        if method not in METHODS or not 0 < timeout_seconds <= TIMEOUT_SECONDS_MAX:
            raise OutboundRefused("outbound.request")
        if len(content) > self.policy.request_bytes_max:
            raise OutboundRefused("outbound.request")
        target = self.policy.target(url)
        sent = _headers(target, headers or {})
        return asyncio.run(self._within(timeout_seconds, method, target, sent, content))

    async def _within(
        self, seconds: float, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> Response:
        try:
            async with asyncio.timeout(seconds):
                return await self._ask(method, target, headers, body)
        except (TimeoutError, httpx2.TimeoutException):
            raise OutboundFailed("outbound.timeout") from None
        except (httpx2.HTTPError, httpx2.InvalidURL, ssl.SSLError, OSError):
            raise OutboundFailed("outbound.no_answer") from None

    async def _ask(
        self, method: str, target: Target, headers: Mapping[str, str], body: bytes
    ) -> Response:
        try:
            found = await self.resolver(target.host, target.port)
        except OSError:
            raise OutboundFailed("outbound.no_address") from None
        address = self.policy.choose(found)
        # The address stands in the URL, so nothing can look the name up a second time; the name
        # stands where the certificate is checked and in the Host header.
        shown = f"[{address}]" if address.version == 6 else str(address)  # noqa: PLR2004
        url = f"{target.scheme}://{shown}:{target.port}{target.path}"
        async with (
            httpx2.AsyncClient(
                verify=self.certificates or ssl.create_default_context(),
                trust_env=False,
                follow_redirects=False,
                timeout=None,  # The whole has a limit.
            ) as client,
            client.stream(
                method,
                url,
                headers=dict(headers),
                content=body,
                extensions={"sni_hostname": target.host},
            ) as answer,
        ):
            return await self._read(answer)

    async def _read(self, answer: httpx2.Response) -> Response:
        if answer.is_redirect:
            raise OutboundFailed("outbound.redirect")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise OutboundFailed("outbound.encoded")
        content = bytearray()
        async for piece in answer.aiter_raw():
            content += piece
            if len(content) > self.policy.answer_bytes_max:
                raise OutboundFailed("outbound.too_large")
        return Response(
            status=answer.status_code, headers=dict(answer.headers), content=bytes(content)
        )


def _headers(target: Target, given: Mapping[str, str]) -> dict[str, str]:
    host = f"[{target.host}]" if ":" in target.host else target.host
    usual = 443 if target.scheme == "https" else 80
    own = {
        "host": host if target.port == usual else f"{host}:{target.port}",
        "accept-encoding": "identity",
        "connection": "close",
        "user-agent": "points",
    }
    more = {name.lower(): value for name, value in given.items()}
    if own.keys() & more.keys() - {"user-agent"}:
        raise OutboundRefused("outbound.request")
    if any(not value.isprintable() or not value.isascii() for value in more.values()):
        raise OutboundRefused("outbound.request")
    return own | more
