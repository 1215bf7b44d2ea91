"""Redis absent, killed in the middle, flushed, slow: every use goes on without it."""

import shutil
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
import redis

from points.db.redis import PAUSE_SECONDS, TIMEOUT_SECONDS, CountsHere, Ranking, Swift
from tests.conftest import missing
from tests.servers import free_port, private_redis


def asks_redis(swift: Swift) -> bool:
    return swift.remote


RANKS = {"甲": 30, "乙": 20, "丙": 10}


@pytest.fixture
def swift(redis_url: str) -> Iterator[Swift]:
    there = Swift(redis_url, pause_seconds=0.0)
    yield there
    there.close()


def test_counting_here() -> None:
    seconds = 100.0
    counts = CountsHere(now=lambda: seconds)
    found = [counts.hit("k", 2, 60) for _ in range(3)]
    assert [(s.allowed, s.remaining) for s in found] == [(True, 1), (True, 0), (False, 0)]
    assert counts.hit("other", 2, 60).allowed
    seconds = 159.0
    assert counts.hit("k", 2, 60).reset_seconds == 1
    seconds = 160.0
    assert counts.hit("k", 2, 60).allowed


def test_counting_here_forgets_the_oldest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("points.db.redis.KEYS_MAX", 3)
    counts = CountsHere()
    for number in range(5):
        counts.hit(f"k{number}", 1, 60)
    assert list(counts._windows) == ["k2", "k3", "k4"]


def test_two_processes_share_one_count(redis_url: str) -> None:
    one, two = Swift(redis_url), Swift(redis_url)
    found = [one.hit("k", 3, 60), two.hit("k", 3, 60), one.hit("k", 3, 60), two.hit("k", 3, 60)]
    assert [s.allowed for s in found] == [True, True, True, False]
    assert 0 < found[0].reset_seconds <= 60
    one.close()
    two.close()


def test_without_redis_two_processes_count_apart() -> None:
    """The control of the test above."""
    one, two = Swift(None), Swift(None)
    assert [each.hit("k", 1, 60).allowed for each in (one, two)] == [True, True]
    assert not asks_redis(one)


def test_a_list_is_kept_for_a_while(swift: Swift) -> None:
    assert swift.top("a", 2) is None
    swift.fill("a", "2026-03-02T00:00:00+00:00", RANKS, 60)
    assert swift.top("a", 2) == Ranking("2026-03-02T00:00:00+00:00", (("甲", 30), ("乙", 20)))
    swift.fill("a", "later", {"丁": 1}, 60)
    assert swift.top("a", 9) == Ranking("later", (("丁", 1),))
    swift.fill("a", "empty", {}, 60)
    assert swift.top("a", 9) == Ranking("empty", ())
    swift.forget("a")
    assert swift.top("a", 9) is None


def test_without_redis_there_is_no_list() -> None:
    swift = Swift(None)
    swift.fill("a", "now", RANKS, 60)
    swift.forget("a")
    assert swift.top("a", 9) is None
    swift.close()


def test_a_redis_that_never_was_costs_its_wait_once() -> None:
    swift = Swift(f"redis://127.0.0.1:{free_port()}/0")
    assert asks_redis(swift)
    assert swift.hit("k", 1, 60).allowed
    assert not asks_redis(swift)
    assert not swift.hit("k", 1, 60).allowed
    assert swift.top("a", 1) is None
    swift.close()


def test_a_flushed_redis_is_filled_again(swift: Swift, redis_url: str) -> None:
    swift.fill("a", "now", RANKS, 60)
    swift.hit("k", 1, 60)
    with redis.Redis.from_url(redis_url) as other:
        other.flushdb()
    assert swift.top("a", 1) is None
    assert swift.hit("k", 1, 60).allowed
    swift.fill("a", "now", RANKS, 60)
    assert swift.top("a", 1) is not None


def program() -> str:
    found = shutil.which("redis-server")
    if found is None:
        missing("no Redis server to kill")
    return found or ""


@pytest.mark.redis
def test_a_redis_that_dies_under_load_is_gone_without() -> None:
    with private_redis(program()) as port:
        swift = Swift(f"redis://127.0.0.1:{port}/0")
        swift.fill("a", "now", RANKS, 60)
        assert swift.hit("k", 10_000, 60).allowed
        assert swift.top("a", 1) is not None
        with ThreadPoolExecutor(4) as pool:
            hits = [pool.submit(swift.hit, "k", 10_000, 60) for _ in range(200)]
            with redis.Redis(port=port) as other, suppress(redis.ConnectionError):
                other.execute_command("SHUTDOWN", "NOSAVE")
            hits += [pool.submit(swift.hit, "k", 10_000, 60) for _ in range(200)]
            assert all(each.result().allowed for each in hits)
        assert swift.top("a", 1) is None
        assert not asks_redis(swift)
        swift.close()


@pytest.mark.redis
def test_a_slow_redis_is_left_alone() -> None:
    with private_redis(program()) as port:
        swift = Swift(f"redis://127.0.0.1:{port}/0", pause_seconds=0.2)
        swift.fill("a", "now", RANKS, 60)
        with redis.Redis(port=port) as other:
            other.execute_command("CLIENT", "PAUSE", "100000", "ALL")
            assert swift.hit("k", 5, 60).allowed
            assert not asks_redis(swift)
            assert swift.top("a", 1) is None
        time.sleep(0.25)
        assert asks_redis(swift)
        swift.close()


def test_the_waits_are_short() -> None:
    assert TIMEOUT_SECONDS <= 0.05
    assert PAUSE_SECONDS >= 20 * TIMEOUT_SECONDS
