"""Activities and claims in the database: set-based loads under locks, and appends."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, or_, select

from points.activities.calendar import WorkingCalendar
from points.activities.docket import Docket
from points.activities.evidence import append_evidence, destroy_evidence, detail_of
from points.activities.model import (
    COUNTING,
    GONE,
    UNDECIDED,
    Activity,
    Award,
    Granted,
    Shift,
    State,
    Used,
    UseKey,
)
from points.activities.outcome_store import load_deferrals, load_effects, save_outcomes
from points.activities.rows import (
    ACTIVITY,
    AWARD,
    CLAIM,
    EVENT,
    activity_of,
    activity_row,
    award_of,
    award_row,
    claim_of,
    claim_row,
    event_row,
)
from points.activities.scored import scored_of, scored_times
from points.activities.tables import (
    HAS_EXTERNAL,
    HAS_MEMBER,
    activity,
    award,
    cap_usage,
    claim,
    claim_event,
    holiday,
    rescoring,
)
from points.db.base import indexed
from points.db.bulk import append_rows, delete_rows, put_rows, within
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.vault.keychain import Keychain


class Span(NamedTuple):
    """Asks when a member did something (a rule granted, or a type happened) between two instants.

    ``name`` is a rule's id or an activity type.
    """

    member_id: MemberId
    name: str
    since: datetime
    until: datetime


class Reference(NamedTuple):
    """Asks what a rule granted a member for activities of a source's number, of a span."""

    member_id: MemberId
    rule_id: str
    external_id: str
    since: datetime
    until: datetime


@dataclass(slots=True)
class ActivityKeys:
    """What a batch needs of the activities.

    Whoever asks for ``usage``, ``slots``, ``grants`` or ``histories`` of a member also locks the
    member (``MemberKeys.members``): that lock is taken first and makes these reads the newest.

    Attributes:
        claims: Claims to lock.
        open_of: Members whose claims are to be locked that nobody has decided about yet.
        facts: Activities to read, for decisions that need more than the claim says.
        external: Sources' own numbers whose activities are needed, if there are any.
        slots: Slots whose shifts are needed (``slots_around``).
        usage: Which counts of caps are needed.
        grants: When rules granted something; loaded into ``Docket.granted_at``.
        histories: When activities happened; loaded into ``Docket.happened_at``.
        references: What rules granted for activities of a number; into ``Docket.referred``.
        deferrals: Points that were put off, by id.
        deferrals_of: Activities whose points that were put off are needed.
        effects_of: Members on whom effects may stand.
        awards_of: Activities whose earlier awards are needed.
        calendar: Whether working days are needed.
        scored_at: Activities of which it is needed when they were scored.
        scored_of: Members of whom everything is needed that was scored and still counts, with its
            claims locked and all its awards.
    """

    claims: set[ActivityId] = field(default_factory=set)
    open_of: set[MemberId] = field(default_factory=set)
    facts: set[ActivityId] = field(default_factory=set)
    external: set[tuple[str, str]] = field(default_factory=set)
    slots: set[str] = field(default_factory=set)
    usage: set[UseKey] = field(default_factory=set)
    grants: set[Span] = field(default_factory=set)
    histories: set[Span] = field(default_factory=set)
    references: set[Reference] = field(default_factory=set)
    deferrals: set[str] = field(default_factory=set)
    deferrals_of: set[ActivityId] = field(default_factory=set)
    effects_of: set[MemberId] = field(default_factory=set)
    awards_of: set[ActivityId] = field(default_factory=set)
    calendar: bool = False
    scored_at: set[ActivityId] = field(default_factory=set)
    scored_of: set[MemberId] = field(default_factory=set)


def load_docket(connection: Connection, association: AssociationId, keys: ActivityKeys) -> Docket:
    """Lock and load what a batch needs; read the rest only once the locks are held."""
    docket = Docket()
    _lock_claims(connection, association, keys, docket)
    if keys.facts:
        found = _activities(
            connection, association, within(connection, activity.c.activity_id, keys.facts)
        )
        docket.activities.update({each.activity_id: each for each in found})
    if keys.external:
        _load_external(connection, association, keys.external, docket)
    if keys.slots:
        _load_shifts(connection, association, keys.slots, docket)
    _load_past(connection, association, keys, docket)
    if keys.calendar:
        docket.calendar = load_calendar(connection, association)
    return docket


def _lock_claims(
    connection: Connection, association: AssociationId, keys: ActivityKeys, docket: Docket
) -> None:
    wanted = set(keys.claims)
    if keys.open_of:
        wanted |= _claims_in(connection, association, keys.open_of, UNDECIDED)
    if keys.scored_of:
        wanted |= _claims_in(connection, association, keys.scored_of, COUNTING)
    if wanted:
        _load_claims(connection, association, wanted, docket)


def _load_past(
    connection: Connection, association: AssociationId, keys: ActivityKeys, docket: Docket
) -> None:
    """Read what was granted, what happened, what was put off and what was done to members."""
    if keys.grants:
        _load_grants(connection, association, keys.grants, docket)
    if keys.histories:
        _load_histories(connection, association, keys.histories, docket)
    if keys.references:
        _load_references(connection, association, keys.references, docket)
    if keys.deferrals or keys.deferrals_of:
        load_deferrals(connection, association, keys.deferrals, keys.deferrals_of, docket)
    if keys.effects_of:
        load_effects(connection, association, keys.effects_of, docket)
    if keys.scored_at:
        docket.scored_at.update(scored_times(connection, association, keys.scored_at))
    if keys.scored_of:
        _load_scored(connection, association, keys.scored_of, docket)
        docket.usage.update(usage_of(connection, association, keys.scored_of))
    counting = {activity for found in docket.scored.values() for _, activity in found}
    if asked := keys.awards_of | counting:
        docket.awards_of.update(awards_of(connection, association, asked))
    # Whoever takes awards back gives back the room that they took.
    if usage := {key for key in keys.usage | used_keys(docket) if not key.shared}:
        _load_usage(connection, association, usage, docket)


def used_keys(docket: Docket) -> set[UseKey]:
    """Return the counts that loaded awards took of; what members share is locked last."""
    return {key for each in docket.awards_of.values() for award in each for key in award.use_keys()}


def _claims_in(
    connection: Connection,
    association: AssociationId,
    members: set[MemberId],
    states: Iterable[State],
) -> set[ActivityId]:
    c = claim.c
    rows = connection.execute(
        select(c.activity_id).where(
            c.association_id == association,
            within(connection, c.member_id, members),
            indexed(c.member_id),
            within(connection, c.state, [state.value for state in states]),
        )
    )
    return {ActivityId(row[0]) for row in rows}


def _load_scored(
    connection: Connection, association: AssociationId, members: set[MemberId], docket: Docket
) -> None:
    for member in members:
        docket.scored[member] = []
    for each in scored_of(connection, association, members):
        found = each.activity
        if each.reversed_at is None:
            docket.activities[found.activity_id] = found
            docket.scored[found.member_id].append((each.scored_at, found.activity_id))


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
        select(a.slot, a.activity_id, a.occurred_at, a.ends_at).where(
            a.association_id == association, within(connection, a.slot, slots)
        )
    ).all()
    states = _states(connection, association, [row.activity_id for row in rows])
    for key, activity_id, starts_at, ends_at in rows:
        if states[activity_id] not in GONE:
            shift = Shift(ActivityId(activity_id), starts_at, ends_at or starts_at)
            docket.shifts.setdefault(key, []).append(shift)


def _states(
    connection: Connection, association: AssociationId, ids: Sequence[str]
) -> dict[str, State]:
    """Return where claims stand.

    A look-up of its own and no join: while a new database has no statistics PostgreSQL joins by
    reading the whole association for every row.
    """
    if not ids:
        return {}
    c = claim.c
    rows = connection.execute(
        select(c.activity_id, c.state).where(
            c.association_id == association, within(connection, c.activity_id, ids)
        )
    )
    return {activity_id: State(state) for activity_id, state in rows}


def _load_usage(
    connection: Connection, association: AssociationId, keys: set[UseKey], docket: Docket
) -> None:
    u = cap_usage.c
    rows = connection.execute(
        select(u.member_id, u.cap, u.measure, u.window_key, u.points, u.times).where(
            u.association_id == association,
            within(connection, u.use_key, {"|".join(key) for key in keys}),
            indexed(u.use_key),
        )
    )
    for *names, points, times in rows:
        docket.usage[UseKey(*names)] = Used(points, times)


def usage_of(
    connection: Connection, association: AssociationId, members: Collection[MemberId]
) -> dict[UseKey, Used]:
    """Return everything that members used of their own caps."""
    u = cap_usage.c
    rows = connection.execute(
        select(u.member_id, u.cap, u.measure, u.window_key, u.points, u.times).where(
            u.association_id == association, within(connection, u.member_id, members)
        )
    )
    return {UseKey(*names): Used(points, times) for *names, points, times in rows}


def _load_grants(
    connection: Connection, association: AssociationId, spans: set[Span], docket: Docket
) -> None:
    w = award.c
    rows = connection.execute(
        select(
            *(w.member_id, w.rule_id, w.occurred_at, w.activity_id, w.measure, w.points),
            w.calculation,
        )
        .where(
            w.association_id == association,
            within(connection, w.member_id, {span.member_id for span in spans}),
            indexed(w.member_id),
            within(connection, w.rule_id, {span.name for span in spans}),
            w.occurred_at.between(*_around(spans)),
        )
        .order_by(w.calculation)
    ).all()
    # A later calculation takes the place of an earlier one.
    stands = {(row.activity_id, row.rule_id, row.measure): row for row in rows}
    states = _states(connection, association, [row.activity_id for row in rows])
    for row in stands.values():
        if row.points and states[row.activity_id] is not State.REVERSED:
            key = (MemberId(row.member_id), row.rule_id)
            docket.granted_at.setdefault(key, []).append(row.occurred_at)


def _load_histories(
    connection: Connection, association: AssociationId, spans: set[Span], docket: Docket
) -> None:
    a = activity.c
    rows = connection.execute(
        select(a.member_id, a.type, a.occurred_at, a.activity_id).where(
            a.association_id == association,
            HAS_MEMBER,
            within(connection, a.member_id, {span.member_id for span in spans}),
            within(connection, a.type, {span.name for span in spans}),
            a.occurred_at.between(*_around(spans)),
        )
    ).all()
    states = _states(connection, association, [row.activity_id for row in rows])
    for member_id, kind, at, activity_id in rows:
        if states[activity_id] in COUNTING:
            docket.happened_at.setdefault((MemberId(member_id), kind), []).append(at)


def _load_references(
    connection: Connection, association: AssociationId, asked: set[Reference], docket: Docket
) -> None:
    w, a = award.c, activity.c
    spans = {Span(each.member_id, each.rule_id, each.since, each.until) for each in asked}
    rows = connection.execute(
        select(w.member_id, w.rule_id, w.measure, w.occurred_at, w.points, w.activity_id)
        .where(
            w.association_id == association,
            within(connection, w.member_id, {each.member_id for each in asked}),
            indexed(w.member_id),
            within(connection, w.rule_id, {each.rule_id for each in asked}),
            w.occurred_at.between(*_around(spans)),
        )
        .order_by(w.calculation)
    ).all()
    # A later calculation takes the place of an earlier one.
    stands = {(row.activity_id, row.rule_id, row.measure): row for row in rows}
    ids = sorted({row.activity_id for row in rows})
    states = _states(connection, association, ids)
    numbers = connection.execute(
        select(a.activity_id, a.external_id).where(
            a.association_id == association,
            within(connection, a.activity_id, ids),
            within(connection, a.external_id, {each.external_id for each in asked}),
        )
    )
    named = {row.activity_id: row.external_id for row in numbers}
    for row in stands.values():
        if row.points and row.activity_id in named and states[row.activity_id] in COUNTING:
            key = (MemberId(row.member_id), row.rule_id, named[row.activity_id])
            granted = Granted(row.occurred_at, row.measure, row.points)
            docket.referred.setdefault(key, []).append(granted)


def _around(spans: set[Span]) -> tuple[datetime, datetime]:
    return min(span.since for span in spans), max(span.until for span in spans)


# Built once: building a statement costs more than asking it.
_HOLIDAYS = select(holiday.c.day, holiday.c.kind).where(holiday.c.association_id == bindparam("a"))


def load_calendar(connection: Connection, association: AssociationId) -> WorkingCalendar:
    """Return the association's working days."""
    rows = connection.execute(_HOLIDAYS, {"a": association})
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


def save_docket(
    connection: Connection, association: AssociationId, docket: Docket, keychain: Keychain
) -> None:
    """Append the facts, evidence sealed, then bring the projections up to them."""
    a = association
    append_rows(
        connection,
        activity,
        ACTIVITY,
        [
            (
                *(a, *activity_row(each), key, each.day_kind, each.proved),
                *(each.supersedes, each.said_by, each.first, each.counts_from),
            )
            for each, key in docket.filed
        ],
    )
    hashes = append_evidence(connection, a, docket.evidence.values(), keychain)
    append_rows(
        connection,
        claim_event,
        EVENT,
        [(a, *event_row(each, detail_of(each, hashes))) for each in docket.events],
    )
    destroy_evidence(connection, a, docket.destroyed, docket.forgotten)
    append_rows(connection, award, AWARD, [(a, *award_row(each)) for each in docket.awards])
    put_rows(connection, claim, CLAIM, [(a, *claim_row(each)) for each in docket.touched.values()])
    put_rows(
        connection,
        cap_usage,
        ("association_id", "member_id", "cap", "measure", "window_key", "points", "times"),
        [(a, *key, *docket.usage[key]) for key in sorted(docket.used) if not key.shared],
    )
    save_outcomes(connection, association, docket)
    delete_rows(connection, rescoring, association, "member_id", docket.unmarked)
    put_rows(
        connection,
        rescoring,
        ("association_id", "member_id", "cause", "marked_at"),
        [(a, member, *mark) for member, mark in sorted(docket.marked.items())],
    )
    put_rows(
        connection,
        holiday,
        ("association_id", "day", "kind", "title"),
        [(a, day, kind, title) for day, (kind, title) in sorted(docket.entries.items())],
    )
