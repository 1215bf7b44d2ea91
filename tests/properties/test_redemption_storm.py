"""I5, I6 and I10: used once, promised once, settled once; I2 and I4 beside them.

Hypothesis chooses what is done, and makes what fails shorter; seeds choose it in the longer storms.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from points.catalogue.shelf import Booking, Shelf
from points.flows import capture, desk, void
from points.kernel.errors import PointsError
from points.partners.model import Account
from points.vouchers import store
from points.vouchers.standing import Standing
from tests.databases import SqliteDatabases, migrate
from tests.flows.market import market
from tests.properties.redemption_storm import RedemptionStorm

ACTIONS = 60


def storms(url: str, seeds: int, first: int = 0, actions: int = ACTIONS) -> None:
    """Let so many storms pass, each over a market of its own."""
    for seed in range(first, first + seeds):
        with market(url) as here:
            RedemptionStorm(here, random.Random(seed)).blow(actions)


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.nightly)])
def test_no_storm_breaks_a_promise(database_url: str, seed: int) -> None:
    storms(database_url, 1, seed)


QUICK = settings(
    max_examples=4, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
LONG = settings(QUICK, max_examples=5000, derandomize=False)
STEPS, STEPS_AT_NIGHT = 25, 50


def search(databases: SqliteDatabases, how: settings, steps: int) -> None:
    """Let Hypothesis make the choices of a storm, over a fresh market each time."""

    @how
    @given(st.randoms(use_true_random=False))
    def storm(chance: random.Random) -> None:
        with databases.copy(databases.template(migrate)) as url, market(url) as here:
            RedemptionStorm(here, chance).blow(steps)

    storm()


def test_no_choice_breaks_a_promise(sqlite_databases: SqliteDatabases) -> None:
    search(sqlite_databases, QUICK, STEPS)


@pytest.mark.nightly
def test_no_choice_of_thousands_breaks_a_promise(sqlite_databases: SqliteDatabases) -> None:
    search(sqlite_databases, LONG, STEPS_AT_NIGHT)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 150))
def test_no_long_storm_breaks_a_promise(database_url: str, seed: int) -> None:
    storms(database_url, 1, seed, actions=400)


def takes_more_than_is_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "remaining_parts", property(lambda self: self.voucher.terms.whole))


def ignores_supply(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shelf, "against", lambda *_, **__: iter(()))


def never_expires(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "expired", lambda *_: False)


def voids_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(void, "_why_not", lambda *_: None)


def captures_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capture, "_spend", lambda *_: None)


def forgets_what_was_freed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Booking, "release", lambda *_: None)


def loses_pieces(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(desk, "move_stock", lambda *_, **__: None)


def forgets_points_on_void(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(void, "_hold_again", lambda *_: None)


def forgets_a_line(patch: pytest.MonkeyPatch) -> None:
    right = store.owed_in
    patch.setattr(store, "owed_in", lambda *asked: right(*asked)[1:])


def books_into_what_is_closed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Account, "books_at", lambda _, now: now - timedelta(days=40))


def corrects_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Booking, "correct", lambda *_: None)


def draws_up_too_soon(patch: pytest.MonkeyPatch) -> None:
    right = store.owed_in
    ahead = timedelta(days=365)
    patch.setattr(
        store,
        "owed_in",
        lambda c, a, period: right(c, a, replace(period, ends=period.ends + ahead)),
    )


@pytest.mark.parametrize(
    "mutant",
    [
        takes_more_than_is_left,
        ignores_supply,
        never_expires,
        voids_always,
        captures_for_nothing,
        forgets_what_was_freed,
        loses_pieces,
        forgets_points_on_void,
        forgets_a_line,
        books_into_what_is_closed,
        corrects_for_nothing,
        draws_up_too_soon,
    ],
)
def test_the_storms_show(
    sqlite_url: str,
    monkeypatch: pytest.MonkeyPatch,
    mutant: Callable[[pytest.MonkeyPatch], None],
) -> None:
    with pytest.raises((AssertionError, PointsError)):
        found_in(sqlite_url, monkeypatch, mutant)


def found_in(
    url: str, patch: pytest.MonkeyPatch, mutant: Callable[[pytest.MonkeyPatch], None]
) -> None:
    """Let one long storm pass over what is broken."""
    with market(url) as here:
        storm = RedemptionStorm(here, random.Random(1))
        mutant(patch)
        storm.blow(300)
