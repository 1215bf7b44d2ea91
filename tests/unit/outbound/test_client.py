"""The client connects where it looked, once, over TLS by the name; the naive one goes anywhere."""

import datetime as dt
import ipaddress
import ssl
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from points.outbound import Outbound, OutboundFailed, OutboundRefused, Policy

HOST = "sms.example.cn"
LOOPBACK = ipaddress.ip_network("127.0.0.0/8")


@dataclass
class Provider:
    """A server on this machine that answers whatever it was told to."""

    port: int = 0
    answer: Any = None
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)

    @property
    def policy(self) -> Policy:
        return Policy(
            hosts=frozenset({HOST}),
            networks=(LOOPBACK,),
            ports=frozenset({self.port}),
            insecure=True,
            answer_bytes_max=1_000,
            request_bytes_max=1_000,
        )

    def url(self, scheme: str = "http", host: str = HOST) -> str:
        return f"{scheme}://{host}:{self.port}/in?a=1"


@dataclass
class Names:
    """A resolver whose answers change, as those of whoever attacks do."""

    answers: list[list[str]]
    asked: int = 0

    async def __call__(self, _host: str, _port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


def serve(provider: Provider, context: ssl.SSLContext | None = None) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            provider.seen.append((self.path, dict(self.headers.items()), body))
            provider.answer(self)

        do_GET = do_POST  # noqa: N815 - the library's spelling

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    provider.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    return server


def say(status: int = 200, content: bytes = b"{}", **headers: str) -> Any:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(content)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


@pytest.fixture
def provider() -> Iterator[Provider]:
    here = Provider(answer=say())
    server = serve(here)
    yield here
    server.shutdown()
    server.server_close()


def ask(provider: Provider, names: Names | None = None, **more: Any) -> Any:
    client = Outbound(
        policy=more.pop("policy", provider.policy), resolver=names or Names([["127.0.0.1"]])
    )
    return client.request("POST", more.pop("url", provider.url()), content=b"{}", **more)


def test_it_asks_by_name_at_the_address_that_it_found(provider: Provider) -> None:
    answer = ask(provider, headers={"X-A": "1"})
    assert (answer.status, answer.content) == (200, b"{}")
    ((path, headers, body),) = provider.seen
    assert (path, body) == ("/in?a=1", b"{}")
    assert headers["host"] == f"{HOST}:{provider.port}"
    assert headers["x-a"] == "1"
    assert "cookie" not in headers


def test_a_name_is_looked_up_once(provider: Provider) -> None:
    names = Names([["127.0.0.1"], ["127.0.0.2"]])
    ask(provider, names)
    assert names.asked == 1


def test_a_name_that_leads_home_is_not_followed(provider: Provider) -> None:
    strict = Policy(hosts=frozenset({HOST}), ports=frozenset({provider.port}), insecure=True)
    for addresses in (["127.0.0.1"], ["1.1.1.1", "127.0.0.1"], ["::ffff:127.0.0.1"]):
        with pytest.raises(OutboundRefused) as why:
            ask(provider, Names([addresses]), policy=strict)
        assert why.value.code == "outbound.address"
    assert provider.seen == []


def test_control_the_naive_client_reaches_it(provider: Provider) -> None:
    for host in ("127.0.0.1", "localhost"):
        httpx2.get(provider.url(host=host), trust_env=False)
    assert len(provider.seen) == 2


def test_control_checking_first_and_connecting_later_reaches_it(provider: Provider) -> None:
    # What a client does that checks a name and lets the library look it up again: the first answer
    # is public, the second is not.
    names = iter([["1.1.1.1"], ["127.0.0.1"]])
    strict = Policy(hosts=frozenset({HOST}))
    strict.choose(next(names))
    httpx2.get(f"http://{next(names)[0]}:{provider.port}/", trust_env=False)
    assert len(provider.seen) == 1


def test_redirects_are_not_followed(provider: Provider) -> None:
    provider.answer = say(302, Location="http://169.254.169.254/")
    with pytest.raises(OutboundFailed) as why:
        ask(provider)
    assert why.value.code == "outbound.redirect"
    assert len(provider.seen) == 1


def test_an_answer_that_is_too_long_is_not_read(provider: Provider) -> None:
    provider.answer = say(content=b"x" * 5_000)
    with pytest.raises(OutboundFailed) as why:
        ask(provider)
    assert why.value.code == "outbound.too_large"


def test_a_packed_answer_is_not_unpacked(provider: Provider) -> None:
    provider.answer = say(content=b"x", Content_Encoding="gzip")
    with pytest.raises(OutboundFailed) as why:
        ask(provider)
    assert why.value.code == "outbound.encoded"


def drip(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        try:
            handler.wfile.write(b"X-%d: y\r\n" % number)
        except OSError:
            return
        time.sleep(0.05)


def test_a_slow_answer_has_one_limit_for_everything(provider: Provider) -> None:
    provider.answer = drip
    began = time.monotonic()
    with pytest.raises(OutboundFailed) as why:
        ask(provider, timeout_seconds=0.3)
    assert why.value.code == "outbound.timeout"
    assert time.monotonic() - began < 2


def test_nobody_there_and_nothing_found(provider: Provider) -> None:
    nowhere = Policy(
        hosts=frozenset({HOST}), networks=(LOOPBACK,), ports=frozenset({9}), insecure=True
    )
    with pytest.raises(OutboundFailed) as why:
        ask(provider, policy=nowhere, url=f"http://{HOST}:9/")
    assert why.value.code == "outbound.no_answer"

    async def fails(_host: str, _port: int) -> list[str]:
        raise OSError("no such name")

    with pytest.raises(OutboundFailed) as why:
        Outbound(policy=provider.policy, resolver=fails).request("GET", provider.url())
    assert why.value.code == "outbound.no_address"


def test_nothing_comes_from_the_environment(
    provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Provider(answer=say(500))
    proxy = serve(other)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{other.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert ask(provider).status == 200
    assert other.seen == []
    httpx2.get(provider.url(host="127.0.0.1"))
    assert len(other.seen) == 1, "control: by default the environment's proxy is used"
    proxy.shutdown()
    proxy.server_close()


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"Host": "x"}},
        {"headers": {"X": "a\r\nB: c"}},
        {"headers": {"X": "名"}},
        {"timeout_seconds": 0},
        {"timeout_seconds": 61},
    ],
)
def test_requests_that_may_not_leave(provider: Provider, more: dict[str, Any]) -> None:
    with pytest.raises(OutboundRefused):
        ask(provider, **more)
    with pytest.raises(OutboundRefused):
        Outbound(policy=provider.policy).request("DELETE", provider.url())
    with pytest.raises(OutboundRefused):
        Outbound(policy=provider.policy).request("POST", provider.url(), content=b"x" * 1_001)
    assert provider.seen == []


def certificate(folder: Path, name: str) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(who)
        .issuer_name(who)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / f"{name}.crt", folder / f"{name}.key"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


@pytest.mark.parametrize(("name", "reached"), [(HOST, True), ("evil.example", False)])
def test_the_certificate_is_checked_by_name(tmp_path: Path, name: str, reached: bool) -> None:  # noqa: FBT001
    crt, key = certificate(tmp_path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(crt, key)
    here = Provider(answer=say())
    server = serve(here, context)
    trusting = ssl.create_default_context(cafile=str(crt))
    client = Outbound(policy=here.policy, resolver=Names([["127.0.0.1"]]), certificates=trusting)
    if reached:
        assert client.request("GET", here.url("https")).status == 200
    else:
        with pytest.raises(OutboundFailed):
            client.request("GET", here.url("https"))
    assert len(here.seen) == int(reached)
    server.shutdown()
    server.server_close()
