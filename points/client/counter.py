"""A counter for a till's program: every deed has its own number, and is sent again when lost.

with Counter("https://points.example.org", "pk_live_…") as counter:  # the till's own key
    shown = counter.check(code)
    sale = counter.hand_over(shown, "R-0001")
"""

import time
from collections.abc import Callable
from datetime import date
from typing import Self, TypeVar

import httpx2
from pydantic import BaseModel

from points.client.calls import Call, fresh_key
from points.client.clients import Client
from points.client.counter_answers import (
    Authorised,
    Captured,
    CaptureDay,
    FoundCapture,
    Released,
    Voided,
)
from points.client.counter_calls import (
    authorise,
    capture,
    day_captures,
    find_capture,
    release,
    void,
)
from points.client.errors import NotFound, Unreachable
from points.client.retry import Retry

PATIENCE_SECONDS = 30.0
PAUSE_SECONDS = 1.0
T = TypeVar("T", bound=BaseModel)


class Counter:
    """Works one till.

    No answer is not a refusal: what was asked may have been done. Each deed is sent again with the
    very same number until an answer comes or the patience is over, so it is done at most once.
    """

    def __init__(  # noqa: PLR0913 - what there is to say of a till
        self,
        base_url: str,
        key: str,
        *,
        device_id: str | None = None,
        language: str = "zh",
        patience_seconds: float = PATIENCE_SECONDS,
        pause: Callable[[float], None] = time.sleep,
        retry: Retry | None = None,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            base_url: As ``https://points.example.org``.
            key: The till's key, ``pk_live_…`` or ``pk_test_…``, or an operator's session.
            device_id: What the head office registered the till as, if it did; a till's own key
                needs no name.
            language: Of texts for people, ``zh`` or ``en``.
            patience_seconds: For how long a deed without an answer is sent again.
            pause: How to wait in between, for tests.
            retry: How often one sending tries.
            transport: Another way to the server, for tests.
        """
        self._client = Client(base_url, key, language=language, retry=retry, transport=transport)
        self._till = {} if device_id is None else {"device_id": device_id}
        self._patience, self._pause = patience_seconds, pause

    def check(self, code: str) -> Authorised:
        """Ask what a code is good for; for three minutes no other outlet can use it.

        Raises:
            ApiError: A refusal: ``say`` is read out, ``action`` says what to do.
            Unreachable: No answer came in time.
        """
        return self._insist(authorise(code, key=fresh_key(), **self._till))

    def hand_over(
        self, shown: Authorised | str, request_no: str, amount_fen: int | None = None
    ) -> Captured:
        """Use what was checked, or a code at once.

        Args:
            shown: What :meth:`check` returned, or the code itself.
            request_no: The till's own number of this sale, unique for ever, kept before asking.
            amount_fen: Of an amount voucher, the part.

        Raises:
            ApiError: A refusal; nothing is handed over.
            Unreachable: No answer came in time: keep the number, and call the same again later.
        """
        code = shown if isinstance(shown, str) else None
        named = None if isinstance(shown, str) else shown.authorisation_id
        return self._insist(
            capture(code, request_no, amount_fen=amount_fen, authorisation_id=named, **self._till)
        )

    def put_back(self, shown: Authorised) -> Released:
        """Let others have what was checked and is not handed over."""
        return self._insist(release(shown.authorisation_id or "", **self._till))

    def undo(self, request_no: str, void_no: str) -> Voided:
        """Take a sale back on its day, under a number of the void's own."""
        return self._insist(void(request_no, void_no, **self._till))

    def became_of(self, request_no: str) -> FoundCapture | None:
        """Return what became of a number whose answer was lost; None: nothing was handed over.

        Raises:
            ApiError: It was refused, and that is said again.
        """
        try:
            return self._insist(find_capture(request_no))
        except NotFound as unknown:
            if unknown.code != "capture_unknown":
                raise
            return None

    def day(self, day: date | None = None, *, cursor: str | None = None) -> CaptureDay:
        """Return a day's sales and sums, to compare with the till's own."""
        return self._insist(day_captures(day=day, cursor=cursor))

    def _insist(self, call: Call[T]) -> T:
        waited = 0.0
        while True:
            try:
                return self._client.send(call)
            except Unreachable:
                if waited >= self._patience:
                    raise
            self._pause(PAUSE_SECONDS)
            waited += PAUSE_SECONDS

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def __enter__(self) -> Self:
        """Return the counter, to be closed at the block's end."""
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
