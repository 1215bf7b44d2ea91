"""The trail as files that are written once: segments of JSON Lines, each with its manifest.

A file is created exclusively and never opened for writing again, so the folder may be a write-once
mount. A segment counts once its manifest stands beside it; what an interrupted run left behind is
passed over, and the next run writes under another name.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from points.audit.model import FORMAT, Channel, Event, Head, Origin, Result
from points.kernel.canonical import canonical_json
from points.kernel.errors import Misused
from points.kernel.ids import Actor, AssociationId, OperationId

SEGMENT_EVENTS_MAX = 5_000
NAMES_MAX = 100
"""How many interrupted runs in a row may leave the same segment behind."""

MANIFEST_ENDING = ".manifest.json"
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event that was noted outside: the chain must still hold it.

    Attributes:
        sequence: Which event.
        hash: Of that event.
    """

    association_id: AssociationId
    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a segment holds; the anchor of its last event as well.

    Attributes:
        segment: The segment's file name.
        first: The sequence of its first event.
        sequence: Of its last event.
        previous_hash: Of the event before the first.
        hash: Of its last event.
        sha256: Of the segment's bytes.
        exported_at: When it was written.
        keep_until: The first moment at which it may be thrown away.
    """

    association_id: AssociationId
    segment: str
    first: int
    sequence: int
    previous_hash: str
    hash: str
    sha256: str
    exported_at: datetime
    keep_until: datetime

    @property
    def before(self) -> Head:
        """What stands before the segment's first event."""
        return Head(sequence=self.first - 1, hash=self.previous_hash)


@dataclass(frozen=True, slots=True)
class Archive:
    """A folder with the exported trail of one association; other files in it do not matter."""

    folder: Path
    association: AssociationId

    def manifests(self) -> list[Manifest]:
        """Return the manifests that were written to their end, in the order of the chain."""
        files = sorted(self.folder.glob(f"{self._stem}*{MANIFEST_ENDING}"))
        found = filter(None, map(_read_manifest, files))
        mine = (each for each in found if each.association_id == self.association)
        return sorted(mine, key=lambda each: (each.first, each.sequence))

    def content(self, manifest: Manifest) -> bytes | None:
        """Return a segment's bytes, or None where they are not those of its manifest."""
        try:
            content = (self.folder / Path(manifest.segment).name).read_bytes()
        except OSError:
            return None
        return content if hashlib.sha256(content).hexdigest() == manifest.sha256 else None

    def write(self, events: Sequence[Event], exported_at: datetime, keep_until: datetime) -> None:
        """Write events, which are not empty, as a segment and then its manifest."""
        stem = f"{self._stem}{events[0].sequence:012d}-{events[-1].sequence:012d}"
        content = "".join(spell_event(event) + "\n" for event in events).encode()
        segment = self._put(stem, ".jsonl", content)
        manifest = {
            "format": FORMAT,
            "association_id": self.association,
            "segment": segment,
            "first": events[0].sequence,
            "sequence": events[-1].sequence,
            "previous_hash": events[0].previous_hash,
            "hash": events[-1].hash,
            "sha256": hashlib.sha256(content).hexdigest(),
            "exported_at": exported_at,
            "keep_until": keep_until,
        }
        self._put(stem, MANIFEST_ENDING, (canonical_json(manifest) + "\n").encode())

    @property
    def _stem(self) -> str:
        return f"audit-{quote(self.association, safe='')}-"

    def _put(self, stem: str, ending: str, content: bytes) -> str:
        """Create a file that nobody overwrites; return its name."""
        for attempt in range(NAMES_MAX):
            name = f"{stem}.{attempt}{ending}" if attempt else f"{stem}{ending}"
            path = self.folder / name
            try:
                opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o440)
            except FileExistsError:
                if path.read_bytes() == content:
                    return name
                continue
            with os.fdopen(opened, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            return name
        raise Misused(
            "archive_cluttered",
            "归档目录中中断留下的文件过多，请换一个目录",
            "interrupted runs left too many files there; choose another folder",
        )


def spell_event(event: Event) -> str:
    """Return the line of an event."""
    return canonical_json({**event.content(), "hash": event.hash})


def read_events(content: bytes) -> Iterator[Event]:
    """Yield the events of a segment.

    Raises:
        ValueError: A line is none of ours.
    """
    for line in content.splitlines():
        yield _event(json.loads(line))


def read_anchor(content: bytes) -> Anchor:
    """Return the anchor that a manifest, or any JSON object with the same fields, holds.

    Raises:
        Misused: It holds none.
    """
    try:
        said = json.loads(content)
        anchor = Anchor(
            association_id=AssociationId(said["association_id"]),
            sequence=int(said["sequence"]),
            hash=str(said["hash"]),
        )
    except (ValueError, KeyError, TypeError):
        raise _no_anchor() from None
    if anchor.sequence < 1 or _HASH.fullmatch(anchor.hash) is None:
        raise _no_anchor()
    return anchor


def _no_anchor() -> Misused:
    return Misused(
        "bad_anchor",
        "锚点文件应为 JSON，含 association_id、sequence、hash",
        "an anchor is a JSON object with association_id, sequence and hash",
    )


def _read_manifest(path: Path) -> Manifest | None:
    """Return a manifest, or None for what an interrupted run left."""
    try:
        said = json.loads(path.read_bytes())
        return Manifest(
            association_id=AssociationId(said["association_id"]),
            segment=said["segment"],
            first=said["first"],
            sequence=said["sequence"],
            previous_hash=said["previous_hash"],
            hash=said["hash"],
            sha256=said["sha256"],
            exported_at=datetime.fromisoformat(said["exported_at"]),
            keep_until=datetime.fromisoformat(said["keep_until"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _event(said: dict[str, Any]) -> Event:
    try:
        return Event(
            association_id=AssociationId(said["association_id"]),
            sequence=said["sequence"],
            recorded_at=datetime.fromisoformat(said["recorded_at"]),
            actor=Actor(said["actor"]),
            action=said["action"],
            subject=said["subject"],
            outcome=Result(said["outcome"]),
            code=said["code"],
            flow=said["flow"],
            operation_id=OperationId(said["operation_id"]),
            origin=Origin(
                channel=Channel(said["channel"]),
                address=said["address"],
                session=said["session"],
                device=said["device"],
            ),
            document=said["document"],
            previous_hash=said["previous_hash"],
            hash=said["hash"],
        )
    except (KeyError, TypeError) as error:
        raise ValueError("not an event") from error
