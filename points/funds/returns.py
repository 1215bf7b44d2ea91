"""The returns' part of a batch: those that it asks for, and what is to be appended."""

from dataclasses import dataclass, field

from points.funds.model import Return, Settled, Standing
from points.kernel.ensure import ensure
from points.kernel.ids import ReturnId


@dataclass(slots=True)
class Returns:
    """Returns as they stand. Nothing here touches a database."""

    standings: dict[ReturnId, Standing] = field(default_factory=dict)
    opened: list[Return] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)

    def changes(self) -> int:
        """Return how many facts wait to be appended; a refusal must not raise it."""
        return len(self.opened) + len(self.settled)

    def open(self, fact: Return) -> None:
        """Append a return."""
        self.opened.append(fact)
        self.standings[fact.return_id] = Standing(fact=fact)

    def settle(self, settled: Settled) -> None:
        """End a return.

        Raises:
            BrokenInvariant: It has ended already.
        """
        found = self.standings[settled.of.return_id]
        ensure(found.settled is None, "a return ends once")
        self.settled.append(settled)
        self.standings[settled.of.return_id] = Standing(fact=found.fact, settled=settled)
