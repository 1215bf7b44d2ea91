"""I5 and I6: a voucher is used once, pieces and money are promised once; I2 and I4 beside them."""

import random
from collections.abc import Callable

import pytest

from points.catalogue.shelf import Booking, Shelf
from points.flows import capture, void
from points.kernel.errors import PointsError
from points.vouchers.standing import Standing
from tests.flows.market import market
from tests.properties.redemption_storm import RedemptionStorm

ACTIONS = 60


def storms(url: str, seeds: int, first: int = 0, actions: int = ACTIONS) -> None:
    """Let so many storms pass, each over a market of its own."""
    for seed in range(first, first + seeds):
        with market(url) as here:
            RedemptionStorm(here, random.Random(seed)).blow(actions)


@pytest.mark.parametrize("seed", range(3))
def test_no_storm_breaks_a_promise(database_url: str, seed: int) -> None:
    storms(database_url, 1, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 150))
def test_no_long_storm_breaks_a_promise(database_url: str, seed: int) -> None:
    storms(database_url, 1, seed, actions=400)


def takes_more_than_is_left(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "remaining_parts", property(lambda self: self.voucher.terms.whole))


def ignores_supply(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Shelf, "refuses", lambda *_: None)


def never_expires(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Standing, "expired", lambda *_: False)


def voids_always(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(void, "_why_not", lambda *_: None)


def captures_for_nothing(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capture, "_spend", lambda *_: None)


def forgets_what_was_freed(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Booking, "release", lambda *_: None)


def loses_pieces(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(capture.desk, "move_stock", lambda *_, **__: None)


def forgets_points_on_void(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(void, "_hold_again", lambda *_: None)


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
