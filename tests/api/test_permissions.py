"""Every operation × every role × own, other and another association's: generated, default deny."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest

from points.api.app import ROUTES
from points.api.narrowing import REVIEWER, TILL
from points.api.route import Route
from points.identity.model import Role
from points.identity.policy import TABLE, Action, Reach
from tests.api.market import capture, give, open_market, redeem
from tests.api.served import THERE, Served, problem, served

UNKNOWN = "0" * 26
OPERATIONS = {f"{route.method} {route.path}": route for route in ROUTES}


@dataclass
class Town:
    """Somebody with one of everything, somebody else, and keys for all of them."""

    here: Served
    owner: str
    stranger: str
    names: dict[str, str]

    def key(self, role: Role, who: str) -> str:
        subjects = {
            Role.STAFF: {"own": "li", "other": "zhao"},
            Role.MEMBER: {"own": self.owner, "other": self.stranger},
            Role.PARTNER: {"own": "YF", "other": "KM"},
            Role.SOURCE: {"own": "venue_qr", "other": "other_feed"},
        }
        return self.here.key(role, subjects[role][who])

    def abroad(self, role: Role) -> str:
        """Return a key of another association that stands for the very same subject."""
        subject = {
            Role.STAFF: "li",
            Role.MEMBER: self.owner,
            Role.PARTNER: "YF",
            Role.SOURCE: "venue_qr",
        }
        return self.here.key(role, subject[role], association=THERE)

    def ask(self, route: Route, key: str | None, *, unknown: bool = False) -> Any:
        names = dict.fromkeys(self.names, UNKNOWN) if unknown else self.names
        path = re.sub(r"\{(\w+)\}", lambda found: names[found[1]], route.path)
        query = self.query(route, names)
        return self.here.ask(route.method, path + query, key, json=self.body(route, names))

    def query(self, route: Route, names: dict[str, str]) -> str:
        return {
            "/v1/members/{member_id}/statement": "?measure=health.wallet",
            "/v1/members/{member_id}/expiring": "?measure=health.wallet",
            "/v1/vouchers": f"?member_id={names['member_id']}",
            "/v1/statements": f"?partner_id={names['partner_id']}",
            "/v1/statements:draft": f"?partner_id={names['partner_id']}&day=2026-04-20",
        }.get(route.path, "")

    def body(self, route: Route, names: dict[str, str]) -> Any:
        if route.method != "POST":
            return None
        at = (self.here.clock.now() - timedelta(days=1)).isoformat()
        activity = {
            "type": "volunteer.shift",
            "member_id": names["member_id"],
            "occurred_at": at,
            "fields": {"hours": "1", "verified": True},
        }
        counter = {"outlet_id": "YF01"}
        return {
            "/v1/members": {"name": "钱七", "phone": f"137{self.here.count:08}", "kind": "rider"},
            "/v1/activities": activity | {"external_id": self.here.next()},
            "/v1/activities:batch": {"items": [activity | {"external_id": self.here.next()}]},
            "/v1/claims": activity,
            "/v1/claims/{activity_id}/reviews": {"verdict": "approve"},
            "/v1/publicity": {"activity_ids": [names["activity_id"]], "batch": "x", "working_days": 5},
            "/v1/objections": {"activity_id": names["activity_id"], "reason": "有异议"},
            "/v1/objections/{activity_id}/answer": {"upheld": True, "reason": "成立"},
            "/v1/freezes": {"member_id": names["member_id"], "programme": "party", "reason": "r", "notice": "n"},
            "/v1/freezes:thaw": {"member_id": names["member_id"], "programme": "party", "reason": "r", "notice": "n"},
            "/v1/redemptions": {"reward_id": "C02", "programme": "health", "member_id": names["member_id"]},
            "/v1/redemptions:quote": {"reward_id": "C02", "programme": "health", "member_id": names["member_id"]},
            "/v1/counter/authorisations": counter | {"code": "TKX1-TC24-9Y1Q-D"},
            "/v1/counter/captures": counter | {"code": "TKX1-TC24-9Y1Q-D", "request_no": self.here.next()},
            "/v1/counter/voids": counter | {"request_no": names["request_no"], "void_no": self.here.next()},
            "/v1/statements:close": {"partner_id": names["partner_id"], "day": "2026-03-02"},
            "/v1/rulesets:examine": {"programme": "party", "type": "volunteer.shift", "occurred_at": at, "fields": {"hours": "1", "verified": True}},
            "/v1/keys": {"role": "source", "subject": "x"},
            "/v1/audit:verify": {},
        }.get(route.path)  # fmt: skip


@pytest.fixture(scope="module")
def town(module_sqlite_url: str) -> Iterator[Town]:
    with served(module_sqlite_url) as here:
        open_market(here)
        owner, stranger = here.person(), here.person()
        give(here, owner, 500)
        drawn = redeem(here, owner).json()
        captured = capture(here, drawn["codes"]["code"], "req-1", amount_fen=2000).json()
        assert captured["owed_fen"] == 2000
        shift = {
            "external_id": "row-1",
            "type": "volunteer.shift",
            "member_id": owner,
            "occurred_at": (here.clock.now() - timedelta(days=3)).isoformat(),
            "fields": {"hours": "2", "verified": True},
        }
        source = here.key(Role.SOURCE, "venue_qr")
        activity = here.ask("POST", "/v1/activities", source, json=shift).json()
        issued = here.staff("POST", "/v1/keys", json={"role": "staff", "subject": "temp"}).json()
        here.clock.advance(timedelta(days=40))
        body = {"partner_id": "YF", "day": "2026-03-02"}
        closed = here.staff("POST", "/v1/statements:close", json=body).json()
        names = {
            "member_id": owner,
            "transaction_id": drawn["transaction_id"],
            "activity_id": activity["activity_id"],
            "voucher_id": drawn["voucher_id"],
            "request_no": "req-1",
            "statement_id": closed["statement_id"],
            "partner_id": "YF",
            "key_id": issued["key_id"],
            "measure": "party.rating",
            # Both associations count from one: only the longer trail has this event.
            "sequence": str(here.staff("GET", "/v1/audit?limit=1").json()["items"][0]["sequence"]),
        }
        yield Town(here, owner, stranger, names)


def own_only(route: Route, role: Role) -> bool:
    return TABLE[route.allows].get(role) is Reach.OWN


@pytest.mark.parametrize("name", OPERATIONS)
def test_without_a_key_nothing(town: Town, name: str) -> None:
    problem(town.ask(OPERATIONS[name], None), 401, "unauthenticated")


@pytest.mark.parametrize("name", OPERATIONS)
def test_a_role_that_may_not_is_forbidden(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    for role in Role:
        answer = town.ask(route, town.key(role, "other"))
        assert answer.status_code < 500, answer.text
        if role not in TABLE[route.allows]:
            problem(answer, 403, "forbidden")
        elif not own_only(route, role):
            assert answer.status_code != 403 or answer.json()["code"] != "forbidden", answer.text


THINGS = [
    name
    for name, route in OPERATIONS.items()
    if ("{" in route.path or "member_id" in name or route.path in {"/v1/vouchers", "/v1/statements", "/v1/statements:draft", "/v1/redemptions", "/v1/redemptions:quote", "/v1/claims"})
]  # fmt: skip


EMPTY = ("items", "expiring", "places", "allowed")


def bare(answer: Any) -> tuple[int, bytes]:
    return answer.status_code, answer.content


OWN = [
    (name, role)
    for name in THINGS
    for role in Role
    if own_only(OPERATIONS[name], role) and OPERATIONS[name].allows is not Action.FEED_ACTIVITY
]


@pytest.mark.parametrize(("name", "role"), OWN)
def test_anothers_and_unknown_things_answer_alike(town: Town, name: str, role: Role) -> None:
    route, key = OPERATIONS[name], town.key(role, "other")
    anothers, unknown = town.ask(route, key), town.ask(route, key, unknown=True)
    assert anothers.status_code == 404, anothers.text
    assert bare(anothers) == bare(unknown)


@pytest.mark.parametrize("name", THINGS)
def test_another_association_has_none_of_it(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    for role in TABLE[route.allows]:
        key = town.abroad(role)
        answer, unknown = town.ask(route, key), town.ask(route, key, unknown=True)
        if answer.status_code == 200:
            # Only lists, which are empty there, and a quote that says no.
            body = answer.json()
            assert [body[name] for name in EMPTY if name in body] in ([[]], [False])
        else:
            assert answer.status_code in {404, 409}, answer.text
            # Whoever has only their own is, there, the owner of what does not exist there.
            assert own_only(route, role) or bare(answer) == bare(unknown)


@pytest.mark.parametrize("name", OPERATIONS)
def test_narrowed_keys_have_less(town: Town, name: str) -> None:
    route = OPERATIONS[name]
    reviewer = town.here.key(Role.STAFF, "sun", branch="第一支部")
    clerk = town.here.key(Role.PARTNER, "YF", outlet="YF01")
    for role, key, left in ((Role.STAFF, reviewer, REVIEWER), (Role.PARTNER, clerk, TILL)):
        if role in TABLE[route.allows] and route.allows not in left:
            problem(town.ask(route, key), 403, "forbidden")


def test_the_owner_may(town: Town) -> None:
    """Else the tests above would pass against a server that refuses everything."""
    asked = 0
    for name in THINGS:
        route = OPERATIONS[name]
        if route.method != "GET":
            continue
        for role in Role:
            if own_only(route, role):
                answer = town.ask(route, town.key(role, "own"))
                assert answer.status_code == 200, (name, role, answer.text)
                asked += 1
    assert asked > 10
