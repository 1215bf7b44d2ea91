"""Staff over HTTP: from the first invitation to the end of a session, and the gate's proofs."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from points.api.limits import Policy
from points.flows.authenticate import authenticate
from points.identity.passwords import Passwords
from points.identity.policy import FRESH, Action
from points.identity.roles import Grant, Kind, Role
from tests.api.served import HERE, Served, problem, served
from tests.flows.staffed import CHEAP, GOOD
from tests.people import sign_in

ADMIN = (Grant(role=Role.ADMIN),)


@pytest.fixture
def open_house(sqlite_url: str) -> Iterator[Served]:
    with served(sqlite_url) as here:
        engine = here.installation.engine
        engine.context = replace(engine.context, passwords=Passwords(**CHEAP))
        yield here


def code(here: Served, secret: str) -> str:
    return pyotp.TOTP(secret).at(int(here.clock.now().timestamp()))


def visit(here: Served, path: str, **body: Any) -> Any:
    said = {"association": HERE, "account": "wang"} | body
    return here.ask("POST", path, json=said, idempotency_key=None)


def invited(here: Served, *roles: str) -> str:
    body = {"account": "wang", "roles": list(roles) or ["officer"]}
    answer = here.staff("POST", "/v1/staff", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["set_up_code"])


def hired(here: Served, *roles: str) -> tuple[str, list[str]]:
    """Return the secret and the recovery codes of somebody who set their account up."""
    given = invited(here, *roles)
    begun = visit(here, "/v1/staff:setup", set_up_code=given, password=GOOD).json()
    assert begun["uri"].startswith("otpauth://totp/")
    assert "<svg" in begun["svg"]
    first = code(here, begun["secret"])
    done = visit(here, "/v1/staff:activate", set_up_code=given, code=first)
    assert done.status_code == 200, done.text
    here.clock.advance(timedelta(seconds=30))
    return begun["secret"], done.json()["recovery_codes"]


def log_in(here: Served, secret: str, **more: Any) -> Any:
    return visit(here, "/v1/sessions", **({"password": GOOD, "code": code(here, secret)} | more))


def test_from_the_invitation_to_the_end(open_house: Served) -> None:
    here = open_house
    secret, recovery = hired(here)
    opened = log_in(here, secret)
    assert opened.status_code == 201, opened.text
    assert opened.headers["cache-control"] == "no-store"
    token = opened.json()["token"]
    assert here.ask("GET", "/v1/me", token).json()["subject"] == "wang"
    sessions = here.ask("GET", "/v1/sessions", token).json()["items"]
    assert [each["current"] for each in sessions] == [True]
    here.clock.advance(timedelta(minutes=6))
    body = {"present": GOOD, "chosen": "another horse, other shoes"}
    problem(here.ask("POST", "/v1/me/password", token, json=body), 401, "second_factor_needed")
    verified = here.ask("POST", "/v1/session:verify", token, json={"code": code(here, secret)})
    assert verified.status_code == 200, verified.text
    wrong = here.ask("POST", "/v1/me/password", token, json=body | {"present": "x"})
    problem(wrong, 403, "password_refused")
    weak = here.ask("POST", "/v1/me/password", token, json=body | {"chosen": "password1234"})
    assert problem(weak, 422, "password_weak")["details"]["because"] == "too_common"
    assert here.ask("POST", "/v1/me/password", token, json=body).status_code == 200
    fresh = here.ask("POST", "/v1/me/recovery-codes", token).json()["recovery_codes"]
    assert not set(fresh) & set(recovery)
    begun = here.ask("POST", "/v1/me/second-factor", token).json()
    confirmed = here.ask(
        "POST",
        "/v1/me/second-factor:confirm",
        token,
        json={"code": code(here, begun["secret"])},
    )
    assert confirmed.status_code == 200, confirmed.text
    told = here.ask("GET", "/v1/me/notices", token).json()["items"]
    assert {"new_device", "password_changed"} <= {each["code"] for each in told}
    read = here.ask("POST", f"/v1/me/notices/{told[0]['notice_id']}:read", token)
    assert read.status_code == 200
    assert here.ask("DELETE", "/v1/session", token).json()["ended"] is True
    problem(here.ask("GET", "/v1/me", token), 401, "unauthenticated")


def test_an_admin_manages_staff(open_house: Served) -> None:
    here = open_house
    secret, _ = hired(here)
    token = log_in(here, secret).json()["token"]
    path = "/v1/staff/wang"
    assert here.staff("POST", f"{path}:grant", json={"role": "reviewer"}).status_code == 200
    taken = here.staff("POST", f"{path}:revoke", json={"role": "reviewer"})
    assert taken.status_code == 200
    problem(here.staff("POST", f"{path}:grant", json={"role": "approver"}), 403, "roles_conflict")
    problem(here.staff("POST", f"{path}:grant", json={"role": "king"}), 422, "content_invalid")
    (seat,) = [e for e in here.staff("GET", "/v1/staff").json()["items"] if e["account"] == "wang"]
    assert seat == {
        "account": "wang",
        "active": True,
        "ready": True,
        "roles": [{"role": "officer"}],
    }
    assert here.staff("POST", f"{path}:log-out").status_code == 200
    problem(here.ask("GET", "/v1/me", token), 401, "unauthenticated")
    assert here.staff("POST", f"{path}:reset", json={}).json()["set_up_code"]
    problem(log_in(here, secret), 401, "log_in_refused")
    assert here.staff("POST", f"{path}:disable", json={"reason": "离职"}).status_code == 200
    changes = [e["change"] for e in here.staff("GET", f"{path}/events").json()["items"]]
    assert changes == ["disabled", "reset", "revoked", "granted", "added"]


def test_an_invitation_that_is_asked_for_again_is_the_same(open_house: Served) -> None:
    body = {"account": "sun", "roles": ["officer"]}
    first, again = (
        open_house.staff("POST", "/v1/staff", json=body, idempotency_key="mine").json()
        for _ in range(2)
    )
    assert first == again


def test_an_emergency(open_house: Served) -> None:
    here = open_house
    token = sign_in(here.installation.engine, HERE, "zhao", ADMIN)
    path = "/v1/members"
    problem(here.ask("GET", path, token), 403, "forbidden")
    body = {"role": "registrar", "minutes": 10, "reason": "登记员请假，现场有人等候"}
    assert here.ask("POST", "/v1/break-glass", token, json=body).status_code == 201
    assert here.ask("GET", path, token).status_code == 200
    here.clock.advance(timedelta(minutes=10))
    here.http.app.state.gate.forget()
    problem(here.ask("GET", path, token), 403, "forbidden")
    problem(here.ask("POST", "/v1/break-glass", token, json=body), 409, "glass_broken")


@pytest.mark.parametrize(
    "body",
    [
        {"password": "a wrong but telling password"},
        {"code": "123123"},
        {"account": "13912345678"},
        {"association": "elsewhere"},
    ],
)
def test_what_fails_sounds_alike_and_repeats_nothing(
    open_house: Served, body: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    secret, _ = hired(open_house)
    refused = log_in(open_house, secret, **body)
    said = problem(refused, 401, "log_in_refused")
    assert said["detail"] == "账号、密码或验证码不正确，或尝试次数过多；请核对后稍后再试"
    assert not [value for value in body.values() if value in refused.text + caplog.text]


def test_a_long_body_is_not_read(open_house: Served) -> None:
    problem(visit(open_house, "/v1/sessions", password="x" * 5000, code="000000"), 413, "too_large")
    # A name with a character that no text can hold is no name.
    problem(
        visit(open_house, "/v1/sessions", account="a\x00b", password="x", code="0" * 6),
        422,
        "content_invalid",
    )


def test_an_address_may_not_knock_for_ever(sqlite_url: str) -> None:
    with served(sqlite_url, policy=Policy(visits_a_minute=3)) as here:
        answers = [visit(here, "/v1/sessions", password="x", code="0" * 6) for _ in range(4)]
    assert [each.status_code for each in answers] == [401, 401, 401, 429]


def test_an_address_that_is_closed_hears_when_to_come_back(open_house: Served) -> None:
    secret, _ = hired(open_house)
    for number in range(20):
        visit(open_house, "/v1/sessions", account=f"name{number}", password="x", code="0" * 6)
    closed = log_in(open_house, secret)
    problem(closed, 429, "log_ins_closed")
    assert 0 < int(closed.headers["retry-after"]) <= 900


def proofs(here: Served) -> dict[str, str]:
    """Return an officer's and admin's keys and tokens, by how much they prove."""
    engine, now = here.installation.engine, here.clock.now()
    roles = (Grant(role=Role.ADMIN), Grant(role=Role.OFFICER))
    ways = {"fresh": now, "stale": now - FRESH, "never": False}
    found = {
        name: sign_in(engine, HERE, f"p-{name}", roles, verified_at=at) for name, at in ways.items()
    }
    found["key"] = here.key(
        Kind.STAFF, "robot", grants=(Grant(role=Role.OFFICER),), actions=frozenset(Action)
    )
    return found


@pytest.mark.parametrize(
    ("method", "path", "answers"),
    [
        ("GET", "/v1/members", {"fresh": 200, "stale": 200, "never": 200, "key": 200}),
        ("GET", "/v1/sessions", {"fresh": 200, "stale": 200, "never": 200, "key": 403}),
        ("GET", "/v1/staff", {"fresh": 200, "stale": 401, "never": 401, "key": 403}),
    ],
)
def test_the_gate_asks_for_what_the_table_says(
    api: Served, method: str, path: str, answers: dict[str, int]
) -> None:
    for name, key in proofs(api).items():
        answer = api.ask(method, path, key)
        assert answer.status_code == answers[name], (name, answer.text)
        if answer.status_code == 401:
            problem(answer, 401, "second_factor_needed")
            assert "insufficient_user_authentication" in answer.headers["www-authenticate"]
        if answer.status_code == 403 and path == "/v1/sessions":
            problem(answer, 403, "person_needed")


def test_the_use_of_a_session_is_noted_behind_the_back(open_house: Served) -> None:
    here = open_house
    secret, _ = hired(here)
    token = log_in(here, secret).json()["token"]
    for _ in range(3):  # idle for twenty minutes each time, and never for thirty
        here.clock.advance(timedelta(minutes=20))
        gate = here.http.app.state.gate
        gate.forget()
        gate._touched.clear()
        assert here.ask("GET", "/v1/me", token).status_code == 200
        while gate._touching:
            here.ask("GET", "/healthz")
    here.clock.advance(timedelta(minutes=30))
    assert authenticate(here.installation.engine, token) is None
