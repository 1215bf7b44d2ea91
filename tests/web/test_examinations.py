"""Pages: staff account for every point of a claim, members read why in plain words."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from points.flows.work import work
from points.identity.roles import Grant, Level, Role
from tests.api.market import open_market
from tests.api.served import HERE
from tests.web.browsing import House, browsing
from tests.web.test_journeys import as_member, person


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        open_market(here.served)
        yield here


def claimed(house: House, member: str, hours: str = "2", days: float = 3) -> str:
    shift = {
        "type": "volunteer.shift",
        "member_id": member,
        "occurred_at": (house.served.clock.now() - timedelta(days=days)).isoformat(),
        "fields": {"hours": hours, "verified": True},
    }
    return str(house.served.staff("POST", "/v1/claims", json=shift).json()["activity_id"])


def test_staff_see_every_step_and_members_read_why(house: House) -> None:
    member, phone = person(house)
    claim = claimed(house, member, hours="0.3")
    reviewer = house.staff("wang", Grant(role=Role.REVIEWER, level=Level.INDUSTRY))
    waiting = reviewer.read(f"/console/claims/{claim}/examination").text
    assert "尚未计分，按现在的情况试算" in waiting
    page = reviewer.read(f"/console/claims/{claim}")
    assert f"/console/claims/{claim}/examination" in page.links
    reviewer.send(page, "/review", verdict="approve", reason="")
    work(house.installation.engine, HERE)
    shown = reviewer.read(f"/console/claims/{claim}/examination").text
    assert "按计分时的情况还原" in shown
    assert "✗ 条件 event.hours >= 0.5" in shown
    own = as_member(house, phone)
    assert f"/m/claims/{claim}/why" in own.read(f"/m/claims/{claim}").links
    told = own.read(f"/m/claims/{claim}/why").text
    assert "服务时长 0.3 小时，未满 0.5 小时" in told
    assert "如有疑问，请联系协会。" in told
    anothers = claimed(house, house.served.person())
    assert own.get(f"/m/claims/{anothers}/why").status_code == 404
