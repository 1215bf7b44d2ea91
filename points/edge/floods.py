"""Addresses that ask again and again for what they may not have, or what is not there."""

import math
import time
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_address

from starlette.concurrency import run_in_threadpool
from starlette.types import Scope

from points.db.redis import Swift
from points.edge.policy import EdgePolicy
from points.kernel.networks import neighbourhood

WINDOW_SECONDS = 60
COUNTED = frozenset({401, 404})
SHUT_OUT_MAX = 10_000


@dataclass(slots=True)
class Floods:
    """Counts failures by address; an address beyond its limit waits until the window ends."""

    swift: Swift
    policy: EdgePolicy
    _shut_out: dict[str, float] = field(default_factory=dict)

    def waits(self, address: str | None) -> int:
        """Return how many seconds an address has to wait; 0 for not at all."""
        if address is None or address not in self._shut_out:
            return 0
        left = self._shut_out[address] - time.monotonic()
        if left <= 0:
            del self._shut_out[address]
            return 0
        return math.ceil(left)

    async def note(self, address: str | None, status: int) -> None:
        """Count an answer."""
        if address is None or status not in COUNTED:
            return
        most = self.policy.floods_a_minute
        key = f"flood:{address}"
        if self.swift.remote:
            standing = await run_in_threadpool(self.swift.hit, key, most, WINDOW_SECONDS)
        else:
            standing = self.swift.hit(key, most, WINDOW_SECONDS)
        if not standing.allowed:
            if len(self._shut_out) >= SHUT_OUT_MAX:
                self._shut_out.clear()
            self._shut_out[address] = time.monotonic() + standing.reset_seconds


def address_of(scope: Scope, policy: EdgePolicy) -> str | None:
    """Return the address, or network, by which a caller is counted.

    None for no address, for this machine's own and for a proxy's: whoever comes through a proxy
    that does not say for whom it asks would be shut out with all the others.
    """
    client = scope.get("client")
    return _counted(client[0], policy.trusted_proxies) if client else None


@lru_cache(maxsize=4096)
def _counted(host: str, proxies: tuple[IPv4Network | IPv6Network, ...]) -> str | None:
    try:
        address = ip_address(host)
    except ValueError:
        return None
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or any(address in proxy for proxy in proxies):
        return None
    return neighbourhood(host)
