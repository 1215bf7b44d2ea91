"""Reads what was really granted for activities, as it stands, and how far scoring got."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, func, select

from points.activities.model import SCORING, Step
from points.activities.scored import IDS_MAX
from points.activities.tables import award, claim_event
from points.db.bulk import within
from points.kernel.ids import AssociationId, MemberId


class Granted(NamedTuple):
    """What one rule granted for one activity in one measure of a programme."""

    rule_id: str
    measure: str
    points: int
    forgone: int
    member_id: MemberId


class ScoredSoFar(NamedTuple):
    """How much was scored by an instant; another number means other activities."""

    scored: int
    reversed: int


def granted_for(
    connection: Connection,
    association: AssociationId,
    activities: Sequence[str],
    programme: str,
) -> dict[str, list[Granted]]:
    """Return what a programme's rules granted for some activities, by activity.

    Of a rule's awards in a measure the one of the latest calculation stands.
    """
    found: dict[str, list[Granted]] = {}
    for start in range(0, len(activities), IDS_MAX):
        page = activities[start : start + IDS_MAX]
        found.update(_granted_for(connection, association, page, programme))
    return found


def _granted_for(
    connection: Connection, association: AssociationId, activities: Sequence[str], programme: str
) -> dict[str, list[Granted]]:
    w = award.c
    rows = connection.execute(
        select(
            *(w.activity_id, w.calculation, w.rule_id, w.measure),
            *(w.points, w.forgone, w.member_id),
        )
        .where(
            w.association_id == association,
            within(connection, w.activity_id, activities),
            w.programme == programme,
        )
        .order_by(w.calculation)
    )
    standing: dict[tuple[str, str, str], Granted] = {}
    for activity_id, _, rule, measure, points, forgone, member in rows:
        name = measure.removeprefix(f"{programme}.")
        # They come by calculation: a later one takes the place of an earlier one.
        standing[activity_id, rule, name] = Granted(rule, name, points, forgone, MemberId(member))
    found: dict[str, list[Granted]] = {}
    for (activity_id, _, _), granted in standing.items():
        found.setdefault(activity_id, []).append(granted)
    return found


def scored_so_far(connection: Connection, association: AssociationId, by: datetime) -> ScoredSoFar:
    """Return how much was scored, and taken back again, by an instant."""
    e = claim_event.c
    steps = [*(step.value for step in SCORING), Step.REVERSED.value]
    rows = connection.execute(
        select(e.step, func.count())
        .where(e.association_id == association, e.step.in_(steps), e.recorded_at <= by)
        .group_by(e.step)
    )
    counts = {step: int(number) for step, number in rows}
    taken_back = counts.pop(Step.REVERSED.value, 0)
    return ScoredSoFar(sum(counts.values()), taken_back)


def scored_by(connection: Connection, association: AssociationId, by: datetime, most: int) -> int:
    """Return how much was scored by an instant, counted no further than one more than a number."""
    e = claim_event.c
    steps = [step.value for step in SCORING]
    some = (
        select(e.activity_id)
        .where(e.association_id == association, e.step.in_(steps), e.recorded_at <= by)
        .limit(most + 1)
        .subquery()
    )
    return int(connection.execute(select(func.count()).select_from(some)).scalar_one())
