"""The ways of scoring that ``points bench rules`` compares: the engine's, and plain Python's."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from points.cli.bench.by_hand import Usage, score_by_hand
from points.cli.bench.measure import Open, Pair, Post, Way
from points.rules import Choose, Entry, Tallies, replay

GOAL = 0.2
CHUNK = 500
"""Activities that are scored between two looks at the clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorings:
    """What is scored, over and over: each pass begins with nothing granted."""

    entries: Sequence[Entry]
    choose: Choose

    def pairs(self) -> tuple[Pair, ...]:
        """Return the engine with and without a trace, each beside plain Python."""
        plain = self._way("python.by_hand", "手写 Python", "Python by hand", self._by_hand)
        engine = self._way("rules.score", "规则引擎", "rules engine", self._engine)
        traced = self._way(
            "rules.trace", "规则引擎，写过程", "rules engine, with traces", self._traced
        )
        return (
            Pair(engine=engine, reference=plain, goal=GOAL),
            Pair(engine=traced, reference=plain),
        )

    def _way(self, code: str, zh: str, en: str, passing: Callable[[], Iterator[int]]) -> Way:
        return Way(code=code, zh=zh, en=en, workers=1, open=_endless(passing))

    def _engine(self) -> Iterator[int]:
        return self._replayed(trace=False)

    def _traced(self) -> Iterator[int]:
        return self._replayed(trace=True)

    def _replayed(self, *, trace: bool) -> Iterator[int]:
        tallies = Tallies()
        for begin in range(0, len(self.entries), CHUNK):
            chunk = self.entries[begin : begin + CHUNK]
            for _ in replay(chunk, self.choose, tallies, trace=trace):
                pass
            yield len(chunk)

    def _by_hand(self) -> Iterator[int]:
        usage: Usage = {}
        for begin in range(0, len(self.entries), CHUNK):
            chunk = self.entries[begin : begin + CHUNK]
            for entry in chunk:
                score_by_hand(entry.member_id, entry.facts, usage)
            yield len(chunk)


def _endless(passing: Callable[[], Iterator[int]]) -> Open:
    """Return a way that begins the next pass where one ends."""

    def passes() -> Iterator[int]:
        while True:
            yield from passing()

    @contextmanager
    def opened() -> Iterator[Post]:
        counts = passes()
        yield lambda: next(counts)

    return opened
