"""Deliver webhooks beside everything else: a receiver that hangs holds up nothing but its own."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from points.engine import Engine
from points.flows.ports import Carrier
from points.flows.webhook_deliveries import deliver_due
from points.kernel.errors import Unavailable
from points.kernel.ids import AssociationId

PAUSE_SECONDS = 2.0
GRACE_SECONDS = 15
"""Longer than any answer is waited for; what is not noted by then is sent again later."""

_log = logging.getLogger(__name__)


@contextmanager
def delivering(
    engine: Engine,
    association: AssociationId,
    carrier: Carrier,
    *,
    pause_seconds: float = PAUSE_SECONDS,
) -> Iterator[None]:
    """Deliver what is due in a thread of its own, until the block ends.

    Args:
        engine: Whose queue.
        association: Whose messages.
        carrier: The way out.
        pause_seconds: How long to wait after a round.
    """
    stop = threading.Event()

    def rounds() -> None:
        while not stop.is_set():
            try:
                deliver_due(engine, association, carrier, stop.is_set)
            except (Unavailable, DBAPIError) as error:
                _log.warning("the worker could not go on", extra={"error": type(error).__name__})
            stop.wait(pause_seconds)

    thread = threading.Thread(target=rounds, name="points-deliveries", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(GRACE_SECONDS)
