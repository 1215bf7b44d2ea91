"""How a back-test's processes open what they need: each an installation of its own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from points import wiring
from points.flows.backtest.plan import Plan
from points.flows.backtest.scoring import Bench
from points.kernel.ids import AssociationId


@dataclass(frozen=True, slots=True, kw_only=True)
class OpensBench:
    """Opens a plan's bench on the installation that a command line chose.

    Attributes:
        plan: What is tried.
        database: Which database, as it was typed; the environment's otherwise.
        association: Whose activities.
        rules_dir: The folder of rules.
    """

    plan: Plan
    database: str | None
    association: str
    rules_dir: Path

    @contextmanager
    def __call__(self) -> Iterator[Bench]:
        """Open it. The first process examined the database already."""
        chosen = wiring.settings(
            database_url=self.database, association=self.association, rules_dir=self.rules_dir
        )
        with wiring.open_installation(chosen, administering=True) as here:
            yield self.plan.bench(here.engine, AssociationId(self.association))
