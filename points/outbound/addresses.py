"""Which addresses are public; whatever is not plainly public is not.

Sources: the special-purpose registries of IANA for IPv4 and IPv6 (RFC 6890 and its updates), and
the addresses at which clouds answer questions about the machine itself.
"""

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NOT_PUBLIC_4 = tuple(
    ipaddress.IPv4Network(each)
    for each in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24"),
        *("192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        "168.63.129.16/32",  # a cloud's wire server, in the midst of public addresses
    )
)
_GLOBAL_6 = ipaddress.IPv6Network("2000::/3")
"""All that has been given out. Mapped, translated, local and multicast ones lie outside."""
_NOT_PUBLIC_6 = tuple(
    ipaddress.IPv6Network(each)
    for each in (
        "2001::/23",  # protocols' own, Teredo and ORCHID among them
        "2001:db8::/32",
        "2002::/16",  # 6to4 wraps any IPv4 address
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)

LOOPBACK: tuple[Network, ...] = (
    ipaddress.IPv4Network("127.0.0.0/8"),
    ipaddress.IPv6Network("::1/128"),
)
"""The machine itself; only a trial may reach it."""


def is_public(address: Address, also: Iterable[Network] = ()) -> bool:
    """Return whether an address may be connected to.

    Args:
        address: As the resolver gave it.
        also: Networks that are allowed although they are not public, such as an intranet's.
    """
    if any(address.version == each.version and address in each for each in also):
        return True
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in each for each in _NOT_PUBLIC_4)
    if address.scope_id is not None:
        return False
    return address in _GLOBAL_6 and not any(address in each for each in _NOT_PUBLIC_6)
