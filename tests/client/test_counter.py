"""The client's counter: no answer is asked for again under the same number, for a while."""

import json

import httpx2
import pytest

from points.client import Counter, NotFound, Retry, Unreachable

CAPTURED = {
    "capture_id": "c",
    "voucher_id": "v",
    "title": {"zh": "甲", "en": "A"},
    "state": "captured",
    "owed_fen": 1,
}


def counter(
    lose: int, status: int = 200, **body: object
) -> tuple[Counter, list[bytes], list[float]]:
    sent: list[bytes] = []
    waited: list[float] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        sent.append(request.content)
        if len(sent) <= lose:
            raise httpx2.ReadError("the answer was cut off", request=request)
        return httpx2.Response(status, json=body or CAPTURED)

    made = Counter(
        "http://server",
        "pk",
        device_id="pos-1",
        patience_seconds=3,
        pause=waited.append,
        retry=Retry(attempts_max=1),
        transport=httpx2.MockTransport(handle),
    )
    return made, sent, waited


def test_a_lost_answer_is_asked_for_again_with_the_same_number() -> None:
    till, sent, waited = counter(2)
    with till:
        assert till.hand_over("code", "R-1").owed_fen == 1
    assert len(set(sent)) == 1
    assert json.loads(sent[0]) == {"code": "code", "request_no": "R-1", "device_id": "pos-1"}
    assert waited == [1.0, 1.0]


def test_patience_ends_and_the_number_is_to_be_kept() -> None:
    till, sent, waited = counter(99)
    with till, pytest.raises(Unreachable):
        till.hand_over("code", "R-1")
    assert (len(sent), len(set(sent)), sum(waited)) == (4, 1, 3)


def test_nothing_became_of_a_number_only_where_the_server_says_so() -> None:
    till, _, _ = counter(1, 404, code="capture_unknown", say="没有", retryable=False)
    with till:
        assert till.became_of("R-1") is None
    till, _, _ = counter(0, 404, code="not_found")
    with till, pytest.raises(NotFound):
        till.became_of("R-1")
