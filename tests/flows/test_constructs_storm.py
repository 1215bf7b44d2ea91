"""Every construct, reversals, versions for the past and taken back: whatever happens, all returns.

Points that were put off, budgets that members share, peers, groups and corrections meet in a random
life. Scoring again then changes nothing; and once everything is reversed, no point and no room
under any cap is left, nor missing.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Table, select

from points.activities.outcome_tables import open_deferral, shared_usage
from points.activities.tables import cap_usage, claim
from points.corrections.model import State
from points.flows import table
from points.flows.correcting import to_replace, to_undo
from points.flows.gate import pass_gate
from points.flows.posting_corrections import post_due
from points.flows.rescoring import foresee
from points.kernel.ids import CorrectionId, MemberId
from points.ledger.tables import account
from tests.flows.constructs import EXAMPLES, example_town, reverse, set_clock, sound, tick
from tests.flows.corrections import deciding, filed, previewed, proposed
from tests.flows.drafts import saved, standing, submitting
from tests.flows.test_constructs_replay import something
from tests.flows.town import Town

CHANGES = (
    ("each: 10", "each: 12"),
    ("each: 10", "each: 5"),
    ("max: 200", "max: 60"),
    ("max: 40", "max: 15"),
    ("event.hours * 5", "event.hours * 7"),
    ("    points: 8", "    points: 80"),
    ("once: week", "once: month"),
)
STANDS = ("publicity", "posted")


@dataclass(slots=True)
class Storm:
    """A life in which anything may happen, and the corrections that can still be taken back."""

    here: Town
    chance: random.Random
    people: list[MemberId] = field(default_factory=list)
    open: list[CorrectionId] = field(default_factory=list)
    version: int = 1

    def rows(self, of: Table) -> list[dict[str, Any]]:
        """Return everything in a table."""
        with self.here.engine.reading(self.here.association) as connection:
            found = connection.execute(
                select(of).where(of.c.association_id == self.here.association)
            )
            return [dict(row) for row in found.mappings()]

    def standing(self) -> list[str]:
        """Return the activities that count."""
        return [row["activity_id"] for row in self.rows(claim) if row["state"] in STANDS]

    def half_a_day(self) -> None:
        """Let some activities come in, and perhaps one go."""
        self.here.clock.advance(timedelta(hours=12))
        coming = [something(self.here, self.chance, self.people) for _ in range(4)]
        self.here.engine.submit_many(coming)
        tick(self.here)
        self.perhaps_reverse(0.6)

    def perhaps_reverse(self, likely: float) -> None:
        """Take an activity back, with a likelihood."""
        stands = self.standing()
        if stands and self.chance.random() < likely:
            reverse(self.here, self.chance.choice(stands))
            if self.chance.random() < likely:
                tick(self.here)

    def correct(self) -> None:
        """Bring a version in for the past, or take the last one back."""
        here, undoing = self.here, bool(self.open) and self.chance.random() < 0.5
        if undoing:
            last = self.open.pop()
            post_due(here.engine, here.association)
            assert filed(here, last).standing.kept is State.DONE
            wish = to_undo(here.engine, here.association, last)
        else:
            draft = saved(here, self.text())
            known = here.engine.context_of(here.association)
            # What the gate looks at is tried elsewhere; these examples have their cases apart.
            gate = replace(pass_gate(standing(here, draft).draft, known), reasons=())
            here.done(submitting(here, draft, gate=gate, correction=True))
            wish = to_replace(here.engine, here.association, draft)
        name = proposed(here, previewed(here, wish))
        self.perhaps_reverse(0.5)
        here.done(deciding(here, name))
        if not undoing:
            self.open.append(name)
        self.chance.choice((lambda: post_due(here.engine, here.association), lambda: tick(here)))()

    def text(self) -> str:
        """Return the next version of the examples, with some of them changed."""
        self.version += 1
        text = (EXAMPLES / "constructs.yaml").read_text("utf-8")
        text = text.replace("version: 1", f"version: {self.version}", 1)
        for old, new in CHANGES:
            if self.chance.random() < 0.5:
                text = text.replace(old, new)
        return text


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with example_town(module_database_url, flows=table.FLOWS) as it:
        yield it


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(12))
def test_whatever_happened_everything_returns(here: Town, seed: int) -> None:
    storm = Storm(here, random.Random(seed))
    storm.people = [here.person(branch=branch) for branch in ("甲", "甲", "甲", "乙", "乙")]
    set_clock(here, "2026-09-14T00:30")
    for day in range(1, 15):
        storm.half_a_day()
        storm.half_a_day()
        if day % 3 == 0:
            storm.correct()
        sound(here)
    here.clock.advance(timedelta(days=40))
    tick(here)
    tick(here)
    sound(here)
    seen = foresee(here.engine, here.association, storm.people)
    assert [each.recalculation.changed for each in seen] == [()] * len(storm.people)
    for activity in storm.standing():
        reverse(here, activity)
    tick(here)
    sound(here)
    assert storm.rows(open_deferral) == []
    used = [*storm.rows(cap_usage), *storm.rows(shared_usage)]
    assert [row for row in used if row["points"] or row["times"]] == []
    held = ("pending", "available", "held", "debt")
    mine = [row for row in storm.rows(account) if row["member_id"] in storm.people]
    assert [row for row in mine if any(row[each] for each in held)] == []
