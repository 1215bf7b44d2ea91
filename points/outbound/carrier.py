"""Carries webhooks to the one host that an address names; it has to be public."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from points.flows.ports import Answered
from points.outbound.addresses import Network
from points.outbound.client import Outbound
from points.outbound.errors import OutboundFailed, OutboundRefused
from points.outbound.policy import Policy

TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 65_536
"""More is no answer to a message; nothing of it is kept in any case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpCarrier:
    """Sends messages over HTTPS.

    Whoever registered an address chose its host; that host's addresses are looked up at each
    attempt, and one that is not public is not connected to.

    Attributes:
        networks: Networks that are not public and may be reached all the same.
        trial: Whether plain HTTP and the machine itself may be reached as well.
        client: Makes the client of a policy; a test brings its own resolver.
    """

    networks: tuple[Network, ...] = ()
    trial: bool = False
    client: Callable[[Policy], Outbound] = lambda policy: Outbound(policy=policy)

    def carry(self, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
        """Send one message once; whatever goes wrong is an answer, too."""
        try:
            answer = self.client(self._policy(url)).request(
                "POST", url, headers, body, TIMEOUT_SECONDS
            )
        except (OutboundRefused, OutboundFailed) as error:
            return Answered(error=error.code)
        return Answered(status=answer.status)

    def _policy(self, url: str) -> Policy:
        parts = urlsplit(url)
        usual = 80 if parts.scheme == "http" else 443
        return Policy(
            hosts=frozenset({parts.hostname or ""}),
            ports=frozenset({parts.port or usual}),
            networks=self.networks,
            insecure=self.trial,
            answer_bytes_max=ANSWER_BYTES_MAX,
        )
