"""Promises about scoring again: in any order, in any process, and after a reversal."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from points.activities.docket import Docket
from points.flows.reverse import Reverse
from points.kernel.ids import MemberId
from points.rules import Entry, Evaluation, RuleSet, granting, replay
from tests.flows.town import Town, town
from tests.properties.activities import ZONE, Activities
from tests.properties.year import LEAKING, hash_of_a_year, shipped_rules

TYPES, RULESETS = shipped_rules()
SIDE_BY_SIDE = ("station.check", "steps.week")
"""Their rules cap by week and by month, which do not nest: there, what came first counts first."""
CAPPED = (
    "volunteer.shift", "training.session", "grid.report", "honour.award", "good.deed",
    "followup.visit", "mobile.checkin", "health.quiz", "rest.stop", "lecture.given",
)  # fmt: skip
Totals = dict[tuple[str, str, str], int]


def choose(programme: str, at: datetime) -> RuleSet | None:
    return next((r for r in RULESETS if r.programme == programme and r.in_force(at)), None)


def totals(entries: Sequence[Entry]) -> Totals:
    """Return what each member got in each measure."""
    sums: Totals = {}
    for each in replay(entries, choose):
        assert isinstance(each.result, Evaluation), each.result
        for measure, points in each.result.totals.items():
            key = each.entry.member_id, each.ruleset.programme, measure
            sums[key] = sums.get(key, 0) + points
    return sums


def orders(entries: Sequence[Entry], count: int) -> Iterator[list[Entry]]:
    chance = Random(7)
    for _ in range(count):
        shuffled = list(entries)
        chance.shuffle(shuffled)
        yield shuffled


def crowded(only: Sequence[str], count: int) -> list[Entry]:
    """Return activities so close together that their caps cut."""
    since = datetime(2025, 12, 29, tzinfo=ZONE)
    return list(Activities(TYPES, 3, members=4, only=only, since=since, days=6).take(count))


def test_any_order_of_arrival_gives_the_same_totals() -> None:
    every = crowded([name for name in TYPES.types if name not in SIDE_BY_SIDE], 80)
    for entries in (crowded(CAPPED, 80), every):
        want = totals(entries)
        assert all(totals(shuffled) == want for shuffled in orders(entries, 250))
    found = [each.result for each in replay(crowded(CAPPED, 80), choose)]
    assert any(isinstance(each, Evaluation) and each.capped for each in found), "caps cut"


def test_counting_what_was_asked_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: a cap that counts what was asked makes the order matter."""
    honest = granting.Granting._use
    monkeypatch.setattr(
        granting.Granting, "_use", lambda self, keys, n, uses: honest(self, keys, n + 3, uses)
    )
    entries = crowded(CAPPED, 80)
    want = totals(entries)
    assert not all(totals(shuffled) == want for shuffled in orders(entries, 20))


def test_weeks_beside_months_do_depend_on_the_order() -> None:
    """The other control, and why those two types are left out: not every cap nests."""
    since = datetime(2026, 1, 1, tzinfo=ZONE)
    drawn = Activities(TYPES, 3, members=4, only=SIDE_BY_SIDE, since=since, days=120)
    entries = list(drawn.take(300))
    want = totals(entries)
    assert not all(totals(shuffled) == want for shuffled in orders(entries, 20))


def test_a_year_is_replayed_byte_for_byte() -> None:
    here = hash_of_a_year()
    assert hash_of_a_year() == here
    assert elsewhere("1") == elsewhere("2") == here


def test_the_order_of_a_set_would_be_noticed() -> None:
    """The control: what depends on the seed of hashing differs from process to process."""
    assert elsewhere("1", LEAKING) != elsewhere("2", LEAKING)


def elsewhere(seed: str, *how: str) -> str:
    """Return the hash that another process comes to."""
    done = subprocess.run(  # noqa: S603 - ourselves
        [sys.executable, "-m", "tests.properties.year", *how],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": seed},
    )
    return done.stdout


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url) as it:
        yield it


def recorded(here: Town, member: MemberId, hours: str, hours_ago: int) -> str:
    shift = here.shift(
        member, hours=hours, ago=timedelta(hours=hours_ago), source="venue_qr", trusted=True
    )
    return str(here.done(shift)["activity_id"])


def awarded(here: Town, activity: str) -> list[tuple[str, str, int]]:
    found = here.score(activity)["awards"]
    return sorted((each["rule"], each["measure"], each["points"]) for each in found)


SHIFTS = (("2", 30), ("1.5", 27), ("0.5", 33), ("2", 51), ("1", 6), ("0.5", 3))


def test_live_scoring_in_any_order_gives_the_same_totals(here: Town) -> None:
    found = set()
    for number in range(4):
        member = here.person()
        waiting = [recorded(here, member, *shift) for shift in SHIFTS]
        Random(number).shuffle(waiting)
        points = [each for activity in waiting for each in awarded(here, activity)]
        found.add(tuple(sum(p for _, m, p in points if m == measure) for measure in ("party.wallet", "party.rating")))  # fmt: skip
    assert len(found) == 1
    assert found != {(0, 0)}


def earned_again(here: Town) -> tuple[Any, Any]:
    """Return what a shift earned, and what the same earns once the first was taken back."""
    member = here.person()
    for shift in (("2", 22), ("1.5", 26)):
        awarded(here, recorded(here, member, *shift))
    activity = recorded(here, member, "2", 30)
    first = awarded(here, activity)
    reversing = here.command(
        Reverse,
        activity_id=activity,
        member_id=member,
        transactions=here.filed(activity).claim.transactions,
        reason="error",
    )
    here.done(reversing)
    return first, awarded(here, recorded(here, member, "2", 30))


def test_a_reversal_restores_exactly_the_room_it_took(here: Town) -> None:
    first, again = earned_again(here)
    assert first == again
    assert ("P06", "party.wallet", 5) in first, "the day's cap left five"


def test_room_that_is_not_given_back_would_be_noticed(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: without taking back what the caps counted, the second earns less."""
    monkeypatch.setattr(Docket, "take_back", lambda *_: None)
    first, again = earned_again(here)
    assert first != again
