"""Leaderboards: nobody unasked, masked, and the same with Redis and without."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis

from points.db.redis import Swift
from tests.api.market import give
from tests.api.served import Served, problem, served

BOARD = "/v1/leaderboards/health.wallet"


@pytest.fixture(params=["redis", "none"])
def swift(request: pytest.FixtureRequest) -> Iterator[Swift]:
    url = request.getfixturevalue("redis_url") if request.param == "redis" else None
    there = Swift(url, pause_seconds=0.0)
    yield there
    there.close()


@pytest.fixture
def here(database_url: str, swift: Swift) -> Iterator[Served]:
    with served(database_url, swift=swift) as api:
        yield api


def listing(here: Served, member_id: str, *, listed: bool) -> None:
    answer = here.member(member_id, "POST", "/v1/me/listing", json={"listed": listed})
    assert answer.json() == {"member_id": member_id, "listed": listed}


def places(here: Served, path: str = BOARD) -> list[dict[str, Any]]:
    return list(here.staff("GET", path).json()["places"])


def test_only_those_who_asked_are_listed_and_only_masked(here: Served) -> None:
    first, second, third, shy = (
        here.person(name=name) for name in ("赵一", "钱二", "孙三", "李四")
    )
    for member_id, points in ((first, 30), (second, 50), (third, 30), (shy, 99)):
        give(here, member_id, points)
    assert places(here) == []
    for member_id in (first, second, third):
        listing(here, member_id, listed=True)
    expected = [(1, "钱*", 50), (2, "赵*", 30), (2, "孙*", 30)]
    assert sorted((p["rank"], p["points"]) for p in places(here)) == [(1, 50), (2, 30), (2, 30)]
    again = places(here)
    assert sorted((p["rank"], p["name"], p["points"]) for p in again) == sorted(expected)
    listing(here, second, listed=False)
    assert [p["rank"] for p in places(here)] == [1, 1]
    assert len(places(here, f"{BOARD}?limit=1")) == 1


def test_a_flushed_redis_changes_nothing(sqlite_url: str, redis_url: str) -> None:
    swift = Swift(redis_url)
    with served(sqlite_url, swift=swift) as here:
        member_id = here.person()
        give(here, member_id, 10)
        listing(here, member_id, listed=True)
        before = places(here)
        with redis.Redis.from_url(redis_url) as other:
            other.flushdb()
        assert places(here) == before
        assert len(before) == 1
    swift.close()


def test_there_is_no_board_of_what_is_no_measure(api: Served) -> None:
    problem(api.staff("GET", "/v1/leaderboards/health.gold"), 404, "not_found")
    problem(api.staff("POST", "/v1/me/listing", json={"listed": True}), 403, "forbidden")
