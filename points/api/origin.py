"""From where a request comes, for the audit trail.

The address is the one that the server found: it believes a header only where a proxy wrote it that
the installation trusts (``POINTS_TRUSTED_PROXIES``).
"""

from starlette.requests import Request

from points.audit.model import Channel, Origin


def origin_of(request: Request, session: str, channel: Channel = Channel.API) -> Origin:
    """Return the origin of a request.

    Args:
        request: The request.
        session: The session's id, or the public part of the key.
        channel: Which door it came through.
    """
    return Origin(
        channel=channel,
        address=request.client.host if request.client else "",
        session=session,
        device=request.headers.get("user-agent", ""),
    )
