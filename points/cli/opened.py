"""An installation for the length of one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from points import logs, wiring
from points.cli.present import Presenter, understood
from points.kernel.clock import Clock


@contextmanager
def opened(
    present: Presenter,
    database: str | None,
    association: str | None,
    *,
    clock: Clock | None = None,
    migrate: bool = False,
) -> Iterator[wiring.Installation]:
    """Open the chosen installation; what goes wrong becomes a sentence and an exit code."""
    chosen = wiring.settings(database_url=database, association=association)
    logs.configure(chosen.log_form, chosen.log_level, addresses=chosen.log_addresses)
    with (
        understood(present),
        wiring.open_installation(chosen, clock=clock, migrate=migrate) as here,
    ):
        yield here
