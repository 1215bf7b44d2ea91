"""HTTP/1.1 as uvicorn speaks it, but without patience for headers that never end."""

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle

HEADER_SECONDS_MAX = 10.0
HEADER_BYTES_MAX = 16_384


class ImpatientProtocol(H11Protocol):
    """Closes a connection whose request line and headers are not there in time.

    Uvicorn's own limit begins only after a first answer: whoever opens connections and says
    nothing, or one byte a minute, would keep them for ever.
    """

    _header_timer: asyncio.TimerHandle | None = None
    cycle: RequestResponseCycle | None  # type: ignore[assignment]  # as it is before a request

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        """Take bytes; wait no longer once they make a whole head of a request."""
        if not self._answering() and self._header_timer is None:
            self._wait_for_headers()
        super().data_received(data)
        if self._answering():
            self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait for nothing more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _wait_for_headers(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS_MAX, self._give_up)

    def _stop_waiting(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None

    def _give_up(self) -> None:
        self._header_timer = None
        if not self._answering():
            self.transport.close()
