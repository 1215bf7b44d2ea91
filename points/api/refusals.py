"""Refusals at the gate, for the audit trail: at most one event a minute for each caller and action.

The first refusal is noted at once. Those that follow within the minute are counted, and noted
together when it is over, so that a flood of them fills neither the table nor the chain. Nobody
waits for any of it, and no request fails because of it.
"""

import asyncio
import logging
from concurrent.futures import Future
from dataclasses import dataclass, field

from points.audit.model import Origin, Result
from points.engine import Outcome
from points.flows.access import Installation
from points.flows.note_access import NoteAccess
from points.kernel.errors import Unavailable
from points.kernel.ids import Actor, AssociationId, OperationId

WINDOW_SECONDS = 60.0
KEPT_MAX = 1_000
"""Beyond so many callers and actions within a minute, refusals go to the log alone."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """Who was refused what at the gate.

    Attributes:
        subject: The public part of the key.
        code: Stable, as ``forbidden`` or ``key_revoked``.
    """

    association_id: AssociationId
    actor: Actor
    action: str
    subject: str
    code: str


@dataclass(slots=True)
class Refusals:
    """Notes refusals; one for each application."""

    installation: Installation
    _counts: dict[Refused, int] = field(default_factory=dict)

    def note(self, refused: Refused, origin: Origin) -> None:
        """Note a refusal, now or, counted, when the minute is over."""
        if refused in self._counts:
            self._counts[refused] += 1
            return
        if len(self._counts) >= KEPT_MAX:
            _log.warning("too many different refusals within a minute to note them all")
            return
        self._counts[refused] = 0
        self._put(refused, origin, times=1)
        asyncio.get_running_loop().call_later(WINDOW_SECONDS, self._close, refused, origin)

    def _close(self, refused: Refused, origin: Origin) -> None:
        """End a minute: note how many more there were, if any."""
        if times := self._counts.pop(refused, 0):
            self._put(refused, origin, times=times)

    def _put(self, refused: Refused, origin: Origin, *, times: int) -> None:
        name = self.installation.ids.next()
        command = NoteAccess(
            association_id=refused.association_id,
            operation_id=OperationId(f"gate:{name}"),
            actor=refused.actor,
            action=refused.action,
            subject=refused.subject,
            detail={"times": times},
            outcome=Result.REFUSED,
            code=refused.code,
        )
        try:
            self.installation.engine.enqueue(command, origin).add_done_callback(_failed)
        except Unavailable:
            _log.warning("a refusal could not be noted: the engine is shutting down")


def _failed(answer: Future[Outcome]) -> None:
    """Say in the log that a refusal was not noted; the caller has long been answered."""
    if not answer.cancelled() and (error := answer.exception()) is not None:
        _log.warning("a refusal could not be noted", extra={"error": type(error).__name__})
