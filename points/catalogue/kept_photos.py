"""Photos in the database: kept once under the hash of their bytes, and read by it."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from points.catalogue.photos import Photo
from points.catalogue.tables import photo
from points.db.bulk import within
from points.kernel.ids import AssociationId


def kept_photos(
    connection: Connection, association: AssociationId, wanted: Iterable[str]
) -> set[str]:
    """Return which of some hashes are those of kept photos."""
    p = photo.c
    rows = connection.execute(
        select(p.sha256).where(
            p.association_id == association, within(connection, p.sha256, wanted)
        )
    )
    return set(rows.scalars())


def find_photo(connection: Connection, association: AssociationId, sha256: str) -> Photo | None:
    """Return a photo by its hash, or None."""
    p = photo.c
    row = connection.execute(
        select(p.media_type, p.width, p.height, p.content).where(
            p.association_id == association, p.sha256 == sha256
        )
    ).one_or_none()
    if row is None:
        return None
    return Photo(
        sha256=sha256, media_type=row[0], width=row[1], height=row[2], content=bytes(row[3])
    )


def save_photos(
    connection: Connection, association: AssociationId, photos: Iterable[Photo], now: datetime
) -> None:
    """Append new photos, one by one: bytes do not travel as arrays."""
    rows = [
        {
            "association_id": association,
            "sha256": each.sha256,
            "media_type": each.media_type,
            "width": each.width,
            "height": each.height,
            "content": each.content,
            "added_at": now,
        }
        for each in photos
    ]
    if rows:
        connection.execute(photo.insert(), rows)
