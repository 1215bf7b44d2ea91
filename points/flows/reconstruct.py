"""Reconstruct how a stored activity was scored: what was recorded, and what it comes to once more.

The member's earlier activities are scored again in their order, by the versions that were recorded,
with every reversal at its time. What then comes out for this activity has to be what was recorded;
where it is not, somebody changed something, or the engine has a defect. Writes nothing.
"""

from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Any

from points import unit_of_work
from points.activities import reads
from points.activities.awarded import scored_by
from points.activities.model import UNDECIDED, Activity, Award, ClaimEvent, State, Use
from points.activities.reads import Filed
from points.activities.scored import SCORED, scored_one, scored_stream
from points.activities.store import awards_of
from points.engine import Engine
from points.flows.casework import NO_CLAIM
from points.flows.closed_years import rated
from points.flows.context import Context
from points.flows.examine import as_of_now
from points.flows.replaying import Past, involved, past_of, pasts
from points.flows.score import facts_of
from points.kernel.errors import Refusal
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.ledger.reads import closings_of
from points.members.enrolments import first_enrolled
from points.rules import Award as Granted
from points.rules import (
    Choose,
    Entry,
    Evaluation,
    EvaluationError,
    Facts,
    Life,
    Relived,
    RuleSet,
    Tallies,
    Usage,
    relive,
)

WAITING = (*UNDECIDED, State.APPROVED, State.QUARANTINED)
"""States in which an activity may still be scored."""

PAST_MAX = 20_000
"""How much of everybody's past is read where it bears on one activity."""

RECORDED, NOW, NEVER = "recorded", "now", "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """An award that was recorded otherwise than it comes to.

    Attributes:
        recorded: Points that were recorded; None where there is no award.
        recomputed: Points that it comes to; None where it comes to none.
        what: ``points``, or ``usage`` where the points agree and what they count for does not.
    """

    rule_id: str
    measure: str
    recorded: int | None
    recomputed: int | None
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconstructed:
    """One programme's part.

    Attributes:
        ruleset: The version by which it was scored, or would be.
        result: What it comes to, with its trace; or why the whole activity is set aside.
        recorded: The awards as they were recorded first; corrections come after them.
        corrected: Later calculations of the same activity.
        mismatches: Where the two differ.
        others: The programme's other versions.
        facts: The activity as the rules saw it.
        usage: What counted before; None where a rule failed.
    """

    ruleset: RuleSet
    result: Evaluation | EvaluationError
    recorded: tuple[Award, ...] = ()
    corrected: tuple[Award, ...] = ()
    mismatches: tuple[Mismatch, ...] = ()
    others: tuple[RuleSet, ...] = ()
    facts: Facts | None = None
    usage: Usage | None = None

    @property
    def trace(self) -> Mapping[str, Any]:
        """Return how it comes about, with a step for every rule of the type."""
        found = self.result.trace if isinstance(self.result, Evaluation) else None
        return found or {"steps": []}

    @property
    def agrees(self) -> bool:
        """Return whether what was recorded first is what it comes to."""
        return not mismatches(self.recorded, self.ruleset, self.result)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconstruction:
    """An activity with everything that is known of its scoring.

    Attributes:
        basis: ``recorded``: it was scored, and this is how; ``now``: what scoring it now would
            lead to; ``never``: it will not be scored.
        at: As of when.
        comparable: Whether what was recorded can be compared: after a correction of the member's
            points the past is no longer what it was when the activity was scored.
    """

    filed: Filed
    events: tuple[ClaimEvent, ...]
    basis: str
    at: datetime
    programmes: tuple[Reconstructed, ...] = ()
    comparable: bool = True

    @property
    def sound(self) -> bool:
        """Return whether everything recorded is what it comes to."""
        return not any(each.mismatches for each in self.programmes)


def reconstruct(
    engine: Engine, association: AssociationId, activity_id: ActivityId
) -> Reconstruction | Refusal:
    """Return how an activity was scored, or would be now."""
    with engine.reading(association) as connection:
        filed = reads.one(connection, association, activity_id)
        if filed is None:
            return NO_CLAIM
        events = tuple(reads.history(connection, association, activity_id))
    state = filed.claim.state
    if state in SCORED:
        return _as_recorded(engine, association, filed, events)
    now = engine.clock.now()
    if state not in WAITING:
        return Reconstruction(filed=filed, events=events, basis=NEVER, at=now)
    return Reconstruction(
        filed=filed,
        events=events,
        basis=NOW,
        at=now,
        programmes=tuple(_as_of_now(engine, association, filed)),
    )


def _as_of_now(engine: Engine, association: AssociationId, filed: Filed) -> list[Reconstructed]:
    known: Context = engine.context_of(association)
    activity = filed.activity
    try:
        found = as_of_now(engine, association, activity)
    except EvaluationError as error:
        programmes = known.types.types[activity.type].programmes
        chosen = (known.rules.in_force(each, activity.occurred_at) for each in programmes)
        return [
            Reconstructed(
                ruleset=each,
                result=error,
                others=_others(each, known),
                facts=facts_of(activity, known),
            )
            for each in chosen
            if each is not None and (not error.rule_id or each.rule(error.rule_id))
        ]
    return [
        Reconstructed(
            ruleset=each.ruleset,
            result=each.evaluation,
            others=_others(each.ruleset, known),
            facts=facts_of(activity, known),
            usage=each.usage,
        )
        for each in found
    ]


def _as_recorded(
    engine: Engine, association: AssociationId, filed: Filed, events: tuple[ClaimEvent, ...]
) -> Reconstruction:
    activity, known = filed.activity, engine.context_of(association)
    past, whole = _past_up_to(engine, association, activity)
    with engine.reading(association) as connection:
        awards = awards_of(connection, association, [ActivityId(_id(each)) for each in past])
    once = not any(each.calculation > 1 for found in awards.values() for each in found)
    comparable = whole and once
    last = next(reversed(list(relived(past, awards, known, traced={activity.activity_id}))))
    mine, before = awards.get(activity.activity_id, []), last.before or Tallies()
    return Reconstruction(
        filed=filed,
        events=events,
        basis=RECORDED,
        at=past[-1].scored_at,
        comparable=comparable,
        programmes=tuple(
            Reconstructed(
                ruleset=each.ruleset,
                result=each.result,
                recorded=first(mine, each.ruleset.programme),
                corrected=tuple(
                    award
                    for award in mine
                    if award.calculation > 1 and award.programme == each.ruleset.programme
                ),
                mismatches=mismatches(mine, each.ruleset, each.result) if comparable else (),
                others=_others(each.ruleset, known),
                facts=each.entry.facts_in(each.ruleset.programme),
                usage=before.of(each.ruleset.programme, activity.member_id),
            )
            for each in last.found
        ),
    )


def _past_up_to(
    engine: Engine, association: AssociationId, activity: Activity
) -> tuple[list[Past], bool]:
    """Return what was scored up to an activity, and whether it is all that bears on it.

    That is the member's own past, unless rules let members share a budget or give each other
    points: then it is everybody's, as far as that can be read at once.
    """
    known: Context = engine.context_of(association)
    shared = _shares(activity, known)
    if shared and not _too_much(engine, association, activity):
        with (
            unit_of_work.snapshot(engine.database, association) as connection,
            closing(scored_stream(connection, association)) as stream,
        ):
            some = list(islice(stream, PAST_MAX))
            # As they were scored, for this asks what was seen then, and not what stands.
            some.sort(key=lambda each: each.order)
            everybody = involved(some, known)
            enrolled = first_enrolled(connection, association, everybody)
            closings = closings_of(connection, association, rated(everybody, known))
        past = _cut(list(pasts(some, enrolled, known, closings=closings)), activity)
        if past:
            return past, True
    return _cut(past_of(engine, association, [activity.member_id]), activity), not shared


def _too_much(engine: Engine, association: AssociationId, activity: Activity) -> bool:
    """Return whether everybody's past up to an activity is more than can be read at once.

    Asked before, as any member may ask why: what does not reach the activity is read for nothing.
    """
    with engine.reading(association) as connection:
        mine = scored_one(connection, association, activity.activity_id)
        if mine is None:
            return True
        return scored_by(connection, association, mine.scored_at, PAST_MAX) > PAST_MAX


def _shares(activity: Activity, known: Context) -> bool:
    rulesets = [
        ruleset
        for programme in known.types.types[activity.type].programmes
        for ruleset in known.rules.all_of(programme)
    ]
    budgets = any(cap.scope != "member" for each in rulesets for cap in each.caps.values())
    return budgets or any(rule.to for each in rulesets for rule in each.rules)


def _cut(past: list[Past], activity: Activity) -> list[Past]:
    """Return a past up to an activity, or nothing where it does not reach it."""
    place = next((n for n, p in enumerate(past) if _id(p) == activity.activity_id), -1)
    return past[: place + 1]


def relived(
    past: Iterable[Past],
    awards: Mapping[ActivityId, list[Award]],
    known: Context,
    *,
    traced: Iterable[str] = (),
) -> Iterable[Relived]:
    """Yield what each activity came to when it was scored, by the versions that were recorded."""
    lives = [Life(each.entry, each.scored_at, each.reversed_at) for each in past]
    return relive(lives, lambda entry: _chooser(entry, awards, known), traced=frozenset(traced))


def relived_of(
    engine: Engine, association: AssociationId, member: MemberId, choose: Choose | None = None
) -> Tallies:
    """Return what a member has used by now, by the versions that were recorded, or by others."""
    known: Context = engine.context_of(association)
    past, tallies = past_of(engine, association, [member]), Tallies()
    with engine.reading(association) as connection:
        awards = awards_of(connection, association, [ActivityId(_id(each)) for each in past])
    lives = [Life(each.entry, each.scored_at, each.reversed_at) for each in past]
    for _ in relive(lives, lambda entry: choose or _chooser(entry, awards, known), tallies=tallies):
        pass
    return tallies


def _chooser(entry: Entry, awards: Mapping[ActivityId, list[Award]], known: Context) -> Choose:
    """Return how an entry's versions are chosen: as they were recorded, else as they hold now."""
    recorded = {
        award.programme: award.ruleset_sha256
        for award in awards.get(ActivityId(entry.facts.activity_id), ())
        if award.calculation == 1
    }

    def choose(programme: str, at: datetime) -> RuleSet | None:
        sha256 = recorded.get(programme)
        found = known.rules.by_hash(sha256) if sha256 else None
        return found or known.rules.in_force(programme, at)

    return choose


def first(awards: Iterable[Award], programme: str) -> tuple[Award, ...]:
    """Return what an activity was awarded when it was scored, in one programme."""
    return tuple(each for each in awards if each.calculation == 1 and each.programme == programme)


def mismatches(
    awards: Iterable[Award], ruleset: RuleSet, result: Evaluation | EvaluationError
) -> tuple[Mismatch, ...]:
    """Return where what was recorded first differs from what a programme's rules come to."""
    recorded = {
        (each.rule_id, each.measure.partition(".")[2]): each
        for each in first(awards, ruleset.programme)
        if each.points
    }
    granted = result.awards if isinstance(result, Evaluation) else ()
    comes_to = {(each.rule_id, name): each for each in granted for name in each.points}
    found = []
    for rule_id, measure in sorted({*recorded, *comes_to}):
        key = (rule_id, measure)
        mine, anew = recorded.get(key), comes_to.get(key)
        points = None if mine is None else int(mine.points)
        worth = None if anew is None else anew.points[measure]
        what = "points" if points != worth else _differing(mine, anew, measure, ruleset)
        if what:
            found.append(
                Mismatch(
                    rule_id=rule_id, measure=measure, recorded=points, recomputed=worth, what=what
                )
            )
    return tuple(found)


def _differing(mine: Award | None, anew: Granted | None, measure: str, ruleset: RuleSet) -> str:
    """Return what differs between two awards of the same points, or nothing."""
    if mine is None or anew is None:
        return ""
    if mine.ruleset_sha256 != ruleset.sha256:
        return "version"
    if mine.forgone != anew.forgone.get(measure, 0):
        return "forgone"
    if mine.expires_at != anew.expires.get(measure):
        return "expiry"
    uses = {
        Use(
            use.cap,
            f"{ruleset.programme}.{measure}",
            use.window_key,
            use.amount,
            use.times,
            use.holder,
        )
        for use in anew.uses
        if use.measure == measure
    }
    return "" if uses == set(mine.uses) else "usage"


def _others(ruleset: RuleSet, known: Context) -> tuple[RuleSet, ...]:
    found = known.rules.all_of(ruleset.programme)
    return tuple(each for each in reversed(found) if each.sha256 != ruleset.sha256)


def _id(past: Past) -> str:
    return past.entry.facts.activity_id
