"""A correction in the browser: previewed, proposed, decided by another, posted, taken back."""

from collections.abc import Iterator
from typing import Any

import pytest

from points.flows.work import work
from points.identity.roles import Grant, Role
from points.web.console import corrections
from tests.api.served import HERE
from tests.api.test_civic import feed, shift
from tests.web.browsing import Browser, House, Read, browsing
from tests.web.test_rule_pages import begun

OFFICER, APPROVER = Grant(role=Role.OFFICER), Grant(role=Role.APPROVER)
NEW = "/console/corrections/new"


@pytest.fixture(scope="module")
def house(module_database_url: str) -> Iterator[House]:
    with browsing(module_database_url) as here:
        member = here.served.person("party")
        for number in range(3):
            feed(here.served, shift(here.served, member, f"s{number}", days=1 + number))
        work(here.installation.engine, HERE)
        yield here


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    return house.staff("zhang", OFFICER)


@pytest.fixture(scope="module")
def approver(house: House) -> Browser:
    return house.staff("qian", APPROVER)


def proved(browser: Browser, path: str) -> Read:
    """Read a page that may want a proof first."""
    answer = browser.get(path)
    if answer.status_code == 401:
        browser.house.tick()
        answer = browser.send(Read(answer.text), "/prove", code=browser.code())
        browser.house.tick()
        answer = browser.get(path)
    assert answer.status_code in {200, 422}, answer.text
    return Read(answer.text)


def simple_draft(officer: Browser, version: int = 2) -> str:
    """Submit a draft of one small rule with one case that passes; return its id."""
    draft = begun(officer, note="按文件追溯调整")
    for link in officer.read(f"{draft}/cases").links:
        if link.startswith(f"{draft}/cases/") and link.endswith(".yaml"):
            name = link.rsplit("/", 1)[1]
            officer.send(officer.read(link), f"/cases/{name}", text="")
    page = officer.read(f"{draft}/text")
    officer.send(page, "/text", text=RULES.replace("version: 2", f"version: {version}"))
    fresh = officer.read(f"{draft}/cases/new")
    officer.send(fresh, "/cases/new", name="small.yaml", text=CASES)
    trial = officer.read(f"{draft}/backtest")
    sent = officer.send(
        trial, "/submit", since="2026-02-01", until="2026-03-02", correction="yes", note="追溯"
    )
    assert sent.status_code == 303, Read(sent.text).text
    return draft.rsplit("/", 1)[1]


RULES = """
ruleset: party
version: 2
effective: {from: "2026-01-01", until: "2028-01-01"}
timezone: Asia/Shanghai
title: {zh: 党员积分规则, en: Party points}
measures: [rating, wallet]
rules:
  - id: P06
    title: {zh: 志愿服务, en: Volunteer hours}
    on: volunteer.shift
    when: event.verified
    points: event.hours * 5
    measures: [wallet, rating]
    review: {first: association, trusted: [venue_qr]}
    expires: {wallet: end_of_next_year, rating: end_of_year}
"""
CASES = """
ruleset: party.yaml
member: {kind: rider}
tests:
  - name: 两小时
    event: {at: "2026-03-01T20:00", type: volunteer.shift, fields: {hours: 2, verified: true}}
    expect: {awards: {P06: {wallet: 10, rating: 10}}}
  - name: 未核对
    event: {at: "2026-03-01T20:00", type: volunteer.shift, fields: {hours: 2, verified: false}}
    expect: {awards: {}}
"""


def test_a_version_reaches_back_and_is_taken_back(
    house: House, officer: Browser, approver: Browser
) -> None:
    draft = simple_draft(officer)
    page = proved(officer, f"{NEW}?draft={draft}")
    assert "共 6 行" in page.text
    assert "−60" in page.text or "−30" in page.text
    refused = officer.send(page, "/new", note="")
    assert refused.status_code == 422
    changed = officer.send(page, "/new", note="按文件调整", seen="0" * 64)
    assert changed.status_code == 422
    done = officer.send(page, "/new", note="按文件调整")
    assert done.status_code == 303, Read(done.text).text
    address = done.headers["location"].split("?")[0]
    assert "待审批" in officer.read(address).text
    number = address.rsplit("/", 1)[1]
    decision = f"/console/correction-decisions/{number}"
    assert decision in proved(approver, "/console/correction-decisions").links
    approved = approver.send(approver.read(decision), decision, verdict="approve")
    assert approved.status_code == 303, Read(approved.text).text
    work(house.installation.engine, HERE)
    shown = officer.read(address)
    assert "已入账" in shown.text
    for form in ("csv", "xlsx"):
        file = officer.get(f"{address}/lines/{form}")
        assert file.headers["content-disposition"].endswith(f'{number}.{form}"')
        assert file.content
    officer.read(f"{address}/lines/pdf", 404)
    back = officer.send(shown, "/reverse", note="依据文件已撤回")
    assert back.status_code == 303, Read(back.text).text
    undoing = back.headers["location"].split("?")[0]
    assert "撤销更正" in officer.read(undoing).text
    taken = officer.send(officer.read(undoing), "/withdraw")
    assert taken.status_code == 303
    assert "已撤回" in officer.read(undoing).text
    again = officer.send(shown, "/reverse", note="")
    assert again.status_code == 422
    assert "更正批次" in officer.read("/console/corrections").text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=x&until=y&programme=party", "请选择项目并填写起止日期"),
        ("since=2026-01-01&until=2026-02-01&programme=golf", "请选择项目并填写起止日期"),
        ("draft=01ARZ3NDEKTSV4RRFFQ69G5FAV", "没有"),
        ("since=2026-02-25&until=2026-03-01&programme=party", "预览结果"),
        ("since=0001-01-01&until=9999-12-31&programme=party", "预览结果"),
    ],
)
def test_what_is_asked_for_is_said_or_refused(officer: Browser, query: str, said: str) -> None:
    page = proved(officer, f"{NEW}?{query}")
    assert said in page.text or "找不到" in page.text or "未找到" in page.text


def test_too_many_activities_are_left_to_the_command_line(
    officer: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(corrections, "ACTIVITIES_MAX", -1)
    page = proved(officer, f"{NEW}?since=2026-02-25&until=2026-03-01&programme=party")
    assert "points rules correct" in page.text


def test_nobody_decides_on_what_is_not_there(officer: Browser, approver: Browser) -> None:
    unknown = "0" * 26
    officer.read(f"/console/corrections/{unknown}", 404)
    proved(approver, "/console/correction-decisions")
    answer: Any = approver.get(f"/console/correction-decisions/{unknown}")
    assert answer.status_code == 404
