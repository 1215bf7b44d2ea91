"""Replay is life: what was posted, every construct in use, comes out again award for award."""

import random
from datetime import timedelta
from typing import Any

import pytest

from points.activities.awarded import granted_for
from points.flows.record import Record
from points.flows.replaying import past_of
from points.kernel.ids import MemberId
from points.rules import Evaluation, Tally, replay
from points.rules.outcome import UsageKey
from tests.flows.constructs import example_town, set_clock, sound, tick
from tests.flows.town import NUMBERS, Town

DAYS = 24
A_DAY = 8
Points = dict[tuple[str, str, str], tuple[int, int]]


def something(here: Town, chance: random.Random, people: list[MemberId]) -> Record:
    """Return an activity of one of the people, some days ago, as it might be reported."""
    member, hours = chance.choice(people), chance.choice(["0.5", "1", "2", "3.3", "7"])
    kind, fields = chance.choice(
        [
            ("volunteer.shift", {"hours": hours, "verified": chance.random() < 0.9}),
            ("volunteer.shift", {"hours": hours, "verified": True, "site": "S1"}),
            ("emergency.duty", {"hours": hours}),
            ("emergency.duty", {"hours": "11"}),
            ("micro.lesson", {"passed": True}),
            ("grid.report", {"accepted": chance.random() < 0.8}),
            ("grid.report", {"accepted": True}),
            ("grid.resolution", {"report": f"{member}-{chance.randrange(8)}"}),
            ("grid.resolution", {"report": f"{member}-{chance.randrange(8)}"}),
            ("mentoring.session", {"hours": hours, "mentee": chance.choice(people)}),
            ("honour.award", {"level": chance.choice(["city", "county"]), "deed": "D1"}),
        ]
    )
    reports = kind == "grid.report"
    number = f"{member}-{chance.randrange(8)}" if reports else f"N{next(NUMBERS)}"
    return here.shift(
        member,
        type=kind,
        fields=fields,
        occurred_at=here.clock.now() - timedelta(hours=chance.randrange(72)),
        # A number that was used before is another report, and refused.
        source="grid_platform" if reports else "feed",
        external_id=number,
        trusted=chance.random() < 0.9,
    )


def live(here: Town, chance: random.Random) -> list[MemberId]:
    """Let a fortnight go by in which everything happens, and return who took part."""
    people = [here.person(branch=branch) for branch in ("甲", "甲", "甲", "乙", "乙")]
    set_clock(here, "2026-09-14T00:30")
    for _ in range(DAYS):
        for _ in range(2):
            here.clock.advance(timedelta(hours=12))
            coming = [something(here, chance, people) for _ in range(A_DAY // 2)]
            here.engine.submit_many(coming)
            tick(here)
    here.clock.advance(timedelta(days=40))
    tick(here)
    return people


def stored(here: Town, people: list[MemberId]) -> Points:
    """Return what stands of every activity, by rule and measure."""
    pasts = past_of(here.engine, here.association, people)
    ids = [past.entry.facts.activity_id for past in pasts]
    with here.engine.reading(here.association) as connection:
        found = granted_for(connection, here.association, ids, "party")
    return {
        (activity, each.rule_id, each.measure.rpartition(".")[2]): (each.points, each.forgone)
        for activity, granted in found.items()
        for each in granted
        if each.points or each.forgone
    }


def replayed(here: Town, people: list[MemberId]) -> Points:
    """Return what scoring everything again from storage comes to."""
    pasts = past_of(here.engine, here.association, people)
    rules = here.engine.context.rules
    found: Points = {}
    entries = (past.entry for past in pasts)
    for each in replay(entries, rules.in_force, until=here.clock.now()):
        assert isinstance(each.result, Evaluation)
        for granted in (*each.result.awards, *each.result.refused):
            points: Any = getattr(granted, "points", {})
            for measure in {*points, *granted.forgone}:
                key = (each.entry.facts.activity_id, granted.rule_id, measure)
                before = found.get(key, (0, 0))
                more = (points.get(measure, 0), granted.forgone.get(measure, 0))
                found[key] = (before[0] + more[0], before[1] + more[1])
    return found


def test_replay_from_storage_is_what_was_posted(
    module_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20260924)
    with example_town(module_database_url) as here:
        people = live(here, chance)
        sound(here)
        posted, again = stored(here, people), replayed(here, people)
        assert again == posted
        rules = {rule for (_, rule, _), (points, _) in posted.items() if points}
        assert rules >= {"BANDS", "DUTY", "MENTOR", "MENTEE", "STREAK", "RESOLVED", "HOLIDAY"}
        assert any(forgone for _, forgone in posted.values())

        # The control: whoever forgets that members share a budget is found out.
        def alone(self: Tally, key: UsageKey) -> tuple[dict[UsageKey, Any], UsageKey]:
            return self.spendings, key

        monkeypatch.setattr(Tally, "_counts", alone)
        assert replayed(here, people) != posted
