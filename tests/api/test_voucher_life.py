"""Over HTTP: a code is replaced and shown once, vouchers are passed on or given to many."""

from collections.abc import Iterator
from typing import Any

import pytest

from points.flows.handing_out import hand_out_due
from points.identity.roles import Grant, Role
from tests.api.market import capture, give, open_market, redeem, voucher
from tests.api.served import HERE, Served, problem, served
from tests.people import sign_in


class Office:
    """A served market with people of staff."""

    def __init__(self, here: Served) -> None:
        self.here = here
        self.tokens = {
            role: sign_in(here.installation.engine, HERE, f"ms-{role.value}", (Grant(role=role),))
            for role in (Role.OFFICER, Role.APPROVER)
        }

    def ask(self, role: Role, method: str, path: str, body: Any = None) -> Any:
        headers = {"Authorization": f"Bearer {self.tokens[role]}"}
        if method == "POST":
            headers["Idempotency-Key"] = self.here.next()
        return self.here.http.request(method, path, json=body, headers=headers)


@pytest.fixture(scope="module")
def office(module_sqlite_url: str) -> Iterator[Office]:
    with served(module_sqlite_url) as here:
        open_market(here)
        yield Office(here)


def test_a_code_is_replaced_and_shown_to_its_owner_this_once(office: Office) -> None:
    here = office.here
    drawn = voucher(here)
    member, path = drawn["member_id"], f"/v1/vouchers/{drawn['voucher_id']}"
    made = here.member(member, "POST", f"{path}:reissue", json={}, idempotency_key="n-1").json()
    again = here.member(member, "POST", f"{path}:reissue", json={}, idempotency_key="n-1").json()
    assert made == again
    assert (made["issue_no"], made["codes"]["code"][10:14]) != (1, "")
    shown = here.member(member, "GET", path).json()
    assert "codes" not in shown
    assert (shown["last4"], shown["issue_no"]) == (made["last4"], 2)
    problem(capture(here, drawn["codes"]["code"], "o-1", amount_fen=100), 404, "voucher_unknown")
    assert capture(here, made["codes"]["code"], "o-2", amount_fen=100).status_code in {200, 201}
    # Staff replace it for who lost the phone, and see no code.
    by_staff = office.ask(Role.OFFICER, "POST", f"{path}:reissue", {"reason": "手机丢失"}).json()
    assert (by_staff["issue_no"], by_staff.get("codes")) == (3, None)
    problem(office.ask(Role.OFFICER, "POST", f"{path}:reissue", {}), 422, "reason_needed")
    events = office.ask(Role.OFFICER, "GET", f"{path}/events?limit=2").json()
    more = office.ask(Role.OFFICER, "GET", f"{path}/events?cursor={events['next']}").json()
    kinds = [each["kind"] for each in (*events["items"], *more["items"])]
    assert kinds == ["reissued", "captured", "reissued"]
    own = here.member(member, "GET", f"{path}/events").json()["items"]
    assert own[-1].get("actor") is None
    found = office.ask(Role.OFFICER, "GET", f"/v1/vouchers?last4={by_staff['last4']}").json()
    assert drawn["voucher_id"] in {each["voucher_id"] for each in found["items"]}
    problem(here.member(member, "GET", f"/v1/vouchers?last4={made['last4']}"), 403, "forbidden")


def test_a_voucher_is_offered_and_accepted(office: Office) -> None:
    here = office.here
    owner, friend = here.person(), here.person()
    give(here, owner, 1000)
    drawn = redeem(here, owner, "C11").json()
    path = f"/v1/vouchers/{drawn['voucher_id']}"
    for answer, step in (("decline", "declined"), ("accept", "accepted")):
        offer = here.member(owner, "POST", f"{path}:offer", json={"member_id": friend}).json()
        [seen] = here.member(friend, "GET", "/v1/voucher-offers").json()["items"]
        assert (seen["offer_id"], seen["reward_id"]) == (offer["offer_id"], "C11")
        one = f"/v1/voucher-offers/{offer['offer_id']}"
        problem(here.member(here.person(), "POST", f"{one}:{answer}", json={}), 404, "not_found")
        done = here.member(friend, "POST", f"{one}:{answer}", json={}).json()
        assert done["step"] == step
    problem(here.member(owner, "GET", path), 404, "not_found")
    assert here.member(friend, "GET", path).json()["passed_on"] is True
    moved = {"member_id": owner, "reason": "登记错人"}
    back = office.ask(Role.OFFICER, "POST", f"{path}:reassign", moved).json()
    assert (back["member_id"], back["issue_no"]) == (owner, 3)
    offer = here.member(owner, "POST", f"{path}:offer", json={"member_id": friend})
    problem(offer, 409, "not_transferable")


def test_an_offer_is_taken_back(office: Office) -> None:
    here = office.here
    owner, friend = here.person(), here.person()
    give(here, owner, 1000)
    path = f"/v1/vouchers/{redeem(here, owner, 'C11').json()['voucher_id']}"
    offer = here.member(owner, "POST", f"{path}:offer", json={"member_id": friend}).json()
    one = f"/v1/voucher-offers/{offer['offer_id']}"
    assert here.member(owner, "POST", f"{one}:withdraw", json={}).json()["step"] == "withdrawn"
    problem(here.member(friend, "POST", f"{one}:accept", json={}), 404, "not_found")


def test_a_handout_that_waits_says_for_what_and_until_when(office: Office) -> None:
    here, officer, approver = office.here, Role.OFFICER, Role.APPROVER
    body = {"reward_id": "C06", "programme": "health", "note": "慰问"}
    people = [here.person() for _ in range(11)]
    made = office.ask(officer, "POST", "/v1/handouts", body | {"members": people}).json()
    one = f"/v1/handouts/{made['handout_id']}"
    office.ask(approver, "POST", f"{one}:approve", {})
    assert office.ask(officer, "GET", one).json().get("waits") is None
    assert hand_out_due(here.installation.engine, HERE) == 10
    waits = office.ask(officer, "GET", one).json()["waits"]
    assert waits == {"window": "day", "most": 10, "until": "2026-03-02T16:00:00Z"}


def test_a_handout_from_its_list_to_its_files(office: Office) -> None:
    here, officer, approver = office.here, Role.OFFICER, Role.APPROVER
    people = [here.person() for _ in range(3)]
    body = {"reward_id": "C07", "programme": "health", "note": "高温慰问", "mode": "paper"}
    both = office.ask(officer, "POST", "/v1/handouts", body | {"members": [], "where": "true"})
    assert both.status_code == 422
    unknown = office.ask(officer, "POST", "/v1/handouts", body | {"members": ["13900000000"]})
    problem(unknown, 422, "members_unknown")
    made = office.ask(officer, "POST", "/v1/handouts", body | {"members": people}).json()
    one = f"/v1/handouts/{made['handout_id']}"
    assert made["reserved_fen"] == 3 * 1600
    problem(office.ask(officer, "POST", f"{one}:approve", {}), 403, "forbidden")
    assert office.ask(approver, "POST", f"{one}:approve", {}).json()["state"] == "approved"
    problem(office.ask(officer, "POST", f"{one}:print", {}), 409, "not_on_paper")
    assert hand_out_due(here.installation.engine, HERE) == 3
    shown = office.ask(officer, "GET", one).json()
    assert (shown["state"], shown["reconciliation"]["adds_up"]) == ("done", True)
    assert shown["reconciliation"]["issued"] == 3
    listed = office.ask(officer, "GET", "/v1/handouts?state=done").json()["items"]
    assert [each["left"] for each in listed] == [0]
    page = office.ask(officer, "GET", f"{one}/results?limit=2&result=issued").json()
    assert len(page["items"]) == 2
    csv = office.ask(officer, "GET", f"{one}/results.csv").content
    assert all(person.encode() in csv for person in people)
    assert office.ask(officer, "GET", f"{one}/results.xlsx").content.startswith(b"PK")
    sheet = office.ask(officer, "POST", f"{one}:print", {})
    assert sheet.content.startswith(b"PK")
    assert sheet.headers["cache-control"] == "no-store"
    problem(office.ask(officer, "POST", f"{one}:print", {}), 409, "printed_before")
    for step in ("reject", "withdraw"):
        wish = body | {"where": "true"}
        other = office.ask(officer, "POST", "/v1/handouts", wish).json()["handout_id"]
        who = approver if step == "reject" else officer
        path = f"/v1/handouts/{other}:{step}"
        said = {"reason": "n"} if step == "reject" else {}
        assert office.ask(who, "POST", path, said).json()["state"].startswith(step)
