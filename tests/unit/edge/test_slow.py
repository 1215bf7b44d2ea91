"""Bodies and headers that never end do not keep a connection."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_network
from typing import Any

import pytest
import uvicorn
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message

from points.db.redis import Swift
from points.edge import protocol
from points.edge.bodies import Limited
from points.edge.floods import Floods, address_of
from points.edge.frame import Frame
from points.edge.policy import EdgePolicy
from points.edge.protocol import ImpatientProtocol
from points.edge.refused import BodyRefused, Refused
from tests.servers import free_port

POLICY = EdgePolicy(body_idle_seconds_max=0.1, body_seconds_max=0.25, body_bytes_max=100)


def receive(*sizes: int, seconds: float) -> Any:
    left = list(sizes)

    async def next_piece() -> Message:
        await asyncio.sleep(seconds)
        size = left.pop(0)
        return {"type": "http.request", "body": b"a" * size, "more_body": bool(left)}

    return next_piece


async def read(limited: Limited) -> int:
    size = 0
    while True:
        message = await limited.receive()
        size += len(message["body"])
        if not message["more_body"]:
            return size


@pytest.mark.parametrize(
    ("sizes", "seconds", "said"),
    [
        ((10, 10), 0.0, 20),
        ((50, 50), 0.0, 100),
        ((50, 51), 0.0, "too_large"),
        ((10,), 0.2, "too_slow"),
        ((1,) * 20, 0.05, "too_slow"),
    ],
)
def test_a_body_is_neither_too_long_nor_too_slow(
    sizes: tuple[int, ...], seconds: float, said: int | str
) -> None:
    limited = Limited(receive(*sizes, seconds=seconds), POLICY, POLICY.body_bytes_max)
    if isinstance(said, int):
        assert asyncio.run(read(limited)) == said
    else:
        with pytest.raises(BodyRefused) as why:
            asyncio.run(read(limited))
        assert why.value.why.code == said


PROXIES = (ip_network("10.0.0.0/8"),)


@pytest.mark.parametrize(
    ("client", "counted"),
    [
        (("192.0.2.7", 1), "192.0.2.7"),
        (("2001:db8:1:2:3:4:5:6", 1), "2001:db8:1:2::/64"),
        (("::ffff:192.0.2.7", 1), "192.0.2.7"),
        (("127.0.0.1", 1), None),
        (("::ffff:127.0.0.1", 1), None),
        (("::ffff:10.0.0.9", 1), None),
        (("::1", 1), None),
        (("10.0.0.9", 1), None),
        (("testclient", 1), None),
        (None, None),
    ],
)
def test_who_is_counted(client: Any, counted: str | None) -> None:
    policy = EdgePolicy(trusted_proxies=PROXIES)
    assert address_of({"type": "http", "client": client}, policy) == counted


async def echo(request: Request) -> Response:
    return Response(str(len(await request.body())))


async def app(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "http":
        answer = await echo(Request(scope, receive))
        await answer(scope, receive, send)


def say_no(_request: Request, refused: Refused) -> Response:
    return Response(refused.code, refused.status, dict(refused.headers))


def running(inner: ASGIApp, http: Any) -> Iterator[int]:
    port = free_port()
    config = uvicorn.Config(
        inner, port=port, http=http, log_config=None, lifespan="off", ws="none", access_log=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield port
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(protocol, "HEADER_SECONDS_MAX", 0.3)
    framed = Frame(app, policy=POLICY, floods=Floods(Swift(None), POLICY), say_no=say_no)
    yield from running(framed, ImpatientProtocol)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(protocol, "HEADER_SECONDS_MAX", 0.3)
    yield from running(app, "h11")


def answered(port: int, *sent: bytes, pause: float = 0.0, wait: float = 1.0) -> bytes | None:
    """Return what comes back; None where the connection stays open in silence."""
    with socket.create_connection(("127.0.0.1", port), timeout=wait) as connection:
        for piece in sent:
            connection.sendall(piece)
            time.sleep(pause)
        said = b""
        try:
            while piece := connection.recv(65_536):
                said += piece
        except TimeoutError:
            return None
        return said


def test_whoever_says_nothing_is_cut_off(port: int) -> None:
    assert answered(port) == b""
    assert answered(port, b"GET / HTTP/1.1\r\nX: ") == b""


def test_headers_that_drip_are_cut_off(port: int) -> None:
    with suppress(ConnectionError):  # it may be closed while something is still sent
        assert not answered(port, b"GET / HTTP/1.1\r\n", *[b"X: y\r\n"] * 10, pause=0.05)


def test_a_body_that_drips_is_refused(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 50\r\n\r\n"
    answer = answered(port, head, b"a")
    assert answer is not None
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"too_slow" in answer
    assert b"connection: close" in answer.lower()


def test_a_second_request_has_its_own_time(port: int) -> None:
    request = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\nok"
    with socket.create_connection(("127.0.0.1", port), timeout=2) as connection:
        for _ in range(3):
            connection.sendall(request)
            said = b""
            while not said.endswith(b"\r\n\r\n2"):
                said += connection.recv(65_536)
            assert said.startswith(b"HTTP/1.1 200")
            time.sleep(0.4)
        connection.sendall(b"POST")
        assert not connection.recv(65_536)


def test_control_uvicorn_alone_waits(patient: int) -> None:
    assert answered(patient, b"GET / HTTP/1.1\r\nX: ", wait=0.8) is None
