"""Sessions of browsers: who gets in, what the cookie is, what no other site can do, and how it ends."""

from datetime import timedelta
from http.cookies import SimpleCookie

import pytest

from points.edge.policy import EdgePolicy
from points.identity.roles import Grant, Kind, Role
from points.identity.second_factor import SecondFactors
from points.web.gate import refuse_forged
from tests.flows.staffed import GOOD
from tests.web.browsing import OWN, House, Read, browsing

OFFICER, REGISTRAR, ADMIN = (
    Grant(role=each) for each in (Role.OFFICER, Role.REGISTRAR, Role.ADMIN)
)


def cookie_of(answer: object) -> SimpleCookie:
    return SimpleCookie(answer.headers["set-cookie"])  # type: ignore[attr-defined]


def test_the_cookie_is_for_no_script_and_no_other_site(house: House) -> None:
    house.hire("he", OFFICER)
    browser = house.browser()
    answer = browser.post(
        "/console/log-in", {"account": "he", "password": GOOD, "code": house.code("he")}
    )
    house.tick()
    kept = cookie_of(answer)["points"]
    assert (kept["httponly"], kept["samesite"], kept["path"], kept["domain"]) == (
        True,
        "strict",
        "/",
        "",
    )
    assert answer.headers["cache-control"] == "no-store"


def test_a_log_in_under_another_secret_says_so_and_is_no_defect(sqlite_url: str) -> None:
    with browsing(sqlite_url) as house:
        house.hire("he", OFFICER)
        typed = {"account": "he", "password": GOOD, "code": house.code("he")}
        object.__setattr__(house.installation.context, "factors", SecondFactors(b"x" * 32))
        answer = house.browser().post("/console/log-in", typed)
        assert answer.status_code == 422
        assert "当前密钥不是登记这些账号时的密钥" in Read(answer.text).text


def test_over_tls_it_is_held_to_this_host(sqlite_url: str) -> None:
    with browsing(sqlite_url, edge=EdgePolicy(behind_tls=True)) as house:
        house.hire("he", OFFICER)
        answer = house.browser().post(
            "/console/log-in",
            {"account": "he", "password": GOOD, "code": house.code("he")},
            {"Origin": "https://testserver", "Sec-Fetch-Site": "same-origin"},
        )
        assert cookie_of(answer)["__Host-points"]["secure"] is True
        assert "strict-transport-security" in answer.headers
        language = cookie_of(house.browser().get("/?lang=en"))["__Host-points-language"]
        assert (language["secure"], language["httponly"], language["samesite"]) == (
            True,
            True,
            "lax",
        )


@pytest.mark.parametrize("wrong", [{"password": "x"}, {"code": "000000"}, {"account": "nobody"}])
def test_whatever_is_wrong_the_answer_is_the_same(house: House, wrong: dict[str, str]) -> None:
    if "wu" not in house.people:
        house.hire("wu", OFFICER)
    house.tick(86_400)
    typed = {"account": "wu", "password": GOOD, "code": house.code("wu")} | wrong
    answer = house.browser().post("/console/log-in", typed)
    assert answer.status_code == 401
    assert "账号、密码或验证码不正确" in answer.text
    assert GOOD not in answer.text
    assert "set-cookie" not in answer.headers


def test_what_was_typed_stays_but_for_secrets(house: House) -> None:
    answer = house.browser().post(
        "/console/log-in", {"account": "somebody", "password": "a secret", "code": ""}
    )
    page = Read(answer.text)
    assert answer.status_code == 422
    assert page.form("/log-in").fields["account"] == "somebody"
    assert "a secret" not in answer.text
    assert "请填写此项" in page.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://testserver", "Sec-Fetch-Site": "same-site"},
        {"Origin": "null"},
        {},
    ],
)
def test_no_other_site_logs_anybody_in_or_sends_a_form(
    house: House, headers: dict[str, str]
) -> None:
    name = f"he{len(headers)}{len(str(headers))}"
    house.hire(name, OFFICER)
    typed = {"account": name, "password": GOOD, "code": house.code(name)}
    assert house.browser().post("/console/log-in", typed, headers).status_code == 403
    browser = house.staff(name)
    form = browser.read("/console/account").form("/log-out")
    assert browser.post("/console/log-out", form.fields, headers).status_code == 403
    assert browser.get("/console").status_code == 200


def test_a_form_without_its_mark_is_refused(house: House) -> None:
    browser, other = house.staff("he", OFFICER), house.staff("ma", OFFICER)
    mark = other.read("/console").form("/log-out").fields["_csrf"]
    for fields in ({}, {"_csrf": "x"}, {"_csrf": mark}):
        assert browser.post("/console/log-out", fields).status_code == 403
    assert browser.get("/console").status_code == 200


def test_a_gate_that_forgets_the_mark_would_be_caught(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = house.staff("he", OFFICER)
    monkeypatch.setattr("points.web.gate.refuse_forged", lambda _visit: None)
    assert browser.post("/console/log-out", {}).status_code == 303
    assert refuse_forged is not None


def test_tokens_open_only_as_they_were_given(house: House) -> None:
    browser = house.staff("he", OFFICER)
    token = browser.token
    assert house.served.ask("GET", "/v1/me", token).status_code == 401
    assert (
        house.browser().get("/console", headers={"Authorization": f"Bearer {token}"}).status_code
        == 303
    )
    bearer = house.served.key(Kind.STAFF, "someone", grants=(OFFICER,))
    stranger = house.browser()
    stranger.http.cookies.set("points", bearer)
    assert stranger.get("/console").status_code == 303
    api_key = house.served.key(Kind.SOURCE, "feed")
    stranger.http.cookies.clear()
    stranger.http.cookies.set("points", api_key)
    assert stranger.get("/console").status_code == 303


def test_a_staff_session_is_none_at_another_door(house: House) -> None:
    browser = house.staff("he", OFFICER)
    browser.http.cookies.set("points-m", browser.token)
    browser.http.cookies.set("points-counter", browser.token)
    assert browser.get("/m").headers["location"] == "/m/log-in"
    assert browser.get("/counter").headers["location"] == "/counter/log-in"


def test_logging_out_ends_the_session_itself(house: House) -> None:
    browser = house.staff("he", OFFICER)
    token = browser.token
    answer = browser.send(browser.read("/console"), "/log-out")
    assert answer.headers["location"] == "/console/log-in?done=logged_out"
    browser.http.cookies.set("points", token)
    assert browser.get("/console").headers["location"] == "/console/log-in"


def visits(house: House, phone: str, rest: timedelta) -> timedelta:
    """Return when a member was asked to log in again who came back after each rest."""
    browser = house.browser()
    page = browser.send(browser.read("/m/log-in"), "/m/log-in", phone=phone)
    browser.send(Read(page.text), "/log-in/code", code=house.sent[-1][1]["code"])
    began = house.installation.clock.now()
    while browser.get("/m").status_code == 200:
        house.tick(int(rest.total_seconds()))
    return house.installation.clock.now() - began


def test_a_members_browser_rests_for_a_week_and_lasts_a_month(house: House) -> None:
    phone = "13900001111"
    house.served.person(phone=phone)
    assert visits(house, phone, timedelta(days=8)) == timedelta(days=8)
    assert visits(house, phone, timedelta(days=6)) == timedelta(days=30)


def test_step_up_renews_the_token_and_goes_on(house: House) -> None:
    browser = house.staff("admin", ADMIN)
    house.tick(400)
    before = browser.token
    answer = browser.get("/console/staff")
    assert answer.status_code == 401
    wrong = browser.send(Read(answer.text), "/console/prove", _factor="000000")
    assert wrong.status_code == 401
    assert "验证码不正确" in wrong.text
    done = browser.send(Read(wrong.text), "/console/prove", _factor=browser.code())
    house.tick()
    assert done.headers["location"] == "/console/staff"
    assert browser.token != before
    assert browser.get("/console/staff").status_code == 200
    stranger = house.browser()
    stranger.http.cookies.set("points", before)
    assert stranger.get("/console").headers["location"] == "/console/log-in"


def test_a_form_that_needs_a_proof_goes_on_with_it(house: House) -> None:
    browser = house.staff("admin", ADMIN)
    form = browser.read("/console/staff").form("/console/staff")
    house.tick(400)
    typed = {**form.fields, "account": "newcomer", "role": "officer"}
    asked = browser.post("/console/staff", typed)
    assert asked.status_code == 401
    page = Read(asked.text)
    assert page.form("/console/staff").fields["account"] == "newcomer"
    done = browser.send(page, "/console/staff", _factor=browser.code())
    house.tick()
    assert done.status_code == 200
    assert "newcomer" in Read(done.text).text


def test_next_leads_nowhere_else(house: House) -> None:
    house.hire("zhou", OFFICER)
    for wanted in (
        "https://evil.example",
        "//evil.example",
        "/v1/me",
        "/m",
        "/console/../m",
        "/consolex",
    ):
        typed = {"account": "zhou", "password": GOOD, "code": house.code("zhou"), "next": wanted}
        answer = house.browser().post("/console/log-in", typed)
        house.tick()
        assert answer.headers["location"] == "/console", wanted


def test_pages_have_the_strict_policy_and_their_language(house: House) -> None:
    answer = house.browser().get("/console/log-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["content-language"] == "zh"
    browser = house.browser()
    switched = browser.get("/console/log-in?lang=en&next=/console/staff")
    assert (
        switched.headers["location"] == "/console/log-in?next=%2Fconsole%2Fstaff"
        or "next=" in switched.headers["location"]
    )
    assert "Staff log-in" in browser.get("/console/log-in").text


def test_there_is_no_such_page(house: House) -> None:
    for path in ("/console/nothing", "/m/nothing", "/counter/nothing"):
        answer = house.browser().get(path)
        assert answer.status_code == 404
        assert "未找到" in answer.text
    assert (
        house.browser().post("/console/log-in", {}, OWN | {"Host": "testserver"}).status_code == 422
    )


def test_a_broken_page_says_so_in_the_same_frame(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = house.staff("he", OFFICER)
    monkeypatch.setattr("points.web.console.account.sessions_of", lambda *_: 1 / 0)
    answer = browser.get("/console/account")
    assert answer.status_code == 500
    assert "系统内部错误" in answer.text
    assert "ZeroDivision" not in answer.text
