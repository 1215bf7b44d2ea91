"""A back-test of the rules in force is what was posted, whatever the rules are made of."""

import random
from datetime import date
from typing import Any

import pytest

from points.flows.backtest.run import backtest
from points.flows.backtest.scoring import Bench
from points.flows.backtest.stored import Stored
from points.flows.backtest.trial import Trial
from points.rules.impact import Impact
from tests.flows import test_constructs_replay as lived
from tests.flows.constructs import example_town, examples
from tests.flows.town import Town

SCARCE = ("mentor_pool: {window: year, max: 80", "mentor_pool: {window: year, max: 20")
PERIODS = ((date(2026, 9, 1), date(2026, 12, 1)), (date(2026, 9, 16), date(2026, 9, 22)))


def tried(here: Town, period: tuple[date, date], **said: Any) -> Bench:
    book = here.engine.context.rules
    about: dict[str, Any] = {"since": period[0], "until": period[1], "stored": True}
    trial = Trial(programme="party", book=book, **(about | said))
    source = Stored(
        engine=here.engine,
        association=here.association,
        programme="party",
        as_of=here.clock.now(),
        since=trial.reads_since,
    )
    return Bench(trial, source)


def totals(found: Impact, side: str) -> dict[str, tuple[int, int]]:
    return {
        each["measure"]: (each[side], each[f"forgone_{side}"])
        for each in found.as_json()["measures"]
    }


def test_every_construct_comes_to_what_was_posted(
    module_database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lived, "DAYS", 12)
    with example_town(module_database_url, SCARCE) as here:
        people = lived.live(here, random.Random(7))
        posted: dict[str, tuple[int, int]] = {}
        for (_, _, measure), (points, forgone) in lived.stored(here, people).items():
            before = posted.get(measure, (0, 0))
            posted[measure] = (before[0] + points, before[1] + forgone)
        whole = backtest(tried(here, PERIODS[0]))
        assert totals(whole, "after") == totals(whole, "before") == posted
        for period in PERIODS:
            found = backtest(tried(here, period))
            assert found.part.activities > 0
            assert found.part.changed == found.part.otherwise == 0

        generous = examples()
        changed = backtest(tried(here, PERIODS[0], after=generous, budget_fen=1))
        assert changed.part.changed > 0
        assert all(each["reasons"] for each in changed.as_json()["largest"]["activities"])

        # The control: whoever takes members one after another forgets what they share.
        monkeypatch.setattr(Trial, "shared", property(lambda _: False))
        assert backtest(tried(here, PERIODS[0])).part.otherwise > 0
