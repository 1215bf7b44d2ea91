"""What staff, members and clerks do from one page to the next, on both databases."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pyotp
import pytest

from points.audit.model import Channel
from points.audit.reads import Search, search_events
from points.flows.revoke_key import RevokeKey
from points.identity.keys import read_key
from points.identity.roles import Grant, Kind, Level, Role
from points.kernel.ids import MemberId, OperationId
from points.members.reads import persons
from tests.api.market import give, open_market, till
from tests.api.served import HERE, OPERATOR
from tests.web.browsing import Browser, House, Read, browsing

NAME = "欧阳修远"
CODE = r"\d{4}(?: \d{4}){4}"


@pytest.fixture(scope="module")
def house(module_database_url: str) -> Iterator[House]:
    with browsing(module_database_url) as here:
        open_market(here.served)
        yield here


def person(house: House) -> tuple[str, str]:
    member = house.served.person(name=NAME)
    give(house.served, member, 500)
    with house.installation.engine.reading(HERE) as connection:
        found = persons(connection, HERE, [MemberId(member)], house.installation.context)
    return member, found[MemberId(member)].phone


def as_member(house: House, phone: str) -> Browser:
    browser = house.browser()
    house.tick(90)
    code_page = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=phone)
    assert code_page.status_code == 200, code_page.text
    answer = browser.send(Read(code_page.text), "/log-in/code", code=house.sent[-1][1]["code"])
    assert answer.headers["location"] == "/m", answer.text
    return browser


def as_till(house: House, outlet: str = "YF01") -> Browser:
    return house.clerk(outlet)


def drawn(member: Browser, reward: str = "C12") -> str:
    answer = member.send(member.read(f"/m/rewards/{reward}"), f"/rewards/{reward}")
    address = answer.headers["location"].split("?")[0]
    assert not re.search(CODE, member.read(address).text)
    return shown(member, address)


def shown(member: Browser, voucher: str) -> str:
    """Have a voucher's code replaced and shown, this once."""
    page = member.read(f"{voucher}/code")
    assert not re.search(CODE, page.text)
    found = re.search(CODE, Read(member.send(page, "/code").text).text)
    assert found
    return found[0]


def events(house: House, **wanted: Any) -> list[Any]:
    with house.installation.engine.reading(HERE) as connection:
        return search_events(connection, HERE, Search(**wanted), limit=50)


def test_members_are_masked_until_a_reason_is_written(house: House) -> None:
    member, phone = person(house)
    browser = house.staff("reg", Grant(role=Role.REGISTRAR))
    found = browser.send(browser.read("/console/members"), "/console/members", phone=phone)
    assert found.headers["location"] == f"/console/members/{member}"
    page = browser.read(found.headers["location"])
    assert NAME not in page.text
    assert phone not in page.text
    refused = browser.send(page, "/unmask", fields=["name"], code_of_reason="contact", reason="")
    assert refused.status_code == 422
    assert NAME not in refused.text
    shown = browser.send(
        page, "/unmask", fields=["name", "phone"], code_of_reason="contact", reason="核对活动"
    )
    assert NAME in shown.text
    assert phone in shown.text
    [event] = events(house, action="unmask", subject=member)
    assert (event.origin.channel, event.document["reason"]) == (Channel.WEB, "核对活动")


def test_a_number_that_nobody_has_says_so_beside_the_field(house: House) -> None:
    browser = house.staff("reg", Grant(role=Role.REGISTRAR))
    answer = browser.send(browser.read("/console/members"), "/console/members", phone="13999999999")
    assert answer.status_code == 422
    assert "没有这个手机号的会员" in answer.text


def test_two_people_for_an_adjustment(house: House) -> None:
    member, _ = person(house)
    officer = house.staff("off", Grant(role=Role.OFFICER))
    form = officer.read(f"/console/proposals/grant?member={member}")
    typed = {
        "measure": "party.wallet",
        "points": "5",
        "code_of_reason": "goodwill",
        "reason": "慰问",
    }
    bad = officer.send(form, "/proposals/grant", **(typed | {"points": "many"}))
    assert bad.status_code == 422
    assert Read(bad.text).form("/proposals/grant").fields["reason"] == "慰问"
    first = officer.send(form, "/proposals/grant", **typed)
    again = officer.send(form, "/proposals/grant", **typed)
    assert (
        first.headers["location"] == again.headers["location"] == "/console/proposals?done=proposed"
    )
    approver = house.staff("app", Grant(role=Role.APPROVER))
    queue = approver.read("/console/decisions")
    [link] = [each for each in queue.links if re.fullmatch(r"/console/decisions/\w{26}", each)]
    done = approver.send(approver.read(link), link, verdict="approve", reason="")
    assert done.headers["location"] == "/console/decisions?done=decided_approve"
    late = approver.send(approver.read("/console/decisions?state=approved"), "/log-out")
    assert late.status_code == 303


def test_accounts_are_given_and_set_up_in_the_browser(house: House) -> None:
    admin = house.staff("adm", Grant(role=Role.ADMIN))
    page = admin.read("/console/staff")
    added = admin.send(
        page, "/console/staff", account="xin", role="reviewer", level="branch", place="第一支部"
    )
    code = re.search(r"(?:[0-9A-Z]{4}-){4}[0-9A-Z]{4}", added.text)
    assert code
    again = admin.send(
        page, "/console/staff", account="xin", role="reviewer", level="branch", place="第一支部"
    )
    assert code[0] in again.text
    assert re.search(r"https?://[^/]+/console/set-up", again.text), "typed where the person sits"
    newcomer = house.browser()
    typed = {
        "account": "xin",
        "set_up_code": code[0],
        "chosen": "一匹马 and a long sentence",
        "again": "another",
    }
    differ = newcomer.send(newcomer.read("/console/set-up"), "/console/set-up", **typed)
    assert "两次输入的密码不一致" in differ.text
    begun = newcomer.send(
        newcomer.read("/console/set-up"), "/console/set-up", **(typed | {"again": typed["chosen"]})
    )
    secret = re.search(r"<code>([A-Z2-7]{32})</code>", begun.text)
    assert secret
    assert "data:image/svg+xml" in begun.text
    now = int(house.installation.clock.now().timestamp())
    done = newcomer.send(Read(begun.text), "/activate", factor=pyotp.TOTP(secret[1]).at(now))
    assert len(re.findall(r"<li>[0-9A-Z]{5}-[0-9A-Z]{5}</li>", done.text)) == 10
    house.tick()
    disabled = admin.send(admin.read("/console/staff/xin"), "/xin/disable")
    assert disabled.headers["location"] == "/console/staff/xin?done=account_disabled"


def test_erasing_takes_the_end_of_the_id(house: House) -> None:
    member, phone = person(house)
    asked = as_member(house, phone)
    answer = asked.send(asked.read("/m/me/erasure"), "/m/me/erasure", understood="yes")
    assert answer.headers["location"] == "/m/me?done=erasure_asked"
    officer = house.staff("pri", Grant(role=Role.PRIVACY))
    assert member in officer.read("/console/privacy").text
    page = officer.read(f"/console/members/{member}/erase")
    wrong = officer.send(page, "/erase", ground="request", confirm="WRONG1")
    assert wrong.status_code == 422
    done = officer.send(page, "/erase", ground="request", confirm=member[-6:])
    assert done.headers["location"] == "/console/privacy?done=erased"
    assert asked.get("/m").headers["location"] == "/m/log-in"
    assert "（已删除）" in officer.read(f"/console/members/{member}").text


def test_the_trail_is_searched_and_shows_before_and_after(house: House) -> None:
    auditor = house.staff("aud", Grant(role=Role.AUDITOR))
    page = auditor.read("/console/audit?action=log_in&outcome=done")
    [*found] = [each for each in page.links if re.fullmatch(r"/console/audit/\d+", each)]
    assert found
    assert "log_in" in auditor.read(found[0]).text
    assert auditor.get("/console/audit/999999").status_code == 404
    assert auditor.get("/console/audit?outcome=rubbish&before=x").status_code == 200


def test_a_number_of_nobody_is_answered_alike_and_gets_no_message(house: House) -> None:
    _, phone = person(house)
    house.tick(90)
    pages = []
    for typed in (phone, "13777777777"):
        browser = house.browser()
        before = len(house.sent)
        answer = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=typed)
        pages.append(re.sub(r'value="[^"]*"', "", answer.text))
        assert len(house.sent) - before == (typed == phone)
    assert pages[0] == pages[1]


def test_a_number_that_is_none_is_said_at_once(house: House) -> None:
    browser = house.browser()
    for typed in ("123", "1390000999", "139000099991", "23900009999"):
        answer = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=typed)
        assert answer.status_code == 422
        assert "手机号应为 11 位数字" in answer.text


def test_whoever_asks_too_often_reads_a_time_of_here(house: House) -> None:
    _, phone = person(house)
    browser = house.browser()
    for _ in range(2):
        answer = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=phone)
    assert re.search(r"请在 \d+年\d+月\d+日\d\d:\d\d 之后再试", answer.text)
    browser.get("/m/log-in?lang=en")
    english = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=phone)
    assert re.search(r"try again after \d{4}-\d\d-\d\d \d\d:\d\d<", english.text)
    assert "+00:00" not in answer.text + english.text


def test_a_member_reads_why_draws_once_and_consents(house: House) -> None:
    member, phone = person(house)
    browser = as_member(house, phone)
    page = browser.read("/m/rewards/C12")
    first = browser.send(page, "/rewards/C12")
    again = browser.send(page, "/rewards/C12")
    assert first.headers["location"] == again.headers["location"]
    lines = browser.read("/m/points/health.wallet")
    assert "兑换预留：药房券 20 元" in lines.text
    why = next(each for each in lines.links if each.startswith("/m/why/"))
    assert "药房券 20 元" in browser.read(why).text
    consents = browser.read("/m/consents")
    given = browser.send(consents, "/contact/give")
    assert given.headers["location"] == "/m/consents?done=consent_given"
    assert browser.read("/m/me").text.count(NAME) == 1
    assert member


def test_old_proofs_export_nothing(house: House) -> None:
    _, phone = person(house)
    browser = as_member(house, phone)
    assert (
        browser.send(browser.read("/m/me/export"), "/m/me/export", format="json").status_code == 200
    )
    house.tick(400)
    asked = browser.get("/m/me/export")
    assert asked.status_code == 401
    code_page = browser.send(Read(asked.text), "/m/log-in", phone=phone)
    before = browser.http.cookies.get("points-m")
    done = browser.send(Read(code_page.text), "/log-in/code", code=house.sent[-1][1]["code"])
    assert done.headers["location"] == "/m/me/export"
    assert browser.http.cookies.get("points-m") != before
    answer = browser.send(browser.read("/m/me/export"), "/m/me/export", format="json")
    assert NAME in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_clerk_takes_a_voucher_once_and_takes_it_back(house: House) -> None:
    _, phone = person(house)
    code = drawn(as_member(house, phone))
    clerk = as_till(house)
    checked = Read(clerk.send(clerk.read("/counter"), "/check", code=code).text)
    assert "药房券 20 元" in checked.text
    mistyped = clerk.send(checked, "/capture", amount="12,5")
    assert mistyped.status_code == 422
    assert "请填写金额" in mistyped.text
    first = clerk.send(checked, "/capture", amount="12.5")
    again = clerk.send(checked, "/capture", amount="12.5")
    assert first.status_code == again.status_code == 200
    assert "¥12.50" in again.text
    assert "¥7.50" in again.text
    assert "请从货款中减去： ¥12.50" in Read(again.text).text
    more = clerk.send(
        Read(clerk.send(clerk.read("/counter"), "/check", code=code).text),
        "/capture",
        amount="7.51",
    )
    assert more.status_code == 422
    assert "金额超出券内余额 7.50 元" in more.text
    assert Read(more.text).form("/capture").fields["amount"] == "7.51"
    today = clerk.read("/counter/today")
    assert NAME not in today.text
    other = as_till(house, "YF02")
    request_no = today.form("/void").fields["request_no"]
    stolen = other.post(
        "/counter/void",
        {"_csrf": other.read("/counter").form("/check").fields["_csrf"], "request_no": request_no},
    )
    assert stolen.status_code == 409
    assert clerk.send(today, "/void").headers["location"] == "/counter/today?done=voided"
    assert "已撤销" in clerk.read("/counter/today").text
    house.tick(86_400)
    assert clerk.get("/counter").headers["location"] == "/counter/log-in"  # a shift is over
    assert "今天还没有核销" in as_till(house).read("/counter/today").text


@pytest.mark.parametrize("code", ["", "1234", "TKX1-TC24-9Y1Q-D", "9" * 20, "x" * 65])
def test_a_code_that_is_none_is_red_or_asked_again(house: House, code: str) -> None:
    clerk = as_till(house)
    answer = clerk.send(clerk.read("/counter"), "/check", code=code)
    assert answer.status_code in {409, 422, 429}
    assert not code or code not in Read(answer.text).text


def test_a_tills_session_ends_with_its_key(house: House) -> None:
    clerk = as_till(house, "KM01")
    assert clerk.get("/counter").status_code == 200
    key = read_key(till(house.served, "KM01"))
    assert key
    house.served.submit(
        RevokeKey(
            association_id=HERE,
            operation_id=OperationId(f"test:revoke-{key.key_id}"),
            actor=OPERATOR,
            key_id=key.key_id,
        )
    )
    assert clerk.get("/counter").headers["location"] == "/counter/log-in"


def test_a_key_of_no_till_opens_no_counter(house: House) -> None:
    browser = house.browser()
    for key in (
        house.served.key(Kind.PARTNER, "YF"),
        house.served.key(Kind.SOURCE, "feed"),
        "pk_live_x",
    ):
        answer = browser.send(browser.read("/counter/log-in"), "/counter/key", key=key)
        assert answer.status_code == 401
        assert key not in answer.text


def test_a_review_asks_for_a_reason_and_keeps_what_was_typed(house: House) -> None:
    member, _ = person(house)
    shift = {
        "type": "volunteer.shift",
        "member_id": member,
        "occurred_at": (house.served.clock.now() - timedelta(days=3)).isoformat(),
        "fields": {"hours": "2", "verified": True},
        "note": "签到表",
    }
    claim = house.served.staff("POST", "/v1/claims", json=shift).json()["activity_id"]
    reviewer = house.staff("rev", Grant(role=Role.REVIEWER, level=Level.INDUSTRY))
    page = reviewer.read(f"/console/claims/{claim}")
    assert "签到表" in page.text
    personal = reviewer.send(page, "/review", verdict="reject", reason="电话 13812345678 核对不符")
    assert personal.status_code == 422
    assert "电话或证件号码" in personal.text
    assert Read(personal.text).form("/review").fields["reason"].startswith("电话")
    done = reviewer.send(page, "/review", verdict="reject", reason="材料不符")
    assert done.headers["location"].startswith("/console/claims?")
    assert "材料不符" in reviewer.read(f"/console/claims/{claim}").text
