"""What channels read of privacy: bounded, by key."""

from collections.abc import Collection

from sqlalchemy import Connection, select

from points.db.base import indexed
from points.kernel.ids import AssociationId, MemberId
from points.privacy.model import Assessment, ErasureStep, Purpose, Step
from points.privacy.store import consents_of, last_steps
from points.privacy.tables import consent, impact_assessment

__all__ = ["assessments", "consents_of", "open_requests", "to_renew"]

LIMIT_MAX = 1000


def to_renew(
    connection: Connection,
    association: AssociationId,
    purpose: Purpose,
    needed: int,
    *,
    after: str = "",
    limit: int = 500,
) -> list[MemberId]:
    """Return who has to be asked again: they agreed to an earlier notice than is needed now.

    What they agreed to stands meanwhile. Nobody's points stop because a text was changed; stopping
    them is the member's own word, or the association's decision.
    """
    c = consent.c
    rows = connection.execute(
        select(c.member_id)
        .where(
            c.association_id == association,
            c.purpose == purpose.value,
            indexed(c.purpose),
            c.notice < needed,
            c.given,
            c.member_id > after,
        )
        .order_by(c.member_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [MemberId(row[0]) for row in rows]


def open_requests(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId] | None = None,
) -> list[ErasureStep]:
    """Return requests for erasure that wait for an answer, the most urgent first."""
    steps = last_steps(connection, association, members).values()
    waiting = [step for step in steps if step.step is Step.REQUESTED]
    return sorted(waiting, key=lambda step: (step.due_at or step.recorded_at, step.member_id))


def assessments(connection: Connection, association: AssociationId) -> list[Assessment]:
    """Return every record of an impact assessment, newest first."""
    a = impact_assessment.c
    rows = connection.execute(
        select(impact_assessment)
        .where(a.association_id == association)
        .order_by(a.version.desc())
        .limit(LIMIT_MAX)
    )
    return [
        Assessment(
            version=row["version"],
            title=row["title"],
            made_on=row["made_on"],
            author=row["author"],
            body=row["body"],
            document_sha256=row["document_sha256"],
            actor=row["actor"],
            recorded_at=row["recorded_at"],
        )
        for row in rows.mappings()
    ]
