"""Every planted fraud is told once with its evidence, honest traffic hardly ever, in any order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from points.flows import answer_alert, watch_day
from points.flows.answer_alert import AnswerAlert, LookAtAlert, Verdict
from points.flows.watch_day import JudgeDay, back_run, judged, watch_due
from points.kernel.ids import Actor, AlertId, AssociationId
from points.rules import WatchPolicy
from points.unit_of_work import reading, writing
from points.vouchers import watching
from points.watch.model import Kind, State
from points.watch.store import Filed, find_alert, list_alerts, run_of
from points.watch.verify import rebuild_watch, verify_watch
from tests.flows.market import Market, market
from tests.flows.town import civic_context
from tests.flows.watch_month import BEGINS, DAYS, Month, honest, planted

FLOWS = {
    JudgeDay: watch_day.FLOW,
    LookAtAlert: answer_alert.LOOK,
    AnswerAlert: answer_alert.ANSWER,
}
FIRST = date(2026, 3, 1)
ENDED = BEGINS + timedelta(days=DAYS, hours=20)
POLICY = WatchPolicy()


def prepared(here: Market, name: str, *, seed: int = 1, frauds: bool = True) -> Any:
    """Write a month into an association of its own; return it and what should be said."""
    month = Month(name)
    honest(month, Random(seed))
    told = planted(month) if frauds else set()
    month.write(here.engine.database)
    here.clock.set(ENDED)
    return AssociationId(name), told


def standing(here: Market, association: AssociationId, state: State = State.OPEN) -> list[Filed]:
    with reading(here.engine.database, association) as connection:
        return list_alerts(connection, association, state, limit=200)


def sound(here: Market, association: AssociationId) -> None:
    with reading(here.engine.database, association) as connection:
        assert all(each.difference is None for each in verify_watch(connection, association))


def keys(found: list[Filed]) -> set[tuple[str, str]]:
    return {(f.alert.finding.kind.value, f.alert.finding.subject) for f in found}


@pytest.fixture(scope="module")
def here(module_sqlite_url: str) -> Iterator[Market]:
    with market(module_sqlite_url, FLOWS, replace(civic_context(), watch=POLICY)) as it:
        yield it


def all_is_told(here: Market, name: str) -> tuple[AssociationId, list[Filed]]:
    association, told = prepared(here, name)
    raised = watch_due(here.engine, association)
    found = standing(here, association)
    assert len(found) == raised
    assert told <= keys(found), told - keys(found)
    assert {kind for kind, _ in told} == {kind.value for kind in Kind}
    others = keys(found) - told
    # Of some 4,000 honest captures at fifteen outlets.
    assert len(others) <= 2, others
    return association, found


def test_every_planted_fraud_is_told_once(here: Market) -> None:
    association, found = all_is_told(here, "planted")
    assert watch_due(here.engine, association) == 0
    assert len({each.alert.alert_id for each in found}) == len(found)
    assert all(each.alert.policy_sha256 == POLICY.sha256 for each in found)
    one = next(f for f in found if f.alert.finding.kind is Kind.FAR_APART).alert.finding
    assert (one.figures["km"], one.figures["minutes"], len(one.events)) == (100, 10, 2)
    busy = next(f for f in found if f.alert.finding.subject == "outlet:S01").alert.finding
    assert len(busy.events) == 50 < busy.figures["captures"]
    with reading(here.engine.database, association) as connection:
        run = run_of(connection, association, "2026-03-21")
    assert run is not None
    assert (run.seen > 100, run.alerts > 0) == (True, True)
    sound(here, association)
    with writing(here.engine.database, association) as connection:
        rebuild_watch(connection, association)
    assert standing(here, association) == found


def test_honest_traffic_is_left_alone(here: Market) -> None:
    association, _ = prepared(here, "honest", seed=5, frauds=False)
    assert watch_due(here.engine, association) == 0


def test_a_watch_that_ignores_voids_is_caught(
    here: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = watching.tallies_between

    def blind(*asked: Any) -> Any:
        return [(o, p, m, c, 0) for o, p, m, c, _ in right(*asked)]

    monkeypatch.setattr(watch_day, "tallies_between", blind)
    with pytest.raises(AssertionError):
        all_is_told(here, "blind")


def test_the_same_facts_say_the_same_in_any_order_of_runs(here: Market) -> None:
    association, _ = prepared(here, "order")
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    Random(3).shuffle(days)
    said = {
        each.alert_id
        for day in days
        for each in judged(here.engine, association, day, POLICY).findings
    }
    dry = back_run(here.engine, association, FIRST, FIRST + timedelta(days=DAYS - 1), POLICY)
    assert {each.alert_id for day in dry for each in day.findings} == said
    assert standing(here, association) == []
    # A day at a time, as a worker that dies after each would.
    while watch_due(here.engine, association, most=1) or len(standing(here, association)) < len(
        said
    ):
        pass
    assert {each.alert.alert_id for each in standing(here, association)} == said


def test_thresholds_can_be_tried_on_the_past(here: Market) -> None:
    association, _ = prepared(here, "tuning", frauds=False)
    strict = replace(POLICY, signs={"busy": dict(POLICY.signs["busy"]) | {"captures_max": 12}})
    found = [
        each
        for day in back_run(here.engine, association, FIRST, FIRST + timedelta(days=2), strict)
        for each in day.findings
    ]
    assert {each.kind for each in found} == {Kind.BUSY}
    assert standing(here, association) == []


def test_it_works_on_postgresql_too_and_is_answered(postgres_url: str) -> None:
    with market(postgres_url, FLOWS, replace(civic_context(), watch=POLICY)) as here:
        association, found = all_is_told(here, "panjin-watch")
        first, second = found[0].alert.alert_id, found[1].alert.alert_id
        li = Actor("staff:li")

        def submit(kind: Any, alert: AlertId, **more: Any) -> Any:
            named = {"association_id": association, "operation_id": here.town.operation()}
            return here.engine.submit(kind(**named, actor=li, alert_id=alert, **more))

        assert submit(LookAtAlert, first).result["state"] == "looked_at"
        assert submit(LookAtAlert, first).result["state"] == "looked_at"
        empty = submit(AnswerAlert, first, verdict=Verdict.EXPLAINED, note=" ")
        assert empty.refusal.code == "reason_needed"
        done = submit(AnswerAlert, first, verdict=Verdict.EXPLAINED, note="促销日，排队")
        assert done.result["state"] == "explained"
        again = submit(AnswerAlert, first, verdict=Verdict.CONFIRMED, note="x")
        assert again.refusal.code == submit(LookAtAlert, first).refusal.code == "alert_answered"
        assert submit(AnswerAlert, second, verdict=Verdict.CONFIRMED, note="已约谈").refusal is None
        assert submit(LookAtAlert, AlertId("0")).refusal.code == "not_found"
        with reading(here.engine.database, association) as connection:
            filed = find_alert(connection, association, first)
            assert find_alert(connection, association, AlertId("0")) is None
        assert filed is not None
        assert [each.step for each in filed.answers] == [State.LOOKED_AT, State.EXPLAINED]
        sound(here, association)
