"""Rewards, vouchers, the counter and statements over HTTP."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from points.identity.roles import Kind
from tests.api.market import capture, give, open_market, redeem, till, voucher
from tests.api.served import Served, problem, served


@pytest.fixture(scope="module")
def shop(module_database_url: str) -> Iterator[Served]:
    with served(module_database_url) as here:
        open_market(here)
        yield here


def test_the_catalogue_in_force(shop: Served) -> None:
    member_id = shop.person()
    items = shop.member(member_id, "GET", "/v1/rewards?programme=health").json()["items"]
    priced = {each["reward_id"]: each for each in items}
    assert priced["C12"]["price"] == 100
    english = shop.member(member_id, "GET", "/v1/rewards", Accept_Language="en").json()["items"]
    assert next(e for e in english if e["reward_id"] == "C12")["title"].isascii()


def test_a_quote_says_what_is_missing_and_writes_nothing(shop: Served) -> None:
    member_id = shop.person()
    give(shop, member_id, 30)
    body = {"reward_id": "C12", "programme": "health"}
    path = "/v1/redemptions:quote"
    found = shop.member(member_id, "POST", path, json=body, idempotency_key=None).json()
    assert (found["allowed"], found["points"], found["available"], found["missing"]) == (
        False,
        100,
        30,
        70,
    )
    assert found["refused"]["code"] == "insufficient_points"
    give(shop, member_id, 70)
    assert shop.member(member_id, "POST", path, json=body).json()["allowed"] is True
    held = shop.member(member_id, "GET", "/v1/vouchers").json()["items"]
    assert held == []


def test_redeem_twice_with_one_name_is_one_voucher(shop: Served) -> None:
    member_id = shop.person()
    give(shop, member_id, 100)
    first = redeem(shop, member_id, idempotency_key="r-1")
    again = redeem(shop, member_id, idempotency_key="r-1")
    assert (first.status_code, first.json()) == (201, again.json())
    assert first.json()["codes"]["code"]
    problem(redeem(shop, member_id), 409, "insufficient_points")
    [held] = shop.member(member_id, "GET", "/v1/vouchers").json()["items"]
    # Shown once: in the answer, and in the same answer again.
    assert "codes" not in held
    seen = shop.staff("GET", f"/v1/vouchers/{held['voucher_id']}").json()
    assert "codes" not in seen
    assert seen["last4"] == held["last4"]
    problem(
        shop.member(shop.person(), "GET", f"/v1/vouchers/{held['voucher_id']}"), 404, "not_found"
    )


def test_vouchers_page(shop: Served) -> None:
    member_id = shop.person()
    give(shop, member_id, 1000)
    drawn = [redeem(shop, member_id, "C02").json()["voucher_id"] for _ in range(3)]
    first = shop.member(member_id, "GET", "/v1/vouchers?limit=2").json()
    rest = shop.member(member_id, "GET", f"/v1/vouchers?cursor={first['next']}").json()
    assert [v["voucher_id"] for v in first["items"] + rest["items"]] == sorted(drawn, reverse=True)


def test_authorise_capture_find_void(shop: Served) -> None:
    drawn = voucher(shop)
    code = drawn["codes"]["code"]
    good = shop.ask("POST", "/v1/counter/authorisations", till(shop), json={"code": code}).json()
    assert (good["voucher_id"], good["remaining_fen"]) == (drawn["voucher_id"], 2000)
    done = capture(shop, code, "req-1", amount_fen=2000)
    again = capture(shop, code, "req-1", amount_fen=2000)
    assert done.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert done.json()["owed_fen"] == 2000
    problem(capture(shop, code, "req-2", amount_fen=1), 409, "already_captured")
    path = "/v1/counter/captures/by-request/"
    found = shop.ask("GET", f"{path}req-1", till(shop)).json()
    assert (found["capture_id"], found["voided"]) == (done.json()["capture_id"], False)
    for stranger in ("YF02", "KM01"):
        problem(shop.ask("GET", f"{path}req-1", till(shop, stranger)), 404, "capture_unknown")
        body = {"request_no": "req-1", "void_no": f"v-{stranger}"}
        answer = shop.ask("POST", "/v1/counter/voids", till(shop, stranger), json=body)
        problem(answer, 404, "capture_unknown")
    body = {"request_no": "req-1", "void_no": "v-1"}
    voided = shop.ask("POST", "/v1/counter/voids", till(shop), json=body)
    assert voided.json()["owed_fen"] == -2000
    assert shop.ask("POST", "/v1/counter/voids", till(shop), json=body).json() == voided.json()
    assert shop.ask("GET", f"{path}req-1", till(shop)).json()["voided"] is True


def test_two_identical_captures_at_once_are_one(shop: Served) -> None:
    code = voucher(shop)["codes"]["code"]
    till(shop)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: capture(shop, code, "same-1", amount_fen=2000), range(4)))
    assert {each.status_code for each in answers} == {200}
    assert len({each.text for each in answers}) == 1
    assert sum("idempotent-replayed" not in each.headers for each in answers) == 1


def test_a_till_acts_for_its_own_outlet(shop: Served) -> None:
    code = voucher(shop)["codes"]["code"]
    problem(
        capture(shop, code, "o-1", outlet="YF01", outlet_id="YF02", amount_fen=1),
        404,
        "outlet_unknown",
    )
    free = shop.key(Kind.PARTNER, "YF")
    body = {"code": code, "request_no": "o-2", "amount_fen": 1}
    problem(shop.ask("POST", "/v1/counter/captures", free, json=body), 404, "outlet_unknown")
    foreign = body | {"outlet_id": "KM01"}
    problem(shop.ask("POST", "/v1/counter/captures", free, json=foreign), 404, "outlet_unknown")
    # What was refused at the door used the number up for nobody.
    taken = shop.ask("POST", "/v1/counter/captures", free, json=body | {"outlet_id": "YF02"})
    assert taken.status_code == 200
    own = body | {"outlet_id": "YF02", "request_no": "o-3"}
    assert shop.ask("POST", "/v1/counter/captures", free, json=own).status_code == 200


def test_unknown_and_mistyped_codes(shop: Served) -> None:
    code = voucher(shop)["codes"]["code"]
    swapped = code[:-1] + ("0" if code[-1] != "0" else "1")
    answer = capture(shop, swapped, "u-1")
    problem(answer, 422, "code_mistyped")
    assert swapped not in answer.text


def test_guessing_is_throttled(shop: Served) -> None:
    from points.vouchers.codes import check_character  # noqa: PLC0415 - to make codes of nothing

    answers = []
    for number in range(6):
        body = f"00000000000{number}"
        answers.append(
            capture(shop, body + check_character(body), f"g-{number}", device_id="thief")
        )
    assert [each.status_code for each in answers] == [404] * 5 + [429]
    problem(answers[-1], 429, "too_many_attempts")
    assert int(answers[-1].headers["retry-after"]) > 0


def test_a_statement_is_drawn_up_once(shop: Served) -> None:
    code = voucher(shop)["codes"]["code"]
    assert capture(shop, code, "k-1", outlet="KM01", amount_fen=1500).status_code == 200
    partner = shop.key(Kind.PARTNER, "KM")
    draft = shop.ask("GET", "/v1/statements:draft?day=2026-03-02", partner).json()
    assert (draft["count"], draft["total_fen"], "statement_id" in draft) == (1, 1500, False)
    body = {"partner_id": "KM", "day": "2026-03-02"}
    problem(shop.staff("POST", "/v1/statements:draw-up", json=body), 409, "period_open")
    problem(shop.ask("POST", "/v1/statements:draw-up", partner, json=body), 403, "forbidden")
    now = shop.clock.now()
    shop.clock.advance(timedelta(days=40))
    closed = shop.staff("POST", "/v1/statements:draw-up", json=body, idempotency_key="draw-1")
    again = shop.staff("POST", "/v1/statements:draw-up", json=body, idempotency_key="draw-1")
    assert (closed.status_code, closed.json()) == (201, again.json())
    assert again.headers["idempotent-replayed"] == "true"
    problem(shop.staff("POST", "/v1/statements:draw-up", json=body), 409, "period_closed")
    [listed] = shop.ask("GET", "/v1/statements", partner).json()["items"]
    name = listed["statement_id"]
    assert shop.ask("GET", f"/v1/statements/{name}", partner).json() == listed
    lines = shop.ask("GET", f"/v1/statements/{name}/lines", partner).json()["items"]
    assert [line["amount_fen"] for line in lines] == [1500]
    canonical = shop.ask("GET", f"/v1/statements/{name}.jsonl", partner).content
    assert hashlib.sha256(canonical).hexdigest() == listed["sha256"]
    csv = shop.ask("GET", f"/v1/statements/{name}.csv", partner)
    assert csv.headers["content-type"].startswith("text/csv")
    assert "k-1" in csv.text
    xlsx = shop.ask("GET", f"/v1/statements/{name}.xlsx", partner)
    assert xlsx.content[:2] == b"PK"
    pdf = shop.ask("GET", f"/v1/statements/{name}.pdf", partner)
    assert (pdf.content[:5], pdf.headers["content-type"]) == (b"%PDF-", "application/pdf")
    stranger = shop.key(Kind.PARTNER, "YF")
    for ending in ("", ".csv", ".xlsx", ".pdf", ".jsonl", "/lines", "/disputes", "/events"):
        problem(shop.ask("GET", f"/v1/statements/{name}{ending}", stranger), 404, "not_found")
    problem(shop.ask("GET", "/v1/statements?partner_id=KM", stranger), 404, "partner_unknown")
    problem(shop.ask("GET", "/v1/statements", till(shop, "KM01")), 403, "forbidden")
    assert shop.staff("GET", "/v1/statements?partner_id=KM").json()["items"] == [listed]
    shop.clock.set(now)
