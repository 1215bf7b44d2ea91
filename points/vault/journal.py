"""The journal of erasures: a file outside the database, which a restored backup does not undo.

Each line is a JSON object: association, member, when, and the hash of the line before. It holds ids
and hashes only, nothing that says who anybody was. A line is on disk before the erasure that it
tells of is acknowledged.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from points.kernel.errors import Misused

FIRST = "0" * 64
_NAMES = frozenset({"association", "member", "erased_at", "previous"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasure:
    """One line of the journal, without its chain.

    Attributes:
        erased_at: ISO 8601.
    """

    association: str
    member: str
    erased_at: str


class Journal:
    """Appends erasures, each once, and reads them back."""

    def __init__(self, path: Path) -> None:
        """Use a file; it is made, readable by its owner alone, with the first erasure."""
        self.path = path

    def read(self) -> list[Erasure]:
        """Return every erasure, in order.

        Raises:
            Misused: A line was changed, or lines are missing in between.
        """
        return _parsed(self.path.read_bytes()) if self.path.is_file() else []

    def append(self, erasures: list[Erasure]) -> int:
        """Write down erasures that do not stand there yet, and return how many; then on disk.

        Raises:
            Misused: The journal was changed.
            OSError: It cannot be written: the erasure must not be acknowledged.
        """
        if not erasures:
            return 0
        with self._locked() as handle:
            content = _whole(handle)
            known = {(each.association, each.member) for each in _parsed(content)}
            fresh = [each for each in erasures if (each.association, each.member) not in known]
            previous = _last(content)
            lines = []
            for each in fresh:
                lines.append(_spell(each, previous))
                previous = _hash(lines[-1])
            os.write(handle, b"".join(lines))
            os.fsync(handle)
        self._keep_name()
        return len(fresh)

    @contextmanager
    def _locked(self) -> Iterator[int]:
        handle = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            # Two processes that append at once would both continue the same line.
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield handle
        finally:
            os.close(handle)

    def _keep_name(self) -> None:
        """Make the file's name in its folder as durable as its content."""
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _whole(handle: int) -> bytes:
    """Return the file's content; what a crash left of a line is cut off."""
    content = os.pread(handle, os.fstat(handle).st_size, 0)
    complete = content[: content.rfind(b"\n") + 1]
    if complete != content:
        os.ftruncate(handle, len(complete))
    return complete


def _parsed(content: bytes) -> list[Erasure]:
    found, previous = [], FIRST
    for number, line in enumerate(content.splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            break  # the process died while it wrote; nobody was told of this one
        said = _said(line)
        if said is None or said["previous"] != previous:
            raise Misused(
                "journal_damaged",
                f"删除日志第 {number} 行被改动，请从备份恢复该文件",
                f"line {number} of the erasure journal was changed: restore the file from a copy",
            )
        previous = _hash(line)
        found.append(
            Erasure(
                association=said["association"],
                member=said["member"],
                erased_at=said["erased_at"],
            )
        )
    return found


def _said(line: bytes) -> dict[str, str] | None:
    try:
        said = json.loads(line)
    except ValueError:
        return None
    return said if isinstance(said, dict) and said.keys() == _NAMES else None


def _last(content: bytes) -> str:
    lines = content.splitlines(keepends=True)
    return _hash(lines[-1]) if lines else FIRST


def _spell(each: Erasure, previous: str) -> bytes:
    said = {
        "association": each.association,
        "member": each.member,
        "erased_at": each.erased_at,
        "previous": previous,
    }
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _hash(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()
