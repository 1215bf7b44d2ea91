"""Examinations: account for every point of a stored activity, and say why to its member."""

from datetime import datetime
from typing import Any

from points.api.caller import NO_ACTIVITY, Asking
from points.api.problems import Problem
from points.api.route import get
from points.api.wire import Answer
from points.flows.reconstruct import Reconstructed, reconstruct
from points.flows.tell_why import sentence, tell_why
from points.identity.policy import Action
from points.kernel.canonical import plain
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId
from points.rules import Evaluation, EvaluationError, explain


class VersionOut(Answer):
    """A version of a programme's rules."""

    version: int
    sha256: str


class RecordedAward(Answer):
    """An award as it was recorded."""

    rule_id: str
    measure: str
    points: int
    forgone: int
    calculation: int
    ruleset_version: int
    ruleset_sha256: str
    transaction_id: str | None = None


class MismatchOut(Answer):
    """Where what was recorded is not what it comes to."""

    rule_id: str
    measure: str
    recorded: int | None = None
    recomputed: int | None = None
    what: str


class RefusedOut(Answer):
    """A rule that gave nothing, and why: one of a fixed set of reasons."""

    rule_id: str
    reason: str


class ProgrammeExamined(Answer):
    """What the rules of one programme make of an activity.

    Attributes:
        error: Why the whole activity is set aside, if it is.
        awards: What it comes to: points per measure, by rule.
        trace: A step for every rule: fields read, conditions with their values, caps before and
            after.
    """

    programme: str
    version: int
    sha256: str
    other_versions: list[VersionOut]
    error: str | None = None
    awards: dict[str, dict[str, int]]
    refused: list[RefusedOut]
    recorded: list[RecordedAward]
    corrected: list[RecordedAward]
    mismatches: list[MismatchOut]
    sentences: list[str]
    trace: dict[str, Any]


class Examination(Answer):
    """An activity with everything that is known of its scoring.

    Attributes:
        basis: ``recorded``, as it was scored; ``now``, as scoring it now would be; ``never``.
        comparable: Whether what was recorded could be compared.
        sound: Whether everything recorded is what it comes to.
    """

    activity_id: str
    state: str
    basis: str
    at: datetime
    comparable: bool
    sound: bool
    programmes: list[ProgrammeExamined]


class RuleTold(Answer):
    """What one rule gave, or why it gave nothing, for the member."""

    rule_id: str
    title: str
    outcome: str
    reason: str
    points: dict[str, int]
    text: str


class WhyOut(Answer):
    """Why an activity brought points or none, in plain words.

    Attributes:
        status: The state of its claim, or ``none`` where it was scored and nothing came of it.
        sentences: The whole answer.
    """

    activity_id: str
    type: str
    title: str
    occurred_at: datetime
    status: str
    rules: list[RuleTold]
    sentences: list[str]


def examine_activity(caller: Asking, activity_id: str) -> Examination:
    """Return how an activity was scored, or would be now."""
    found = reconstruct(caller.engine, caller.association, ActivityId(activity_id))
    if isinstance(found, Refusal):
        raise Problem.of(NO_ACTIVITY)
    claim = found.filed.claim
    if not caller.sees(claim.branch, claim.grid):
        raise Problem.of(NO_ACTIVITY)
    return Examination(
        activity_id=claim.activity_id,
        state=str(claim.state),
        basis=found.basis,
        at=found.at,
        comparable=found.comparable,
        sound=found.sound,
        programmes=[_programme(each, caller.language) for each in found.programmes],
    )


def _programme(each: Reconstructed, language: str) -> ProgrammeExamined:
    result = each.result
    evaluation = result if isinstance(result, Evaluation) else Evaluation()
    return ProgrammeExamined(
        programme=each.ruleset.programme,
        version=each.ruleset.version,
        sha256=each.ruleset.sha256,
        other_versions=[VersionOut.model_validate(other) for other in each.others],
        error=result.code if isinstance(result, EvaluationError) else None,
        awards={award.rule_id: dict(award.points) for award in evaluation.awards},
        refused=[RefusedOut.model_validate(refusal) for refusal in evaluation.refused],
        recorded=[RecordedAward.model_validate(award) for award in each.recorded],
        corrected=[RecordedAward.model_validate(award) for award in each.corrected],
        mismatches=[MismatchOut.model_validate(mismatch) for mismatch in each.mismatches],
        sentences=explain(each.trace, language),
        trace=plain(each.trace),
    )


def why_activity(caller: Asking, activity_id: str) -> WhyOut:
    """Tell a member why one of their own activities brought points or none."""
    if caller.member is None:
        raise Problem.of(NO_ACTIVITY)
    found = tell_why(caller.engine, caller.association, caller.member, ActivityId(activity_id))
    if isinstance(found, Refusal):
        raise Problem.of(NO_ACTIVITY)
    language = caller.language
    return WhyOut(
        activity_id=found.activity_id,
        type=found.type,
        title=found.title.of(language),
        occurred_at=found.occurred_at,
        status=found.status,
        rules=[
            RuleTold(
                rule_id=told.rule_id,
                title=told.title.of(language),
                outcome=told.outcome,
                reason=told.reason,
                points=dict(told.points),
                text=sentence(told).of(language),
            )
            for programme in found.programmes
            for told in programme.rules
        ],
        sentences=found.sentences(language),
    )


ROUTES = (
    get(
        "/v1/activities/{activity_id}/examination",
        examine_activity,
        allows=Action.EXAMINE_ACTIVITY,
        zh="核查一条活动如何计分",
    ),
    get(
        "/v1/me/activities/{activity_id}/why",
        why_activity,
        allows=Action.ASK_WHY,
        zh="我的活动为何得分或未得分",
    ),
)
