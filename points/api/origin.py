"""From where a request comes, for the audit trail."""

from collections.abc import Sequence

from starlette.requests import Request

from points.audit.model import Channel, Origin
from points.edge.callers import Network, caller_address


def origin_of(
    request: Request,
    session: str,
    proxies: Sequence[Network] = (),
    channel: Channel = Channel.API,
) -> Origin:
    """Return the origin of a request.

    Args:
        request: The request.
        session: The session's id, or the public part of the key.
        proxies: Whose word about the address counts.
        channel: Which door it came through.
    """
    peer = request.client.host if request.client else None
    forwarded = request.headers.getlist("x-forwarded-for")
    address = caller_address(peer, forwarded, proxies)
    return Origin(
        channel=channel,
        address=str(address or ""),
        session=session,
        device=request.headers.get("user-agent", ""),
    )
