"""Every page × every role, own, another's and another association's: generated, default deny."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from points.identity.policy import TABLE, Action, Scope
from points.identity.roles import Grant, Kind, Level, Role, kind_of
from points.identity.session_book import SessionBook
from points.identity.session_store import find_session, save_sessions
from points.identity.sessions import Binding, read_token
from points.kernel.ids import AssociationId
from points.unit_of_work import writing
from points.web.app import WEB_ROUTES
from points.web.doors import CONSOLE, COUNTER, PHONE, Door
from points.web.route import Page
from tests.api.market import give, open_market, redeem
from tests.api.served import HERE, THERE
from tests.people import sign_in
from tests.web.browsing import OWN, Browser, House, Read, browsing

UNKNOWN = "0" * 26
PAGES = {f"{page.method} {page.path}": page for page in WEB_ROUTES if page.allows is not None}
STAFF = [role for role in Role if kind_of(role) is Kind.STAFF and role is not Role.CONSOLE]
CHANGES_SESSIONS = ("/log-out", "/log-out-everywhere")


@dataclass
class Town:
    house: House
    owner: str
    stranger: str
    names: dict[str, str]
    browsers: dict[Any, Browser] = field(default_factory=dict)

    def browser(self, role: Role, who: str = "own", association: AssociationId = HERE) -> Browser:
        """Return a browser of somebody who has one role and no other."""
        name = (role, who, association)
        if name not in self.browsers:
            self.browsers[name] = self._opened(role, who, association)
        return self.browsers[name]

    def _opened(self, role: Role, who: str, association: AssociationId) -> Browser:
        browser = self.house.browser()
        if role is Role.TILL:
            return self.house.clerk({"own": "YF01", "other": "KM01"}[who])
        if role is Role.OFFICE:
            place = {"own": "YF", "other": "KM"}[who]
            engine = self.house.installation.engine
            spelled = sign_in(
                engine,
                association,
                place,
                (Grant(role=role),),
                kind=Kind.PARTNER,
                outlet=f"{place}01",
            )
            browser.http.cookies.set(f"points{COUNTER.suffix}", self.held(spelled, association))
            return browser
        subject = (
            {"own": self.owner, "other": self.stranger}[who]
            if role is Role.MEMBER
            else f"{who}-{role}"
        )
        door = PHONE if role is Role.MEMBER else CONSOLE
        browser.http.cookies.set(f"points{door.suffix}", self.token(role, subject, association))
        return browser

    def token(self, role: Role, subject: str, association: AssociationId, *grants: Grant) -> str:
        """Return a token that a browser holds; the proof behind it is always fresh."""
        engine = self.house.installation.engine
        spelled = sign_in(
            engine, association, subject, grants or (Grant(role=role),), kind=kind_of(role)
        )
        return self.held(spelled, association)

    def held(self, spelled: str, association: AssociationId) -> str:
        """Return a token as a browser holds it."""
        engine = self.house.installation.engine
        read = read_token(spelled)
        assert read
        with engine.reading(association) as connection:
            session = find_session(connection, association, read.session_id)
        assert session
        # As it would have been opened by a browser.
        held = replace(session, binding=Binding.COOKIE)
        with writing(engine.database, association) as connection:
            book = SessionBook(
                sessions={session.session_id: held}, changed={session.session_id: held}
            )
            save_sessions(connection, association, book, engine.clock.now())
        return spelled

    def ask(self, page: Page, browser: Browser, *, unknown: bool = False) -> Any:
        names = dict.fromkeys(self.names, UNKNOWN) if unknown else self.names
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], page.path)
        if page.method == "GET":
            return browser.get(path)
        return browser.post(path, {"_csrf": self.mark(browser, page), **self.typed(page)})

    def mark(self, browser: Browser, page: Page) -> str:
        spelled = browser.http.cookies.get(f"points{page.door.suffix}") or ""
        read = read_token(spelled)
        return (
            self.house.installation.context.factors.blind(read.session_id, "form", HERE)
            if read
            else ""
        )

    def typed(self, page: Page) -> dict[str, str]:
        return {"format": "json"} if page.path.endswith("/export") else {}


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[Town]:
    with browsing(module_sqlite_url) as house:
        open_market(house.served)
        owner, stranger = house.served.person(), house.served.person()
        give(house.served, owner, 500)
        drawn = redeem(house.served, owner).json()
        shift = {
            "type": "volunteer.shift",
            "member_id": owner,
            "occurred_at": (house.served.clock.now() - timedelta(days=3)).isoformat(),
            "fields": {"hours": "2", "verified": True},
        }
        claim = house.served.staff("POST", "/v1/claims", json=shift).json()
        grant = {
            "member_id": owner,
            "measure": "party.wallet",
            "points": 5,
            "reason": "goodwill",
            "note": "慰问",
        }
        proposed = house.served.staff("POST", "/v1/proposals", json=grant | {"kind": "grant"})
        now = house.served.clock.now()
        house.served.clock.advance(timedelta(days=40))
        month = {"partner_id": "YF", "day": "2026-03-02"}
        statement = house.served.staff("POST", "/v1/statements:draw-up", json=month).json()
        drawn_up = statement["statement_id"]
        house.served.clock.set(now)
        rules = house.installation.context.rules
        drafted = house.served.staff(
            "POST",
            "/v1/rulesets/drafts",
            json={"programme": "party", "text": next(iter(rules.texts.values())), "cases": {}},
        )
        hook = {"url": "https://pos.example.cn/in", "kinds": ["voucher.captured"]}
        registered = house.served.staff("POST", "/v1/webhooks", json=hook).json()
        where = f"/v1/webhooks/{registered['endpoint_id']}"
        tried = house.served.staff("POST", f"{where}:test", json={}).json()
        names = {
            "member_id": owner,
            "activity_id": claim["activity_id"],
            "voucher_id": drawn["voucher_id"],
            "transaction_id": drawn["transaction_id"],
            "reward_id": "C12",
            "measure": "health.wallet",
            "purpose": "contact",
            "proposal_id": proposed.json().get("proposal_id", UNKNOWN),
            "account": "li",
            "key_id": UNKNOWN,
            "session_id": UNKNOWN,
            "notice_id": UNKNOWN,
            "endpoint_id": registered["endpoint_id"],
            "message_id": tried["message_id"],
            "sequence": "1",
            "draft_id": drafted.json().get("draft_id", UNKNOWN),
            "programme": "party",
            "version": "1",
            "rule_id": "P06",
            "name": "new",
            "correction_id": UNKNOWN,
            "offer_id": UNKNOWN,
            "handout_id": UNKNOWN,
            "return_id": UNKNOWN,
            "adjustment_id": UNKNOWN,
            "alert_id": UNKNOWN,
            "use_id": UNKNOWN,
            "form": "csv",
            "catalogue_version": "1",
            "sha256": "0" * 64,
            "grant_id": UNKNOWN,
            "donation_id": UNKNOWN,
            "partner_id": "YF",
            "statement_id": drawn_up,
        }
        yield Town(house, owner, stranger, names)


def roles_at(page: Page) -> list[Role]:
    return {CONSOLE: STAFF, PHONE: [Role.MEMBER], COUNTER: [Role.TILL, Role.OFFICE]}[page.door]


@pytest.mark.parametrize("name", PAGES)
def test_nobody_without_a_session(town: Town, name: str) -> None:
    answer = town.ask(PAGES[name], town.house.browser())
    assert answer.status_code == 303
    assert answer.headers["location"].startswith(PAGES[name].door.entrance)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if page.method == "POST"])
def test_no_form_without_its_mark(town: Town, name: str) -> None:
    page = PAGES[name]
    for role in roles_at(page)[:1]:
        path = re.sub(r"\{(\w+)\}", lambda found: town.names[found[1]], page.path)
        assert town.browser(role).post(path, {}).status_code == 403


@pytest.mark.parametrize("name", [name for name in PAGES if not name.endswith(CHANGES_SESSIONS)])
def test_a_role_has_a_page_exactly_where_the_table_says(town: Town, name: str) -> None:
    page = PAGES[name]
    assert page.allows is not None
    for role in roles_at(page):
        answer = town.ask(page, town.browser(role, "other"))
        allowed = role in TABLE[page.allows]
        assert answer.status_code < 500, answer.text[-500:]
        assert (answer.status_code == 403) is not allowed, (
            role,
            answer.status_code,
            Read(answer.text).text,
        )


THINGS = [
    name
    for name, page in PAGES.items()
    if page.door is PHONE and re.search(r"\{(activity_id|voucher_id|transaction_id)\}", page.path)
]


@pytest.mark.parametrize("name", THINGS)
def test_anothers_and_unknown_things_are_shown_alike(town: Town, name: str) -> None:
    page = PAGES[name]
    browser = town.browser(Role.MEMBER, "other")
    anothers, unknown = town.ask(page, browser), town.ask(page, browser, unknown=True)
    if "publicity" not in page.path:
        assert anothers.status_code == unknown.status_code == 404
        assert bare(anothers) == bare(unknown)
        if page.method == "GET":
            assert town.ask(page, town.browser(Role.MEMBER, "own")).status_code == 200


def bare(answer: Any) -> str:
    return re.sub(r'value="[^"]*"', "", answer.text)


def sent_to_the_entrance(town: Town, name: str, roles: list[Role]) -> None:
    page = PAGES[name]
    for role in roles:
        answer = town.ask(page, town.browser(role, "own", THERE))
        assert answer.status_code == 303, role
        assert answer.headers["location"].startswith(page.door.entrance), role


def strangers_at(name: str) -> list[Role]:
    """Return who might come to a page out of another association; a till has no session there."""
    return [role for role in roles_at(PAGES[name]) if role is not Role.TILL]


@pytest.mark.parametrize(("number", "name"), list(enumerate(PAGES)), ids=PAGES)
def test_another_associations_session_opens_nothing(town: Town, number: int, name: str) -> None:
    """Whose session it is, is asked before what its holder may do: one role a page, in turn."""
    strangers = strangers_at(name)
    sent_to_the_entrance(town, name, [strangers[number % len(strangers)]])


@pytest.mark.nightly
@pytest.mark.parametrize("name", PAGES)
def test_another_associations_sessions_open_nothing(town: Town, name: str) -> None:
    sent_to_the_entrance(town, name, strangers_at(name))


@pytest.mark.parametrize(
    "name",
    [
        n
        for n, p in PAGES.items()
        if p.door is CONSOLE and re.search(r"\{(member_id|activity_id)\}", p.path)
    ],
)
def test_a_reviewer_of_one_branch_sees_nothing_of_another(town: Town, name: str) -> None:
    page = PAGES[name]
    assert page.allows is not None
    if TABLE[page.allows].get(Role.REVIEWER) is not Scope.AREA:
        return
    browser = town.house.browser()
    limited = Grant(role=Role.REVIEWER, level=Level.BRANCH, place="第一支部")
    browser.http.cookies.set("points", town.token(Role.REVIEWER, "sun", HERE, limited))
    assert town.ask(page, browser).status_code == 404


@pytest.mark.parametrize("door", [CONSOLE, PHONE, COUNTER], ids=lambda door: door.name)
def test_every_page_has_a_way_out_and_an_end(town: Town, door: Door) -> None:
    seen = 0
    for page in PAGES.values():
        if page.door is not door or page.method != "GET" or page.allows is None:
            continue
        role = next(each for each in roles_at(page) if each in TABLE[page.allows])
        answer = town.ask(page, town.browser(role))
        if answer.headers["content-type"].startswith("text/html") and answer.status_code == 200:
            assert f'action="{door.home}/log-out"' in answer.text, page.path
            assert f'data-idle-seconds="{door.idle.total_seconds():.0f}"' in answer.text, page.path
            seen += 1
    assert seen >= 2
    assert "/log-out" not in town.house.browser().get(door.entrance).text


def test_every_page_says_what_it_is_for() -> None:
    without = {page.path for page in WEB_ROUTES if page.allows is None}
    assert without == {
        "/console/log-in",
        "/console/set-up",
        "/console/set-up/activate",
        "/m/log-in",
        "/m/log-in/code",
        "/counter/log-in",
        "/counter/key",
        "/counter/set-up",
    }
    assert all(isinstance(page.allows, Action) for page in PAGES.values())


def test_a_page_that_asked_for_something_else_would_be_caught(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = PAGES["GET /console/staff"]
    monkeypatch.setattr(page, "allows", Action.OWN_ACCOUNT)
    assert town.ask(page, town.browser(Role.OFFICER, "other")).status_code == 200
    assert OWN
