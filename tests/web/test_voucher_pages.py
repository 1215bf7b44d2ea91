"""A code shown once, a voucher passed on, staff who find it, and a bulk issue, on the pages."""

import re
from collections.abc import Iterator

import pytest

from points.flows.work import work
from points.identity.roles import Grant, Role
from tests.api.market import give, open_market
from tests.api.served import HERE
from tests.web.browsing import Browser, House, Read, browsing
from tests.web.test_journeys import CODE, as_member, person, shown

OFFICER, APPROVER = Grant(role=Role.OFFICER), Grant(role=Role.APPROVER)
NEW = "/console/handouts/new"


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        open_market(here.served)
        yield here


@pytest.fixture(scope="module")
def officer(house: House) -> Browser:
    return house.staff("zhang", OFFICER)


def proved(browser: Browser, path: str) -> Read:
    """Read a page that may want a proof first."""
    answer = browser.get(path)
    if answer.status_code == 401:
        browser.house.tick()
        sent = browser.send(Read(answer.text), "/console/prove", _factor=browser.code())
        assert sent.status_code == 303, sent.text
        browser.house.tick()
    return browser.read(path)


def drawn(member: Browser, reward: str) -> str:
    """Draw a voucher; return the address of its page."""
    answer = member.send(member.read(f"/m/rewards/{reward}"), f"/rewards/{reward}")
    return str(answer.headers["location"]).split("?")[0]


def test_a_code_is_shown_once_and_the_same_form_shows_the_same(house: House) -> None:
    _, phone = person(house)
    member = as_member(house, phone)
    voucher = drawn(member, "C12")
    page = member.read(f"{voucher}/code")
    first, again = (Read(member.send(page, "/code").text).text for _ in range(2))
    assert re.findall(CODE, first) == re.findall(CODE, again) != []
    assert re.findall(CODE, member.read(voucher).text) == []
    for _ in range(9):
        shown(member, voucher)
    refused = member.send(member.read(f"{voucher}/code"), "/code")
    assert refused.status_code == 422
    assert "最多换码 10 次" in refused.text


def test_a_voucher_is_passed_on_from_phone_to_phone(house: House, officer: Browser) -> None:
    (owner_id, phone), (friend_id, other) = person(house), person(house)
    give(house.served, owner_id, 500)
    member, friend = as_member(house, phone), as_member(house, other)
    voucher = drawn(member, "C11")
    offers = friend.read("/m/offers")
    assert friend_id in offers.text
    wrong = member.send(member.read(f"{voucher}/offer"), "/offer", receiver="nobody")
    assert wrong.status_code == 422
    for answer in ("decline", "withdraw", "accept"):
        sent = member.send(member.read(f"{voucher}/offer"), "/offer", receiver=friend_id)
        assert sent.status_code == 303, sent.text
        assert "正在等待对方接收" in member.read(voucher).text
        who, page = (
            (member, member.read(voucher))
            if answer == "withdraw"
            else (friend, friend.read("/m/offers"))
        )
        form = next(link for link in page.forms if "/m/offers/" in link.action)
        done = who.post(form.action, {**form.fields, "answer": answer})
        assert done.status_code == 303, done.text
    member.read(voucher, 404)
    assert re.search(CODE, shown(friend, voucher))
    # Staff find it by its owner, see what happened and no code, and mend it.
    listed = officer.read(f"/console/vouchers?member={friend_id}")
    address = next(link for link in listed.links if link.startswith("/console/vouchers/"))
    page = officer.read(address)
    assert "改换持有人" in page.text
    assert not re.search(CODE, page.text)
    assert officer.send(page, "/reissue", reason="").status_code == 422
    assert officer.send(page, "/reissue", reason="手机丢失").status_code == 303
    back = {"receiver": owner_id, "why": "登记错人"}
    assert officer.send(officer.read(address), "/reassign", **back).status_code == 303
    refused = officer.send(officer.read(address), "/reassign", receiver="nobody", why="错")
    assert refused.status_code == 422
    last4 = re.search(r"券码后四位\s*(\w{4})", officer.read(address).text)
    assert last4
    assert address in officer.read(f"/console/vouchers?last4={last4[1]}").links
    assert "没有符合的券" in officer.read("/console/vouchers?member=nobody").text
    officer.read("/console/vouchers/unknown", 404)


def test_a_bulk_issue_from_its_list_to_its_codes(house: House, officer: Browser) -> None:
    approver = house.staff("qian", APPROVER)
    people = [person(house)[0] for _ in range(3)]
    typed = {"reward": "C07", "programme": "health", "mode": "paper", "note": "高温慰问"}
    page = proved(officer, NEW)
    neither = officer.send(page, "/new", **typed, members="", where="")
    assert "请填写名单或会员条件之一" in neither.text
    unknown = officer.send(page, "/new", **typed, members="13900000000", where="")
    assert "不是本协会会员" in unknown.text
    made = officer.send(page, "/new", **typed, members="\n".join(people), where="")
    assert made.status_code == 303, Read(made.text).text
    address = made.headers["location"].split("?")[0]
    number = address.rsplit("/", 1)[1]
    decision = f"/console/handout-decisions/{number}"
    assert "批量发券待审批" in approver.read("/console").text
    assert decision in proved(approver, "/console/handout-decisions").links
    approved = approver.send(approver.read(decision), decision, verdict="approve")
    assert approved.status_code == 303, Read(approved.text).text
    assert "发放中" in officer.read(address).text
    work(house.installation.engine, HERE)
    done = officer.read(address)
    assert "已核对，人数与金额相符" in done.text
    assert "名单 3 = 已发 3 + 未发 0 + 剩余 0" in done.text
    for form in ("csv", "xlsx"):
        assert officer.get(f"{address}/results/{form}").content
    officer.read(f"{address}/results/pdf", 404)
    sheet = officer.send(done, "/print")
    assert sheet.content.startswith(b"PK")
    assert officer.send(done, "/print").status_code in {200, 422}
    assert "券码已打印" in officer.read(address).text
    assert number in "".join(officer.read("/console/handouts").links)


def test_a_bulk_issue_that_waits_says_for_what_and_until_when(
    house: House, officer: Browser
) -> None:
    approver = house.staff("qian", APPROVER)
    people = [person(house)[0] for _ in range(11)]
    typed = {"reward": "C06", "programme": "health", "mode": "phone", "note": "慰问"}
    made = officer.send(proved(officer, NEW), "/new", **typed, members="\n".join(people), where="")
    address = made.headers["location"].split("?")[0]
    decision = address.replace("/handouts/", "/handout-decisions/")
    approver.send(proved(approver, decision), decision, verdict="approve")
    says = "名额每日 10 个，本期已发完；2026-03-03 00:00 起接着发"
    assert says not in officer.read(address).text
    work(house.installation.engine, HERE)
    assert says in officer.read(address).text
    assert says in officer.read("/console/handouts").text


def test_a_bulk_issue_is_withdrawn_or_rejected(house: House, officer: Browser) -> None:
    approver = house.staff("sun", APPROVER)
    typed = {"reward": "C07", "programme": "health", "mode": "phone", "note": "慰问"}
    bad = officer.send(proved(officer, NEW), "/new", **typed, members="", where="member.x ==")
    assert bad.status_code == 422
    numbers = []
    for _ in range(2):
        made = officer.send(proved(officer, NEW), "/new", **typed, members="", where="true")
        assert made.status_code == 303, Read(made.text).text
        numbers.append(made.headers["location"].split("?")[0])
    assert officer.send(officer.read(numbers[0]), "/withdraw").status_code == 303
    decision = numbers[1].replace("/handouts/", "/handout-decisions/")
    page = proved(approver, decision)
    assert approver.send(page, decision, verdict="reject", reason="").status_code == 422
    assert approver.send(page, decision, verdict="reject", reason="名单有误").status_code == 303
    officer.read("/console/handouts/unknown", 404)


def test_a_voucher_says_where_it_is_good_and_offers_only_what_may_be_done(house: House) -> None:
    owner, phone = person(house)
    give(house.served, owner, 500)
    member = as_member(house, phone)
    money, family = drawn(member, "C12"), drawn(member, "C11")
    page = member.read(money)
    assert "/m/rewards/C12#outlets" in page.links
    assert not [each for each in page.links if each.endswith("/offer")]
    assert f"{family}/offer" in member.read(family).links
    reward = member.read("/m/rewards/C12")
    assert "YF01 店" in reward.text
    assert "每月 2 次" in reward.text
    assert "系统中没有登记可使用的门店" in member.read("/m/rewards/C11").text


def test_a_wallet_that_is_none_of_theirs_stands_in_nobodys_way(house: House) -> None:
    phone = "13900007777"
    driver = house.served.person("health", phone=phone)
    give(house.served, driver, 150)
    member = as_member(house, phone)
    assert "未参加" not in member.read("/m/rewards/C12").text
    assert "未参加" in member.read("/m/rewards/C15").text, "the only wallet that could pay"
    drawn(member, "C12")
    poor = member.read("/m/rewards/C12").text
    assert "积分不足：需要 100 分，可用 50 分" in poor
    assert "未参加" not in poor, "what they lack is said, and nothing beside it"


def test_less_is_taken_without_showing_the_code_again(house: House) -> None:
    owner, phone = person(house)
    give(house.served, owner, 100)
    member = as_member(house, phone)
    code = re.findall(CODE, shown(member, drawn(member, "C12")))[0]
    clerk = house.clerk("KM01")
    checked = Read(clerk.send(clerk.read("/counter"), "/check", code=code).text)
    more = clerk.send(checked, "/capture", amount="20.01")
    assert more.status_code == 422
    assert "金额超出券内余额 20.00 元" in more.text
    less = clerk.send(Read(more.text), "/capture", amount="20")
    assert less.status_code == 200
    assert "¥0.00" in less.text
