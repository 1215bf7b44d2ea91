"""Asks an application in this process: one hop to its event loop and back for each request.

Starlette's own transport streams what comes back and so hops eight times, which is most of what a
request of a test costs. Here an answer is whole when it arrives, as all of ours are.
"""

from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from httpx2 import BaseTransport, ByteStream, Request, Response
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message

Header = tuple[bytes, bytes]


class Client(TestClient):
    """Starlette's client with a transport that hops once."""

    def __init__(self, app: ASGIApp, *, address: str = "testclient") -> None:
        super().__init__(app, raise_server_exceptions=False, client=(address, 50_000))
        self._transport = _InOneGo(self, (address, 50_000))


class _InOneGo(BaseTransport):
    def __init__(self, owner: TestClient, client: tuple[str, int]) -> None:
        self._owner, self._client = owner, client

    def handle_request(self, request: Request) -> Response:
        asked = _Exchange(request.read())
        portal: Any = self._owner.portal
        portal.call(asked.run, self._owner.app, self._scope(request))
        stream = ByteStream(asked.body)
        return Response(asked.status, headers=asked.headers, stream=stream, request=request)

    def _scope(self, request: Request) -> dict[str, Any]:
        url = request.url
        port = url.port or {"http": 80, "https": 443}[url.scheme]
        said = request.headers.multi_items()
        return {
            "type": "http",
            # Nobody goes away, so nobody listens for it while the answer is written.
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": request.method,
            "path": unquote(url.path),
            "raw_path": url.raw_path.split(b"?", 1)[0],
            "root_path": "",
            "scheme": url.scheme,
            "query_string": url.query,
            "headers": [(name.lower().encode(), value.encode()) for name, value in said],
            "client": self._client,
            "server": [url.host, port],
            "state": self._owner.app_state.copy(),
        }


class _Exchange:
    def __init__(self, content: bytes) -> None:
        self._content: bytes | None = content
        self.status, self.headers, self.body = 500, list[Header](), b""

    async def run(self, app: ASGIApp, scope: dict[str, Any]) -> None:
        # What fails was answered before it was raised again for the server's log.
        with suppress(Exception):
            await app(scope, self._receive, self._send)

    async def _receive(self) -> Message:
        if self._content is None:
            return {"type": "http.disconnect"}
        content, self._content = self._content, None
        return {"type": "http.request", "body": content, "more_body": False}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], list(message.get("headers", ()))
        else:
            self.body += message.get("body", b"")
