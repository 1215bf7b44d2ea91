"""I5 from outside: whatever clients were told about a voucher, one order explains all of it.

Two processes, eight clients, connections that are cut, answers that nobody waited for. A hundred
long histories run at night, a short one in the default run.
"""

import random
from collections.abc import Iterator
from typing import Any

import pytest

from points.kernel.ids import MemberId, RewardId, VoucherId
from points.vouchers import reads
from points.vouchers.errors import InUse
from points.vouchers.model import Links
from tests.faults.histories import (
    Authorise,
    Capture,
    Client,
    History,
    Look,
    Void,
    explained,
    open_shop,
    record,
)
from tests.faults.linearizer import Operation, Undecided, linearizable
from tests.faults.racetrack import Track, take_locks_away, track
from tests.flows.market import SHOP, SHOP_2

HISTORIES, OPERATIONS = 100, 2400
SHORT, FEW = 400, 10


@pytest.fixture
def on(postgres_url: str) -> Iterator[Track]:
    with track(postgres_url) as it:
        open_shop(it)
        yield it


def said(*operations: Operation) -> bool:
    return explained(operations)


def did(called: int, ended: int | None, asked: Any, answer: Any = None) -> Operation:
    return Operation(called, ended, asked, answer)


A, B = Capture("a", 1500, SHOP), Capture("b", 1500, SHOP_2)


def test_the_checker_knows_what_can_be() -> None:
    assert said()
    assert said(did(0, 1, A, 500), did(2, 3, B, "amount_exceeds"))
    # At once: either may be first.
    assert said(did(0, 3, A, "amount_exceeds"), did(1, 2, B, 500))
    assert said(did(0, 1, A, 500), did(2, 3, A, 500), did(4, 5, Look("a"), "captured"))
    assert said(did(0, 1, A, 500), did(2, 3, Void("v", "a", SHOP), "voided"), did(4, 5, B, 500))
    assert said(did(0, 1, Authorise("x", SHOP), 2000), did(2, 3, B, InUse.code))
    # Lost answers: it happened, it did not, it happened much later.
    assert said(did(0, None, A), did(2, 3, B, "amount_exceeds"))
    assert said(did(0, None, A), did(2, 3, B, 500))
    assert said(did(0, None, A), did(2, 3, Look("a")), did(4, 5, Look("a"), "captured"))


def test_the_checker_knows_what_cannot_be() -> None:
    assert not said(did(0, 1, A, 500), did(2, 3, B, 500))
    assert not said(did(0, 2, A, 500), did(1, 3, B, 500))
    assert not said(did(0, 1, A, 500), did(2, 3, Look("a")))
    assert not said(did(0, 1, A, 500), did(2, 3, A, "already_captured"))
    assert not said(did(0, 1, A, 500), did(2, 3, Void("v", "a", SHOP), "capture_unknown"))
    undone = did(2, 3, Void("v", "a", SHOP), "voided")
    assert not said(did(0, 1, A, 500), undone, did(4, 5, Void("w", "a", SHOP), "voided"))
    # Another outlet's capture is as good as none.
    assert said(did(0, 1, A, 500), did(2, 3, Void("v", "a", SHOP_2), "capture_unknown"))
    assert not said(did(0, 1, A, 500), did(2, 3, Void("v", "a", SHOP_2), "voided"))
    # What was seen to have happened has happened.
    seen = did(2, 3, Look("a"), "captured")
    assert not said(did(0, None, A), seen, did(4, 5, Look("a")))
    assert not said(did(4, None, A), seen)


def test_the_checker_says_when_it_gives_up() -> None:
    many = [did(0, 100, n, "this") for n in range(20)] + [did(0, 100, 99, "that")]
    with pytest.raises(Undecided):
        linearizable(many, 0, lambda state, asked: (hash((state, asked)), "this"), steps_max=100)


@pytest.mark.postgres
def test_one_order_explains_what_clients_saw(on: Track) -> None:
    history = record(on, 1, SHORT, FEW)
    assert history.unexplained() == ""
    assert history.kills
    assert history.unknown
    assert list(on.differences()) == []


@pytest.mark.postgres
@pytest.mark.nightly
def test_one_order_explains_a_hundred_histories(on: Track) -> None:
    for seed in range(HISTORIES):
        history = record(on, seed, OPERATIONS)
        assert history.unexplained() == ""
        print(seed, len(history), history.kills, history.unknown)  # noqa: T201 - for the report
    assert list(on.differences()) == []


def violated(on: Track) -> bool:
    """Return whether one of a few short histories is seen to be broken."""
    return any(record(on, seed, SHORT, FEW).violations() for seed in range(5))


@pytest.mark.postgres
def test_reading_then_writing_is_found(on: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    take_locks_away(on, monkeypatch)
    assert violated(on)


def test_what_is_not_explained_is_told() -> None:
    history = History({"v1": [did(9_000, None, B), did(1_000, 3_000, A, 500)]})
    assert history.unexplained() == ""
    history.operations["v2"] = [did(9_000, None, B), did(1_000, 3_000, A, 700)]
    assert history.unexplained() == f"v2\n  0 2 {A} 700\n  8 lost {B} None"


def test_what_breaks_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A client that met what nobody expects goes on, and what it asked may have happened."""
    links = Links(
        voucher_id=VoucherId("v"),
        member_id=MemberId("m"),
        reward_id=RewardId("C12"),
        programme="health",
        hold_id=None,
    )
    history = History({"v": []})

    def broken(*_: object) -> None:
        raise RuntimeError("cut")

    monkeypatch.setattr(Client, "answer", broken)
    engine: Any = None
    client = Client(engine, engine, random.Random(1), "c", [links], {"v": []}, history)
    client.ask(links, A)
    assert [(each.asked, each.ended) for each in history.operations["v"]] == [(A, None)]
    assert history.unexplained().startswith(f"{A}\nTraceback")
    assert history.unexplained().endswith("RuntimeError: cut\n")


@pytest.mark.postgres
def test_a_stale_cache_is_found(on: Track, monkeypatch: pytest.MonkeyPatch) -> None:
    right, cache = reads.find_captured, dict[Any, Any]()

    def wrong(*asked: Any) -> Any:
        return cache.setdefault(asked[1:], right(*asked))

    monkeypatch.setattr(reads, "find_captured", wrong)
    assert violated(on)
