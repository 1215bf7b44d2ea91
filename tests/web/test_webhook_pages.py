"""Webhooks in the console: registered, tried, stopped and ended, and what is said of each step."""

import re
from collections.abc import Iterator

import pytest

from points.identity.roles import Grant, Role
from tests.api.market import open_market
from tests.web.browsing import Browser, Read, browsing

HOME = "/console/webhooks"


@pytest.fixture(scope="module")
def admin(module_sqlite_url: str) -> Iterator[Browser]:
    with browsing(module_sqlite_url) as house:
        open_market(house.served)
        yield house.staff("boss", Grant(role=Role.ADMIN))


def registered(admin: Browser, **typed: str) -> Read:
    """Register an address; return the page that shows its secret."""
    answer = admin.send(admin.read(HOME), HOME, url="https://pos.example.cn/points", **typed)
    assert answer.status_code == 200, answer.text
    return Read(answer.text)


def ended(admin: Browser, page: Read) -> None:
    for form in [each for each in page.forms if each.action.endswith("/standing")]:
        admin.post(form.action, {**form.fields, "standing": "ended"})


def one(page: Read, ending: str) -> str:
    return next(each.action for each in page.forms if each.action.endswith(ending))


def test_an_address_is_registered_for_a_partner_of_the_list(admin: Browser) -> None:
    page = admin.read(HOME)
    offered = [said.get("value") for tag, said in page.tags if tag == "option"]
    assert {"", "YF", "KM"} <= set(offered)
    shown = registered(admin, partner="YF", description="收银系统")
    assert re.search(r"whsec_\S+", shown.text)
    assert "请立即交给接收方" in shown.text
    assert "合作单位 YF" in shown.text
    # What was typed is gone: pressed again, the form would register the same address once more.
    assert shown.form(HOME).fields["url"] == ""
    wrong = admin.send(admin.read(HOME), HOME, url="ftp://x")
    assert wrong.status_code == 422
    assert Read(wrong.text).form(HOME).fields["url"] == "ftp://x", (
        "a mistake is mended, not retyped"
    )
    ended(admin, shown)


def test_an_address_is_told_what_was_ticked(admin: Browser) -> None:
    page = admin.read(HOME)
    sent = {**page.form(HOME).fields, "url": "https://pos.example.cn/points", "partner": "YF"}
    some = {"kinds": ["voucher.captured", "voucher.voided"]}
    shown = Read(admin.post(HOME, {**sent, **some}).text)
    assert "核销、撤销核销" in shown.text.split("登记接收地址")[0]
    ended(admin, shown)
    # What is the association's own is refused to a partner's address, and stays ticked.
    own = admin.post(HOME, {**admin.read(HOME).form(HOME).fields, **sent, "kinds": ["pool.low"]})
    assert own.status_code == 422
    ticked = [said for tag, said in Read(own.text).tags if tag == "input" and "checked" in said]
    assert [each["value"] for each in ticked] == ["pool.low"]


def test_every_button_says_what_came_of_it(admin: Browser) -> None:
    shown = registered(admin, partner="")
    assert "协会自己的地址" in shown.text
    for ending, done in (("/replay", "webhook_none_failed"), ("/test", "webhook_queued")):
        answer = admin.post(one(shown, ending), shown.form(ending).fields)
        assert answer.headers["location"] == f"{HOME}?done={done}"
    listed = admin.read(HOME)
    assert "pos.example.cn · 已投递 0 次" in listed.text
    [message] = [link for link in listed.links if "/messages/" in link]
    told = admin.read(message)
    assert "下次投递" in told.text
    rotated = Read(admin.post(one(listed, "/secret"), listed.form("/secret").fields).text)
    assert "新旧密钥同时签名" in rotated.text
    assert "不能恢复" in rotated.text, "what cannot be undone says so beside its button"
    ended(admin, rotated)
    assert "已停用" in admin.read(HOME).text
