"""Tills, policy and hours: the association at its console, the head office at the counter."""

from collections.abc import Iterator

import pytest

from points.edge.policy import EdgePolicy
from points.identity.keys import sandbox_of
from points.identity.roles import Grant, Kind, Role
from points.partners.hours import read_hours
from points.web.tills import read_as
from tests.api.market import open_market, till
from tests.api.served import HERE
from tests.web.browsing import House, Kept, application, browsing

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
