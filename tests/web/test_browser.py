"""The three main journeys in a real browser, on a phone and on a desk, and what the pages look like."""

import os
import re
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from points.identity.roles import Grant, Level, Role
from points.kernel.ids import MemberId
from points.members.reads import persons
from tests.api.market import give, open_market, till
from tests.api.served import HERE
from tests.conftest import missing
from tests.flows.staffed import GOOD
from tests.web.browsing import PIN, House, browsing

pytestmark = pytest.mark.browser
DIGITS = r"\d{4} \d{4} \d{4} \d{4} \d{4}"
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
CONTRAST = """
() => {
  const light = (c) => {
    const [r, g, b] = c.map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const found = parse(getComputedStyle(at).backgroundColor);
      if (found.length === 3 || found[3] > 0) return found.slice(0, 3);
    }
    return [255, 255, 255];
  };
  const bad = [];
  for (const node of document.querySelectorAll("main *, header *, nav *")) {
    const own = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    const box = node.getBoundingClientRect();
    if (!own || !box.width || node.closest(".hidden-words, [aria-hidden=true], [disabled]")) continue;
    const a = light(parse(getComputedStyle(node).color).slice(0, 3)), b = light(ground(node));
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) bad.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)} ${node.textContent.trim().slice(0, 20)}`);
  }
  return bad;
}
"""
SMALL = """
() => [...document.querySelectorAll("button, .button, input:not([type=hidden]), select, nav a")]
  .filter((n) => n.getBoundingClientRect().width && n.closest("label.choice") === null)
  .filter((n) => n.getBoundingClientRect().height < 43)
  .map((n) => `${n.tagName} ${n.textContent.trim().slice(0, 20)} ${n.getBoundingClientRect().height}`)
"""
UNNAMED = """
() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((n) => !n.labels.length).map((n) => n.name)
"""


@contextmanager
def served_at(house: House) -> Iterator[str]:
    config = uvicorn.Config(house.app, host="127.0.0.1", port=0, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    path = shutil.which("chromium") or shutil.which("chromium-browser")
    if path is None:
        missing("no chromium here")
    sync_api = pytest.importorskip("playwright.sync_api", reason="no playwright here")
    with sync_api.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


class Screen:
    """A page in a browser that is looked at after each step."""

    def __init__(self, page: Any, shots: Path | None, name: str) -> None:
        self.page, self.shots, self.name, self.count = page, shots, name, 0
        self.noise: list[str] = []
        page.on(
            "console",
            lambda message: self.noise.append(message.text) if message.type == "error" else None,
        )
        page.on("pageerror", lambda error: self.noise.append(str(error)))

    def look(self, what: str) -> None:
        self.count += 1
        if self.shots:
            path = self.shots / f"{self.name}-{self.count:02}-{what}.png"
            self.page.screenshot(path=str(path), full_page=True)
        else:
            self.page.wait_for_load_state()
        wide = self.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what} is {wide} pixels too wide"
        assert self.page.evaluate(UNNAMED) == [], what
        assert self.page.evaluate(CONTRAST) == [], what
        assert self.page.evaluate(SMALL) == [], what
        assert self.page.locator("h1").count() == 1, what
        assert self.page.locator("html").get_attribute("lang") in {"zh-CN", "en"}

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).first.click()

    def focused(self, name: str = "") -> None:
        """Wait until the keyboard's first stroke would go where it belongs."""
        at = (
            f"document.activeElement.name === '{name}'"
            if name
            else "document.activeElement.matches('a.button')"
        )
        self.page.wait_for_function(f"() => document.readyState === 'complete' && {at}")

    def follow(self, words: str) -> None:
        self.page.get_by_role("link", name=words).first.click()

    def type(self, label: str, text: str) -> None:
        self.page.get_by_label(label).first.fill(text)


@pytest.fixture(scope="module", params=["phone", pytest.param("desk", marks=pytest.mark.nightly)])
def screens(request: pytest.FixtureRequest, chromium: Any) -> Iterator[Any]:
    shots = Path(folder) if (folder := os.environ.get("POINTS_SHOTS")) else None
    contexts = []

    def opened(name: str, scheme: str = "light") -> Screen:
        context = chromium.new_context(
            viewport=SIZES[request.param], locale="zh-CN", color_scheme=scheme
        )
        context.set_default_timeout(5_000)
        contexts.append(context)
        return Screen(context.new_page(), shots, f"{request.param}-{name}")

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[tuple[House, str]]:
    with browsing(module_sqlite_url) as house, served_at(house) as url:
        open_market(house.served)
        house.hire(
            "wang",
            Grant(role=Role.REVIEWER, level=Level.INDUSTRY),
            Grant(role=Role.OFFICER),
            Grant(role=Role.REGISTRAR),
        )
        house.hire("boss", Grant(role=Role.ADMIN))
        yield house, url


def enrolled(house: House) -> tuple[str, str]:
    member = house.served.person()
    give(house.served, member, 500)
    with house.installation.engine.reading(HERE) as connection:
        found = persons(connection, HERE, [MemberId(member)], house.installation.context)
    return member, found[MemberId(member)].phone


def file_claim(house: House, member: str) -> None:
    house.tick(30)
    shift = {
        "type": "volunteer.shift",
        "member_id": member,
        "occurred_at": (house.served.clock.now() - timedelta(days=3)).isoformat(),
        "fields": {"hours": "2", "verified": True},
        "note": "社区值守，签到表见附件",
    }
    answer = house.served.staff("POST", "/v1/claims", json=shift)
    assert answer.status_code == 201, answer.text


def test_staff_log_in_with_two_factors_and_review(town: tuple[House, str], screens: Any) -> None:
    house, url = town
    member, _ = enrolled(house)
    file_claim(house, member)
    screen = screens("staff")
    page = screen.page
    page.goto(f"{url}/console")
    screen.look("log-in")
    screen.type("账号", "wang")
    screen.type("密码", GOOD)
    screen.type("动态验证码", house.code("wang"))
    screen.press("登录")
    house.tick()
    screen.look("home")
    screen.follow("申报待初审")
    screen.look("queue")
    page.locator("#rows a").first.click()
    screen.look("claim")
    screen.press("不通过")
    assert "请填写此项" in page.content()
    screen.look("no-reason")
    screen.press("通过")
    assert page.get_by_role("status").inner_text() == "已通过该申报"
    screen.look("reviewed")
    page.goto(f"{url}/console/members/{member}")
    screen.look("member")
    house.tick(400)
    page.goto(f"{url}/console/proposals/grant?member={member}")
    screen.look("prove")
    screen.type("动态验证码", house.code("wang"))
    screen.press("验证并继续")
    house.tick()
    assert page.url.endswith(f"/console/proposals/grant?member={member}")
    screen.look("propose")
    screen.follow("English")
    assert page.locator("html").get_attribute("lang") == "en"
    screen.look("propose-en")
    assert screen.noise == [] or all("401" in each or "422" in each for each in screen.noise)


def test_a_member_draws_a_benefit_in_two_taps(town: tuple[House, str], screens: Any) -> None:
    house, url = town
    _, phone = enrolled(house)
    screen = screens("member")
    page = screen.page
    page.goto(f"{url}/m")
    screen.look("log-in")
    screen.type("手机号", phone)
    screen.press("获取验证码")
    screen.look("code")
    while not house.sent or house.sent[-1][0] != phone:
        page.wait_for_timeout(20)
    screen.type("验证码", house.sent[-1][1]["code"])
    screen.press("登录")
    screen.look("home")
    screen.follow("去兑换")
    screen.look("rewards")
    screen.follow("药房券 20 元")
    screen.look("reward")
    screen.press("确认兑换")
    screen.look("voucher")
    assert not re.search(DIGITS, page.content())
    screen.follow("显示券码")
    screen.look("code-warning")
    screen.press("显示券码")
    screen.look("code-once")
    assert re.search(DIGITS, page.locator("#code").inner_text())
    page.goto(f"{url}/m/points/health.wallet")
    screen.look("lines")
    page.goto(f"{url}/m/consents")
    screen.look("consents")
    page.goto(f"{url}/m/me")
    screen.look("me")
    assert screen.noise == []


def test_a_clerk_captures_with_the_keyboard_alone(  # noqa: PLR0915 - one journey, step by step
    town: tuple[House, str], screens: Any
) -> None:
    house, url = town
    member, _ = enrolled(house)
    drawn = house.served.member(
        member, "POST", "/v1/redemptions", json={"reward_id": "C12", "programme": "health"}
    ).json()
    screen = screens("clerk")
    page = screen.page
    page.goto(f"{url}/counter")
    screen.look("key")
    screen.focused("key")
    page.keyboard.type(till(house.served))
    page.keyboard.press("Enter")
    page.get_by_label("店员工号").wait_for()
    if "YF01" not in house.clerks:
        house.clerk()
    screen.look("clerk")
    screen.focused("operator")
    page.keyboard.type("07")
    page.keyboard.press("Tab")
    page.keyboard.type(PIN)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/counter")
    screen.look("code")
    screen.focused("code")
    page.keyboard.type("12345678")
    page.keyboard.press("Enter")
    page.get_by_text("不能核销").first.wait_for()
    screen.look("red")
    screen.focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/counter")
    screen.focused("code")
    page.keyboard.type(drawn["codes"]["digits"])
    page.keyboard.press("Enter")
    page.get_by_text("请核对后交付").first.wait_for()
    screen.look("hand-over")
    screen.focused("amount")
    page.keyboard.type("12.50")
    page.keyboard.press("Enter")
    page.get_by_text("核销成功").first.wait_for()
    screen.look("green")
    screen.focused()
    page.keyboard.press("Enter")
    page.wait_for_url(f"{url}/counter")
    page.goto(f"{url}/counter/today")
    screen.look("today")


def test_pages_in_the_dark(town: tuple[House, str], screens: Any) -> None:
    _, url = town
    screen = screens("dark", "dark")
    for path in ("/", "/console/log-in", "/m/log-in", "/counter/log-in", "/console/set-up"):
        screen.page.goto(f"{url}{path}")
        screen.look(path.strip("/").replace("/", "-") or "front")


def test_a_page_that_is_left_open_does_not_outlast_its_session(
    town: tuple[House, str], chromium: Any
) -> None:
    house, url = town
    page = chromium.new_context(locale="zh-CN").new_page()
    page.clock.install()
    page.goto(f"{url}/console/log-in")
    page.get_by_label("账号").fill("boss")
    page.get_by_label("密码").fill(GOOD)
    page.get_by_label("动态验证码").fill(house.code("boss"))
    page.get_by_role("button", name="登录").click()
    house.tick()
    page.wait_for_url(f"{url}/console")
    page.clock.fast_forward(29 * 60_000)
    page.keyboard.press("Shift")
    page.clock.fast_forward(29 * 60_000)
    assert page.url == f"{url}/console"  # in use, and the control
    page.clock.fast_forward(2 * 60_000)
    page.wait_for_url(f"{url}/")
    page.context.close()


def test_everything_essential_works_without_scripts(town: tuple[House, str], chromium: Any) -> None:
    house, url = town
    context = chromium.new_context(java_script_enabled=False, locale="zh-CN")
    page = context.new_page()
    page.goto(f"{url}/console")
    page.get_by_label("账号").fill("boss")
    page.get_by_label("密码").fill(GOOD)
    page.get_by_label("动态验证码").fill(house.code("boss"))
    page.get_by_role("button", name="登录").click()
    house.tick()
    assert page.url == f"{url}/console"
    context.close()
