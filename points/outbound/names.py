"""Looks names up without waiting longer than whoever asks wants to.

The machine's resolver blocks, and cannot be called off. Where an event loop's own threads do it,
the loop waits for them at its end: a name server that does not answer would hold up the request far
beyond its limit. So each look-up has a thread of its own, which nobody waits for; what it finds too
late is dropped. There are so many of them at most, so that such a name server cannot fill the
machine with threads: beyond that a name has no address.
"""

import asyncio
import socket
import threading
from contextlib import suppress

LOOKUPS_MAX = 32
"""How many look-ups may be under way at once, in this process."""

_free = threading.BoundedSemaphore(LOOKUPS_MAX)


async def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the machine's resolver orders them.

    Raises:
        OSError: It has none, or too many look-ups hang.
    """
    if not _free.acquire(blocking=False):
        raise OSError("too many look-ups are under way")
    loop = asyncio.get_running_loop()
    found: asyncio.Future[list[str]] = loop.create_future()

    def tell(addresses: list[str], error: OSError | None) -> None:
        if found.done():  # nobody waits any more
            return
        if error is None:
            found.set_result(addresses)
        else:
            found.set_exception(error)

    def look() -> None:
        addresses: list[str] = []
        error: OSError | None = None
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            addresses = [str(each[4][0]) for each in rows]
        except (OSError, UnicodeError) as why:  # a label that is too long is no OSError
            error = why if isinstance(why, OSError) else OSError("no name")
        finally:
            _free.release()
        with suppress(RuntimeError):  # the loop is over
            loop.call_soon_threadsafe(tell, addresses, error)

    threading.Thread(target=look, name="points-look-up", daemon=True).start()
    return await found
