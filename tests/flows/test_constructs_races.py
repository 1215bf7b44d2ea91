"""Two processes at once: nobody spends the last points of a budget that members share twice."""

from contextlib import ExitStack
from typing import Any

import pytest

from points.activities import outcome_store
from points.flows import score
from points.flows.score import Score
from tests.flows.constructs import example_town, took_place
from tests.flows.test_civic_races import at_once, meeting

WIDE = ("mentor_month: {window: month, max: 20,", "mentor_month: {window: month, max: 40,")


def both_granted(url: str) -> list[int]:
    """Score two members of one branch at once, each of whom asks for 40 of its 50 points."""
    with ExitStack() as stack:
        flows = {Score: meeting(score.FLOW)}
        towns = [stack.enter_context(example_town(url, WIDE, flows=flows)) for _ in range(2)]
        towns[1].association = towns[0].association
        fields = {"hours": "4"}
        commands: list[Any] = []
        for _ in towns:
            member = towns[0].person(branch="甲")
            taken = took_place(towns[0], member, "mentoring.session", fields, "2026-03-02T09:00")
            commands.append(towns[0].scoring(taken))
        done = at_once((towns[0], towns[1]), commands)
    return sorted(sum(a["points"] for a in each.result["awards"]) for each in done)


@pytest.mark.postgres
def test_the_last_points_of_a_budget_go_once(postgres_url: str) -> None:
    assert both_granted(postgres_url) == [10, 40]


@pytest.mark.postgres
def test_the_control_without_a_row_to_lock_they_go_twice(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outcome_store, "_make", lambda *_: None)
    assert both_granted(postgres_url) == [40, 40]
