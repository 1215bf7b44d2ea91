"""Pools and the budget report over HTTP."""

import pytest

from points.identity.roles import Grant, Kind, Role
from tests.api.market import give, open_market, redeem
from tests.api.served import HERE, Served
from tests.people import sign_in


@pytest.fixture(scope="module")
def here(both: Served) -> Served:
    open_market(both)
    return both


def test_a_pool_its_entries_and_the_report(here: Served) -> None:
    owner = here.person()
    give(here, owner, 500)
    redeem(here, owner)
    pools = here.staff("GET", "/v1/pools").json()["items"]
    one = here.staff("GET", "/v1/pools/health").json()
    assert one in pools
    assert one["reserved_fen"] > 0
    path = "/v1/pools/health/entries?limit=1"
    first = here.staff("GET", path).json()
    assert first["items"][0]["kind"] == "reserve"
    rest = here.staff("GET", f"{path}&cursor={first['next']}").json()
    assert rest["items"][0]["entry_id"] < first["items"][0]["entry_id"]
    funding = here.staff("GET", "/v1/pools/health/entries?only=funding").json()["items"]
    assert {each["kind"] for each in funding} == {"fund"}
    report = here.staff("GET", "/v1/reports/budget").json()
    health = next(each for each in report["programmes"] if each["programme"] == "health")
    assert health["pool"]["free_fen"] == one["free_fen"]
    assert health["liability"]["available"] + health["liability"]["held"] == 500
    before = here.staff("GET", "/v1/reports/budget?at=2025-01-01T00:00:00Z").json()
    assert {each["pool"]["funded_fen"] for each in before["programmes"]} == {0}
    for path in ("/v1/pools/moon", "/v1/pools/moon/entries", "/v1/pools/moon/returns"):
        assert here.staff("GET", path).json()["code"] == "pool_unknown"


def test_money_goes_back_by_two_people(here: Served) -> None:
    money = {"amount_fen": 500, "source": "donor", "document": "捐1"}
    assert here.staff("POST", "/v1/pools/health/fundings", json=money).status_code == 201
    asked = money | {"note": "退回"}
    backs = [here.staff("POST", "/v1/pools/health/returns", json=asked).json() for _ in range(3)]
    grants = (Grant(role=Role.APPROVER),)
    engine = here.installation.engine
    lin = sign_in(engine, HERE, "lin", grants, kind=Kind.STAFF)
    first, second, third = (f"/v1/returns/{each['return_id']}" for each in backs)
    rejected = here.ask("POST", f"{third}:reject", lin, json={"reason": "仍需使用"})
    assert rejected.json()["state"] == "rejected"
    assert here.ask("POST", f"{first}:approve", lin, json={}).json()["state"] == "approved"
    late = here.ask("POST", f"{second}:approve", lin, json={}).json()
    assert late["code"] == "return_too_large"
    assert here.staff("POST", f"{second}:withdraw", json={}).json()["state"] == "withdrawn"
    listed = here.staff("GET", "/v1/pools/health/returns").json()["items"]
    assert [each["state"] for each in listed] == ["rejected", "withdrawn", "approved"]
    missing = here.ask("POST", "/v1/returns/0:approve", lin, json={})
    assert missing.status_code == 404
