"""The counter over HTTP: nothing outside the fixed list, days and look-ups, tills, and the sandbox."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from sqlalchemy.exc import OperationalError

from points.api import route
from points.api.gate import SANDBOX_HEADER
from points.engine import Outcome
from points.flows.counter import Desk
from points.flows.counter_advice import ADVICE
from points.flows.verify import verify
from points.identity.roles import Kind
from points.kernel.errors import Refusal, refusals
from points.kernel.ids import AssociationId, OperationId
from points.members.reads import member_ids, persons
from points.vouchers.codes import check_character
from tests.api.market import capture, open_market, till, voucher
from tests.api.served import HERE, Served, problem, served

CAPTURES = "/v1/counter/captures"
TWIN = AssociationId(f"{HERE}-test")
NOT_SAID_AT_COUNTERS = {
    # To offices, to members, or nowhere over this interface.
    *("operator_exists", "operator_invalid", "operator_unchanged", "operator_refused"),
    *("operator_set_up_refused", "pin_weak", "partner_exists", "partner_unknown", "outlet_exists"),
    *("period_open", "period_closed", "correction_empty", "till_exists", "till_invalid"),
    *("till_unchanged", "till_shared", "counter_policy_unchanged", "voucher_not_due"),
}


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[Served]:
    with served(module_sqlite_url) as here:
        open_market(here)
        yield here


def ask(shop: Served, method: str, path: str, key: str, **body: Any) -> Any:
    return shop.ask(method, path, key, json=body if method == "POST" else None)


def wrong(number: int) -> str:
    """Return a code that nobody was given, with the right check character."""
    body = f"{number:012}"
    return body + check_character(body)


def office(shop: Served, partner: str = "YF") -> str:
    return shop.key(Kind.PARTNER, partner)


# The fixed list


def made(kind: type[Refusal]) -> Refusal:
    """Return some refusal of a kind."""
    values: dict[str, Any] = {"int": 1, "str": "2026-03-02T12:00:00+08:00"}
    hints = get_type_hints(kind)
    return kind(
        **{f.name: values.get(getattr(hints[f.name], "__name__", ""), ()) for f in fields(kind)}
    )


KNOWN = [kind for kind in refusals().values() if kind.__module__.startswith("points.")]


@pytest.mark.parametrize("kind", KNOWN, ids=lambda kind: kind.code)
def test_a_counter_answers_nothing_outside_the_list(
    shop: Served, kind: type[Refusal], monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = Outcome(operation_id=OperationId("x"), result={}, refusal=made(kind))
    monkeypatch.setattr(Desk, "capture", lambda *_, **__: refused)
    answer = ask(shop, "POST", CAPTURES, till(shop), code="x", request_no="r")
    body = answer.json()
    assert body["code"] in ADVICE
    assert body["code"] in {kind.code, "not_now"}
    assert body["say"]
    assert body["action"] == ADVICE[body["code"]].zh
    assert body["retryable"] is ADVICE[body["code"]].retryable


def test_a_list_that_is_not_asked_would_be_noticed(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "at_counter", lambda problem: problem)
    monkeypatch.setattr("points.api.caller.told", lambda _, refusal: refusal)
    kind = refusals()["insufficient_points"]
    with pytest.raises((AssertionError, KeyError)):
        test_a_counter_answers_nothing_outside_the_list(shop, kind, monkeypatch)


def test_whatever_vouchers_and_partners_refuse_is_in_the_list_or_never_said() -> None:
    theirs = {k.code for k in KNOWN if ".vouchers." in k.__module__ or ".partners." in k.__module__}
    assert NOT_SAID_AT_COUNTERS & set(ADVICE) == set()
    assert theirs >= NOT_SAID_AT_COUNTERS
    assert {code for code in theirs if code.startswith(("void_", "authorisation_"))} <= set(ADVICE)


def test_a_frame_that_refuses_speaks_to_the_clerk_too(shop: Served) -> None:
    key = till(shop)
    for answer in (
        ask(shop, "POST", CAPTURES, "pk_live_x", code="x", request_no="r"),
        ask(shop, "POST", CAPTURES, key, code="x"),
        ask(shop, "POST", CAPTURES, key, request_no="r"),
        ask(shop, "POST", CAPTURES, shop.key(Kind.SOURCE, "venue_qr"), code="x", request_no="r"),
        shop.ask(
            "POST", "/v1/counter/authorisations", key, json={"code": "x"}, idempotency_key=None
        ),
        ask(shop, "GET", f"{CAPTURES}?cursor=x", key),
    ):
        body = answer.json()
        assert answer.status_code >= 400
        assert body["code"] in ADVICE
        assert {"say", "action", "retryable"} <= set(body)


def test_where_the_database_is_away_nobody_hears_that_a_voucher_is_good(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, key = voucher(shop)["codes"]["code"], till(shop)

    def away(*_: Any) -> None:
        raise OperationalError("SELECT", {}, Exception("away"))

    with monkeypatch.context() as patched:
        patched.setattr("points.vouchers.store._lock_guards", away)
        said = problem(
            ask(shop, "POST", CAPTURES, key, code=code, request_no="away-1"), 503, "unavailable"
        )
    assert (said["retryable"], said["retry_after"]) == (True, 1)
    done = ask(shop, "POST", CAPTURES, key, code=code, request_no="away-1", amount_fen=100)
    assert done.status_code == 200


def test_what_to_wait_for_is_said_in_seconds(shop: Served) -> None:
    code = voucher(shop)["codes"]["code"]
    assert ask(shop, "POST", "/v1/counter/authorisations", till(shop), code=code).status_code == 200
    other = ask(shop, "POST", CAPTURES, till(shop, "YF02"), code=code, request_no="w", amount_fen=1)
    said = problem(other, 409, "voucher_in_use")
    assert 0 < said["retry_after"] <= 180
    assert "2026年3月2日" in said["say"]


def test_nobody_guesses_at_an_outlet_that_is_not_theirs(shop: Served) -> None:
    """Neither at another's, whose tills would be closed by it, nor at one that was made up."""
    good, rival = voucher(shop)["codes"]["code"], office(shop, "KM")
    for outlet in ("YF02", "NOWHERE"):
        for number, code in enumerate((*map(wrong, range(6)), good)):
            name = f"{outlet}-{number}"
            asked = ask(shop, "POST", CAPTURES, rival, code=code, request_no=name, outlet_id=outlet)
            problem(asked, 404, "outlet_unknown")
            # What is on file tells no more than the answer did.
            found = ask(shop, "GET", f"{CAPTURES}/by-request/{name}", rival)
            problem(found, 404, "capture_unknown")
    own = ask(shop, "POST", CAPTURES, till(shop, "YF02"), code=wrong(1), request_no="own")
    problem(own, 404, "voucher_unknown")


# Authorisations, look-ups, the day


def test_an_authorisation_is_found_gone_on_with_and_given_up(shop: Served) -> None:
    code, key = voucher(shop)["codes"]["code"], till(shop)
    body = {"code": code}
    shown = shop.ask(
        "POST", "/v1/counter/authorisations", key, json=body, idempotency_key="look-1"
    ).json()
    found = ask(shop, "GET", "/v1/counter/authorisations/by-request/look-1", key)
    assert found.json() == shown
    other = ask(shop, "GET", "/v1/counter/authorisations/by-request/look-1", till(shop, "YF02"))
    problem(other, 404, "authorisation_unknown")
    name = shown["authorisation_id"]
    release = f"/v1/counter/authorisations/{name}:release"
    problem(ask(shop, "POST", release, till(shop, "YF02")), 404, "authorisation_unknown")
    assert ask(shop, "POST", release, key).json()["authorisation_id"] == name
    assert ask(shop, "POST", release, key).headers["idempotent-replayed"] == "true"
    gone = ask(shop, "POST", CAPTURES, key, authorisation_id=name, request_no="g1", amount_fen=1)
    problem(gone, 409, "authorisation_ended")
    again = ask(shop, "GET", f"{CAPTURES}/by-request/g1", key)
    problem(again, 409, "authorisation_ended")  # refused, and that is what became of it


def refused_at_one_outlet(shop: Served, run: str) -> list[str]:
    """Refuse a capture, a void and an authorisation to an outlet; return where each is asked."""
    key, done, refused = till(shop), f"{run}-done", f"{run}-refused"
    body = {"code": voucher(shop)["codes"]["code"], "amount_fen": 2000}
    assert ask(shop, "POST", CAPTURES, key, request_no=done, **body).is_success
    again = ask(shop, "POST", CAPTURES, key, request_no=refused, **body)
    problem(again, 409, "already_captured")
    voids = "/v1/counter/voids"
    assert ask(shop, "POST", voids, key, request_no=done, void_no=done).is_success
    problem(ask(shop, "POST", voids, key, request_no=done, void_no=refused), 409, "already_voided")
    looks, code = "/v1/counter/authorisations", {"code": voucher(shop)["codes"]["code"]}
    assert ask(shop, "POST", looks, till(shop, "YF02"), **code).is_success
    used = shop.ask("POST", looks, key, json=code, idempotency_key=refused)
    problem(used, 409, "voucher_in_use")
    return [f"{kind}/by-request/{refused}" for kind in (CAPTURES, voids, looks)]


def outlets_hear(shop: Served, run: str) -> None:
    codes = ("already_captured", "already_voided", "voucher_in_use")
    unknown = ("capture_unknown", "void_unknown", "authorisation_unknown")
    for path, code, none in zip(refused_at_one_outlet(shop, run), codes, unknown, strict=True):
        for key in (till(shop), office(shop)):
            problem(shop.ask("GET", path, key), 409, code)
        for key in (till(shop, "YF02"), office(shop, "KM")):
            problem(shop.ask("GET", path, key), 404, none)


def test_what_an_outlet_was_refused_no_other_outlet_hears(shop: Served) -> None:
    outlets_hear(shop, "heard")
    assert verify(shop.installation.engine, HERE).ok


def test_the_control_without_asking_where_another_outlet_hears(
    shop: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Desk, "heard", Desk.answered)
    with pytest.raises(AssertionError):
        outlets_hear(shop, "overheard")


def test_a_void_is_found_by_its_number(shop: Served) -> None:
    capture(shop, voucher(shop)["codes"]["code"], "d1", amount_fen=100)
    done = ask(shop, "POST", "/v1/counter/voids", till(shop), request_no="d1", void_no="dv1")
    found = ask(shop, "GET", "/v1/counter/voids/by-request/dv1", till(shop)).json()
    assert (found["void_id"], found["owed_fen"]) == (done.json()["void_id"], -100)
    assert ask(shop, "GET", "/v1/counter/voids/by-request/dv1", office(shop)).status_code == 200
    for key, number in (
        (till(shop, "YF02"), "dv1"),
        (till(shop), "dv2"),
        (office(shop, "KM"), "dv1"),
    ):
        answer = ask(shop, "GET", f"/v1/counter/voids/by-request/{number}", key)
        problem(answer, 404, "void_unknown")


def test_a_day_is_paged_and_its_sums_are_the_days(shop: Served) -> None:
    for number in range(3):
        capture(shop, voucher(shop)["codes"]["code"], f"p{number}", outlet="YF02", amount_fen=100)
    key, got, cursor = till(shop, "YF02"), [], ""
    while True:
        page = ask(shop, "GET", f"{CAPTURES}?limit=2{cursor}", key).json()
        got += [each["request_no"] for each in page["items"]]
        assert (page["totals"]["captures"], page["totals"]["net_fen"]) == (3, 300)
        if "next" not in page:
            break
        cursor = f"&cursor={page['next']}"
    assert got == ["p0", "p1", "p2"]
    problem(ask(shop, "GET", f"{CAPTURES}?outlet_id=YF01", key), 404, "outlet_unknown")
    whole = ask(shop, "GET", f"{CAPTURES}?outlet_id=YF02", office(shop)).json()
    assert whole["totals"]["captures"] == 3
    assert ask(shop, "GET", CAPTURES, office(shop, "KM")).json()["items"] == []
    assert ask(shop, "GET", f"{CAPTURES}?day=2026-03-01", key).json()["totals"]["captures"] == 0


# Tills, policies, hours


def test_an_office_registers_tills_and_its_outlet_works_at_them_only(shop: Served) -> None:
    key, other = office(shop, "KM"), office(shop)
    body: dict[str, Any] = {"outlet_id": "KM01", "device_id": "pos-1"}
    problem(ask(shop, "POST", "/v1/counter/tills", other, **body), 404, "outlet_unknown")
    assert ask(shop, "POST", "/v1/counter/tills", key, **body).status_code == 201
    tills = ask(shop, "GET", "/v1/counter/tills", key).json()["items"]
    assert tills == [{"outlet_id": "KM01", "device_id": "pos-1", "active": True, "own_key": False}]
    problem(ask(shop, "GET", "/v1/counter/tills?partner_id=KM", other), 404, "partner_unknown")
    code = voucher(shop)["codes"]["code"]
    body = {"code": code, "request_no": "k1", "amount_fen": 1}
    problem(ask(shop, "POST", CAPTURES, till(shop, "KM01"), **body), 403, "till_unknown")
    assert (
        ask(shop, "POST", CAPTURES, till(shop, "KM01"), **body, device_id="pos-1").status_code
        == 200
    )
    off = ask(shop, "POST", "/v1/counter/tills/KM01/pos-1:disable", key).json()
    assert off["active"] is False
    body["request_no"] = "k2"
    answer = ask(shop, "POST", CAPTURES, till(shop, "KM01"), **body, device_id="pos-1")
    problem(answer, 403, "till_unknown")
    assert ask(shop, "POST", "/v1/counter/tills/KM01/pos-1:enable", key).status_code == 200
    for name, said in (("KM01/pos-9", "not_found"), ("YF01/pos-1", "outlet_unknown")):
        for step in ("disable", "enable"):
            unknown = ask(shop, "POST", f"/v1/counter/tills/{name}:{step}", key)
            problem(unknown, 404, said)


def test_what_holds_at_counters_is_the_associations_to_say(shop: Served) -> None:
    body = {"partner_id": "KM", "hours": "refuse", "operator_voids_max": 3, "outlet_voids_max": 9}
    usual = ask(shop, "GET", "/v1/counter/policy", office(shop, "KM")).json()
    assert (usual["version"], usual["hours"]) == (0, "flag")
    problem(ask(shop, "POST", "/v1/counter/policy", office(shop, "KM"), **body), 403, "forbidden")
    assert shop.staff("POST", "/v1/counter/policy", json=body).json()["version"] == 1
    problem(shop.staff("POST", "/v1/counter/policy", json=body), 409, "counter_policy_unchanged")
    assert ask(shop, "GET", "/v1/counter/policy", office(shop, "KM")).json()["hours"] == "refuse"
    hours = ask(shop, "GET", "/v1/counter/hours", office(shop, "KM")).json()["items"]
    assert hours == [{"outlet_id": "KM01", "name": "KM01 店", "text": "", "read": False}]


# The sandbox


@pytest.fixture(scope="module")
def keys(shop: Served) -> dict[str | None, str]:
    answer = shop.staff("POST", "/v1/sandbox", json={"partner_id": "YF"})
    assert answer.status_code == 201
    assert answer.json()["association"] == TWIN
    return {each.get("outlet_id"): each["key"] for each in answer.json()["keys"]}


def test_the_twin_never_meets_what_counts(shop: Served, keys: dict[str | None, str]) -> None:
    before = ask(shop, "GET", CAPTURES, office(shop)).json()
    minted = ask(shop, "POST", "/v1/sandbox/vouchers", keys["YF01"], wanted="good")
    assert minted.status_code == 201
    assert minted.headers[SANDBOX_HEADER] == "true"
    code = minted.json()["codes"]["code"]
    real = voucher(shop)["codes"]["code"]
    # A live key with a test code, and a test key with a live code, are as good as any guess.
    problem(capture(shop, code, "t1"), 404, "voucher_unknown")
    crossed = ask(shop, "POST", CAPTURES, keys["YF01"], code=real, request_no="t1")
    problem(crossed, 404, "voucher_unknown")
    done = ask(
        shop, "POST", CAPTURES, keys["YF01"], code=code, request_no="p0"
    )  # used live as well
    assert done.status_code == 200
    after = ask(shop, "GET", CAPTURES, office(shop))
    assert (after.json(), SANDBOX_HEADER in after.headers) == (before, False)
    draft = ask(shop, "GET", "/v1/statements:draft?day=2026-03-02", office(shop)).json()
    assert draft["total_fen"] == before["totals"]["net_fen"]
    theirs = ask(shop, "GET", CAPTURES, keys[None]).json()
    assert [each["request_no"] for each in theirs["items"]] == ["p0"]
    for association in (HERE, TWIN):
        assert verify(shop.installation.engine, association).ok


def test_a_key_opens_its_own_association_and_no_other(
    shop: Served, keys: dict[str | None, str]
) -> None:
    test, live = keys["YF01"], till(shop)
    for key, said in ((test, "test"), (live, "live")):
        assert key.startswith(f"pk_{said}_")
        other = {"test": "live", "live": "test"}[said]
        for forged in (
            key.replace(f"pk_{said}_", f"pk_{other}_"),
            key.replace(f"_{TWIN}_", f"_{HERE}_").replace("pk_test_", "pk_live_"),
            key.replace(f"_{HERE}_", f"_{TWIN}_").replace("pk_live_", "pk_test_"),
        ):
            if forged != key:
                problem(ask(shop, "GET", "/v1/me", forged), 401, "unauthenticated")


def test_only_a_sandbox_makes_vouchers_and_is_swept(
    shop: Served, keys: dict[str | None, str]
) -> None:
    for path in ("/v1/sandbox/vouchers", "/v1/sandbox/reset"):
        problem(ask(shop, "POST", path, till(shop)), 403, "sandbox_only")
        problem(ask(shop, "POST", path, office(shop)), 403, "sandbox_only")
    problem(ask(shop, "POST", "/v1/sandbox", office(shop), partner_id="YF"), 403, "forbidden")
    unknown = shop.staff("POST", "/v1/sandbox", json={"partner_id": "XX"})
    problem(unknown, 404, "partner_unknown")
    key = keys["YF02"]
    for number in range(6):
        wrong = {"code": f"{'0' * 11}{number}0"}
        ask(shop, "POST", "/v1/counter/authorisations", key, **wrong)
    ask(shop, "POST", "/v1/sandbox/vouchers", keys[None], wanted="amount")
    assert ask(shop, "POST", "/v1/sandbox/reset", keys[None]).json()["ended"] >= 1
    assert ask(shop, "POST", "/v1/sandbox/reset", keys[None]).json()["ended"] == 0
    assert verify(shop.installation.engine, TWIN).ok


def test_no_message_leaves_a_sandbox(shop: Served, keys: dict[str | None, str]) -> None:
    """Its members are made up; a number that one of them has may be somebody's all the same."""
    assert keys
    with shop.installation.engine.reading(TWIN) as connection:
        members = member_ids(connection, TWIN)
        phone = persons(connection, TWIN, members, shop.installation.context)[members[0]].phone
    sent = len(shop.messages.sent)
    asked = shop.ask("POST", "/v1/login-codes", json={"association": TWIN, "phone": phone})
    assert asked.status_code == 202
    assert len(shop.messages.sent) == sent


def test_a_sandbox_that_is_opened_again_keeps_what_is_in_it(
    shop: Served, keys: dict[str | None, str]
) -> None:
    kept = ask(shop, "GET", CAPTURES, keys[None]).json()
    again = shop.staff("POST", "/v1/sandbox", json={"partner_id": "YF"}).json()
    [fresh] = [each["key"] for each in again["keys"] if "outlet_id" not in each]
    assert fresh != keys[None]
    assert ask(shop, "GET", CAPTURES, fresh).json() == kept
    other = shop.staff("POST", "/v1/sandbox", json={"partner_id": "KM"}).json()
    [office_key] = [each["key"] for each in other["keys"] if "outlet_id" not in each]
    assert ask(shop, "GET", CAPTURES, office_key).json()["items"] == []
