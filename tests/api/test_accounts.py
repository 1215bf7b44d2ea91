"""Members and their accounts over HTTP."""

from datetime import timedelta
from typing import Any

from points.identity.roles import Grant, Kind, Level, Role
from tests.api.market import give
from tests.api.served import NOON, Served, problem


def of(here: Served, member_id: str, path: str, **more: Any) -> Any:
    return here.member(member_id, "GET", f"/v1/members/{member_id}/{path}", **more)


def test_a_member_sees_themselves_and_staff_see_a_mask(both: Served) -> None:
    member_id = both.person(name="赵小六")
    own = both.member(member_id, "GET", "/v1/me").json()["member"]
    assert own["name"] == "赵小六"
    assert len(own["phone"]) == 11
    assert own["phone"].isdecimal()
    seen = both.staff("GET", f"/v1/members/{member_id}").json()
    assert (seen["name"], "*" in seen["phone"]) == ("赵**", True)
    assert [each["programme"] for each in own["enrolments"]] == ["health", "party"]


def test_members_page_without_totals(both: Served) -> None:
    ids = {both.person() for _ in range(5)}
    seen: list[str] = []
    path = "/v1/members?limit=2"
    while path:
        page = both.staff("GET", path).json()
        assert set(page) <= {"items", "next"}
        seen += [item["member_id"] for item in page["items"]]
        path = f"/v1/members?limit=2&cursor={page['next']}" if "next" in page else ""
    assert ids <= set(seen)
    assert len(seen) == len(set(seen))
    assert seen == sorted(seen)


def test_balances_now_and_then(both: Served) -> None:
    member_id = both.person()
    before = both.clock.now()
    both.clock.advance(timedelta(hours=1))
    give(both, member_id, 70)
    found = of(both, member_id, "balances").json()
    wallet = {each["measure"]: each for each in found["balances"]}["health.wallet"]
    assert wallet == {
        "measure": "health.wallet",
        "version": 1,
        "pending": 0,
        "available": 70,
        "held": 0,
        "debt": 0,
    }
    for axis in ("recorded", "effective"):
        params = f"balances?axis={axis}&at={before.isoformat().replace('+00:00', 'Z')}"
        then = of(both, member_id, params).json()["balances"]
        assert [each["available"] for each in then] == [0] * len(then)


def test_balances_have_a_tag(both: Served) -> None:
    member_id = both.person()
    first = of(both, member_id, "balances")
    tag = first.headers["etag"]
    same = of(both, member_id, "balances", If_None_Match=tag)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    give(both, member_id, 5)
    after = of(both, member_id, "balances", If_None_Match=tag)
    assert (after.status_code, after.headers["etag"] != tag) == (200, True)


def test_a_statement_pages_backwards(both: Served) -> None:
    member_id = both.person()
    for points in (10, 20, 30):
        give(both, member_id, points)
    first = of(both, member_id, "statement?measure=health.wallet&limit=2").json()
    rest = of(both, member_id, f"statement?measure=health.wallet&cursor={first['next']}").json()
    lines = first["items"] + rest["items"]
    assert [line["points"] for line in lines] == [30, 20, 10]
    assert [line["version"] for line in lines] == [3, 2, 1]
    assert lines[0]["balance_after"] == 60
    assert "next" not in rest
    why = of(both, member_id, f"explain/{lines[0]['transaction_id']}").json()
    assert (why["kind"], why["reason"]) == ("grant", "test")
    problem(of(both, member_id, "explain/nothing"), 404, "not_found")
    problem(
        of(both, member_id, "statement?measure=health.wallet&cursor=MTphYmM"), 422, "cursor_invalid"
    )
    problem(of(both, member_id, "statement"), 422, "content_invalid")


def test_what_expires(both: Served) -> None:
    member_id = both.person()
    give(both, member_id, 5)
    found = of(both, member_id, "expiring?measure=health.wallet").json()
    assert found == {"measure": "health.wallet", "expiring": []}


def test_a_reviewer_of_one_branch_sees_that_branch(api: Served) -> None:
    inside, outside = api.person(branch="第一支部"), api.person(branch="第二支部")
    key = api.key(
        Kind.STAFF,
        "sun",
        grants=(Grant(role=Role.REVIEWER, level=Level.BRANCH, place="第一支部"),),
    )
    for path in ("", "/balances", "/claims"):
        assert api.ask("GET", f"/v1/members/{inside}{path}", key).status_code == 200
        problem(api.ask("GET", f"/v1/members/{outside}{path}", key), 404, "not_found")
    listed = api.ask("GET", "/v1/members", key).json()["items"]
    assert {each["branch"] for each in listed} == {"第一支部"}
    assert api.ask("GET", "/v1/members?branch=第二支部", key).json()["items"] == []
    problem(
        api.ask("POST", "/v1/keys", key, json={"roles": ["officer"], "subject": "x"}),
        403,
        "forbidden",
    )


def test_the_future_is_no_time_to_ask_about_badly(api: Served) -> None:
    member_id = api.person()
    problem(of(api, member_id, "balances?at=yesterday"), 422, "content_invalid")
    problem(of(api, member_id, "balances?at=2026-01-01T00:00:00"), 422, "content_invalid")
    problem(of(api, member_id, "balances?axis=sideways"), 422, "content_invalid")
    assert NOON.tzinfo
