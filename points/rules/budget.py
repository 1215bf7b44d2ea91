"""What a programme's pool keeps back, and how early its end is told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from points.kernel.ensure import ensure


@dataclass(frozen=True, slots=True)
class Margin:
    """The safety margin of one pool.

    Attributes:
        reserve_fen: What no new voucher may be promised from: what was issued stays payable even
            where corrections or fees cost more than was thought.
        warn_days: How many days before a pool is expected to run out people are told.
    """

    reserve_fen: int = 0
    warn_days: int = 60

    def __post_init__(self) -> None:
        ensure(self.reserve_fen >= 0, "a margin keeps something back or nothing")
        ensure(self.warn_days > 0, "a warning comes before the end")


@dataclass(frozen=True, slots=True)
class BudgetPolicy:
    """The margins of one installation, by programme; a programme without one keeps nothing."""

    pools: Mapping[str, Margin] = field(default_factory=dict)

    def of(self, programme: str) -> Margin:
        """Return a programme's margin."""
        return self.pools.get(programme) or Margin()
