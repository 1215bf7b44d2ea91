"""The queue of offline conflicts on the console: who bears each, and one decision about it."""

from collections.abc import Iterator

import pytest

from points.identity.roles import Grant, Role
from points.rules import OfflinePolicy
from points.wiring import authored
from tests.api.market import open_market
from tests.api.test_offline import bring, conflict, handed
from tests.flows.offline import POLICY
from tests.web.browsing import House, browsing

QUEUE = "/console/offline"


@pytest.fixture(scope="module")
def house(module_sqlite_url: str) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(authored, "load_offline_policy", lambda _: POLICY)
        with browsing(module_sqlite_url) as here:
            open_market(here.served)
            yield here


def test_a_treasurer_decides_what_the_association_bears(house: House) -> None:
    lost = conflict(house.served, "w-1")["use_id"]
    [own] = bring(house.served, handed(house.served, "3" * 280, "w-2")).json()["items"]
    treasurer = house.staff("tre", Grant(role=Role.TREASURER))
    home = treasurer.read("/console")
    assert QUEUE in home.links
    assert "离线冲突待裁定" in home.text
    queue = treasurer.read(QUEUE)
    assert "YF01 店" in queue.text
    assert "离线核销目前关闭" not in queue.text
    assert f"{QUEUE}/{lost}" in queue.links
    assert f"{QUEUE}/{own['use_id']}" not in queue.links
    assert f"{QUEUE}/{own['use_id']}" in treasurer.read(f"{QUEUE}?which=all").links
    page = treasurer.read(f"{QUEUE}/{lost}")
    assert "券已在别处使用" in page.text
    assert treasurer.send(page, lost, decision="paid", reason="").status_code == 422
    sent = treasurer.send(page, lost, decision="paid", reason="断网期间")
    assert sent.headers["location"] == f"{QUEUE}?done=offline_decided"
    after = treasurer.read(f"{QUEUE}/{lost}")
    assert "付款 ¥" in after.text
    assert "断网期间" in after.text
    assert not [each for each in after.forms if each.action.endswith(lost)]
    assert "由商户承担" in treasurer.read(f"{QUEUE}/{own['use_id']}").text
    assert treasurer.get(f"{QUEUE}/none").status_code == 404
    form = {"_csrf": treasurer.token, "decision": "paid", "reason": "r"}
    assert treasurer.post(f"{QUEUE}/{own['use_id']}", form).status_code in {403, 404}


def test_a_queue_of_what_is_switched_off_says_so(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(authored, "load_offline_policy", lambda _: OfflinePolicy())
    with browsing(sqlite_url) as off:
        auditor = off.staff("aud", Grant(role=Role.AUDITOR))
        assert "离线核销目前关闭" in auditor.read(QUEUE).text
        assert "没有离线冲突" in auditor.read(f"{QUEUE}?which=all").text


def test_an_auditor_sees_and_decides_nothing(house: House) -> None:
    lost = conflict(house.served, "w-3")["use_id"]
    auditor = house.staff("aud", Grant(role=Role.AUDITOR))
    assert QUEUE in auditor.read("/console").links, "who may read the queue is led to it"
    page = auditor.read(f"{QUEUE}/{lost}")
    assert not [each for each in page.forms if each.action.endswith(lost)]
