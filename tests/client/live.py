"""A served installation behind a real socket, and a way to it that loses answers."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
import uvicorn

from points.api.app import create
from points.client import FeedSigner
from points.identity.feeds import spell_secret
from points.identity.roles import Kind
from tests.api.served import FEED_SECRET, Served


@dataclass
class Live:
    """A server on a socket."""

    here: Served
    url: str

    @property
    def signer(self) -> FeedSigner:
        """What signs for every source here, by the server's clock."""
        return FeedSigner(spell_secret(FEED_SECRET), lambda: self.here.clock.now().timestamp())

    def key(self, kind: Kind, subject: str, **more: Any) -> str:
        return self.here.key(kind, subject, **more)


@contextmanager
def live(here: Served) -> Iterator[Live]:
    app = create(here.installation, messenger=here.messages)
    config = uvicorn.Config(app, port=0, log_level="error", access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield Live(here, f"http://127.0.0.1:{port}")
    finally:
        server.should_exit = True
        thread.join(timeout=10)


@dataclass
class Losing(httpx2.BaseTransport):
    """Lets every request through to the server, and loses the first answers."""

    lose: int
    inner: httpx2.HTTPTransport = field(default_factory=httpx2.HTTPTransport)
    asked: int = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        self.asked += 1
        answer = self.inner.handle_request(request)
        if self.asked <= self.lose:
            answer.read()
            answer.close()
            raise httpx2.ReadError("the answer was cut off", request=request)
        return answer

    def close(self) -> None:
        self.inner.close()
