"""A till without network: what it takes, what it refuses, and that it brings everything back once."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from points.client import Client, NotTaken, OfflineTill, Unreachable
from points.client.offline_tokens import mark_of, read_offline_token
from points.client.retry import Retry
from points.client.token_answers import OfflineKeys
from points.kernel.amounts import Fen
from points.kernel.ids import Actor, AssociationId, OperationId, OutletId, VoucherId
from points.offline.model import Token
from points.offline.token import TokenKeys, outlet_mark, read_token

HERE, NOON = AssociationId("panjin"), datetime(2026, 3, 2, 4, tzinfo=UTC)
KEYS = TokenKeys(b"o" * 32)
FACT = Token(
    token_id="01KJPB7WG0CCMD77KE8J004Z9F",
    voucher_id=VoucherId("v"),
    outlet_id=OutletId("YF01"),
    key_no=1,
    kind="amount",
    reward_id="C12",
    value_fen=Fen(2000),
    issued_at=NOON,
    until=NOON + timedelta(hours=12),
    upload_until=NOON + timedelta(hours=84),
    operation_id=OperationId("o"),
    actor=Actor("member:m"),
)


def spelled(**changes: Any) -> str:
    return KEYS.spell(HERE, replace(FACT, **changes))


def answering(handle: Callable[[httpx2.Request], httpx2.Response]) -> Client:
    transport = httpx2.MockTransport(handle)
    return Client(
        "http://points", "pk", transport=transport, retry=Retry(attempts_max=1, first_seconds=0.0)
    )


def served_keys(**changes: Any) -> Client:
    body = {
        "association": HERE,
        "enabled": True,
        "keys": [{"key_no": 1, "public_key": base64.b64encode(KEYS.public(HERE, 1)).decode()}],
        "per_till_a_day": 2,
        "value_fen_max": 5000,
        "upload_hours": 72,
        "server_time": NOON.isoformat(),
    }
    return answering(lambda _: httpx2.Response(200, json=body | changes))


class Clock:
    def __init__(self) -> None:
        self.at = NOON + timedelta(hours=1)

    def __call__(self) -> float:
        return self.at.timestamp()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def till(tmp_path: Path, clock: Clock) -> Iterator[OfflineTill]:
    it = OfflineTill(tmp_path / "till.sqlite3", outlet_id="YF01", device_id="till-1", now=clock)
    with served_keys() as client:
        assert isinstance(it.learn(client), OfflineKeys)
    yield it
    it.close()


def refused(till: OfflineTill, digits: str, amount: int | None = 500) -> str:
    with pytest.raises(NotTaken) as no:
        till.take(digits, amount_fen=amount)
    assert no.value.zh
    return no.value.code


def test_a_token_is_taken_once_even_after_a_restart(till: OfflineTill, clock: Clock) -> None:
    taken = till.take(f" {spelled()}\r\n", amount_fen=500)
    assert (taken.reward_id, taken.kind, taken.amount_fen) == ("C12", "amount", 500)
    assert taken.until == FACT.until
    assert refused(till, spelled()) == "used_twice"
    again = OfflineTill(till.path, outlet_id="YF01", device_id="till-2", now=clock)
    assert refused(again, spelled()) == "used_twice"
    assert again.waiting() == 1
    again.close()


@pytest.mark.parametrize(
    ("changes", "amount", "code"),
    [
        ({"outlet_id": OutletId("YF02")}, 500, "wrong_outlet"),
        ({"key_no": 2}, 500, "signature"),
        ({"issued_at": NOON + timedelta(hours=2)}, 500, "out_of_time"),
        ({"until": NOON + timedelta(hours=1)}, 500, "out_of_time"),
        ({}, 2001, "over_cap"),
        ({}, None, "amount"),
        ({}, 0, "amount"),
        ({"kind": "item"}, 500, "amount"),
    ],
)
def test_what_is_out_of_bounds_is_not_taken(
    till: OfflineTill, changes: dict[str, Any], amount: int | None, code: str
) -> None:
    assert refused(till, spelled(**changes), amount) == code
    assert till.waiting() == 0


def test_a_forged_token_is_not_taken(till: OfflineTill) -> None:
    other = TokenKeys(b"x" * 32).spell(HERE, FACT)
    assert refused(till, other) == "signature"
    for wrong in ("", "2", "3", "x" * 300, spelled()[:-1] + "x", "3" * 401, spelled()[1:]):
        assert refused(till, wrong) == "mistyped"


def test_a_till_takes_so_many_a_day(till: OfflineTill, clock: Clock) -> None:
    for last in "AB":
        till.take(spelled(token_id=FACT.token_id[:-1] + last), amount_fen=1)
    assert refused(till, spelled()) == "too_many"
    clock.at += timedelta(hours=25)
    assert refused(till, spelled()) == "out_of_time"


def test_old_keys_and_switched_off_tokens_are_not_believed(
    till: OfflineTill, clock: Clock, tmp_path: Path
) -> None:
    clock.at += timedelta(days=8)
    assert refused(till, spelled()) == "no_keys"
    blank = OfflineTill(tmp_path / "new.sqlite3", outlet_id="YF01", now=clock)
    assert refused(blank, spelled()) == "no_keys"
    with served_keys(enabled=False) as client:
        blank.learn(client)
    assert refused(blank, spelled()) == "offline_off"
    blank.close()


def test_what_was_handed_over_is_brought_back_and_nothing_is_lost(till: OfflineTill) -> None:
    taken = till.take(spelled(), amount_fen=500)

    def broken(_: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("no network")

    with answering(broken) as client, pytest.raises(Unreachable):
        till.bring(client)
    assert till.waiting() == 1
    sent: list[Any] = []

    def done(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        item = {"request_no": taken.request_no, "outcome": "conflict", "bearer": "partner"}
        return httpx2.Response(200, json={"items": [item | {"reason": "used_twice"}]})

    with answering(done) as client:
        [brought] = till.bring(client)
        assert till.bring(client) == []
    assert (brought.outcome, brought.bearer) == ("conflict", "partner")
    assert till.waiting() == 0
    assert [each.request_no for each in till.answers()] == [taken.request_no]
    [body] = sent
    assert (body["outlet_id"], body["device_id"]) == ("YF01", "till-1")
    assert body["items"][0]["token"] == spelled()
    assert body["items"][0]["amount_fen"] == 500


def test_what_is_refused_waits_on_until_it_is_decided(till: OfflineTill) -> None:
    """The till was given a key of its own meanwhile, or nobody is logged in: nothing is lost."""
    first = till.take(spelled(token_id=FACT.token_id[:-1] + "A"), amount_fen=1)
    second = till.take(spelled(), amount_fen=500)
    said = {"code": "till_key_needed", "detail": "须用该密钥办理"}
    outcomes = [{"outcome": "refused", "refused": said}, {"outcome": "conflict"}]
    sent: list[list[str]] = []

    def done(request: httpx2.Request) -> httpx2.Response:
        sent.append([each["request_no"] for each in json.loads(request.content)["items"]])
        items = [{"request_no": number} | outcomes[0] for number in sent[-1]]
        items[-1] |= outcomes[1]
        return httpx2.Response(200, json={"items": items})

    with answering(done) as client:
        assert [each.outcome for each in till.bring(client)] == ["refused", "conflict"]
        assert till.waiting() == 1
        [brought] = till.bring(client)
    assert sent == [[first.request_no, second.request_no], [first.request_no]]
    assert brought.outcome == "conflict"
    assert till.waiting() == 0
    assert len(till.answers()) == 2


def test_a_till_with_its_own_key_says_no_name(tmp_path: Path, clock: Clock) -> None:
    till = OfflineTill(tmp_path / "till.sqlite3", outlet_id="YF01", now=clock)
    with served_keys() as client:
        till.learn(client)
    assert till.take(spelled(), amount_fen=500).request_no.startswith("off-key-")
    sent: list[Any] = []

    def done(request: httpx2.Request) -> httpx2.Response:
        sent.append(json.loads(request.content))
        return httpx2.Response(200, json={"items": []})

    with answering(done) as client:
        till.bring(client)
    assert "device_id" not in sent[0]
    till.close()


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(["item", "amount", "count"]),
    st.text("ABCDEFGHIJ0123456789-", min_size=1, max_size=26),
    st.integers(1, 24 * 60),
)
def test_client_and_server_read_the_same(fen: int, kind: str, reward: str, minutes: int) -> None:
    until = NOON + timedelta(minutes=minutes)
    digits = spelled(value_fen=Fen(fen), kind=kind, reward_id=reward, until=until)
    ours, theirs = read_offline_token(digits), read_token(digits)
    assert ours is not None
    assert theirs is not None
    assert (ours.value_fen, ours.kind, ours.reward_id, ours.until) == (fen, kind, reward, until)
    assert (ours.body, ours.signature) == (theirs.body, theirs.signature)
    assert theirs.token_id == FACT.token_id
    assert mark_of(HERE, "YF01") == outlet_mark(HERE, OutletId("YF01")) == theirs.outlet_mark
    assert ours.signed_by(KEYS.public(HERE, 1))
    assert KEYS.genuine(HERE, theirs)


@given(st.integers(0, 276), st.sampled_from("0123456789"))
def test_a_wrong_digit_is_caught(at: int, digit: str) -> None:
    sound = spelled()
    wrong = sound[:at] + digit + sound[at + 1 :]
    if wrong != sound:
        assert read_offline_token(wrong) is None
        assert read_token(wrong) is None


@given(st.text("0123456789", max_size=420))
def test_digits_that_are_none_break_nothing(digits: str) -> None:
    assert read_offline_token(digits) is None
    assert read_token(digits) is None
