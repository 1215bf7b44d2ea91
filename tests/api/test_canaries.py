"""Canaries through every flow: what is personal turns up in no log, error, Redis, foreign answer.

One person lives through everything that the interface can do to them; whatever left the program on
the way is kept and searched.
"""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import redis
from pydantic import ValidationError

from points.api.problems import Problem
from points.db.redis import Swift
from points.identity.roles import Kind
from points.logs.setup import Form, configure
from points.members.identifiers import identity_ok
from tests.api.device import Telephone
from tests.api.market import capture, give, open_market, redeem, till
from tests.api.served import THERE, Served, served

NAME, PHONE = "欧阳金丝雀", "13977770001"
IDENTITY = next(n for end in "0123456789X" if identity_ok(n := f"21110319900307123{end}"))
NOTE = "车牌金丝雀八八八"
HEALTH = "高血压金丝雀"
OTHERS_PHONE = "13977770002"


@dataclass
class Watch:
    """Everything that left the program, by where it went."""

    here: Served
    logs: io.StringIO
    errors: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)

    def saw(self, answer: Any, *, own: bool = False) -> Any:
        """Keep an answer: problems are nobody's, the rest is the person's own or a stranger's."""
        text = answer.text + repr(dict(answer.headers))
        if answer.status_code >= 400:
            self.errors.append(text)
        (self.own if own else self.foreign).append(text)
        return answer

    def ask(self, kind: Kind, subject: str, method: str, path: str, **more: Any) -> Any:
        key = self.here.key(kind, subject, **more.pop("as_", {}))
        return self.saw(self.here.ask(method, path, key, **more))


@contextmanager
def told() -> Iterator[io.StringIO]:
    """Every line that any logger of this process writes, however chatty, as it would be written."""
    root, out = logging.getLogger(), io.StringIO()
    before, level = list(root.handlers), root.level
    configure(Form.JSON, "debug", access=True, addresses=True, stream=out)
    root.setLevel(logging.DEBUG)
    try:
        yield out
    finally:
        configure(stream=out)
        root.handlers[:] = before
        root.setLevel(level)


@contextmanager
def monitored(url: str) -> Iterator[list[str]]:
    """What was ever sent to a Redis: the names and values that it holds at the end."""
    found: list[str] = []
    with redis.Redis.from_url(url, decode_responses=False) as connection:
        connection.config_set("slowlog-log-slower-than", 0)
        connection.config_set("slowlog-max-len", 20_000)
        connection.slowlog_reset()
        yield found
        found.extend(str(each["command"]) for each in connection.slowlog_get(20_000))
        found.extend(repr((key, connection.dump(key))) for key in connection.scan_iter())


def live(watch: Watch) -> str:
    """Let the person live through everything; return their voucher's code."""
    here = watch.here
    open_market(here)
    staff = (Kind.STAFF, "li")
    person = {
        "name": NAME,
        "phone": PHONE,
        "identity_number": IDENTITY,
        "kind": "rider",
        "party_member": True,
        "branch": "甲支部",
        "programmes": ["party", "health"],
    }
    member = watch.ask(*staff, "POST", "/v1/members", json=person).json()["member_id"]
    other = here.person(phone=OTHERS_PHONE)
    refused_people(watch, person)
    phones(watch)
    path = f"/v1/members/{member}"
    for seen in ("", "/balances", "/claims", "/consents"):
        watch.ask(*staff, "GET", path + seen)
        watch.ask(Kind.MEMBER, other, "GET", path + seen)
        watch.ask(Kind.STAFF, "li", "GET", path + seen, as_={"association": THERE})
    watch.ask(*staff, "GET", "/v1/members")
    claims(watch, member, other)
    code = counter(watch, member)
    looks = {"fields": ["name", "phone"], "reason": "contact", "words": "联系本人"}
    watch.saw(here.staff("POST", f"{path}:unmask", json=looks), own=True)
    watch.saw(here.staff("GET", f"{path}/export"), own=True)
    watch.saw(here.staff("GET", f"{path}/export?format=xlsx"), own=True)
    for page in ("/v1/audit", "/v1/audit?limit=200", "/v1/erasure-requests", "/v1/duties/report"):
        watch.ask(*staff, "GET", page)
    watch.ask(*staff, "POST", f"{path}:erase", json={"ground": "request"})
    watch.ask(*staff, "GET", path)
    return code


def refused_people(watch: Watch, person: dict[str, Any]) -> None:
    for wrong in (
        person,
        person | {"phone": "13977770003"},
        person | {"phone": PHONE + "x"},
        person | {"identity_number": IDENTITY[:-1] + "金"},
        person | {NAME: PHONE},
        person | {"kind": NAME},
        {"name": NAME},
        [IDENTITY],
    ):
        watch.ask(Kind.STAFF, "li", "POST", "/v1/members", json=wrong)
    key = watch.here.key(Kind.STAFF, "li")
    for path in (f"/v1/members/{PHONE}", f"/v1/members?branch={NAME}", f"/v1/{NAME}/{IDENTITY}"):
        watch.saw(watch.here.ask("GET", path, key, X_Request_Id=PHONE, User_Agent=f"a {PHONE}"))
    broken = f'{{"name": "{NAME}", "phone": '
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    sent = headers | {"Idempotency-Key": "broken"}
    watch.saw(watch.here.http.post("/v1/members", content=broken.encode(), headers=sent))


def phones(watch: Watch) -> None:
    telephone = Telephone(watch.here, PHONE)
    watch.saw(telephone.ask_code())
    code = watch.here.messages.code(PHONE)
    watch.saw(telephone.log_in("000000" if code != "000000" else "111111"))
    watch.saw(telephone.log_in(code))
    watch.saw(telephone.renew())
    watch.saw(telephone.renew("rt_nonsense_" + PHONE))
    watch.saw(watch.here.ask("POST", "/v1/login-codes", json={"phone": PHONE, NAME: 1}))


def claims(watch: Watch, member: str, other: str) -> None:
    here, at = watch.here, (watch.here.clock.now() - timedelta(days=2)).isoformat()
    claim = {
        "type": "volunteer.shift",
        "member_id": member,
        "occurred_at": at,
        "fields": {"hours": "2", "verified": True},
    }
    filed = here.member(member, "POST", "/v1/claims", json=claim | {"note": NOTE})
    activity = watch.saw(filed, own=True).json()["activity_id"]
    for wrong in ({"note": f"电话 {PHONE}"}, {"fields": {"hours": NAME}}, {"type": NAME}):
        watch.saw(here.member(member, "POST", "/v1/claims", json=claim | wrong), own=True)
    review = f"/v1/claims/{activity}/reviews"
    words = {"verdict": "reject", "reason": f"与 {PHONE} 核实"}
    watch.ask(Kind.STAFF, "zhao", "POST", review, json=words)
    watch.ask(Kind.STAFF, "zhao", "POST", review, json={"verdict": "approve"})
    for said in (f"/v1/claims/{activity}", f"/v1/activities/{activity}"):
        watch.ask(Kind.MEMBER, other, "GET", said)
    visit = {
        "external_id": "visit-1",
        "type": "clinic.visit",
        "member_id": member,
        "occurred_at": at,
        "fields": {"diagnosis": HEALTH, "name": NAME},
    }
    watch.ask(Kind.SOURCE, "provider", "POST", "/v1/activities", json=visit)
    watch.ask(Kind.SOURCE, "provider", "POST", "/v1/activities:batch", json={"items": [visit]})
    watch.ask(Kind.MEMBER, other, "GET", "/v1/publicity")
    watch.ask(Kind.MEMBER, other, "GET", "/v1/leaderboards/party.rating")
    watch.ask(
        Kind.MEMBER,
        other,
        "POST",
        "/v1/objections",
        json={"activity_id": activity, "reason": f"{NAME} {PHONE} 没有到场"},
    )


def counter(watch: Watch, member: str) -> str:
    here = watch.here
    give(here, member, 500)
    drawn = watch.saw(redeem(here, member), own=True).json()
    code: str = drawn["codes"]["code"]
    at_till = till(here)
    body = {"outlet_id": "YF01", "code": code}
    watch.saw(here.ask("POST", "/v1/counter/authorisations", at_till, json=body))
    watch.saw(capture(here, code[:-1] + "0", "wrong", amount_fen=100))
    watch.saw(capture(here, code, "one", amount_fen=2000))
    watch.saw(capture(here, code, "two", amount_fen=2000))
    watch.saw(capture(here, code, "three", outlet="KM01"))
    watch.saw(here.ask("GET", f"/v1/counter/captures/by-request/{code}", at_till))
    voucher = f"/v1/vouchers/{drawn['voucher_id']}"
    watch.ask(Kind.STAFF, "li", "GET", voucher)
    here.clock.advance(timedelta(days=40))
    day = {"partner_id": "YF", "day": "2026-03-02"}
    closed = watch.ask(Kind.STAFF, "li", "POST", "/v1/statements:draw-up", json=day).json()
    for ending in ("", ".csv"):
        path = f"/v1/statements/{closed['statement_id']}{ending}"
        watch.ask(Kind.PARTNER, "YF", "GET", path)
    return code


def spellings(code: str) -> list[str]:
    """Return what must turn up nowhere: whole values, and long pieces of them."""
    bare = code.replace("-", "")
    return [NAME, PHONE, IDENTITY, IDENTITY[:14], NOTE, HEALTH, code, bare, bare.lower()]


def hits(texts: list[str], canaries: list[str]) -> list[str]:
    return [canary for canary in canaries for text in texts if canary in text]


@pytest.mark.redis
def test_what_is_personal_turns_up_nowhere(module_sqlite_url: str, redis_url: str) -> None:
    with told() as logs, monitored(redis_url) as remembered:
        swift = Swift(redis_url)
        try:
            with served(module_sqlite_url, swift=swift) as here:
                watch = Watch(here, logs)
                code = live(watch)
        finally:
            swift.close()
    canaries = spellings(code)
    assert hits(watch.errors, canaries) == []
    assert hits(watch.foreign, canaries) == []
    assert hits([logs.getvalue()], canaries) == []
    assert hits(remembered, canaries) == []
    # The controls: all of it went through here, and each place was looked at.
    seen = hits(watch.own, canaries)
    assert {NAME, PHONE, NOTE, code} <= set(seen)
    assert len(watch.errors) > 20
    assert len(watch.foreign) > 40
    assert logs.getvalue().count("\n") > 40
    assert len(remembered) > 10


def test_control_an_error_that_repeats_what_was_sent_is_seen(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def telling(error: ValidationError, *_: object, **__: object) -> Problem:
        said = repr(error.errors())
        return Problem(422, "content_invalid", said, said)

    monkeypatch.setattr(Problem, "invalid", telling)
    with served(sqlite_url) as here:
        watch = Watch(here, io.StringIO())
        refused_people(watch, {"name": NAME, "phone": PHONE, "kind": "rider"})
    assert {NAME, PHONE} <= set(hits(watch.errors, spellings("none")))
