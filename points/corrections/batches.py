"""The corrections' part of a batch: those under their locks, and what is to be appended."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.corrections.model import (
    Correction,
    Line,
    Posting,
    Reach,
    Standing,
    State,
    Step,
)
from points.kernel.ensure import ensure
from points.kernel.ids import CorrectionId, MemberId

Part = tuple[CorrectionId, MemberId]
"""One member's part of a correction batch."""

_BEFORE: Mapping[State, State] = {
    State.APPROVED: State.PROPOSED,
    State.REJECTED: State.PROPOSED,
    State.WITHDRAWN: State.PROPOSED,
    State.DONE: State.APPROVED,
}


@dataclass(slots=True)
class Batches:
    """Correction batches as they stand. Nothing here touches a database.

    Attributes:
        standings: Those that were asked for.
        lines: The lines of the parts that were asked for.
        postings: What has come of the parts that were asked for.
        posted: How many parts of a batch have come to something, where it was asked for.
        undone: Batches that another one undoes, proposed, approved or done.
        reached: Which batches have reached the members that were asked for.
        opened: New ones with all their lines.
    """

    standings: dict[CorrectionId, Standing] = field(default_factory=dict)
    lines: dict[Part, list[Line]] = field(default_factory=dict)
    postings: dict[Part, Posting] = field(default_factory=dict)
    posted: dict[CorrectionId, int] = field(default_factory=dict)
    undone: set[CorrectionId] = field(default_factory=set)
    reached: dict[MemberId, list[Reach]] = field(default_factory=dict)
    opened: list[tuple[Correction, tuple[Line, ...]]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    came: list[Posting] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.opened) + len(self.steps) + len(self.came)

    def open(self, correction: Correction, lines: tuple[Line, ...]) -> None:
        """Append a batch with its lines."""
        ensure(correction.lines == len(lines), "a batch has the lines that it says")
        self.opened.append((correction, lines))
        self.standings[correction.correction_id] = Standing(
            correction=correction, kept=State.PROPOSED
        )
        if correction.undoes is not None:
            self.undone.add(correction.undoes)

    def take(self, step: Step) -> None:
        """Take a step with a batch.

        Raises:
            BrokenInvariant: It does not follow where the batch stands.
        """
        found = self.standings[step.correction.correction_id]
        ensure(found.kept is _BEFORE[step.step], "a batch is decided once, then done once")
        self.steps.append(step)
        self.standings[step.correction.correction_id] = Standing(
            correction=found.correction, kept=step.step
        )

    def post(self, posting: Posting) -> None:
        """Append what came of one member's part.

        Raises:
            BrokenInvariant: It has come to something already.
        """
        part = (posting.correction_id, posting.member_id)
        ensure(part not in self.postings, "a member's part is posted once")
        self.came.append(posting)
        self.postings[part] = posting
        known = self.posted.get(posting.correction_id, 0)
        self.posted[posting.correction_id] = known + 1
