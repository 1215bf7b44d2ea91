"""An installation for the length of one command."""

from collections.abc import Iterator
from contextlib import contextmanager

from points import wiring
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
    insecure_dev: bool | None = None,
) -> Iterator[wiring.Installation]:
    """Open the chosen installation; what goes wrong becomes a sentence and an exit code."""
    chosen = wiring.settings(
        database_url=database, association=association, insecure_dev=insecure_dev
    )
    with (
        understood(present),
        wiring.open_installation(chosen, clock=clock, migrate=migrate) as here,
    ):
        yield here
