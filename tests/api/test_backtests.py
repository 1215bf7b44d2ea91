"""Back-tests over HTTP and by the client: bounded, exact, and for those who may."""

from datetime import timedelta
from typing import Any

import pytest

from points.flows.backtest import bounded
from points.kernel.canonical import digest
from tests.api.served import Served, problem
from tests.flows.town import RULES

PATH = "/v1/rulesets:backtest"
PARTY = (RULES / "party.yaml").read_text("utf-8")
DRAFT = PARTY.replace("version: 1", "version: 2", 1)


def asked(api: Served, **said: Any) -> dict[str, Any]:
    today = api.clock.now().date()
    period = {"since": str(today - timedelta(days=60)), "until": str(today + timedelta(days=1))}
    return period | said


def test_a_draft_is_tried_and_its_summary_has_its_hash(api: Served) -> None:
    body = asked(api, draft=DRAFT, budget_fen=100, fen_a_point=30)
    answer = api.staff("POST", PATH, json=body, idempotency_key=None).json()
    assert answer["sha256"] == digest(answer["summary"])
    assert answer["programme"] == "party"
    assert answer["summary"]["after"]["version"] == 2
    assert answer["summary"]["before"]["kind"] == "stored"
    assert answer["summary"]["cost"]["budget_fen"] == 100
    again = api.staff("POST", PATH, json=body, idempotency_key=None).json()
    assert again["summary"]["measures"] == answer["summary"]["measures"]


def test_two_drafts_or_what_is_in_force(api: Served) -> None:
    two = asked(api, draft=DRAFT, against_draft=PARTY)
    assert api.staff("POST", PATH, json=two).json()["summary"]["before"]["kind"] == "file"
    held = asked(api, programme="party", against="in_force")
    found = api.staff("POST", PATH, json=held).json()["summary"]
    assert found["before"] == found["after"]
    assert found["activities"]["changed"] == 0


def test_what_does_not_fit_is_refused(api: Served) -> None:
    broken = problem(
        api.staff("POST", PATH, json=asked(api, draft="ruleset: party")), 422, "rules_refused"
    )
    assert broken["details"]["findings"]
    problem(api.staff("POST", PATH, json=asked(api)), 422, "unknown_programme")
    turned = asked(api, programme="party", since="2026-03-01", until="2026-03-01")
    problem(api.staff("POST", PATH, json=turned), 422, "backtest.period")
    problem(api.staff("POST", PATH, json=asked(api, against="moon")), 422, "content_invalid")


def test_more_than_anybody_waits_for_is_sent_to_the_command_line(
    api: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounded, "ACTIVITIES_MAX", -1)
    found = problem(
        api.staff("POST", PATH, json=asked(api, draft=DRAFT)), 409, "backtest_too_large"
    )
    assert "points rules backtest" in found["title"] + found.get("detail", "")
