"""What may leave: which scheme, hosts, ports and networks, how much and how long."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from points.outbound.addresses import Address, Network, is_public
from points.outbound.errors import OutboundRefused

URL_CHARACTERS_MAX = 2_000

_PRINTABLE = re.compile(r"[\x21-\x7e]+")
_NAME = re.compile(r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z][a-z0-9-]{0,62}")
_PORT = re.compile(r"[1-9][0-9]{0,4}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A URL that was taken apart and may be asked."""

    scheme: str
    host: str
    port: int
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What may leave the machine.

    Attributes:
        hosts: Exact names, in lower case; addresses only where they are spelled canonically.
        networks: Networks that are not public and may be reached all the same.
        ports: Those that may be connected to.
        insecure: Whether plain HTTP may leave as well.
        answer_bytes_max: How much of an answer is read.
        request_bytes_max: How much may be sent.
    """

    hosts: frozenset[str] = frozenset()
    networks: tuple[Network, ...] = ()
    ports: frozenset[int] = frozenset({443})
    insecure: bool = False
    answer_bytes_max: int = 1_000_000
    request_bytes_max: int = 1_000_000

    def target(self, url: str) -> Target:
        """Return what a URL names.

        Raises:
            OutboundRefused: It is spelled oddly, or names what may not be asked.
        """
        if len(url) > URL_CHARACTERS_MAX or _PRINTABLE.fullmatch(url) is None or "\\" in url:
            raise OutboundRefused("outbound.spelling")
        scheme, colon, rest = url.partition("://")
        if not colon or scheme not in {"https", "http"}:
            raise OutboundRefused("outbound.scheme")
        if scheme == "http" and not self.insecure:
            raise OutboundRefused("outbound.not_https")
        # Taken apart here and again by the library: the two must not differ.
        authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
        if "@" in authority:
            raise OutboundRefused("outbound.credentials")
        if "#" in url:
            raise OutboundRefused("outbound.spelling")
        host, port = self._host_and_port(authority, 443 if scheme == "https" else 80)
        parts = urlsplit(url)
        if (parts.hostname, parts.netloc) != (host.strip("[]"), authority):
            raise OutboundRefused("outbound.spelling")
        path = parts.path or "/"
        return Target(
            scheme=scheme,
            host=host.strip("[]"),
            port=port,
            path=f"{path}?{parts.query}" if parts.query else path,
        )

    def _host_and_port(self, authority: str, usual: int) -> tuple[str, int]:
        found = re.fullmatch(r"(\[[0-9a-f:.]+\]|[^\[\]:]+)(?::([^:]*))?", authority)
        if found is None:
            raise OutboundRefused("outbound.spelling")
        host, port = found.group(1), found.group(2)
        if port is not None and _PORT.fullmatch(port) is None:
            raise OutboundRefused("outbound.spelling")
        number = int(port) if port else usual
        if number not in self.ports:
            raise OutboundRefused("outbound.port")
        if host.strip("[]") not in self.hosts:
            raise OutboundRefused("outbound.host")
        if not _NAME.fullmatch(host) and not _canonical_address(host):
            raise OutboundRefused("outbound.spelling")
        return host, number

    def choose(self, found: Iterable[str]) -> Address:
        """Return the address to connect to, of those that a name has.

        Raises:
            OutboundRefused: One of them is not public. One bad address condemns all: whoever
                controls the name chooses which is tried first.
        """
        addresses = [ipaddress.ip_address(each) for each in found]
        if not addresses or not all(is_public(each, self.networks) for each in addresses):
            raise OutboundRefused("outbound.address")
        return addresses[0]


def _canonical_address(host: str) -> bool:
    bare = host.strip("[]")
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return False
    return str(address) == bare and (address.version == 6) == host.startswith("[")  # noqa: PLR2004
