"""Every planted fraud is told once with its evidence, honest traffic hardly ever, in any order."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

import pytest

from points.flows import answer_alert, watch_day
from points.flows.alert_desk import Known, about, names_in, sharing
from points.flows.answer_alert import AnswerAlert, LookAtAlert, Verdict
from points.flows.watch_day import JudgeDay, back_run, judged, watch_due
from points.kernel.ids import Actor, AlertId, AssociationId, MemberId, OutletId, PartnerId
from points.partners.store import Shop
from points.rules import WatchPolicy
from points.unit_of_work import reading, writing
from points.vouchers import watching
from points.watch.model import Kind, State
from points.watch.store import Filed, find_alert, list_alerts, run_of
from points.watch.verify import rebuild_watch, verify_watch
from points.web.shown import about as spelled
from tests.flows.market import Market, market
from tests.flows.town import civic_context
from tests.flows.watch_month import BEGINS, DAYS, Month, honest, planted

FLOWS = {
    JudgeDay: watch_day.FLOW,
    LookAtAlert: answer_alert.LOOK,
    AnswerAlert: answer_alert.ANSWER,
}
FIRST, LATE = date(2026, 3, 1), date(2026, 3, 21)
ENDED = BEGINS + timedelta(days=DAYS, hours=20)
POLICY = WatchPolicy()


def prepared(here: Market, name: str, *, a_day: int) -> tuple[AssociationId, set[tuple[str, str]]]:
    """Write a month into an association of its own; return it and what should be said."""
    month = Month(name)
    honest(month, Random(1), a_day=a_day)
    told = planted(month)
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


def all_is_told(here: Market, name: str, *, a_day: int) -> tuple[AssociationId, list[Filed]]:
    association, told = prepared(here, name, a_day=a_day)
    raised = 0
    # A week at a time, as a worker that dies and comes back would.
    for _ in range(0, DAYS + 7, 7):
        raised += watch_due(here.engine, association, most=7)
    found = standing(here, association)
    assert len(found) == raised
    assert told <= keys(found), told - keys(found)
    assert {kind for kind, _ in told} == {kind.value for kind in Kind}
    others = keys(found) - told
    # Of some thousand honest captures at eleven outlets.
    assert len(others) <= 2, others
    return association, found


@pytest.fixture(scope="module")
def judged_month(here: Market) -> tuple[AssociationId, list[Filed]]:
    return all_is_told(here, "planted", a_day=10)


Judgement = tuple[AssociationId, list[Filed]]


def test_every_planted_fraud_is_told_once(here: Market, judged_month: Judgement) -> None:
    association, found = judged_month
    assert watch_due(here.engine, association) == 0
    assert len({each.alert.alert_id for each in found}) == len(found)
    assert all(each.alert.policy_sha256 == POLICY.sha256 for each in found)
    one = next(f for f in found if f.alert.finding.kind is Kind.FAR_APART).alert.finding
    assert (one.figures["km"], one.figures["minutes"], len(one.events)) == (100, 10, 2)
    busy = next(f for f in found if f.alert.finding.subject == "outlet:S01").alert.finding
    assert len(busy.events) == 50 < busy.figures["captures"]
    with reading(here.engine.database, association) as connection:
        run = run_of(connection, association, "2026-03-21")
        assert run_of(connection, association, "2025-03-21") is None
    assert run is not None
    assert (run.seen > 100, run.alerts > 0) == (True, True)
    sound(here, association)
    with writing(here.engine.database, association) as connection:
        rebuild_watch(connection, association)
    assert standing(here, association) == found


def void_signs(here: Market, association: AssociationId) -> set[Kind]:
    found = judged(here.engine, association, LATE, POLICY).findings
    return {each.kind for each in found} & {Kind.OPERATOR_VOIDS, Kind.OUTLET_VOIDS}


def test_a_watch_that_ignores_voids_is_caught(
    here: Market, judged_month: Judgement, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert void_signs(here, judged_month[0]) == {Kind.OPERATOR_VOIDS, Kind.OUTLET_VOIDS}
    right = watching.tallies_between

    def blind(*asked: Any) -> Any:
        return [(o, p, m, c, 0) for o, p, m, c, _ in right(*asked)]

    monkeypatch.setattr(watch_day, "tallies_between", blind)
    assert void_signs(here, judged_month[0]) == set()


def test_the_same_facts_say_the_same_in_any_order_of_runs(
    here: Market, judged_month: Judgement
) -> None:
    association, found = judged_month
    days = [FIRST + timedelta(days=number) for number in range(DAYS)]
    Random(3).shuffle(days)
    said = {
        each.alert_id
        for day in days
        for each in judged(here.engine, association, day, POLICY).findings
    }
    assert said == {each.alert.alert_id for each in found}


def test_thresholds_can_be_tried_on_the_past(here: Market, judged_month: Judgement) -> None:
    association, before = judged_month
    strict = replace(POLICY, signs={"busy": dict(POLICY.signs["busy"]) | {"captures_max": 8}})
    found = [
        each
        for day in back_run(here.engine, association, FIRST, FIRST + timedelta(days=2), strict)
        for each in day.findings
    ]
    assert {each.kind for each in found} == {Kind.BUSY}
    assert len({each.alert_id for each in found}) == len(found)
    assert standing(here, association) == before


def test_it_works_on_postgresql_too_and_is_answered(postgres_url: str) -> None:
    with market(postgres_url, FLOWS, replace(civic_context(), watch=POLICY)) as here:
        association, found = all_is_told(here, "panjin-watch", a_day=5)
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


NAMES = Known(
    members={MemberId("M-pair"): "张*", MemberId("M-one"): "李*", MemberId("M-far"): "王*"},
    shops={
        OutletId(f"S{number:02}"): Shop(
            name="健康路店", partner_id=PartnerId("P"), partner="大药房"
        )
        for number in range(20)
    },
)
TOLD = {
    "outlet:S02": "门店 S02 健康路店 · 合作单位 P 大药房",
    "operator:S05/8": "门店 S05 健康路店 · 合作单位 P 大药房 · 操作员 8",
    "member:M-one@S03": "会员 李* · 门店 S03 健康路店 · 合作单位 P 大药房",
    "member:M-far": "会员 王*",
    "pair:S04/9/M-pair": "门店 S04 健康路店 · 合作单位 P 大药房 · 操作员 9 · 会员 张*",
    "till:P/T9": "设备 T9 · 合作单位 P 大药房",
    "till:S11/key": "设备 key · 门店 S11 健康路店 · 合作单位 P 大药房",
    "phone:D0": "手机 D0",
}


def test_people_read_names_beside_codes_and_no_members_id(
    here: Market, judged_month: Judgement
) -> None:
    association, found = judged_month
    findings = {each.alert.finding.subject: each.alert.finding for each in found}
    assert {subject: spelled(about(findings[subject], NAMES), "zh") for subject in TOLD} == TOLD
    known = names_in(here.engine, association, list(findings.values()), civic_context())
    for finding in findings.values():
        for each in (known, NAMES, Known()):
            said = spelled(about(finding, each), "en")
            assert finding.member_id is None or finding.member_id not in said
    assert known.shops[OutletId("S02")].partner == "P"
    [phone] = [each for each in findings.values() if each.kind is Kind.SHARED_PHONE]
    assert sharing(phone) == phone.events
    assert not any(sharing(each) for each in findings.values() if each is not phone)
