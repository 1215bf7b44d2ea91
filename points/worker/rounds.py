"""Round after round of what is due, until somebody says stop."""

import threading
from collections.abc import Iterator
from datetime import timedelta

from points.engine import Engine
from points.flows.sweep_log_ins import sweep_log_ins
from points.flows.work import Done, work
from points.kernel.ids import AssociationId

SWEEP_EVERY = timedelta(hours=1)


def rounds(
    engine: Engine,
    association: AssociationId,
    stop: threading.Event,
    *,
    pause_seconds: float,
    once: bool = False,
) -> Iterator[Done]:
    """Yield what each round did; pause only after one that found nothing to do.

    Args:
        engine: Whose work.
        association: Whose data.
        stop: Ends the worker after the round that it is in.
        pause_seconds: How long to wait after a round without work.
        once: Whether to end after one round.
    """
    swept = None
    while True:
        done = work(engine, association)
        if swept is None or engine.clock.now() - swept >= SWEEP_EVERY:
            sweep_log_ins(engine, association)
            swept = engine.clock.now()
        yield done
        if once or stop.is_set():
            return
        if not done.anything:
            stop.wait(pause_seconds)
            if stop.is_set():
                return
