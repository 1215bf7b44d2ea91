"""How strict the edge is."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network

ANY_HOST = "*"
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgePolicy:
    """Limits of what may come in.

    Attributes:
        hosts: Names that ``Host`` may have, without ports; ``*`` allows any.
        behind_tls: Whether callers come over TLS, which a proxy in front ends.
        trusted_proxies: Networks that are never shut out: all behind them would be as well.
        unguarded: Paths that probes ask by whatever name and however often.
        body_bytes_max: Of any body.
        body_bytes_by_path: Of those that may be longer.
        body_seconds_max: How long a body may take.
        body_idle_seconds_max: How long nothing of it may come.
        headers_max: How many header fields a request may have.
        requests_at_once_max: How many are answered at a time.
        floods_a_minute: How many answers 401 and 404 an address may get.
        addresses_logged: Whether a request's line holds its address.
    """

    hosts: frozenset[str] = frozenset({ANY_HOST})
    behind_tls: bool = False
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    unguarded: frozenset[str] = frozenset({"/healthz", "/readyz"})
    body_bytes_max: int = MEBIBYTE
    body_bytes_by_path: Mapping[str, int] = field(default_factory=dict)
    body_seconds_max: float = 30.0
    body_idle_seconds_max: float = 10.0
    headers_max: int = 64
    requests_at_once_max: int = 1_000
    floods_a_minute: int = 300
    addresses_logged: bool = False
