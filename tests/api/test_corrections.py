"""Over HTTP: a version for the past, from the preview to its reversal, by two people."""

from collections.abc import Iterator
from typing import Any

import pytest

from points.flows import correcting
from points.flows.posting_corrections import post_due
from points.identity.roles import Grant, Role
from tests.api.served import HERE, Served, problem, served
from tests.flows.corrections import replacing
from tests.flows.drafts import Town, cases, rules
from tests.flows.test_corrections import worked
from tests.flows.test_rescore import standing
from tests.people import sign_in

ALL = "/v1/corrections"


class Office:
    """A served town with a draft that reaches back."""

    def __init__(self, here: Served) -> None:
        self.here = here
        self.town = Town(engine=here.installation.engine, clock=here.clock, association=HERE)
        self.member = self.town.person()
        self.activity = worked(self.town, self.member)
        self.draft = replacing(self.town, rules(9, "2026-01-01", points=10), cases=cases(10))
        engine = here.installation.engine
        self.tokens = {
            role: sign_in(engine, HERE, f"ms-{role.value}", (Grant(role=role),))
            for role in (Role.OFFICER, Role.APPROVER)
        }

    def ask(self, role: Role, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        if method == "POST":
            headers["Idempotency-Key"] = self.here.next()
        return self.here.http.request(method, path, json=body, headers=headers)


@pytest.fixture
def office(database_url: str) -> Iterator[Office]:
    with served(database_url) as here:
        yield Office(here)


def test_from_preview_to_reversal(office: Office) -> None:
    officer, approver = Role.OFFICER, Role.APPROVER
    seen = office.ask(officer, "POST", f"{ALL}:preview", {"draft_id": office.draft}).json()
    assert seen["totals"]["party.wallet"]["down"] == 10
    assert seen["first_lines"][0]["member_id"] == office.member
    wish = {"draft_id": office.draft, "note": "口径有误"}
    stale = office.ask(officer, "POST", ALL, wish | {"lines_sha256": "0" * 64})
    problem(stale, 409, "correction_outdated")
    made = office.ask(officer, "POST", ALL, wish | {"lines_sha256": seen["lines_sha256"]}).json()
    one = f"{ALL}/{made['correction_id']}"
    lines = office.ask(officer, "GET", f"{one}/lines?limit=1").json()
    more = office.ask(officer, "GET", f"{one}/lines?limit=1&cursor={lines['next']}").json()
    assert lines["items"][0] != more["items"][0]
    assert office.ask(officer, "GET", f"{one}/lines.csv").content.startswith(b"\xef\xbb\xbf")
    assert office.ask(officer, "GET", f"{one}/lines.xlsx").content.startswith(b"PK")
    assert office.ask(approver, "POST", f"{one}:approve", {}).json()["state"] == "approved"
    post_due(office.here.installation.engine, HERE)
    assert standing(office.town, office.activity) == 10
    shown = office.ask(approver, "GET", one).json()
    assert (shown["state"], shown["progress"]["posted"]) == ("done", 1)
    [posted] = office.ask(approver, "GET", f"{one}/postings?result=posted").json()["items"]
    assert (posted["member_id"], posted["result"]) == (office.member, "posted")
    back = office.ask(officer, "POST", f"{one}:reverse", {"note": "依据已撤回"}).json()
    opposite = f"{ALL}/{back['correction_id']}"
    assert office.ask(officer, "POST", f"{opposite}:withdraw", {}).json()["state"] == "withdrawn"
    listed = office.ask(officer, "GET", f"{ALL}?state=withdrawn").json()["items"]
    assert [each["correction_id"] for each in listed] == [back["correction_id"]]


def test_one_is_rejected_and_a_wish_says_one_thing(office: Office) -> None:
    made = office.ask(Role.OFFICER, "POST", ALL, {"draft_id": office.draft, "note": "n"}).json()
    one = f"{ALL}/{made['correction_id']}"
    assert office.ask(Role.APPROVER, "POST", f"{one}:reject", {"reason": "不对"}).json() == {
        "correction_id": made["correction_id"],
        "state": "rejected",
    }
    both = {"draft_id": office.draft, "programme": "party"}
    assert office.ask(Role.OFFICER, "POST", f"{ALL}:preview", both).status_code == 422
    period = {"starts": "2026-01-01T00:00:00+08:00", "ends": "2026-02-01T00:00:00+08:00"}
    catching_up = {"programme": "party", **period, "note": "补正"}
    nothing = office.ask(Role.OFFICER, "POST", ALL, catching_up)
    problem(nothing, 409, "correction_changes_nothing")


def test_what_nobody_waits_for_is_left_to_the_command_line(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(correcting, "ACTIVITIES_MAX", 0)
    asked = office.ask(Role.OFFICER, "POST", f"{ALL}:preview", {"draft_id": office.draft})
    problem(asked, 409, "correction_too_long")
