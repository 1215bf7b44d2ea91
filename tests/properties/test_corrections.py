"""Whatever is scored, reversed and corrected: what stands is what scoring the rest anew gives."""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from points.activities.docket import Docket
from points.activities.model import Award
from points.corrections.model import Result
from points.flows import post_correction, posting_corrections, recalculating
from points.flows.table import FLOWS
from points.kernel.errors import PointsError
from points.kernel.ids import AssociationId
from tests.flows import test_corrections as batches
from tests.flows.town import Town, town
from tests.properties.correction_storm import Storm, before_all

STEPS = 18
SEEDS = (39, 1)
"""Between them, these storms show each mutant; most are shown by the first."""


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS, before_all()) as it:
        yield it


def storms(here: Town, seeds: Iterable[int] = SEEDS, steps: int = STEPS) -> None:
    for seed in seeds:
        # Each in an association of its own: rules are published in it.
        elsewhere = replace(here, association=AssociationId(f"storm-{seed}"))
        Storm(elsewhere, random.Random(seed)).blow(steps)


def test_what_stands_is_what_scoring_the_rest_anew_gives(here: Town) -> None:
    storms(here)


@pytest.mark.nightly
def test_a_hundred_storms_change_nothing_about_that(here: Town) -> None:
    storms(here, range(100), 60)


Patch = pytest.MonkeyPatch


def never_fills_the_room(patch: Patch) -> None:
    patch.setattr(Docket, "mark", lambda *_: None)


def forgets_to_give_room_back(patch: Patch) -> None:
    patch.setattr(recalculating, "_superseded", lambda *_: ())


def adds_to_what_stood(patch: Patch) -> None:
    right = Docket.award

    def wrong(self: Docket, award: Award, *rest: Any) -> None:
        right(self, award, *rest)
        if award.calculation > 1:
            self.awards_of[award.activity_id].pop()
            self.awards.pop()

    patch.setattr(Docket, "award", wrong)


def posts_twice(patch: Patch) -> None:
    """Post whatever was found, whether the part has come to something or not."""
    right = posting_corrections.members_left

    def all_of_them(*args: Any, **named: Any) -> Any:
        return right(*args, **named) or []

    patch.setattr(posting_corrections, "members_left", all_of_them)
    real = recalculating.Draft.take_back
    patch.setattr(
        recalculating.Draft,
        "take_back",
        lambda self, grant, *, standing=0: (
            real(self, grant, standing=standing) + real(self, grant, standing=max(0, standing - 1))
        ),
    )


def looks_at_reversed_ones_too(patch: Patch) -> None:
    patch.setattr(recalculating, "COUNTING", (*recalculating.COUNTING, "reversed"))
    right = Docket.take_back

    def wrong(self: Docket, award: Award) -> None:
        if self.claims[award.activity_id].state in recalculating.PENDING:
            right(self, award)

    patch.setattr(Docket, "take_back", wrong)


MUTANTS: tuple[Callable[[Patch], None], ...] = (
    never_fills_the_room,
    forgets_to_give_room_back,
    adds_to_what_stood,
    posts_twice,
    looks_at_reversed_ones_too,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_a_storm_shows(
    mutant: Callable[[Patch], None], sqlite_url: str, monkeypatch: Patch
) -> None:
    """The very storms that find nothing in the engine find what is wrong with a mutant."""
    mutant(monkeypatch)
    with town(sqlite_url, FLOWS, before_all()) as it, pytest.raises((AssertionError, PointsError)):
        storms(it)


def test_whoever_posts_what_nobody_approved_is_noticed(sqlite_url: str, monkeypatch: Patch) -> None:
    """A part that differs from its preview is left out: without that, it would be posted."""
    monkeypatch.setattr(post_correction, "_result", lambda *_: Result.POSTED)
    with town(sqlite_url, FLOWS) as it, pytest.raises(AssertionError):
        batches.test_who_has_changed_since_the_preview_is_left_out_and_caught_up_with(it)
