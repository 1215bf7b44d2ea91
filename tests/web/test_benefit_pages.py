"""What members do besides redeeming, in pages without scripts."""

from collections.abc import Iterator

import pytest

from points.flows.care import care
from points.identity.roles import Grant, Kind, Role
from tests.api.market import give, open_market
from tests.api.served import HERE
from tests.web.browsing import Browser, House, Read, browsing
from tests.web.test_matrix import Town


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as opened:
        open_market(opened.served)
        yield opened


def member(house: House, points: int) -> tuple[str, Browser]:
    owner = house.served.person()
    give(house.served, owner, points)
    town = Town(house, owner, owner, {})
    return owner, town.browser(Role.MEMBER)


def shown(browser: Browser, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, answer.text
    return Read(answer.text).text


def test_a_wish_is_made_reached_and_told(house: House) -> None:
    owner, browser = member(house, 60)
    page = browser.read("/m/rewards/C12")
    assert browser.send(page, "/m/wishes/C12").headers["location"].startswith("/m/wishes")
    assert "40" in shown(browser, "/m/wishes")
    give(house.served, owner, 40)
    assert care(house.installation.engine, HERE) == 1
    assert "/m/rewards/C12" in Read(browser.get("/m/inbox").text).links
    assert "1" in shown(browser, "/m")
    browser.send(browser.read("/m/inbox"), "/m/inbox")
    assert not [
        form for form in Read(browser.get("/m/inbox").text).forms if form.action == "/m/inbox"
    ]
    browser.send(browser.read("/m/wishes"), "/m/wishes/C12/remove")
    assert "/m/rewards/C12" not in Read(browser.get("/m/wishes").text).links


def test_points_are_given_and_seen_by_staff_without_a_name(house: House) -> None:
    _, browser = member(house, 100)
    page = browser.read("/m/donations")
    refused = browser.send(page, "/m/donations", points="5", sure="yes")
    assert refused.status_code == 422
    assert browser.send(page, "/m/donations", points="20").status_code == 422, "not sure"
    done = browser.send(browser.read("/m/donations"), "/m/donations", points="20", sure="yes")
    assert done.headers["location"] == "/m/donations?done=donated"
    officer = house.staff("he", Grant(role=Role.OFFICER))
    console = officer.read("/console/hardship?programme=health")
    assert "匿名" in console.text
    [link] = [each for each in console.links if each.endswith("/return")]
    form = officer.read(link)
    asked = officer.send(form, "/return", code_of_reason="donated_in_error", reason="误点")
    assert asked.headers["location"].startswith("/console/proposals/")
    assert "退回捐赠" in shown(officer, asked.headers["location"].split("?")[0])


def test_cards_are_shown(house: House) -> None:
    _, browser = member(house, 10)
    assert "0 / 6" in shown(browser, "/m/stamp-cards")
    officer = house.staff("he", Grant(role=Role.OFFICER))
    assert "health.quiz" in shown(officer, "/console/stamp-cards")


def test_the_interface_says_the_same(house: House) -> None:
    owner, _ = member(house, 150)
    served = house.served
    assert (
        served.member(owner, "POST", "/v1/me/wishes", json={"reward_id": "C12"}).status_code == 201
    )
    [wish] = served.member(owner, "GET", "/v1/me/wishes").json()["items"]
    assert (wish["missing"], wish["affordable"]) == (0, True)
    given = {"programme": "health", "points": 30}
    donated = served.member(owner, "POST", "/v1/me/donations", json=given)
    assert donated.status_code == 201
    mine = served.member(owner, "GET", "/v1/me/donations").json()
    assert (mine["items"][0]["points"], mine["giving"][0]["left"]) == (30, 270)
    [card] = served.member(owner, "GET", "/v1/me/stamp-cards").json()["items"]
    assert (card["stamps"], card["needed"], card["gives"]) == (0, 6, {"reward_id": "C13"})
    care(house.installation.engine, HERE)
    inbox = served.member(owner, "GET", "/v1/me/inbox").json()
    assert (inbox["unread"], inbox["items"][0]["kind"]) == (1, "wish_affordable")
    body = {"notices": [inbox["items"][0]["notice_id"]]}
    assert served.member(owner, "POST", "/v1/me/inbox:read", json=body).json() == {"read": 1}
    auditor = house.served.key(Kind.STAFF, "au", grants=(Grant(role=Role.AUDITOR),))
    funds = {
        each["programme"]: each
        for each in served.ask("GET", "/v1/hardship-fund", auditor).json()["items"]
    }
    assert funds["health"]["balance"] >= 30
    assert funds["party"]["hardship"]["source"] == "issuance"
    entries = served.ask("GET", "/v1/hardship-fund/entries?programme=health", auditor).json()
    assert all("member_id" not in each for each in entries["items"])
    cards = served.ask("GET", "/v1/stamp-cards", auditor).json()["items"]
    assert cards[0]["card"] == "healthy_habits"
    removed = served.member(owner, "POST", "/v1/me/wishes/C12:remove", json={})
    assert removed.json() == {"reward_id": "C12", "listed": False}
