"""From where a request comes, for the audit trail.

What a header says about the address counts only where a proxy wrote it that the installation
trusts; anybody else can write what they like.
"""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from starlette.requests import Request

from points.audit.model import Channel, Origin

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
HOPS_MAX = 20


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
    return Origin(
        channel=channel,
        address=_address(request, proxies),
        session=session,
        device=request.headers.get("user-agent", ""),
    )


def _address(request: Request, proxies: Sequence[Network]) -> str:
    """Return the nearest address that is no proxy of ours."""
    near = _read(request.client.host) if request.client else None
    if near is None:
        return ""
    hops = ",".join(request.headers.getlist("x-forwarded-for")).split(",")[-HOPS_MAX:]
    for hop in reversed(hops):
        if not any(near in proxy for proxy in proxies):
            break
        said = _read(hop.strip())
        if said is None:
            break
        near = said
    return str(near)


def _read(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
