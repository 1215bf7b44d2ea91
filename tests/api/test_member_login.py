"""Members log in with a code and a device's key; each promise with a control that breaks it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import jwt
import pytest
import redis
from cryptography.hazmat.primitives.asymmetric import ed25519
from jwt.algorithms import OKPAlgorithm
from sqlalchemy import event, text

from points.api.limits import Policy
from points.audit.model import Origin
from points.db.redis import Swift
from points.flows import member_login
from points.flows.freeze import Freeze
from points.flows.member_login import MemberDoor
from points.flows.sweep_log_ins import sweep_log_ins
from points.identity import allowances, proofs
from points.identity.allowances import Allowance, Watch
from points.identity.devices import GRACE, Device
from points.identity.errors import CodeWrong, TooManyCodes
from points.identity.login_codes import LoginCode
from points.identity.roles import Kind
from points.kernel.ids import MemberId, OperationId
from tests.api.device import HOST, Telephone, telephone
from tests.api.served import HERE, OPERATOR, THERE, Served, problem, served

CODES, LOG_IN = "/v1/login-codes", "/v1/sessions:member"


@pytest.fixture(scope="module")
def both(module_database_url: str) -> Iterator[Served]:
    """Return a served installation that asks all of these tests from one address."""
    with served(module_database_url, policy=Policy(visits_a_minute=10_000)) as here:
        yield here


@pytest.fixture
def fresh(both: Served) -> Served:
    """The served installation a day later, so that earlier tests have used nothing up."""
    both.clock.advance(timedelta(days=1, minutes=1))
    return both


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def test_a_member_logs_in_and_asks(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    me = mine.ask("GET", "/v1/me")
    assert me.status_code == 200, me.text
    assert me.json()["subject"] == mine.tokens["member_id"]
    assert me.json()["roles"] == ["member"]


def test_an_edwards_key_does_as_well(fresh: Served) -> None:
    private = ed25519.Ed25519PrivateKey.generate()
    public = OKPAlgorithm.to_jwk(private.public_key(), as_dict=True)
    mine = telephone(fresh)
    assert mine.ask_code().status_code == 202
    claims = {"htm": "POST", "htu": HOST + LOG_IN, "iat": int(mine.now), "jti": "x" * 20}
    proof = jwt.encode(claims, private, "EdDSA", headers={"typ": "dpop+jwt", "jwk": public})
    body = {"association": HERE, "phone": mine.phone, "code": fresh.messages.code(mine.phone)}
    body |= {"device": {"name": "电脑", "key": public}}
    assert fresh.ask("POST", LOG_IN, json=body, dpop=proof).status_code == 201


# Codes


def test_the_answer_does_not_tell_whose_number_it_is(fresh: Served) -> None:
    known, nobody = telephone(fresh), Telephone(fresh, "19900000000")
    one, other = known.ask_code(), nobody.ask_code()
    assert (
        (one.status_code, one.content) == (other.status_code, other.content) == (202, one.content)
    )
    fresh.messages.code(known.phone)
    assert all(to != nobody.phone for to, _ in fresh.messages.sent)
    a, b = known.log_in("000000"), nobody.log_in("000000")
    if a.status_code == 401:  # one in a million: the code was right
        assert (a.status_code, a.content) == (b.status_code, b.content)
    again, too = known.ask_code(), nobody.ask_code()
    assert (again.status_code, too.status_code) == (429, 429)
    assert again.content == too.content


@contextmanager
def watched(here: Served) -> Iterator[list[str]]:
    """Write down every statement that reaches the database, and every keyed hash of a code."""
    seen: list[str] = []

    def saw(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # Whether a session or a key was in use is noted behind every request's back.
        if "api_key_use" not in statement:
            seen.append(statement.split("WHERE", maxsplit=1)[0][:60])

    database = here.installation.engine.database
    event.listen(database, "before_cursor_execute", saw)
    hashed = member_login.code_hash

    def counted(*args: Any) -> str:
        seen.append("hash")
        return hashed(*args)

    member_login.code_hash = counted
    try:
        yield seen
    finally:
        member_login.code_hash = hashed
        event.remove(database, "before_cursor_execute", saw)


def test_known_and_unknown_numbers_go_the_same_way(fresh: Served) -> None:
    """Equal work, statement for statement: that is what equal time is made of."""
    known, nobody = telephone(fresh), Telephone(fresh, "19900000001")
    with watched(fresh) as one:
        known.ask_code()
    with watched(fresh) as other:
        nobody.ask_code()
    assert one == other
    assert "hash" in one
    code = fresh.messages.code(known.phone)
    with watched(fresh) as one:
        known.log_in(wrong(code))
    with watched(fresh) as other:
        nobody.log_in(wrong(code))
    assert one == other


def test_work_that_differs_would_be_seen(fresh: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    known, nobody = telephone(fresh), Telephone(fresh, "19900000002")
    owner = member_login.MemberDoor._owner

    def hasty(self: Any, at: Any) -> Any:
        found, index = owner(self, at)
        return (found, index) if found else self._lost

    monkeypatch.setattr(member_login.MemberDoor, "_owner", hasty)
    with watched(fresh) as one:
        known.ask_code()
    with watched(fresh) as other:
        nobody.ask_code()
    assert one != other


def test_a_code_is_good_once_for_five_minutes_and_five_tries(fresh: Served) -> None:
    mine = telephone(fresh)
    mine.ask_code()
    code = fresh.messages.code(mine.phone)
    assert mine.log_in(code).status_code == 201
    problem(mine.log_in(code), 401, "code_wrong")

    fresh.clock.advance(timedelta(minutes=2))
    mine.ask_code()
    late = fresh.messages.code(mine.phone, 2)
    fresh.clock.advance(timedelta(minutes=5))
    problem(mine.log_in(late), 401, "code_wrong")

    mine.ask_code()
    code = fresh.messages.code(mine.phone, 3)
    for _ in range(5):
        problem(mine.log_in(wrong(code)), 401, "code_wrong")
    problem(mine.log_in(code), 401, "code_wrong")


def test_only_the_newest_code_is_good(fresh: Served) -> None:
    mine = telephone(fresh)
    mine.ask_code()
    first = fresh.messages.code(mine.phone)
    fresh.clock.advance(timedelta(minutes=1))
    mine.ask_code()
    second = fresh.messages.code(mine.phone, 2)
    if first != second:
        problem(mine.log_in(first), 401, "code_wrong")
    assert mine.log_in(second).status_code == 201


def test_the_control_without_a_count_the_guesser_gets_in(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = telephone(fresh)
    mine.ask_code()
    code = fresh.messages.code(mine.phone)
    tried = LoginCode.tried
    monkeypatch.setattr(
        LoginCode, "tried", lambda self, given, now: tried(replace(self, tries=0), given, now)
    )
    for _ in range(5):
        problem(mine.log_in(wrong(code)), 401, "code_wrong")
    assert mine.log_in(code).status_code == 201


def test_another_association_knows_nothing_of_it(fresh: Served) -> None:
    mine = telephone(fresh)
    mine.ask_code()
    code = fresh.messages.code(mine.phone)
    problem(mine.log_in(code, THERE), 401, "code_wrong")
    assert mine.log_in(code).status_code == 201


def test_an_association_that_is_none_leaves_no_trace(fresh: Served) -> None:
    mine = telephone(fresh)
    assert mine.ask_code("nowhere").status_code == 202
    assert mine.log_in("123456", "nowhere").status_code == 401
    with fresh.installation.engine.reading(HERE) as connection:
        count = text("SELECT count(*) FROM allowance WHERE association_id = 'nowhere'")
        assert connection.execute(count).scalar_one() == 0


# Limits


def ask_until_refused(mine: Telephone, pause: timedelta, most: int) -> int:
    for asked in range(most):
        answer = mine.ask_code()
        if answer.status_code != 202:
            body = problem(answer, 429, "too_many_codes")
            assert int(answer.headers["retry-after"]) > 0
            assert mine.phone not in str(body)
            return asked
        mine.here.clock.advance(pause)
    return most


def test_a_number_has_a_limit_by_the_minute_the_hour_and_the_day(fresh: Served) -> None:
    assert ask_until_refused(telephone(fresh), timedelta(seconds=0), 9) == 1
    fresh.clock.advance(timedelta(hours=1))
    assert ask_until_refused(telephone(fresh), timedelta(seconds=61), 9) == 5
    fresh.clock.advance(timedelta(hours=1))
    assert ask_until_refused(telephone(fresh), timedelta(minutes=13), 20) == 10


def test_an_address_has_a_limit(fresh: Served) -> None:
    answers = [Telephone(fresh, f"199{n:08}").ask_code().status_code for n in range(22)]
    assert answers.count(202) == 20
    assert answers[-1] == 429


def test_an_association_has_an_end_of_messages_and_somebody_is_told(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_login.MemberDoor.__init__, "__defaults__", (3,))
    answers = [Telephone(fresh, f"198{n:08}").ask_code().status_code for n in range(5)]
    assert answers == [202, 202, 202, 429, 429]
    with fresh.installation.engine.reading(HERE) as connection:
        told = text("SELECT count(*) FROM audit_event WHERE action = 'login_codes_exhausted'")
        assert connection.execute(told).scalar_one() == 1


def test_the_control_without_limits_everybody_asks_for_ever(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Allowance, "closed_until", lambda *_: None)
    assert ask_until_refused(telephone(fresh), timedelta(seconds=0), 7) == 7


def test_tries_from_one_address_have_a_limit(fresh: Served) -> None:
    answers = [Telephone(fresh, f"197{n:08}").log_in("000000").status_code for n in range(31)]
    assert answers[:30] == [401] * 30
    assert answers[30] == 429


def at(number: str, address: str) -> member_login.Telephone:
    return member_login.Telephone(association_id=HERE, phone=number, origin=Origin(address=address))


def test_who_has_a_network_has_one_allowance(fresh: Served) -> None:
    here = fresh.installation
    door = MemberDoor(here.engine, here.context, here.ids, fresh.messages)
    tried = [door.prove(at(f"196{n:08}", f"2001:db8:7:7:{n:x}::1"), "000000") for n in range(31)]
    assert all(isinstance(each, CodeWrong) for each in tried[:30])
    assert isinstance(tried[30], TooManyCodes)
    # Their neighbour, and two of version 4 whom a server of both versions tells so, have their own.
    for address in ("2001:db8:7:8::1", "::ffff:203.0.113.1", "::ffff:203.0.113.2"):
        assert isinstance(door.prove(at("19600000099", address), "000000"), CodeWrong)


def test_many_at_once_get_no_more(fresh: Served) -> None:
    mine = telephone(fresh)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: mine.ask_code().status_code, range(8)))
    assert answers.count(202) == 1
    code = fresh.messages.code(mine.phone)
    with ThreadPoolExecutor(8) as pool:
        logged = list(pool.map(lambda _: Telephone(fresh, mine.phone).log_in(code), range(4)))
    assert sorted(answer.status_code for answer in logged) == [201, 401, 401, 401]


# Proofs of possession


def bent(mine: Telephone) -> dict[str, str]:
    """Return proofs that are wrong, each in one way, for GET /v1/me."""
    token, other = mine.tokens["access_token"], Telephone(mine.here, mine.phone)
    right = jwt.decode(mine.proof("GET", "/v1/me", token), options={"verify_signature": False})
    header = {"typ": "dpop+jwt", "jwk": mine.key.public}

    def made(key: Any = None, algorithm: str = "ES256", **claims: Any) -> str:
        return jwt.encode(right | claims, key or mine.key.pem, algorithm, headers=header)

    return {
        "none": "",
        "another key": other.proof("GET", "/v1/me", token),
        "another method": mine.proof("POST", "/v1/me", token),
        "another path": mine.proof("GET", "/v1/rewards", token),
        "another host": mine.proof("GET", "/v1/me", token, host="http://elsewhere"),
        "another token": mine.proof("GET", "/v1/me", token + "x"),
        "no token": mine.proof("GET", "/v1/me"),
        "too old": mine.proof("GET", "/v1/me", token, off=-61),
        "of the future": mine.proof("GET", "/v1/me", token, off=61),
        "unnamed": made(jti=""),
        "a time in words": made(iat="now"),
        "another type": jwt.encode(right, mine.key.pem, "ES256", headers=header | {"typ": "JWT"}),
        "a private key inside": jwt.encode(
            right, mine.key.pem, "ES256", headers=header | {"jwk": mine.key.public | {"d": "x"}}
        ),
        "a shared secret": jwt.encode(
            right, "k" * 32, "HS256", headers=header | {"jwk": {"kty": "oct", "k": "a" * 43}}
        ),
        "no signature": jwt.encode(right, None, "none", headers=header),
        "signed by another": jwt.encode(right, other.key.pem, "ES256", headers=header),
        "nonsense": "a.b.c",
    }


def test_a_bound_token_opens_with_the_right_proof_only(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    for why, proof in bent(mine).items():
        answer = mine.ask("GET", "/v1/me", proof=proof)
        assert answer.status_code == 401, (why, answer.text)
        assert answer.headers["www-authenticate"].count("DPoP ") == 1, why
        assert (
            "token" not in answer.json()["detail"] or mine.tokens["access_token"] not in answer.text
        )
    # At last, or it would be in the memory of the gate while the others are tried.
    assert mine.ask("GET", "/v1/me").status_code == 200


def test_a_bound_token_does_not_open_bare(fresh: Served) -> None:
    """Also not right after it opened with a proof, while the gate remembers it."""
    mine = telephone(fresh).enter()
    assert mine.ask("GET", "/v1/me").status_code == 200
    answer = fresh.ask("GET", "/v1/me", mine.tokens["access_token"])
    problem(answer, 401, "unauthenticated")
    assert "DPoP" in answer.headers["www-authenticate"]


def test_a_machines_key_has_no_proof(fresh: Served) -> None:
    key, mine = fresh.key(Kind.STAFF, "li"), telephone(fresh)
    proof = mine.proof("GET", "/v1/me", key)
    answer = fresh.ask("GET", "/v1/me", authorization=f"DPoP {key}", dpop=proof)
    assert answer.status_code == 401


def test_the_control_a_gate_that_looks_at_nothing_lets_them_through(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = telephone(fresh).enter()
    wrong_ones = bent(mine)
    monkeypatch.setattr(proofs, "_about", lambda *_: True)
    for why in ("another method", "another path", "another host", "too old", "no token"):
        assert mine.ask("GET", "/v1/me", proof=wrong_ones[why]).status_code == 200, why


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_proof_is_good_once(fresh: Served, method: str) -> None:
    mine = telephone(fresh).enter()
    path = {"GET": "/v1/me", "POST": "/v1/me/listing"}[method]
    body = None if method == "GET" else {"measure": "party.rating", "listed": True}
    proof = mine.proof(method, path, mine.tokens["access_token"])
    first = mine.ask(method, path, json=body, proof=proof)
    assert first.status_code != 401, first.text
    problem(mine.ask(method, path, json=body, proof=proof), 401, "proof_used")


# Refresh tokens


def test_tokens_live_ten_minutes_and_are_renewed(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    old = dict(mine.tokens)
    fresh.clock.advance(timedelta(minutes=10))
    problem(mine.ask("GET", "/v1/me"), 401, "unauthenticated")
    assert mine.renew().status_code == 200
    assert mine.tokens["access_token"] != old["access_token"]
    assert mine.tokens["refresh_token"] != old["refresh_token"]
    assert mine.ask("GET", "/v1/me").status_code == 200


def test_an_old_refresh_token_ends_the_device(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    old = mine.tokens["refresh_token"]
    mine.renew()
    fresh.clock.advance(GRACE + timedelta(seconds=1))
    problem(mine.renew(old), 401, "refresh_invalid")
    problem(mine.renew(), 401, "refresh_invalid")
    problem(mine.ask("GET", "/v1/me"), 401, "unauthenticated")
    with fresh.installation.engine.reading(HERE) as connection:
        told = text(
            "SELECT count(*) FROM audit_event WHERE action = 'refresh_replayed' AND subject = :m"
        )
        assert connection.execute(told, {"m": mine.tokens["member_id"]}).scalar_one() == 1


def test_the_control_without_a_look_at_generations_the_old_one_goes_on(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = telephone(fresh).enter()
    old = mine.tokens["refresh_token"]
    mine.renew()
    fresh.clock.advance(GRACE + timedelta(seconds=1))
    renewal = Device.renewal
    monkeypatch.setattr(
        Device, "renewal", lambda self, _g, key, now: renewal(self, self.generation, key, now)
    )
    assert mine.renew(old).status_code == 200


def test_two_refreshes_at_once_have_one_successor(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    old = mine.tokens["refresh_token"]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: mine.renew(old), range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["refresh_token"] for answer in answers}) == 1
    mine.tokens = answers[0].json()
    assert mine.ask("GET", "/v1/me").status_code == 200
    with fresh.installation.engine.reading(HERE) as connection:
        generation = text("SELECT generation FROM member_device WHERE device_id = :d")
        found = connection.execute(generation, {"d": mine.tokens["device_id"]}).scalar_one()
    assert found == 2


def test_a_refresh_token_is_nothing_without_its_key(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    thief = Telephone(fresh, mine.phone)
    problem(thief.renew(mine.tokens["refresh_token"]), 401, "refresh_invalid")
    problem(mine.renew(dpop=""), 401, "proof_invalid")
    forged = mine.tokens["refresh_token"][:-1] + "A"
    problem(mine.renew(forged + "A"), 401, "refresh_invalid")
    assert mine.renew().status_code == 200


def test_a_device_that_rests_for_ninety_days_logs_in_again(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    fresh.clock.advance(timedelta(days=89))
    assert mine.renew().status_code == 200
    fresh.clock.advance(timedelta(days=90))
    problem(mine.renew(), 401, "refresh_invalid")


# Devices


def soon(here: Served) -> None:
    """Let the gate forget, as it does after a second."""
    here.http.app.state.gate.forget()  # type: ignore[attr-defined]


def test_a_member_sees_and_ends_their_devices(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    fresh.clock.advance(timedelta(minutes=2))
    lost = Telephone(fresh, mine.phone).enter(2)
    mine.renew()
    listed = mine.ask("GET", "/v1/me/devices").json()["items"]
    assert {each["device_id"]: each["current"] for each in listed} == {
        mine.tokens["device_id"]: True,
        lost.tokens["device_id"]: False,
    }
    path = f"/v1/me/devices/{lost.tokens['device_id']}"
    assert mine.ask("DELETE", path).status_code == 200
    soon(fresh)
    problem(lost.ask("GET", "/v1/me"), 401, "unauthenticated")
    problem(lost.renew(), 401, "refresh_invalid")
    assert mine.ask("GET", "/v1/me").status_code == 200


def test_nobody_ends_anothers_device(fresh: Served) -> None:
    mine, others = telephone(fresh).enter(), telephone(fresh).enter()
    path = f"/v1/me/devices/{others.tokens['device_id']}"
    problem(mine.ask("DELETE", path), 404, "not_found")
    assert others.ask("GET", "/v1/me").status_code == 200


def test_staff_log_a_member_out_everywhere(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    path = f"/v1/members/{mine.tokens['member_id']}/devices:end"
    assert fresh.staff("POST", path).status_code == 200
    soon(fresh)
    problem(mine.ask("GET", "/v1/me"), 401, "unauthenticated")
    problem(mine.renew(), 401, "refresh_invalid")
    problem(fresh.staff("POST", f"/v1/members/{'0' * 26}/devices:end"), 404, "not_found")


def test_a_freeze_logs_out(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    fresh.submit(
        Freeze(
            association_id=HERE,
            operation_id=OperationId(f"staff:console:freeze-{fresh.next()}"),
            actor=OPERATOR,
            member_id=MemberId(mine.tokens["member_id"]),
            programme="party",
            reason="核实中",
            notice="已通知本人",
        )
    )
    soon(fresh)
    problem(mine.ask("GET", "/v1/me"), 401, "unauthenticated")
    problem(mine.renew(), 401, "refresh_invalid")
    fresh.clock.advance(timedelta(minutes=2))
    assert mine.enter(2).ask("GET", "/v1/me").status_code == 200


def test_an_erasure_logs_out_and_leaves_no_name_of_a_device(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    member = mine.tokens["member_id"]
    erased = fresh.staff("POST", f"/v1/members/{member}:erase", json={"ground": "court"})
    assert erased.status_code == 200, erased.text
    soon(fresh)
    problem(mine.ask("GET", "/v1/me"), 401, "unauthenticated")
    problem(mine.renew(), 401, "refresh_invalid")
    with fresh.installation.engine.reading(HERE) as connection:
        named = text("SELECT name FROM member_device WHERE member_id = :m")
        assert connection.execute(named, {"m": member}).scalars().all() == [""]
    fresh.clock.advance(timedelta(minutes=2))
    sent = len(fresh.messages.sent)
    assert mine.ask_code().status_code == 202
    assert len(fresh.messages.sent) == sent


def test_what_counts_no_more_is_swept(fresh: Served) -> None:
    mine = telephone(fresh).enter()
    mine.ask("POST", "/v1/me/listing", json={"measure": "party.rating", "listed": True})

    def left() -> list[int]:
        with fresh.installation.engine.reading(HERE) as connection:
            return [
                connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608 - a fixed list
                for table in ("login_code", "allowance", "spent_proof", "member_device")
            ]

    sweep_log_ins(fresh.installation.engine, HERE)
    before = left()
    assert all(before)
    fresh.clock.advance(timedelta(days=1, minutes=6))
    sweep_log_ins(fresh.installation.engine, HERE)
    assert left() == [0, 0, 0, before[3]]


def test_no_secret_stays_in_the_database_or_in_a_log(
    fresh: Served, caplog: pytest.LogCaptureFixture
) -> None:
    """Number, code and tokens of a whole log-in are searched for in every row and every line."""
    caplog.set_level("DEBUG")
    mine = telephone(fresh)
    mine.ask_code()
    code = fresh.messages.code(mine.phone)
    mine.log_in(wrong(code))
    mine.log_in(code)
    first = dict(mine.tokens)
    mine.renew()
    secrets = {
        first["access_token"][-43:],
        mine.tokens["access_token"][-43:],
        first["refresh_token"],
        mine.tokens["refresh_token"],
    }
    with fresh.installation.engine.reading(HERE) as connection:
        tables = ["login_code", "allowance", "member_device", "session", "operation", "audit_event"]
        rows = [str(row) for t in tables for row in connection.execute(text(f"SELECT * FROM {t}"))]  # noqa: S608 - a fixed list
    found = "\n".join(rows)
    logged = caplog.text
    assert mine.tokens["device_id"] in found  # else the search would find nothing anyway
    for secret in secrets:
        assert secret not in found
        assert secret not in logged
    assert mine.phone not in found
    assert mine.phone not in logged
    assert f"'{code}'" not in found


def test_nothing_of_a_log_in_stands_in_redis(sqlite_url: str, redis_url: str) -> None:
    swift = Swift(redis_url)
    with served(sqlite_url, swift=swift) as here, redis.Redis.from_url(redis_url) as connection:
        mine = telephone(here).enter()
        assert mine.ask("GET", "/v1/me").status_code == 200
        keys = connection.keys("*")
        values = [connection.dump(key) or b"" for key in keys]
    swift.close()
    found = b"\n".join([*keys, *values])
    assert b"proof:" in found
    code = here.messages.code(mine.phone)
    for secret in (mine.phone, mine.tokens["access_token"][-43:], mine.tokens["refresh_token"]):
        assert secret.encode() not in found
    assert f'"{code}"'.encode() not in found


def test_windows_are_what_they_are_said_to_be() -> None:
    assert allowances.WINDOWS[Watch.PHONE_MINUTE] == (1, timedelta(minutes=1))
    assert allowances.WINDOWS[Watch.PHONE_HOUR] == (5, timedelta(hours=1))
    assert allowances.WINDOWS[Watch.PHONE_DAY] == (10, timedelta(days=1))
    assert allowances.WINDOWS[Watch.ADDRESS_HOUR] == (20, timedelta(hours=1))


def test_nobody_asks_where_the_database_does_not_answer(
    fresh: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = telephone(fresh)
    sent = len(fresh.messages.sent)

    def gone(*_: Any, **__: Any) -> Any:
        from points.kernel.errors import Unavailable  # noqa: PLC0415

        raise Unavailable("gone")

    monkeypatch.setattr(fresh.installation.engine, "submit", gone)
    problem(mine.ask_code(), 503, "unavailable")
    problem(mine.log_in("000000"), 503, "unavailable")
    assert len(fresh.messages.sent) == sent
