"""Figures that somebody wrote into a back-test's summary do not come out again, and do not pass."""

import copy
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import pytest

from points.flows.backtest import bounded
from points.flows.backtest.bounded import backtest_now
from points.flows.backtest.plan import Plan
from points.flows.confirm_backtest import Confirmed, confirm
from points.flows.gate import Gate, pass_gate
from points.flows.rule_shelf import gate_of
from points.flows.table import FLOWS
from points.kernel.ids import DraftId
from points.rules.impact import Impact
from tests.flows.drafts import known, rules, saved, standing
from tests.flows.test_corrections import worked
from tests.flows.town import HERE, Town, town

Summary = dict[str, Any]
TEXT = rules(points=7)


@pytest.fixture
def here(module_database_url: str) -> Iterator[Town]:
    with town(module_database_url, FLOWS) as it:
        yield it


def tried(here: Town, **other: Any) -> Summary:
    period = {"since": date(2026, 1, 1), "until": date(2026, 6, 1)}
    plan = Plan(**({**period, "after": TEXT, "as_of": here.clock.now()} | other))
    found = backtest_now(here.engine, HERE, plan)
    assert isinstance(found, Impact)
    return found.as_json()


def gate(here: Town, draft: DraftId, summary: Summary) -> Gate:
    found = gate_of(here.engine, HERE, draft, summary)
    assert isinstance(found, tuple)
    return found[1]


def cheaper(summary: Summary) -> None:
    summary["cost"]["after_fen"] = 0


def nobody(summary: Summary) -> None:
    summary["activities"]["changed"] = 0


def smaller(summary: Summary) -> None:
    summary["measures"][0]["after"] -= 1


def empty(summary: Summary) -> None:
    summary["period"]["from"] = "2026-05-31"


def test_figures_that_come_out_again_are_confirmed_and_others_do_not_pass(here: Town) -> None:
    worked(here, here.person())
    draft = saved(here, TEXT)
    for against in ("stored", "in_force"):
        made = gate(here, draft, tried(here, against=against, fen_a_point=3, budget_fen=5))
        assert (made.confirmed, made.reasons) == (Confirmed.YES, ())
    honest = tried(here)
    forgeries: tuple[Callable[[Summary], None], ...] = (cheaper, nobody, smaller, empty)
    for forge in forgeries:
        forged = copy.deepcopy(honest)
        forge(forged)
        made = gate(here, draft, forged)
        assert made.reasons == ("backtest_differs",), forge
        # The control: whoever only reads the summary believes it.
        assert pass_gate(standing(here, draft).draft, known(here), forged).reasons == ()
    later = honest
    worked(here, here.person())
    assert gate(here, draft, later).reasons == ("backtest_differs",)


def test_what_cannot_be_scored_again_is_said_to_be_unconfirmed(
    here: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked(here, here.person())
    draft = saved(here, TEXT)
    honest = tried(here)
    told: tuple[Summary, ...] = (
        honest | {"before": {"kind": "file"}},
        honest | {"before": "stored"},
        {name: value for name, value in honest.items() if name != "cost"},
        honest | {"cost": {"fen_a_point": "1"}},
        honest | {"period": {"from": "x", "until": "y"}},
        honest | {"period": {"from": "2026-02-01", "until": "2026-02-01"}},
        honest | {"period": {"from": "0001-01-01", "until": "9999-12-31"}},
    )
    for summary in told:
        found = confirm(here.engine, HERE, standing(here, draft).draft, summary)
        assert found is not Confirmed.YES
    monkeypatch.setattr(bounded, "ACTIVITIES_MAX", 0)
    made = gate(here, draft, honest)
    assert (made.confirmed, made.reasons) == (Confirmed.NOT_TRIED, ())
    assert made.as_json()["backtest_confirmed"] == "not_tried"
