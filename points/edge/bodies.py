"""Bodies that are neither too long nor too slow, whoever reads them and in whatever form."""

import asyncio
import time

from starlette.types import Message, Receive

from points.edge.policy import EdgePolicy
from points.edge.refused import TOO_LARGE, TOO_SLOW, BodyRefused


class Limited:
    """Receives a body in pieces; counts and times them."""

    def __init__(self, receive: Receive, policy: EdgePolicy, bytes_max: int) -> None:
        self._receive, self._policy, self._bytes_max = receive, policy, bytes_max
        self._size, self._ends, self._over = 0, 0.0, False

    async def receive(self) -> Message:
        """Return the next piece; after the last one, whatever the server says then.

        Raises:
            BodyRefused: Too long or too slow.
        """
        if self._over:
            return await self._receive()
        now = time.monotonic()
        self._ends = self._ends or now + self._policy.body_seconds_max
        try:
            async with asyncio.timeout(min(self._ends - now, self._policy.body_idle_seconds_max)):
                message = await self._receive()
        except TimeoutError:
            raise BodyRefused(TOO_SLOW) from None
        self._size += len(message.get("body", b""))
        if self._size > self._bytes_max:
            raise BodyRefused(TOO_LARGE)
        self._over = not message.get("more_body", False)
        return message
