"""Offline tokens and QRs over HTTP, from the member's phone to the treasurer's decision."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from points.client import OfflineTill
from points.client.methods import Sends
from points.identity.roles import Grant, Kind, Role
from points.wiring import authored
from tests.api.market import capture, open_market, till, voucher
from tests.api.served import HERE, Served, problem, served
from tests.flows.offline import POLICY
from tests.people import sign_in


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[Served]:
    with pytest.MonkeyPatch.context() as patched:
        several = replace(POLICY, per_till_a_day=20)  # one outlet, for every test here
        patched.setattr(authored, "load_offline_policy", lambda _: several)
        with served(module_sqlite_url) as here:
            open_market(here)
            yield here


def take(shop: Served, drawn: dict[str, Any], outlet: str = "YF01", **more: Any) -> Any:
    path = f"/v1/vouchers/{drawn['voucher_id']}/offline-token"
    return shop.member(drawn["member_id"], "POST", path, json={"outlet_id": outlet} | more)


def bring(shop: Served, *items: dict[str, Any], outlet: str = "YF01") -> Any:
    key = till(shop, outlet)
    return shop.ask("POST", "/v1/counter/offline-captures", key, json={"items": list(items)})


def handed(shop: Served, token: str, number: str, fen: int | None = 500, **more: Any) -> Any:
    at = shop.clock.now().isoformat()
    return {"token": token, "request_no": number, "handed_at": at, "amount_fen": fen} | more


def test_a_qr_is_for_its_owner_and_dies(shop: Served) -> None:
    drawn = voucher(shop)
    path = f"/v1/vouchers/{drawn['voucher_id']}/qr"
    shown = shop.member(drawn["member_id"], "GET", path)
    assert shown.headers["cache-control"] == "no-store"
    body = shown.json()
    assert (len(body["payload"]), body["step_seconds"]) == (45, 30)
    assert "svg" not in body
    assert shop.member(drawn["member_id"], "GET", path + "?image=svg").json()["svg"]
    problem(shop.member(shop.person(), "GET", path), 404, "not_found")
    assert capture(shop, body["payload"], "q-1", amount_fen=2000).status_code == 200
    problem(shop.member(drawn["member_id"], "GET", path), 409, "voucher_unusable")
    shop.clock.advance(timedelta(seconds=61))
    problem(capture(shop, body["payload"], "q-2", amount_fen=1), 409, "qr_outdated")


def test_a_token_goes_its_way_with_the_client(shop: Served, tmp_path: Path) -> None:
    drawn = voucher(shop)
    token = take(shop, drawn, hours=2)
    assert token.status_code == 201, token.text
    again = shop.member(
        drawn["member_id"], "GET", f"/v1/vouchers/{drawn['voucher_id']}/offline-token?image=svg"
    ).json()
    assert again["payload"] == token.json()["payload"]
    assert again["svg"]
    problem(take(shop, drawn), 409, "offline_out")
    problem(take(shop, drawn, "KM01"), 409, "offline_off")
    problem(take(shop, drawn, "XX01"), 404, "outlet_unknown")
    here = OfflineTill(
        tmp_path / "till.sqlite3",
        outlet_id="YF01",
        device_id="till-1",
        now=lambda: shop.clock.now().timestamp(),
    )
    shop.clock.advance(timedelta(minutes=2))
    client = through(shop, till(shop))
    assert here.learn(client).enabled
    here.take(again["payload"], amount_fen=700)
    [done] = here.bring(client)
    assert (done.outcome, done.capture and done.capture.owed_fen) == ("captured", 700)
    here.close()
    missing = f"/v1/vouchers/{drawn['voucher_id']}/offline-token"
    shop.clock.advance(timedelta(hours=3))
    problem(shop.member(drawn["member_id"], "GET", missing), 404, "not_found")


def through(shop: Served, key: str) -> Sends:
    """Return a client whose calls go to the served application."""

    class Through:
        def send(self, call: Any) -> Any:
            answer = shop.ask(call.method, call.path, key, json=call.body)
            assert answer.status_code == 200, answer.text
            return call.reads.model_validate(answer.json())

    return Through()


def conflict(shop: Served, number: str) -> dict[str, Any]:
    """Let the association owe for a token whose voucher was used elsewhere after its end."""
    drawn = voucher(shop)
    token = take(shop, drawn, hours=1).json()["payload"]
    item = handed(shop, token, number)
    shop.clock.advance(timedelta(hours=2))
    code = drawn["codes"]["code"]
    assert capture(shop, code, f"e-{number}", outlet="YF02", amount_fen=2000).status_code == 200
    [done] = bring(shop, item).json()["items"]
    assert (done["outcome"], done["bearer"]) == ("conflict", "association")
    return dict(done)


def person(shop: Served, role: Role) -> str:
    engine = shop.installation.engine
    return sign_in(engine, HERE, f"somebody-{role}", (Grant(role=role),), kind=Kind.STAFF)


def test_a_batch_is_answered_item_by_item(shop: Served) -> None:
    good = take(shop, voucher(shop)).json()["payload"]
    items = [handed(shop, good, "b-1"), handed(shop, good, "b-2"), handed(shop, "3" * 280, "b-3")]
    first = bring(shop, *items)
    said = [(each["outcome"], each.get("reason")) for each in first.json()["items"]]
    assert said == [("captured", None), ("conflict", "used_twice"), ("conflict", "signature")]
    again = bring(shop, *items)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.json() == first.json()
    [refused] = bring(shop, items[0] | {"amount_fen": 501}).json()["items"]
    assert refused["refused"]["code"] == "operation_conflict"


def test_a_treasurer_decides_once_and_it_is_paid(shop: Served) -> None:
    done = conflict(shop, "c-1")
    path = f"/v1/offline-conflicts/{done['use_id']}:rule"
    body = {"decision": "paid", "reason": "断网期间"}
    problem(shop.ask("POST", path, person(shop, Role.AUDITOR), json=body), 403, "forbidden")
    treasurer = person(shop, Role.TREASURER)
    problem(
        shop.ask("POST", path, treasurer, json=body | {"reason": "问 13912345678"}),
        422,
        "personal_in_text",
    )
    paid = shop.ask("POST", path, treasurer, json=body)
    assert paid.status_code == 200, paid.text
    assert paid.json()["amount_fen"] == 500
    problem(shop.ask("POST", path, treasurer, json=body), 409, "offline_decided")
    unknown = "/v1/offline-conflicts/none:rule"
    problem(shop.ask("POST", unknown, treasurer, json=body), 404, "offline_use_unknown")


def test_the_queue_is_paged_and_a_partner_sees_its_own(shop: Served) -> None:
    conflict(shop, "p-1")
    partner = shop.key(Kind.PARTNER, "YF")
    mine = shop.ask("GET", "/v1/offline-conflicts?limit=1", partner).json()
    assert len(mine["items"]) == 1
    following = shop.ask("GET", f"/v1/offline-conflicts?cursor={mine['next']}", partner).json()
    assert following["items"][0]["use_id"] > mine["items"][0]["use_id"]
    other = shop.key(Kind.PARTNER, "KM")
    assert shop.ask("GET", "/v1/offline-conflicts", other).json()["items"] == []
    problem(shop.ask("GET", "/v1/offline-conflicts?partner_id=YF", other), 404, "partner_unknown")
    waiting = shop.ask(
        "GET", "/v1/offline-conflicts?waiting=yes", person(shop, Role.TREASURER)
    ).json()
    assert {each["waiting"] for each in waiting["items"]} == {True}
