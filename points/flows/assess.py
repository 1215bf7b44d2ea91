"""Add the record of an impact assessment; records are numbered, and none is ever changed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from points.engine import Decision, Flow
from points.kernel.ids import Actor, AssociationId, OperationId
from points.privacy.errors import AssessmentIncomplete
from points.privacy.model import Assessment
from points.unit_of_work import Keys, WorkingSet

NEEDED = ("scope", "lawfulness", "risks", "measures", "conclusion")
"""What the law wants weighed: aim and manner, influence and risk, and whether measures fit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assess:
    """Record an impact assessment.

    Attributes:
        made_on: ISO date.
        author: The office that answers for it, by its title.
        body: Everything in ``NEEDED``, and whatever else the record says.
        document_sha256: Of the signed document.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    title: str
    made_on: str
    author: str
    body: Mapping[str, Any]
    document_sha256: str


def needs(_command: Assess, keys: Keys) -> None:
    """Count the records that there are."""
    keys.privacy.assessments = True


def decide(command: Assess, on: WorkingSet) -> Decision:
    """Append the record under the next number."""
    missing = [name for name in NEEDED if not command.body.get(name)]
    if missing:
        return AssessmentIncomplete(missing=", ".join(missing))
    version = on.dossier.assessments + 1
    on.dossier.assess(
        Assessment(
            version=version,
            title=command.title,
            made_on=command.made_on,
            author=command.author,
            body=command.body,
            document_sha256=command.document_sha256,
            actor=command.actor,
            recorded_at=on.now,
        )
    )
    on.trail.note("assess", str(version), after={"document_sha256": command.document_sha256})
    return {"version": version}


FLOW = Flow("assess", needs, decide)
