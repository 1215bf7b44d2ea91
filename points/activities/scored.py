"""Reads what was scored, in the order in which it was scored: the order in which it counts.

What takes another's place counts in that one's, so that setting an activity right leads to what
would have been if it had been right at once.

Everything that scores again reads here, so that all of it sees the same past.
"""

from collections.abc import Collection, Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, select

from points.activities.model import SCORING, Activity, State, Step
from points.activities.rows import activity_of
from points.activities.tables import activity, claim, claim_event
from points.db.base import indexed
from points.db.bulk import within
from points.kernel.ids import ActivityId, AssociationId, MemberId

MEMBERS_MAX = 1000
IDS_MAX = 2000
"""Ids in one look-up."""
ROWS_AHEAD = 1000
"""Rows that a stream reads at once."""

SCORED = (State.PUBLICITY, State.OBJECTED, State.UPHELD, State.POSTED, State.REVERSED)
"""States of claims that were scored, whatever became of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scored:
    """An activity that was scored.

    Attributes:
        scored_at: When it began to count.
        reversed_at: When it was taken back and its room given back; None while it stands.
    """

    activity: Activity
    scored_at: datetime
    reversed_at: datetime | None = None

    @property
    def order(self) -> tuple[datetime, str]:
        """Return what sorts activities as they were scored."""
        return self.scored_at, self.activity.activity_id

    @property
    def place(self) -> tuple[datetime, str]:
        """Return what sorts activities as they count."""
        activity = self.activity
        return activity.counts_from or self.scored_at, activity.first or activity.activity_id


def scored_members(
    connection: Connection,
    association: AssociationId,
    *,
    after: str = "",
    limit: int = MEMBERS_MAX,
) -> list[MemberId]:
    """Return members who ever had an activity scored, by id; page on with the last one's."""
    c = claim.c
    rows = connection.execute(
        select(c.member_id)
        .where(
            c.association_id == association,
            c.member_id > after,
            indexed(c.member_id),
            c.state.in_([state.value for state in SCORED]),
        )
        .distinct()
        .order_by(c.member_id)
        .limit(min(limit, MEMBERS_MAX))
    )
    return [MemberId(row.member_id) for row in rows]


def scored_of(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId],
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Scored]:
    """Return everything of some members that was scored, in scored order across all of them.

    Held in memory: ask for a page of members.

    Args:
        connection: Where to read.
        association: Whose members.
        members: Which.
        since: Only what happened from an instant on.
        until: Only what happened before an instant.
    """
    c = claim.c
    rows = connection.execute(
        select(c.activity_id).where(
            c.association_id == association,
            within(connection, c.member_id, members),
            indexed(c.member_id),
            c.state.in_([state.value for state in SCORED]),
            *_happened(c.occurred_at, since, until),
        )
    )
    ids = sorted(row.activity_id for row in rows)
    found: list[Scored] = []
    for start in range(0, len(ids), IDS_MAX):
        found.extend(_read(connection, association, ids[start : start + IDS_MAX]))
    return sorted(found, key=lambda each: each.order)


def scored_one(
    connection: Connection, association: AssociationId, activity_id: ActivityId
) -> Scored | None:
    """Return an activity as it was scored, or None where it was not."""
    return next(iter(_read(connection, association, [activity_id])), None)


def scored_times(
    connection: Connection, association: AssociationId, ids: Collection[ActivityId]
) -> dict[ActivityId, datetime]:
    """Return when activities were scored; those that were not are left out."""
    e = claim_event.c
    rows = connection.execute(
        select(e.activity_id, e.recorded_at).where(
            e.association_id == association,
            within(connection, e.activity_id, ids),
            e.step.in_([step.value for step in SCORING]),
        )
    )
    return {ActivityId(row.activity_id): row.recorded_at for row in rows}


def scored_stream(
    connection: Connection,
    association: AssociationId,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
) -> Generator[Scored, None, None]:
    """Yield everything of an association that was scored, as it counts, however much it is.

    Args:
        connection: A snapshot: rows come as they are asked for, inside its transaction.
        association: Whose.
        since: Only what happened from an instant on.
        until: Only what happened before an instant.
    """
    e, a = claim_event.c, activity.c
    undone = claim_event.alias("undone")
    of_activity = and_(a.association_id == e.association_id, a.activity_id == e.activity_id)
    was_undone = and_(
        undone.c.association_id == e.association_id,
        undone.c.activity_id == e.activity_id,
        undone.c.step == Step.REVERSED.value,
    )
    wanted = (
        select(
            activity, e.recorded_at.label("scored_at"), undone.c.recorded_at.label("reversed_at")
        )
        .select_from(claim_event.join(activity, of_activity).outerjoin(undone, was_undone))
        .where(
            e.association_id == association,
            e.step.in_([step.value for step in SCORING]),
            *_happened(a.occurred_at, since, until),
        )
        .order_by(
            func.coalesce(a.counts_from, e.recorded_at), func.coalesce(a.first, e.activity_id)
        )
        .execution_options(yield_per=ROWS_AHEAD)
    )
    # Closed also where somebody stops early: the server keeps a cursor for it.
    with connection.execute(wanted) as found:
        for row in found.mappings():
            yield Scored(
                activity=activity_of(row),
                scored_at=row["scored_at"],
                reversed_at=row["reversed_at"],
            )


def _happened(column: Any, since: datetime | None, until: datetime | None) -> list[Any]:  # noqa: ANN401 - a column
    bounds = [] if since is None else [column >= since]
    return bounds if until is None else [*bounds, column < until]


def _read(
    connection: Connection, association: AssociationId, ids: Sequence[str]
) -> Iterator[Scored]:
    # Not joined: while a new database has no statistics PostgreSQL reads all of it for every row.
    a, e = activity.c, claim_event.c
    steps = [*(step.value for step in SCORING), Step.REVERSED.value]
    found: dict[str, dict[str, datetime]] = {}
    taken = connection.execute(
        select(e.activity_id, e.step, e.recorded_at).where(
            e.association_id == association,
            within(connection, e.activity_id, ids),
            e.step.in_(steps),
        )
    )
    for activity_id, step, at in taken:
        found.setdefault(activity_id, {})[step] = at
    facts = connection.execute(
        select(activity).where(
            a.association_id == association, within(connection, a.activity_id, ids)
        )
    )
    for row in facts.mappings():
        times = found.get(row["activity_id"], {})
        scored_at = next((times[step] for step in steps[:-1] if step in times), None)
        if scored_at is not None:
            yield Scored(
                activity=activity_of(row),
                scored_at=scored_at,
                reversed_at=times.get(Step.REVERSED.value),
            )
