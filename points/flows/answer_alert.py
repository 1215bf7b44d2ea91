"""Answer an alert: somebody looks at it, and says whether it was explained or confirmed."""

from dataclasses import dataclass
from enum import StrEnum

from points.engine import Decision, Flow
from points.flows.wording import refuse_wording
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AlertId, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet
from points.watch.errors import AlertAnswered
from points.watch.model import ENDS, Answer, Standing, State

NO_ALERT = NotFound(noun="alert", noun_zh="预警")


class Verdict(StrEnum):
    """What it was."""

    EXPLAINED = "explained"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class LookAtAlert:
    """Say that one is looking at it."""

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    alert_id: AlertId


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerAlert:
    """Say what it was; it ends the alert and nothing else.

    Attributes:
        note: What was found out; kept for ever, never personal.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    alert_id: AlertId
    verdict: Verdict
    note: str


def needs(command: LookAtAlert | AnswerAlert, keys: Keys) -> None:
    """Lock the alert."""
    keys.watch.alerts.add(command.alert_id)


def look(command: LookAtAlert, on: WorkingSet) -> Decision:
    """Note who looks; again is as good as once."""
    found = on.alerts.standings.get(command.alert_id)
    if found is None:
        return NO_ALERT
    if found.state in ENDS:
        return AlertAnswered(state=found.state.value)
    if found.state is State.LOOKED_AT:
        return {"alert_id": command.alert_id, "state": found.state.value}
    return _led_on(command, found, State.LOOKED_AT, "", on)


def answer(command: AnswerAlert, on: WorkingSet) -> Decision:
    """End the alert with what was found out."""
    found = on.alerts.standings.get(command.alert_id)
    if found is None:
        return NO_ALERT
    if found.state in ENDS:
        return AlertAnswered(state=found.state.value)
    if refusal := refuse_wording(command.note):
        return refusal
    return _led_on(command, found, State(command.verdict.value), command.note.strip(), on)


def _led_on(
    command: LookAtAlert | AnswerAlert, found: Standing, step: State, note: str, on: WorkingSet
) -> Decision:
    on.alerts.answer(
        Answer(
            alert_id=command.alert_id,
            version=found.version + 1,
            step=step,
            actor=command.actor,
            note=note,
            operation_id=command.operation_id,
            recorded_at=on.now,
        )
    )
    on.trail.note(
        f"alert_{step.value}",
        command.alert_id,
        before={"state": found.state.value},
        after={"state": step.value},
        reason=note,
    )
    return {"alert_id": command.alert_id, "state": step.value}


LOOK = Flow("look_at_alert", needs, look)
ANSWER = Flow("answer_alert", needs, answer)
