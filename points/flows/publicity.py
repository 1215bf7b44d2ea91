"""The published list: what is about to count, for anyone to object to, without naming anyone."""

from dataclasses import dataclass
from datetime import datetime

from points.activities import reads, store
from points.activities.model import Award, latest
from points.engine import Engine
from points.flows.context import Context
from points.kernel.ids import ActivityId, AssociationId
from points.members import reads as members
from points.rules import ActivityTypes

HEALTH = "health"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicLine:
    """One claim on the published list.

    Attributes:
        name: Masked, as 张*.
        points: Per measure, as ``party.wallet``.
        until: When the publicity is over; nothing while an objection is open.
    """

    activity_id: ActivityId
    name: str
    branch: str | None
    title_zh: str
    title_en: str
    occurred_at: datetime
    points: dict[str, int]
    until: datetime | None
    batch: str | None


def public_types(types: ActivityTypes) -> list[str]:
    """Return the activity types that may be shown to anyone: those whose content is ordinary."""
    return [
        name
        for name, kind in types.types.items()
        if kind.privacy == "ordinary" and any(each != HEALTH for each in kind.programmes)
    ]


def publicity(
    engine: Engine,
    association: AssociationId,
    types: ActivityTypes,
    *,
    after: str = "",
    limit: int = 50,
) -> tuple[list[PublicLine], str]:
    """Return a page of the published list and the key to page on with, empty at the end.

    Health is never shown: neither its activity types nor points of its programme. A page may
    therefore be shorter than asked for.
    """
    limit = min(limit, reads.LIMIT_MAX)
    with engine.reading(association) as connection:
        claims = reads.published(
            connection, association, public_types(types), after=after, limit=limit
        )
        ids = [claim.activity_id for claim in claims]
        awards = store.awards_of(connection, association, ids)
        people = {claim.member_id for claim in claims}
        known: Context = engine.context
        names = members.masked_names(connection, association, people, known)
    lines = []
    for claim in claims:
        if points := _points(awards.get(claim.activity_id, [])):
            kind = types.types[claim.type]
            lines.append(
                PublicLine(
                    activity_id=claim.activity_id,
                    name=names.get(claim.member_id, ""),
                    branch=claim.branch,
                    title_zh=kind.title.zh,
                    title_en=kind.title.en,
                    occurred_at=claim.occurred_at,
                    points=points,
                    until=None if claim.objected_by else claim.publicity_until,
                    batch=claim.publicity_batch,
                )
            )
    return lines, ids[-1] if len(ids) == limit else ""


def _points(awards: list[Award]) -> dict[str, int]:
    """Return what stands outside health, per measure."""
    points: dict[str, int] = {}
    for award in latest(awards):
        if award.programme != HEALTH and award.points:
            points[award.measure] = points.get(award.measure, 0) + award.points
    return points
