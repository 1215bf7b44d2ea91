"""Grant points that a cap put off, once their next window is open.

They go through the caps of that window, by the version of the rules that put them off; what does
not fit is put off again. The award counts on from what stood, and its transaction says of which
activity, rule and version it is.
"""

from dataclasses import dataclass

from points.activities.errors import ClaimStateWrong, DeferralGone
from points.activities.model import Activity, Award, State, Step
from points.activities.outcomes import Deferral, DeferralEnd, Ending
from points.engine import Decision, Flow
from points.flows.closed_years import closed_of, need_closed
from points.flows.context import Context, context
from points.flows.keep_rules import keep_rules
from points.flows.posting import Posting, post
from points.flows.score import (
    UsageBefore,
    facts_of,
    need_accounts_of,
    peers_of,
    use_key,
)
from points.kernel.amounts import Points
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, OperationId, TransactionId
from points.rules import Deferred, Evaluation, RuleSet, evaluate_deferred
from points.rules.facts import rule_keys
from points.unit_of_work import Keys, WorkingSet

OPEN = (State.PUBLICITY, State.OBJECTED, State.POSTED)
"""States in which points go on to be granted; while they are not public yet, as pending ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Grant what was put off of one activity's points.

    Attributes:
        activity: The fact itself, which never changes.
        deferral: What was put off, which never changes either.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity: Activity
    deferral: Deferral


def needs(command: Resume, keys: Keys) -> None:
    """Lock the claim, both members and the accounts; load the counts of the window that opened."""
    activity, waits = command.activity, command.deferral
    keys.activities.claims.add(activity.activity_id)
    keys.activities.awards_of.add(activity.activity_id)
    keys.activities.deferrals.add(waits.deferral_id)
    keys.members.members.update({activity.member_id, waits.member_id})
    ruleset = _pinned(waits, activity, keys.context)
    rule = ruleset.rule(waits.rule_id) if ruleset else None
    if ruleset is None or rule is None:
        return
    need_accounts_of(keys, waits.member_id, ruleset)
    need_closed(keys, waits.member_id, ruleset, waits.due_at)
    local = waits.due_at.astimezone(ruleset.zone).date()
    for key in rule_keys(rule, facts_of(activity, keys.context), local):
        keys.activities.usage.add(use_key(key, activity.member_id, ruleset.programme))


def decide(command: Resume, on: WorkingSet) -> Decision:
    """Post what fits into the window; it never waits longer than this."""
    activity, waits = command.activity, command.deferral
    claim = on.docket.claim(activity.activity_id)
    if claim is None:
        return NotFound(noun="claim", noun_zh="申报")
    if waits.deferral_id not in on.docket.deferrals or waits.due_at > on.now:
        return DeferralGone()
    ruleset = _pinned(waits, activity, context(on))
    rule = ruleset.rule(waits.rule_id) if ruleset else None
    if claim.state not in OPEN or ruleset is None or rule is None:
        return ClaimStateWrong(state=str(claim.state))
    keep_rules((ruleset,), on)
    evaluation = _evaluation(command, ruleset, on)
    by = Posting(
        operation_id=command.operation_id,
        actor=command.actor,
        activity=activity,
        claim=claim,
        put_off=waits,
        corrects=_root(waits, on),
        stood=_stood(waits, on),
    )
    # What is put off once more whole leaves what stood as it is, and its room with it.
    if by.stood is not None and (evaluation.awards or evaluation.forgone):
        on.docket.take_back(by.stood)
    awards = list(post(by, ruleset, evaluation, on, pending=claim.state is not State.POSTED))
    moved = [award.transaction_id for award in awards if award.transaction_id is not None]
    points = sum(evaluation.totals.values())
    on.docket.end_deferral(
        DeferralEnd(
            deferral_id=waits.deferral_id,
            outcome=Ending.RESUMED,
            recorded_at=on.now,
            points=Points(points),
            transaction_id=moved[0] if moved else None,
        )
    )
    claim.transactions = tuple(dict.fromkeys((*claim.transactions, *moved)))
    if waits.member_id != claim.member_id and moved:
        claim.peers = tuple(sorted({*claim.peers, waits.member_id}))
    detail = {"deferral": waits.deferral_id, "points": points}
    on.docket.take(claim, Step.CORRECTED, command.actor, on.now, reason="deferred", detail=detail)
    return {"state": str(claim.state), "points": points, "transactions": moved}


def _pinned(waits: Deferral, activity: Activity, known: Context) -> RuleSet | None:
    """Return the version that put the points off, or else the one that holds for the activity."""
    for ruleset in known.rules.all_of(waits.programme):
        if ruleset.sha256 == waits.ruleset_sha256:
            return ruleset
    return known.rules.in_force(waits.programme, activity.occurred_at)


def _evaluation(command: Resume, ruleset: RuleSet, on: WorkingSet) -> Evaluation:
    activity, waits = command.activity, command.deferral
    facts = facts_of(
        activity,
        context(on),
        peers=peers_of(activity, ruleset, on),
        closed=closed_of(waits.member_id, ruleset, waits.due_at, on),
    )
    put_off = Deferred(
        rule_id=waits.rule_id,
        measure=waits.measure.partition(".")[2],
        points=waits.points,
        until=waits.due_at,
        round=waits.round,
        to=waits.member_id if waits.member_id != activity.member_id else "",
    )
    return evaluate_deferred(
        facts, ruleset, UsageBefore(on, activity.member_id, ruleset.programme), put_off
    )


def _stood(waits: Deferral, on: WorkingSet) -> Award | None:
    """Return what stands of the rule's award in the measure, if anything."""
    for award in on.docket.standing(waits.activity_id):
        if (award.rule_id, award.measure) == (waits.rule_id, waits.measure):
            return award
    return None


def _root(waits: Deferral, on: WorkingSet) -> TransactionId | None:
    """Return the first transaction of what the rule granted for the activity, if anything."""
    posted = (
        award.transaction_id
        for award in on.docket.awards_of.get(waits.activity_id, ())
        if (award.programme, award.rule_id) == (waits.programme, waits.rule_id)
    )
    return min((found for found in posted if found is not None), default=None)


def of(association: AssociationId, actor: Actor, activity: Activity, deferral: Deferral) -> Resume:
    """Return the command that grants a deferral: the same one whoever sends it."""
    return Resume(
        association_id=association,
        operation_id=OperationId(f"system:resume:{deferral.deferral_id}"),
        actor=actor,
        activity=activity,
        deferral=deferral,
    )


FLOW = Flow("resume", needs, decide)
