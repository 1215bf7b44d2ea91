"""The activities' part of a batch: what was loaded, and what the batch will append."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from points.activities.calendar import WorkingCalendar
from points.activities.model import (
    COUNTING,
    SCORING,
    UNDECIDED,
    Activity,
    Award,
    Claim,
    ClaimEvent,
    Evidence,
    Granted,
    Shift,
    Step,
    Used,
    UseKey,
    latest,
    next_state,
    slot,
)
from points.activities.outcomes import Deferral, DeferralEnd, RuleEffect
from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, Actor, MemberId

NOTHING = Used()


@dataclass(slots=True)
class Docket:
    """Claims under their locks with their activities. Nothing here touches a database.

    Attributes:
        activities: Those that were asked for, and those filed in this batch.
        external: Activities by source and external id, where they were asked for.
        claims: By activity.
        shifts: Spans of members' exclusive activities, by slot.
        usage: What was granted, by key; a missing key means nothing.
        granted_at: When (by ``occurred_at``) a rule granted a member something.
        happened_at: When a member's scored activities of a type happened.
        referred: What a rule granted a member for activities under a source's number.
        awards_of: What asked-for activities were awarded before.
        calendar: Working days.
        entries: Calendar entries to put, by day.
        evidence: To be sealed, by activity.
        destroyed: Activities whose evidence is to be destroyed.
        forgotten: Members all of whose evidence is to be destroyed.
        deferrals: Points that were put off and still wait, where they were asked for.
        effects: What rules did to members besides points, where it was asked for and still stands.
        froze: Whom rules ever froze in which programme, and the reason; staff may have since.
        put_off: Deferrals to append.
        ended: Ends of deferrals to append.
        done: Effects to append.
        scored: When a member's activities were scored that still count, where they were asked for.
        scored_at: When activities were scored, where it was asked for.
        marked: Members whose activities are to be scored again, with the cause and since when.
        unmarked: Members for whom that has been done.
    """

    activities: dict[ActivityId, Activity] = field(default_factory=dict)
    external: dict[tuple[str, str], Activity] = field(default_factory=dict)
    claims: dict[ActivityId, Claim] = field(default_factory=dict)
    shifts: dict[str, list[Shift]] = field(default_factory=dict)
    usage: dict[UseKey, Used] = field(default_factory=dict)
    granted_at: dict[tuple[MemberId, str], list[datetime]] = field(default_factory=dict)
    happened_at: dict[tuple[MemberId, str], list[datetime]] = field(default_factory=dict)
    referred: dict[tuple[MemberId, str, str], list[Granted]] = field(default_factory=dict)
    awards_of: dict[ActivityId, list[Award]] = field(default_factory=dict)
    calendar: WorkingCalendar = field(default_factory=WorkingCalendar)
    filed: list[tuple[Activity, str | None]] = field(default_factory=list)
    events: list[ClaimEvent] = field(default_factory=list)
    awards: list[Award] = field(default_factory=list)
    touched: dict[ActivityId, Claim] = field(default_factory=dict)
    used: set[UseKey] = field(default_factory=set)
    entries: dict[str, tuple[str, str]] = field(default_factory=dict)
    evidence: dict[ActivityId, Evidence] = field(default_factory=dict)
    destroyed: set[ActivityId] = field(default_factory=set)
    forgotten: set[MemberId] = field(default_factory=set)
    deferrals: dict[str, Deferral] = field(default_factory=dict)
    effects: dict[MemberId, list[RuleEffect]] = field(default_factory=dict)
    froze: set[tuple[MemberId, str, str]] = field(default_factory=set)
    put_off: list[Deferral] = field(default_factory=list)
    ended: list[DeferralEnd] = field(default_factory=list)
    done: list[RuleEffect] = field(default_factory=list)
    scored: dict[MemberId, list[tuple[datetime, ActivityId]]] = field(default_factory=dict)
    scored_at: dict[ActivityId, datetime] = field(default_factory=dict)
    marked: dict[MemberId, tuple[str, datetime]] = field(default_factory=dict)
    unmarked: set[MemberId] = field(default_factory=set)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        destroyed = len(self.destroyed) + len(self.forgotten)
        outcomes = len(self.put_off) + len(self.ended) + len(self.done)
        marks = len(self.marked) + len(self.unmarked)
        facts = len(self.events) + len(self.awards) + len(self.used) + len(self.entries)
        return facts + destroyed + outcomes + marks

    def activity(self, activity: ActivityId) -> Activity | None:
        """Return an activity, or None where there is none of this id."""
        return self.activities.get(activity)

    def claim(self, activity: ActivityId) -> Claim | None:
        """Return an activity's claim, or None where there is none of this id."""
        return self.claims.get(activity)

    def undecided(self, member: MemberId) -> list[Claim]:
        """Return a member's loaded claims that nobody has decided about, by id."""
        found = [claim for claim in self.claims.values() if claim.member_id == member]
        return sorted(
            (claim for claim in found if claim.state in UNDECIDED),
            key=lambda claim: claim.activity_id,
        )

    def file(
        self,
        activity: Activity,
        claim: Claim,
        step: Step,
        *,
        exclusive: bool = False,
        detail: Mapping[str, Any] | None = None,
        evidence: Evidence | None = None,
    ) -> None:
        """Append a new activity, and begin its claim with its first step."""
        if evidence:
            self.evidence[activity.activity_id] = evidence
        name = (activity.source, activity.external_id)
        ensure(name not in self.external, "a source's number names one activity for ever")
        self.external[name] = activity
        self.activities[activity.activity_id] = activity
        self.claims[activity.activity_id] = claim
        key = None
        if exclusive:
            key = slot(activity.member_id, activity.type, activity.occurred_at.date())
            ends_at = activity.ends_at or activity.occurred_at
            shift = Shift(activity.activity_id, activity.occurred_at, ends_at)
            self.shifts.setdefault(key, []).append(shift)
        self.filed.append((activity, key))
        self.take(claim, step, activity.filed_by, activity.recorded_at, detail=detail)

    def take(
        self,
        claim: Claim,
        step: Step,
        actor: Actor,
        now: datetime,
        *,
        reason: str = "",
        detail: Mapping[str, Any] | None = None,
    ) -> None:
        """Take a step with a claim; its other fields are the caller's to set.

        Raises:
            BrokenInvariant: The claim's state does not allow the step.
        """
        state = next_state(claim.state, step, second_needed=claim.second_needed)
        ensure(state is not None, "a claim only takes steps that its state allows")
        self._count(claim, claim.state in COUNTING, state in COUNTING)
        if step in SCORING and claim.member_id in self.scored:
            self.scored[claim.member_id].append((now, claim.activity_id))
        claim.state = state
        claim.version += 1
        self.touched[claim.activity_id] = claim
        self.events.append(
            ClaimEvent(
                activity_id=claim.activity_id,
                version=claim.version,
                step=step,
                actor=actor,
                recorded_at=now,
                reason=reason,
                detail=detail or {},
            )
        )

    def _count(self, claim: Claim, before: bool, after: bool) -> None:  # noqa: FBT001
        """Keep histories up to what this batch scores and takes back."""
        happened = self.happened_at.setdefault((claim.member_id, claim.type), [])
        if after and not before:
            happened.append(claim.occurred_at)
        elif before and not after and claim.occurred_at in happened:
            happened.remove(claim.occurred_at)

    def overlapping(
        self,
        slots: list[str],
        starts_at: datetime,
        ends_at: datetime,
        *,
        besides: ActivityId | None = None,
    ) -> ActivityId | None:
        """Return an activity in the slots, besides one, that shares a moment with a span."""
        for key in slots:
            for shift in self.shifts.get(key, ()):
                if shift.activity_id != besides and shift.overlaps(starts_at, ends_at):
                    return shift.activity_id
        return None

    def spent(self, key: UseKey) -> Used:
        """Return what was granted under a key so far, this batch included."""
        return self.usage.get(key, NOTHING)

    def use(self, key: UseKey, points: int, times: int) -> None:
        """Count points and times under a key; negative ones give room back.

        Raises:
            BrokenInvariant: More is given back than was used.
        """
        before = self.spent(key)
        after = Used(before.points + points, before.times + times)
        ensure(min(after) >= 0, "no more room is given back than was taken")
        self.usage[key] = after
        self.used.add(key)

    def award(self, award: Award, external_id: str = "") -> None:
        """Append an award and count what it used; later activities may name it by its number."""
        stood = next((each.points for each in self._same(award)), 0)
        self.awards.append(award)
        self.awards_of.setdefault(award.activity_id, []).append(award)
        if award.points:
            at = self.granted_at.setdefault((award.member_id, award.rule_id), [])
            at.append(award.occurred_at)
            named = self.referred.setdefault((award.member_id, award.rule_id, external_id), [])
            named.append(Granted(award.occurred_at, award.measure, award.points - stood))
        for key, use in zip(award.use_keys(), award.uses, strict=True):
            self.use(key, use.points, use.times)

    def _same(self, award: Award) -> list[Award]:
        """Return what stands of the same rule in the same measure, before another calculation."""
        return [
            each
            for each in self.standing(award.activity_id)
            if (each.rule_id, each.measure) == (award.rule_id, award.measure)
        ]

    def standing(self, activity: ActivityId) -> list[Award]:
        """Return what stands of an activity's awards: each rule's latest calculation."""
        return latest(self.awards_of.get(activity, ()))

    def mark(self, member: MemberId, cause: str, now: datetime) -> None:
        """Have a member's activities scored again, because one of them no longer counts."""
        self.marked[member] = (cause, now)

    def unmark(self, member: MemberId) -> None:
        """Take a member's mark off: their activities have been scored again."""
        self.marked.pop(member, None)
        self.unmarked.add(member)

    def take_back(self, award: Award) -> None:
        """Give back the room that an award took, because it no longer stands."""
        for key, use in zip(award.use_keys(), award.uses, strict=True):
            self.use(key, -use.points, -use.times)
        granted = self.granted_at.get((award.member_id, award.rule_id), [])
        if award.occurred_at in granted:
            granted.remove(award.occurred_at)

    def defer(self, deferral: Deferral) -> None:
        """Append points that are put off."""
        self.put_off.append(deferral)
        self.deferrals[deferral.deferral_id] = deferral

    def end_deferral(self, end: DeferralEnd) -> None:
        """Append what became of points that were put off; they no longer wait."""
        del self.deferrals[end.deferral_id]
        self.ended.append(end)

    def take_effect(self, effect: RuleEffect) -> None:
        """Append what a rule does to a member besides points."""
        self.done.append(effect)
        if effect.froze:
            self.froze.add((effect.member_id, effect.programme, effect.reason))
        self.effects.setdefault(effect.member_id, []).append(effect)

    def declare(self, day: str, kind: str, title: str) -> None:
        """Enter a day into the calendar."""
        self.entries[day] = (kind, title)
