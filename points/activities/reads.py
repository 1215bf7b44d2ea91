"""Reads of claims and awards for channels and workers: bounded, by key, never with an offset."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from points.activities.model import Activity, Award, Claim, ClaimEvent, State, Step
from points.activities.rows import activity_of, award_of, claim_of
from points.activities.tables import (
    IN_PUBLICITY,
    activity,
    award,
    claim,
    claim_event,
    rescoring,
)
from points.db.base import indexed
from points.db.bulk import within
from points.kernel.ids import ActivityId, Actor, AssociationId, MemberId, TransactionId

LIMIT_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a reviewer may see: whole associations, or some branches and grids."""

    everything: bool = False
    branches: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A claim with its activity."""

    claim: Claim
    activity: Activity


def ready_to_score(
    connection: Connection, association: AssociationId, *, after: str = "", limit: int = 500
) -> list[Activity]:
    """Return activities that wait to be scored, by id; page on with the last one's id.

    A worker begins anew after its last page: an earlier id may be approved later.
    """
    claims = in_state(connection, association, [State.APPROVED], after=after, limit=limit)
    found = _activities(connection, association, claims)
    return [found[each.activity_id] for each in claims]


def maturing(
    connection: Connection, association: AssociationId, member: MemberId
) -> dict[TransactionId, datetime]:
    """Return when the publicity ends that keeps a member's own transactions pending."""
    # By the member's activities: claims have no index by member, and few are in publicity.
    a, c = activity.c, claim.c
    rows = connection.execute(
        select(c.transactions, c.publicity_until)
        .join(activity, (a.association_id == c.association_id) & (a.activity_id == c.activity_id))
        .where(c.association_id == association, a.member_id == member, indexed(a.member_id))
        .where(IN_PUBLICITY, c.publicity_until.is_not(None))
        .limit(LIMIT_MAX)
    )
    return {TransactionId(each): until for transactions, until in rows for each in transactions}


def due(
    connection: Connection, association: AssociationId, by: datetime, *, limit: int = 500
) -> list[Claim]:
    """Return claims whose publicity is over by an instant, the earliest end first."""
    c = claim.c
    rows = connection.execute(
        select(claim)
        .where(c.association_id == association, IN_PUBLICITY, c.publicity_until <= by)
        .order_by(c.publicity_until, c.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [claim_of(row) for row in rows.mappings()]


def in_state(
    connection: Connection,
    association: AssociationId,
    states: Collection[State],
    *,
    after: str = "",
    limit: int = 500,
) -> list[Claim]:
    """Return claims in some states, by id: ``upheld`` wait to be reversed."""
    rows = connection.execute(
        select(claim)
        .where(*_in_state(association, states, after))
        .order_by(claim.c.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [claim_of(row) for row in rows.mappings()]


def _in_state(association: AssociationId, states: Collection[State], after: str) -> list[Any]:
    c = claim.c
    names = [state.value for state in states]
    return [
        c.association_id == association,
        c.state.in_(names),
        indexed(c.state),
        c.activity_id > after,
    ]


def queue(
    connection: Connection,
    association: AssociationId,
    states: Collection[State],
    scope: Scope,
    *,
    after: str = "",
    limit: int = 50,
) -> list[Filed]:
    """Return what a reviewer may see of claims in some states, with their activities, by id."""
    seen = or_(
        within(connection, claim.c.branch, scope.branches),
        within(connection, claim.c.grid, scope.grids),
    )
    wanted = [*_in_state(association, states, after), *([] if scope.everything else [seen])]
    return _filed(connection, association, wanted, limit)


def of_member(
    connection: Connection,
    association: AssociationId,
    member: MemberId,
    *,
    before: str = "",
    limit: int = 50,
) -> list[Filed]:
    """Return a member's claims with their activities, the newest first."""
    c = claim.c
    wanted = [
        c.member_id == member,
        indexed(c.member_id),
        *([c.activity_id < before] if before else []),
    ]
    return _filed(connection, association, wanted, limit, newest_first=True)


def of_batch(
    connection: Connection,
    association: AssociationId,
    batch: str,
    *,
    after: str = "",
    limit: int = 500,
) -> list[Claim]:
    """Return the claims of a sheet, by id."""
    c = claim.c
    rows = connection.execute(
        select(claim)
        .where(c.association_id == association, c.batch_id == batch, c.activity_id > after)
        .order_by(c.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [claim_of(row) for row in rows.mappings()]


def one(
    connection: Connection, association: AssociationId, activity_id: ActivityId
) -> Filed | None:
    """Return a claim with its activity, or None."""
    found = _filed(connection, association, [claim.c.activity_id == activity_id], 1)
    return next(iter(found), None)


def successor(
    connection: Connection, association: AssociationId, activity_id: ActivityId
) -> ActivityId | None:
    """Return the activity that took another's place, or None."""
    a = activity.c
    found = connection.execute(
        select(a.activity_id).where(
            a.association_id == association,
            a.supersedes == activity_id,
            a.supersedes.is_not(None),
        )
    ).scalar()
    return ActivityId(found) if found else None


def _filed(
    connection: Connection,
    association: AssociationId,
    wanted: Collection[Any],
    limit: int,
    *,
    newest_first: bool = False,
) -> list[Filed]:
    key = claim.c.activity_id
    rows = connection.execute(
        select(claim)
        .where(claim.c.association_id == association, *wanted)
        .order_by(key.desc() if newest_first else key)
        .limit(min(limit, LIMIT_MAX))
    )
    claims = [claim_of(row) for row in rows.mappings()]
    found = _activities(connection, association, claims)
    return [Filed(claim=each, activity=found[each.activity_id]) for each in claims]


def _activities(
    connection: Connection, association: AssociationId, claims: Collection[Claim]
) -> dict[str, Activity]:
    # Not joined: while a new database has no statistics PostgreSQL reads all of it for every row.
    if not claims:
        return {}
    a = activity.c
    rows = connection.execute(
        select(activity).where(
            a.association_id == association,
            within(connection, a.activity_id, [each.activity_id for each in claims]),
        )
    )
    return {row["activity_id"]: activity_of(row) for row in rows.mappings()}


def facts(
    connection: Connection, association: AssociationId, ids: Collection[ActivityId]
) -> dict[ActivityId, Activity]:
    """Return activities by id."""
    a = activity.c
    rows = connection.execute(
        select(activity).where(
            a.association_id == association, within(connection, a.activity_id, ids)
        )
    )
    return {ActivityId(row["activity_id"]): activity_of(row) for row in rows.mappings()}


def history(
    connection: Connection, association: AssociationId, activity_id: ActivityId
) -> list[ClaimEvent]:
    """Return every step of a claim, in order."""
    e = claim_event.c
    rows = connection.execute(
        select(claim_event)
        .where(e.association_id == association, e.activity_id == activity_id)
        .order_by(e.version)
    )
    return [
        ClaimEvent(
            activity_id=ActivityId(row["activity_id"]),
            version=row["version"],
            step=Step(row["step"]),
            actor=Actor(row["actor"]),
            recorded_at=row["recorded_at"],
            reason=row["reason"],
            detail=row["detail"],
        )
        for row in rows.mappings()
    ]


def of_transaction(
    connection: Connection, association: AssociationId, transaction: TransactionId
) -> list[Award]:
    """Return the awards that a transaction posted, to explain it."""
    w = award.c
    rows = connection.execute(
        select(award)
        .where(
            w.association_id == association,
            w.transaction_id == transaction,
            indexed(w.transaction_id),
        )
        .order_by(w.activity_id, w.rule_id, w.measure)
    )
    return [award_of(row) for row in rows.mappings()]


def marked(
    connection: Connection, association: AssociationId, *, after: str = "", limit: int = 50
) -> list[tuple[MemberId, str]]:
    """Return members whose activities are to be scored again, by id, and what for."""
    c = rescoring.c
    rows = connection.execute(
        select(c.member_id, c.cause)
        .where(c.association_id == association, c.member_id > after)
        .order_by(c.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [(MemberId(row.member_id), row.cause) for row in rows]


def published(
    connection: Connection,
    association: AssociationId,
    types: Collection[str],
    *,
    after: str = "",
    limit: int = 50,
) -> list[Claim]:
    """Return claims of some types that are public, objected ones included, by id."""
    c = claim.c
    states = [State.PUBLICITY, State.OBJECTED]
    rows = connection.execute(
        select(claim)
        .where(*_in_state(association, states, after), within(connection, c.type, types))
        .order_by(c.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [claim_of(row) for row in rows.mappings()]


def counts(connection: Connection, association: AssociationId) -> dict[State, int]:
    """Return how many claims stand in each state."""
    c = claim.c
    rows = connection.execute(
        select(c.state, func.count()).where(c.association_id == association).group_by(c.state)
    )
    return {State(state): int(number) for state, number in rows}


def rules_of_awards(
    connection: Connection, association: AssociationId
) -> list[tuple[str, int, str]]:
    """Return every rule set that some award names: programme, version and hash."""
    w = award.c
    rows = connection.execute(
        select(w.programme, w.ruleset_version, w.ruleset_sha256)
        .where(w.association_id == association)
        .distinct()
        .order_by(w.programme, w.ruleset_version, w.ruleset_sha256)
    )
    return [(row[0], row[1], row[2]) for row in rows]
