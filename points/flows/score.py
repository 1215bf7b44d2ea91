"""Score an approved activity: rules say what it is worth, the ledger takes it down.

Each award is one transaction, so that every line of a member's statement explains itself. Points
are pending while the activity is in publicity.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from points.activities.calendar import WorkingCalendar
from points.activities.errors import ClaimStateWrong
from points.activities.model import Activity, Award, Claim, Step, UseKey
from points.activities.store import Reference, Span
from points.engine import Decision, Flow
from points.flows.closed_years import closed_of, need_closed
from points.flows.context import Context, context
from points.flows.day_kinds import kind_of_day
from points.flows.keep_rules import keep_rules
from points.flows.posting import Posting, post
from points.kernel.canonical import plain
from points.kernel.errors import NotFound
from points.kernel.ids import Actor, AssociationId, MemberId, OperationId
from points.ledger.model import Measure, account_id
from points.rules import (
    Evaluation,
    EvaluationError,
    Facts,
    RuleSet,
    Spent,
    UsageKey,
    evaluate,
    member_snapshot,
    referred,
    usage_keys,
)
from points.rules import Reference as Referred
from points.rules.facts import PEER
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
        need_accounts_of(keys, activity.member_id, ruleset)
        need_closed(keys, activity.member_id, ruleset, activity.occurred_at)
        _need_usage(keys, ruleset, facts_of(activity, known), activity.member_id)
        if any(rule.effect for rule in ruleset.by_type.get(activity.type, ())):
            keys.activities.effects_of.add(activity.member_id)


def need_accounts_of(keys: Keys, member: MemberId, ruleset: RuleSet) -> None:
    """Lock a member's accounts in a programme."""
    for measure in ruleset.measures:
        name = Measure(ruleset.programme, measure)
        keys.ledger.accounts.add(account_id(member, name))


def _need_usage(keys: Keys, ruleset: RuleSet, facts: Facts, member: MemberId) -> None:
    asked = usage_keys(facts, ruleset)
    for key in asked.keys:
        keys.activities.usage.add(use_key(key, member, ruleset.programme))
    for grant in asked.grants:
        who = MemberId(grant.peer or member)
        keys.activities.grants.add(Span(who, grant.rule_id, grant.after, grant.before))
    for past in asked.histories:
        keys.activities.histories.add(Span(member, past.activity_type, past.since, past.until))
    for named in asked.references:
        keys.activities.references.add(Reference(member, *named))
    for peer in asked.peers:
        keys.members.members.add(MemberId(peer))
        need_accounts_of(keys, MemberId(peer), ruleset)


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
        _mark(activity, claim, on)
        return {"state": str(claim.state), "error": error.code, "rule": error.rule_id}
    days = max((each.review.publicity_days for _, each in found), default=0)
    keep_rules((ruleset for ruleset, _ in found), on)
    by = Posting(
        operation_id=command.operation_id, actor=command.actor, activity=activity, claim=claim
    )
    awards = [
        award
        for ruleset, evaluation in found
        for award in post(by, ruleset, evaluation, on, pending=days > 0)
    ]
    _settle(command, claim, awards, days, on)
    _mark(activity, claim, on)
    return {
        "state": str(claim.state),
        "awards": [
            {"rule": award.rule_id, "measure": award.measure, "points": award.points}
            for award in awards
            if award.points
        ],
        "transactions": list(claim.transactions),
    }


def _mark(activity: Activity, claim: Claim, on: WorkingSet) -> None:
    """Have the member's activities scored again once what takes another's place has been scored."""
    if activity.supersedes is not None:
        on.docket.mark(activity.member_id, f"{activity.activity_id}:{claim.version}", on.now)


def _settle(command: Score, claim: Claim, awards: list[Award], days: int, on: WorkingSet) -> None:
    """Move the claim into publicity, or straight to its end."""
    found = (award.transaction_id for award in awards if award.transaction_id is not None)
    claim.transactions = tuple(dict.fromkeys(found))
    peers = {award.member_id for award in awards if award.points} - {claim.member_id}
    claim.peers = tuple(sorted(peers))
    if not days:
        on.docket.take(claim, Step.POSTED, command.actor, on.now)
        return
    zone = next(rulesets_for(command.activity, context(on))).zone
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


def facts_of(
    activity: Activity,
    known: Context,
    measures: frozenset[str] | None = None,
    *,
    peers: Mapping[str, frozenset[str]] | None = None,
    closed: frozenset[str] = frozenset(),
) -> Facts:
    """Return an activity as rules see it.

    Args:
        activity: What happened.
        known: The activity types, and whose zone its local day is of.
        measures: Measures of the programme in which the member has accounts.
        peers: And those of the members whom it names.
        closed: Measures of which the member's year is closed.
    """
    kind = known.types.types[activity.type]
    return Facts(
        activity_id=activity.activity_id,
        type=activity.type,
        occurred_at=activity.occurred_at,
        received_at=activity.received_at,
        source=activity.word,
        fields=kind.normalise(activity.fields),
        member=member_snapshot(activity.member),
        measures=measures,
        member_id=activity.member_id,
        external_id=activity.external_id,
        day_kind=activity.day_kind or kind_of_day(kind, activity.occurred_at, known, PUBLISHED),
        proved=activity.proved is not False,
        peers=peers,
        closed=closed,
    )


PUBLISHED = WorkingCalendar()
"""The published calendar: for activities that were recorded before their kind of day was kept."""


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
            facts = facts_of(
                activity,
                context(on),
                measures,
                peers=peers_of(activity, ruleset, on),
                closed=closed_of(activity.member_id, ruleset, activity.occurred_at, on),
            )
            usage = UsageBefore(on, activity.member_id, ruleset.programme)
            yield ruleset, evaluate(facts, ruleset, usage)


def peers_of(activity: Activity, ruleset: RuleSet, on: WorkingSet) -> dict[str, frozenset[str]]:
    """Return in which measures of a programme those whom an activity names have accounts."""
    found = {}
    for peer in named_members(activity, context(on)):
        names = ((each, Measure(ruleset.programme, each)) for each in ruleset.measures)
        opened = (each for each, name in names if on.books.account(account_id(peer, name)))
        if measures := frozenset(opened):
            found[str(peer)] = measures
    return found


def named_members(activity: Activity, known: Context) -> list[MemberId]:
    """Return the members whom an activity's fields name."""
    specs = known.types.types[activity.type].fields.values()
    values = (activity.fields.get(spec.name) for spec in specs if spec.kind == "member")
    return [MemberId(str(value)) for value in values if value]


def use_key(key: UsageKey, member: MemberId, programme: str) -> UseKey:
    """Return the count that a rule means: the member's, a peer's, or one that members share."""
    holder = key.holder.removeprefix(PEER) or member
    return UseKey(holder, key.cap, f"{programme}.{key.measure}", key.window)


@dataclass(frozen=True, slots=True)
class UsageBefore:
    """What a member was granted before, in one programme, as the working set has it."""

    on: WorkingSet
    member: MemberId
    programme: str

    def spent(self, key: UsageKey) -> Spent:
        """Return what was granted under a key."""
        used = self.on.docket.spent(use_key(key, self.member, self.programme))
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
        return referred((Referred(*each) for each in found), since, until)


FLOW = Flow("score", needs, decide)
