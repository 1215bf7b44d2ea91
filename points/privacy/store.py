"""Privacy's facts in the database: set-based loads, and appends."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from points.db.bulk import append_rows, put_rows, within
from points.kernel.ids import Actor, AssociationId, MemberId
from points.privacy.dossier import Counter, Dossier
from points.privacy.model import Consent, ErasureStep, Purpose, Step
from points.privacy.tables import (
    consent,
    consent_event,
    disclosure,
    erasure_step,
    impact_assessment,
)


@dataclass(slots=True)
class PrivacyKeys:
    """What a batch needs of privacy.

    Whoever asks for ``consents`` or ``requests`` of a member also locks the member.

    Attributes:
        consents: Members whose agreements are needed.
        looked: Whose looks of which day are to be counted.
        requests: Members whose request for erasure is needed.
        assessments: Whether the number of assessments is needed.
    """

    consents: set[MemberId] = field(default_factory=set)
    looked: set[Counter] = field(default_factory=set)
    requests: set[MemberId] = field(default_factory=set)
    assessments: bool = False


def load_dossier(connection: Connection, association: AssociationId, keys: PrivacyKeys) -> Dossier:
    """Load what a batch needs, once the members' locks are held."""
    dossier = Dossier()
    if keys.consents:
        found = consents_of(connection, association, keys.consents)
        dossier.consents.update({(each.member_id, each.purpose): each for each in found})
    for counter in sorted(keys.looked):
        dossier.looked[counter] = _looked(connection, association, counter)
    if keys.requests:
        dossier.requests.update(last_steps(connection, association, keys.requests))
    if keys.assessments:
        a = impact_assessment.c
        count = select(func.count()).where(a.association_id == association)
        dossier.assessments = int(connection.execute(count).scalar_one())
    return dossier


def consents_of(
    connection: Connection, association: AssociationId, members: Collection[MemberId]
) -> list[Consent]:
    """Return what members last said about each purpose."""
    rows = connection.execute(
        select(consent)
        .where(
            consent.c.association_id == association,
            within(connection, consent.c.member_id, members),
        )
        .order_by(consent.c.member_id, consent.c.purpose)
    )
    return [consent_from(row) for row in rows.mappings()]


def consent_from(row: Any) -> Consent:  # noqa: ANN401 - a row mapping
    """Return the consent that a row holds."""
    return Consent(
        member_id=MemberId(row["member_id"]),
        purpose=Purpose(row["purpose"]),
        given=row["given"],
        notice=row["notice"],
        version=row["version"],
        changed_at=row["changed_at"],
    )


def _looked(connection: Connection, association: AssociationId, counter: Counter) -> int:
    d, (actor, kind, day) = disclosure.c, counter
    count = select(func.count()).where(
        d.association_id == association, d.actor == actor, d.kind == kind.value, d.day == day
    )
    return int(connection.execute(count).scalar_one())


def last_steps(
    connection: Connection,
    association: AssociationId,
    members: Iterable[MemberId] | None = None,
) -> dict[MemberId, ErasureStep]:
    """Return the last step of each member's request for erasure."""
    e = erasure_step.c
    wanted = [e.association_id == association]
    if members is not None:
        wanted.append(within(connection, e.member_id, members))
    last = (
        select(e.member_id, func.max(e.version).label("version"))
        .where(*wanted)
        .group_by(e.member_id)
        .subquery()
    )
    rows = connection.execute(
        select(erasure_step)
        .join(last, (last.c.member_id == e.member_id) & (last.c.version == e.version))
        .where(e.association_id == association)
    )
    return {MemberId(row["member_id"]): step_from(row) for row in rows.mappings()}


def step_from(row: Any) -> ErasureStep:  # noqa: ANN401 - a row mapping
    """Return the step that a row holds."""
    return ErasureStep(
        member_id=MemberId(row["member_id"]),
        version=row["version"],
        step=Step(row["step"]),
        actor=Actor(row["actor"]),
        reason=row["reason"],
        recorded_at=row["recorded_at"],
        due_at=row["due_at"],
    )


_EVENT = (
    "association_id",
    *("member_id", "purpose", "version", "given", "notice", "how", "actor", "recorded_at"),
)
_CONSENT = (
    "association_id",
    *("member_id", "purpose", "version", "given", "notice", "changed_at"),
)
_DISCLOSURE = (
    "association_id",
    *("actor", "kind", "day", "number", "member_id", "fields", "reason", "words", "recorded_at"),
)
_STEP = (
    "association_id",
    *("member_id", "version", "step", "actor", "reason", "due_at", "recorded_at"),
)
_ASSESSMENT = (
    "association_id",
    *("version", "title", "made_on", "author", "body", "document_sha256", "actor"),
    "recorded_at",
)


def save_dossier(connection: Connection, association: AssociationId, dossier: Dossier) -> None:
    """Append the facts, then bring what members last said up to them."""
    a = association
    append_rows(
        connection,
        consent_event,
        _EVENT,
        [
            (
                *(a, e.member_id, e.purpose.value, e.version, e.given, e.notice, e.how.value),
                *(e.actor, e.recorded_at),
            )
            for e in dossier.consent_events
        ],
    )
    said = [dossier.consents[name] for name in sorted(dossier.touched)]
    put_rows(
        connection,
        consent,
        _CONSENT,
        [
            (a, c.member_id, c.purpose.value, c.version, c.given, c.notice, c.changed_at)
            for c in said
        ],
    )
    append_rows(
        connection,
        disclosure,
        _DISCLOSURE,
        [
            (
                *(a, d.actor, d.kind.value, d.day, d.number, d.member_id, list(d.fields), d.reason),
                *(d.words, d.recorded_at),
            )
            for d in dossier.disclosures
        ],
    )
    append_rows(
        connection,
        erasure_step,
        _STEP,
        [
            (a, s.member_id, s.version, s.step.value, s.actor, s.reason, s.due_at, s.recorded_at)
            for s in dossier.steps
        ],
    )
    append_rows(
        connection,
        impact_assessment,
        _ASSESSMENT,
        [
            (
                *(
                    a,
                    x.version,
                    x.title,
                    x.made_on,
                    x.author,
                    dict(x.body),
                    x.document_sha256,
                    x.actor,
                ),
                x.recorded_at,
            )
            for x in dossier.assessed
        ],
    )
