"""Round after round of what is due, until somebody says stop."""

import threading
from collections.abc import Iterator
from datetime import timedelta

from points.engine import Engine
from points.flows.care import care
from points.flows.retention import apply
from points.flows.retention_file import Schedule
from points.flows.sweep_log_ins import sweep_log_ins
from points.flows.warn_of_pool import warn_of_pools
from points.flows.watch_day import watch_due
from points.flows.work import Done, work
from points.kernel.ids import AssociationId

TIDY_EVERY = timedelta(hours=1)
CARE_EVERY = timedelta(minutes=5)


def rounds(
    engine: Engine,
    association: AssociationId,
    stop: threading.Event,
    *,
    schedule: Schedule,
    pause_seconds: float,
    once: bool = False,
) -> Iterator[Done]:
    """Yield what each round did; pause only after one that found nothing to do.

    Args:
        engine: Whose work.
        association: Whose data.
        stop: Ends the worker after the round that it is in.
        schedule: How long things are kept; acted on every hour.
        pause_seconds: How long to wait after a round without work.
        once: Whether to end after one round.
    """
    tidied = cared = None
    while True:
        done = work(engine, association)
        if tidied is None or engine.clock.now() - tidied >= TIDY_EVERY:
            sweep_log_ins(engine, association)
            apply(engine, association, schedule)
            watch_due(engine, association)
            warn_of_pools(engine, association)
            tidied = engine.clock.now()
        if cared is None or engine.clock.now() - cared >= CARE_EVERY:
            done.cared = care(engine, association)
            cared = engine.clock.now()
        yield done
        if once or stop.is_set():
            return
        if not done.anything:
            stop.wait(pause_seconds)
            if stop.is_set():
                return
