"""The catalogue in a real browser: a member with a photo, reasons and outlets; staff who publish."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from points.catalogue.store import find_version
from points.flows.add_partner import AddOutlet
from points.flows.publish_catalogue import commands, read_for
from points.identity.roles import Grant, Role
from points.kernel.ids import MemberId, OperationId, OutletId, PartnerId
from points.members.reads import persons
from points.rules import Policy
from tests.api.market import give, named, open_market
from tests.api.served import HERE, OPERATOR
from tests.flows.town import RULES
from tests.web.browsing import House, browsing
from tests.web.test_browser import Screen, chromium, screens, served_at
from tests.web.test_rule_browser import logged_in

pytestmark = pytest.mark.browser
__all__ = ["chromium", "screens"]

FILE = RULES / "catalogue.yaml"
PLACES = {
    "YF11": ("兴隆台区", "41.1200", "122.0700"),
    "YF12": ("双台子区", "41.1900", "122.0600"),
    "YF13": ("大洼区", None, None),
}


def text(version: int) -> str:
    """The shipped file as a later version: the kit is had at two outlets, massage is dearer."""
    written = FILE.read_text("utf-8").replace("version: 1\n", f"version: {version}\n", 1)
    kit = written.index("code: C13")
    head, rest = written[:kit], written[kit:]
    rest = rest.replace(
        "stock: {total: 1000, per_day: 50}", "stock: {total: 30, outlets: {YF12: 1, YF13: 1}}", 1
    )
    massage = head.index("code: C05")
    return (
        head[:massage] + head[massage:].replace("price: 200", f"price: {200 + version}", 1) + rest
    )


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[tuple[House, str]]:
    with browsing(module_sqlite_url) as house, served_at(house) as url:
        here = house.served
        open_market(here)
        for outlet, (district, north, east) in PLACES.items():
            here.submit(
                AddOutlet(
                    **named(
                        here,
                        partner_id=PartnerId("YF"),
                        outlet_id=OutletId(outlet),
                        name=f"示例大药房{district}店",
                        district=district,
                        address="示例路 1 号",
                        opening_hours="8:00-20:00",
                        latitude=Decimal(north) if north else None,
                        longitude=Decimal(east) if east else None,
                    )
                )
            )
        reading = read_for(
            house.installation.engine,
            HERE,
            text(2),
            file="catalogue.yaml",
            policy=Policy(),
            folder=RULES,
        )
        assert reading.catalogue is not None, reading.findings
        for command in commands(
            reading, HERE, OPERATOR, lambda step: OperationId(f"test:publish-{step}")
        ):
            here.submit(command)
        house.hire("zhang", Grant(role=Role.OFFICER))
        yield house, url


def phoned(house: House, screen: Screen, url: str, member: str) -> None:
    engine = house.installation.engine
    with engine.reading(HERE) as connection:
        known = persons(connection, HERE, [MemberId(member)], house.installation.context)
    screen.page.goto(f"{url}/m/log-in")
    screen.type("手机号", known[MemberId(member)].phone)
    screen.press("获取验证码")
    screen.page.get_by_text("验证码已发出").wait_for()
    screen.page.wait_for_timeout(100)
    screen.type("验证码", house.sent[-1][1]["code"])
    screen.press("登录")
    screen.page.get_by_role("heading", level=1).wait_for()


def test_a_member_sees_reasons_outlets_and_a_photo(town: tuple[House, str], screens: Any) -> None:
    house, url = town
    member = house.served.person()
    give(house.served, member, 90)
    screen = screens("benefit")
    page = screen.page
    page.set_viewport_size({"width": 360, "height": 780})
    phoned(house, screen, url, member)
    page.goto(f"{url}/m/rewards")
    assert (
        page.locator("img.thumb").first.evaluate("image => image.complete && image.naturalWidth")
        == 480
    )
    screen.look("rewards")
    page.goto(f"{url}/m/rewards/C09")
    page.get_by_text("医嘱转诊").first.wait_for()
    assert page.locator("ul.why li").count() == 2
    screen.look("why-not")
    page.goto(f"{url}/m/rewards/C12")
    screen.look("photo")
    page.goto(f"{url}/m/rewards/C13")
    page.context.grant_permissions(["geolocation"], origin=url)
    page.context.set_geolocation({"latitude": 41.185, "longitude": 122.06})
    first = page.locator("[data-outlets] li").first
    page.wait_for_load_state("networkidle")  # what belongs to the page itself is there
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.get_by_role("button", name="按离我的距离排序").click()
    page.locator("[data-away]:not([hidden])").first.wait_for()
    assert "双台子区" in first.inner_text()
    assert re.search("55[0-9] 米", first.inner_text())
    assert requests == [], "where somebody is stays on the phone"
    screen.look("outlets")
    chosen = "YF12" if "phone" in screen.name else "YF13"
    page.get_by_label("领取门店").first.select_option(chosen)
    page.get_by_role("button", name="确认兑换").first.click()
    page.wait_for_url("**/m/vouchers/*")
    page.goto(f"{url}/m/rewards/C13")
    assert page.locator(f"select option[value={chosen}]").count() == 0
    assert screen.noise == []


def test_staff_see_what_is_left_record_a_gate_and_publish(  # noqa: PLR0915 - one journey
    town: tuple[House, str], screens: Any
) -> None:
    house, url = town
    member = house.served.person()
    give(house.served, member, 600)
    screen = screens("catalogue")
    page = screen.page
    logged_in(house, screen, url, "zhang")
    page.goto(f"{url}/console/catalogue")
    screen.look("list")
    page.goto(f"{url}/console/catalogue/rewards/C13")
    screen.look("reward")
    page.goto(f"{url}/console/members/{member}")
    screen.follow("核验登记")
    screen.press("登记已核验")
    page.get_by_text("会员可自行兑换一次").wait_for()
    screen.look("gates")
    screen.press("撤回")
    page.get_by_text("已撤回").first.wait_for()
    number = 10 if "phone" in screen.name else 20
    page.goto(f"{url}/console/catalogue/publish")
    page.get_by_label("目录文件").fill(text(number).replace("kind: item", "kind: things", 1))
    screen.press("检查改动")
    page.get_by_text("行").first.wait_for()
    assert page.locator(".finding").count() == 1
    screen.look("findings")
    page.get_by_label("目录文件").fill(text(number))
    screen.press("检查改动")
    page.get_by_text("→").first.wait_for()
    screen.look("changes")
    screen.press("发布新版本")
    page.get_by_text("目录已发布").wait_for()
    page.goto(f"{url}/console/catalogue/rewards/C05")
    page.get_by_text(f"{200 + number} 分").first.wait_for()
    screen.look("history")
    page.goto(f"{url}/console/catalogue/versions")
    screen.look("versions")
    page.goto(f"{url}/console/catalogue/versions/{number}")
    screen.look("version")
    assert screen.noise == []
    with house.installation.engine.reading(HERE) as connection:
        found = find_version(connection, HERE, house.served.clock.now())
    assert found is not None
    assert found.version == number
