"""A QR in a real browser: a screenshot of it is good once at once, and worth nothing after a minute."""

from collections.abc import Iterator
from typing import Any

import pytest

from points.wiring import authored
from tests.api.market import capture, open_market, redeem
from tests.flows.offline import POLICY
from tests.web.browsing import House, browsing
from tests.web.pictures import codes_in
from tests.web.test_browser import Screen, chromium, enrolled, screens, served_at

__all__ = ["chromium", "screens"]
pytestmark = pytest.mark.browser
ON_A_PHONE = pytest.mark.parametrize("screens", ["phone"], indirect=True)


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[tuple[House, str]]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(authored, "load_offline_policy", lambda _: POLICY)
        with browsing(module_sqlite_url) as house, served_at(house) as url:
            open_market(house.served)
            yield house, url


def log_in(house: House, screen: Screen, url: str, phone: str) -> None:
    page = screen.page
    page.goto(f"{url}/m")
    screen.type("手机号", phone)
    screen.press("获取验证码")
    while not house.sent or house.sent[-1][0] != phone:
        page.wait_for_timeout(20)
    screen.type("验证码", house.sent[-1][1]["code"])
    screen.press("登录")
    page.get_by_role("link", name="去兑换").first.wait_for()


def shot(page: Any) -> str:
    [text] = codes_in(page.locator("img.qr").screenshot())
    return text


@ON_A_PHONE
@pytest.mark.parametrize("scheme", ["light", pytest.param("dark", marks=pytest.mark.nightly)])
def test_a_screenshot_dies_within_a_minute(
    town: tuple[House, str], screens: Any, scheme: str
) -> None:
    house, url = town
    member, phone = enrolled(house)
    voucher = redeem(house.served, member).json()["voucher_id"]
    screen = screens(f"qr-{scheme}", scheme)
    page = screen.page
    log_in(house, screen, url, phone)
    page.clock.install()
    page.goto(f"{url}/m/vouchers/{voucher}")
    screen.look("voucher")
    page.get_by_role("link", name="全屏出示二维码").click()
    page.get_by_role("heading", name="到店后出示给店员扫码").wait_for()
    screen.look("whole-screen")
    text = shot(page)
    assert text.isdigit()
    at_once = capture(house.served, text, f"a-{scheme}-{voucher}", amount_fen=100)
    assert at_once.status_code == 200, at_once.text
    house.tick(61)
    late = capture(house.served, text, f"b-{scheme}-{voucher}", amount_fen=100)
    assert (late.status_code, late.json()["code"]) == (409, "qr_outdated")
    assert late.json()["detail"] == "二维码已过期，请顾客刷新后再扫"
    again = capture(house.served, text, f"a-{scheme}-{voucher}", amount_fen=100)
    assert again.json() == at_once.json()


@ON_A_PHONE
def test_the_page_draws_it_anew_and_says_when_it_cannot(
    town: tuple[House, str], screens: Any
) -> None:
    house, url = town
    member, phone = enrolled(house)
    voucher = redeem(house.served, member).json()["voucher_id"]
    screen = screens("renewed")
    page = screen.page
    log_in(house, screen, url, phone)
    page.clock.install()
    page.goto(f"{url}/m/vouchers/{voucher}/qr")
    text = shot(page)
    house.tick(61)
    before = page.locator("img.qr").get_attribute("src")
    page.clock.run_for(31_000)
    page.locator(f'img.qr:not([src="{before}"])').wait_for()
    fresh = shot(page)
    assert fresh != text
    assert capture(house.served, fresh, f"c-{voucher}", amount_fen=100).status_code == 200
    page.context.set_offline(True)
    page.clock.run_for(31_000)
    page.get_by_role("alert").wait_for()
    assert "没有网络" in page.get_by_role("alert").inner_text()
    page.clock.run_for(31_000)
    page.locator(".qr-box.stale").wait_for()
    screen.look("no-network")
    page.context.set_offline(False)
    page.clock.run_for(4_000)
    page.locator(".qr-box:not(.stale)").wait_for()
    assert page.get_by_role("alert").count() == 0
    # What is used up meanwhile has no QR: its own page says so.
    house.tick(30)
    rest = capture(house.served, shot_of(house, member, voucher), f"d-{voucher}", amount_fen=1900)
    assert rest.status_code == 200, rest.text
    page.clock.run_for(31_000)
    page.wait_for_url(f"{url}/m/vouchers/{voucher}")
    assert page.locator("img.qr").count() == 0


def shot_of(house: House, member: str, voucher: str) -> str:
    found = house.served.member(member, "GET", f"/v1/vouchers/{voucher}/qr?image=svg")
    assert found.json()["svg"].startswith("data:image/svg+xml")
    return str(found.json()["payload"])


@ON_A_PHONE
def test_a_token_for_a_shop_without_network_stays_on_the_screen(
    town: tuple[House, str], screens: Any
) -> None:
    house, url = town
    member, phone = enrolled(house)
    voucher = redeem(house.served, member).json()["voucher_id"]
    screen = screens("offline")
    page = screen.page
    log_in(house, screen, url, phone)
    page.goto(f"{url}/m/vouchers/{voucher}")
    screen.follow("门店断网时使用")
    screen.look("take")
    page.get_by_label("门店").select_option("YF01")
    screen.press("领取离线凭证")
    page.locator("img.qr").wait_for()
    screen.look("token")
    text = shot(page)
    shown = house.served.member(member, "GET", f"/v1/vouchers/{voucher}/offline-token").json()
    assert text == shown["payload"]
    assert screen.noise == []
