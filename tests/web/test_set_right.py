"""An activity is set right in the browser by two people, and its member sees both records."""

import re
from collections.abc import Iterator

import pytest

from points.flows.work import work
from points.identity.roles import Grant, Role
from points.kernel.ids import MemberId
from points.members.reads import persons
from tests.api.served import HERE
from tests.flows.town import Town
from tests.web.browsing import House, browsing
from tests.web.test_journeys import as_member


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with browsing(module_sqlite_url) as here:
        yield here


def test_from_the_claims_page_to_the_members_phone(house: House) -> None:
    served = house.served
    town = Town(engine=house.installation.engine, clock=served.clock, association=HERE)
    member = MemberId(served.person())
    activity = town.in_publicity(member, hours="3")
    officer = house.staff("off", Grant(role=Role.OFFICER))
    address = f"/console/claims/{activity}/correction"
    page = officer.read(address)
    typed = {"code_of_reason": "misrecorded", "reason": "签到表抄错"}
    unchanged = officer.send(page, "/correction", **typed)
    assert "没有需要更正的记录" in unchanged.text
    assert officer.send(page, "/correction", **typed, began="昨天").status_code == 422
    wrong = {"field.hours": "many", "field.verified": "是"}
    assert officer.send(page, "/correction", **typed, **wrong).status_code == 422
    right = {"field.hours": "1.5", "field.verified": "是"}
    sent = officer.send(page, "/correction", **typed, **right)
    assert sent.headers["location"] == "/console/proposals?done=proposed"
    assert officer.get("/console/claims/0000/correction").status_code == 404
    approver = house.staff("app", Grant(role=Role.APPROVER))
    queue = approver.read("/console/decisions")
    [link] = [each for each in queue.links if re.fullmatch(r"/console/decisions/\w{26}", each)]
    shown = approver.read(link)
    assert "录入有误" in shown.text
    assert "1.5" in shown.text
    done = approver.send(shown, link, verdict="approve", reason="")
    assert done.headers["location"] == "/console/decisions?done=decided_approve"
    work(house.installation.engine, HERE)
    with house.installation.engine.reading(HERE) as connection:
        found = persons(connection, HERE, [member], house.installation.context)
    own = as_member(house, found[member].phone)
    old = own.read(f"/m/claims/{activity}")
    assert "更正：本条记录有误，已更正。" in old.text
    [after] = [
        each
        for each in old.links
        if re.fullmatch(r"/m/claims/\w{26}", each) and activity not in each
    ]
    new = own.read(after)
    assert "更正：本条更正了一条有误的记录。" in new.text
    assert f"/m/claims/{activity}" in new.links
    assert "更正：志愿服务" in own.read("/m/points/party.wallet").text
    assert "原记录有误，已更正" in own.read(f"/m/claims/{activity}/why").text
    claim = officer.read(f"/console/claims/{activity}")
    assert "更正：本条记录有误，已更正。" in claim.text
