"""What each reviewer did in a period, as figures that may show collusion; nothing is judged here.

Whoever reads them asks questions. A steady hand approves much, too; so each figure stands beside
the others, and no threshold says who is guilty.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, ColumnElement, Connection, Text, case, extract, func, literal, select

from points.activities.model import Step
from points.activities.tables import REVIEWED, claim, claim_event
from points.kernel.ids import Actor, AssociationId

REVIEWERS_MAX = 200
APPROVED = (Step.FIRST_APPROVED.value, Step.SECOND_APPROVED.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Whose claims a reviewer approved most.

    Attributes:
        name: The member's id, or the branch.
        approved: How many of theirs.
    """

    name: str
    approved: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What one reviewer did.

    Attributes:
        reviewed: Approved and rejected claims.
        points: What the approved ones can come to at their most.
        backfills: How many of the approved ones were filed long after they happened.
        outside_hours: How many were reviewed outside office hours.
        gap_seconds_median: Between one approval and the next; 0 where a page was approved at once.
        member: Whose claims were approved most; with ``approved`` it tells the concentration.
        branch: Which branch's were.
    """

    reviewer: Actor
    reviewed: int
    approved: int
    points: int
    backfills: int
    outside_hours: int
    gap_seconds_median: float | None
    member: Pair | None
    branch: Pair | None

    @property
    def approval_share(self) -> float:
        """Return which part of what was reviewed was approved."""
        return self.approved / self.reviewed


def reviewers(
    connection: Connection, association: AssociationId, since: datetime, until: datetime
) -> list[Figures]:
    """Return every reviewer's figures of a period, the most points first, at most so many."""
    steps = _steps(connection, association, since, until)
    gaps = _medians(connection, steps)
    members = _most(connection, steps, steps.c.member_id)
    branches = _most(connection, steps, steps.c.branch)
    return [
        Figures(
            reviewer=Actor(reviewer),
            reviewed=int(reviewed),
            approved=int(approved),
            points=int(points),
            backfills=int(backfills),
            outside_hours=int(outside),
            gap_seconds_median=gaps.get(reviewer),
            member=members.get(reviewer),
            branch=branches.get(reviewer),
        )
        for reviewer, reviewed, approved, points, backfills, outside in _sums(connection, steps)
    ]


def _steps(
    connection: Connection, association: AssociationId, since: datetime, until: datetime
) -> CTE:
    """Return the reviews of a period, each with its claim."""
    e, c = claim_event.c, claim.c
    return (
        select(
            e.actor,
            e.activity_id,
            e.recorded_at,
            e.step.in_(APPROVED).label("approved"),
            _says(connection, e.detail, "outside_hours").label("outside"),
            _says(connection, c.flags, "backfill").label("backfill"),
            c.worth,
            c.member_id,
            c.branch,
        )
        .join(claim, (c.association_id == e.association_id) & (c.activity_id == e.activity_id))
        .where(
            e.association_id == association,
            REVIEWED,
            e.recorded_at >= since,
            e.recorded_at < until,
            e.actor.startswith("staff:", autoescape=True),
        )
        .cte("steps")
    )


def _says(connection: Connection, document: ColumnElement[Any], word: str) -> ColumnElement[bool]:
    """Return whether a list holds a word, or a mapping has it for a key."""
    if connection.dialect.name == "postgresql":
        return document.op("?", is_comparison=True)(literal(word, Text))
    return func.instr(document.cast(Text), f'"{word}"') > 0


def _sums(connection: Connection, steps: CTE) -> Iterator[Any]:
    s = steps.c
    points = func.sum(case((s.approved, s.worth), else_=0))
    yield from connection.execute(
        select(
            s.actor,
            func.count(),
            func.sum(case((s.approved, 1), else_=0)),
            points,
            func.sum(case((s.approved & s.backfill, 1), else_=0)),
            func.sum(case((s.outside, 1), else_=0)),
        )
        .group_by(s.actor)
        .order_by(points.desc(), s.actor)
        .limit(REVIEWERS_MAX)
    )


def _medians(connection: Connection, steps: CTE) -> Mapping[str, float]:
    """Return the median of the seconds between two approvals, by reviewer."""
    s = steps.c
    before = func.lag(s.recorded_at).over(
        partition_by=s.actor, order_by=(s.recorded_at, s.activity_id)
    )
    spans = (
        select(s.actor, _seconds(connection, s.recorded_at, before).label("gap"))
        .where(s.approved)
        .cte("spans")
    )
    ranked = (
        select(
            spans.c.actor,
            spans.c.gap,
            func.row_number().over(partition_by=spans.c.actor, order_by=spans.c.gap).label("place"),
            func.count().over(partition_by=spans.c.actor).label("number"),
        )
        .where(spans.c.gap.is_not(None))
        .cte("ranked")
    )
    r = ranked.c
    middle = r.place.in_([(r.number + 1) // 2, (r.number + 2) // 2])
    rows = connection.execute(
        select(r.actor, func.avg(r.gap)).where(middle).group_by(r.actor).limit(REVIEWERS_MAX)
    )
    return {actor: round(float(gap), 3) for actor, gap in rows}


def _seconds(
    connection: Connection, later: ColumnElement[Any], earlier: ColumnElement[Any]
) -> ColumnElement[Any]:
    if connection.dialect.name == "postgresql":
        return extract("epoch", later - earlier)
    return (func.julianday(later) - func.julianday(earlier)) * 86400


def _most(connection: Connection, steps: CTE, named: ColumnElement[Any]) -> Mapping[str, Pair]:
    """Return of whom each reviewer approved most claims."""
    s, number = steps.c, func.count()
    counted = (
        select(
            s.actor,
            named.label("name"),
            number.label("approved"),
            func.row_number()
            .over(partition_by=s.actor, order_by=(number.desc(), named))
            .label("place"),
        )
        .where(s.approved, named.is_not(None))
        .group_by(s.actor, named)
        .cte("counted")
    )
    n = counted.c
    rows = connection.execute(
        select(n.actor, n.name, n.approved).where(n.place == 1).limit(REVIEWERS_MAX)
    )
    return {actor: Pair(name=name, approved=int(approved)) for actor, name, approved in rows}
