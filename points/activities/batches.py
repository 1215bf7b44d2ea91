"""A sheet as a whole, before two people approve it: totals, and what looks odd in it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from points.activities.model import GONE, Claim
from points.activities.reads import LIMIT_MAX, Scope
from points.activities.rows import claim_of
from points.activities.tables import activity, claim
from points.db.bulk import within
from points.kernel.canonical import digest
from points.kernel.ids import AssociationId

SHOWN_MAX = 10
"""How many of the oddest are shown: more than that nobody looks at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What a batch comes to.

    Attributes:
        members: How many people it is about.
        worth: The most points that it can come to.
        newest: The id of its last claim.
        filed_by: Who handed it in.
    """

    claims: int
    members: int
    worth: int
    newest: str
    filed_by: tuple[str, ...]

    def seen(self, batch: str) -> str:
        """Return what whoever approves shows that they have looked: it changes with the batch."""
        return digest([batch, self.claims, self.members, self.worth, self.newest])[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """What one member has of a batch."""

    member_id: str
    claims: int
    worth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Activities of one member, type and moment: the same thing twice?"""

    member_id: str
    type: str
    occurred_at: datetime
    claims: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Two activities of one member that share a moment, of whatever types and batches."""

    activity_id: str
    other_id: str
    member_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A batch, as whoever approves it should see it first.

    Attributes:
        states: How many claims stand where.
        flags: How many claims carry which flag.
        members: Who has most of it.
        outliers: The claims that are worth most.
        repeated: What may be there twice.
        overlaps: Where somebody would have been in two places.
    """

    totals: Totals
    states: Mapping[str, int]
    flags: Mapping[str, int]
    members: tuple[Share, ...]
    outliers: tuple[Claim, ...]
    repeated: tuple[Repeated, ...]
    overlaps: tuple[Overlap, ...]


def totals(
    connection: Connection, association: AssociationId, batch: str, scope: Scope
) -> Totals | None:
    """Return what a batch comes to, as far as a reviewer sees it; None where there is nothing."""
    c = claim.c
    wanted = _wanted(connection, association, batch, scope)
    found = connection.execute(
        select(
            func.count(),
            func.count(c.member_id.distinct()),
            func.coalesce(func.sum(c.worth), 0),
            func.max(c.activity_id),
        ).where(*wanted)
    ).one()
    if not found[0]:
        return None
    filers = connection.execute(
        select(c.filed_by).where(*wanted).distinct().order_by(c.filed_by).limit(SHOWN_MAX)
    ).scalars()
    return Totals(
        claims=int(found[0]),
        members=int(found[1]),
        worth=int(found[2]),
        newest=found[3],
        filed_by=tuple(filers),
    )


def summary(
    connection: Connection, association: AssociationId, batch: str, scope: Scope
) -> Summary | None:
    """Return a batch with what looks odd in it; None where there is nothing to be seen."""
    whole = totals(connection, association, batch, scope)
    if whole is None:
        return None
    c, wanted = claim.c, _wanted(connection, association, batch, scope)
    states = connection.execute(
        select(c.state, func.count()).where(*wanted).group_by(c.state).order_by(c.state)
    )
    flagged = connection.execute(select(c.flags, func.count()).where(*wanted).group_by(c.flags))
    outliers = connection.execute(
        select(claim).where(*wanted).order_by(c.worth.desc(), c.activity_id).limit(SHOWN_MAX)
    )
    return Summary(
        totals=whole,
        states={state: int(number) for state, number in states},
        flags=_flags(flagged.all()),
        members=_members(connection, wanted),
        outliers=tuple(claim_of(row) for row in outliers.mappings()),
        repeated=_repeated(connection, wanted),
        overlaps=_overlaps(connection, association, wanted),
    )


def page_of_batch(
    connection: Connection,
    association: AssociationId,
    batch: str,
    scope: Scope,
    *,
    after: str = "",
    limit: int = 200,
) -> list[Claim]:
    """Return the claims of a batch that a reviewer sees, by id, whatever became of them."""
    rows = connection.execute(
        select(claim)
        .where(*_wanted(connection, association, batch, scope), claim.c.activity_id > after)
        .order_by(claim.c.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [claim_of(row) for row in rows.mappings()]


def _wanted(
    connection: Connection, association: AssociationId, batch: str, scope: Scope
) -> list[Any]:
    c = claim.c
    seen = or_(
        within(connection, c.branch, scope.branches), within(connection, c.grid, scope.grids)
    )
    return [
        c.association_id == association,
        c.batch_id == batch,
        *([] if scope.everything else [seen]),
    ]


def _flags(rows: Collection[Any]) -> dict[str, int]:
    found: dict[str, int] = {}
    for flags, number in rows:
        for flag in flags:
            found[flag] = found.get(flag, 0) + int(number)
    return dict(sorted(found.items()))


def _members(connection: Connection, wanted: Collection[Any]) -> tuple[Share, ...]:
    c, worth = claim.c, func.sum(claim.c.worth)
    rows = connection.execute(
        select(c.member_id, func.count(), worth)
        .where(*wanted)
        .group_by(c.member_id)
        .order_by(worth.desc(), c.member_id)
        .limit(SHOWN_MAX)
    )
    return tuple(
        Share(member_id=member, claims=int(claims), worth=int(sum_))
        for member, claims, sum_ in rows
    )


def _repeated(connection: Connection, wanted: Collection[Any]) -> tuple[Repeated, ...]:
    c = claim.c
    rows = connection.execute(
        select(c.member_id, c.type, c.occurred_at, func.count())
        .where(*wanted)
        .group_by(c.member_id, c.type, c.occurred_at)
        .having(func.count() > 1)
        .order_by(func.count().desc(), c.member_id)
        .limit(SHOWN_MAX)
    )
    return tuple(
        Repeated(member_id=member, type=kind, occurred_at=at, claims=int(claims))
        for member, kind, at, claims in rows
    )


def _overlaps(
    connection: Connection, association: AssociationId, wanted: Collection[Any]
) -> tuple[Overlap, ...]:
    mine, other, others = activity.alias("mine"), activity.alias("other"), claim.alias("others")
    rows = connection.execute(
        select(mine.c.activity_id, other.c.activity_id, mine.c.member_id)
        .select_from(claim)
        .join(
            mine,
            and_(
                mine.c.association_id == claim.c.association_id,
                mine.c.activity_id == claim.c.activity_id,
            ),
        )
        .join(
            other,
            and_(
                other.c.association_id == association,
                other.c.member_id == mine.c.member_id,
                other.c.member_id != "",
                other.c.activity_id != mine.c.activity_id,
                other.c.occurred_at < mine.c.ends_at,
                mine.c.occurred_at < other.c.ends_at,
            ),
        )
        .join(
            others,
            and_(
                others.c.association_id == other.c.association_id,
                others.c.activity_id == other.c.activity_id,
                others.c.state.not_in([state.value for state in GONE]),
            ),
        )
        .where(*wanted)
        .order_by(mine.c.activity_id, other.c.activity_id)
        .limit(SHOWN_MAX)
    )
    return tuple(
        Overlap(activity_id=one, other_id=two, member_id=member) for one, two, member in rows
    )
