"""What a source feeds is signed, or it is nobody's; each promise with a control that breaks it."""

import hmac
import json
from datetime import timedelta
from typing import Any

import pytest

from points.client import FeedSigner
from points.identity import feeds
from points.identity.feeds import PREFIX, refuse, sign, spell_secret
from points.identity.roles import Kind
from points.identity.sealing import Seal
from points.kernel.errors import BrokenInvariant
from tests.api.served import FEED_SECRET, HERE, NOON, Served, problem

PATH, BATCH = "/v1/activities", "/v1/activities:batch"


def shift(here: Served, member: str, name: str) -> dict[str, Any]:
    return {
        "external_id": name,
        "type": "volunteer.shift",
        "member_id": member,
        "occurred_at": (here.clock.now() - timedelta(days=2)).isoformat(),
        "fields": {"hours": "1", "verified": True},
    }


def post(here: Served, body: Any, headers: dict[str, str], path: str = PATH) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    key = here.key(Kind.SOURCE, "venue_qr")
    said = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"} | headers
    return here.http.post(path, content=raw, headers=said)


def signed(here: Served, body: Any, name: str = "", **more: str) -> dict[str, str]:
    return here.signed(json.dumps(body).encode(), name) | more


def test_a_signed_feed_is_taken_once(both: Served) -> None:
    member = both.person()
    body = shift(both, member, "f-1")
    headers = signed(both, body)
    first = post(both, body, headers)
    assert first.status_code == 200, first.text
    assert "idempotent-replayed" not in first.headers
    again = post(both, body, headers)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.content == first.content


def test_an_unsigned_feed_is_nobodys(both: Served) -> None:
    body = shift(both, both.person(), "f-2")
    problem(post(both, body, {}), 401, "signature_needed")
    for left_out in feeds.HEADERS:
        headers = signed(both, body)
        del headers[left_out]
        answer = post(both, body, headers)
        problem(answer, 401, "signature_needed")
        assert answer.headers["www-authenticate"]


def test_a_feed_that_somebody_else_signed_is_nobodys(both: Served) -> None:
    body = shift(both, both.person(), "f-3")
    raw = json.dumps(body).encode()
    right = both.signed(raw, "n-3")
    wrong = {
        "another secret": both.signed(raw, "n-3", b"x" * 32),
        "another body": both.signed(raw + b" ", "n-3"),
        "another id": right | {"webhook-id": "n-4"},
        "another time": right | {"webhook-timestamp": str(int(right["webhook-timestamp"]) + 1)},
        "no version": right | {"webhook-signature": right["webhook-signature"][3:]},
        "another version": right | {"webhook-signature": "v2" + right["webhook-signature"][2:]},
        "nonsense": right | {"webhook-signature": "v1,?"},
        "an id of two readings": both.signed(raw, "n.3"),
        "a time in words": right | {"webhook-timestamp": "now"},
    }
    for why, headers in wrong.items():
        answer = post(both, body, headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "signature_invalid"), why
    assert post(both, body, right).status_code == 200


@pytest.mark.parametrize(("off", "taken"), [(299, True), (-299, True), (301, False), (-301, False)])
def test_a_signature_is_good_for_five_minutes(off: int, *, taken: bool) -> None:
    now, body = int(NOON.timestamp()), b"{}"
    headers = {
        "webhook-id": "n",
        "webhook-timestamp": str(now + off),
        "webhook-signature": sign(FEED_SECRET, "n", now + off, body),
    }
    assert (refuse(FEED_SECRET, headers, body, NOON) is None) is taken


def test_the_control_a_gate_that_does_not_look_takes_everything(
    both: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = shift(both, both.person(), "f-5")
    monkeypatch.setattr(hmac, "compare_digest", lambda _a, _b: True)
    assert post(both, body, both.signed(b"", "n-5", b"x" * 32)).status_code == 200


def test_an_id_with_another_body_is_refused(both: Served) -> None:
    member = both.person()
    one, other = shift(both, member, "f-6"), shift(both, member, "f-7")
    other["occurred_at"] = (both.clock.now() - timedelta(days=5)).isoformat()
    assert post(both, one, signed(both, one, "n-6")).status_code == 200
    problem(post(both, other, signed(both, other, "n-6")), 422, "operation_conflict")


def test_a_batchs_id_with_more_in_it_is_refused_whole(both: Served) -> None:
    member = both.person()
    one = {"items": [shift(both, member, "f-8")]}
    more = {"items": [*one["items"], shift(both, member, "f-9")]}
    more["items"][1]["occurred_at"] = (both.clock.now() - timedelta(days=6)).isoformat()
    assert post(both, one, signed(both, one, "n-8"), BATCH).json()["recorded"] == 1
    problem(post(both, more, signed(both, more, "n-8"), BATCH), 422, "operation_conflict")
    assert post(both, more, signed(both, more, "n-9"), BATCH).json()["recorded"] == 1


def test_a_source_that_rotates_signs_with_both_secrets(both: Served) -> None:
    body = shift(both, both.person(), "f-10")
    old, raw = b"an older secret of the source...", json.dumps(body).encode()
    secrets = f"{spell_secret(old)} {spell_secret(FEED_SECRET)}"
    signer = FeedSigner(secrets, lambda: both.clock.now().timestamp())
    assert post(both, raw, signer.headers("n-10", raw)).status_code == 200
    alone = FeedSigner(spell_secret(old), lambda: both.clock.now().timestamp())
    problem(post(both, raw, alone.headers("n-11", raw)), 401, "signature_invalid")


def test_a_key_is_issued_with_its_secret_which_is_kept_sealed(both: Served) -> None:
    body = {"roles": ["source"], "subject": "grid"}
    answer = both.staff("POST", "/v1/keys", json=body, idempotency_key="issue-grid")
    issued = answer.json()
    assert issued["feed_secret"].startswith(PREFIX)
    again = both.staff("POST", "/v1/keys", json=body, idempotency_key="issue-grid").json()
    assert again == issued
    with both.installation.engine.reading(HERE) as connection:
        rows = str(connection.exec_driver_sql("SELECT * FROM api_key").all())
        rows += str(connection.exec_driver_sql("SELECT * FROM operation").all())
    assert issued["key_id"] in rows
    assert issued["feed_secret"].removeprefix(PREFIX) not in rows
    fed = shift(both, both.person(), "f-12")
    raw = json.dumps(fed).encode()
    signer = FeedSigner(issued["feed_secret"], lambda: both.clock.now().timestamp())
    headers = signer.headers("n-12", raw) | {"Authorization": f"Bearer {issued['key']}"}
    assert post(both, raw, headers).status_code == 200
    officer = both.staff("POST", "/v1/keys", json={"roles": ["officer"], "subject": "li"})
    assert "feed_secret" not in officer.json()


def test_a_seal_opens_for_its_owner_only() -> None:
    seal = Seal(b"k" * 32)
    closed = seal.close(b"secret", f"{HERE}|grid")
    assert seal.open(closed, f"{HERE}|grid") == b"secret"
    assert b"secret" not in closed.encode()
    for other, owner in ((seal, f"{HERE}|other"), (Seal(b"x" * 32), f"{HERE}|grid")):
        with pytest.raises(BrokenInvariant):
            other.open(closed, owner)
    with pytest.raises(BrokenInvariant):
        seal.open("1.AAAA", f"{HERE}|grid")
    with pytest.raises(BrokenInvariant):
        seal.open("2" + closed[1:], f"{HERE}|grid")
