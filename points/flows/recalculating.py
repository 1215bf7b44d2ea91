"""A member's activities scored again within a batch, and what comes of it posted as corrections.

What stands of an activity is its rules' latest calculations. Where scoring again leads to something
else, the next calculation holds it whole, and one transaction a rule posts the difference: more as
a lot of its own, less from the award's own lots first. Nothing is edited, and scoring again after
that changes nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

from points.activities.model import (
    COUNTING,
    Award,
    Claim,
    State,
    Step,
    Use,
    Used,
    UseKey,
    latest,
)
from points.activities.scored import Scored as Stored
from points.corrections.model import Reach
from points.flows.accounts import need_accounts
from points.flows.choosing import Choice, Known, Override, no_override
from points.flows.closed_years import rated
from points.flows.context import Context, RuleBook, context
from points.flows.keep_rules import keep_rules
from points.flows.replaying import pasts
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, Actor, MemberId, OperationId, TransactionId
from points.ledger.books import Draft
from points.ledger.model import Kind, account_id
from points.ledger.reads import Closings
from points.rules import Spent, Tallies, UsageKey
from points.rules.recalculation import (
    Anew,
    Delta,
    Recalculated,
    Recalculation,
    Scored,
    Standing,
    Stood,
    left_alone,
    recalculate,
)
from points.unit_of_work import Keys, WorkingSet

PENDING = (State.PUBLICITY, State.OBJECTED, State.UPHELD)
"""Where what is granted still waits for the end of its publicity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """Who corrects, and on what ground.

    Attributes:
        reason: A stable code: ``rescored`` or ``correction``.
        origin: What goes with each transaction besides: which batch.
    """

    operation_id: OperationId
    actor: Actor
    reason: str
    origin: Mapping[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Posted:
    """What was posted for a member."""

    up: int = 0
    down: int = 0
    activities: int = 0
    transactions: list[TransactionId] = field(default_factory=list)


def need_recalculation(keys: Keys, member: MemberId, grants: Iterable[TransactionId]) -> None:
    """Lock the member, their scored claims and accounts; load everything that counts.

    Args:
        keys: Of the batch.
        member: Whose activities.
        grants: Transactions of the awards of which points are to be taken back, as seen before.
    """
    keys.members.members.add(member)
    keys.members.enrolled.add(member)
    keys.activities.scored_of.add(member)
    keys.corrections.reached.add(member)
    keys.ledger.grants.update(grants)
    keys.ledger.closings.update(rated([member], context(keys)))
    need_accounts(keys, member)


def recalculated(
    on: WorkingSet,
    member: MemberId,
    override: Override = no_override,
    programmes: AbstractSet[str] | None = None,
) -> Recalculation:
    """Return what scoring a member's activities again would change; changes nothing.

    Args:
        on: With the member's recalculation loaded.
        member: Whose activities.
        override: Which version a batch would have instead of what an activity counts by.
        programmes: In which programmes to look; all when not said.
    """
    stored = [
        Stored(activity=on.docket.activities[activity], scored_at=at)
        for at, activity in on.docket.scored.get(member, ())
        if on.docket.claims[activity].state in COUNTING
    ]
    past = Past(
        stored=stored,
        awards=on.docket.awards_of,
        enrolled=on.register.enrolled,
        reached=on.batches.reached,
        usage=on.docket.usage,
        closings=on.books.closings,
    )
    return again(member, past, context(on), override, programmes, trace=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """What scoring again begins with: a member's activities that count, and what stands of them.

    Attributes:
        stored: In any order.
        awards: All awards by activity, superseded ones included.
        enrolled: Since when members have had accounts in which programme.
        reached: Which corrections have reached members.
        usage: What was granted, by key: all keys of the member.
        closings: When years of members were closed.
    """

    stored: list[Stored]
    awards: Mapping[ActivityId, list[Award]]
    enrolled: Mapping[MemberId, Mapping[str, datetime]]
    reached: Mapping[MemberId, list[Reach]]
    usage: Mapping[UseKey, Used]
    closings: Closings


def again(
    member: MemberId,
    past: Past,
    known: Context,
    override: Override = no_override,
    programmes: AbstractSet[str] | None = None,
    *,
    trace: bool = False,
) -> Recalculation:
    """Return what scoring one member's past again would change."""
    choice = Choice(known.rules, override)
    alone = _alone(known.rules, override, past)

    ordered = sorted(past.stored, key=lambda each: each.place)

    def scored() -> Iterator[Scored]:
        entries = pasts(ordered, past.enrolled, known, closings=past.closings)
        for entry, each in zip(entries, ordered, strict=True):
            stands = latest(past.awards.get(each.activity.activity_id, ()))
            # Told just before it is scored: the replay takes one entry after the other.
            choice.known = Known(
                each.scored_at,
                tuple(past.reached.get(each.activity.member_id, ())),
                {award.programme: award.ruleset_sha256 for award in stands},
            )
            yield Scored(entry.entry, standing_of(stands))

    tallies = _besides(member, past, alone)
    return recalculate(scored(), choice, tallies, programmes=programmes, alone=alone, trace=trace)


def _alone(book: RuleBook, override: Override, past: Past) -> frozenset[str]:
    """Return the rules that are left alone in any version that may come up."""
    versions = {each.sha256: each for name in book.programmes() for each in book.all_of(name)}
    for each in past.stored:
        for programme in book.programmes():
            wanted = override(programme, each.activity.occurred_at)
            if wanted is not None:
                versions[wanted.sha256] = wanted
    return frozenset(rule for each in versions.values() for rule in left_alone(each))


def _besides(member: MemberId, past: Past, alone: AbstractSet[str]) -> Tallies:
    """Return what the member used besides what is scored again: it stays used."""
    left = {key: used for key, used in past.usage.items() if key.holder == member}
    for each in past.stored:
        for award in latest(past.awards.get(each.activity.activity_id, ())):
            if award.member_id == member and award.rule_id not in alone:
                for key, use in zip(award.use_keys(), award.uses, strict=True):
                    if key in left:
                        points, times = left[key]
                        left[key] = Used(points - use.points, times - use.times)
    tallies = Tallies()
    for key, used in left.items():
        programme, _, measure = key.measure.partition(".")
        if used != (0, 0):
            name = UsageKey(key.cap, measure, key.window_key)
            tallies.of(programme, member).spendings[name] = Spent(*used)
    return tallies


def standing_of(awards: Iterable[Award]) -> Standing:
    """Return what stands of an activity as rules see it; what has come to nothing is left out."""
    standing: dict[str, dict[tuple[str, str], Stood]] = {}
    for award in awards:
        if award.points or award.uses:
            measure = award.measure.partition(".")[2]
            uses: dict[UsageKey, tuple[int, int]] = {}
            for use in award.uses:
                key = UsageKey(use.cap, measure, use.window_key, use.holder)
                before = uses.get(key, (0, 0))
                uses[key] = (before[0] + use.points, before[1] + use.times)
            standing.setdefault(award.programme, {})[award.rule_id, measure] = Stood(
                award.points, uses, award.ruleset_version, award.ruleset_sha256
            )
    return standing


def missing_grants(on: WorkingSet, changed: Iterable[Recalculated]) -> bool:
    """Return whether points are to be taken back of an award that was not loaded."""
    return any(
        delta.change < 0 and root_of(on, each, delta.rule_id) not in on.books.granted
        for each in changed
        for delta in each.deltas
    )


def root_of(on: WorkingSet, each: Recalculated, rule_id: str) -> TransactionId | None:
    """Return the first transaction of what a rule granted for an activity, if anything."""
    posted = (
        award.transaction_id
        for award in on.docket.awards_of.get(_activity(each), ())
        if award.programme == each.ruleset.programme and award.rule_id == rule_id
    )
    return min((found for found in posted if found is not None), default=None)


def post(on: WorkingSet, changed: tuple[Recalculated, ...], by: By) -> Posted:
    """Post what changes: awards, the caps' counts, the claims' steps, the ledger's transactions."""
    posted = Posted()
    keep_rules((each.ruleset for each in changed), on)
    for each in changed:
        for award in _superseded(on, each):
            on.docket.take_back(award)
    for activity, mine in groupby(sorted(changed, key=_activity), key=_activity):
        claim = on.docket.claims[activity]
        made = [award for each in mine for award in _correct(on, claim, each, by, posted)]
        _step(on, claim, made, by)
        posted.activities += 1
    return posted


def _activity(each: Recalculated) -> Any:  # noqa: ANN401 - an id, sorted and grouped by
    return each.entry.facts.activity_id


def _superseded(on: WorkingSet, each: Recalculated) -> Iterator[Award]:
    programme = each.ruleset.programme
    keys = {(delta.rule_id, f"{programme}.{delta.measure}") for delta in each.deltas}
    for award in on.docket.standing(_activity(each)):
        if (award.rule_id, award.measure) in keys:
            yield award


def _correct(
    on: WorkingSet, claim: Claim, each: Recalculated, by: By, posted: Posted
) -> Iterator[Award]:
    before = on.docket.awards_of.get(claim.activity_id, ())
    calculation = max((award.calculation for award in before), default=1) + 1
    for rule_id, deltas in groupby(each.deltas, key=attrgetter("rule_id")):
        draft = _draft(on, claim, each, rule_id, calculation, by)
        awards = [
            _award(claim, each, delta, calculation, _move(on, claim, each, delta, draft))
            for delta in deltas
        ]
        if any(award.transaction_id for award in awards):
            posted.transactions.append(draft.post().transaction_id)
        for award in awards:
            on.docket.award(award, each.entry.facts.external_id)
            yield award
    posted.up += sum(max(0, delta.change) for delta in each.deltas)
    posted.down += sum(max(0, -delta.change) for delta in each.deltas)


def _draft(
    on: WorkingSet, claim: Claim, each: Recalculated, rule_id: str, calculation: int, by: By
) -> Draft:
    return Draft(
        books=on.books,
        ids=on.ids,
        kind=Kind.CORRECT,
        operation_id=by.operation_id,
        actor=by.actor,
        reason=rule_id,
        now=on.now,
        effective_at=claim.occurred_at,
        corrects=root_of(on, each, rule_id),
        origin={
            "activity": claim.activity_id,
            "rule": rule_id,
            "ruleset": f"{each.ruleset.programme}/{each.ruleset.version}",
            "sha256": each.ruleset.sha256,
            "calculation": calculation,
            "because": by.reason,
            **by.origin,
        },
    )


@dataclass(frozen=True, slots=True)
class _Moved:
    """Where a delta was posted, if anything moved, and what of it had expired already."""

    transaction_id: TransactionId | None = None
    lapsed: int = 0


def _move(on: WorkingSet, claim: Claim, each: Recalculated, delta: Delta, draft: Draft) -> _Moved:
    """Put a delta into its rule's transaction."""
    account = account_id(claim.member_id, f"{each.ruleset.programme}.{delta.measure}")
    if delta.change > 0:
        draft.grant(
            account,
            delta.change,
            expires_at=delta.anew.expires_at,
            pending=claim.state in PENDING,
        )
        return _Moved(draft.transaction_id)
    if delta.change == 0 or draft.corrects is None:
        return _Moved()
    taken = draft.take_back(on.books.grant_in(draft.corrects, account), standing=delta.anew.points)
    return _Moved(draft.transaction_id if taken else None, -delta.change - taken)


def _award(
    claim: Claim,
    each: Recalculated,
    delta: Delta,
    calculation: int,
    moved: _Moved,
) -> Award:
    anew, ruleset = delta.anew, each.ruleset
    return Award(
        activity_id=claim.activity_id,
        calculation=calculation,
        rule_id=delta.rule_id,
        measure=f"{ruleset.programme}.{delta.measure}",
        member_id=claim.member_id,
        occurred_at=claim.occurred_at,
        points=Points(anew.points),
        forgone=Points(anew.forgone),
        programme=ruleset.programme,
        ruleset_version=ruleset.version,
        ruleset_sha256=ruleset.sha256,
        expires_at=anew.expires_at,
        transaction_id=moved.transaction_id,
        uses=_uses(ruleset.programme, anew),
        trace=(anew.trace or {})
        | {"corrected": {"old": delta.old, "new": anew.points, "reason": dict(delta.reason)}},
        lapsed=Points(moved.lapsed),
    )


def _uses(programme: str, anew: Anew) -> tuple[Use, ...]:
    return tuple(
        Use(
            use.cap,
            f"{programme}.{use.measure}",
            use.window_key,
            use.amount,
            use.times,
            use.holder,
        )
        for use in anew.uses
    )


def _step(on: WorkingSet, claim: Claim, made: list[Award], by: By) -> None:
    """Say on the claim that it was corrected; what it was granted more matures with it."""
    moved = [award.transaction_id for award in made if award.transaction_id is not None]
    claim.transactions = tuple(dict.fromkeys((*claim.transactions, *moved)))
    on.docket.take(
        claim,
        Step.CORRECTED,
        by.actor,
        on.now,
        reason=by.reason,
        detail={"calculation": max(award.calculation for award in made), **by.origin},
    )
