"""The client's calls about personal data reach a real server, and their answers are read."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

import pytest

from points.api import gate
from points.client import Client, Conflict
from points.identity.model import Principal
from points.identity.policy import Action, Verdict
from points.identity.roles import Kind
from tests.api.served import Served, served
from tests.client.live import Live, live


@pytest.fixture(autouse=True)
def persons_who_proved_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = gate.admit

    def proved(principal: Principal, action: Action, now: datetime) -> Verdict:
        return asked(replace(principal, session="session", verified_at=now), action, now)

    monkeypatch.setattr(gate, "admit", proved)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[tuple[Live, Served]]:
    with served(sqlite_url) as it, live(it) as server:
        yield server, it


def test_from_consent_to_erasure(here: tuple[Live, Served]) -> None:
    server, it = here
    member = it.person()
    with (
        Client(server.url, server.key(Kind.MEMBER, member)) as own,
        Client(server.url, server.key(Kind.STAFF, "li")) as staff,
    ):
        [contact] = [each for each in own.notices().items if each.purpose == "contact"]
        own.give_consent(member, "contact", contact.version)
        assert own.withdraw_consent(member, "health").programmes == ["party"]
        said = {each.purpose: each.given for each in own.my_consents().items}
        assert said == {"contact": True, "health": False, "party": True}
        assert staff.consents(member).items == own.my_consents().items
        assert staff.unmask(member, ["name"], reason="contact", words="核实").name == "张三"
        assert own.export_me().personal == staff.export(member).personal
        assert own.request_erasure(member).member_id == member
        assert own.end_erasure_request(member).step == "withdrawn"
        assert staff.erase(member, "court").member_id == member
        with pytest.raises(Conflict):
            staff.erase(member, "court")
        assert staff.export(member).personal == []
