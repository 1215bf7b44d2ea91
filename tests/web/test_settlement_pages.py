"""A month settled in the browser: terms, drawing up, a dispute, both sides' consent, the payment."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.identity.roles import Grant, Kind, Role
from tests.api.market import capture, open_market, voucher
from tests.flows.staffed import GOOD
from tests.web.browsing import Browser, House, Read, browsing
from tests.web.test_browser import SIZES, chromium, screens, served_at
from tests.web.test_correction_pages import proved

__all__ = ["chromium", "screens"]
SIDEWAYS = """
() => [...document.querySelectorAll(".scroll")].map((n) => n.scrollWidth - n.clientWidth).filter((n) => n > 0)
"""
NAMED = """
() => getComputedStyle(document.querySelector("#rows td[data-name]"), "::before").content
"""
TREASURER = Grant(role=Role.TREASURER)
TERMS = {
    "starts_on": "2026-03-02",
    "cycle": "month",
    "fee_points": "60",
    "fee_rounding": "half_up",
    "tariffs": "C13=900",
    "payment_days": "30",
    "silence_days": "10",
    "contact": "财务部",
}


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as house:
        furnish(house)
        yield house


def furnish(house: House) -> None:
    open_market(house.served)
    office = (Grant(role=Role.OFFICE),)
    house.served.key(Kind.PARTNER, "YF", outlet="YF02", grants=office)
    for number, fen in enumerate((500, 700, 1900)):
        code = voucher(house.served)["codes"]["code"]
        done = capture(house.served, code, f"POS-{number}", amount_fen=fen)
        assert done.status_code == 200, done.text


def sent(browser: Browser, page: Read, ending: str, **typed: Any) -> Any:
    """Send a form; prove the second factor where it is asked for."""
    answer = browser.send(page, ending, **typed)
    if answer.status_code == 401:
        browser.house.tick()
        answer = browser.send(Read(answer.text), ending, _factor=browser.code())
        browser.house.tick()
    return answer


def done(answer: Any) -> str:
    assert answer.status_code == 303, Read(answer.text).text
    return str(answer.headers["location"]).split("?")[0]


def test_a_month_from_its_terms_to_the_payment(shop: House) -> None:
    feng = shop.staff("feng", TREASURER)
    assert "/console/partners/YF" in feng.read("/console/partners").links
    home = "/console/partners/YF"
    done(feng.send(feng.read(home), "/contracts", **TERMS))
    bad = feng.send(feng.read(home), "/contracts", **TERMS | {"fee_fen": "5", "tariffs": "x"})
    assert bad.status_code == 422
    assert "结算周期" in Read(bad.text).text
    assert not [form for form in feng.read(home).forms if form.action.endswith("/draw-up")]
    shop.served.clock.advance(timedelta(days=40))
    feng = shop.browser().log_in("feng")
    page = feng.read(home)
    statement = done(feng.send(page, "/draw-up"))
    assert done(feng.send(page, "/draw-up")) == statement  # who clicks twice draws up once
    assert "您是制单人" in feng.read(statement).text
    mine = f"/counter/statements/{statement.rsplit('/', 1)[1]}"
    office = said_by_the_office(shop, mine)
    answered(feng, office, statement, mine)
    paid(shop, statement)
    assert "B-20260415" in office.read(mine).text


def said_by_the_office(shop: House, mine: str) -> Browser:
    """Look at the statement as the partner's office, dispute a line, confirm the rest."""
    office = shop.clerk("YF02")
    assert office.get("/counter").headers["location"] == "/counter/statements"
    assert mine in office.read("/counter/statements").links
    page = office.read(f"{mine}?verify=yes")
    assert "4 行与账本一致" in page.text
    assert "¥30.82" in page.text  # 3100 less fees of 18
    assert office.get("/counter/today").status_code == 403
    done(office.send(page, "/dispute", line="3", claims="12.00", why="amount_wrong", text=""))
    wrong = office.send(office.read(mine), "/dispute", line="1", claims="x", why="other")
    assert wrong.status_code == 422
    done(office.send(office.read(mine), "/confirm"))
    for ending, begins in (("pdf", b"%PDF-"), ("xlsx", b"PK"), ("csv", b"\xef\xbb\xbf")):
        assert office.get(f"{mine}/file/{ending}").content.startswith(begins)
    assert office.get(f"{mine}/file/exe").status_code == 404
    stranger = shop.clerk("KM01")
    assert stranger.get(mine).status_code == 403  # a till sees no statements
    return office


def answered(feng: Browser, office: Browser, statement: str, mine: str) -> None:
    """Reject the dispute; the office lets it be."""
    assert "/console/partners" in feng.read("/console").links
    refused = feng.send(feng.read(statement), "/answer", verdict="reject", text="")
    assert refused.status_code == 422
    done(feng.send(feng.read(statement), "/answer", verdict="reject", text="小票金额为 19.00"))
    assert "小票金额为 19.00" in office.read(mine).text
    done(office.send(office.read(mine), "/confirm"))


def paid(shop: House, statement: str) -> None:
    """Countersign as another person, and pay as somebody who did not."""
    wu = shop.staff("wu", TREASURER)
    done(sent(wu, proved(wu, statement), "/countersign"))
    assert "您是复核人" in wu.read(statement).text
    feng = shop.browser().log_in("feng")
    paying = {"reference": "B-20260415", "paid_on": "2026-04-11"}
    too_much = sent(feng, feng.read(statement), "/pay", amount="9999", **paying)
    assert too_much.status_code == 422
    done(sent(feng, feng.read(statement), "/pay", amount="30.82", **paying))
    assert "已付清" in feng.read(statement).text


def test_a_fee_is_disputed_without_a_sign_and_given_back_in_the_next_statement(
    sqlite_url: str,
) -> None:
    with browsing(sqlite_url) as house:
        furnish(house)
        feng, home = house.staff("feng", TREASURER), "/console/partners/YF"
        done(feng.send(feng.read(home), "/contracts", **TERMS))
        house.served.clock.advance(timedelta(days=1))
        code = voucher(house.served)["codes"]["code"]
        assert capture(house.served, code, "POS-9", amount_fen=2000).status_code == 200
        house.served.clock.advance(timedelta(days=40))
        statement = done((feng := house.browser().log_in("feng")).send(feng.read(home), "/draw-up"))
        mine = f"/counter/statements/{statement.rsplit('/', 1)[1]}"
        office = house.clerk("YF02")
        asked = office.read(f"{mine}?line=5")
        assert "第 5 行 服务费 · 原为 −¥0.30" in asked.text, (
            "what is disputed stands above the form"
        )
        form = {"line": "5", "why": "fee_wrong", "text": ""}
        same = office.send(asked, "/dispute", **form, claims="0.30")
        assert same.status_code == 422, "that is what the line says"
        done(office.send(asked, "/dispute", **form, claims="0.10"))
        assert "−¥0.30 → −¥0.10" in office.read(mine).text
        done(feng.send(feng.read(statement), "/answer", verdict="accept", text=""))
        house.served.clock.advance(timedelta(days=31))
        following = done((feng := house.browser().log_in("feng")).send(feng.read(home), "/draw-up"))
        shown = feng.read(following).text
        assert "第 1 号对账单第 5 行的异议" in shown
        assert "¥0.20" in shown
        assert "dispute:" not in shown


def test_what_is_not_there_is_missing(shop: House) -> None:
    feng = shop.staff("sun", TREASURER)
    for path in ("/console/partners/NONE", "/console/statements/NONE"):
        feng.read(path, 404)
    office = shop.clerk("YF02")
    office.read("/counter/statements/NONE", 404)


@pytest.mark.browser
@pytest.mark.nightly
def test_settlement_looks_right(sqlite_url: str, screens: Any) -> None:
    with browsing(sqlite_url) as house, served_at(house) as url:
        furnish(house)
        house.hire("feng", TREASURER)
        screen = screens("settlement")
        page = screen.page
        page.goto(f"{url}/console/log-in")
        screen.type("账号", "feng")
        screen.type("密码", GOOD)
        screen.type("动态验证码", house.code("feng"))
        screen.press("登录")
        house.tick()
        page.goto(f"{url}/console/partners/YF")
        page.get_by_text("签订下一版条款").click()
        screen.look("partner")
        house.served.clock.advance(timedelta(days=40))
        month = {"partner_id": "YF", "day": "2026-03-02"}
        drawn = house.served.staff("POST", "/v1/statements:draw-up", json=month).json()
        office = house.served.key(Kind.PARTNER, "YF")
        one = f"/v1/statements/{drawn['statement_id']}"
        claim = {"claims_fen": 1200, "reason": "not_ours"}
        house.served.ask("POST", f"{one}/lines/3:dispute", office, json=claim)
        page.goto(f"{url}/console/log-in")
        screen.type("账号", "feng")
        screen.type("密码", GOOD)
        screen.type("动态验证码", house.code("feng"))
        screen.press("登录")
        page.goto(f"{url}/console/statements/{drawn['statement_id']}?verify=yes")
        screen.look("statement")
        page.goto(f"{url}/console/partners")
        screen.look("partners")
        clerk = house.clerk("YF02")
        cookie = {
            "name": "points-counter",
            "value": clerk.http.cookies["points-counter"],
            "url": url,
        }
        page.context.add_cookies([cookie])
        page.goto(f"{url}/counter/statements/{drawn['statement_id']}?line=2")
        screen.look("office")
        assert page.evaluate(SIDEWAYS) == [], "lines are read without moving them sideways"
        if page.viewport_size["width"] == SIZES["phone"]["width"]:
            assert "时间" in page.evaluate(NAMED), "a cell below the first line says what it is"
            page.evaluate("document.querySelectorAll('.stacks').forEach((n) => n.className = '')")
            assert page.evaluate(SIDEWAYS) != [], "a table as it was would be noticed"
