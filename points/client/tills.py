"""Clients of operators who log in at a till; when the shift is over they log out."""

from points.client.clients import AsyncClient, Client
from points.client.logging_in import ONCE
from points.client.operator_calls import open_till_session, set_up_operator


def log_in_operator(base_url: str, till_key: str, operator: str, pin: str) -> Client:
    """Return a client of an operator who logs in now; ``log_out`` ends the session.

    Args:
        base_url: As ``https://points.example.org``.
        till_key: The key of the till, bound to its outlet.
        operator: The operator's number.
        pin: Theirs.

    Raises:
        Unauthenticated: Something of it is not right; never which.
        RateLimited: Too many tries at this till or outlet.
        Unreachable: No answer came.
    """
    with Client(base_url, till_key, retry=ONCE) as till:
        opened = till.send(open_till_session(operator, pin))
    return Client(base_url, opened.token)


def choose_pin(base_url: str, till_key: str, operator: str, code: str, pin: str) -> Client:
    """Return a client of an operator who chooses a PIN with the office's code.

    Args:
        base_url: As in :func:`log_in_operator`, like the key and the number.
        till_key: The key of the till.
        operator: The operator's number.
        code: What the office was shown; good once.
        pin: Six to twelve digits, or a passphrase.

    Raises:
        Invalid: ``pin_weak``: choose another; the code is still good.
        Unauthenticated: The code or the operator is not right; never which.
    """
    with Client(base_url, till_key, retry=ONCE) as till:
        opened = till.send(set_up_operator(operator, code, pin))
    return Client(base_url, opened.token)


async def log_in_operator_async(
    base_url: str, till_key: str, operator: str, pin: str
) -> AsyncClient:
    """Return the same for asyncio; see :func:`log_in_operator`."""
    async with AsyncClient(base_url, till_key, retry=ONCE) as till:
        opened = await till.send(open_till_session(operator, pin))
    return AsyncClient(base_url, opened.token)


async def choose_pin_async(
    base_url: str, till_key: str, operator: str, code: str, pin: str
) -> AsyncClient:
    """Return the same for asyncio; see :func:`choose_pin`."""
    async with AsyncClient(base_url, till_key, retry=ONCE) as till:
        opened = await till.send(set_up_operator(operator, code, pin))
    return AsyncClient(base_url, opened.token)
