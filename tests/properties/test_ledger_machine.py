"""I1 to I4, I7 and I8 hold on both databases, whatever is done in whatever order."""

from collections.abc import Iterable, Iterator
from contextlib import closing

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from points.kernel.errors import PointsError
from tests.properties.ledger_machine import LedgerMachine
from tests.properties.ledger_storm import storm
from tests.properties.ledger_world import World
from tests.properties.mutants import MUTANTS, Mutant

QUICK = settings(
    max_examples=15,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
LONG = settings(QUICK, max_examples=5000, stateful_step_count=50, derandomize=False)


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    opened = World(database_url)
    yield opened
    opened.close()


def run(world: World, how: settings) -> None:
    """Drive the machine on a world."""
    machine = type("Machine", (LedgerMachine,), {"world": world})
    run_state_machine_as_test(machine, settings=how)


def test_the_engine_and_the_model_agree(world: World) -> None:
    """On both databases; where a step takes several times as long, for fewer examples."""
    few = world.database.dialect.name == "postgresql"
    run(world, settings(QUICK, max_examples=5) if few else QUICK)


@pytest.mark.nightly
def test_the_engine_and_the_model_agree_for_long(world: World) -> None:
    run(world, LONG)


SEEDS = (5, 10, 11)
"""Each mutant is shown by one of these storms, and most of them by the first."""


def storms(world: World, seeds: Iterable[int] = SEEDS) -> None:
    """Let storms pass over a world."""
    for seed in seeds:
        storm(world, seed)


def test_no_storm_changes_anything_about_that(world: World) -> None:
    storms(world)


@pytest.mark.nightly
def test_a_thousand_storms_neither(world: World) -> None:
    storms(world, range(1000))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_storms_show(mutant: Mutant, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The very storms that find nothing in the ledger itself find what is wrong with a mutant."""
    mutant.apply(monkeypatch)
    with closing(World(sqlite_url)) as world, pytest.raises((AssertionError, PointsError)):
        storms(world)
