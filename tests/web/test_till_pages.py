"""Tills, policy and hours: the association at its console, the head office at the counter."""

from collections.abc import Iterator

import pytest

from points.edge.policy import EdgePolicy
from points.identity.keys import sandbox_of
from points.identity.roles import Grant, Kind, Role
from points.partners.hours import read_hours
from points.web.tills import read_as
from tests.api.market import open_market, till, voucher
from tests.api.served import HERE
from tests.web.browsing import PIN, Browser, House, Kept, Read, application, browsing

HOME = "/console/partners/YF/counters"


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as house:
        open_market(house.served)
        house.served.key(Kind.PARTNER, "YF", outlet="YF02", grants=(Grant(role=Role.OFFICE),))
        yield house


def test_the_treasurer_looks_after_a_partners_counters(shop: House) -> None:
    feng = shop.staff("feng", Grant(role=Role.TREASURER))
    assert HOME in feng.read("/console/partners/YF").links
    add = {"outlet": "YF01", "device": "pos-1"}
    assert feng.send(feng.read(HOME), "/tills", **add).status_code == 303
    assert feng.send(feng.read(HOME), "/tills", **add).status_code == 422
    theirs = feng.send(feng.read(HOME), "/tills", outlet="KM01", device="pos-1")
    assert theirs.status_code == 422  # another partner's outlet
    assert feng.send(feng.read(HOME), "/standing", active="no").status_code == 303
    assert "停用" in feng.read(HOME).text
    policy = {"hours": "refuse", "operator_voids": "3", "outlet_voids": "9"}
    assert feng.send(feng.read(HOME), "/policy", **policy).status_code == 303
    assert feng.send(feng.read(HOME), "/policy", **policy).status_code == 422
    assert "拒绝核销" in feng.read(HOME).text
    feng.read("/console/partners/NONE/counters", 404)


def test_the_head_office_sees_and_switches_its_own(shop: House) -> None:
    office = shop.clerk("YF02")
    page = office.read("/counter/tills")
    assert "/counter/tills" in page.links
    assert [form for form in page.forms if form.action.endswith("/policy")] == []
    add = {"outlet": "YF02", "device": "web"}
    assert office.send(page, "/counter/tills", **add).status_code == 303
    page = office.read("/counter/tills")
    assert "YF02 · web" in page.text
    theirs = office.send(page, "/counter/tills", outlet="KM01", device="web")
    assert theirs.status_code == 422
    shop.clerk("KM01").read("/counter/tills", 403)


def test_a_browser_that_was_shown_a_tills_own_key_is_that_till(shop: House) -> None:
    office, clerk = shop.served.key(Kind.PARTNER, "KM"), shop.clerk("KM01")
    for device in ("desk-1", "web"):
        body = {"outlet_id": "KM01", "device_id": device}
        assert shop.served.ask("POST", "/v1/counter/tills", office, json=body).status_code == 201
    feng = shop.staff("feng", Grant(role=Role.TREASURER))
    page = feng.read("/console/partners/KM/counters")
    assert "只能用自己的密钥" in page.text
    assert "专用密钥" not in tags(page)
    key = shop.served.key(Kind.PARTNER, "KM", outlet="KM01", till="desk-1")
    page = feng.read("/console/partners/KM/counters")
    assert tags(page).count("专用密钥") == 1
    desk = shop.browser()
    assert desk.send(desk.read("/counter/log-in"), "/key", key=key).status_code == 303
    desk.send(desk.read("/counter/log-in"), "/log-in", operator="07", pin=PIN)
    assert green(shop, desk) == "desk-1"
    assert green(shop, clerk).startswith("web-")
    # It is switched off by its name, and the browser beside it goes on.
    shop.served.ask("POST", "/v1/counter/tills/KM01/desk-1:disable", office, json={})
    page = desk.read("/counter")
    code = voucher(shop.served)["codes"]["code"]
    assert "此设备未在本门店登记或已停用" in desk.send(page, "/check", code=code).text
    assert green(shop, clerk).startswith("web-")


def tags(page: Read) -> list[str]:
    """Return the words of a page that stand by themselves, as tags do."""
    return [each.strip() for each in page.words]


def green(shop: House, browser: Browser) -> str:
    """Hand something over in a browser; return the till that it was captured at."""
    code = voucher(shop.served)["codes"]["code"]
    shown = browser.send(browser.read("/counter"), "/check", code=code)
    assert shown.status_code == 200, shown.text
    done = browser.send(Read(shown.text), "/capture", amount="1")
    assert done.status_code == 200, done.text
    path = "/v1/counter/captures?limit=100"
    captured = shop.served.ask("GET", path, shop.served.key(Kind.PARTNER, "KM")).json()["items"]
    return str(captured[-1]["device_id"])


def test_a_till_is_of_an_outlet_that_is_chosen(shop: House) -> None:
    for page in (
        shop.staff("feng", Grant(role=Role.TREASURER)).read(HOME),
        shop.clerk("YF02").read("/counter/tills"),
    ):
        offered = [said.get("value") for tag, said in page.tags if tag == "option"]
        assert {"YF01", "YF02"} <= set(offered)
        assert "KM01" not in offered, "another partner's outlets are not offered"
        assert not [
            said for tag, said in page.tags if tag == "input" and said.get("id") == "f-outlet"
        ]


def test_no_page_of_a_counter_leads_to_a_refusal(shop: House) -> None:
    for outlet, home in (("YF01", "/counter"), ("YF02", "/counter/statements")):
        clerk = shop.clerk(outlet)
        seen: set[str] = set()
        waits = [home]
        while waits:
            path = waits.pop()
            seen.add(path)
            answer = clerk.get(path)
            assert answer.status_code in {200, 303}, (outlet, path, answer.status_code)
            links = Read(answer.text).links if answer.status_code == 200 else ()
            waits += [link for link in links if link.startswith("/counter") and link not in seen]
        assert ("/counter/tills" in seen) is (outlet == "YF02")


def test_a_refusal_says_who_may(shop: House) -> None:
    clerk = shop.clerk("YF01")
    denied = clerk.read("/counter/tills", 403)
    assert "无权执行此操作；可办理的角色：合作商户（partner）、商户财务（office）。" in denied.text
    treasurer = shop.staff("feng", Grant(role=Role.TREASURER))
    assert "可办理的角色：系统管理员（admin）。" in treasurer.read("/console/keys", 403).text
    assert "till" not in treasurer.read("/console/keys", 403).text, "those of this door alone"


BANNER = "测试环境：不动真实积分，不结算"


def test_every_page_of_a_sandbox_says_so_and_no_other_does(shop: House) -> None:
    opened = shop.served.staff("POST", "/v1/sandbox", json={"partner_id": "YF"}).json()
    [key] = [each["key"] for each in opened["keys"] if each.get("outlet_id") == "YF01"]
    twin = sandbox_of(HERE)
    assert twin
    app = application(shop.installation, Kept(), EdgePolicy(), twin)
    trial = House(shop.served, app, []).browser()
    assert BANNER in trial.read("/").text
    wrong = trial.send(trial.read("/counter/log-in"), "/key", key=till(shop.served))
    assert "pk_test_" in wrong.text
    assert BANNER in wrong.text
    assert trial.send(trial.read("/counter/log-in"), "/key", key=key).status_code == 303
    refused = trial.send(trial.read("/counter/log-in"), "/log-in", operator="07", pin="000000")
    assert refused.status_code == 401
    assert BANNER in refused.text
    counts = shop.browser()
    wrong = counts.send(counts.read("/counter/log-in"), "/key", key=key)
    assert "这是测试密钥，请到测试环境的网址使用" in wrong.text
    for page in (counts.read("/").text, wrong.text, shop.clerk("KM01").read("/counter").text):
        assert BANNER not in page


def test_hours_are_spelled_as_they_were_read() -> None:
    days = dict(read_as(read_hours("每天 08:00-22:00")))
    assert days["weekday_0"] == days["weekday_6"] == "08:00–22:00"
    assert read_as(None) == []
