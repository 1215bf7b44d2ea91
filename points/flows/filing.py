"""How an activity is taken down, whoever reports it: a source, an organiser or the member."""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
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
from points.activities.model import (
    BACKFILL_AFTER,
    SHIFT_MAX,
    Activity,
    Claim,
    Evidence,
    Shift,
    Step,
    slots_around,
)
from points.engine import Decision, Result
from points.flows.closed_years import closed_of, need_closed
from points.flows.context import Context, context
from points.flows.day_kinds import kind_of_day
from points.flows.quotas import (
    NOTHING_COUNTS,
    Allowance,
    Filed,
    counted,
    filing_allowance,
    is_staff,
)
from points.flows.screening import Arrival, Screening, screen
from points.kernel.canonical import canonical_json, digest, plain
from points.kernel.ensure import ensure
from points.kernel.errors import NotFound, Refusal
from points.kernel.ids import ActivityId, Actor, MemberId
from points.members.errors import NotInProgramme
from points.members.model import Member
from points.rules import ActivityType, RuleSet
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
        detail: What goes with the first step of the claim: which kinds of evidence.
        note: In words, for the reviewer; kept sealed.
        corrects: The activity whose place it takes: two people have decided so.
        counts_from: And when the first of these was scored.
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
    note: str = field(default="", repr=False)
    corrects: Activity | None = None
    counts_from: datetime | None = None


def filing_needs(filing: Filing, keys: Keys) -> None:
    """Lock the member, whose other shifts are looked at, and find the number's first use."""
    ensure(filing.occurred_at.tzinfo is not None, "instants carry their zone")
    keys.members.members.add(filing.member_id)
    kind = context(keys).types.types.get(filing.type)
    if filing.note or (kind is not None and kind.personal.intersection(filing.fields)):
        keys.members.keys.add(filing.member_id)
    keys.activities.external.add((filing.source, filing.external_id))
    keys.activities.slots.update(slots_around(filing.member_id, filing.type, filing.occurred_at))
    keys.duties.holders.update(_counting(filing, keys.context).holders)
    keys.activities.calendar = True
    for ruleset in _rulesets(filing, keys.context):
        need_closed(keys, filing.member_id, ruleset, filing.occurred_at)


def _rulesets(filing: Filing, known: Context) -> list[RuleSet]:
    """Return the rules that will score it, as far as is known now."""
    kind = known.types.types.get(filing.type)
    found = [known.rules.in_force(name, filing.occurred_at) for name in _programmes(kind)]
    return [ruleset for ruleset in found if ruleset is not None]


def _programmes(kind: ActivityType | None) -> tuple[str, ...]:
    return kind.programmes if kind is not None else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A filing that nothing stands against; nothing of it is written yet.

    Attributes:
        fields: Those that stay with the activity; ``personal`` ones are sealed beside it.
    """

    filing: Filing
    kind: ActivityType
    fields: Mapping[str, Any]
    personal: Mapping[str, Any] = field(repr=False)
    member: Member
    ends_at: datetime | None
    body_hash: str
    allowance: Allowance = NOTHING_COUNTS

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


def check(
    filing: Filing, on: WorkingSet, ahead: Sequence[Checked] = ()
) -> Checked | TakenBefore | Refusal:
    """Return what may be filed, that it was filed before, or why not. Touches nothing.

    Args:
        filing: What was reported.
        on: What is known.
        ahead: What the same row says before it, which is not filed yet.
    """
    kind = context(on).types.types.get(filing.type)
    if kind is None:
        return ActivityTypeUnknown()
    try:
        fields = kind.normalise(filing.fields)
    except ValueError:
        faults = [plain(fault) for fault in kind.validate(filing.fields)]
        return ActivityInvalid(count=len(faults), faults=faults)
    personal = {name: fields.pop(name) for name in sorted(kind.personal & fields.keys())}
    body_hash = _body_hash(filing, fields, _keyed(personal, context(on).index_key))
    known = on.docket.external.get((filing.source, filing.external_id))
    if known is not None:
        same = known.body_hash == body_hash
        return TakenBefore(activity_id=known.activity_id) if same else ActivityConflict()
    member = on.register.member(filing.member_id)
    if member is None:
        return NotFound(noun="member", noun_zh="会员")
    ends_at = _ends_at(filing, kind, fields)
    if refusal := _refuse(filing, kind, fields, member, ends_at, on):
        return refusal
    counting = _counting(filing, context(on), backfill=late(filing, on.now))
    allowance = filing_allowance(counting, on, [each.allowance for each in ahead])
    if isinstance(allowance, Refusal):
        return allowance
    return Checked(
        filing=filing,
        kind=kind,
        fields=fields,
        personal=personal,
        member=member,
        ends_at=ends_at,
        body_hash=body_hash,
        allowance=allowance,
    )


def late(filing: Filing, at: datetime) -> bool:
    """Return whether something is a backfill when it comes at an instant."""
    return at - filing.occurred_at > BACKFILL_AFTER


def _counting(filing: Filing, known: Context, *, backfill: bool = False) -> Filed:
    """Return what a filing counts against: its filer's day, and its sheet."""
    day = filing.occurred_at.astimezone(known.duties.zone).date().isoformat()
    sheet = filing.batch_id and f"sheet:{filing.batch_id}:{filing.type}:{day}"
    # A correction was decided by two people, each with a second factor: no quota stands for one.
    filer = filing.actor if is_staff(filing.actor) and filing.corrects is None else None
    return Filed(filer=filer, sheet=sheet, backfill=backfill)


def file(checked: Checked, on: WorkingSet) -> Result:
    """Append a checked activity and begin its claim."""
    filing, member, corrects = checked.filing, checked.member, checked.filing.corrects
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
        # What they were then: a correction is about what was done, and not about who did it.
        member=corrects.member if corrects else member.profile.facts(),
        body_hash=checked.body_hash,
        batch_id=filing.batch_id,
        filed_by=filing.actor,
        day_kind=_day_kind(checked, on),
        proved=filing.trusted,
        supersedes=corrects.activity_id if corrects else None,
        said_by=corrects.word if corrects else None,
        first=(corrects.first or corrects.activity_id) if corrects else None,
        counts_from=filing.counts_from,
    )
    screening = screen(
        Arrival(
            activity_id=activity.activity_id,
            kind=checked.kind,
            member=member,
            source=activity.word,
            occurred_at=activity.occurred_at,
            received_at=activity.received_at,
            fields=checked.fields,
            trusted=filing.trusted,
            batch=filing.batch_id is not None,
            # What staff say of when it was received is typed by whoever hands it in.
            backfill=late(filing, on.now if is_staff(filing.actor) else activity.received_at),
            over_quota=checked.allowance.flagged,
            day_kind=activity.day_kind,
            closed=any(
                closed_of(activity.member_id, ruleset, activity.occurred_at, on)
                for ruleset in _rulesets(filing, context(on))
                if ruleset.programme in member.programmes
            ),
        ),
        context(on).rules,
    )
    claim = _claim(activity, member, screening)
    step = Step.SUBMITTED if screening.reviewers and not corrects else Step.TRUSTED
    exclusive = checked.kind.overlap == "refuse"
    evidence = Evidence(
        activity_id=activity.activity_id,
        member_id=activity.member_id,
        recorded_at=on.now,
        note=filing.note,
        fields=plain(checked.personal),
    )
    detail = {**filing.detail, "worth": claim.worth, **counted(checked.allowance.asks, on)}
    on.docket.file(activity, claim, step, exclusive=exclusive, detail=detail, evidence=evidence)
    return {
        "activity_id": activity.activity_id,
        "duplicate": False,
        "state": str(claim.state),
        "second_needed": claim.second_needed,
        "flags": list(claim.flags),
        "ready_to_score": step is Step.TRUSTED,
    }


def _day_kind(checked: Checked, on: WorkingSet) -> str | None:
    """Return what kind of day it was; what was kept of the same moment before stays so."""
    filing, before = checked.filing, checked.filing.corrects
    if before and (before.type, before.occurred_at) == (filing.type, filing.occurred_at):
        return before.day_kind
    return kind_of_day(checked.kind, filing.occurred_at, context(on), on.docket.calendar)


def _body_hash(filing: Filing, fields: Mapping[str, Any], personal: str | None) -> str:
    ended_at = filing.ended_at and filing.ended_at.astimezone(UTC)
    occurred_at = filing.occurred_at.astimezone(UTC)
    said = [filing.type, filing.member_id, occurred_at, ended_at, fields]
    return digest(said if personal is None else [*said, personal])


def _keyed(personal: Mapping[str, Any], key: bytes) -> str | None:
    """Return a hash that nobody without the key can try values on; the fact keeps it for ever."""
    if not personal:
        return None
    return hmac.new(key, canonical_json(personal).encode(), hashlib.sha256).hexdigest()


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
        besides = filing.corrects.activity_id if filing.corrects else None
        there = on.docket.overlapping(
            slots, filing.occurred_at, ends_at or filing.occurred_at, besides=besides
        )
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
        worth=screening.worth,
        batch_id=activity.batch_id,
    )
