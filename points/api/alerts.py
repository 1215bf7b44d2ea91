"""What looks odd at counters: alerts with evidence, and what staff answer."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from points.api.caller import Asking
from points.api.problems import Problem
from points.api.proposals import NoWords
from points.api.route import get, post
from points.api.wire import IN_QUERY, Answer, Body, Page, PageQuery, page_of
from points.flows.alert_desk import (
    Known,
    Shown,
    cursor_of,
    names_in,
    read_cursor_of,
    shown,
    subject_of,
)
from points.flows.answer_alert import NO_ALERT, AnswerAlert, LookAtAlert, Verdict
from points.identity.policy import Action
from points.kernel.ids import AlertId
from points.watch.model import State
from points.watch.store import Filed, list_alerts


class AlertQuery(PageQuery):
    """Which alerts."""

    state: State = State.OPEN


class AlertOut(Answer):
    """One thing that looks odd."""

    alert_id: str
    kind: str
    state: str
    subject: str = Field(description="with a masked name instead of a member's id")
    window: str
    figures: dict[str, int]
    threshold: dict[str, int]
    outlet_id: str | None = None
    member_id: str | None = None
    day: str
    policy_sha256: str
    raised_at: datetime


class EvidenceOut(Answer):
    """A capture or a void that shows it."""

    event_id: str
    kind: str
    at: datetime
    outlet_id: str
    operator_id: str
    device_id: str
    last4: str
    cost_fen: int
    member_id: str
    member: str | None = Field(default=None, description="masked; missing for who was erased")
    issued_at: datetime


class StepOut(Answer):
    """Who looked at it, or what was found out."""

    step: str
    actor: str
    note: str
    recorded_at: datetime


class AlertDetail(AlertOut):
    """An alert with its evidence and its steps."""

    events: list[str]
    evidence: list[EvidenceOut]
    answers: list[StepOut]


class NewAnswer(Body):
    """What it was."""

    verdict: Verdict = Field(strict=False)
    note: str = Field(min_length=1, max_length=500)


class AlertEnded(Answer):
    """Where the alert stands now."""

    alert_id: str
    state: str


def list_alerts_in(caller: Asking, query: Annotated[AlertQuery, IN_QUERY]) -> Page[AlertOut]:
    """List alerts in a state, the newest day first."""
    with caller.engine.reading(caller.association) as connection:
        rows = list_alerts(
            connection,
            caller.association,
            query.state,
            before=read_cursor_of(query.key),
            limit=query.limit + 1,
        )
    findings = [each.alert.finding for each in rows]
    known = names_in(caller.engine, caller.association, findings, caller.context)
    return page_of(rows, query.limit, cursor_of, lambda each: _alert(each, known))


def _alert(filed: Filed, known: Known) -> AlertOut:
    return AlertOut.model_validate(_said(filed, known))


def _said(filed: Filed, known: Known) -> dict[str, object]:
    alert, finding = filed.alert, filed.alert.finding
    return {
        "alert_id": alert.alert_id,
        "kind": finding.kind.value,
        "state": filed.state.value,
        "subject": subject_of(finding, known),
        "window": finding.window,
        "figures": dict(finding.figures),
        "threshold": dict(finding.threshold),
        "outlet_id": finding.outlet_id,
        "member_id": finding.member_id,
        "day": alert.day,
        "policy_sha256": alert.policy_sha256,
        "raised_at": alert.raised_at,
    }


def get_alert(caller: Asking, alert_id: str) -> AlertDetail:
    """Return an alert with the captures that show it, and every step of it."""
    found = shown(caller.engine, caller.association, AlertId(alert_id), caller.context)
    if found is None:
        raise Problem.of(NO_ALERT)
    return _detail(found)


def _detail(found: Shown) -> AlertDetail:
    evidence = [
        EvidenceOut(
            event_id=each.event_id,
            kind=each.kind.value,
            at=each.recorded_at,
            outlet_id=each.outlet_id,
            operator_id=each.operator_id,
            device_id=each.device_id,
            last4=each.last4,
            cost_fen=each.cost_fen,
            member_id=each.member_id,
            member=found.known.members.get(each.member_id),
            issued_at=each.issued_at,
        )
        for each in found.evidence
    ]
    return AlertDetail.model_validate(
        {
            **_said(found.filed, found.known),
            "events": list(found.filed.alert.finding.events),
            "evidence": evidence,
            "answers": [
                StepOut(
                    step=each.step.value,
                    actor=each.actor,
                    note=each.note,
                    recorded_at=each.recorded_at,
                )
                for each in found.filed.answers
            ],
        }
    )


async def look_at_alert(caller: Asking, alert_id: str, body: NoWords) -> AlertEnded:  # noqa: ARG001 - the route takes one
    """Say that one is looking at an alert."""
    done = await caller.carry_out(
        LookAtAlert(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            alert_id=AlertId(alert_id),
        )
    )
    return AlertEnded.model_validate(done)


async def answer_alert(caller: Asking, alert_id: str, body: NewAnswer) -> AlertEnded:
    """Say whether it was explained or confirmed; nothing else follows from it."""
    done = await caller.carry_out(
        AnswerAlert(
            association_id=caller.association,
            operation_id=caller.operation,
            actor=caller.actor,
            alert_id=AlertId(alert_id),
            verdict=body.verdict,
            note=body.note,
        )
    )
    return AlertEnded.model_validate(done)


_READ, _ANSWER = Action.READ_ALERTS, Action.ANSWER_ALERT
ROUTES = (
    get("/v1/alerts", list_alerts_in, allows=_READ, zh="核销预警清单"),
    get("/v1/alerts/{alert_id}", get_alert, allows=_READ, zh="预警详情与依据"),
    post("/v1/alerts/{alert_id}:look", look_at_alert, allows=_ANSWER, zh="开始核查预警"),
    post("/v1/alerts/{alert_id}:answer", answer_alert, allows=_ANSWER, zh="答复预警"),
)
