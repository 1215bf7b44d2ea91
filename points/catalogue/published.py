"""What was published, as it is stored: read without taking its word for anything."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from points.catalogue.tables import catalogue_version, reward
from points.kernel.ids import AssociationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A version with its rewards, plain.

    Attributes:
        text: The file, whose order is the rewards'; empty where it was not kept.
        rewards: Bodies by the code under which each is stored, by code.
    """

    version: int
    zone: str
    value_fen_per_point: int
    sha256: str
    starts_at: datetime | None
    text: str
    rewards: dict[str, dict[str, Any]]


def stored_versions(connection: Connection, association: AssociationId) -> Iterator[Stored]:
    """Yield every version with its rewards, in one read."""
    v, r = catalogue_version.c, reward.c
    head = (v.version, v.zone, v.value_fen_per_point, v.sha256, v.starts_at, v.text)
    rows = connection.execute(
        select(*head, r.reward_id, r.body)
        .outerjoin(reward, (r.association_id == v.association_id) & (r.version == v.version))
        .where(v.association_id == association)
        .order_by(v.version, r.reward_id)
    )
    for said, several in groupby(rows, key=lambda row: tuple(row[:6])):
        version, zone, value, sha256, starts_at, text = said
        yield Stored(
            version=version,
            zone=zone,
            value_fen_per_point=value,
            sha256=sha256,
            starts_at=starts_at,
            text=text or "",
            # A body under another code, or in another version, is not what was published.
            rewards={
                row[6]: {**row[7], "reward_id": row[6], "version": version}
                for row in several
                if row[6] is not None
            },
        )
