"""The catalogue over HTTP: versions, photos, gates, outlets that are near, and every reason."""

import logging
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from points.flows.add_partner import AddOutlet
from points.flows.keep_photo import encoded
from points.kernel.ids import OutletId, PartnerId
from tests.api.market import give, named, open_market
from tests.api.served import Served, problem, served
from tests.flows.town import RULES

PHOTO = (RULES / "photos" / "c12.webp").read_bytes()
PLACES = {
    "YF11": ("兴隆台区", "41.1200", "122.0700"),
    "YF12": ("双台子区", "41.1900", "122.0600"),
}


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[Served]:
    with served(module_sqlite_url) as here:
        open_market(here)
        for outlet, (district, north, east) in PLACES.items():
            here.submit(
                AddOutlet(
                    **named(here, partner_id=PartnerId("YF"), outlet_id=OutletId(outlet)),
                    name=f"{outlet} 店",
                    district=district,
                    latitude=Decimal(north),
                    longitude=Decimal(east),
                )
            )
        yield here


def text(version: int, *changes: tuple[str, str], photo: str = "") -> str:
    """Return the shipped file as a later version, with photos that need no folder or none."""
    written = (RULES / "catalogue.yaml").read_text("utf-8")
    written = written.replace("version: 1\n", f"version: {version}\n", 1)
    for name in ("c14", "c20", *(() if photo else ("c12",))):
        written = written.replace(f"    photo: photos/{name}.webp\n", "")
    written = written.replace("photos/c12.webp", f"sha256:{photo}")
    for old, new in changes:
        assert old in written
        written = written.replace(old, new, 1)
    return written


def publish(shop: Served, written: str) -> Any:
    return shop.staff("POST", "/v1/rewards/versions", json={"text": written})


def test_a_version_is_checked_published_and_listed(shop: Served) -> None:
    path = "/v1/rewards/versions:lint"
    changed = text(2, ("price: 250", "price: 260"))
    found = shop.staff("POST", path, json={"text": changed}, idempotency_key=None).json()
    assert (found["errors"], found["version"]) == (0, 2)
    assert [each["sentence"] for each in found["changes"]] == [
        "C04 糖化血红蛋白加血脂套餐：价格 250 分 → 260 分"
    ]
    broken = text(3, ("kind: item", "kind: things"), ("price: 0", "price: 1"))
    found = shop.staff("POST", path, json={"text": broken}, idempotency_key=None).json()
    assert {each["code"] for each in found["findings"]} >= {
        "catalogue.must_be_free",
        "file.bad_value",
    }
    refused = publish(shop, broken)
    problem(refused, 422, "catalogue_refused")
    assert refused.json()["details"]["findings"][0]["line"]
    done = publish(shop, changed)
    assert done.status_code == 201, done.text
    problem(publish(shop, changed), 409, "catalogue_version_outdated")
    listed = shop.staff("GET", "/v1/rewards/versions").json()["items"]
    assert [(each["version"], each["in_force"]) for each in listed] == [(2, True), (1, False)]
    one = shop.staff("GET", "/v1/rewards/versions/2").json()
    assert (one["text"], len(one["items"])) == (changed, 22)
    problem(shop.staff("GET", "/v1/rewards/versions/99"), 404, "not_found")
    problem(shop.staff("GET", "/v1/rewards/versions/x"), 404, "not_found")


def test_a_photo_is_kept_once_and_served_for_ever(shop: Served) -> None:
    kept = shop.staff("POST", "/v1/rewards/photos", json={"content": encoded(PHOTO)}).json()
    again = shop.staff("POST", "/v1/rewards/photos", json={"content": encoded(PHOTO)}).json()
    assert kept == again
    assert publish(shop, text(4, photo=kept["sha256"])).status_code == 201
    member = shop.person()
    items = shop.member(member, "GET", "/v1/rewards").json()["items"]
    [address] = [each["photo"] for each in items if "photo" in each]
    answer = shop.member(member, "GET", address)
    assert (answer.status_code, answer.content) == (200, PHOTO)
    assert answer.headers["content-type"] == "image/webp"
    assert answer.headers["cache-control"] == "private, max-age=31536000, immutable"
    assert answer.headers["x-content-type-options"] == "nosniff"
    problem(shop.member(member, "GET", "/v1/rewards/photos/" + "0" * 64), 404, "not_found")
    problem(shop.staff("POST", "/v1/rewards/photos", json={"content": "GIF"}), 422, "photo_unfit")


def test_outlets_that_are_near_come_first_and_where_one_is_stands_nowhere(
    shop: Served, caplog: pytest.LogCaptureFixture
) -> None:
    member = shop.person()
    path = "/v1/rewards/C12/outlets"
    with caplog.at_level(logging.DEBUG):
        near = shop.member(member, "GET", f"{path}?near=41.1855,122.0611").json()["items"]
    assert [each["outlet_id"] for each in near[:2]] == ["YF12", "YF11"]
    assert near[0]["metres"] == 509
    assert "metres" not in near[-1]
    ours = [each.getMessage() for each in caplog.records if not each.name.startswith("httpx")]
    assert "41.1855" not in repr(ours)
    one = shop.member(member, "GET", f"{path}?district=兴隆台区").json()["items"]
    assert [each["outlet_id"] for each in one] == ["YF11"]
    problem(shop.member(member, "GET", f"{path}?near=51.5,0.1"), 422, "place_implausible")
    problem(shop.member(member, "GET", f"{path}?near=here"), 422, "content_invalid")
    problem(shop.member(member, "GET", "/v1/rewards/C99/outlets"), 404, "reward_unavailable")


def test_a_gate_is_opened_by_a_person_and_passed_by_the_member(shop: Served) -> None:
    member = shop.person()
    give(shop, member, 600)
    wanted = {"reward_id": "C09", "programme": "health"}
    quoted = shop.member(member, "POST", "/v1/redemptions:quote", json=wanted).json()
    assert [each["code"] for each in quoted["reasons"]] == ["gate_closed"]
    assert quoted["reasons"][0]["mend"]
    path = f"/v1/members/{member}/gates"
    opened = shop.staff("POST", path, json={"reward_id": "C09"})
    assert opened.status_code == 201, opened.text
    problem(shop.staff("POST", path, json={"reward_id": "C09"}), 409, "gate_open")
    drawn = shop.member(member, "POST", "/v1/redemptions", json=wanted)
    assert drawn.status_code == 201, drawn.text
    [grant] = shop.staff("GET", path).json()["items"]
    assert grant["voucher_id"] == drawn.json()["voucher_id"]
    closing = f"{path}/{grant['grant_id']}:close"
    problem(shop.staff("POST", closing, json={}), 409, "gate_grant_gone")


def test_a_reward_of_chosen_outlets_asks_where(shop: Served) -> None:
    changed = (
        "stock: {total: 1000, per_day: 50}",
        "stock: {total: 9, outlets: {YF11: 1}}",
    )
    assert publish(shop, text(6, changed)).status_code == 201
    member = shop.person()
    give(shop, member, 600)
    wanted = {"reward_id": "C13", "programme": "health"}
    problem(shop.member(member, "POST", "/v1/redemptions", json=wanted), 422, "outlet_needed")
    [one] = shop.member(member, "GET", "/v1/rewards/C13/outlets").json()["items"]
    assert (one["outlet_id"], one["left"]) == ("YF11", 1)
    drawn = shop.member(member, "POST", "/v1/redemptions", json=wanted | {"outlet_id": "YF11"})
    assert drawn.status_code == 201, drawn.text
    [one] = shop.member(member, "GET", "/v1/rewards/C13/outlets").json()["items"]
    assert one["left"] == 0
