"""Take down all that one row of a sheet says, or nothing of it.

A row that a person is told to mend and send again must not have been taken in part before.
"""

from dataclasses import dataclass
from itertools import combinations

from points.activities.errors import ShiftOverlaps
from points.engine import Decision, Flow
from points.flows.filing import Checked, Filing, TakenBefore, check, filing_needs, settle
from points.kernel.ensure import ensure
from points.kernel.errors import Refusal
from points.kernel.ids import Actor, AssociationId, OperationId
from points.unit_of_work import Keys, WorkingSet

PARTS_MAX = 20
"""Activities that one row may say; the sheets of associations say one or two."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordRow:
    """Record the activities of one row, whole or not at all.

    Attributes:
        parts: What was reported; each under a number of its own.
    """

    association_id: AssociationId
    operation_id: OperationId
    actor: Actor
    parts: tuple[Filing, ...]

    def __post_init__(self) -> None:
        ensure(0 < len(self.parts) <= PARTS_MAX, "a row says something, and not too much")
        numbers = {(part.source, part.external_id) for part in self.parts}
        ensure(len(numbers) == len(self.parts), "each part of a row has a number of its own")


def needs(command: RecordRow, keys: Keys) -> None:
    """Load the member and what may stand in the way of any part."""
    for part in command.parts:
        filing_needs(part, keys)


def decide(command: RecordRow, on: WorkingSet) -> Decision:
    """Check every part first, then file them; a row taken before in full is a duplicate."""
    checked: list[Checked | TakenBefore] = []
    for part in command.parts:
        found = check(part, on, [each for each in checked if isinstance(each, Checked)])
        if isinstance(found, Refusal):
            return found
        checked.append(found)
    fresh = [each for each in checked if isinstance(each, Checked)]
    if any(one.overlaps(other) for one, other in combinations(fresh, 2)):
        # Neither stands in the books, so there is no other activity to name.
        return ShiftOverlaps(activity_id="")
    parts = [settle(each, on) for each in checked]
    on.trail.note(
        "record_row",
        command.parts[0].member_id,
        after={"activities": [part["activity_id"] for part in parts]},
        detail={"duplicate": not fresh, "batch_id": command.parts[0].batch_id},
    )
    return {"duplicate": not fresh, "parts": parts}


FLOW = Flow("record_row", needs, decide)
