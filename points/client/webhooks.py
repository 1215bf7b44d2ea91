"""Verifies webhooks where they arrive, as Standard Webhooks 1.0 has it.

    message = verify(request.headers, request.body, secret)

Answer with 2xx as soon as the message is kept; the same message may come again and has the same id.
"""

import base64
import binascii
import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

PREFIX = "whsec_"
TOLERANCE_SECONDS = 300
SIGNATURES_MAX = 10


class NotAuthentic(ValueError):
    """It is not from whom it says it is, was changed on its way, or is too old."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """A message that is authentic.

    Attributes:
        id: The same whenever the message comes again; keep it, and do nothing twice.
        type: What happened, as ``voucher.captured``.
        timestamp: When, ISO 8601.
        data: What is told of it.
    """

    id: str
    type: str
    timestamp: str
    data: dict[str, Any]


def verify(
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    *,
    now: Callable[[], float] = time.time,
) -> Webhook:
    """Return a message, once it is sure that it is authentic.

    Args:
        headers: Of the request; their case does not matter.
        body: Byte for byte as it came.
        secret: ``whsec_…``; several are separated by a space.
        now: Seconds since 1970.

    Raises:
        NotAuthentic: It is not.
        ValueError: The secret is none.
    """
    given = {name.lower(): value for name, value in headers.items()}
    message_id, timestamp = given.get("webhook-id", ""), given.get("webhook-timestamp", "")
    if not message_id or not timestamp.isascii() or not timestamp.isdigit():
        raise NotAuthentic("a header is missing")
    if abs(now() - int(timestamp)) > TOLERANCE_SECONDS:
        raise NotAuthentic("it is too old, or the clocks differ")
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = [hmac.new(key, signed, hashlib.sha256).digest() for key in _keys(secret)]
    presented = given.get("webhook-signature", "").split(" ")[:SIGNATURES_MAX]
    # All of them, whichever fits: none is compared in less time than another.
    fits = [hmac.compare_digest(_plain(each), key) for each in presented for key in made]
    if not any(fits):
        raise NotAuthentic("the signature does not fit")
    said = json.loads(body)
    return Webhook(message_id, said["type"], said["timestamp"], said["data"])


def _keys(secret: str) -> list[bytes]:
    try:
        found = [
            base64.b64decode(each.removeprefix(PREFIX), validate=True) for each in secret.split()
        ]
    except (binascii.Error, ValueError):
        found = []
    if not found or not all(found):
        raise ValueError("a secret is spelled whsec_ and base64")
    return found


def _plain(signature: str) -> bytes:
    version, _, spelled = signature.partition(",")
    try:
        return base64.b64decode(spelled, validate=True) if version == "v1" else b""
    except (binascii.Error, ValueError):
        return b""
