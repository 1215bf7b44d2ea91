"""Network addresses as they are counted: what one household, office or attacker has is one."""

from ipaddress import IPv6Address, IPv6Network, ip_address

NEIGHBOURS = 64
"""Whoever has one address of version 6 has the whole network of this prefix."""


def neighbourhood(address: str) -> str:
    """Return under which name an address is counted: itself, or its network of version 6.

    A server that listens for both versions tells callers of version 4 as ``::ffff:203.0.113.7``.
    They are counted by that address: else everybody of version 4 would be one caller.
    What is no address stays as it is.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return address
    if not isinstance(read, IPv6Address):
        return str(read)
    if read.ipv4_mapped is not None:
        return str(read.ipv4_mapped)
    return str(IPv6Network((int(read) >> NEIGHBOURS << NEIGHBOURS, NEIGHBOURS)))
