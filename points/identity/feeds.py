"""Signed feeds: what a source sends carries the headers of Standard Webhooks 1.0.

The signature is an HMAC-SHA256 over ``id.timestamp.body`` under a secret that only the source and
this installation know. Whoever has seen the key alone, in a log or on a screen, can feed nothing.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime

from points.identity.errors import SignatureInvalid, SignatureNeeded
from points.kernel.errors import Refusal

PREFIX = "whsec_"
SECRET_BYTES = 32
TOLERANCE_SECONDS = 300
SIGNATURES_MAX = 10
HEADERS = ("webhook-id", "webhook-timestamp", "webhook-signature")

# No full stop: what is signed joins id, time and body with full stops and must have one reading.
_ID = re.compile(r"[A-Za-z0-9_~-]{1,64}")
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


def spell_secret(secret: bytes) -> str:
    """Return a secret as its holder keeps it."""
    return f"{PREFIX}{base64.b64encode(secret).decode()}"


def sign(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """Return the value of ``webhook-signature``."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    made = hmac.new(secret, signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def refuse(secret: bytes, headers: Mapping[str, str], body: bytes, now: datetime) -> Refusal | None:
    """Return why a feed is not its source's, or None where it is.

    Args:
        secret: The source's.
        headers: Of the request.
        body: Byte for byte as it came.
        now: The present moment; a signature is good for five minutes before and after its own.
    """
    message_id, timestamp, signatures = (headers.get(name, "") for name in HEADERS)
    if not (message_id and timestamp and signatures):
        return SignatureNeeded()
    if not (_ID.fullmatch(message_id) and _TIMESTAMP.fullmatch(timestamp)):
        return SignatureInvalid()
    if abs(now.timestamp() - int(timestamp)) > TOLERANCE_SECONDS:
        return SignatureInvalid()
    expected = sign(secret, message_id, int(timestamp), body).partition(",")[2]
    # All of them, whichever fits: while a source rotates it signs with both of its secrets.
    fits = [
        hmac.compare_digest(_plain(each), _plain(f"v1,{expected}"))
        for each in signatures.split(" ")[:SIGNATURES_MAX]
    ]
    return None if any(fits) else SignatureInvalid()


def _plain(signature: str) -> bytes:
    """Return the bytes of a signature of the version that is known; nothing of any other."""
    version, _, spelled = signature.partition(",")
    if version != "v1":
        return b""
    try:
        return base64.b64decode(spelled, validate=True)
    except (binascii.Error, ValueError):
        return b""
