"""Say what an activity would be worth to a member today, and why. Writes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points import unit_of_work
from points.activities.errors import ActivityInvalid, ActivityTypeUnknown
from points.activities.model import Activity
from points.engine import Engine
from points.flows import score
from points.flows.casework import NO_MEMBER
from points.flows.context import Context
from points.kernel.canonical import plain
from points.kernel.errors import Misused, Refusal
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, OperationId
from points.members.reads import members
from points.rules import Evaluation, EvaluationError, RuleSet, Usage
from points.unit_of_work import Keys

EXAMINER = Actor("system:examine")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """An activity as it might be reported.

    Attributes:
        fields: Plain values: numbers as strings or ints, dates as ISO 8601.
    """

    type: str
    member_id: MemberId
    occurred_at: datetime
    fields: Mapping[str, Any]
    source: str = "example"


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What the rules of one programme make of it, on what was used before."""

    ruleset: RuleSet
    evaluation: Evaluation
    usage: Usage


def examine(
    engine: Engine, association: AssociationId, example: Example
) -> list[Examined] | Refusal:
    """Score an example on what is stored now: caps, cooldowns and histories count as they stand.

    The same code decides as when it is scored for good.

    Raises:
        Misused: A rule fails on it; then it would be set aside.
    """
    known: Context = engine.context_of(association)
    kind = known.types.types.get(example.type)
    if kind is None:
        return ActivityTypeUnknown()
    if faults := kind.validate(example.fields):
        return ActivityInvalid(count=len(faults), faults=[plain(fault) for fault in faults])
    with engine.reading(association) as connection:
        member = members(connection, association, [example.member_id], known).get(example.member_id)
    if member is None:
        return NO_MEMBER
    activity = _activity(engine, example, member.profile.facts())
    try:
        return as_of_now(engine, association, activity)
    except EvaluationError as error:
        raise Misused(error.code, error.zh, error.en) from error


def as_of_now(engine: Engine, association: AssociationId, activity: Activity) -> list[Examined]:
    """Return what scoring an activity now would lead to; caps and histories count as they stand.

    Raises:
        EvaluationError: A rule fails on it.
    """
    known: Context = engine.context_of(association)
    command = score.Score(
        association_id=association,
        operation_id=OperationId(f"{EXAMINER}:{activity.activity_id}"),
        actor=EXAMINER,
        activity=activity,
    )
    keys = Keys(context=known)
    score.needs(command, keys)
    with engine.reading(association) as connection:
        on = unit_of_work.load(
            connection,
            association,
            keys,
            now=engine.clock.now(),
            ids=engine.ids,
            context=known,
        )
    return [
        Examined(
            ruleset=ruleset,
            evaluation=evaluation,
            usage=score.UsageBefore(on, activity.member_id, ruleset.programme),
        )
        for ruleset, evaluation in score.evaluations(activity, on)
    ]


def _activity(engine: Engine, example: Example, member: Mapping[str, Any]) -> Activity:
    now = engine.clock.now()
    return Activity(
        activity_id=ActivityId(engine.ids.next()),
        source=example.source,
        external_id="",
        type=example.type,
        member_id=example.member_id,
        occurred_at=example.occurred_at,
        received_at=now,
        recorded_at=now,
        fields=example.fields,
        member=member,
        body_hash="",
        filed_by=EXAMINER,
    )
