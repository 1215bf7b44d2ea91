"""Drives ways of posting in turn, round after round, and compares them within each round.

Machines are noisy: absolute figures of one machine drift within minutes. So the engine and what it
is compared with alternate, and a ratio is the median of the rounds' own ratios.
"""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from statistics import median

Post = Callable[[], int]
"""Posts once and returns how many postings that were."""

Open = Callable[[], AbstractContextManager[Post]]
"""Opens what one worker needs, before the clock starts."""

Clock = Callable[[], float]

OPENING_SECONDS_MAX = 60.0
WARMING_SHARE = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to post.

    Attributes:
        code: Stable, for programs: ``engine.submit.32``.
        zh: What it is, for people.
        en: The same in English.
        workers: Threads that post at the same time.
        open: Opens what one of them needs.
    """

    code: str
    zh: str
    en: str
    workers: int
    open: Open


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two ways to compare: the first one's rate is divided by the second one's.

    Attributes:
        engine: The engine's way.
        reference: The plain one.
        goal: The ratio that we want at least, if there is one.
    """

    engine: Way
    reference: Way
    goal: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A way's rates in postings a second, one a round."""

    way: Way
    rates: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The median."""
        return median(self.rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ratio:
    """A pair's ratios, one a round."""

    pair: Pair
    ratios: tuple[float, ...]

    @property
    def ratio(self) -> float:
        """The median."""
        return median(self.ratios)

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None where there is none."""
        return None if self.pair.goal is None else self.ratio >= self.pair.goal


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one run found."""

    lines: tuple[Line, ...]
    ratios: tuple[Ratio, ...]


def measure(
    pairs: tuple[Pair, ...],
    *,
    seconds: float,
    rounds: int,
    clock: Clock = time.perf_counter,
) -> Measured:
    """Drive every way once a round; ways that stand in several pairs are driven once.

    Args:
        pairs: What to compare.
        seconds: How long each way is driven in each round.
        rounds: At least one; a shorter one before them is thrown away.
        clock: In seconds: the wall's, or the processor's where nothing but it is waited for.
    """
    ways = list(_ways(pairs))
    for way in ways:
        rate(way, seconds=seconds * WARMING_SHARE, clock=clock)
    found: dict[str, list[float]] = {way.code: [] for way in ways}
    for _ in range(rounds):
        for way in ways:
            found[way.code].append(rate(way, seconds=seconds, clock=clock))
    return Measured(
        lines=tuple(Line(way=way, rates=tuple(found[way.code])) for way in ways),
        ratios=tuple(_ratio(pair, found) for pair in pairs),
    )


def rate(way: Way, *, seconds: float, clock: Clock = time.perf_counter) -> float:
    """Return postings a second; the clock runs from when all workers are ready to the last answer.

    Raises:
        Exception: Whatever stopped a worker.
    """
    ready = threading.Barrier(way.workers + 1, timeout=OPENING_SECONDS_MAX)

    def work() -> int:
        try:
            with way.open() as post:
                ready.wait()
                until, done = clock() + seconds, 0
                while clock() < until:
                    done += post()
                return done
        except BaseException:
            # The others must not wait for one that will never be ready.
            ready.abort()
            raise

    with ThreadPoolExecutor(way.workers) as pool:
        working = [pool.submit(work) for _ in range(way.workers)]
        with suppress(threading.BrokenBarrierError):
            ready.wait()
        begun = clock()
        errors = [error for each in working if (error := each.exception()) is not None]
        took = clock() - begun
    # What made the others give up comes before their giving up.
    for error in sorted(errors, key=lambda each: isinstance(each, threading.BrokenBarrierError)):
        raise error
    return sum(each.result() for each in working) / took


def _ways(pairs: tuple[Pair, ...]) -> Iterator[Way]:
    seen: set[str] = set()
    for pair in pairs:
        for way in (pair.engine, pair.reference):
            if way.code not in seen:
                seen.add(way.code)
                yield way


def _ratio(pair: Pair, found: dict[str, list[float]]) -> Ratio:
    rounds = zip(found[pair.engine.code], found[pair.reference.code], strict=True)
    return Ratio(pair=pair, ratios=tuple(ours / theirs for ours, theirs in rounds))
