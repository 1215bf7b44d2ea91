"""Adapters that send short messages: to the operator's terminal, or to a provider over HTTP.

The provider's side is Standard Webhooks 1.0: a POST of JSON with ``webhook-id``, ``-timestamp`` and
``-signature`` (HMAC-SHA256 over the three parts). A message keeps its id when it is sent again, so
a provider can tell that it is the same.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from points.flows.ports import MessageNotSent
from points.kernel.clock import Clock
from points.kernel.errors import Misused
from points.kernel.ids import IdSource
from points.outbound.client import Outbound
from points.outbound.errors import OutboundFailed, OutboundRefused

ATTEMPTS_MAX = 3
PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 5.0
SERVER_ERROR, TOO_MANY = 500, 429
SECRET_BYTES_MIN = 24


@dataclass(frozen=True, slots=True)
class ConsoleMessenger:
    """Shows messages to whoever runs the process. For trials; it never logs."""

    show: Callable[[str], None]

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        """Show a message."""
        said = " ".join(f"{name}={value}" for name, value in sorted(values.items()))
        self.show(f"[SMS {phone}] {template} {said}")


@dataclass(frozen=True, slots=True)
class NoMessenger:
    """Stands where no provider is configured."""

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        """Send nothing, and say so."""
        del phone, template, values
        raise MessageNotSent("no provider of messages is configured")


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpMessenger:
    """Hands messages to a provider.

    Attributes:
        url: Where to.
        secret: ``whsec_`` and at least 24 bytes in base 64; shared with the provider.
        pause: Waits so many seconds; a test does not.
    """

    outbound: Outbound
    url: str
    secret: str = field(repr=False)
    clock: Clock
    ids: IdSource
    pause: Callable[[float], None] = time.sleep

    def __post_init__(self) -> None:
        _key(self.secret)

    def send(self, phone: str, template: str, values: Mapping[str, str]) -> None:
        """Send a message, up to three times where the provider fails or does not answer.

        Raises:
            MessageNotSent: It was not taken.
        """
        body = json.dumps(
            {"to": phone, "template": template, "values": dict(values)}, ensure_ascii=False
        ).encode()
        message_id = f"msg_{self.ids.next()}"
        for attempt in range(ATTEMPTS_MAX):
            if attempt:
                self.pause(PAUSE_SECONDS * 2 ** (attempt - 1))
            if self._taken(message_id, body):
                return
        raise MessageNotSent("the provider of messages does not answer")

    def _taken(self, message_id: str, body: bytes) -> bool:
        """Return whether the provider took it; False where trying again may help."""
        # The time of this attempt: a signature that is too old would be refused.
        timestamp = str(int(self.clock.now().timestamp()))
        headers = {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self.secret, message_id, timestamp, body),
        }
        try:
            answer = self.outbound.request("POST", self.url, headers, body, TIMEOUT_SECONDS)
        except OutboundRefused as refused:
            raise MessageNotSent(refused.code) from None
        except OutboundFailed:
            return False
        if answer.status >= SERVER_ERROR or answer.status == TOO_MANY:
            return False
        if not 200 <= answer.status < 300:  # noqa: PLR2004 - the class of success
            raise MessageNotSent("the provider of messages refused it")
        return True


def signature(secret: str, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of one attempt, as Standard Webhooks has it."""
    signed = b".".join([message_id.encode(), timestamp.encode(), body])
    made = hmac.new(_key(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def _key(secret: str) -> bytes:
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < SECRET_BYTES_MIN:
        raise Misused(
            "sms_secret_invalid",
            "短信接口密钥须为 whsec_ 加至少 24 字节的 base64",
            "the secret of the message provider is `whsec_` and at least 24 bytes in base 64",
        )
    return key
