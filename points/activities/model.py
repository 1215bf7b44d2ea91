"""Activities as facts, claims on their way through review, and awards.

A *claim* is an activity on its way: every activity has one. Its state follows from its events by
:data:`TRANSITIONS`, and nothing else moves it:

    submitted → second_review? → approved → publicity → posted

with rejected and withdrawn before approval, objected → upheld or back into publicity, quarantined
where scoring failed, and reversed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from points.kernel.amounts import ZERO, Points
from points.kernel.ensure import ensure
from points.kernel.ids import ActivityId, Actor, MemberId, TransactionId

BACKFILL_AFTER = timedelta(days=30)
"""What is filed later than this after it happened is a backfill: two people look at it."""

REASON_LENGTH_MAX = 500
SHIFT_MAX = timedelta(hours=24)
"""No shift is longer; whoever looks for overlaps need not look further."""

INSTANT = timedelta(microseconds=1)


class State(StrEnum):
    """Where a claim stands.

    ``approved`` waits to be scored, ``upheld`` to be reversed, ``quarantined`` for a mended rule.
    """

    SUBMITTED = "submitted"
    SECOND_REVIEW = "second_review"
    APPROVED = "approved"
    PUBLICITY = "publicity"
    OBJECTED = "objected"
    UPHELD = "upheld"
    POSTED = "posted"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    QUARANTINED = "quarantined"
    REVERSED = "reversed"


class Step(StrEnum):
    """What happens to a claim."""

    SUBMITTED = "submitted"
    TRUSTED = "trusted"
    FIRST_APPROVED = "first_approved"
    SECOND_APPROVED = "second_approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    PUBLISHED = "published"
    LISTED = "listed"
    OBJECTED = "objected"
    UPHELD = "upheld"
    DISMISSED = "dismissed"
    QUARANTINED = "quarantined"
    REQUEUED = "requeued"
    POSTED = "posted"
    MATURED = "matured"
    REVERSED = "reversed"
    CORRECTED = "corrected"


TRANSITIONS: Mapping[tuple[State | None, Step], State] = {
    (None, Step.SUBMITTED): State.SUBMITTED,
    (None, Step.TRUSTED): State.APPROVED,
    (State.SUBMITTED, Step.FIRST_APPROVED): State.APPROVED,  # second_review, where one is needed
    (State.SECOND_REVIEW, Step.SECOND_APPROVED): State.APPROVED,
    (State.SUBMITTED, Step.REJECTED): State.REJECTED,
    (State.SECOND_REVIEW, Step.REJECTED): State.REJECTED,
    (State.QUARANTINED, Step.REJECTED): State.REJECTED,
    (State.SUBMITTED, Step.WITHDRAWN): State.WITHDRAWN,
    (State.SECOND_REVIEW, Step.WITHDRAWN): State.WITHDRAWN,
    (State.APPROVED, Step.PUBLISHED): State.PUBLICITY,
    (State.APPROVED, Step.POSTED): State.POSTED,
    (State.APPROVED, Step.QUARANTINED): State.QUARANTINED,
    (State.QUARANTINED, Step.REQUEUED): State.APPROVED,
    (State.PUBLICITY, Step.LISTED): State.PUBLICITY,
    (State.PUBLICITY, Step.OBJECTED): State.OBJECTED,
    (State.PUBLICITY, Step.MATURED): State.POSTED,
    (State.PUBLICITY, Step.REVERSED): State.REVERSED,
    (State.OBJECTED, Step.DISMISSED): State.PUBLICITY,
    (State.OBJECTED, Step.UPHELD): State.UPHELD,
    (State.UPHELD, Step.REVERSED): State.REVERSED,
    (State.POSTED, Step.REVERSED): State.REVERSED,
    # Scored again, it comes to something else; where it stands on its way is not touched by that.
    (State.PUBLICITY, Step.CORRECTED): State.PUBLICITY,
    (State.OBJECTED, Step.CORRECTED): State.OBJECTED,
    (State.UPHELD, Step.CORRECTED): State.UPHELD,
    (State.POSTED, Step.CORRECTED): State.POSTED,
}

COUNTING = (State.PUBLICITY, State.OBJECTED, State.UPHELD, State.POSTED)
"""States in which an activity was scored and counts, for histories too: what merely waits to be
scored does not, or results would depend on the queue; what was upheld against does until it is
reversed."""

SCORING = (Step.PUBLISHED, Step.POSTED)
"""The steps with which an activity is scored; every claim takes one of them, and once."""

UNDECIDED = (State.SUBMITTED, State.SECOND_REVIEW)
"""States in which nobody has decided about a claim yet, and it can be taken back."""

GONE = (State.REJECTED, State.WITHDRAWN, State.REVERSED, State.UPHELD)
"""States in which an activity no longer stands in another's way."""


def next_state(state: State | None, step: Step, *, second_needed: bool) -> State | None:
    """Return where a step leads, or None where it is not allowed."""
    if (state, step) == (State.SUBMITTED, Step.FIRST_APPROVED) and second_needed:
        return State.SECOND_REVIEW
    return TRANSITIONS.get((state, step))


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """A fact that happened; never changed after it was written.

    Attributes:
        source: Who says so; with ``external_id`` unique for ever.
        occurred_at: When it began; decides windows and which rule set holds.
        ends_at: When it ended, where it has a duration.
        received_at: When the source took it down.
        recorded_at: When it was written here.
        fields: Typed quantities in their plain spelling: Decimals and dates as strings.
        member: What the member was at the time of recording, as rules see it.
        body_hash: SHA-256 of what was said; the same id with another hash is a conflict.
        batch_id: The sheet or batch it came with.
        filed_by: Who filed it.
        day_kind: What the working calendar called its local day when it was recorded: ``workday``,
            ``weekend`` or ``holiday``; None where that was not kept.
        proved: Whether the source proved that it is the source; None where that was not kept.
        supersedes: The activity whose place it takes, where that one was reported wrongly.
        said_by: Who said the first of them; its own ``source`` only names the correction.
        first: The first of them, in whose place it counts.
        counts_from: When that one was scored: scored again, it has its turn then.
    """

    activity_id: ActivityId
    source: str
    external_id: str
    type: str
    member_id: MemberId
    occurred_at: datetime
    ends_at: datetime | None = None
    received_at: datetime
    recorded_at: datetime
    fields: Mapping[str, Any]
    member: Mapping[str, Any]
    body_hash: str
    batch_id: str | None = None
    filed_by: Actor
    day_kind: str | None = None
    proved: bool | None = None
    supersedes: ActivityId | None = None
    said_by: str | None = None
    first: ActivityId | None = None
    counts_from: datetime | None = None

    def __post_init__(self) -> None:
        of_first = (self.said_by, self.first, self.counts_from)
        said = {each is not None for each in (self.supersedes, *of_first)}
        ensure(len(said) == 1, "a correction says of what")
        ensure(self.supersedes != self.activity_id, "nothing takes its own place")

    @property
    def word(self) -> str:
        """Return whose word it is, to rules: a correction does not make another source of it."""
        return self.said_by or self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimEvent:
    """One step of a claim.

    Attributes:
        version: Gapless per claim, from one.
        reason: A stable code, or what somebody wrote; never personal.
        detail: Plain values.
    """

    activity_id: ActivityId
    version: int
    step: Step
    actor: Actor
    recorded_at: datetime
    reason: str = ""
    detail: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        ensure(self.version > 0, "versions start at one")
        ensure(len(self.reason) <= REASON_LENGTH_MAX, "reasons are short")


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What goes with a claim and may tell who somebody is; kept sealed, and not for ever.

    Attributes:
        note: In words, for the reviewer.
        fields: Fields of the activity that its type calls personal.
    """

    activity_id: ActivityId
    member_id: MemberId
    recorded_at: datetime
    note: str = field(default="", repr=False)
    fields: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def __bool__(self) -> bool:
        """Return whether there is anything."""
        return bool(self.note or self.fields)


@dataclass(slots=True, kw_only=True)
class Claim:
    """A claim as it stands: a projection of its events.

    Attributes:
        branch: The member's branch when it was recorded; decides whose queue it is in.
        reviewers: Who may look first: branch, grid, association, industry, provider.
        second_needed: Whether two people have to approve.
        flags: What a reviewer should know: ``late``, ``backfill``, ``batch``, ``no_rules``,
            ``closed_year``.
        worth: The most points that it could come to when it was filed.
        publicity_until: The first instant at which the publicity is over.
        publicity_batch: The published list that it stands on.
        days_left: Working days of publicity that were left when an objection stopped the clock.
        objected_by: Who objects, while an objection is open.
        transactions: The ledger transactions that its awards were posted in.
        peers: Other members who got points for it.
    """

    activity_id: ActivityId
    member_id: MemberId
    type: str
    filed_by: Actor
    occurred_at: datetime
    state: State | None = None
    version: int = 0
    branch: str | None = None
    grid: str | None = None
    reviewers: tuple[str, ...] = ()
    second_needed: bool = False
    flags: tuple[str, ...] = ()
    worth: int = 0
    batch_id: str | None = None
    first_reviewer: Actor | None = None
    second_reviewer: Actor | None = None
    publicity_until: datetime | None = None
    publicity_batch: str | None = None
    days_left: int | None = None
    objected_by: Actor | None = None
    transactions: tuple[TransactionId, ...] = ()
    peers: tuple[MemberId, ...] = ()

    def allows(self, step: Step) -> bool:
        """Return whether the step may be taken now."""
        return next_state(self.state, step, second_needed=self.second_needed) is not None


PROGRAMME, BRANCH = "programme", "branch:"
"""Who holds a count that members share."""


class UseKey(NamedTuple):
    """Whose use of which cap, in which measure (``party.wallet``) and window.

    The holder is a member, or who shares the count: ``programme``, or ``branch:`` and its name.
    """

    holder: str
    cap: str
    measure: str
    window_key: str

    @property
    def shared(self) -> bool:
        """Return whether members share the count."""
        return self.holder == PROGRAMME or self.holder.startswith(BRANCH)


class Use(NamedTuple):
    """What one award adds to one count; without a holder it is the member's own."""

    cap: str
    measure: str
    window_key: str
    points: int
    times: int
    holder: str = ""


class Granted(NamedTuple):
    """What a rule granted for an activity that later ones refer to by its number."""

    occurred_at: datetime
    measure: str
    points: int


class Used(NamedTuple):
    """What was finally granted under a key."""

    points: int = 0
    times: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Award:
    """What one rule granted for one activity in one measure; never changed.

    Attributes:
        calculation: Which scoring of the activity this is, from one; a correction counts on. Of a
            rule's awards in a measure the one of the latest calculation stands.
        measure: With its programme, as ``party.wallet``.
        points: Granted; may be zero where caps took all.
        forgone: What caps took.
        lapsed: What this calculation did not have to take back, because it had expired.
        programme: Whose rule set.
        ruleset_version: Which version.
        ruleset_sha256: And what stood in it.
        expires_at: When the points go; None for never.
        transaction_id: Where they were posted; None where nothing was.
        uses: What counted against caps, the member's own and shared ones.
        trace: How it came about.
    """

    activity_id: ActivityId
    calculation: int
    rule_id: str
    measure: str
    member_id: MemberId
    occurred_at: datetime
    points: Points
    forgone: Points
    programme: str
    ruleset_version: int
    ruleset_sha256: str
    expires_at: datetime | None = None
    transaction_id: TransactionId | None = None
    uses: tuple[Use, ...] = ()
    trace: Any = None
    lapsed: Points = ZERO

    def __post_init__(self) -> None:
        ensure(self.points >= 0 and self.forgone >= 0, "rules grant, they never charge")
        ensure(self.lapsed >= 0, "what has expired is counted upwards")
        ensure(self.calculation > 0, "calculations count from one")

    def use_keys(self) -> list[UseKey]:
        """Return the keys under which the award counts."""
        return [
            UseKey(use.holder or self.member_id, use.cap, use.measure, use.window_key)
            for use in self.uses
        ]


def latest(awards: Iterable[Award]) -> list[Award]:
    """Return the awards that stand: of each rule and measure the latest calculation."""
    found: dict[tuple[ActivityId, str, str], Award] = {}
    for award in awards:
        key = (award.activity_id, award.rule_id, award.measure)
        if key not in found or found[key].calculation < award.calculation:
            found[key] = award
    return list(found.values())


class Shift(NamedTuple):
    """A span of time in which a member was somewhere."""

    activity_id: ActivityId
    starts_at: datetime
    ends_at: datetime

    def overlaps(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Return whether two half-open spans share a moment; an empty one lasts an instant."""
        mine, other = max(self.ends_at, self.starts_at + INSTANT), max(ends_at, starts_at + INSTANT)
        return self.starts_at < other and starts_at < mine


def slot(member: MemberId, activity_type: str, day: date) -> str:
    """Return the key under which a day's shifts of a member and type are found (UTC days)."""
    return f"{member}:{activity_type}:{day.isoformat()}"


def slots_around(member: MemberId, activity_type: str, at: datetime) -> list[str]:
    """Return the slots of every shift that could overlap one that begins at an instant."""
    day = at.astimezone(UTC).date()
    return [slot(member, activity_type, day + timedelta(days=n)) for n in (-1, 0, 1)]
