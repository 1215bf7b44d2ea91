"""How an activity is taken down, whoever reports it: a source, an organiser or the member."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from points.activities.errors import (
    ActivityConflict,
    ActivityInFuture,
    ActivityInvalid,
    ActivityTypeUnknown,
    DurationImpossible,
    ShiftOverlaps,
)
from points.activities.model import SHIFT_MAX, Activity, Claim, Shift, Step, slots_around
from points.engine import Decision, Result
from points.flows.context import context
from points.flows.screening import Arrival, Screening, screen
from points.kernel.canonical import digest, plain
from points.kernel.ensure import ensure
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import ActivityId, Actor, MemberId
from points.members.errors import NotInProgramme
from points.members.model import Member
from points.rules import ActivityType
from points.unit_of_work import Keys, WorkingSet

SKEW = timedelta(minutes=5)
"""Clocks of phones and sources run ahead by so much; more is the future."""

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filing:
    """What was reported.

    Attributes:
        fields: Plain values, not checked yet.
        trusted: Whether the source proved that it is the source.
        detail: What goes with the first step of the claim: evidence, a note.
    """

    actor: Actor
    source: str
    external_id: str
    type: str
    member_id: MemberId
    occurred_at: datetime
    ended_at: datetime | None
    received_at: datetime | None
    fields: Mapping[str, Any]
    trusted: bool = False
    batch_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)


def filing_needs(filing: Filing, keys: Keys) -> None:
    """Lock the member, whose other shifts are looked at, and find the number's first use."""
    ensure(filing.occurred_at.tzinfo is not None, "instants carry their zone")
    keys.members.members.add(filing.member_id)
    keys.activities.external.add((filing.source, filing.external_id))
    keys.activities.slots.update(slots_around(filing.member_id, filing.type, filing.occurred_at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A filing that nothing stands against; nothing of it is written yet."""

    filing: Filing
    kind: ActivityType
    fields: Mapping[str, Any]
    member: Member
    ends_at: datetime | None
    body_hash: str

    def overlaps(self, other: "Checked") -> bool:
        """Return whether one member cannot have done both, because they share a moment."""
        mine, theirs = self.filing, other.filing
        if self.kind.overlap != "refuse" or (mine.type, mine.member_id) != (
            theirs.type,
            theirs.member_id,
        ):
            return False
        shift = Shift(ActivityId(""), theirs.occurred_at, other.ends_at or theirs.occurred_at)
        return shift.overlaps(mine.occurred_at, self.ends_at or mine.occurred_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenBefore:
    """The same source reported the same under the same number."""

    activity_id: ActivityId


def take_down(filing: Filing, on: WorkingSet, action: str) -> Decision:
    """Append the activity and begin its claim; what was reported before is answered as before."""
    found = check(filing, on)
    if isinstance(found, Refusal):
        return found
    done = settle(found, on)
    after = {"activities": [done["activity_id"]]}
    on.trail.note(action, filing.member_id, after=after, detail={"duplicate": done["duplicate"]})
    return done


def settle(found: Checked | TakenBefore, on: WorkingSet) -> Result:
    """File what was checked, or answer what was taken before."""
    if isinstance(found, TakenBefore):
        return {"activity_id": found.activity_id, "duplicate": True}
    return file(found, on)


def check(filing: Filing, on: WorkingSet) -> Checked | TakenBefore | Refusal:
    """Return what may be filed, that it was filed before, or why not. Touches nothing."""
    kind = context(on).types.types.get(filing.type)
    if kind is None:
        return ActivityTypeUnknown()
    try:
        fields = kind.normalise(filing.fields)
    except ValueError:
        faults = [plain(fault) for fault in kind.validate(filing.fields)]
        return ActivityInvalid(count=len(faults), faults=faults)
    body_hash = _body_hash(filing, fields)
    known = on.docket.external.get((filing.source, filing.external_id))
    if known is not None:
        same = known.body_hash == body_hash
        return TakenBefore(activity_id=known.activity_id) if same else ActivityConflict()
    member = on.register.member(filing.member_id)
    if member is None:
        return NotFound(noun="member", noun_zh="会员")
    ends_at = _ends_at(filing, kind, fields)
    return _refuse(filing, kind, fields, member, ends_at, on) or Checked(
        filing=filing,
        kind=kind,
        fields=fields,
        member=member,
        ends_at=ends_at,
        body_hash=body_hash,
    )


def file(checked: Checked, on: WorkingSet) -> Result:
    """Append a checked activity and begin its claim."""
    filing, member = checked.filing, checked.member
    activity = Activity(
        activity_id=ActivityId(on.ids.next()),
        source=filing.source,
        external_id=filing.external_id,
        type=filing.type,
        member_id=filing.member_id,
        occurred_at=filing.occurred_at.astimezone(UTC),
        ends_at=checked.ends_at,
        received_at=(filing.received_at or on.now).astimezone(UTC),
        recorded_at=on.now,
        fields=plain(checked.fields),
        member=member.profile.facts(),
        body_hash=checked.body_hash,
        batch_id=filing.batch_id,
        filed_by=filing.actor,
    )
    screening = screen(
        Arrival(
            activity_id=activity.activity_id,
            kind=checked.kind,
            member=member,
            source=activity.source,
            occurred_at=activity.occurred_at,
            received_at=activity.received_at,
            fields=checked.fields,
            trusted=filing.trusted,
            batch=filing.batch_id is not None,
        ),
        context(on).rules,
    )
    claim = _claim(activity, member, screening)
    step = Step.SUBMITTED if screening.reviewers else Step.TRUSTED
    exclusive = checked.kind.overlap == "refuse"
    on.docket.file(activity, claim, step, exclusive=exclusive, detail=filing.detail)
    return {
        "activity_id": activity.activity_id,
        "duplicate": False,
        "state": str(claim.state),
        "second_needed": claim.second_needed,
        "flags": list(claim.flags),
        "ready_to_score": step is Step.TRUSTED,
    }


def _body_hash(filing: Filing, fields: Mapping[str, Any]) -> str:
    ended_at = filing.ended_at and filing.ended_at.astimezone(UTC)
    occurred_at = filing.occurred_at.astimezone(UTC)
    return digest([filing.type, filing.member_id, occurred_at, ended_at, fields])


def _ends_at(filing: Filing, kind: ActivityType, fields: Mapping[str, Any]) -> datetime | None:
    if filing.ended_at is not None:
        return filing.ended_at.astimezone(UTC)
    if kind.overlap != "refuse" or "hours" not in fields:
        return None
    return filing.occurred_at.astimezone(UTC) + _span(fields["hours"])


def _span(hours: Decimal) -> timedelta:
    return timedelta(seconds=int(hours * 3600))


def _refuse(
    filing: Filing,
    kind: ActivityType,
    fields: Mapping[str, Any],
    member: Member,
    ends_at: datetime | None,
    on: WorkingSet,
) -> Refusal | None:
    if member.programmes.isdisjoint(kind.programmes):
        return NotInProgramme()
    if filing.occurred_at > on.now + SKEW or (ends_at is not None and ends_at > on.now + SKEW):
        return ActivityInFuture()
    longest = _longest(kind)
    lasts = _span(fields["hours"]) if "hours" in fields else timedelta(0)
    if ends_at is not None:
        lasts = max(lasts, ends_at - filing.occurred_at)
    if (ends_at is not None and ends_at < filing.occurred_at) or (longest and lasts > longest):
        hours_max = (longest or SHIFT_MAX) / _HOUR
        return DurationImpossible(hours_max=f"{hours_max:g}")
    if kind.overlap == "refuse":
        slots = slots_around(filing.member_id, filing.type, filing.occurred_at)
        there = on.docket.overlapping(slots, filing.occurred_at, ends_at or filing.occurred_at)
        return ShiftOverlaps(activity_id=there) if there else None
    return None


def _longest(kind: ActivityType) -> timedelta | None:
    if kind.duration_max_hours is not None:
        return min(_span(kind.duration_max_hours), SHIFT_MAX)
    return SHIFT_MAX if kind.overlap == "refuse" else None


def _claim(activity: Activity, member: Member, screening: Screening) -> Claim:
    return Claim(
        activity_id=activity.activity_id,
        member_id=activity.member_id,
        type=activity.type,
        filed_by=activity.filed_by,
        occurred_at=activity.occurred_at,
        branch=member.profile.branch,
        grid=member.profile.grid,
        reviewers=screening.reviewers,
        second_needed=screening.second_needed,
        flags=screening.flags,
        batch_id=activity.batch_id,
    )
