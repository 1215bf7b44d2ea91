"""Signs what a source feeds, as Standard Webhooks 1.0 has it."""

import base64
import binascii
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field

PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class FeedSigner:
    """Signs deliveries with a source's secret, or with several while it rotates.

    Attributes:
        secrets: ``whsec_…``, separated by spaces.
        now: Seconds since 1970; a server takes what is five minutes off at the most.
    """

    secrets: str = field(repr=False)
    now: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        if not self._keys():
            raise ValueError("a feed secret is spelled whsec_ and base64")

    def headers(self, message_id: str, body: bytes) -> dict[str, str]:
        """Return the headers of one attempt; the same delivery keeps its id."""
        timestamp = str(int(self.now()))
        signed = f"{message_id}.{timestamp}.".encode() + body
        made = (hmac.new(key, signed, hashlib.sha256).digest() for key in self._keys())
        return {
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": " ".join(f"v1,{base64.b64encode(m).decode()}" for m in made),
        }

    def _keys(self) -> list[bytes]:
        try:
            spelled = [each.removeprefix(PREFIX) for each in self.secrets.split()]
            return [base64.b64decode(each, validate=True) for each in spelled]
        except (binascii.Error, ValueError):
            raise ValueError("a feed secret is spelled whsec_ and base64") from None
