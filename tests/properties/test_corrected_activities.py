"""Setting an activity right leads to what would have been, had it been right at once.

Two associations live through the same days. In one, things are reported wrongly and set right
later, some of them twice; in the other they are right from the first. What every activity counts
for in the end is the same: caps within caps, cooldowns and histories included.
"""

import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import pytest

from points.activities import store
from points.activities.model import latest
from points.activities.scored import Scored
from points.flows.context import Context, RuleBook
from points.flows.rescoring import rescore_marked
from points.flows.table import FLOWS
from points.flows.verify import verify
from points.kernel.errors import PointsError
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.ledger.reads import balances
from points.rules import load_ruleset
from tests.flows.test_corrected_activities import correcting, deciding, proposed
from tests.flows.town import NOON, Town, activity_types, civic_context, town

RULES = """
ruleset: party
version: 9
effective: {from: "2025-01-01", until: "2028-01-01"}
timezone: Asia/Shanghai
title: {zh: 试验, en: Trial}
measures: [wallet]
caps:
  a_day: {window: day, max: 10, title: {zh: 每天, en: A day}}
  a_month: {window: month, max: 25, title: {zh: 每月, en: A month}}
rules:
  - {id: L1, on: micro.lesson, points: 3, caps: [a_day, a_month], title: {zh: 课, en: L}, COMMON}
  - {id: D1, on: lecture.given, points: event.people, caps: [a_day, a_month], title: {zh: 授, en: D}, COMMON}
  - {id: T1, on: theme.day, points: 5, cooldown: P2D, title: {zh: 党日, en: T}, COMMON}
  - {id: H1, on: branch.meeting, points: 7, when: 'history.count("micro.lesson", "P20D") >= 2', title: {zh: 会, en: H}, COMMON}
""".replace("COMMON", "category: learn, measures: [wallet], expires: {wallet: end_of_next_year}")
KINDS = ("micro.lesson", "lecture.given", "theme.day", "branch.meeting")
STEPS, WRONG = 14, 0.5
LIVES = (2, 5, 6, 7)
"""Lives in which much goes wrong: the first of them shows either mutant already."""


@cache
def context() -> Context:
    loaded, findings = load_ruleset(RULES, file="trial.yaml", types=activity_types())
    assert loaded is not None, findings
    return replace(civic_context(), rules=RuleBook((loaded,)))


@dataclass(frozen=True, slots=True)
class Said:
    """What an activity says."""

    kind: str
    at: datetime
    people: int

    @property
    def fields(self) -> dict[str, Any]:
        return {
            "micro.lesson": {"passed": True},
            "lecture.given": {"people": self.people},
            "theme.day": {"present": True},
            "branch.meeting": {"kind": "party_class", "present": True},
        }[self.kind]


def said(chance: random.Random) -> Said:
    ago = timedelta(hours=chance.randint(1, 24 * 25))
    return Said(chance.choice(KINDS), NOON - ago, chance.randint(1, 12))


def set_right(here: Town, activity: str, right: Said) -> str:
    # What stands already needs nobody to set it right.
    found = here.filed(activity).activity
    if (found.type, found.occurred_at, dict(found.fields)) == (right.kind, right.at, right.fields):
        return activity
    command = correcting(here, activity, type=right.kind, occurred_at=right.at, fields=right.fields)
    made = here.done(deciding(here, proposed(here, command)))["activity_id"]
    here.score(made)
    return str(made)


def live(here: Town, seed: int, *, wrongly: bool) -> tuple[MemberId, list[str]]:
    """Let the days pass; the same seed leads to the same truth, however it is reported."""
    truth, slips = random.Random(seed), random.Random(f"slips {seed}")
    member, made = here.person(), []
    pending: list[tuple[int, Said]] = []
    for _ in range(STEPS):
        here.clock.advance(timedelta(minutes=7))
        right = said(truth)
        wrong = wrongly and slips.random() < WRONG
        first = said(slips) if wrong else right
        row = here.shift(
            member,
            type=first.kind,
            fields=first.fields,
            occurred_at=first.at,
            source="feed",
            trusted=True,
        )
        made.append(str(here.done(row)["activity_id"]))
        here.score(made[-1])
        if wrong:
            if slips.random() < 0.3:
                pending.append((len(made) - 1, said(slips)))  # set wrong once more before
            pending.append((len(made) - 1, right))
        while pending and slips.random() < 0.4:
            catch_up(here, made, pending)
    while pending:
        catch_up(here, made, pending)
    while rescore_marked(here.engine, here.association):
        pass
    return member, made


def catch_up(here: Town, made: list[str], pending: list[tuple[int, Said]]) -> None:
    here.clock.advance(timedelta(minutes=1))
    place, right = pending.pop(0)
    made[place] = set_right(here, made[place], right)
    if len(pending) % 2:
        rescore_marked(here.engine, here.association)


def stands(here: Town, member: MemberId, made: list[str]) -> tuple[Any, ...]:
    ids = [ActivityId(each) for each in made]
    with here.engine.reading(here.association) as connection:
        awards = store.awards_of(connection, here.association, ids)
        wallet = balances(connection, here.association, member, here.clock.now())
        usage = store.usage_of(connection, here.association, [member])
    granted = [
        sorted((a.rule_id, a.points) for a in latest(awards.get(each, ())) if a.points)
        for each in ids
    ]
    held = sum(each.available + each.pending + each.debt for each in wallet)
    used = sorted((key.cap, key.window_key, *count) for key, count in usage.items() if any(count))
    return granted, held, used


def compare(here: Town, seeds: Iterable[int]) -> None:
    for seed in seeds:
        found = []
        for wrongly in (False, True):
            elsewhere = replace(here, association=AssociationId(f"w{seed}-{wrongly}"))
            found.append(stands(elsewhere, *live(elsewhere, seed, wrongly=wrongly)))
            verdict = verify(elsewhere.engine, elsewhere.association)
            assert verdict.ok, verdict.first_difference
        assert found[0] == found[1], seed


@pytest.fixture
def here(database_url: str) -> Iterator[Town]:
    with town(database_url, FLOWS, context()) as it:
        yield it


def test_it_leads_to_what_would_have_been(here: Town) -> None:
    compare(here, LIVES[:1])


@pytest.mark.nightly
def test_it_does_so_in_sixty_lives(here: Town) -> None:
    compare(here, range(62))


Patch = pytest.MonkeyPatch


def forgets_to_score_again(patch: Patch) -> None:
    patch.setattr("points.flows.score._mark", lambda *_: None)


def counts_when_it_was_set_right(patch: Patch) -> None:
    patch.setattr(Scored, "place", Scored.order)


MUTANTS: tuple[Callable[[Patch], None], ...] = (
    forgets_to_score_again,
    counts_when_it_was_set_right,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_the_same_lives_show_what_is_wrong(
    mutant: Callable[[Patch], None], sqlite_url: str, monkeypatch: Patch
) -> None:
    mutant(monkeypatch)
    with (
        town(sqlite_url, FLOWS, context()) as it,
        pytest.raises((AssertionError, PointsError)),
    ):
        compare(it, LIVES)
