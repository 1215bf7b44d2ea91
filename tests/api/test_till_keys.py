"""Keys of tills over HTTP: who issues them, and that each speaks for its own till alone."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from points.api import counter
from points.api.caller import Caller
from points.api.offline import OfflineCaptures
from points.flows.counter import Till
from points.identity.passwords import Passwords
from points.identity.roles import Kind
from points.kernel.ids import OutletId, PartnerId
from tests.api.market import open_market, till, voucher
from tests.api.served import Served, problem, served
from tests.api.test_operators import OPERATORS, PIN, SESSIONS
from tests.flows.staffed import CHEAP

CAPTURES, CHECKS = "/v1/counter/captures", "/v1/counter/authorisations"
OUTLET, TILL = "YF01", "pos-1"


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[Served]:
    with served(module_sqlite_url) as here:
        engine = here.installation.engine
        engine.context = replace(engine.context, passwords=Passwords(**CHEAP))
        open_market(here)
        yield here


def ask(shop: Served, path: str, key: str, **body: Any) -> Any:
    return shop.ask("POST", path, key, json=body)


def register(shop: Served, device: str = TILL, outlet: str = OUTLET) -> None:
    body = {"outlet_id": outlet, "device_id": device}
    answer = ask(shop, "/v1/counter/tills", shop.key(Kind.PARTNER, outlet[:2]), **body)
    assert answer.status_code in {201, 409}, answer.text


def issue(shop: Served, **body: Any) -> Any:
    said = {"roles": ["till"], "subject": "YF", "outlet": OUTLET, "till": TILL} | body
    return shop.staff("POST", "/v1/keys", json=said)


@pytest.fixture(scope="module")
def own(shop: Served) -> str:
    """The key of a till of its own, beside which stand a till without one and a browser."""
    for device in (TILL, "pos-2", "web"):
        register(shop, device)
    answer = issue(shop)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["key"])


def test_a_key_is_issued_for_a_till_and_says_so(shop: Served) -> None:
    register(shop, "pos-9", "YF02")
    said = {"outlet": "YF02", "till": "pos-9"}
    made = issue(shop, **said)
    assert made.status_code == 201, made.text
    problem(issue(shop, **said), 409, "till_has_key")
    problem(issue(shop, outlet="YF02", till="pos-8"), 404, "not_found")
    problem(issue(shop, outlet="YF02", till="web"), 422, "till_shared")
    problem(issue(shop, outlet="KM01"), 404, "outlet_unknown")
    problem(issue(shop, outlet="XX01", till=None), 404, "outlet_unknown")
    for body, pointer in (
        ({"outlet": None}, "/outlet"),
        ({"roles": ["office"], "outlet": "YF02"}, "/till"),
        ({"roles": ["partner"], "outlet": None}, "/till"),
    ):
        faults = problem(issue(shop, **body), 422, "content_invalid")["faults"]
        assert [each["pointer"] for each in faults] == [pointer]
    next_ = shop.staff("POST", f"/v1/keys/{made.json()['key_id']}:rotate", json={}).json()
    keys = {each["key_id"]: each for each in shop.staff("GET", "/v1/keys").json()["items"]}
    for key_id in (made.json()["key_id"], next_["key_id"]):
        assert (keys[key_id]["outlet"], keys[key_id]["till"]) == ("YF02", "pos-9")
    office = shop.key(Kind.PARTNER, "YF")
    [listed] = shop.ask("GET", "/v1/counter/tills?outlet_id=YF02", office).json()["items"]
    assert listed == {"outlet_id": "YF02", "device_id": "pos-9", "active": True, "own_key": True}


def test_a_program_asks_which_till_its_key_speaks_for(shop: Served, own: str) -> None:
    me = shop.ask("GET", "/v1/me", own).json()
    assert (me["subject"], me["outlet"], me["till"]) == ("YF", OUTLET, TILL)
    assert "till" not in shop.ask("GET", "/v1/me", till(shop)).json()


def its_own_key_names_no_other(shop: Served, own: str) -> None:
    code = voucher(shop)["codes"]["code"]
    for number, device in enumerate(({}, {"device_id": TILL})):
        body = {"code": code, "request_no": f"{code}-{number}", "amount_fen": 100}
        done = ask(shop, CAPTURES, own, **body, **device)
        assert done.status_code == 200, done.text
    name = ask(shop, CHECKS, own, code=code).json()["authorisation_id"]
    item = {"token": "3123", "request_no": f"{code}-d", "handed_at": "2026-03-02T04:00:00Z"}
    for device in ("pos-2", "web", "key", "nobody"):
        for path, body in (
            (CAPTURES, {"code": code, "request_no": f"{code}-x", "amount_fen": 100}),
            (CHECKS, {"code": code}),
            (f"{CHECKS}/{name}:release", {}),
            ("/v1/counter/voids", {"request_no": f"{code}-0", "void_no": f"{code}-v"}),
            ("/v1/counter/offline-captures", {"items": [item]}),
        ):
            said = problem(ask(shop, path, own, **body, device_id=device), 403, "till_differs")
            assert said["say"] == "此密钥属于另一台收银设备，不能以所报设备编号办理"
            assert said["retryable"] is False
    # Nothing of it used a number up.
    body = {"code": code, "request_no": f"{code}-x", "amount_fen": 100}
    assert ask(shop, CAPTURES, own, **body).status_code == 200
    rows = shop.ask("GET", f"{CAPTURES}?limit=100", own).json()["items"]
    assert {each["device_id"] for each in rows if each["request_no"].startswith(code)} == {TILL}


def test_a_tills_own_key_names_no_other(shop: Served, own: str) -> None:
    its_own_key_names_no_other(shop, own)


def test_the_control_a_door_that_takes_any_name_is_noticed(
    shop: Served, own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def believed(caller: Caller, outlet: str, operator: str | None, device: str | None) -> Till:
        return Till(
            association_id=caller.association,
            partner_id=PartnerId(caller.principal.subject),
            outlet_id=OutletId(outlet),
            device_id=device or caller.principal.till or "key",
            device_proven=True,
            operator_id=operator or "",
        )

    monkeypatch.setattr(counter, "_till_at", believed)
    with pytest.raises(AssertionError):
        its_own_key_names_no_other(shop, own)


@pytest.mark.usefixtures("own")
def test_no_other_key_speaks_under_its_name(shop: Served) -> None:
    code, head = voucher(shop)["codes"]["code"], shop.key(Kind.PARTNER, "YF")
    for key in (till(shop), head):
        body = {"code": code, "request_no": "n-1", "amount_fen": 100, "outlet_id": OUTLET}
        said = problem(ask(shop, CAPTURES, key, **body, device_id=TILL), 403, "till_key_needed")
        assert said["say"] == "此收银设备有专用密钥，须用该密钥办理"
        problem(ask(shop, CAPTURES, key, **body), 403, "till_unknown")
    assert ask(shop, CAPTURES, head, **body, device_id="pos-2").status_code == 200
    item = {"token": "3123", "request_no": "n-2", "handed_at": "2026-03-02T04:00:00Z"}
    brought = ask(
        shop, "/v1/counter/offline-captures", till(shop), items=[item], device_id=TILL
    ).json()
    assert brought["items"][0]["refused"]["code"] == "till_key_needed"


def test_every_body_that_names_a_till_is_asked_alike() -> None:
    """Another way for a device to name itself would have to ask as well."""
    assert issubclass(OfflineCaptures, counter.AtTill)
    assert counter.AtTill.model_fields["device_id"].default is None


def test_clerks_stand_at_the_till_whose_key_let_them_in(shop: Served) -> None:
    register(shop, TILL, "KM01")
    register(shop, "pos-2", "KM01")
    made = issue(shop, subject="KM", outlet="KM01").json()["key"]
    named = {"outlet_id": "KM01", "operator_id": "07"}
    added = ask(shop, OPERATORS, shop.key(Kind.PARTNER, "KM"), **named).json()
    said = {"operator": "07", "code": added["set_up_code"], "pin": PIN}
    shop.ask("POST", f"{OPERATORS}:set-up", made, json=said, idempotency_key=None)

    def log_in(key: str) -> str:
        body = {"operator": "07", "pin": PIN}
        answer = shop.ask("POST", SESSIONS, key, json=body, idempotency_key=None)
        return str(answer.json()["token"])

    code = voucher(shop)["codes"]["code"]
    body = {"code": code, "request_no": "c-1", "amount_fen": 100}
    clerk = log_in(made)
    problem(ask(shop, CAPTURES, clerk, **body, device_id="pos-2"), 403, "till_differs")
    assert ask(shop, CAPTURES, clerk, **body).status_code == 200
    beside = log_in(till(shop, "KM01"))
    body["request_no"] = "c-2"
    problem(ask(shop, CAPTURES, beside, **body, device_id=TILL), 403, "till_key_needed")
    assert ask(shop, CAPTURES, beside, **body, device_id="pos-2").status_code == 200


def test_a_till_that_is_switched_off_captures_nothing_from_then_on(shop: Served, own: str) -> None:
    office, code = shop.key(Kind.PARTNER, "YF"), voucher(shop)["codes"]["code"]
    body: dict[str, Any] = {"code": code, "request_no": "o-1", "amount_fen": 100}
    assert ask(shop, CAPTURES, own, **body).status_code == 200
    off = ask(shop, f"/v1/counter/tills/{OUTLET}/{TILL}:disable", office).json()
    assert (off["active"], off["own_key"]) == (False, True)
    problem(ask(shop, CAPTURES, own, **body | {"request_no": "o-2"}), 403, "till_unknown")
    # A sibling's name is of no use to it.
    sibling = body | {"request_no": "o-2", "device_id": "pos-2"}
    problem(ask(shop, CAPTURES, own, **sibling), 403, "till_differs")
    assert ask(shop, CAPTURES, own, **body).headers["idempotent-replayed"] == "true"
    ask(shop, f"/v1/counter/tills/{OUTLET}/{TILL}:enable", office)
    assert ask(shop, CAPTURES, own, **body | {"request_no": "o-2"}).status_code == 200
