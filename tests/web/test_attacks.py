"""What somebody tries who knows the pages: sessions that live on, odd input, what is not theirs."""

from collections.abc import Iterator

import pytest

from points.catalogue.errors import GateClosed
from points.engine import Outcome
from points.flows.counter import Desk
from points.flows.neutral import NotNow
from points.identity.roles import Grant, Role
from points.kernel.ids import OperationId
from tests.api.market import open_market
from tests.api.test_civic import claim
from tests.web.browsing import House, browsing
from tests.web.test_journeys import as_member, as_till, person

OFFICER = Grant(role=Role.OFFICER)


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        open_market(here.served)
        yield here


def test_a_clerk_who_logs_out_leaves_no_session_behind(house: House) -> None:
    clerk = as_till(house)
    token = clerk.http.cookies["points-counter"]
    left = clerk.send(clerk.read("/counter"), "/log-out")
    assert left.headers["location"] == "/counter/log-in?done=logged_out"
    clerk.http.cookies.set("points-counter", token)
    assert clerk.get("/counter").headers["location"] == "/counter/log-in"


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "2026-02-30", "x"])
def test_a_day_that_no_calendar_has_is_said_beside_the_field(house: House, day: str) -> None:
    officer = house.staff("he", OFFICER)
    answer = officer.send(
        officer.read("/console/proposals/grant"),
        "/grant",
        member_id=house.served.person(),
        measure="party.wallet",
        points="1",
        code_of_reason="goodwill",
        reason="补发",
        expires_on=day,
    )
    assert answer.status_code == 422


def test_a_clerk_reads_nothing_that_is_not_the_counters_business(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk = as_till(house)
    closed = GateClosed(gate="doctor_referral")
    refused = Outcome(operation_id=OperationId("x"), result={}, refusal=closed)
    for name in ("authorise", "capture"):
        monkeypatch.setattr(Desk, name, lambda *_, **__: refused)
    checked = Outcome(
        operation_id=OperationId("x"), result={"authorisation_id": "x", "kind": "item"}
    )
    monkeypatch.setattr(Desk, "answered", lambda *_: checked)
    page = clerk.read("/counter")
    for answer in (
        clerk.send(page, "/check", code="TKX1-TC24-9Y1Q-D"),
        clerk.post("/counter/capture", {**page.form("/check").fields, "checked": "x"}),
    ):
        assert answer.status_code == 409
        assert NotNow.zh in answer.text
        assert closed.text("zh") not in answer.text


def test_what_is_not_on_the_list_is_answered_as_unknown(house: House) -> None:
    filed = claim(house.served, house.served.person()).json()["activity_id"]
    member = as_member(house, person(house)[1])
    mark = member.read("/m/me").form("/log-out").fields
    for activity in (filed, "01J9ZZZZZZZZZZZZZZZZZZZZZZ"):
        path = f"/m/publicity/{activity}"
        assert member.get(path).status_code == 404
        assert member.post(path, mark).status_code == 404
        assert member.post(path, {**mark, "reason": "不属实"}).status_code == 404
