"""The audit trail over HTTP, and what the gate puts on it."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future
from typing import Any

import pytest

from points.api import refusals as module
from points.api.refusals import Refusals, Refused
from points.audit.model import Origin
from points.client import Client
from points.engine import Outcome
from points.flows.amend import Amend
from points.flows.authenticate import authenticate
from points.identity.keys import fresh_secret
from points.identity.roles import Grant, Kind, Role
from points.kernel.errors import Unavailable
from points.kernel.ids import Actor
from points.members.model import MemberKind, Profile
from tests.api.served import HERE, THERE, Served, problem, served
from tests.client.live import live


@pytest.fixture
def api(sqlite_url: str) -> Iterator[Served]:
    with served(sqlite_url) as here:
        yield here


def listed(api: Served, query: str = "") -> list[dict[str, Any]]:
    answer = api.ask("GET", f"/v1/audit{query}", api.key(Kind.STAFF, "auditor"))
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def noted(api: Served, query: str) -> list[dict[str, Any]]:
    """Return what stands there once everything is noted that nobody waits for."""
    api.person()  # it is answered after what stood in line before it
    return listed(api, query)


def test_who_what_when_and_from_where(both: Served) -> None:
    member = both.person(branch="B1")
    body = {"member_id": member, "programme": "party", "reason": "核实中", "notice": "申诉请到支部"}
    both.staff("POST", "/v1/freezes", json=body, user_agent="console/1")
    event = listed(both, f"?subject={member}&action=freeze")[0]
    assert (event["actor"], event["action"], event["outcome"]) == ("staff:li", "freeze", "done")
    assert (event["channel"], event["device"]) == ("api", "console/1")
    assert event["session"] in both.key(Kind.STAFF, "li")
    assert event["document"]["reason"] == "核实中"
    assert event["document"]["after"] == {"frozen": True, "programme": "party"}
    again = both.ask("GET", f"/v1/audit/{event['sequence']}", both.key(Kind.STAFF, "auditor"))
    assert again.json() == event


def test_pages_hang_together(api: Served) -> None:
    for _ in range(5):
        api.person()
    key, seen, cursor = api.key(Kind.STAFF, "auditor"), [], ""
    while True:
        answer = api.ask("GET", f"/v1/audit?action=enrol&limit=2{cursor}", key).json()
        seen += [each["sequence"] for each in answer["items"]]
        if "next" not in answer:
            break
        cursor = f"&cursor={answer['next']}"
    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)


def test_what_is_not_there(api: Served) -> None:
    key = api.key(Kind.STAFF, "auditor")
    for sequence in ("0", "999999", "x", "9" * 40):
        problem(api.ask("GET", f"/v1/audit/{sequence}", key), 404, "not_found")
    problem(api.ask("GET", "/v1/audit?outcome=maybe", key), 422, "content_invalid")
    problem(api.ask("GET", "/v1/audit?cursor=MTp4", key), 422, "cursor_invalid")


def test_unknown_values_before_a_change_are_said(api: Served) -> None:
    """What was unknown is null, and is not left out of the document that was hashed."""
    member = api.person()
    profile = Profile(kind=MemberKind.RIDER, branch="B1", party_member=True)
    named = {"association_id": HERE, "operation_id": "staff:li:a", "actor": "staff:li"}
    api.submit(Amend(**named, member_id=member, profile=profile))
    [event] = listed(api, "?action=amend")
    assert event["document"]["before"] == {"branch": None}
    assert event["document"]["after"] == {"branch": "B1"}


def test_the_chain_is_proved_and_anchored(api: Served) -> None:
    api.person()
    key = api.key(Kind.STAFF, "auditor")
    proof = api.ask("POST", "/v1/audit:verify", key, json={}).json()
    assert proof["ok"]
    anchor = {"sequence": proof["sequence"], "hash": proof["hash"]}
    assert api.ask("POST", "/v1/audit:verify", key, json={"anchor": anchor}).json()["ok"]
    wrong = anchor | {"hash": "0" * 64}
    answer = api.ask("POST", "/v1/audit:verify", key, json={"anchor": wrong}).json()
    assert not answer["ok"]
    assert answer["first_difference"]["check"] == "audit_anchor_is_held"


def test_the_client_asks(api: Served) -> None:
    member = api.person()
    with live(api) as server, Client(server.url, api.key(Kind.STAFF, "auditor")) as client:
        [event] = client.audit(subject=member, limit=1).items
        assert client.audit_event(event.sequence) == event
        proof = client.verify_audit()
        assert proof.ok
        assert client.verify_audit(sequence=event.sequence, hash=event.hash).ok
        assert not client.verify_audit(sequence=event.sequence, hash="0" * 64).ok


def test_a_reviewer_who_reaches_too_far_is_noted_once_a_minute(api: Served) -> None:
    reviewer = api.key(Kind.STAFF, "sun", grants=REVIEWER)
    for _ in range(20):
        problem(api.ask("GET", "/v1/audit", reviewer), 403, "forbidden")
    problem(
        api.ask("POST", "/v1/keys", reviewer, json={"roles": ["source"], "subject": "x"}),
        403,
        "forbidden",
    )
    found = noted(api, "?actor=staff:sun")
    assert [(each["action"], each["code"], each["outcome"]) for each in found] == [
        ("manage_keys", "forbidden", "refused"),
        ("read_audit", "forbidden", "refused"),
    ]


def test_members_who_reach_too_far_are_not(api: Served) -> None:
    problem(api.ask("GET", "/v1/audit", api.key(Kind.MEMBER, api.person())), 403, "forbidden")
    assert noted(api, "?outcome=refused") == []


def test_a_known_key_that_is_presented_in_vain(api: Served) -> None:
    spelled = api.key(Kind.SOURCE, "grid")
    key_id = spelled.split("_")[3]
    wrong = spelled[: -len(fresh_secret())] + fresh_secret()
    for _ in range(3):
        problem(api.ask("GET", "/v1/me", wrong), 401, "unauthenticated")
    assert api.staff("DELETE", f"/v1/keys/{key_id}").status_code == 200
    problem(api.ask("GET", "/v1/me", spelled), 401, "unauthenticated")
    unknown = spelled.replace(key_id, "0" * 26)
    problem(api.ask("GET", "/v1/me", unknown), 401, "unauthenticated")
    problem(api.ask("GET", "/v1/me", "nonsense"), 401, "unauthenticated")
    found = noted(api, "?action=present_key")
    assert [(each["code"], each["subject"]) for each in found] == [
        ("key_revoked", key_id),
        ("key_wrong", key_id),
    ]
    assert authenticate(api.installation.engine, wrong) is None
    assert wrong[-43:] not in str(found)


REVIEWER = (Grant(role=Role.REVIEWER),)
REFUSED = Refused(
    association_id=HERE, actor=Actor("staff:li"), action="freeze", subject="K", code="forbidden"
)


def test_what_follows_within_the_minute_is_counted(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WINDOW_SECONDS", 0.05)

    async def flood() -> None:
        refusals = Refusals(api.installation)
        for _ in range(1000):
            refusals.note(REFUSED, Origin())
        await asyncio.sleep(0.1)
        refusals.note(REFUSED, Origin())
        await asyncio.sleep(0.1)

    asyncio.run(flood())
    api.person()
    found = listed(api, "?action=freeze")
    assert [each["document"]["detail"]["times"] for each in found] == [1, 999, 1]


def test_too_many_different_refusals_are_left_to_the_log(
    api: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "KEPT_MAX", 0)
    api.ask("GET", "/v1/audit", api.key(Kind.STAFF, "sun", grants=REVIEWER))
    assert "too many different refusals" in caplog.text
    assert noted(api, "?outcome=refused") == []


@pytest.mark.parametrize("late", [False, True])
def test_a_refusal_that_cannot_be_noted_is_a_refusal_all_the_same(
    api: Served, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, late: bool
) -> None:
    key = api.key(Kind.STAFF, "sun", grants=REVIEWER)

    def broken(*_: Any) -> Future[Outcome]:
        if not late:
            raise Unavailable("closing")
        answer: Future[Outcome] = Future()
        answer.set_exception(Unavailable("gone"))
        return answer

    monkeypatch.setattr(api.installation.engine, "enqueue", broken)
    problem(api.ask("GET", "/v1/audit", key), 403, "forbidden")
    assert "could not be noted" in caplog.text


def test_associations_have_trails_of_their_own(api: Served) -> None:
    member = api.person()
    api.key(Kind.SOURCE, "grid", association=THERE)
    key = api.key(Kind.STAFF, "auditor", association=THERE)
    there = api.ask("GET", "/v1/audit", key).json()["items"]
    assert {each["action"] for each in there} == {"issue_key"}
    assert member not in str(there)
