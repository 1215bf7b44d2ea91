"""A name server that does not answer holds nobody up, and fills nothing with threads."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from points.outbound import Outbound, names
from points.outbound.carrier import HttpCarrier
from points.outbound.client import Resolver
from points.outbound.names import resolve

URL = "https://pos.example.cn/in"
PATIENCE_SECONDS = 60
"""No test waits so long, unless something hangs that must not."""


@dataclass
class Server:
    """A name server that answers nobody before it is told to."""

    answers: threading.Event = field(default_factory=threading.Event)
    asked: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    story: list[str] = field(default_factory=list)

    def getaddrinfo(self, *_: Any, **__: Any) -> list[Any]:
        self.asked.release()
        self.answers.wait(PATIENCE_SECONDS)
        self.story.append("looked up")
        return [(0, 0, 0, "", ("10.0.0.1", 443))]


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    server = Server()
    monkeypatch.setattr(socket, "getaddrinfo", server.getaddrinfo)
    yield server
    server.answers.set()


def carried(server: Server, resolver: Resolver = resolve) -> str:
    """Send a message within a moment, and note when that came to an end."""
    carrier = HttpCarrier(client=lambda policy: Brief(policy=policy, resolver=resolver))
    error = carrier.carry(URL, {}, b"{}").error
    server.story.append("given up")
    return error


class Brief(Outbound):
    """Waits for a moment only."""

    __slots__ = ()

    def request(self, *asked: Any) -> Any:
        return super().request(*asked[:4], timeout_seconds=0.05)


def test_a_message_fails_as_others_do_while_the_name_server_is_silent(silent: Server) -> None:
    assert carried(silent) == "outbound.timeout"
    silent.answers.set()
    assert silent.story[0] == "given up"


def test_the_control_the_loops_own_threads_are_waited_for(silent: Server) -> None:
    async def own(host: str, port: int) -> list[str]:
        rows = await asyncio.get_running_loop().getaddrinfo(host, port)
        return [str(each[4][0]) for each in rows]

    late = threading.Timer(0.3, silent.answers.set)
    late.start()
    carried(silent, own)
    late.join()
    assert silent.story == ["looked up", "given up"]


def test_so_many_look_ups_hang_and_no_more(silent: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(names, "_free", threading.BoundedSemaphore(2))
    assert {carried(silent) for _ in range(2)} == {"outbound.timeout"}
    for _ in range(2):
        assert silent.asked.acquire(timeout=PATIENCE_SECONDS)
    assert carried(silent) == "outbound.no_address"
    silent.answers.set()
    for thread in threading.enumerate():
        if thread.name == "points-look-up":
            thread.join(PATIENCE_SECONDS)
    # What it says then counts again.
    assert asyncio.run(resolve("pos.example.cn", 443)) == ["10.0.0.1"]


@pytest.mark.parametrize("host", ["no.such.invalid", "a" * 64 + ".cn"])
def test_a_name_without_an_address_is_told(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(name: str, *_: Any, **__: Any) -> list[Any]:
        name.encode("idna")
        raise socket.gaierror(socket.EAI_NONAME, "none")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    with pytest.raises(OSError, match="no"):
        asyncio.run(resolve(host, 443))
