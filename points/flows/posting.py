"""How what rules grant is taken down: awards, their transactions, what is put off, effects."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from points.activities.model import BRANCH, PROGRAMME, Activity, Award, Claim, Use
from points.activities.outcomes import Deferral, EffectKind, RuleEffect
from points.flows.freeze import end_sessions
from points.kernel.amounts import Points
from points.kernel.ids import Actor, MemberId, OperationId, TransactionId
from points.ledger.books import Draft
from points.ledger.model import Kind, Measure, account_id
from points.rules import Award as Granted
from points.rules import CapUse, Effected, Evaluation, RuleSet
from points.rules.replay import numbers
from points.unit_of_work import WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """Of which activity something is taken down, and who does it.

    Attributes:
        put_off: The deferral whose points are granted now, if that is what is done.
        effective_at: From when the points count; when it happened, unless they were put off.
        corrects: The rule's first transaction, where there was one before.
        stood: What stood of the rule's award before, where something did.
    """

    operation_id: OperationId
    actor: Actor
    activity: Activity
    claim: Claim
    put_off: Deferral | None = None
    corrects: TransactionId | None = None
    stood: Award | None = None


def post(
    by: Posting, ruleset: RuleSet, evaluation: Evaluation, on: WorkingSet, *, pending: bool
) -> Iterator[Award]:
    """Append everything that an evaluation says, and yield its awards.

    What caps left nothing of is an award of no points, so that what was forgone is never lost.
    """
    steps = {step["rule"]: step for step in (evaluation.trace or {}).get("steps", ())}
    for granted in evaluation.awards:
        transaction = _grant(by, ruleset, granted, on, pending=pending)
        for measure in dict.fromkeys((*granted.points, *granted.forgone)):
            award = _award(by, ruleset, granted, measure, transaction, steps, on)
            on.docket.award(award, by.activity.external_id)
            yield award
    for refused in evaluation.refused:
        for measure, points in refused.forgone.items():
            what = (refused.rule_id, refused.to, measure, points)
            award = _nothing(by, ruleset, what, steps, on)
            on.docket.award(award, by.activity.external_id)
            yield award
    _put_off(by, ruleset, evaluation, on)
    for effect in evaluation.effects:
        _take_effect(by, ruleset, effect, on)


def _award(
    by: Posting,
    ruleset: RuleSet,
    granted: Granted,
    measure: str,
    transaction: TransactionId,
    steps: Mapping[str, Any],
    on: WorkingSet,
) -> Award:
    points = granted.points.get(measure, 0)
    uses = tuple(_use(use, ruleset.programme) for use in granted.uses if use.measure == measure)
    nothing = _nothing(
        by,
        ruleset,
        (granted.rule_id, granted.to, measure, granted.forgone.get(measure, 0)),
        steps,
        on,
    )
    return replace(
        nothing,
        points=Points(nothing.points + points),
        expires_at=granted.expires.get(measure) if points else nothing.expires_at,
        transaction_id=transaction if points else None,
        uses=(*nothing.uses, *uses),
    )


def _nothing(
    by: Posting,
    ruleset: RuleSet,
    what: tuple[str, str, str, int],
    steps: Mapping[str, Any],
    on: WorkingSet,
) -> Award:
    """Return the award of nothing more than stood before, but for what is forgone."""
    rule_id, to, measure, forgone = what
    stood = by.stood
    return Award(
        activity_id=by.claim.activity_id,
        calculation=_calculation(by, on),
        rule_id=rule_id,
        measure=f"{ruleset.programme}.{measure}",
        member_id=MemberId(to or by.claim.member_id),
        occurred_at=by.activity.occurred_at,
        points=stood.points if stood else Points(0),
        forgone=Points(forgone + (stood.forgone if stood else 0)),
        programme=ruleset.programme,
        ruleset_version=ruleset.version,
        ruleset_sha256=ruleset.sha256,
        expires_at=stood.expires_at if stood else None,
        uses=stood.uses if stood else (),
        trace=_told(steps.get(rule_id), to),
    )


def _calculation(by: Posting, on: WorkingSet) -> int:
    if by.put_off is None:
        return 1
    before = on.docket.awards_of.get(by.claim.activity_id, ())
    return max((award.calculation for award in before), default=0) + 1


def _told(step: Mapping[str, Any] | None, peer: str) -> Mapping[str, Any] | None:
    """Return the trace as it may be told: a peer learns nothing about who did it."""
    if step is None or not peer:
        return step
    mine = {**step, "conditions": []}
    mine["read"] = [each for each in step["read"] if each["name"].startswith("event.")]
    return mine


def _use(use: CapUse, programme: str) -> Use:
    shared = use.holder == PROGRAMME or use.holder.startswith(BRANCH)
    return Use(
        cap=use.cap,
        measure=f"{programme}.{use.measure}",
        window_key=use.window_key,
        points=use.amount,
        times=use.times,
        # A peer's own count needs no name: the award is the peer's.
        holder=use.holder if shared else "",
    )


def _grant(
    by: Posting, ruleset: RuleSet, granted: Granted, on: WorkingSet, *, pending: bool
) -> TransactionId:
    origin: dict[str, Any] = {
        "activity": by.activity.activity_id,
        "rule": granted.rule_id,
        "ruleset": f"{ruleset.programme}/{ruleset.version}",
        "sha256": ruleset.sha256,
    }
    if by.activity.supersedes is not None:
        origin["supersedes"] = by.activity.supersedes
    if by.put_off is not None:
        origin["deferral"] = by.put_off.deferral_id
    effective_at = by.put_off.due_at if by.put_off else by.activity.occurred_at
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.EARN,
        operation_id=by.operation_id,
        actor=by.actor,
        reason=granted.rule_id,
        now=on.now,
        effective_at=effective_at,
        corrects=by.corrects,
        origin=origin,
    )
    receiver = MemberId(granted.to or by.activity.member_id)
    for measure, points in granted.points.items():
        draft.grant(
            account_id(receiver, Measure(ruleset.programme, measure)),
            points,
            expires_at=granted.expires.get(measure),
            pending=pending,
        )
    return draft.post().transaction_id


def _put_off(by: Posting, ruleset: RuleSet, evaluation: Evaluation, on: WorkingSet) -> None:
    before = by.put_off.deferral_id if by.put_off else ""
    names = numbers(before)
    for each in evaluation.deferred:
        name = next(names)
        if not before:
            name = f"{by.activity.activity_id}:{ruleset.programme}:{name}"
        on.docket.defer(
            Deferral(
                deferral_id=name,
                activity_id=by.activity.activity_id,
                member_id=MemberId(each.to or by.activity.member_id),
                programme=ruleset.programme,
                rule_id=each.rule_id,
                measure=f"{ruleset.programme}.{each.measure}",
                points=Points(each.points),
                due_at=each.until,
                round=each.round,
                ruleset_version=ruleset.version,
                ruleset_sha256=ruleset.sha256,
                recorded_at=on.now,
            )
        )


FREEZE_NOTICE = (
    "依照积分规则，本项目积分暂停使用；不扣分，获取积分不受影响。如有异议，可向协会申诉。 / "
    "By the rules, your points cannot be spent for now. None are taken, and you go on earning. "
    "You may appeal to the association."
)


def _take_effect(by: Posting, ruleset: RuleSet, effect: Effected, on: WorkingSet) -> None:
    rule = ruleset.rule(effect.rule_id)
    member = on.register.member(by.activity.member_id)
    title = rule.title.zh if rule else effect.rule_id
    reason = f"{title}（{effect.rule_id}）"
    freezes = effect.kind == EffectKind.FREEZE
    froze = bool(
        freezes
        and member
        and ruleset.programme in member.enrolments
        and not member.frozen(ruleset.programme)
    )
    if froze and member:
        on.register.freeze(member, ruleset.programme, by.actor, on.now, reason, FREEZE_NOTICE)
        end_sessions(on, member.member_id)
    on.docket.take_effect(
        RuleEffect(
            activity_id=by.activity.activity_id,
            rule_id=effect.rule_id,
            kind=EffectKind(effect.kind),
            member_id=by.activity.member_id,
            programme=ruleset.programme,
            measure=f"{ruleset.programme}.{effect.measure}" if effect.measure else "",
            occurred_at=by.activity.occurred_at,
            ruleset_version=ruleset.version,
            ruleset_sha256=ruleset.sha256,
            reason=reason,
            froze=froze,
            recorded_at=on.now,
        )
    )
