"""What a partner is owed is changed in the browser, by two people; the partner reads why."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from points.identity.roles import Grant, Role
from tests.flows.staffed import GOOD
from tests.web.browsing import House, browsing
from tests.web.test_browser import chromium, screens, served_at
from tests.web.test_correction_pages import proved
from tests.web.test_settlement_pages import done, furnish, sent

__all__ = ["chromium", "screens"]
HOME, WAITING = "/console/partners/YF/adjustments", "/console/adjustment-decisions"
ASKED = {"why": "late_void", "note": "顾客次日退货", "document": "结算〔2026〕3号"}


@pytest.fixture(scope="module")
def shop(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as house:
        furnish(house)
        for name, role in (("wu", Role.TREASURER), ("lin", Role.APPROVER), ("an", Role.AUDITOR)):
            house.hire(name, Grant(role=role))
        yield house


def test_one_proposes_another_approves_and_the_partner_reads_why(shop: House) -> None:
    wu, lin = shop.browser().log_in("wu"), shop.browser().log_in("lin")
    assert HOME in wu.read("/console/partners/YF").links
    asked = ASKED | {"amount": "-5.00", "capture": "POS-0"}
    assert done(wu.send(wu.read(HOME), "/adjustments", **asked)) == HOME
    assert "待审批" in wu.read(HOME).text
    # Whoever proposes has no page to decide on; an auditor reads, and has no form.
    assert wu.get(WAITING).status_code == 403
    auditor = shop.browser().log_in("an")
    assert "顾客次日退货" in auditor.read(HOME).text
    assert not [form for form in auditor.read(HOME).forms if "adjustments" in form.action]
    assert WAITING in lin.read("/console").links
    page = proved(lin, WAITING)
    assert "收回" in page.text
    assert "原核销金额 ¥5.00" in page.text
    [form] = [each for each in page.forms if each.action.startswith(f"{WAITING}/")]
    empty = lin.send(page, form.action, verdict="reject", reason="")
    assert empty.status_code == 422
    assert done(sent(lin, lin.read(WAITING), form.action, verdict="approve", reason="")) == WAITING
    assert "已批准" in wu.read(HOME).text
    shop.served.clock.advance(timedelta(days=40))
    wu = shop.browser().log_in("wu")
    statement = done(wu.send(wu.read("/console/partners/YF"), "/draw-up"))
    mine = f"/counter/statements/{statement.rsplit('/', 1)[1]}"
    for read in (wu.read(statement).text, shop.clerk("YF02").read(mine).text):
        assert "第 1 号结算调整" in read
        assert "逾期撤销" in read
        assert "顾客次日退货" in read
    # Each capture of a statement leads to its adjustment, its own filled in.
    [link, *_] = [each for each in wu.read(statement).links if each.startswith(f"{HOME}?capture=")]
    form = wu.read(link.removesuffix("#propose")).form("/adjustments")
    assert form.fields["capture"] == link.removesuffix("#propose").split("=")[1]
    auditor = shop.browser().log_in("an")  # sessions have ended meanwhile
    assert not [each for each in auditor.read(statement).links if each.startswith(HOME)]
    kept = wu.get(f"{statement}/file/csv").content.decode()
    assert "adjust:1/late_void" in kept
    assert wu.get(f"{statement}/file/pdf").content.startswith(b"%PDF-")


def test_what_is_wrong_stands_beside_its_field_and_ones_own_is_withdrawn(shop: House) -> None:
    wu = shop.browser().log_in("wu")

    def wrong(**typed: str) -> str:
        asked = ASKED | {"amount": "1.00", "programme": "health"} | typed
        answer = wu.send(wu.read(HOME), "/adjustments", **asked)
        assert answer.status_code == 422
        return answer.text

    assert {"YF01", "YF02"} <= {
        said.get("value") for tag, said in wu.read(HOME).tags if tag == "option"
    }
    assert 'id="fault-amount"' in wrong(amount="x")
    assert 'id="fault-amount"' in wrong(amount="0")
    assert 'id="fault-capture"' in wrong(capture="POS-1")
    assert 'id="fault-capture"' in wrong(capture="none", programme="")
    assert 'id="fault-amount"' in wrong(capture="POS-1", programme="", amount="-7.01")
    assert 'id="fault-outlet"' in wrong(outlet="YY01")
    assert 'id="fault-programme"' in wrong(programme="")
    assert 'id="fault-note"' in wrong(note="请致电 13800001234")
    assert 'id="fault-why"' in wrong(why="because")
    asked = ASKED | {"amount": "1.00", "programme": "health"}
    done(wu.send(wu.read(HOME), "/adjustments", **asked))
    answer = wu.send(wu.read(HOME), "/withdraw")
    assert answer.headers["location"].endswith("done=withdrawn")
    assert "已撤回" in wu.read(HOME).text
    for path in ("/console/partners/NONE/adjustments", f"{WAITING}/NONE"):
        assert wu.get(path).status_code in {403, 404, 405}


@pytest.mark.browser
@pytest.mark.nightly
def test_adjustments_look_right(sqlite_url: str, screens: Any) -> None:
    with browsing(sqlite_url) as house, served_at(house) as url:
        furnish(house)
        house.hire("feng", Grant(role=Role.TREASURER))
        house.hire("lin", Grant(role=Role.APPROVER))
        screen = screens("adjustments")
        page = screen.page

        def enter(name: str) -> None:
            page.goto(f"{url}/console/log-in")
            screen.type("账号", name)
            screen.type("密码", GOOD)
            screen.type("动态验证码", house.code(name))
            screen.press("登录")
            house.tick()

        enter("feng")
        page.goto(f"{url}{HOME}")
        screen.look("propose")
        screen.type("金额（元）", "-5.00")
        screen.type("核销", "POS-0")
        page.get_by_label("原因").select_option("late_void")
        screen.type("说明", "顾客次日退货，门店来电说明")
        screen.press("提交审批")
        screen.look("waiting")
        page.context.clear_cookies()
        enter("lin")
        page.goto(f"{url}{WAITING}")
        screen.look("decide")
