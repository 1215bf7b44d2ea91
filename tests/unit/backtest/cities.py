"""A small made-up city to back-test, opened in any process."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from points.cli.bench.city import City
from points.flows.backtest.scoring import Bench
from points.flows.backtest.source import Item, Mark
from points.flows.backtest.trial import Trial
from points.flows.context import RuleBook
from points.rules import ActivityTypes, RuleSet, load_activity_types, load_ruleset

RULES = Path(__file__).parents[3] / "rules"
SINCE, UNTIL = date(2026, 2, 1), date(2026, 7, 1)


@cache
def types() -> ActivityTypes:
    # Not through the composition root: each process of these tests would wait for all of it.
    found, findings = load_activity_types(text("activities"), file="activities.yaml")
    assert found is not None, findings
    return found


def text(name: str) -> str:
    return (RULES / f"{name}.yaml").read_text("utf-8")


def ruleset(content: str) -> RuleSet:
    found, findings = load_ruleset(content, file="rules.yaml", types=types())
    assert found is not None, findings
    return found


@cache
def book() -> RuleBook:
    return RuleBook((ruleset(text("party")), ruleset(text("health"))))


@cache
def draft() -> RuleSet:
    """Return the party rules with a higher bar and lower caps, as version 2."""
    content = text("party")
    for old, new in (
        ("version: 1", "version: 2"),
        ("event.hours >= 0.5", "event.hours >= 1"),
        ("max: 40,", "max: 30,"),
    ):
        assert old in content
        content = content.replace(old, new)
    return ruleset(content)


class SmallCity(City):
    """A city in groups of a few members."""

    def shards(self) -> Iterator[Sequence[str]]:
        names = [f"m{number:07}" for number in range(self.members_count)]
        for start in range(0, len(names), 5):
            yield names[start : start + 5]


@dataclass(frozen=True)
class Deadly:
    """A source in which a process dies at a certain member, once."""

    city: SmallCity
    member: str
    flag: Path

    as_of = property(lambda self: self.city.as_of)

    def mark(self) -> Mark:
        return self.city.mark()

    def shards(self) -> Iterator[Sequence[str]]:
        return self.city.shards()

    def stream(self) -> Iterator[Item]:
        return self.city.stream()

    def members(self, shard: Sequence[str]) -> Iterator[list[Item]]:
        if self.member in shard and not self.flag.exists():
            self.flag.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return self.city.members(shard)


def city(members: int = 20, seed: int = 1) -> SmallCity:
    return SmallCity(types=types(), members_count=members, days=181, seed=seed)


def trial(**said: object) -> Trial:
    about: dict[str, object] = {
        "programme": "party", "book": book(), "since": SINCE, "until": UNTIL, "after": draft(),
    }  # fmt: skip
    return Trial(**(about | said))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Opens:
    """Opens the bench, with a source that kills its process if a member is named."""

    members: int = 20
    dies_at: str = ""
    flag: Path = Path()

    @contextmanager
    def __call__(self) -> Iterator[Bench]:
        there = city(self.members)
        source = Deadly(there, self.dies_at, self.flag) if self.dies_at else there
        yield Bench(trial(), source)
