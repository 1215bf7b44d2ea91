"""From where a request comes.

What a header says about the address counts only where a proxy wrote it that the installation
trusts; anybody else can write what they like.
"""

from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
HOPS_MAX = 20


def caller_address(
    peer: str | None, forwarded: Iterable[str], proxies: Sequence[Network]
) -> Address | None:
    """Return the nearest address that is no proxy of ours; None where there is none at all.

    Args:
        peer: Who opened the connection.
        forwarded: Every ``X-Forwarded-For``, as it came.
        proxies: Whose word counts.
    """
    near = _read(peer or "")
    if near is None:
        return None
    hops = ",".join(forwarded).split(",")[-HOPS_MAX:]
    for hop in reversed(hops):
        if not any(near in proxy for proxy in proxies):
            break
        said = _read(hop.strip())
        if said is None:
            break
        near = said
    return near


def _read(text: str) -> Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None
