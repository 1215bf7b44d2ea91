"""Score an approved activity: rules say what it is worth, the ledger takes it down.

Each award is one transaction, so that every line of a member's statement explains itself. Points
are pending while the activity is in publicity.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from points.activities.errors import ClaimStateWrong
from points.activities.model import Activity, Award, Claim, Step, Use, UseKey
from points.activities.store import Span
from points.engine import Decision, Flow
from points.flows.context import Context, context
from points.flows.keep_rules import keep_rules
from points.kernel.amounts import Points
from points.kernel.canonical import plain
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId, TransactionId
from points.ledger.books import Draft
from points.ledger.model import Kind, Measure, account_id
from points.rules import Award as Granted
from points.rules import (
    Evaluation,
    EvaluationError,
    Facts,
    Reference,
    RuleSet,
    Spent,
    UsageKey,
    evaluate,
    member_snapshot,
    referred,
    usage_keys,
)
from points.unit_of_work import Keys, WorkingSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Score an activity once, when its claim has been approved.

    Attributes:
        activity: The fact itself, which never changes: what has to be loaded depends on it.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    activity: Activity


def needs(command: Score, keys: Keys) -> None:
    """Lock the claim, the member and the accounts; load what caps and histories ask."""
    activity, known = command.activity, keys.context
    keys.activities.claims.add(activity.activity_id)
    keys.activities.calendar = True
    keys.members.members.add(activity.member_id)
    for ruleset in rulesets_for(activity, known):
        for measure in ruleset.measures:
            name = Measure(ruleset.programme, measure)
            keys.ledger.accounts.add(account_id(activity.member_id, name))
        _need_usage(keys, ruleset, facts_of(activity, known), activity.member_id)


def _need_usage(keys: Keys, ruleset: RuleSet, facts: Facts, member: MemberId) -> None:
    asked = usage_keys(facts, ruleset)
    for key in asked.keys:
        measure = f"{ruleset.programme}.{key.measure}"
        keys.activities.usage.add(UseKey(member, key.cap, measure, key.window))
    for grant in asked.grants:
        keys.activities.grants.add(Span(member, grant.rule_id, grant.after, grant.before))
    for past in asked.histories:
        keys.activities.histories.add(Span(member, past.activity_type, past.since, past.until))


def decide(command: Score, on: WorkingSet) -> Decision:
    """Evaluate every programme's rules, then post what they grant; nothing in between is kept."""
    activity = command.activity
    on.docket.activities.setdefault(activity.activity_id, activity)
    claim = on.docket.claim(activity.activity_id)
    if claim is None:
        return NotFound(noun="claim", noun_zh="申报")
    if not claim.allows(Step.POSTED):
        return ClaimStateWrong(state=str(claim.state))
    try:
        found = list(evaluations(activity, on))
    except EvaluationError as error:
        on.docket.take(
            claim,
            Step.QUARANTINED,
            command.actor,
            on.now,
            reason=error.code,
            detail={"rule": error.rule_id},
        )
        return {"state": str(claim.state), "error": error.code, "rule": error.rule_id}
    days = max((each.review.publicity_days for _, each in found), default=0)
    keep_rules((ruleset for ruleset, _ in found), on)
    awards = [
        award
        for ruleset, evaluation in found
        for award in _post(command, claim, ruleset, evaluation, on, pending=days > 0)
    ]
    _settle(command, claim, awards, days, on)
    return {
        "state": str(claim.state),
        "awards": [
            {"rule": award.rule_id, "measure": award.measure, "points": award.points}
            for award in awards
        ],
        "transactions": list(claim.transactions),
    }


def _settle(command: Score, claim: Claim, awards: list[Award], days: int, on: WorkingSet) -> None:
    """Move the claim into publicity, or straight to its end."""
    found = (award.transaction_id for award in awards if award.transaction_id is not None)
    claim.transactions = tuple(dict.fromkeys(found))
    if not (awards and days):
        on.docket.take(claim, Step.POSTED, command.actor, on.now)
        return
    programme = awards[0].programme
    zone = context(on).rules.of(programme).zone
    claim.publicity_until = on.docket.calendar.end_of(on.now, days, zone)
    on.docket.take(
        claim,
        Step.PUBLISHED,
        command.actor,
        on.now,
        detail={"until": plain(claim.publicity_until), "working_days": days},
    )


def rulesets_for(activity: Activity, known: Context) -> Iterator[RuleSet]:
    """Yield the rule sets in force when it happened, of the programmes that its type counts in."""
    for programme in known.types.types[activity.type].programmes:
        ruleset = known.rules.in_force(programme, activity.occurred_at)
        if ruleset is not None:
            yield ruleset


def facts_of(activity: Activity, known: Context, measures: frozenset[str] | None = None) -> Facts:
    """Return an activity as rules see it."""
    return Facts(
        activity_id=activity.activity_id,
        type=activity.type,
        occurred_at=activity.occurred_at,
        received_at=activity.received_at,
        source=activity.source,
        fields=known.types.types[activity.type].normalise(activity.fields),
        member=member_snapshot(activity.member),
        measures=measures,
    )


def evaluations(activity: Activity, on: WorkingSet) -> Iterator[tuple[RuleSet, Evaluation]]:
    """Yield what each programme's rules make of an activity; changes nothing.

    Raises:
        EvaluationError: A rule cannot be carried out on this activity.
    """
    for ruleset in rulesets_for(activity, context(on)):
        measures = frozenset(
            name
            for name in ruleset.measures
            if on.books.account(account_id(activity.member_id, Measure(ruleset.programme, name)))
        )
        if measures:
            facts = facts_of(activity, context(on), measures)
            usage = UsageBefore(on, activity.member_id, ruleset.programme)
            yield ruleset, evaluate(facts, ruleset, usage)


@dataclass(frozen=True, slots=True)
class UsageBefore:
    """What a member was granted before, in one programme, as the working set has it."""

    on: WorkingSet
    member: MemberId
    programme: str

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key."""
        measure = f"{self.programme}.{key.measure}"
        used = self.on.docket.spent(UseKey(self.member, key.cap, measure, key.window))
        return Spent(used.points, used.times)

    def granted_between(
        self, rule_id: str, after: datetime, before: datetime, peer: str = ""
    ) -> bool:
        """Return whether a rule granted something strictly between two instants."""
        who = MemberId(peer) if peer else self.member
        granted = self.on.docket.granted_at.get((who, rule_id), ())
        return any(after < at < before for at in granted)

    def happened(self, activity_type: str, since: datetime, until: datetime) -> Iterable[datetime]:
        """Return when scored activities of a type happened, from an instant up to another."""
        happened = self.on.docket.happened_at.get((self.member, activity_type), ())
        return [at for at in happened if since <= at < until]

    def awarded(self, rule_id: str, external_id: str, since: datetime, until: datetime) -> int:
        """Return what a rule granted for activities under a source's number."""
        found = self.on.docket.referred.get((self.member, rule_id, external_id), ())
        return referred((Reference(*each) for each in found), since, until)


def _post(
    command: Score,
    claim: Claim,
    ruleset: RuleSet,
    evaluation: Evaluation,
    on: WorkingSet,
    *,
    pending: bool,
) -> Iterator[Award]:
    steps = {step["rule"]: step for step in (evaluation.trace or {}).get("steps", ())}
    for granted in evaluation.awards:
        transaction = _grant(command, ruleset, granted, on, pending=pending)
        for measure, points in granted.points.items():
            award = Award(
                activity_id=claim.activity_id,
                calculation=1,
                rule_id=granted.rule_id,
                measure=f"{ruleset.programme}.{measure}",
                member_id=claim.member_id,
                occurred_at=command.activity.occurred_at,
                points=Points(points),
                forgone=Points(granted.forgone.get(measure, 0)),
                programme=ruleset.programme,
                ruleset_version=ruleset.version,
                ruleset_sha256=ruleset.sha256,
                expires_at=granted.expires.get(measure),
                transaction_id=transaction,
                uses=_uses(ruleset, granted, measure),
                trace=steps.get(granted.rule_id),
            )
            on.docket.award(award)
            yield award


def _uses(ruleset: RuleSet, granted: Granted, measure: str) -> tuple[Use, ...]:
    return tuple(
        Use(
            use.cap,
            f"{ruleset.programme}.{measure}",
            use.window_key,
            use.amount,
            use.times,
            use.holder,
        )
        for use in granted.uses
        if use.measure == measure
    )


def _grant(
    command: Score, ruleset: RuleSet, granted: Granted, on: WorkingSet, *, pending: bool
) -> TransactionId:
    origin: dict[str, Any] = {
        "activity": command.activity.activity_id,
        "rule": granted.rule_id,
        "ruleset": f"{ruleset.programme}/{ruleset.version}",
        "sha256": ruleset.sha256,
    }
    draft = Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.EARN,
        operation_id=command.operation_id,
        actor=command.actor,
        reason=granted.rule_id,
        now=on.now,
        effective_at=command.activity.occurred_at,
        origin=origin,
    )
    for measure, points in granted.points.items():
        draft.grant(
            account_id(command.activity.member_id, Measure(ruleset.programme, measure)),
            points,
            expires_at=granted.expires.get(measure),
            pending=pending,
        )
    return draft.post().transaction_id


FLOW = Flow("score", needs, decide)
