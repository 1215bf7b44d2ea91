"""The handouts' part of a batch: those under their locks, and what is to be appended."""

from dataclasses import dataclass, field

from points.handouts.model import Given, Handout, Printing, Result, Standing, State, Step
from points.kernel.ensure import ensure
from points.kernel.ids import HandoutId, MemberId

Part = tuple[HandoutId, MemberId]
"""One member's part of a handout."""

_BEFORE = {
    State.APPROVED: State.PROPOSED,
    State.REJECTED: State.PROPOSED,
    State.WITHDRAWN: State.PROPOSED,
    State.DONE: State.APPROVED,
}


@dataclass(slots=True)
class Pile:
    """Handouts as they stand. Nothing here touches a database.

    Attributes:
        standings: Those that were asked for, locked.
        parts: Of the parts that were asked for, which members a handout is for.
        among: Of the members who were sought, those whom each handout is for.
        given: What has come of the parts that were asked for.
        opened: New ones with their members.
    """

    standings: dict[HandoutId, Standing] = field(default_factory=dict)
    parts: set[Part] = field(default_factory=set)
    among: dict[HandoutId, set[MemberId]] = field(default_factory=dict)
    given: dict[Part, Given] = field(default_factory=dict)
    opened: list[tuple[Handout, tuple[MemberId, ...]]] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    came: list[Given] = field(default_factory=list)
    printings: list[Printing] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.opened) + len(self.steps) + len(self.came) + len(self.printings)

    def open(self, handout: Handout, members: tuple[MemberId, ...]) -> None:
        """Append a handout with its members."""
        ensure(handout.members == len(set(members)) == len(members), "each member stands once")
        self.opened.append((handout, members))
        self.standings[handout.handout_id] = Standing(handout=handout, fresh=True, touched=True)

    def take(self, step: Step) -> None:
        """Take a step with a handout.

        Raises:
            BrokenInvariant: It does not follow where the handout stands.
        """
        found = self.standings[step.handout.handout_id]
        ensure(found.kept is _BEFORE[step.step], "a handout is decided once, then done once")
        found.kept, found.touched = step.step, True
        if step.step is State.APPROVED:
            found.reserved_fen = found.handout.reserved_fen
        if step.step is State.DONE:
            ensure(found.reserved_fen == step.freed_fen, "what is left goes back at the end")
            found.reserved_fen = 0
        self.steps.append(step)

    def give(self, given: Given) -> None:
        """Append what came of one member's part; its share of the money is not held any more.

        Raises:
            BrokenInvariant: It has come to something already.
        """
        part, found = (given.handout_id, given.member_id), self.standings[given.handout_id]
        ensure(part not in self.given, "a member's part comes to something once")
        ensure(found.kept is State.APPROVED, "only what was approved is given")
        if given.result is Result.ISSUED:
            found.issued += 1
            found.reserved_fen -= found.handout.cost_fen
        else:
            found.refused += 1
        found.touched = True
        self.given[part] = given
        self.came.append(given)

    def print(self, printing: Printing) -> None:
        """Note that a handout's codes are printed."""
        found = self.standings[printing.handout_id]
        ensure(not found.printed, "codes are printed once")
        found.printed = found.touched = True
        self.printings.append(printing)
