"""The fixtures themselves: each test gets a database of its own, on both engines."""

import os
from pathlib import Path

import pytest
import redis
from sqlalchemy import create_engine, inspect, text

from tests.conftest import missing
from tests.databases import SqliteDatabases
from tests.servers import NoServer, RedisAt, embedded_postgres, fake_redis, find_postgres


def tables(url: str) -> set[str]:
    engine = create_engine(url)
    try:
        return set(inspect(engine).get_table_names())
    finally:
        engine.dispose()


def leave(url: str) -> int:
    """Leave a row behind; return how many were there before."""
    engine = create_engine(url)
    try:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS left_behind (n INTEGER)"))
            count = connection.execute(text("SELECT count(*) FROM left_behind")).scalar_one()
            connection.execute(text("INSERT INTO left_behind VALUES (1)"))
    finally:
        engine.dispose()
    return int(count)


@pytest.mark.parametrize("_round", [1, 2])
def test_no_test_sees_what_another_left(database_url: str, _round: int) -> None:
    assert leave(database_url) == 0


def test_the_control_one_database_keeps_what_is_left(database_url: str) -> None:
    assert [leave(database_url), leave(database_url)] == [0, 1]


def test_an_empty_database_is_empty(empty_database_url: str) -> None:
    assert tables(empty_database_url) == set()


def test_a_copy_has_what_its_template_has(tmp_path: Path) -> None:
    databases = SqliteDatabases(tmp_path)
    with databases.copy(databases.template(leave)) as url:
        assert leave(url) == 1


def test_a_redis_is_empty_each_time(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as connection:
        assert connection.dbsize() == 0
        connection.set("left", "behind")


def test_a_redis_is_empty_each_time_again(redis_url: str) -> None:
    test_a_redis_is_empty_each_time(redis_url)


@pytest.mark.redis
def test_a_marked_test_gets_the_server_itself(redis_url: str, redis_server: RedisAt) -> None:
    assert redis_url == redis_server.url
    assert redis_server.real


def test_an_imitation_answers_like_a_redis() -> None:
    with fake_redis() as port, redis.Redis(port=port) as connection:
        connection.set("a", 1)
        assert connection.get("a") == b"1"
        assert connection.eval("return redis.call('incr', KEYS[1])", 1, "a") == 2


def test_a_server_that_is_named_is_not_replaced(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("POINTS_TEST_POSTGRES", "postgresql://nobody@127.0.0.1:1/none")
    with pytest.raises(NoServer, match="POINTS_TEST_POSTGRES"):
        find_postgres(tmp_path)


def test_a_missing_server_skips_at_home_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "")
    with pytest.raises(pytest.skip.Exception, match="gone"):
        missing("gone")
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="gone"):
        missing("gone")


@pytest.mark.nightly
def test_the_embedded_server_starts(tmp_path: Path) -> None:
    url = embedded_postgres(tmp_path / f"pg-{os.getpid()}")
    assert tables(url.render_as_string(hide_password=False)) == set()
