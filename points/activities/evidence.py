"""Evidence in the database: sealed when it is written, opened for those who may read it."""

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from points.activities.model import ClaimEvent, Evidence
from points.activities.tables import claim, evidence
from points.db.base import indexed
from points.db.bulk import append_rows, delete_rows, update_rows, within
from points.kernel.canonical import canonical_json
from points.kernel.ids import ActivityId, AssociationId, MemberId
from points.vault.keychain import Keychain

FIELD = "evidence"
LIMIT_MAX = 1000
_COLUMNS = ("association_id", "activity_id", "member_id", "sealed", "recorded_at")


def seal_evidence(keychain: Keychain, found: Evidence) -> str:
    """Return evidence sealed with its member's key, for its activity alone."""
    said = canonical_json({"note": found.note, "fields": dict(found.fields)})
    return keychain.seal(found.member_id, f"{FIELD}.{found.activity_id}", said)


def append_evidence(
    connection: Connection,
    association: AssociationId,
    found: Iterable[Evidence],
    keychain: Keychain,
) -> dict[ActivityId, str]:
    """Keep evidence sealed, and return the SHA-256 of each token for the claim's history.

    The hash says nothing about what was sealed, for every token has chance in it; but nobody can
    put other evidence in its place.
    """
    tokens = [(each, seal_evidence(keychain, each)) for each in found]
    append_rows(
        connection,
        evidence,
        _COLUMNS,
        [
            (association, each.activity_id, each.member_id, token, each.recorded_at)
            for each, token in tokens
        ],
    )
    return {each.activity_id: sha256(token) for each, token in tokens}


def sha256(token: str) -> str:
    """Return the hash of a token, as it stands in a claim's first event."""
    return hashlib.sha256(token.encode()).hexdigest()


def detail_of(event: ClaimEvent, hashes: Mapping[ActivityId, str]) -> dict[str, Any]:
    """Return an event's detail; the first one of a claim tells the hash of its evidence."""
    told = {"evidence_sha256": hashes[event.activity_id]} if event.activity_id in hashes else {}
    return {**event.detail, **(told if event.version == 1 else {})}


def destroy_evidence(
    connection: Connection,
    association: AssociationId,
    activities: Collection[ActivityId],
    members: Collection[MemberId],
) -> None:
    """Destroy the evidence of some activities, and all of some members."""
    delete_rows(connection, evidence, association, "activity_id", activities)
    delete_rows(connection, evidence, association, "member_id", members)


def find_evidence(
    connection: Connection,
    association: AssociationId,
    activities: Collection[ActivityId],
    keychain: Keychain,
) -> dict[ActivityId, Evidence]:
    """Return evidence, opened; the keychain must hold its members' keys."""
    rows = connection.execute(
        select(evidence).where(
            evidence.c.association_id == association,
            within(connection, evidence.c.activity_id, activities),
        )
    )
    return {ActivityId(row["activity_id"]): open_evidence(row, keychain) for row in rows.mappings()}


def open_evidence(row: Any, keychain: Keychain) -> Evidence:  # noqa: ANN401 - a row mapping
    """Return the evidence of a sealed row."""
    activity, member = ActivityId(row["activity_id"]), MemberId(row["member_id"])
    said = json.loads(keychain.open(member, f"{FIELD}.{activity}", row["sealed"]))
    return Evidence(
        activity_id=activity,
        member_id=member,
        recorded_at=row["recorded_at"],
        note=said["note"],
        fields=said["fields"],
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Evidence that is kept, without what it says."""

    activity_id: ActivityId
    member_id: MemberId
    recorded_at: datetime


def evidence_before(
    connection: Connection,
    association: AssociationId,
    before: datetime,
    states: Collection[str],
    *,
    after: str = "",
    limit: int = 500,
) -> list[Kept]:
    """Return evidence of claims in some states that was recorded before an instant, by id."""
    e = evidence.c
    rows = connection.execute(
        select(e.activity_id, e.member_id, e.recorded_at)
        .join(
            claim,
            (claim.c.association_id == e.association_id) & (claim.c.activity_id == e.activity_id),
        )
        .where(
            e.association_id == association,
            e.recorded_at < before,
            within(connection, claim.c.state, states),
            e.activity_id > after,
        )
        .order_by(e.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [
        Kept(activity_id=ActivityId(activity), member_id=MemberId(member), recorded_at=at)
        for activity, member, at in rows
    ]


def evidence_of(
    connection: Connection,
    association: AssociationId,
    member: MemberId,
    *,
    after: str = "",
    limit: int = 500,
) -> list[ActivityId]:
    """Return a member's activities that have evidence, by id."""
    e = evidence.c
    rows = connection.execute(
        select(e.activity_id)
        .where(
            e.association_id == association,
            e.member_id == member,
            indexed(e.member_id),
            e.activity_id > after,
        )
        .order_by(e.activity_id)
        .limit(min(limit, LIMIT_MAX))
    )
    return [ActivityId(row[0]) for row in rows]


def seal_plain_evidence(
    connection: Connection,
    association: AssociationId,
    members: Collection[MemberId],
    keychain: Keychain,
) -> None:
    """Seal what was taken over from an earlier version, with keys that were just made."""
    rows = connection.execute(
        select(evidence).where(
            evidence.c.association_id == association,
            within(connection, evidence.c.member_id, members),
            indexed(evidence.c.member_id),
        )
    ).mappings()
    sealed = [
        (
            association,
            row["activity_id"],
            keychain.seal(row["member_id"], f"{FIELD}.{row['activity_id']}", row["sealed"]),
        )
        for row in rows
    ]
    update_rows(connection, evidence, ("association_id", "activity_id", "sealed"), sealed)
