"""The rule set as facts: what was read, checked and compiled, and never changes again."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from points.rules.activity_types import ActivityType, ActivityTypes
from points.rules.compile import Compiled
from points.rules.durations import Duration
from points.rules.syntax import Tree
from points.rules.texts import Title

END_OF_YEAR, END_OF_NEXT_YEAR, NEVER = "end_of_year", "end_of_next_year", "never"
Expiry = str | Duration
EVER = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
"""Instants that have a local day in every zone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cap:
    """A limit per measure and window, of each member or shared by many.

    Attributes:
        window: activity, day, week, month, quarter, year or lifetime.
        years: How many calendar years a ``year`` window spans.
        unit: ``points``, or ``times`` something was granted.
        mode: ``trim`` to the room left, ``reject`` what does not fit whole, or ``defer`` the rest.
        within: The outer cap, if any.
        per: Dotted path of a field; each of its values has a count of its own.
        scope: Whose budget it is: each ``member``'s, each ``branch``'s, or the ``programme``'s.
    """

    id: str
    title: Title
    window: str
    maximum: int
    years: int = 1
    unit: str = "points"
    mode: str = "trim"
    within: str | None = None
    per: str | None = None
    scope: str = "member"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Rules of which the ``first`` or the ``best_one`` counts within a window, or all ``stack``."""

    id: str
    title: Title
    mode: str
    window: str = "activity"
    years: int = 1
    per: str | None = None

    @property
    def key(self) -> str:
        """Return the name under which usage counts the group."""
        return f"group:{self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Multiplier:
    """A factor on points when its condition holds."""

    id: str
    title: Title
    times: Decimal
    when: Compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounding:
    """How points become whole: once, to a multiple of ``step``."""

    mode: str = "down"
    step: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPolicy:
    """Who looks at an award first, when a second pair of eyes is due, and how long it is public.

    ``first`` of ``system`` means nobody; ``trusted`` sources skip the review.
    """

    first: str = "system"
    second_above: int | None = None
    publicity_days: int = 0
    trusted: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When something must have happened to count, in local time; ``start`` may be after ``end``.

    Attributes:
        days: Kinds of day by the working calendar (``DAY_KINDS``); any when empty.
    """

    weekdays: frozenset[int] = frozenset(range(1, 8))
    start: time | None = None
    end: time | None = None
    only: frozenset[date] = frozenset()
    never: frozenset[date] = frozenset()
    days: frozenset[str] = frozenset()

    def covers(self, local: datetime, day_kind: str) -> bool:
        """Return whether a local moment lies within the schedule; the end does not."""
        day, at = local.date(), local.time()
        if self.days and day_kind not in self.days:
            return False
        if day in self.never or (self.only and day not in self.only):
            return False
        if local.isoweekday() not in self.weekdays:
            return False
        start, end = self.start or time.min, self.end
        if end is None:
            return start <= at
        return start <= at < end if start < end else (at >= start or at < end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a decision table."""

    number: int
    when: tuple[Compiled, ...]
    points: Compiled


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A decision table: the ``first`` row that fits, the ``unique`` one, or the ``sum`` of all."""

    hit: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """One step of marginal bands: every unit above the band below, up to here, is worth the same.

    Attributes:
        up_to: Where it ends; None for the last, which has no end.
        each: Points for each unit.
    """

    up_to: Decimal | None
    each: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bands:
    """Marginal bands, as of a tax: ``Rule.points`` holds what they come to, as an expression."""

    of: Compiled
    said: Title
    steps: tuple[Band, ...]


VETO, FREEZE = "veto", "freeze"
EFFECTS = (VETO, FREEZE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a rule does instead of granting points; nothing is ever deducted.

    Attributes:
        kind: ``veto`` (the year's stars are gone) or ``freeze`` (spending stops, with notice).
        measure: Which yearly measure a veto concerns; empty for a freeze.
    """

    kind: str
    measure: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One scoring rule.

    Attributes:
        type: The activity type that it scores.
        conditions: The parts of ``when`` that ``&&`` joins, for the trace.
        points: What it is worth, per measure; empty when a table says so.
        measures: Which measures it feeds.
        caps: The caps that apply, the inner ones first, outer ones included; ``once`` is one.
        bands: Where ``points`` came from, if it was written as marginal bands.
        to: Name of the activity's field that says which other member gets the points, if any.
        effect: What it does instead of granting points, if anything; ``measures`` is then empty.
        histories: What its expressions ask of the past: activity type and how far back.
        streaks: For which types and windows they ask how long a streak is.
        references: Which rules' awards for an earlier activity, named in which field, they ask for.
        late_after: Later arrival than this sends the activity to review.
        expires: Expiry policy per measure.
        reads: Dotted paths of all the fields that it may read.
        formulas: What the points are, for people, per measure.
        conditions_said: ``audience`` and ``when``, for people.
    """

    id: str
    title: Title
    type: ActivityType
    category: str
    audience: Compiled | None
    when: Compiled | None
    conditions: tuple[Compiled, ...]
    points: Mapping[str, Compiled]
    table: Table | None
    measures: tuple[str, ...]
    rounding: Rounding
    multipliers: tuple[Multiplier, ...]
    caps: tuple[Cap, ...]
    group: Group | None
    review: ReviewPolicy
    evidence: tuple[str, ...]
    expires: Mapping[str, Expiry]
    late_after: Duration | None = None
    cooldown: timedelta | None = None
    schedule: Schedule | None = None
    sources: frozenset[str] = frozenset()
    histories: frozenset[tuple[str, timedelta]] = frozenset()
    streaks: frozenset[tuple[str, str]] = frozenset()
    references: frozenset[tuple[str, str]] = frozenset()
    bands: Bands | None = None
    to: str | None = None
    effect: Effect | None = None
    reads: tuple[str, ...] = ()
    formulas: Mapping[str, Title] = field(default_factory=dict)
    conditions_said: Mapping[str, Title] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Star:
    """A band of the yearly rating."""

    at_least: int
    stars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleSet:
    """One version of one programme's rules.

    Attributes:
        effective_from: First local day on which it holds.
        effective_until: First local day on which it holds no longer.
        base: Points granted to each enrolled member at the year's opening, per measure.
        stars: Bands of the yearly rating, the highest first.
        by_type: Rules by activity type, in file order.
        sha256: Of the canonical content; comments and layout do not change it.
        starts_at: The instant at which ``effective_from`` begins.
        ends_at: The instant at which ``effective_until`` begins.
        lets: Trees of the named expressions, for whoever takes rules apart.
    """

    programme: str
    version: int
    effective_from: date
    effective_until: date
    zone: ZoneInfo
    title: Title
    measures: tuple[str, ...]
    base: Mapping[str, int]
    stars: tuple[Star, ...]
    rules: tuple[Rule, ...]
    caps: Mapping[str, Cap]
    groups: Mapping[str, Group]
    multipliers: tuple[str, ...]
    stacking: str
    sha256: str
    starts_at: datetime
    ends_at: datetime
    types: ActivityTypes = field(repr=False, compare=False)
    by_type: Mapping[str, tuple[Rule, ...]] = field(repr=False, compare=False)
    lets: Mapping[str, Tree] = field(default_factory=dict, repr=False, compare=False)

    def in_force(self, at: datetime) -> bool:
        """Return whether an instant lies within the effective days."""
        return self.starts_at <= at < self.ends_at

    def at_any_time(self) -> "RuleSet":
        """Return these rules as if they held always, whatever their effective days say."""
        return replace(self, starts_at=EVER[0], ends_at=EVER[1])

    def rule(self, rule_id: str) -> Rule | None:
        """Return the rule of an id, if any."""
        return next((rule for rule in self.rules if rule.id == rule_id), None)

    def stars_of(self, rating: int) -> int:
        """Return the stars of a yearly rating; none below the lowest band."""
        return next((band.stars for band in self.stars if rating >= band.at_least), 0)
