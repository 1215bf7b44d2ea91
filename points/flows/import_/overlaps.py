"""One member cannot stand in two places at once."""

from bisect import bisect_left, insort
from collections.abc import Iterable
from datetime import datetime

from points.flows.import_.codes import found
from points.flows.import_.model import Place, Record
from points.kernel.findings import Finding


def overlaps(records: Iterable[Record], *, file: str) -> list[Finding]:
    """Return a finding for each record whose time overlaps an earlier row's of the same member.

    Only exclusive records with an end count. The row that comes first in the file stays; one that
    begins when another ends does not overlap it.
    """
    stays: dict[str, list[tuple[datetime, datetime, int, Place]]] = {}
    findings = []
    for number, record in enumerate(records):
        if not record.exclusive or record.person is None:
            continue
        if record.occurred_at is None or record.ended_at is None:
            continue
        mine = stays.setdefault(record.person.phone, [])
        other = _overlapped(mine, record.occurred_at, record.ended_at)
        place = record.row.place
        if other is None:
            insort(mine, (record.occurred_at, record.ended_at, number, place), key=lambda s: s[:3])
        else:
            findings.append(
                found(
                    "sheet.overlap",
                    file=file,
                    sheet=place.sheet,
                    row=place.row,
                    known={"first": other},
                )
            )
    return findings


def _overlapped(
    stays: list[tuple[datetime, datetime, int, Place]], start: datetime, end: datetime
) -> Place | None:
    # The stays do not overlap each other, so only the neighbours of the new one can touch it.
    at = bisect_left(stays, start, key=lambda stay: stay[0])
    for other_start, other_end, _, place in stays[max(0, at - 1) : at + 1]:
        if other_start < end and start < other_end:
            return place
    return None
