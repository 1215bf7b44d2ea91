"""What is true of every answer: headers, request id, one log line; and what comes no further."""

import io
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from points.api.app import ROUTES
from points.api.gate import Gate
from points.api.ops import OPEN
from points.edge.headers import API_HEADERS, HSTS, HTML_HEADERS
from points.edge.policy import EdgePolicy
from points.identity.roles import Kind
from points.logs import Form, configure
from tests.api.served import Served, problem, served

UUID = "8f0c1d3e-2b4a-4c5d-9e6f-708192a3b4c5"
OPERATIONS = [(route.method, route.path) for route in ROUTES]
PAGES = [("GET", route.path) for route in OPEN]
NOT_THERE = [
    ("GET", "/"),
    ("GET", "/v1/nowhere"),
    ("PUT", "/v1/me"),
    ("OPTIONS", "/v1/me"),
    ("TRACE", "/docs"),
]
OWN = {"Content-Security-Policy", "Cache-Control"}
"""An answer may say these for itself."""


def test_every_answer_has_every_header(api: Served) -> None:
    for number, (method, path) in enumerate([*OPERATIONS, *PAGES, *NOT_THERE]):
        # Somebody new where the operation logs out, and before anybody asked too often.
        who = f"li-{api.next() if path == '/v1/session' else number // 50}"
        for key in (None, api.key(Kind.STAFF, who)):
            answer = api.ask(method, path, key, json={} if method == "POST" else None)
            with naming(method, path):
                assert answer.status_code != 429
                complete(answer)


@contextmanager
def naming(*what: str) -> Iterator[None]:
    """Say of what an assertion failed."""
    try:
        yield
    except AssertionError as error:
        error.add_note(" ".join(what))
        raise


def complete(answer: Any) -> None:
    html = answer.headers.get("content-type", "").startswith("text/html")
    for name, value in (HTML_HEADERS if html else API_HEADERS).items():
        assert name in OWN or answer.headers[name] == value, name
    assert answer.headers["cache-control"] in {"no-store", "private, no-cache"}
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'")
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert "server" not in answer.headers
    assert len(answer.headers["x-request-id"]) == 36


def test_a_page_may_run_its_own_scripts_and_no_others() -> None:
    policy = HTML_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


def test_the_one_style_of_the_reference_is_allowed_by_its_hash(api: Served) -> None:
    answer = api.ask("GET", "/docs")
    assert "'unsafe-inline'" not in answer.headers["content-security-policy"]
    assert "style-src 'sha256-" in answer.headers["content-security-policy"]
    assert answer.text.count("style=") == 0


def test_a_failure_has_every_header(api: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "admit", None)
    answer = api.ask("GET", "/v1/me")
    problem(answer, 500, "internal_error")
    complete(answer)


def test_behind_tls_browsers_are_told_to_stay_there(sqlite_url: str) -> None:
    with served(sqlite_url, edge=EdgePolicy(behind_tls=True)) as api:
        assert api.ask("GET", "/healthz").headers["strict-transport-security"] == HSTS
    with served(sqlite_url) as api:
        assert "strict-transport-security" not in api.ask("GET", "/healthz").headers


@pytest.mark.parametrize(
    ("host", "status"),
    [
        *[("points.example.cn", 401), ("POINTS.example.cn:8443", 401), ("[::1]:8000", 401)],
        *[("evil.example", 400), ("points.example.cn.evil.example", 400), ("", 400)],
        *[("points.example.cn@evil.example", 400), ("points.example.cn, evil", 400)],
    ],
)
def test_only_names_that_are_known(sqlite_url: str, host: str, status: int) -> None:
    hosts = frozenset({"points.example.cn", "::1"})
    with served(sqlite_url, edge=EdgePolicy(hosts=hosts)) as api:
        answer = api.ask("GET", "/v1/me", Host=host)
        problem(answer, status, "host_unknown" if status == 400 else "unauthenticated")
        assert api.ask("GET", "/healthz", Host=host).status_code == 200


@pytest.mark.parametrize(
    ("headers", "passes"),
    [
        ({}, True),
        ({"Cookie": "s=1"}, False),
        ({"Cookie": "s=1", "Sec_Fetch_Site": "same-origin"}, True),
        ({"Cookie": "s=1", "Sec_Fetch_Site": "same-site"}, False),
        ({"Cookie": "s=1", "Sec_Fetch_Site": "cross-site"}, False),
        ({"Cookie": "s=1", "Sec_Fetch_Site": "none"}, False),
        ({"Cookie": "s=1", "Origin": "http://testserver"}, True),
        ({"Cookie": "s=1", "Origin": "https://testserver"}, False),
        ({"Cookie": "s=1", "Origin": "http://testserver.evil.example"}, False),
        ({"Cookie": "s=1", "Origin": "null"}, False),
        ({"Cookie": "s=1", "Origin": "http://evil", "Sec_Fetch_Site": "same-origin"}, False),
    ],
)
def test_cookies_count_only_from_our_own_pages(
    api: Served,
    headers: dict[str, str],
    passes: bool,  # noqa: FBT001
) -> None:
    for method, path in (("POST", "/v1/members"), ("DELETE", "/v1/keys/a")):
        answer = api.ask(method, path, **headers)
        code = "unauthenticated" if passes else "cross_origin"
        problem(answer, 401 if passes else 403, code)
    assert api.ask("GET", "/docs", **headers).status_code == 200


def test_headers_that_stand_twice_or_are_too_many(api: Served) -> None:
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    problem(api.http.request("GET", "/v1/me", headers=twice), 431, "headers_too_many")
    many = {f"X-{number}": "y" for number in range(80)}
    problem(api.http.request("GET", "/v1/me", headers=many), 431, "headers_too_many")


MULTIPART = b'--x\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/octet-stream",
    ],
)
@pytest.mark.parametrize("declared", [True, False])
def test_no_body_is_too_long_in_any_form(api: Served, kind: str, declared: bool) -> None:  # noqa: FBT001
    def pieces() -> Iterator[bytes]:
        for _ in range(20):
            yield b"a" * 100_000

    headers = {
        "Content-Type": kind,
        "Authorization": f"Bearer {api.key(Kind.STAFF, 'li')}",
        "Idempotency-Key": api.next(),
    }
    content: Any = b"a" * 2_000_000 if declared else pieces()
    answer = api.http.request("POST", "/v1/members", headers=headers, content=content)
    if declared or kind == "application/json":
        problem(answer, 413, "too_large")
    else:
        problem(answer, 415, "media_type")


def test_an_address_that_fails_again_and_again_is_shut_out(sqlite_url: str) -> None:
    edge = EdgePolicy(floods_a_minute=3)
    with served(sqlite_url, edge=edge, address="192.0.2.7") as api:
        key = api.key(Kind.STAFF, "li")
        assert [api.ask("GET", "/v1/me").status_code for _ in range(4)] == [401] * 4
        answer = api.ask("GET", "/v1/me", key)
        problem(answer, 429, "rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        complete(answer)
        assert api.ask("GET", "/healthz").status_code == 200


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "testclient"])
def test_a_proxy_is_never_shut_out(sqlite_url: str, address: str) -> None:
    with served(sqlite_url, edge=EdgePolicy(floods_a_minute=1), address=address) as api:
        assert {api.ask("GET", "/v1/nowhere").status_code for _ in range(4)} == {404}


def test_success_is_no_flood(sqlite_url: str) -> None:
    with served(sqlite_url, edge=EdgePolicy(floods_a_minute=1), address="192.0.2.7") as api:
        assert {api.staff("GET", "/v1/me").status_code for _ in range(4)} == {200}


def test_more_than_can_be_answered_at_once(sqlite_url: str) -> None:
    with served(sqlite_url, edge=EdgePolicy(requests_at_once_max=0)) as api:
        answer = api.ask("GET", "/v1/me")
        problem(answer, 503, "crowded")
        assert answer.headers["retry-after"] == "1"
        assert api.ask("GET", "/readyz").status_code == 200


@pytest.mark.parametrize("given", [UUID, "0123456789abcdef0123456789abcdef"])
def test_a_good_request_id_is_kept(api: Served, given: str) -> None:
    assert api.ask("GET", "/healthz", X_Request_Id=given).headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["13912345678", "210102199003071234", "a b", "x" * 36, ""])
def test_another_one_is_replaced(api: Served, given: str) -> None:
    assert api.ask("GET", "/healthz", X_Request_Id=given).headers["x-request-id"] != given


@pytest.fixture
def told() -> Iterator[io.StringIO]:
    """The log lines of requests."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure(Form.JSON, access=True, stream=out)
    yield out
    configure(stream=out)
    root.handlers[:] = before
    root.setLevel(level)


def test_a_request_has_one_line_and_no_path(api: Served, told: io.StringIO) -> None:
    member = api.person()
    told.truncate(told.seek(0))
    api.staff("GET", f"/v1/members/{member}?phone=13912345678", X_Request_Id=UUID)
    api.ask("GET", "/v1/13912345678/where")
    first, second = map(json.loads, told.getvalue().splitlines())
    assert member not in told.getvalue()
    assert "13912345678" not in told.getvalue()
    assert first | {"time": "", "duration_ms": 0} == {
        "time": "", "level": "info", "logger": "points.access", "event": "request",
        "request_id": UUID, "method": "GET", "route": "/v1/members/{member_id}", "status": 200,
        "duration_ms": 0, "caller": "staff", "association": "panjin",
    }  # fmt: skip
    assert (second["route"], second["status"]) == ("unmatched", 404)


def test_a_refusal_is_told_by_its_code(api: Served, told: io.StringIO) -> None:
    api.ask("GET", "/v1/me")
    api.ask("GET", "/docs")
    first, second = map(json.loads, told.getvalue().splitlines())
    assert (first["status"], first["code"], first["route"]) == (401, "unauthenticated", "/v1/me")
    assert (second["status"], second["route"]) == (200, "/docs")


def test_a_defect_is_told_by_its_class(
    api: Served, told: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Gate, "admit", None)
    api.ask("GET", "/v1/members?phone=13912345678")
    failed, line = map(json.loads, told.getvalue().splitlines())
    assert failed["exception"]["classes"] == ["builtins.TypeError"]
    assert failed["exception"]["at"][0].startswith("points/edge/frame.py:")
    assert failed["request_id"] == line["request_id"]
    assert (line["status"], line["code"]) == (500, "internal_error")
