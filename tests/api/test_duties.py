"""Two people over HTTP: proposals, relations, sheets as a whole, reviewers' figures."""

import ast
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from points.flows.record import Record
from points.identity.roles import Grant, Kind, Role
from points.kernel.ids import MemberId
from tests.api.market import named
from tests.api.served import HERE, Served, problem
from tests.flows.town import Town
from tests.people import sign_in

Ask = Callable[..., Any]


@pytest.fixture
def ask(both: Served) -> Ask:
    """Ask as a person of staff who logged in, and proved the second factor just now."""

    def asking(
        name: str, roles: str, method: str, path: str, *, proved: bool = True, **more: Any
    ) -> Any:
        grants = tuple(Grant(role=Role(role)) for role in roles.split())
        engine = both.installation.engine
        token = sign_in(engine, HERE, name, grants, verified_at=proved)
        return both.ask(method, path, token, **more)

    return asking


def wish(member_id: str, **other: Any) -> dict[str, Any]:
    return {
        "kind": "grant",
        "member_id": member_id,
        "measure": "party.wallet",
        "points": 50,
        "reason": "hardship_grant",
        "note": "住院，家庭困难",
    } | other


def test_a_proposal_goes_from_one_person_to_another(both: Served, ask: Ask) -> None:
    member = both.person()
    made = ask("he", "officer", "POST", "/v1/proposals", json=wish(member))
    assert made.status_code == 201, made.text
    name = made.json()["proposal_id"]
    shown = ask("audit", "auditor", "GET", f"/v1/proposals/{name}").json()
    assert (shown["state"], shown["proposed_by"], shown["points"]) == ("proposed", "staff:he", 50)
    listed = ask("chen", "approver", "GET", "/v1/proposals?limit=1").json()
    assert [each["proposal_id"] for each in listed["items"]] == [name]
    path = f"/v1/proposals/{name}:approve"
    problem(ask("he", "officer approver", "POST", path, json={}), 403, "own_proposal")
    problem(ask("he", "officer", "POST", path, json={}), 403, "forbidden")
    myself = {"member_id": member, "kind": "self"}
    ask("same", "approver", "POST", "/v1/me/relations", json=myself)
    problem(ask("same", "approver", "POST", path, json={}), 403, "involved")
    unproved = ask("chen", "approver", "POST", path, json={}, proved=False)
    problem(unproved, 401, "second_factor_needed")
    done = ask("chen", "approver", "POST", path, json={}, idempotency_key="once")
    assert done.json()["state"] == "approved", done.text
    again = ask("chen", "approver", "POST", path, json={}, idempotency_key="once")
    assert again.headers["Idempotent-Replayed"] == "true"
    problem(ask("sun", "approver", "POST", path, json={}), 409, "proposal_decided")
    [wallet] = [
        each
        for each in both.staff("GET", f"/v1/members/{member}/balances").json()["balances"]
        if each["measure"] == "party.wallet"
    ]
    assert wallet["available"] == 50
    shown = ask("he", "officer", "GET", f"/v1/proposals/{name}").json()
    assert (shown["state"], shown["decided_by"]) == ("approved", "staff:chen")


def test_a_proposal_is_rejected_or_withdrawn(both: Served, ask: Ask) -> None:
    member = both.person()
    first, second = (
        ask("he", "officer", "POST", "/v1/proposals", json=wish(member)).json()["proposal_id"]
        for _ in range(2)
    )
    path = f"/v1/proposals/{first}:reject"
    problem(ask("chen", "approver", "POST", path, json={}), 422, "reason_needed")
    answer = ask("chen", "approver", "POST", path, json={"reason": "不符合条件"})
    assert answer.json()["state"] == "rejected"
    path = f"/v1/proposals/{second}:withdraw"
    problem(ask("luo", "officer", "POST", path, json={}), 403, "not_proposer")
    assert ask("he", "officer", "POST", path, json={}).json()["state"] == "withdrawn"
    listed = ask("he", "officer", "GET", "/v1/proposals?state=withdrawn").json()["items"]
    assert second in [each["proposal_id"] for each in listed]
    unknown = f"/v1/proposals/{'0' * 26}:approve"
    problem(ask("chen", "approver", "POST", unknown, json={}), 404, "not_found")


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "reverse"},
        {"activity_id": "x"},
        {"points": None},
        {"points": 0},
        {"points": True},
        {"measure": "party.gold"},
    ],
)
def test_a_proposal_says_one_thing(both: Served, ask: Ask, other: dict[str, Any]) -> None:
    answer = ask("he", "officer", "POST", "/v1/proposals", json=wish(both.person(), **other))
    problem(answer, 422, "content_invalid")


def test_an_activitys_points_are_taken_back(both: Served, ask: Ask) -> None:
    body = {"kind": "reverse", "activity_id": "0" * 26, "reason": "error", "note": "重复"}
    problem(ask("he", "officer", "POST", "/v1/proposals", json=body), 404, "not_found")
    dated = body | {"expires_at": both.clock.now().isoformat()}
    problem(ask("he", "officer", "POST", "/v1/proposals", json=dated), 422, "content_invalid")


def test_an_activity_is_set_right(both: Served, ask: Ask) -> None:
    town = Town(engine=both.installation.engine, clock=both.clock, association=HERE)
    activity = str(town.done(town.shift(town.person(), hours="3"))["activity_id"])
    town.approve(activity, "staff:zhou")
    town.score(activity)
    body = {
        "kind": "correct",
        "activity_id": activity,
        "right": {"fields": {"hours": "1.5"}},
        "reason": "misrecorded",
        "note": "签到表抄错",
    }
    for bad in ({"right": None}, {"activity_id": None}, {"kind": "reverse"}, {"right": {"x": 1}}):
        answer = ask("he", "officer", "POST", "/v1/proposals", json=body | bad)
        problem(answer, 422, "content_invalid")
    nobody = body | {"activity_id": "0" * 26}
    problem(ask("he", "officer", "POST", "/v1/proposals", json=nobody), 404, "not_found")
    same = body | {"right": {}}
    answer = ask("he", "officer", "POST", "/v1/proposals", json=same)
    assert answer.json()["code"] == "correction_changes_nothing"
    made = ask("he", "officer", "POST", "/v1/proposals", json=body)
    assert made.status_code == 201, made.text
    path = f"/v1/proposals/{made.json()['proposal_id']}"
    shown = ask("chen", "approver", "GET", path).json()
    assert (shown["kind"], shown["activity_id"]) == ("correct", activity)
    assert shown["right"]["type"] == "volunteer.shift"
    assert shown["right"]["fields"] == {"hours": "1.5", "verified": True}
    problem(ask("he", "officer approver", "POST", f"{path}:approve", json={}), 403, "own_proposal")
    done = ask("chen", "approver", "POST", f"{path}:approve", json={}).json()
    assert town.filed(done["activity_id"]).activity.supersedes == activity
    assert town.state(activity) == "reversed"


def test_a_key_of_a_machine_proposes_nothing(both: Served) -> None:
    officer = (Grant(role=Role.OFFICER),)
    key = both.key(Kind.STAFF, "machine", grants=officer, actions=frozenset({"propose"}))
    answer = both.ask("POST", "/v1/proposals", key, json=wish(both.person()))
    problem(answer, 403, "person_needed")


def test_relations_are_declared_and_bind(both: Served, ask: Ask) -> None:
    member = both.person()
    body = {"member_id": member, "kind": "spouse"}
    made = ask("kin", "approver", "POST", "/v1/me/relations", json=body)
    assert made.status_code == 201, made.text
    own = ask("kin", "approver", "GET", "/v1/me/relations").json()["items"]
    assert [each["member_id"] for each in own] == [member]
    assert ask("he", "officer", "GET", "/v1/me/relations").json()["items"] == []
    name = ask("he", "officer", "POST", "/v1/proposals", json=wish(member)).json()["proposal_id"]
    path = f"/v1/proposals/{name}:approve"
    problem(ask("kin", "approver", "POST", path, json={}), 403, "involved")
    ended = "/v1/staff/kin/relations:withdraw"
    only = {"member_id": member}
    problem(ask("kin", "admin", "POST", ended, json=only), 403, "own_relation")
    assert not ask("root", "admin", "POST", ended, json=only).json()["active"]
    seen = ask("audit", "auditor", "GET", "/v1/staff/kin/relations").json()
    assert [each["step"] for each in seen["steps"]] == ["declared", "withdrawn"]
    problem(ask("he", "officer", "GET", "/v1/staff/kin/relations"), 403, "forbidden")


def test_a_sheet_is_looked_at_and_approved_page_by_page(both: Served, ask: Ask) -> None:
    batch, member = f"sheet-{both.next()}", MemberId(both.person())
    for number in range(3):
        both.submit(
            Record(
                **named(both, type="volunteer.shift", source="roster", actor="staff:desk"),
                external_id=f"{batch}-{number}",
                member_id=member,
                occurred_at=both.clock.now() - timedelta(days=number + 1),
                fields={"hours": "1", "verified": True},
                batch_id=batch,
            )
        )
    path = f"/v1/batches/{batch}"
    shown = ask("wang", "reviewer", "GET", path).json()
    assert (shown["claims"], shown["worth"], shown["states"]) == (3, 30, {"submitted": 3})
    unseen = ask("wang", "reviewer", "POST", f"{path}:approve", json={"seen": "blind"})
    problem(unseen, 409, "batch_unseen")
    page = {"seen": shown["seen"], "limit": 2}
    first = ask("wang", "reviewer", "POST", f"{path}:approve", json=page).json()
    assert (first["approved"], first["refused"]) == (2, 0)
    rest = page | {"cursor": first["next"]}
    last = ask("wang", "reviewer", "POST", f"{path}:approve", json=rest).json()
    assert (last["approved"], last.get("next")) == (1, None)
    again = ask("wang", "reviewer", "POST", f"{path}:approve", json=page).json()
    assert [each["refused"]["code"] for each in again["items"]] == ["same_person"] * 2
    desk = ask("desk", "reviewer", "POST", f"{path}:approve", json=page).json()
    assert [each["refused"]["code"] for each in desk["items"]] == ["own_claim"] * 2
    second = ask("zhao", "reviewer", "POST", f"{path}:approve", json={"seen": shown["seen"]}).json()
    assert [each["state"] for each in second["items"]] == ["approved"] * 3
    since = (both.clock.now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    until = (both.clock.now() + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    report = ask("audit", "auditor", "GET", f"/v1/duties/report?since={since}&until={until}").json()
    [wang] = [each for each in report["items"] if each["reviewer"] == "staff:wang"]
    assert (wang["approved"], wang["points"], wang["gap_seconds_median"]) == (3, 30, 0)
    backwards = f"/v1/duties/report?since={until}&until={since}"
    problem(ask("audit", "auditor", "GET", backwards), 422, "content_invalid")


def test_no_channel_grants_or_reverses_alone() -> None:
    """Points outside the rules come from proposals; reversals from them or an upheld objection."""
    root = Path(__file__).parents[2] / "points"
    users = {
        str(file.relative_to(root))
        for file in root.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom)
        and (
            node.module in {"points.flows.grant", "points.flows.reverse", "points.flows.supersede"}
            or (
                node.module == "points.flows"
                and {"grant", "reverse", "supersede"} & {a.name for a in node.names}
            )
        )
    }
    assert users == {
        "cli/bench/market.py",
        "cli/bench/postings.py",
        "cli/bench/ways.py",
        "flows/decide_proposal.py",
        "flows/set_right.py",  # asks what stands in the way, and carries nothing out
        "flows/supersede.py",
        "flows/table.py",
        "flows/work.py",
    }
