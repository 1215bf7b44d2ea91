"""Activities and claims in the database: set-based loads under locks, and appends."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, or_, select

from points.activities.calendar import WorkingCalendar
from points.activities.docket import Docket
from points.activities.model import (
    ACCEPTED,
    GONE,
    Activity,
    Award,
    Claim,
    ClaimEvent,
    Shift,
    State,
    Used,
    UseKey,
)
from points.activities.tables import (
    HAS_EXTERNAL,
    HAS_MEMBER,
    activity,
    award,
    cap_usage,
    claim,
    claim_event,
    holiday,
)
from points.db.bulk import append_rows, put_rows, within
from points.kernel.amounts import Points
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, TransactionId


class Span(NamedTuple):
    """Asks when a member did something (a rule granted, or a type happened) between two instants.

    ``name`` is a rule's id or an activity type.
    """

    member_id: MemberId
    name: str
    since: datetime
    until: datetime


@dataclass(slots=True)
class ActivityKeys:
    """What a batch needs of the activities.

    Whoever asks for ``usage``, ``slots``, ``grants`` or ``histories`` of a member also locks the
    member (``MemberKeys.members``): that lock is taken first and makes these reads the newest.

    Attributes:
        claims: Claims to lock, with their activities.
        external: Sources' own numbers whose activities are needed, if there are any.
        slots: Slots whose shifts are needed (``slots_around``).
        usage: Which counts of caps are needed.
        grants: When rules granted something; loaded into ``Docket.granted_at``.
        histories: When activities happened; loaded into ``Docket.happened_at``.
        awards_of: Activities whose earlier awards are needed.
        calendar: Whether working days are needed.
    """

    claims: set[ActivityId] = field(default_factory=set)
    external: set[tuple[str, str]] = field(default_factory=set)
    slots: set[str] = field(default_factory=set)
    usage: set[UseKey] = field(default_factory=set)
    grants: set[Span] = field(default_factory=set)
    histories: set[Span] = field(default_factory=set)
    awards_of: set[ActivityId] = field(default_factory=set)
    calendar: bool = False


def load_docket(connection: Connection, association: AssociationId, keys: ActivityKeys) -> Docket:
    """Lock and load what a batch needs; read the rest only once the locks are held."""
    docket = Docket()
    if keys.claims:
        _load_claims(connection, association, keys.claims, docket)
    if keys.external:
        _load_external(connection, association, keys.external, docket)
    if keys.slots:
        _load_shifts(connection, association, keys.slots, docket)
    if keys.usage:
        _load_usage(connection, association, keys.usage, docket)
    if keys.grants:
        _load_grants(connection, association, keys.grants, docket)
    if keys.histories:
        _load_histories(connection, association, keys.histories, docket)
    if keys.awards_of:
        docket.awards_of.update(awards_of(connection, association, keys.awards_of))
    if keys.calendar:
        docket.calendar = load_calendar(connection, association)
    return docket


def _load_claims(
    connection: Connection, association: AssociationId, ids: set[ActivityId], docket: Docket
) -> None:
    c = claim.c
    # Sorted: two batches that lock the same claims in opposite orders would wait for ever.
    rows = connection.execute(
        select(claim)
        .where(c.association_id == association, within(connection, c.activity_id, ids))
        .order_by(c.activity_id)
        .with_for_update(key_share=True)
    )
    for row in rows.mappings():
        docket.claims[ActivityId(row["activity_id"])] = claim_of(row)
    for found in _activities(
        connection, association, within(connection, activity.c.activity_id, ids)
    ):
        docket.activities[found.activity_id] = found


def _load_external(
    connection: Connection,
    association: AssociationId,
    names: set[tuple[str, str]],
    docket: Docket,
) -> None:
    by_source: dict[str, list[str]] = {}
    for source, external_id in names:
        by_source.setdefault(source, []).append(external_id)
    wanted = or_(
        *(
            (activity.c.source == source) & within(connection, activity.c.external_id, ids)
            for source, ids in by_source.items()
        )
    )
    for found in _activities(connection, association, wanted & HAS_EXTERNAL):
        docket.external[found.source, found.external_id] = found


def _activities(connection: Connection, association: AssociationId, wanted: Any) -> list[Activity]:  # noqa: ANN401 - a condition
    rows = connection.execute(
        select(activity).where(activity.c.association_id == association, wanted)
    )
    return [activity_of(row) for row in rows.mappings()]


def _load_shifts(
    connection: Connection, association: AssociationId, slots: set[str], docket: Docket
) -> None:
    a = activity.c
    rows = connection.execute(
        select(a.slot, a.activity_id, a.occurred_at, a.ends_at)
        .join(claim, _same_activity(claim))
        .where(
            a.association_id == association,
            within(connection, a.slot, slots),
            claim.c.state.not_in([state.value for state in GONE]),
        )
    )
    for key, activity_id, starts_at, ends_at in rows:
        shift = Shift(ActivityId(activity_id), starts_at, ends_at or starts_at)
        docket.shifts.setdefault(key, []).append(shift)


def _same_activity(other: Any) -> Any:  # noqa: ANN401 - a table, a condition
    return (other.c.association_id == activity.c.association_id) & (
        other.c.activity_id == activity.c.activity_id
    )


def _load_usage(
    connection: Connection, association: AssociationId, keys: set[UseKey], docket: Docket
) -> None:
    u = cap_usage.c
    # By member and cap, and sieved here: a key of four columns has no set-based look-up that both
    # databases share, and a member's windows of one cap are few.
    rows = connection.execute(
        select(u.member_id, u.cap, u.measure, u.window_key, u.points, u.times).where(
            u.association_id == association,
            within(connection, u.member_id, {key.member_id for key in keys}),
            within(connection, u.measure, {key.measure for key in keys}),
            within(connection, u.cap, {key.cap for key in keys}),
            within(connection, u.window_key, {key.window_key for key in keys}),
        )
    )
    for *names, points, times in rows:
        key = UseKey(*names)
        if key in keys:
            docket.usage[key] = Used(points, times)


def _load_grants(
    connection: Connection, association: AssociationId, spans: set[Span], docket: Docket
) -> None:
    w = award.c
    rows = connection.execute(
        select(w.member_id, w.rule_id, w.occurred_at)
        .join(
            claim,
            (claim.c.association_id == w.association_id) & (claim.c.activity_id == w.activity_id),
        )
        .where(
            w.association_id == association,
            within(connection, w.member_id, {span.member_id for span in spans}),
            within(connection, w.rule_id, {span.name for span in spans}),
            w.occurred_at.between(*_around(spans)),
            w.points > 0,
            claim.c.state != State.REVERSED.value,
        )
    )
    for member_id, rule_id, at in rows:
        docket.granted_at.setdefault((MemberId(member_id), rule_id), []).append(at)


def _load_histories(
    connection: Connection, association: AssociationId, spans: set[Span], docket: Docket
) -> None:
    a = activity.c
    rows = connection.execute(
        select(a.member_id, a.type, a.occurred_at)
        .join(claim, _same_activity(claim))
        .where(
            a.association_id == association,
            HAS_MEMBER,
            within(connection, a.member_id, {span.member_id for span in spans}),
            within(connection, a.type, {span.name for span in spans}),
            a.occurred_at.between(*_around(spans)),
            claim.c.state.in_([state.value for state in ACCEPTED]),
        )
    )
    for member_id, kind, at in rows:
        docket.happened_at.setdefault((MemberId(member_id), kind), []).append(at)


def _around(spans: set[Span]) -> tuple[datetime, datetime]:
    return min(span.since for span in spans), max(span.until for span in spans)


def load_calendar(connection: Connection, association: AssociationId) -> WorkingCalendar:
    """Return the association's working days."""
    rows = connection.execute(
        select(holiday.c.day, holiday.c.kind).where(holiday.c.association_id == association)
    )
    return WorkingCalendar({date.fromisoformat(day): kind for day, kind in rows})


def awards_of(
    connection: Connection, association: AssociationId, ids: Iterable[ActivityId]
) -> dict[ActivityId, list[Award]]:
    """Return everything that activities were awarded, oldest calculation first."""
    w = award.c
    rows = connection.execute(
        select(award)
        .where(w.association_id == association, within(connection, w.activity_id, ids))
        .order_by(w.activity_id, w.calculation, w.rule_id, w.measure)
    )
    found: dict[ActivityId, list[Award]] = {}
    for row in rows.mappings():
        found.setdefault(ActivityId(row["activity_id"]), []).append(award_of(row))
    return found


def activity_of(row: Any) -> Activity:  # noqa: ANN401 - a row mapping
    """Return the activity that a row holds."""
    return Activity(
        activity_id=ActivityId(row["activity_id"]),
        source=row["source"],
        external_id=row["external_id"],
        type=row["type"],
        member_id=MemberId(row["member_id"]),
        occurred_at=row["occurred_at"],
        ends_at=row["ends_at"],
        received_at=row["received_at"],
        recorded_at=row["recorded_at"],
        fields=row["fields"],
        member=row["member"],
        body_hash=row["body_hash"],
        batch_id=row["batch_id"],
        filed_by=Actor(row["filed_by"]),
    )


def claim_of(row: Any) -> Claim:  # noqa: ANN401 - a row mapping
    """Return the claim that a row holds."""
    return Claim(
        activity_id=ActivityId(row["activity_id"]),
        version=row["version"],
        state=State(row["state"]),
        member_id=MemberId(row["member_id"]),
        type=row["type"],
        filed_by=Actor(row["filed_by"]),
        occurred_at=row["occurred_at"],
        branch=row["branch"],
        grid=row["grid"],
        reviewers=tuple(row["reviewers"]),
        second_needed=row["second_needed"],
        flags=tuple(row["flags"]),
        batch_id=row["batch_id"],
        first_reviewer=row["first_reviewer"],
        second_reviewer=row["second_reviewer"],
        publicity_until=row["publicity_until"],
        publicity_batch=row["publicity_batch"],
        days_left=row["days_left"],
        objected_by=row["objected_by"],
        transactions=tuple(TransactionId(each) for each in row["transactions"]),
    )


def award_of(row: Any) -> Award:  # noqa: ANN401 - a row mapping
    """Return the award that a row holds."""
    return Award(
        activity_id=ActivityId(row["activity_id"]),
        calculation=row["calculation"],
        rule_id=row["rule_id"],
        measure=row["measure"],
        member_id=MemberId(row["member_id"]),
        occurred_at=row["occurred_at"],
        points=Points(row["points"]),
        forgone=Points(row["forgone"]),
        programme=row["programme"],
        ruleset_version=row["ruleset_version"],
        ruleset_sha256=row["ruleset_sha256"],
        expires_at=row["expires_at"],
        transaction_id=row["transaction_id"],
        uses=tuple((c, m, w, p, t) for c, m, w, p, t in row["uses"]),
        trace=row["trace"],
    )


def save_docket(connection: Connection, association: AssociationId, docket: Docket) -> None:
    """Append the facts, then bring the projections up to them."""
    a = association
    append_rows(
        connection,
        activity,
        _ACTIVITY,
        [(a, *_activity_row(each), key) for each, key in docket.filed],
    )
    append_rows(connection, claim_event, _EVENT, [(a, *_event_row(each)) for each in docket.events])
    append_rows(connection, award, _AWARD, [(a, *_award_row(each)) for each in docket.awards])
    put_rows(
        connection, claim, _CLAIM, [(a, *_claim_row(each)) for each in docket.touched.values()]
    )
    put_rows(
        connection,
        cap_usage,
        ("association_id", "member_id", "cap", "measure", "window_key", "points", "times"),
        [(a, *key, *docket.usage[key]) for key in sorted(docket.used)],
    )
    put_rows(
        connection,
        holiday,
        ("association_id", "day", "kind", "title"),
        [(a, day, kind, title) for day, (kind, title) in sorted(docket.entries.items())],
    )


_ACTIVITY = (
    "association_id",
    *("activity_id", "source", "external_id", "type", "member_id", "occurred_at", "ends_at"),
    *("received_at", "recorded_at", "fields", "member", "body_hash", "batch_id", "filed_by"),
    "slot",
)
_EVENT = (
    "association_id",
    *("activity_id", "version", "step", "actor", "reason", "detail", "recorded_at"),
)
_CLAIM = (
    "association_id",
    *("activity_id", "version", "state", "member_id", "type", "filed_by", "occurred_at"),
    *("branch", "grid", "reviewers", "second_needed", "flags", "batch_id", "first_reviewer"),
    *("second_reviewer", "publicity_until", "publicity_batch", "days_left", "objected_by"),
    "transactions",
)
_AWARD = (
    "association_id",
    *("activity_id", "calculation", "rule_id", "measure", "member_id", "occurred_at", "points"),
    *("forgone", "programme", "ruleset_version", "ruleset_sha256", "expires_at"),
    *("transaction_id", "uses", "trace"),
)


def _activity_row(x: Activity) -> tuple[Any, ...]:
    return (
        *(x.activity_id, x.source, x.external_id, x.type, x.member_id, x.occurred_at, x.ends_at),
        *(x.received_at, x.recorded_at, dict(x.fields), dict(x.member), x.body_hash, x.batch_id),
        x.filed_by,
    )


def _event_row(x: ClaimEvent) -> tuple[Any, ...]:
    return (
        *(x.activity_id, x.version, x.step.value, x.actor, x.reason, dict(x.detail)),
        x.recorded_at,
    )


def _claim_row(x: Claim) -> tuple[Any, ...]:
    state = x.state.value if x.state is not None else ""
    return (
        *(x.activity_id, x.version, state, x.member_id, x.type, x.filed_by, x.occurred_at),
        *(x.branch, x.grid, list(x.reviewers), x.second_needed, list(x.flags), x.batch_id),
        *(x.first_reviewer, x.second_reviewer, x.publicity_until, x.publicity_batch, x.days_left),
        *(x.objected_by, list(x.transactions)),
    )


def _award_row(x: Award) -> tuple[Any, ...]:
    return (
        *(x.activity_id, x.calculation, x.rule_id, x.measure, x.member_id, x.occurred_at),
        *(x.points, x.forgone, x.programme, x.ruleset_version, x.ruleset_sha256, x.expires_at),
        *(x.transaction_id, [list(use) for use in x.uses], x.trace if x.trace is not None else {}),
    )
