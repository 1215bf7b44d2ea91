"""Activities, claims, publicity and freezes over HTTP."""

import asyncio
import json
from datetime import timedelta
from typing import Any

import pytest

from points.api.activities import NewActivity, record_activity
from points.api.caller import Caller
from points.db.redis import Swift
from points.flows.work import work
from points.identity.model import Principal
from points.identity.policy import Action
from points.identity.roles import Grant, Kind, Level, Role
from tests.api.served import HERE, Served, problem


def shift(
    here: Served, member_id: str, number: str, *, days: int = 1, **more: Any
) -> dict[str, Any]:
    at = here.clock.now() - timedelta(days=days)
    return {
        "external_id": number,
        "type": "volunteer.shift",
        "member_id": member_id,
        "occurred_at": at.isoformat(),
        "fields": {"hours": "2", "verified": True},
    } | more


def claim(here: Served, member_id: str, *, days: int = 1, **more: Any) -> Any:
    body = shift(here, member_id, "", days=days) | more
    del body["external_id"]
    return here.member(member_id, "POST", "/v1/claims", json=body)


def feed(here: Served, body: Any, path: str = "/v1/activities", **more: Any) -> Any:
    return here.ask("POST", path, here.key(Kind.SOURCE, "venue_qr"), json=body, **more)


def test_a_source_feeds_its_own_activities(both: Served) -> None:
    member_id = both.person()
    first = feed(both, shift(both, member_id, "row-1")).json()
    again = feed(both, shift(both, member_id, "row-1")).json()
    assert (first["duplicate"], again["duplicate"]) == (False, True)
    assert first["activity_id"] == again["activity_id"]
    other = shift(both, member_id, "row-1", fields={"hours": "3", "verified": True})
    problem(feed(both, other), 409, "activity_conflict")
    seen = both.ask(
        "GET", f"/v1/activities/{first['activity_id']}", both.key(Kind.SOURCE, "venue_qr")
    )
    assert (seen.json()["source"], seen.json()["fields"]["hours"]) == ("venue_qr", "2")
    stranger = both.key(Kind.SOURCE, "other_feed")
    problem(both.ask("GET", f"/v1/activities/{first['activity_id']}", stranger), 404, "not_found")


def test_a_source_cannot_speak_for_another(api: Served) -> None:
    body = shift(api, api.person(), "row-s") | {"source": "grid_platform"}
    problem(feed(api, body), 422, "content_invalid")


def test_a_source_may_know_the_phone_only(both: Served) -> None:
    member_id = both.person()
    phone = both.member(member_id, "GET", "/v1/me").json()["member"]["phone"]
    body = shift(both, member_id, "row-p") | {"phone": phone}
    problem(feed(both, body), 422, "content_invalid")
    del body["member_id"]
    done = feed(both, body).json()
    staff = both.staff("GET", f"/v1/activities/{done['activity_id']}").json()
    assert staff["member_id"] == member_id
    unknown = feed(both, body | {"phone": "13000000000", "external_id": "row-q"})
    assert "13000000000" not in unknown.text
    problem(unknown, 404, "not_found")


def test_a_batch_answers_item_by_item(both: Served) -> None:
    one, two = both.person(), both.person()
    items = [
        shift(both, one, "b-1"),
        shift(both, two, "b-2"),
        shift(both, one, "b-1"),
        shift(both, "NOBODY", "b-3"),
        shift(both, two, "b-4", days=9, fields={"hours": "99", "verified": True}),
        shift(both, two, "b-5", days=8, type="no.such_type"),
    ]
    path = "/v1/activities:batch"
    done = feed(both, {"items": items}, path, idempotency_key="batch-1")
    assert (done.status_code, "idempotent-replayed" in done.headers) == (200, False)
    body = done.json()
    assert (body["recorded"], body["duplicates"], body["refused"]) == (2, 1, 3)
    assert [item["index"] for item in body["items"]] == list(range(6))
    codes = [item["refused"]["code"] for item in body["items"][3:]]
    assert codes == ["not_found", "activity_invalid", "activity_type_unknown"]
    again = feed(both, {"items": items}, path, idempotency_key="batch-1")
    assert again.json() == body
    assert again.headers["idempotent-replayed"] == "true"
    problem(feed(both, {"items": items[:1] * 501}, path), 422, "content_invalid")
    problem(feed(both, {"items": []}, path), 422, "content_invalid")


def test_floats_are_refused_where_decimals_count(api: Served) -> None:
    body = shift(api, api.person(), "row-f", fields={"hours": 2.5, "verified": True})
    answer = feed(api, body)
    problem(answer, 422, "content_invalid")
    assert answer.json()["faults"][0]["pointer"].startswith("/fields")


def test_a_claim_on_its_whole_way(both: Served) -> None:
    member_id = both.person()
    filed = claim(both, member_id)
    assert filed.status_code == 201, filed.text
    name = filed.json()["activity_id"]
    queue = both.staff("GET", "/v1/claims?limit=200").json()["items"]
    assert name in [each["activity_id"] for each in queue]
    review = f"/v1/claims/{name}/reviews"
    done = both.staff("POST", review, json={"verdict": "approve"}).json()
    assert done == {"activity_id": name, "state": "approved", "ready_to_score": True}
    work(both.installation.engine, HERE)
    history = both.member(member_id, "GET", f"/v1/claims/{name}").json()
    assert (history["state"], [step["step"] for step in history["steps"]][:2]) == (
        "publicity",
        ["submitted", "first_approved"],
    )
    assert all("actor" not in step for step in history["steps"])
    listed = both.ask("GET", "/v1/publicity", both.key(Kind.MEMBER, both.person())).json()["items"]
    line = next(each for each in listed if each["activity_id"] == name)
    assert line["name"] == "张*"
    assert line["points"]["party.wallet"] > 0
    mine = both.member(member_id, "GET", f"/v1/members/{member_id}/claims").json()["items"]
    assert [each["activity_id"] for each in mine] == [name]
    why = both.member(
        member_id, "GET", f"/v1/members/{member_id}/explain/{history['transactions'][0]}"
    ).json()
    assert "sentences" in why, why
    assert any("志愿服务" in said for said in why["sentences"])
    assert why["awards"][0]["ruleset_sha256"]


def test_an_objection_is_answered(both: Served) -> None:
    member_id, neighbour = both.person(), both.person()
    name = claim(both, member_id, days=2).json()["activity_id"]
    body = {"activity_id": name, "reason": "当天我也在，没有见到此人"}
    early = both.member(neighbour, "POST", "/v1/objections", json=body)
    problem(early, 404, "not_found")
    both.staff("POST", f"/v1/claims/{name}/reviews", json={"verdict": "approve"})
    work(both.installation.engine, HERE)
    published = both.staff(
        "POST",
        "/v1/publicity",
        json={"activity_ids": [name], "batch": both.next(), "working_days": 5},
    )
    assert published.status_code == 201, published.text
    assert both.member(neighbour, "POST", "/v1/objections", json=body).json()["state"] == "objected"
    answer = {"upheld": False, "reason": "签到表与照片相符"}
    path = f"/v1/objections/{name}/answer"
    problem(both.staff("POST", path, json=answer), 403, "same_person")
    done = both.ask("POST", path, both.key(Kind.STAFF, "zhao"), json=answer).json()
    assert done["state"] == "publicity"
    assert done["publicity_until"]


def test_rejection_and_withdrawal(api: Served) -> None:
    member_id = api.person()
    first, second = (claim(api, member_id, days=n).json()["activity_id"] for n in (3, 5))
    path = f"/v1/claims/{first}/reviews"
    problem(api.staff("POST", path, json={"verdict": "reject"}), 422, "reason_needed")
    done = api.staff("POST", path, json={"verdict": "reject", "reason": "没有签到记录"}).json()
    assert done["state"] == "rejected"
    stranger = api.person()
    withdrawal = f"/v1/claims/{second}/withdrawal"
    problem(api.member(stranger, "POST", withdrawal), 404, "not_found")
    assert api.member(member_id, "POST", withdrawal).json()["state"] == "withdrawn"
    problem(api.member(member_id, "POST", withdrawal), 409, "claim_state")


def test_a_branch_reviewer_has_their_own_queue(api: Served) -> None:
    inside, outside = api.person(branch="甲支部"), api.person(branch="乙支部")
    mine, other = (claim(api, each, days=4).json()["activity_id"] for each in (inside, outside))
    key = api.key(
        Kind.STAFF,
        "qian",
        grants=(Grant(role=Role.REVIEWER, level=Level.BRANCH, place="甲支部"),),
    )
    seen = [each["activity_id"] for each in api.ask("GET", "/v1/claims", key).json()["items"]]
    assert mine in seen
    assert other not in seen
    problem(api.ask("GET", f"/v1/claims/{other}", key), 404, "not_found")
    answer = api.ask("POST", f"/v1/claims/{other}/reviews", key, json={"verdict": "approve"})
    problem(answer, 404, "not_found")


def test_a_freeze_and_its_end(api: Served) -> None:
    member_id = api.person()
    body = {
        "member_id": member_id,
        "programme": "party",
        "reason": "核查中",
        "notice": "可在十日内申诉",
    }
    assert api.staff("POST", "/v1/freezes", json=body).json()["frozen"] is True
    problem(api.staff("POST", "/v1/freezes", json=body), 409, "already_frozen")
    own = api.member(member_id, "GET", "/v1/me").json()["member"]["enrolments"]
    assert {each["programme"]: each["frozen"] for each in own} == {"health": False, "party": True}
    assert api.staff("POST", "/v1/freezes:thaw", json=body).json()["frozen"] is False


def test_rule_sets_and_an_example(api: Served) -> None:
    listed = api.staff("GET", "/v1/rulesets").json()["items"]
    assert {each["programme"] for each in listed} == {"party", "health"}
    body = {
        "programme": "party",
        "type": "volunteer.shift",
        "occurred_at": api.clock.now().isoformat(),
        "fields": {"hours": "2", "verified": True},
        "member": {"kind": "rider", "party_member": True},
    }
    path = "/v1/rulesets:examine"
    done = api.staff("POST", path, json=body, idempotency_key=None).json()
    assert done["awards"]
    assert done["sentences"]
    problem(api.staff("POST", path, json=body | {"type": "nothing"}), 422, "activity_type_unknown")
    problem(
        api.staff("POST", path, json=body | {"fields": {"hourz": "2"}}), 422, "activity_invalid"
    )
    problem(api.staff("POST", path, json=body | {"member": {"name": "x"}}), 422, "member_invalid")
    problem(api.staff("POST", path, json=body | {"programme": "golf"}), 404, "not_found")


def test_a_caller_that_goes_away_takes_nothing_back(api: Served) -> None:
    """Cancelling a request neither undoes its command nor fails its neighbours' answers."""
    member_id = api.person()
    caller = Caller(
        installation=api.installation,
        principal=Principal(
            association_id=HERE,
            kind=Kind.SOURCE,
            subject="venue_qr",
            grants=(Grant(role=Role.SOURCE),),
        ),
        action=Action.FEED_ACTIVITY,
        swift=Swift(None),
        key="gone",
        signed="by the source",
    )
    body = NewActivity.model_validate_json(json.dumps(shift(api, member_id, "gone-1", days=6)))

    async def go_away() -> None:
        task = asyncio.ensure_future(record_activity(caller, body))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.2)  # the loop outlives the command, as a server's does

    asyncio.run(go_away())
    again = feed(api, shift(api, member_id, "gone-1", days=6), idempotency_key="gone")
    assert again.headers["idempotent-replayed"] == "true"
    assert feed(api, shift(api, member_id, "near-1", days=7)).status_code == 200
