"""Clients of people who log in, instead of machines that have keys."""

from points.client.clients import AsyncClient, Client
from points.client.retry import Retry
from points.client.session_calls import open_session

ONCE = Retry(attempts_max=1)
"""A code is taken once: whoever lost the answer waits for the next code and logs in again."""


def log_in(base_url: str, association: str, account: str, password: str, code: str) -> Client:
    """Return a client of a person of staff who logs in now.

    Args:
        base_url: As ``https://points.example.org``.
        association: Whose staff.
        account: With which the person logs in.
        password: Theirs.
        code: Of the second factor, or a recovery code.

    Raises:
        Unauthenticated: Something of it is not right; never which.
        RateLimited: Too many tries.
        Unreachable: No answer came.
    """
    with Client(base_url, "", retry=ONCE) as visitor:
        opened = visitor.send(open_session(association, account, password, code))
    return Client(base_url, opened.token)


async def log_in_async(
    base_url: str, association: str, account: str, password: str, code: str
) -> AsyncClient:
    """Return the same for asyncio; see :func:`log_in`."""
    async with AsyncClient(base_url, "", retry=ONCE) as visitor:
        opened = await visitor.send(open_session(association, account, password, code))
    return AsyncClient(base_url, opened.token)
