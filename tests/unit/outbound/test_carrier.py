"""Webhooks go to the host that was registered, if it is public, and whatever happens is an answer."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product

import pytest

from points.outbound import Outbound
from points.outbound.addresses import LOOPBACK
from points.outbound.carrier import ANSWER_BYTES_MAX, HttpCarrier
from points.outbound.policy import Policy
from points.webhooks.model import url_fits

HEADERS = {"content-type": "application/json", "webhook-id": "m1"}


def meeting(*addresses: str) -> HttpCarrier:
    """Return a carrier that finds these addresses under every name."""

    async def resolver(_host: str, _port: int) -> list[str]:
        return list(addresses)

    return HttpCarrier(client=lambda policy: Outbound(policy=policy, resolver=resolver))


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "169.254.169.254", "100.64.0.1", "192.168.1.1", "0.0.0.1"),
        *("::1", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "64:ff9b::7f00:1", "168.63.129.16"),
    ],
)
def test_a_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    answered = meeting(address).carry("https://pos.example.cn/in", HEADERS, b"{}")
    assert (answered.status, answered.error) == (None, "outbound.address")
    # One bad address condemns all: whoever owns the name chooses which is tried first.
    mixed = meeting("93.184.216.34", address).carry("https://pos.example.cn/in", HEADERS, b"{}")
    assert mixed.error == "outbound.address"


@pytest.mark.parametrize("url", ["http://pos.example.cn/", "https://10.0.0.1/", "https://a@b.cn/"])
def test_what_should_not_have_been_registered_does_not_leave(url: str) -> None:
    assert meeting("10.0.0.1").carry(url, HEADERS, b"{}").error.startswith("outbound.")


@pytest.fixture
def port() -> Iterator[int]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            if self.path == "/moved":
                self.send_response(302)
                self.send_header("Location", "http://169.254.169.254/latest")
                self.end_headers()
            elif self.path == "/huge":
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"x" * (ANSWER_BYTES_MAX + 1))
            else:
                self.send_response(204 if self.headers["webhook-id"] == "m1" else 400)
                self.end_headers()

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/in", 204, ""),
        ("/moved", None, "outbound.redirect"),
        ("/huge", None, "outbound.too_large"),
    ],
)
def test_what_comes_back(port: int, path: str, status: int | None, error: str) -> None:
    trial = HttpCarrier(networks=LOOPBACK, trial=True)
    answered = trial.carry(f"http://127.0.0.1:{port}{path}", HEADERS, b"{}")
    assert (answered.status, answered.error) == (status, error)


def test_control_a_carrier_that_looks_nowhere_reaches_inside(port: int) -> None:
    def careless(policy: Policy) -> Outbound:
        return Outbound(
            policy=Policy(hosts=policy.hosts, ports=policy.ports, networks=LOOPBACK, insecure=True)
        )

    url = f"http://127.0.0.1:{port}/in"
    assert HttpCarrier(client=careless).carry(url, HEADERS, b"{}").status == 204
    assert HttpCarrier().carry(url, HEADERS, b"{}").status is None


def test_what_may_be_registered_may_leave() -> None:
    """Where the name leads is the one thing that is seen only when something is sent."""
    parts = (
        ("https", "http", "HTTPS"),
        ("pos.example.cn", "Pos.example.cn", "localhost", "127.0.0.1"),
        ("", ":", ":443", ":0443", ":8443", ":0", ":99999"),
        ("", "/in", "?a=b", "/in?a=b"),
    )
    fit = [
        (replace(meeting(), trial=trial), url)
        for scheme, host, port, rest in product(*parts)
        for trial in (False, True)
        if url_fits(url := f"{scheme}://{host}{port}{rest}", insecure=trial)
    ]
    assert len(fit) > 20
    errors = {url: carrier.carry(url, HEADERS, b"{}").error for carrier, url in fit}
    assert set(errors.values()) == {"outbound.address"}, errors
