"""The budget's pages: figures with charts beside tables, money in, and money back by two people."""

from collections.abc import Iterator

import pytest

from points.flows.warn_of_pool import WarnOfPool
from points.identity.roles import Grant, Role
from tests.api.market import give, named, open_market, redeem
from tests.web.browsing import House, browsing


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as it:
        open_market(it.served)
        for name, role in (("wu", Role.TREASURER), ("lin", Role.APPROVER), ("qi", Role.OFFICER)):
            it.hire(name, Grant(role=role))
        yield it


def test_money_comes_in_and_goes_back_by_two_people(house: House) -> None:
    owner = house.served.person()
    give(house.served, owner, 500)
    redeem(house.served, owner)
    treasurer, approver = house.browser().log_in("wu"), house.browser().log_in("lin")
    report = treasurer.read("/console/budget")
    assert [tag for tag, _ in report.tags].count("svg") >= 2
    assert "desc" in [tag for tag, _ in report.tags]
    pool = treasurer.read("/console/budget/health")
    sent = treasurer.send(pool, "/fundings", yuan="500", source="donor", document="捐〔2026〕1号")
    assert sent.headers["location"] == "/console/budget/health?done=funded"
    pool = treasurer.read("/console/budget/health?only=funding")
    assert "捐〔2026〕1号" in pool.text
    sent = treasurer.send(pool, "/returns", yuan="501", source="donor", note="退回")
    assert sent.status_code == 422
    sent = treasurer.send(pool, "/returns", yuan="200", source="donor", note="退回")
    assert sent.headers["location"].endswith("done=return_proposed")
    assert "1" in approver.read("/console").text
    waiting = approver.read("/console/fund-decisions")
    [form] = [each for each in waiting.forms if "/fund-decisions/" in each.action]
    again = approver.post(form.action, {**form.fields, "verdict": "reject", "reason": ""})
    assert again.status_code == 422
    waiting = approver.read("/console/fund-decisions")
    done = approver.send(waiting, form.action, verdict="approve", reason="")
    assert done.headers["location"].endswith("done=return_approve")
    assert "已批准" in treasurer.read("/console/budget/health").text


def test_a_return_is_withdrawn_by_whoever_proposed_it(house: House) -> None:
    treasurer = house.browser().log_in("wu")
    pool = treasurer.read("/console/budget/health")
    treasurer.send(pool, "/returns", yuan="2", source="union", note="退回")
    pool = treasurer.read("/console/budget/health")
    assert treasurer.send(pool, "/withdraw").headers["location"].endswith("done=withdrawn")


@pytest.mark.parametrize("form", ["csv", "xlsx", "html"])
def test_the_report_comes_as_a_file(house: House, form: str) -> None:
    answer = house.browser().log_in("wu").get(f"/console/budget/report/{form}")
    assert answer.status_code == 200
    assert f".{form}" in answer.headers["content-disposition"]


def test_what_is_no_pool_and_no_file_is_missing_and_a_low_pool_is_told(house: House) -> None:
    treasurer = house.browser().log_in("wu")
    for path in ("/console/budget/moon", "/console/budget/report/pdf"):
        assert treasurer.get(path).status_code == 404
    officer = house.browser().log_in("qi")
    assert officer.get("/console/budget").status_code == 403
    low = {"programme": "health", "week": "2026-W10", "sellable_fen": 1250, "ends_on": None}
    house.served.submit(WarnOfPool(**named(house.served, **low)))
    home = treasurer.read("/console")
    assert "经费池将用完" in home.text
    assert "12.50" in home.text
    assert "/console/budget/health" in home.links
    assert "经费池将用完" not in officer.read("/console").text
