"""Redis, where there is one: shared counters and ranked lists. Never an authority.

Every use has an answer without Redis. A call waits 50 milliseconds at most; after a failure Redis
is left alone for some seconds, so that a slow one costs its wait once, not on every request.
"""

import logging
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import redis
from limits import RateLimitItemPerSecond
from limits.storage import RedisStorage

TIMEOUT_SECONDS = 0.05
PAUSE_SECONDS = 5.0
KEYS_MAX = 50_000
"""More keys than these are never counted here at once; the oldest windows are dropped first."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a caller stands within its limit.

    Attributes:
        allowed: Whether this request may go on.
        remaining: How many more may follow in this window.
        reset_seconds: How long this window lasts from now.
    """

    allowed: bool
    remaining: int
    reset_seconds: int


@dataclass(slots=True)
class CountsHere:
    """Counts in this process alone, in windows that begin with a key's first request.

    Attributes:
        now: Seconds of a clock that never runs back.
    """

    now: Callable[[], float] = time.monotonic
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, key: str, most: int, window_seconds: int) -> Standing:
        """Count one request."""
        now = self.now()
        with self._lock:
            ends, count = self._windows.pop(key, (0.0, 0))
            if ends <= now:
                ends, count = now + window_seconds, 0
            self._windows[key] = (ends, count + 1)
            if len(self._windows) > KEYS_MAX:
                del self._windows[next(iter(self._windows))]
        return _standing(count + 1, most, ends - now)


def _standing(count: int, most: int, seconds: float) -> Standing:
    return Standing(count <= most, max(most - count, 0), max(math.ceil(seconds), 1))


@dataclass(frozen=True, slots=True)
class Ranking:
    """The top of a ranked list.

    Attributes:
        as_of: When it was read from the database, ISO 8601.
        ranks: Names with their scores, best first.
    """

    as_of: str
    ranks: tuple[tuple[str, int], ...]


class Swift:
    """What Redis does faster, or for several processes at once; without it the same, here."""

    def __init__(self, url: str | None, *, pause_seconds: float = PAUSE_SECONDS) -> None:
        """Connect to nothing yet.

        Args:
            url: ``redis://…``; None for none.
            pause_seconds: How long Redis is left alone after a failure.
        """
        self._here = CountsHere()
        self._pause_seconds, self._alone_until = pause_seconds, 0.0
        self._redis: redis.Redis | None = None
        self._storage: RedisStorage | None = None
        if url is not None:
            pool = redis.ConnectionPool.from_url(
                url,
                socket_timeout=TIMEOUT_SECONDS,
                socket_connect_timeout=TIMEOUT_SECONDS,
                decode_responses=True,
            )
            self._redis = redis.Redis(connection_pool=pool)
            self._storage = RedisStorage(url, connection_pool=pool, key_prefix="points:limit")

    @property
    def remote(self) -> bool:
        """Whether a call may wait for another process."""
        return self._redis is not None and time.monotonic() >= self._alone_until

    def hit(self, key: str, most: int, window_seconds: int) -> Standing:
        """Count one request of a key, across processes where Redis answers."""
        client, storage = self._redis, self._storage
        if client is not None and storage is not None:
            counted = self._try(lambda: _hit(storage, client, key, most, window_seconds))
            if counted is not None:
                return counted
        return self._here.hit(key, most, window_seconds)

    def top(self, board: str, most: int) -> Ranking | None:
        """Return the top of a ranked list, or None where it has to be read from the database."""
        client = self._redis
        return None if client is None else self._try(lambda: _top(client, board, most))

    def fill(self, board: str, as_of: str, ranks: Mapping[str, int], ttl_seconds: int) -> None:
        """Keep a ranked list that was read from the database, for a while."""
        client = self._redis
        if client is not None:
            self._try(lambda: _fill(client, board, as_of, ranks, ttl_seconds))

    def forget(self, board: str) -> None:
        """Drop a ranked list, because who stands on it has changed."""
        client = self._redis
        if client is not None:
            self._try(lambda: client.delete(_list(board), _time(board)))

    def close(self) -> None:
        """Let go of the connections."""
        if self._redis is not None:
            self._redis.connection_pool.disconnect()
            self._redis.close()

    def _try(self, ask: Callable[[], _T]) -> _T | None:
        """Return Redis's answer, or None where it has none in time."""
        if time.monotonic() < self._alone_until:
            return None
        try:
            return ask()
        except redis.RedisError as error:
            self._alone_until = time.monotonic() + self._pause_seconds
            said = {"error": type(error).__name__}
            _log.warning("redis does not answer; going on without it", extra=said)
            return None


def _hit(
    storage: RedisStorage, client: redis.Redis, key: str, most: int, window_seconds: int
) -> Standing:
    name = RateLimitItemPerSecond(most, window_seconds).key_for(key)
    count = storage.incr(name, window_seconds)
    left = client.ttl(storage.prefixed_key(name))
    return _standing(count, most, left)


def _list(board: str) -> str:
    return f"points:board:{{{board}}}"


def _time(board: str) -> str:
    return f"{_list(board)}:as-of"


def _top(client: redis.Redis, board: str, most: int) -> Ranking | None:
    with client.pipeline(transaction=True) as both:
        both.get(_time(board))
        both.zrevrange(_list(board), 0, most - 1, withscores=True)
        as_of, found = both.execute()
    if as_of is None:
        return None
    return Ranking(as_of, tuple((name, int(score)) for name, score in found))


def _fill(
    client: redis.Redis, board: str, as_of: str, ranks: Mapping[str, int], ttl_seconds: int
) -> None:
    with client.pipeline(transaction=True) as all_:
        all_.delete(_list(board), _time(board))
        if ranks:
            all_.zadd(_list(board), dict(ranks))
            all_.expire(_list(board), ttl_seconds)
        all_.set(_time(board), as_of, ex=ttl_seconds)
        all_.execute()
