"""Take the audit trail out to files that are written once, and hold the database against them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from points.audit.archive import SEGMENT_EVENTS_MAX, Archive, Manifest, read_events
from points.audit.chain import walk
from points.audit.model import Event, Head
from points.audit.reads import events_after, find_head
from points.engine import Engine
from points.kernel.errors import Misused
from points.kernel.ids import AssociationId

MONTHS_A_YEAR = 12
SPANS_MAX = 100
"""How many spans of missing events an answer names."""

Tell = Callable[[int], None]


def _silent(_: int) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was taken out.

    Attributes:
        events: How many now.
        head: The last event of the archive.
    """

    events: int
    head: Head


def export_audit(
    engine: Engine,
    association: AssociationId,
    folder: Path,
    *,
    since_last: bool,
    months: int,
    tell: Tell = _silent,
) -> Exported:
    """Write the events that an archive lacks.

    Args:
        engine: Where from.
        association: Whose trail.
        folder: An existing folder; a write-once mount will do.
        since_last: Go on after what the archive holds; otherwise it must hold nothing yet.
        months: How long a segment must be kept after its last event, at the least.
        tell: Called with the number of events since the last call.

    Raises:
        Misused: There is no such folder, or it holds an archive already.
    """
    if not folder.is_dir():
        raise Misused("no_folder", "找不到归档目录", "there is no such folder")
    archive = Archive(folder, association)
    head = _head_of(archive)
    if head.sequence and not since_last:
        raise Misused(
            "archive_exists",
            "该目录已有本协会的归档，请加 --since-last 续写",
            "there is an archive already; go on with --since-last",
        )
    events, now = 0, engine.clock.now()
    while stretch := _next(engine, association, head.sequence):
        last = stretch[-1]
        archive.write(stretch, now, months_after(last.recorded_at, months))
        head = Head(sequence=last.sequence, hash=last.hash, recorded_at=last.recorded_at)
        events += len(stretch)
        tell(len(stretch))
    return Exported(events=events, head=head)


def _next(engine: Engine, association: AssociationId, after: int) -> list[Event]:
    with engine.reading(association) as connection:
        return events_after(connection, association, after, SEGMENT_EVENTS_MAX)


def _head_of(archive: Archive) -> Head:
    """Return the last event up to which the archive has no gap."""
    head = Head()
    for manifest in archive.manifests():
        fits = manifest.first <= head.sequence + 1 and manifest.sequence > head.sequence
        if fits and archive.content(manifest) is not None:
            head = Head(sequence=manifest.sequence, hash=manifest.hash)
    return head


def months_after(moment: datetime, months: int) -> datetime:
    """Return the same day of a later month; the first of the next where that month is shorter."""
    years, month = divmod(moment.month - 1 + months, MONTHS_A_YEAR)
    try:
        return moment.replace(year=moment.year + years, month=month + 1)
    except ValueError:
        years, month = divmod(moment.month + months, MONTHS_A_YEAR)
        return moment.replace(year=moment.year + years, month=month + 1, day=1)


@dataclass(slots=True, kw_only=True)
class Comparison:
    """The database held against an archive.

    Attributes:
        rows: Events of the archive that were compared.
        archived: The sequence up to which the archive reaches.
        stored: The sequence up to which the database reaches.
        missing: Sequences that the archive has and the database lacks.
        differing: Sequences at which the two say different things.
        damaged: Segments that are not what their manifests say, or not a chain.
        gaps: Spans of sequences that the archive lacks between its segments.
    """

    rows: int = 0
    archived: int = 0
    stored: int = 0
    missing: list[int] = field(default_factory=list)
    differing: list[int] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    gaps: list[tuple[int, int]] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether database and archive agree, as far as the archive reaches."""
        return not (self.missing or self.differing or self.damaged or self.gaps)

    def as_json(self) -> dict[str, Any]:
        """Return the comparison as plain JSON values."""
        return {
            "ok": self.ok,
            "rows": self.rows,
            "archived": self.archived,
            "stored": self.stored,
            "missing": spans(self.missing),
            "differing": spans(self.differing),
            "damaged": self.damaged,
            "gaps": [f"{first}-{last}" for first, last in self.gaps],
        }


def compare_archive(engine: Engine, association: AssociationId, folder: Path) -> Comparison:
    """Read an archive back and say what the database lacks or tells differently.

    Raises:
        Misused: The folder holds no archive of this association.
    """
    archive = Archive(folder, association)
    manifests = archive.manifests()
    if not manifests:
        raise Misused("no_archive", "该目录没有本协会的归档", "there is no archive of this trail")
    found, head = Comparison(), Head()
    for manifest in manifests:
        if manifest.first > head.sequence + 1:
            found.gaps.append((head.sequence + 1, manifest.first - 1))
        elif manifest.first == head.sequence + 1 and manifest.previous_hash != head.hash:
            found.damaged.append(manifest.segment)
        _compare_segment(engine, archive, manifest, found)
        if manifest.sequence > head.sequence:
            head = Head(sequence=manifest.sequence, hash=manifest.hash)
    found.archived = head.sequence
    with engine.reading(association) as connection:
        found.stored = find_head(connection, association).sequence
    return found


def _compare_segment(
    engine: Engine, archive: Archive, manifest: Manifest, found: Comparison
) -> None:
    content = archive.content(manifest)
    try:
        events = None if content is None else list(read_events(content))
    except ValueError:
        events = None
    walked = None if events is None else walk(events, manifest.before)
    ends = (manifest.sequence, manifest.hash)
    if events is None or walked is None or walked.broken or _end(walked.head) != ends:
        found.damaged.append(manifest.segment)
        return
    with engine.reading(archive.association) as connection:
        rows = events_after(connection, archive.association, manifest.first - 1, len(events))
    stored = {row.sequence: row for row in rows}
    found.rows += len(events)
    for event in events:
        row = stored.get(event.sequence)
        if row is None:
            found.missing.append(event.sequence)
        elif row.hash != event.hash or not row.right:
            found.differing.append(event.sequence)


def _end(head: Head) -> tuple[int, str]:
    return head.sequence, head.hash


def spans(numbers: Iterable[int]) -> list[str]:
    """Return numbers as spans, ``3-7``; the first of them, where there are very many."""
    found: list[list[int]] = []
    for number in sorted(set(numbers)):
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return [str(a) if a == b else f"{a}-{b}" for a, b in found[:SPANS_MAX]]
