"""Over HTTP: every point accounted for by staff, why in plain words for the member, drafts tried."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from points.client import Client
from points.flows.work import work
from points.identity.roles import Grant, Kind, Level, Role
from tests.api.served import HERE, Served, problem, served
from tests.api.test_civic import shift
from tests.client.live import Live, live

PARTY = Path(__file__).parents[2] / "rules" / "party.yaml"


@pytest.fixture(scope="module")
def server(module_sqlite_url: str) -> Iterator[Live]:
    with served(module_sqlite_url) as here, live(here) as running:
        yield running


@pytest.fixture
def api(server: Live) -> Served:
    return server.here


def scored(api: Served, member: str, *, days: float = 1, **more: Any) -> str:
    """Return a shift of the member's that was fed, reviewed and scored."""
    at = (api.clock.now() - timedelta(days=days)).isoformat()
    body = shift(api, member, api.next(), occurred_at=at, **more)
    fed = api.ask("POST", "/v1/activities", api.key(Kind.SOURCE, "venue_qr"), json=body).json()
    activity = str(fed["activity_id"])
    if fed["state"] == "submitted":
        verdict = {"verdict": "approve", "level": "industry"}
        api.staff("POST", f"/v1/claims/{activity}/reviews", json=verdict)
    work(api.installation.engine, HERE)
    return activity


def test_staff_account_for_every_point(api: Served) -> None:
    member = api.person()
    activity = scored(api, member)
    found = api.staff("GET", f"/v1/activities/{activity}/examination").json()
    assert (found["basis"], found["sound"], found["comparable"]) == ("recorded", True, True)
    (party,) = found["programmes"]
    assert party["awards"] == {"P06": {"wallet": 20, "rating": 20}}
    assert {each["rule_id"] for each in party["refused"]} == {"P07"}
    assert {each["measure"] for each in party["recorded"]} == {"party.wallet", "party.rating"}
    assert party["mismatches"] == []
    assert party["trace"]["steps"][0]["caps"][1]["after"] == 20
    problem(api.staff("GET", "/v1/activities/none/examination"), 404, "not_found")


def test_whoever_reviews_a_branch_examines_that_branch_only(api: Served) -> None:
    member = api.person(branch="甲支部")
    activity = scored(api, member)
    path = f"/v1/activities/{activity}/examination"
    for branch, status in (("甲支部", 200), ("乙支部", 404)):
        grant = Grant(role=Role.REVIEWER, place=branch, level=Level.BRANCH)
        key = api.key(Kind.STAFF, f"li-{branch}", grants=(grant,))
        assert api.ask("GET", path, key).status_code == status
    assert api.member(member, "GET", path).status_code == 403
    assert api.ask("GET", path, api.key(Kind.SOURCE, "venue_qr")).status_code == 403


def test_members_ask_why_about_their_own_only(api: Served) -> None:
    member, other = api.person(), api.person()
    activity = scored(api, member, fields={"hours": "0.3", "verified": True})
    path = f"/v1/me/activities/{activity}/why"
    found = api.member(member, "GET", path).json()
    assert found["status"] == "none"
    assert found["title"] == "志愿服务班次"
    assert found["rules"][0]["reason"] == "condition"
    assert found["rules"][0]["text"] == "志愿服务：没有得分。服务时长 0.3 小时，未满 0.5 小时。"
    english = api.member(member, "GET", path, accept_language="en").json()
    assert "less than 0.5 hours" in english["rules"][0]["text"]
    problem(api.member(other, "GET", path), 404, "not_found")
    assert api.staff("GET", path).status_code == 403


def test_an_example_can_count_a_member_s_past(api: Served) -> None:
    member = api.person()
    scored(api, member, days=1)
    scored(api, member, days=1.1)
    body = {
        "programme": "party",
        "type": "volunteer.shift",
        "occurred_at": (api.clock.now() - timedelta(days=1.2)).isoformat(),
        "fields": {"hours": "2", "verified": True},
        "member": {"kind": "rider", "party_member": True},
    }

    def tried(**more: Any) -> Any:
        return api.staff("POST", "/v1/rulesets:examine", json=body | more, idempotency_key=None)

    assert tried().json()["awards"], "with nothing granted before"
    assert tried(member_id=member, member={}).json()["awards"] == [], "the day is full"
    draft = PARTY.read_text("utf-8").replace("{window: day,   max: 40", "{window: day,   max: 400")
    draft = draft.replace(
        "vol_day:         {window: day, max: 40", "vol_day: {window: day, max: 90"
    )
    by_draft = tried(member_id=member, ruleset=draft).json()
    assert by_draft["ruleset"] == "party v1"
    assert by_draft["ruleset_sha256"] != tried().json()["ruleset_sha256"]
    assert by_draft["awards"], "by the draft it is not"
    problem(tried(member_id="none"), 404, "not_found")
    refused = problem(tried(ruleset="ruleset: party"), 422, "rules_refused")
    assert refused["details"]["findings"][0]["line"] == 1
    wrong = draft.replace("ruleset: party", "ruleset: health", 1)
    problem(tried(ruleset=wrong), 422, "rules_refused")


def test_a_reviewer_of_one_branch_tries_nothing_on_others(api: Served) -> None:
    member = api.person(branch="甲支部")
    body = {
        "programme": "party",
        "type": "volunteer.shift",
        "occurred_at": api.clock.now().isoformat(),
        "fields": {"hours": "2", "verified": True},
        "member_id": member,
    }
    for branch, status in (("甲支部", 200), ("乙支部", 404)):
        grant = Grant(role=Role.REVIEWER, place=branch, level=Level.BRANCH)
        key = api.key(Kind.STAFF, f"wang-{branch}", grants=(grant,))
        done = api.ask("POST", "/v1/rulesets:examine", key, json=body, idempotency_key=None)
        assert done.status_code == status


def test_the_client_asks_for_both(server: Live) -> None:
    api = server.here
    member = api.person()
    activity = scored(api, member)
    with Client(server.url, server.key(Kind.STAFF, "li")) as staff:
        found = staff.examination(activity)
        assert found.sound
        assert found.programmes[0].recorded[0].ruleset_version == 1
        tried = staff.try_rules(
            "party",
            "volunteer.shift",
            api.clock.now() - timedelta(days=9),
            {"hours": "1", "verified": True},
            member_id=member,
        )
        assert tried.awards[0]["rule_id"] == "P06"
    with Client(server.url, server.key(Kind.MEMBER, member)) as own:
        why = own.why(activity)
        assert why.rules[0].outcome == "granted"
        assert why.sentences
