"""Operators over HTTP: the till's key, a number and a PIN; the office looks after them."""

import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from points.identity.passwords import Passwords
from points.identity.roles import Kind
from points.identity.staff_store import save_staffroom
from points.identity.staffroom import Staffroom
from points.unit_of_work import writing
from tests.api.market import capture, open_market, till, voucher
from tests.api.served import HERE, Served, problem, served
from tests.flows.staffed import CHEAP
from tests.people import sign_in

PIN, ANOTHER = "804163", "592048"
OPERATORS, SESSIONS = "/v1/counter/operators", "/v1/counter/sessions"


@pytest.fixture
def shop(sqlite_url: str) -> Iterator[Served]:
    with served(sqlite_url) as here:
        engine = here.installation.engine
        engine.context = replace(engine.context, passwords=Passwords(**CHEAP))
        open_market(here)
        yield here


def office(shop: Served, method: str, path: str, partner: str = "YF", **more: Any) -> Any:
    return shop.ask(method, path, shop.key(Kind.PARTNER, partner), **more)


def add(shop: Served, operator: str = "07", outlet: str = "YF01", **more: Any) -> str:
    body = {"outlet_id": outlet, "operator_id": operator}
    answer = office(shop, "POST", OPERATORS, json=body, **more)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["set_up_code"])


def at_till(shop: Served, path: str, **body: Any) -> Any:
    return shop.ask("POST", path, till(shop), json=body, idempotency_key=None)


def set_up(shop: Served, code: str, operator: str = "07", pin: str = PIN) -> Any:
    return at_till(shop, f"{OPERATORS}:set-up", operator=operator, code=code, pin=pin)


def log_in(shop: Served, operator: str = "07", pin: str = PIN) -> Any:
    return at_till(shop, SESSIONS, operator=operator, pin=pin)


def use(shop: Served, token: str, code: str, request_no: str, **more: Any) -> Any:
    body = {"code": code, "request_no": request_no, "amount_fen": 100} | more
    return shop.ask("POST", "/v1/counter/captures", token, json=body)


def test_a_day_at_the_counter(shop: Served) -> None:
    drawn = voucher(shop)
    code = drawn["codes"]["code"]
    assert capture(shop, code, "r-0", amount_fen=100).status_code == 200  # no operators yet
    first = set_up(shop, add(shop))
    assert first.status_code == 201
    problem(capture(shop, code, "r-1", amount_fen=100), 403, "operator_session_needed")
    as_another = use(shop, shop.key(Kind.PARTNER, "YF"), code, "r-1", outlet_id="YF01")
    problem(as_another, 403, "operator_session_needed")
    opened = log_in(shop).json()
    assert (opened["outlet_id"], opened["operator_id"], opened["idle_seconds"]) == (
        "YF01",
        "07",
        3600,
    )
    token = opened["token"]
    problem(use(shop, token, code, "r-1", operator_id="08"), 403, "operator_differs")
    problem(use(shop, token, code, "r-1", outlet_id="YF02"), 404, "outlet_unknown")
    assert use(shop, token, code, "r-1", operator_id="07").status_code == 200
    authorised = shop.ask("POST", "/v1/counter/authorisations", token, json={"code": code})
    assert authorised.status_code == 200
    void = {"request_no": "r-1", "void_no": "v-1"}
    problem(
        shop.ask("POST", "/v1/counter/voids", till(shop), json=void), 403, "operator_session_needed"
    )
    assert shop.ask("POST", "/v1/counter/voids", token, json=void).status_code == 200
    # A till may still ask what became of a number, as after a lost answer.
    path = "/v1/counter/captures/by-request/r-1"
    assert shop.ask("GET", path, till(shop)).json()["voided"] is True
    assert len(shop.ask("GET", "/v1/sessions", token).json()["items"]) == 2
    assert shop.ask("DELETE", "/v1/session", token).status_code == 200
    problem(use(shop, token, code, "r-2"), 401, "unauthenticated")
    assert use(shop, first.json()["token"], code, "r-2").status_code == 200


def test_the_outlet_comes_from_the_key(shop: Served) -> None:
    set_up(shop, add(shop))
    answer = at_till(shop, SESSIONS, operator="07", pin=PIN, outlet_id="YF02")
    problem(answer, 422, "content_invalid")
    body = {"operator": "07", "pin": PIN}
    elsewhere = shop.ask("POST", SESSIONS, till(shop, "YF02"), json=body, idempotency_key=None)
    problem(elsewhere, 401, "operator_refused")
    token = log_in(shop).json()["token"]
    inside = shop.ask("POST", SESSIONS, token, json=body, idempotency_key=None)
    problem(inside, 403, "forbidden")  # an operator is no till
    outside = shop.ask("POST", SESSIONS, shop.key(Kind.PARTNER, "YF"), json=body)
    problem(outside, 403, "forbidden")


def test_a_weak_pin_says_so_and_the_code_stays_good(shop: Served) -> None:
    code = add(shop)
    for pin in ("123456", "20260304", "1111"):
        problem(set_up(shop, code, pin=pin), 422, "pin_weak")
    problem(set_up(shop, "0000", pin=PIN), 401, "operator_set_up_refused")
    assert set_up(shop, code).status_code == 201
    problem(set_up(shop, code), 401, "operator_set_up_refused")


def test_the_code_is_the_same_for_the_same_request(shop: Served) -> None:
    assert add(shop, idempotency_key="once") == add(shop, idempotency_key="once")
    body = {"outlet_id": "YF01", "operator_id": "07"}
    problem(office(shop, "POST", OPERATORS, json=body), 409, "operator_exists")
    body = {"outlet_id": "YF01", "operator_id": "张三"}
    problem(office(shop, "POST", OPERATORS, json=body), 422, "operator_invalid")


def test_an_office_looks_after_its_own(shop: Served) -> None:
    token = set_up(shop, add(shop)).json()["token"]
    [listed] = office(shop, "GET", OPERATORS).json()["items"]
    assert listed == {"outlet_id": "YF01", "operator_id": "07", "active": True, "ready": True}
    assert office(shop, "GET", OPERATORS, "KM").json()["items"] == []
    assert shop.staff("GET", OPERATORS).json()["items"] == [listed]
    problem(office(shop, "GET", f"{OPERATORS}?partner_id=KM"), 404, "partner_unknown")
    [session] = office(shop, "GET", SESSIONS).json()["items"]
    assert session["operator_id"] == "07"
    assert session["key_id"] in till(shop)
    assert shop.staff("GET", f"{SESSIONS}?partner_id=YF").json()["items"] == [session]
    problem(shop.staff("GET", SESSIONS), 404, "partner_unknown")
    path = f"{SESSIONS}/{session['session_id']}"
    problem(office(shop, "DELETE", path, "KM"), 404, "not_found")
    assert office(shop, "DELETE", path).status_code == 200
    problem(shop.ask("GET", "/v1/me", token), 401, "unauthenticated")
    one = f"{OPERATORS}/YF01/07"
    problem(office(shop, "POST", f"{one}:disable", "KM"), 404, "outlet_unknown")
    assert office(shop, "POST", f"{one}:disable").status_code == 200
    problem(log_in(shop), 401, "operator_refused")
    assert shop.staff("POST", f"{one}:enable").status_code == 200
    token = log_in(shop).json()["token"]
    code = office(shop, "POST", f"{one}:reset").json()["set_up_code"]
    problem(shop.ask("GET", "/v1/me", token), 401, "unauthenticated")
    assert set_up(shop, code, pin=ANOTHER).status_code == 201
    problem(log_in(shop), 401, "operator_refused")


def test_a_session_goes_with_its_key(shop: Served) -> None:
    token = set_up(shop, add(shop)).json()["token"]
    assert shop.ask("GET", "/v1/me", token).status_code == 200
    [session] = office(shop, "GET", SESSIONS).json()["items"]
    revoked = shop.staff("DELETE", f"/v1/keys/{session['key_id']}")
    assert revoked.status_code == 200, revoked.text
    problem(shop.ask("GET", "/v1/me", token), 401, "unauthenticated")


def test_a_till_key_that_may_less_lets_its_operators_do_less(shop: Served) -> None:
    set_up(shop, add(shop))
    narrow = frozenset({"log_in_operator", "read_rewards"})
    key = shop.key(Kind.PARTNER, "YF", outlet="YF01-x", actions=narrow)
    body = {"operator": "07", "pin": PIN}
    problem(
        shop.ask("POST", SESSIONS, key, json=body, idempotency_key=None), 401, "operator_refused"
    )
    shop.keys.clear()
    key = shop.key(Kind.PARTNER, "YF", outlet="YF01", actions=narrow)
    token = shop.ask("POST", SESSIONS, key, json=body, idempotency_key=None).json()["token"]
    problem(use(shop, token, "TKX1-TC24-9Y1Q-D", "r-1"), 403, "forbidden")
    assert shop.ask("GET", "/v1/rewards", token).status_code == 200
    assert shop.ask("DELETE", "/v1/session", token).status_code == 200


def test_guessing_is_slowed_down(shop: Served) -> None:
    set_up(shop, add(shop))
    for _ in range(5):
        problem(log_in(shop, pin="000000"), 401, "operator_refused")
    problem(log_in(shop), 401, "operator_refused")
    for number in range(10):
        problem(log_in(shop, f"9{number}"), 401, "operator_refused")
    problem(log_in(shop), 429, "log_ins_closed")
    shop.clock.advance(timedelta(minutes=16))
    assert log_in(shop).status_code == 201


def test_no_pin_and_no_code_is_told(shop: Served, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    code = add(shop)
    answers = [
        set_up(shop, "0000", pin=PIN),
        set_up(shop, code, pin="19870412"),
        set_up(shop, code, pin=PIN),
        log_in(shop, pin=PIN),
        log_in(shop, pin="733915"),
        log_in(shop, "9", pin=PIN),
        at_till(shop, SESSIONS, operator="07", pin=PIN, more=PIN),
        at_till(shop, SESSIONS, operator="07", pin=[PIN]),
    ]
    told = "\n".join(each.text for each in answers) + caplog.text
    for canary in (PIN, "733915", "19870412", code):
        assert canary not in told
    assert "operator_refused" in told  # the look finds what is there


def test_an_operator_reads_no_notices_of_staff(shop: Served) -> None:
    """A partner may be called like an account of staff."""
    engine, name = shop.installation.engine, "wang"
    sign_in(engine, HERE, name)
    room = Staffroom()
    room.tell((name,), "new_device", "x", ids=engine.ids, now=engine.clock.now())
    with writing(engine.database, HERE) as connection:
        save_staffroom(connection, HERE, room)
    [notice] = shop.ask("GET", "/v1/me/notices", shop.key(Kind.STAFF, name)).json()["items"]
    operator = sign_in(engine, HERE, name, kind=Kind.PARTNER, outlet="WG01")
    assert shop.ask("GET", "/v1/me/notices", operator).json()["items"] == []
    read = f"/v1/me/notices/{notice['notice_id']}:read"
    problem(shop.ask("POST", read, operator), 404, "not_found")
    assert shop.ask("POST", read, shop.key(Kind.STAFF, name)).status_code == 200
