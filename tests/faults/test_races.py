"""I5 and I6 where processes meet: of eight racers through two engines exactly one wins.

A thousand rounds of each race run at night, a few in the default run. The control takes the locks
and the unique keys behind them away: then the same races must be seen to fail.
"""

from collections.abc import Iterator

import pytest

from tests.faults.races import RACES, Race
from tests.faults.racetrack import Track, take_locks_away, track

ROUNDS, ROUNDS_ON_SQLITE, ROUNDS_AT_NIGHT = 10, 4, 1000
ROUNDS_OF_A_CONTROL, TRIES_OF_A_CONTROL = 10, 10

by_name = pytest.mark.parametrize("race", RACES, ids=lambda race: race.__name__)


@pytest.fixture(scope="module")
def on(module_postgres_url: str) -> Iterator[Track]:
    with track(module_postgres_url) as it:
        yield it
        assert list(it.differences()) == []


@pytest.fixture(scope="module")
def on_sqlite(module_sqlite_url: str) -> Iterator[Track]:
    with track(module_sqlite_url) as it:
        yield it
        assert list(it.differences()) == []


@pytest.fixture
def fresh(postgres_url: str) -> Iterator[Track]:
    with track(postgres_url) as it:
        yield it


@by_name
@pytest.mark.postgres
def test_every_round_has_one_outcome(on: Track, race: Race) -> None:
    assert list(race(on, ROUNDS)) == []


@by_name
def test_every_round_has_one_outcome_on_sqlite(on_sqlite: Track, race: Race) -> None:
    assert list(race(on_sqlite, ROUNDS_ON_SQLITE)) == []


@by_name
@pytest.mark.postgres
@pytest.mark.nightly
def test_every_one_of_a_thousand_rounds_has_one_outcome(fresh: Track, race: Race) -> None:
    assert list(race(fresh, ROUNDS_AT_NIGHT)) == []
    assert list(fresh.differences()) == []


@by_name
@pytest.mark.postgres
def test_without_locks_the_races_are_seen_to_fail(
    fresh: Track, race: Race, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_locks_away(fresh, monkeypatch)
    assert any(list(race(fresh, ROUNDS_OF_A_CONTROL)) for _ in range(TRIES_OF_A_CONTROL))
