"""What a back-test has done so far, in a file: whoever is killed goes on where they were.

One JSON object a line: first what it is about, then a part for each group of members, written and
synced when it is done. A line that was torn in the middle counts for nothing.
"""

import json
import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from points.kernel.canonical import canonical_json, digest
from points.kernel.errors import Misused
from points.rules.impact import Partial

FORMAT = 1


@dataclass(slots=True)
class Kept:
    """The parts that are done.

    Attributes:
        path: Where they are kept; nowhere when not said.
        facts: What the caller wants to know again when it goes on, as plain values.
    """

    path: Path | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    _inputs: str = ""
    _parts: dict[str, Partial] = field(default_factory=dict)
    _length: int = 0

    @classmethod
    def at(cls, path: Path, facts: dict[str, Any]) -> Self:
        """Return what a file holds, or a new one with some facts where there is none.

        Raises:
            Misused: The file is of another kind.
        """
        kept = cls(path, facts)
        if path.exists():
            kept._read(path.read_bytes())
        return kept

    def begin(self, inputs: str) -> None:
        """Go on with the parts if they are of these inputs.

        Raises:
            Misused: They are of others.
        """
        if self._inputs and self._inputs != inputs:
            raise Misused(
                "backtest.other_inputs",
                "续跑文件属于另一次回测：规则、期间或数据已不同；请删除该文件后重来",
                "the file to go on with is of another back-test: rules, period or data differ; "
                "delete it to begin anew",
            )
        if not self._inputs:
            self._inputs = inputs
            self._append({"format": FORMAT, "inputs": inputs, "facts": self.facts})

    def part(self, shard: Sequence[str]) -> Partial | None:
        """Return the part of a group of members, if it is done."""
        return self._parts.get(digest(list(shard)))

    def keep(self, shard: Sequence[str], part: Partial) -> None:
        """Write a part down; it is safe when this returns."""
        self._append({"shard": digest(list(shard)), "part": part.as_json()})

    def done(self) -> None:
        """Forget the file: there is nothing to go on with."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)

    def _append(self, line: dict[str, Any]) -> None:
        if self.path is None:
            return
        content = canonical_json(line).encode() + b"\n"
        with self.path.open("ab") as file:
            # What was torn behind the last whole line goes, or this line would be torn as well.
            file.truncate(self._length)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self._length += len(content)

    def _read(self, content: bytes) -> None:
        lines = content.split(b"\n")[:-1]
        if not lines:
            return
        head = self._head(lines[0])
        self._inputs, self.facts = head["inputs"], head["facts"]
        self._length = len(lines[0]) + 1
        for line in lines[1:]:
            found = json.loads(line)
            self._parts[found["shard"]] = Partial.read(found["part"])
            self._length += len(line) + 1

    @staticmethod
    def _head(line: bytes) -> dict[str, Any]:
        head: Any = None
        with suppress(ValueError):
            head = json.loads(line)
        if not isinstance(head, dict) or head.get("format") != FORMAT:
            raise Misused(
                "backtest.not_kept",
                "这不是回测的续跑文件",
                "this is no file to go on with a back-test",
            )
        return head
